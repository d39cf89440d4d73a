-- +goose Up
-- What staff are told of by mail and webhook, once: a cause for which filings are stuck, from
-- the first of them until none was for a while; an exchange that stopped, until it goes on.
CREATE TABLE staff_tellings (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- stuck/STEP/REASON or stopped/ACCOUNT
  cause       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind        VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step        VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  reason      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the first that got stuck
  filing_id   BIGINT       NULL,
  account_id  BIGINT       NULL,
  -- the bureau's, of a stop
  code        INT          NULL,
  began_at    DATETIME(6)  NOT NULL,
  -- since when nothing is stuck for it; null: something is
  clear_since DATETIME(6)  NULL,
  ended_at    DATETIME(6)  NULL,
  mailed_at   DATETIME(6)  NULL,
  posted_at   DATETIME(6)  NULL,
  open_cause  VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin AS (IF(ended_at IS NULL, cause, NULL)) STORED,
  -- when both were done, or needn't be
  told_at     DATETIME(6)  NULL,
  UNIQUE KEY staff_tellings_open (open_cause),
  KEY staff_tellings_untold (told_at, began_at),
  CONSTRAINT staff_tellings_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT staff_tellings_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE staff_tellings;
