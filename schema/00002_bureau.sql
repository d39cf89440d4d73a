-- +goose Up
-- The bureau, whole: kinds of record, pauses, one writer, what comes down
-- besides results. Only additions, so that older processes go on meanwhile.

ALTER TABLE bureau_accounts
  -- codes of the provinces whose filings go there, by comma; empty: all that no other account names
  ADD COLUMN provinces      VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the bureau's own code by SMS to the applicant: how many hours it is valid; 0: none is sent
  ADD COLUMN check_hours    INT         NOT NULL DEFAULT 0,
  -- an account that the workers' settings no longer name takes nothing new
  ADD COLUMN active         BOOLEAN     NOT NULL DEFAULT TRUE,
  -- the exchange that writes now, and until when it may
  ADD COLUMN writer         VARCHAR(64) NULL,
  ADD COLUMN writer_until   DATETIME(6) NULL,
  -- "not now" for each direction: the bureau's code, and when to try again
  ADD COLUMN upload_code    INT         NULL,
  ADD COLUMN upload_after   DATETIME(6) NULL,
  ADD COLUMN download_code  INT         NULL,
  ADD COLUMN download_after DATETIME(6) NULL,
  ADD COLUMN exchanged_at   DATETIME(6) NULL;

ALTER TABLE records
  -- Czlx: 1 new filing, 2 new site, 3 new access, 4 change, 5 cancel access, 6 end holder, 7 end site
  ADD COLUMN operation   TINYINT      NOT NULL DEFAULT 1,
  -- how the bureau's results name a record that isn't named by our own IDs
  ADD COLUMN review_key  VARCHAR(128) NULL,
  ADD COLUMN result_key  VARCHAR(128) NULL,
  ADD COLUMN result_key2 VARCHAR(128) NULL,
  -- set when its data file broke the schema: how many such records may share the next
  ADD COLUMN max_batch   INT          NULL,
  -- it may have been handed in by rows that were lost: staff decide
  ADD COLUMN doubtful    BOOLEAN      NOT NULL DEFAULT FALSE,
  ADD KEY records_review (account_id, operation, review_key),
  ADD KEY records_result (account_id, operation, result_key);

ALTER TABLE bureau_uploads
  MODIFY COLUMN sealed LONGBLOB NULL,
  ADD COLUMN recovered BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN refused_at DATETIME(6) NULL,
  ADD KEY bureau_uploads_accepted (accepted_at);

ALTER TABLE bureau_downloads
  MODIFY COLUMN sealed LONGBLOB NULL,
  ADD COLUMN unreadable BOOLEAN NOT NULL DEFAULT FALSE,
  ADD KEY bureau_downloads_applied (applied_at);

ALTER TABLE decisions
  ADD COLUMN holder_id BIGINT NULL,
  ADD COLUMN site_id   BIGINT NULL,
  ADD COLUMN access_id BIGINT NULL;

-- What wants a human, told once. The key makes one of it however often it is seen.
CREATE TABLE staff_tasks (
  id            BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  task_key      VARCHAR(190) NOT NULL,
  kind          VARCHAR(32)  NOT NULL,
  account_id    BIGINT       NULL,
  filing_id     BIGINT       NULL,
  sealed_detail BLOB         NOT NULL,
  created_at    DATETIME(6)  NOT NULL,
  told_at       DATETIME(6)  NULL,
  done_at       DATETIME(6)  NULL,
  done_by       VARCHAR(80)  NOT NULL DEFAULT '',
  UNIQUE KEY staff_tasks_key (task_key),
  KEY staff_tasks_open (done_at, id),
  KEY staff_tasks_untold (told_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The bureau's code tables (JCDM); a table that never came down isn't here.
CREATE TABLE code_tables (
  table_name VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id         INT          NOT NULL,
  name       VARCHAR(255) NOT NULL,
  code_group INT          NOT NULL DEFAULT 0,
  valid      BOOLEAN      NOT NULL,
  updated_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (table_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The blacklist (HMDLB): domains as they are, holders by keyed hash of document
-- type and number; what staff read is sealed.
CREATE TABLE blacklist (
  entry_hash    BINARY(32)   NOT NULL PRIMARY KEY,
  kind          VARCHAR(8)   NOT NULL,
  sealed_detail BLOB         NOT NULL,
  listed_at     DATETIME(6)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE blacklist, code_tables, staff_tasks;
ALTER TABLE decisions DROP COLUMN holder_id, DROP COLUMN site_id, DROP COLUMN access_id;
ALTER TABLE bureau_downloads DROP COLUMN unreadable, DROP KEY bureau_downloads_applied;
ALTER TABLE bureau_uploads DROP COLUMN recovered, DROP COLUMN refused_at, DROP KEY bureau_uploads_accepted;
ALTER TABLE records DROP KEY records_review, DROP KEY records_result, DROP COLUMN operation, DROP COLUMN review_key,
  DROP COLUMN result_key, DROP COLUMN result_key2, DROP COLUMN max_batch, DROP COLUMN doubtful;
ALTER TABLE bureau_accounts DROP COLUMN provinces, DROP COLUMN check_hours, DROP COLUMN active, DROP COLUMN writer, DROP COLUMN writer_until, DROP COLUMN upload_code, DROP COLUMN upload_after,
  DROP COLUMN download_code, DROP COLUMN download_after, DROP COLUMN exchanged_at;
