-- +goose Up
-- Times are UTC with microseconds. Columns named sealed hold what internal/seal
-- encrypted (table and row bound as additional data); columns named …_hash hold
-- its keyed hashes, for looking up.

CREATE TABLE users (
  id            BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  role          VARCHAR(16)  NOT NULL,
  login         VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  created_at    DATETIME(6)  NOT NULL,
  UNIQUE KEY users_login (login)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE sessions (
  token  CHAR(43)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  data   BLOB         NOT NULL,
  expiry TIMESTAMP(6) NOT NULL,
  KEY sessions_expiry (expiry)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE orders (
  id               BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  number           VARCHAR(64)    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  customer_id      BIGINT         NOT NULL,
  product          VARCHAR(128)   NOT NULL,
  expires_on       DATE           NULL,
  -- where the certificate goes: protocol, host, port, user, password, document root
  sealed_web_space VARBINARY(4096) NULL,
  -- the issued number: what the whole product is for
  filing_number    VARCHAR(64)    NULL,
  filing_number_at DATETIME(6)    NULL,
  created_at       DATETIME(6)    NOT NULL,
  updated_at       DATETIME(6)    NOT NULL,
  UNIQUE KEY orders_number (number),
  KEY orders_customer (customer_id, created_at, id),
  CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_domains (
  order_id BIGINT       NOT NULL,
  position INT          NOT NULL,
  domain   VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (order_id, position),
  KEY order_domains_domain (domain),
  CONSTRAINT order_domains_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_ips (
  order_id BIGINT      NOT NULL,
  position INT         NOT NULL,
  ip_range VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (order_id, position),
  CONSTRAINT order_ips_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What the lists show of a filing. Written only by the workflow's activities,
-- in the transaction of the effect that changed it; seq orders the writes.
CREATE TABLE filings (
  id                 BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id           BIGINT       NOT NULL,
  stage              VARCHAR(16)  NOT NULL,
  stage_since        DATETIME(6)  NOT NULL,
  revision           INT          NOT NULL DEFAULT 0,
  seq                BIGINT       NOT NULL DEFAULT 0,
  -- what the customer must look at, a key of the locale files; empty: nothing
  attention          VARCHAR(64)  NOT NULL DEFAULT '',
  stuck_step         VARCHAR(32)  NOT NULL DEFAULT '',
  stuck_reason       VARCHAR(64)  NOT NULL DEFAULT '',
  stuck_since        DATETIME(6)  NULL,
  notice_accepted_at DATETIME(6)  NULL,
  created_at         DATETIME(6)  NOT NULL,
  -- one filing at a time for an order; a withdrawn one makes room
  open_order_id      BIGINT       AS (IF(stage = 'withdrawn', NULL, order_id)) STORED,
  UNIQUE KEY filings_open_order (open_order_id),
  KEY filings_order (order_id),
  KEY filings_stage (stage, stage_since, id),
  KEY filings_stuck (stuck_since, id),
  CONSTRAINT filings_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE filing_events (
  filing_id BIGINT      NOT NULL,
  seq       BIGINT      NOT NULL,
  at        DATETIME(6) NOT NULL,
  kind      VARCHAR(48) NOT NULL,
  actor     VARCHAR(80) NOT NULL,
  detail    VARCHAR(1024) NOT NULL DEFAULT '',
  PRIMARY KEY (filing_id, seq),
  CONSTRAINT filing_events_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A user name of the bureau's form belongs to one customer.
CREATE TABLE user_names (
  user_name_hash BINARY(32)  NOT NULL PRIMARY KEY,
  customer_id    BIGINT      NOT NULL,
  created_at     DATETIME(6) NOT NULL,
  CONSTRAINT user_names_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE contacts (
  filing_id     BIGINT         NOT NULL PRIMARY KEY,
  version       INT            NOT NULL,
  sealed        VARBINARY(8192) NOT NULL,
  mobile_hash   BINARY(32)     NOT NULL,
  email_hash    BINARY(32)     NOT NULL,
  password_hash VARCHAR(255)   NOT NULL,
  updated_at    DATETIME(6)    NOT NULL,
  KEY contacts_mobile (mobile_hash),
  KEY contacts_email (email_hash),
  CONSTRAINT contacts_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The code itself is nowhere: it is derived from nonce under a key.
CREATE TABLE verifications (
  filing_id    BIGINT      NOT NULL,
  channel      VARCHAR(8)  NOT NULL,
  nonce        BINARY(16)  NOT NULL,
  code_hash    BINARY(32)  NULL,
  sends        INT         NOT NULL,
  requested_at DATETIME(6) NOT NULL,
  sent_at      DATETIME(6) NULL,
  expires_at   DATETIME(6) NULL,
  tries        INT         NOT NULL DEFAULT 0,
  locked_until DATETIME(6) NULL,
  verified_at  DATETIME(6) NULL,
  PRIMARY KEY (filing_id, channel),
  CONSTRAINT verifications_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE drafts (
  filing_id  BIGINT      NOT NULL,
  form       VARCHAR(16) NOT NULL,
  sealed     MEDIUMBLOB  NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (filing_id, form),
  CONSTRAINT drafts_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE dossiers (
  filing_id    BIGINT      NOT NULL,
  revision     INT         NOT NULL,
  sealed       MEDIUMBLOB  NOT NULL,
  handed_in_at DATETIME(6) NOT NULL,
  PRIMARY KEY (filing_id, revision),
  CONSTRAINT dossiers_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A provider's account with a bureau. Its row is the lock of its one writer.
CREATE TABLE bureau_accounts (
  id            BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name          VARCHAR(64) NOT NULL,
  last_sequence BIGINT      NOT NULL DEFAULT 0,
  stopped_code  INT         NULL,
  stopped_at    DATETIME(6) NULL,
  created_at    DATETIME(6) NOT NULL,
  UNIQUE KEY bureau_accounts_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_uploads (
  account_id  BIGINT      NOT NULL,
  sequence    BIGINT      NOT NULL,
  sealed      LONGBLOB    NOT NULL,
  records     INT         NOT NULL,
  attempts    INT         NOT NULL DEFAULT 0,
  stored_at   DATETIME(6) NOT NULL,
  accepted_at DATETIME(6) NULL,
  PRIMARY KEY (account_id, sequence),
  CONSTRAINT bureau_uploads_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One revision of a filing on its way to the bureau; its ID is the record ID
-- (IspZtid) that the bureau answers with.
CREATE TABLE records (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id  BIGINT      NOT NULL,
  revision   INT         NOT NULL,
  account_id BIGINT      NOT NULL,
  sequence   BIGINT      NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY records_filing (filing_id, revision),
  KEY records_waiting (account_id, sequence, id),
  CONSTRAINT records_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT records_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE bureau_downloads (
  id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id      BIGINT       NOT NULL,
  file_name       VARCHAR(128) NOT NULL,
  content_hash    BINARY(32)   NOT NULL,
  sealed          LONGBLOB     NOT NULL,
  downloaded_at   DATETIME(6)  NOT NULL,
  acknowledged_at DATETIME(6)  NULL,
  applied_at      DATETIME(6)  NULL,
  UNIQUE KEY bureau_downloads_file (account_id, file_name, content_hash),
  KEY bureau_downloads_open (account_id, applied_at),
  CONSTRAINT bureau_downloads_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What the bureau said about a record. Verdict and filing data may come in
-- either order, in one file or two.
CREATE TABLE decisions (
  record_id          BIGINT       NOT NULL PRIMARY KEY,
  approved           BOOLEAN      NULL,
  code               INT          NULL,
  sealed_opinion     VARBINARY(8192) NULL,
  reviewed_at        DATETIME(6)  NULL,
  holder_number      VARCHAR(64)  NULL,
  site_number        VARCHAR(64)  NULL,
  certificate_path   VARCHAR(255) NULL,
  certificate        MEDIUMBLOB   NULL,
  created_at         DATETIME(6)  NOT NULL,
  signalled_at       DATETIME(6)  NULL,
  KEY decisions_signalled (signalled_at),
  CONSTRAINT decisions_record_fk FOREIGN KEY (record_id) REFERENCES records (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Signals to filings, written with the change they tell of and sent after it.
CREATE TABLE signals (
  id         BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  signal_key VARCHAR(128) NOT NULL,
  filing_id  BIGINT       NOT NULL,
  name       VARCHAR(32)  NOT NULL,
  payload    VARCHAR(512) NOT NULL,
  created_at DATETIME(6)  NOT NULL,
  sent_at    DATETIME(6)  NULL,
  UNIQUE KEY signals_key (signal_key),
  KEY signals_unsent (sent_at, id),
  CONSTRAINT signals_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE messages (
  message_key VARCHAR(128) NOT NULL PRIMARY KEY,
  filing_id   BIGINT       NOT NULL,
  channel     VARCHAR(8)   NOT NULL,
  template    VARCHAR(32)  NOT NULL,
  provider_id VARCHAR(128) NOT NULL,
  sent_at     DATETIME(6)  NOT NULL,
  KEY messages_filing (filing_id),
  CONSTRAINT messages_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What was seen on a site: one row for each domain's certificate (target is the
-- domain) and one for the home page (target is 'home').
CREATE TABLE site_checks (
  filing_id  BIGINT        NOT NULL,
  target     VARCHAR(255)  NOT NULL,
  ok         BOOLEAN       NOT NULL,
  kind       VARCHAR(32)   NOT NULL,
  detail     VARCHAR(2048) NOT NULL DEFAULT '',
  checked_at DATETIME(6)   NOT NULL,
  PRIMARY KEY (filing_id, target),
  CONSTRAINT site_checks_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE site_checks, messages, signals, decisions, bureau_downloads, records, bureau_uploads,
  bureau_accounts, dossiers, drafts, verifications, contacts, user_names, filing_events, filings,
  order_ips, order_domains, orders, sessions, users;
