-- +goose Up
-- What staff hand in themselves: answers to the bureau's tasks, and address
-- blocks. Only additions, so that older processes go on meanwhile.

-- What a task is about, where it can be answered: sealed, as the detail is.
ALTER TABLE staff_tasks
  ADD COLUMN sealed_data MEDIUMBLOB NULL,
  -- the task whose answer was refused
  ADD COLUMN about_task  BIGINT     NULL,
  ADD KEY staff_tasks_about (about_task);

-- A block of IPv4 addresses that an account reports: what the bureau knows of
-- it, as far as we know. What is under way stands in staff_records.
CREATE TABLE address_blocks (
  id            BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id    BIGINT         NOT NULL,
  from_ip       INT UNSIGNED   NOT NULL,
  to_ip         INT UNSIGNED   NOT NULL,
  -- the unit that it comes from (Lydw); 0: how it is used (Fpfs, Syfs, Fprq)
  source        BIGINT         NOT NULL DEFAULT 0,
  used_as       INT            NOT NULL DEFAULT 0,
  assignment    INT            NOT NULL DEFAULT 0,
  since         DATE           NULL,
  sealed_remark VARBINARY(4096) NULL,
  -- waiting, reported, refused, removed
  state         VARCHAR(16)    NOT NULL,
  -- the bureau's ID, for changing and removing
  bureau_id     BIGINT         NULL,
  created_at    DATETIME(6)    NOT NULL,
  KEY address_blocks_account (account_id, state, from_ip),
  KEY address_blocks_covering (state, from_ip, to_ip),
  KEY address_blocks_bureau (account_id, bureau_id),
  CONSTRAINT address_blocks_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Records that staff hand in; the ID of one that adds a block is the IspId that
-- the bureau answers with.
CREATE TABLE staff_records (
  id             BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id     BIGINT         NOT NULL,
  -- verification, unfiled, papers, addresses
  kind           VARCHAR(16)    NOT NULL,
  task_id        BIGINT         NULL,
  block_id       BIGINT         NULL,
  -- of a block: 1 add, 2 change, 3 remove
  operation      TINYINT        NOT NULL DEFAULT 0,
  sealed         MEDIUMBLOB     NOT NULL,
  -- how a result names it (Bs), where one does at all
  result_key     VARCHAR(255)   NOT NULL DEFAULT '',
  sequence       BIGINT         NULL,
  -- set when its data file broke the schema: how many such may share the next
  max_batch      INT            NULL,
  -- it may have been handed in by rows that were lost: staff decide
  doubtful       BOOLEAN        NOT NULL DEFAULT FALSE,
  result_code    INT            NULL,
  sealed_opinion VARBINARY(8192) NULL,
  result_at      DATETIME(6)    NULL,
  refused        BOOLEAN        NOT NULL DEFAULT FALSE,
  created_by     VARCHAR(80)    NOT NULL,
  created_at     DATETIME(6)    NOT NULL,
  -- a task is answered once, a block has one thing under way; what was refused makes room
  answers_task   BIGINT         AS (IF(refused, NULL, task_id)) STORED,
  open_block     BIGINT         AS (IF(result_at IS NULL, block_id, NULL)) STORED,
  UNIQUE KEY staff_records_task (answers_task),
  UNIQUE KEY staff_records_block (open_block),
  KEY staff_records_waiting (account_id, sequence, id),
  KEY staff_records_result (account_id, result_key),
  KEY staff_records_of_task (task_id),
  KEY staff_records_of_block (block_id),
  CONSTRAINT staff_records_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE staff_records, address_blocks;
ALTER TABLE staff_tasks DROP COLUMN sealed_data, DROP KEY staff_tasks_about, DROP COLUMN about_task;
