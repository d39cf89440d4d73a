-- +goose Up
-- The exchange with the bureaus: accounts, files, records and decisions, the data that bureaus
-- send, and the records that staff submit themselves.

-- A provider's account with a bureau. Its row is the lock that allows only one writer.
CREATE TABLE bureau_accounts (
  id                     BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name                   VARCHAR(64)  NOT NULL,
  -- interface; or manual: staff submit dossiers and record the bureau's answers by hand
  driver                 VARCHAR(16)  NOT NULL DEFAULT 'interface',
  -- false: the workers' settings no longer name it, so it accepts nothing new
  active                 BOOLEAN      NOT NULL DEFAULT TRUE,
  -- comma-separated codes of the provinces it serves; empty: all that no other account names
  provinces              VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- how many hours the bureau's SMS code is valid; 0: the bureau sends none
  sms_verification_hours INT          NOT NULL DEFAULT 0,
  last_sequence          BIGINT       NOT NULL DEFAULT 0,
  -- the exchange that holds the lock, and until when
  writer                 VARCHAR(64)  NULL,
  writer_until           DATETIME(6)  NULL,
  stopped_code           INT          NULL,
  stopped_at             DATETIME(6)  NULL,
  -- when the bureau says "not now", per direction: its code, and when to try again
  upload_code            INT          NULL,
  upload_after           DATETIME(6)  NULL,
  download_code          INT          NULL,
  download_after         DATETIME(6)  NULL,
  exchanged_at           DATETIME(6)  NULL,
  created_at             DATETIME(6)  NOT NULL,
  UNIQUE KEY bureau_accounts_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_uploads (
  account_id  BIGINT      NOT NULL,
  sequence    BIGINT      NOT NULL,
  -- null: past its retention
  sealed      LONGBLOB    NULL,
  records     INT         NOT NULL,
  attempts    INT         NOT NULL DEFAULT 0,
  recovered   BOOLEAN     NOT NULL DEFAULT FALSE,
  stored_at   DATETIME(6) NOT NULL,
  accepted_at DATETIME(6) NULL,
  refused_at  DATETIME(6) NULL,
  PRIMARY KEY (account_id, sequence),
  KEY bureau_uploads_accepted (accepted_at),
  CONSTRAINT bureau_uploads_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_downloads (
  id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id      BIGINT       NOT NULL,
  file_name       VARCHAR(128) NOT NULL,
  content_hash    BINARY(32)   NOT NULL,
  -- null: past its retention
  sealed          LONGBLOB     NULL,
  unreadable      BOOLEAN      NOT NULL DEFAULT FALSE,
  downloaded_at   DATETIME(6)  NOT NULL,
  acknowledged_at DATETIME(6)  NULL,
  applied_at      DATETIME(6)  NULL,
  UNIQUE KEY bureau_downloads_file (account_id, file_name, content_hash),
  KEY bureau_downloads_open (account_id, applied_at),
  KEY bureau_downloads_applied (applied_at),
  CONSTRAINT bureau_downloads_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One revision of a filing on its way to the bureau. Its ID is the record ID (IspZtid) in the
-- bureau's answers.
CREATE TABLE records (
  id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id    BIGINT       NOT NULL,
  revision     INT          NOT NULL,
  -- null: a number that its customer registered, so no account submitted it
  account_id   BIGINT       NULL,
  -- Czlx: 1 new filing, 2 new site, 3 new access, 4 change, 5 cancel access, 6 end holder, 7 end site
  operation    TINYINT      NOT NULL DEFAULT 1,
  province     CHAR(6)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the bureau's ID of the site to change, since a holder can have several
  site_id      BIGINT       NULL,
  -- how the bureau's results identify a record when they don't use our own IDs
  review_key   VARCHAR(128) NULL,
  result_key   VARCHAR(128) NULL,
  result_key2  VARCHAR(128) NULL,
  sequence     BIGINT       NULL,
  -- set when its data file violated the schema: how many such records may share the next file
  max_batch    INT          NULL,
  -- it may have been submitted by rows that were lost since: staff decide
  doubtful     BOOLEAN      NOT NULL DEFAULT FALSE,
  -- when it was submitted by hand, and by whom
  submitted_at DATETIME(6)  NULL,
  submitted_by VARCHAR(80)  NOT NULL DEFAULT '',
  created_at   DATETIME(6)  NOT NULL,
  UNIQUE KEY records_filing (filing_id, revision),
  KEY records_waiting (account_id, sequence, id),
  -- finds records not yet submitted at manual accounts, where none has a sequence
  KEY records_unsent (account_id, submitted_at, sequence, doubtful),
  KEY records_review (account_id, operation, review_key),
  KEY records_result (account_id, operation, result_key),
  KEY records_result2 (account_id, operation, result_key2),
  KEY records_reviews (province, operation, id),
  CONSTRAINT records_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT records_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The bureau's decision on a record. Verdict and filing data may arrive in either order, in one
-- file or two.
CREATE TABLE decisions (
  record_id        BIGINT          NOT NULL PRIMARY KEY,
  approved         BOOLEAN         NULL,
  code             INT             NULL,
  sealed_opinion   VARBINARY(8192) NULL,
  -- the fields that a refusal is about: a JSON list of "form.field"
  fields           VARCHAR(2048)   NOT NULL DEFAULT '[]',
  reviewed_at      DATETIME(6)     NULL,
  -- who recorded it; empty: the interface
  decided_by       VARCHAR(80)     NOT NULL DEFAULT '',
  holder_number    VARCHAR(64)     NULL,
  site_number      VARCHAR(64)     NULL,
  holder_id        BIGINT          NULL,
  site_id          BIGINT          NULL,
  access_id        BIGINT          NULL,
  certificate_path VARCHAR(255)    NULL,
  certificate      MEDIUMBLOB      NULL,
  -- the filing password (备案密码) that the bureau issued
  sealed_password  VARBINARY(512)  NULL,
  created_at       DATETIME(6)     NOT NULL,
  signalled_at     DATETIME(6)     NULL,
  KEY decisions_signalled (signalled_at),
  KEY decisions_holder (holder_id),
  KEY decisions_site (site_id),
  KEY decisions_holder_number (holder_number),
  KEY decisions_site_number (site_number),
  CONSTRAINT decisions_record_fk FOREIGN KEY (record_id) REFERENCES records (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The bureaus' data of filings (BASJ and SJTB, minus ZXSJ): each holder's latest data, sealed as
-- a whole, with look-up keys.
CREATE TABLE bureau_holders (
  account_id    BIGINT      NOT NULL,
  holder_id     BIGINT      NOT NULL,
  holder_number VARCHAR(64) NOT NULL,
  document_hash BINARY(32)  NOT NULL,
  name_hash     BINARY(32)  NOT NULL,
  sealed        MEDIUMBLOB  NOT NULL,
  updated_at    DATETIME(6) NOT NULL,
  PRIMARY KEY (account_id, holder_id),
  KEY bureau_holders_number (holder_number),
  KEY bureau_holders_document (document_hash),
  KEY bureau_holders_name (name_hash),
  CONSTRAINT bureau_holders_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_sites (
  account_id  BIGINT      NOT NULL,
  site_id     BIGINT      NOT NULL,
  holder_id   BIGINT      NOT NULL,
  site_number VARCHAR(64) NOT NULL,
  updated_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (account_id, site_id),
  KEY bureau_sites_holder (account_id, holder_id),
  KEY bureau_sites_number (site_number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_domains (
  account_id BIGINT       NOT NULL,
  domain     VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  site_id    BIGINT       NOT NULL,
  PRIMARY KEY (account_id, domain, site_id),
  KEY bureau_domains_domain (domain),
  KEY bureau_domains_site (account_id, site_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The bureau's code tables (JCDM), as far as it has sent them.
CREATE TABLE code_tables (
  table_name VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id         INT          NOT NULL,
  name       VARCHAR(255) NOT NULL,
  code_group INT          NOT NULL DEFAULT 0,
  valid      BOOLEAN      NOT NULL,
  updated_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (table_name, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The blacklist (HMDLB): domains as they are, holders by keyed hash of document type and number.
-- Details for staff are sealed.
CREATE TABLE blacklist (
  entry_hash    BINARY(32)  NOT NULL PRIMARY KEY,
  kind          VARCHAR(8)  NOT NULL,
  sealed_detail BLOB        NOT NULL,
  listed_at     DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Queries to bureaus while a user waits: panels write them, and workers, which have the
-- credentials, send them. Status answers also serve as a cache; password queries count attempts
-- per keyed hash of the number.
CREATE TABLE inquiries (
  id               BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id       BIGINT          NOT NULL,
  filing_id        BIGINT          NULL,
  -- status (isp_querybeianstatus) or password (isp_verifybamm)
  kind             VARCHAR(16)     NOT NULL,
  condition_type   INT             NOT NULL DEFAULT 0,
  condition_hash   BINARY(32)      NOT NULL,
  -- erased when a password query is answered
  sealed_condition VARBINARY(4096) NULL,
  asked_at         DATETIME(6)     NOT NULL,
  -- set before the call, since a password query is tried only once
  tried_at         DATETIME(6)     NULL,
  answered_at      DATETIME(6)     NULL,
  -- the bureau's msg_code
  code             INT             NULL,
  passed           BOOLEAN         NULL,
  sealed_answer    VARBINARY(4096) NULL,
  KEY inquiries_condition (condition_hash, asked_at),
  KEY inquiries_filing (filing_id, asked_at),
  KEY inquiries_asked (asked_at),
  CONSTRAINT inquiries_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id),
  CONSTRAINT inquiries_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Tasks for staff. The key ensures one task however often its cause is seen.
CREATE TABLE staff_tasks (
  id            BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  task_key      VARCHAR(190) NOT NULL,
  kind          VARCHAR(32)  NOT NULL,
  account_id    BIGINT       NULL,
  filing_id     BIGINT       NULL,
  -- the task whose answer was refused
  about_task    BIGINT       NULL,
  sealed_detail BLOB         NOT NULL,
  -- the data that an answer needs; null: the task can't be answered
  sealed_data   MEDIUMBLOB   NULL,
  created_at    DATETIME(6)  NOT NULL,
  notified_at   DATETIME(6)  NULL,
  done_at       DATETIME(6)  NULL,
  done_by       VARCHAR(80)  NOT NULL DEFAULT '',
  UNIQUE KEY staff_tasks_key (task_key),
  KEY staff_tasks_open (done_at, id),
  KEY staff_tasks_pending (notified_at, id),
  KEY staff_tasks_about (about_task)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Blocks of IPv4 addresses that an account reports, in the state that we believe the bureau has.
-- Changes under way are in staff_records.
CREATE TABLE address_blocks (
  id            BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id    BIGINT          NOT NULL,
  from_ip       INT UNSIGNED    NOT NULL,
  to_ip         INT UNSIGNED    NOT NULL,
  -- the unit that the block comes from (Lydw); 0: it reports its use instead (Fpfs, Syfs, Fprq)
  source        BIGINT          NOT NULL DEFAULT 0,
  used_as       INT             NOT NULL DEFAULT 0,
  assignment    INT             NOT NULL DEFAULT 0,
  since         DATE            NULL,
  sealed_remark VARBINARY(4096) NULL,
  -- waiting, reported, refused, removed
  state         VARCHAR(16)     NOT NULL,
  -- the bureau's ID, needed to change or remove the block
  bureau_id     BIGINT          NULL,
  created_at    DATETIME(6)     NOT NULL,
  KEY address_blocks_account (account_id, state, from_ip),
  KEY address_blocks_covering (state, from_ip, to_ip),
  KEY address_blocks_bureau (account_id, bureau_id),
  CONSTRAINT address_blocks_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Records that staff submit: answers to the bureau's tasks, and address blocks. For a new block
-- the ID is the IspId in the bureau's answer.
CREATE TABLE staff_records (
  id             BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id     BIGINT          NOT NULL,
  -- verification, unfiled, papers, addresses
  kind           VARCHAR(16)     NOT NULL,
  task_id        BIGINT          NULL,
  block_id       BIGINT          NULL,
  -- of a block: 1 add, 2 change, 3 remove
  operation      TINYINT         NOT NULL DEFAULT 0,
  sealed         MEDIUMBLOB      NOT NULL,
  -- how a result identifies it (Bs); empty: results don't
  result_key     VARCHAR(255)    NOT NULL DEFAULT '',
  sequence       BIGINT          NULL,
  -- as in records
  max_batch      INT             NULL,
  doubtful       BOOLEAN         NOT NULL DEFAULT FALSE,
  result_code    INT             NULL,
  sealed_opinion VARBINARY(8192) NULL,
  result_at      DATETIME(6)     NULL,
  refused        BOOLEAN         NOT NULL DEFAULT FALSE,
  created_by     VARCHAR(80)     NOT NULL,
  created_at     DATETIME(6)     NOT NULL,
  -- allow one answer per task (refused ones don't count) and one open record per block
  answers_task   BIGINT          AS (IF(refused, NULL, task_id)) STORED,
  open_block     BIGINT          AS (IF(result_at IS NULL, block_id, NULL)) STORED,
  UNIQUE KEY staff_records_task (answers_task),
  UNIQUE KEY staff_records_block (open_block),
  KEY staff_records_waiting (account_id, sequence, id),
  KEY staff_records_result (account_id, result_key),
  KEY staff_records_of_task (task_id),
  KEY staff_records_of_block (block_id),
  CONSTRAINT staff_records_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE staff_records, address_blocks, staff_tasks, inquiries, blacklist, code_tables, bureau_domains, bureau_sites,
  bureau_holders, decisions, records, bureau_downloads, bureau_uploads, bureau_accounts;
