-- +goose Up
-- What staff corrected of a filing's contact, and on what proof. An address that has to be
-- confirmed has its code here; the code itself is nowhere, as in verifications.
CREATE TABLE contact_corrections (
  id             BIGINT         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the form: one that is sent twice is one correction
  token          CHAR(32)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  filing_id      BIGINT         NOT NULL,
  channel        VARCHAR(8)     NOT NULL,
  sealed_old     VARBINARY(1024) NOT NULL,
  sealed_new     VARBINARY(1024) NOT NULL,
  -- whether the old address, and the contact's other one, were verified: only such are told
  tell_old       BOOLEAN        NOT NULL,
  tell_other     BOOLEAN        NOT NULL,
  -- what staff saw, a key of the locale files; why stands in the audit log
  proof          VARCHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a picture of it, as JPEG; null: none, or past its time
  sealed_picture MEDIUMBLOB     NULL,
  created_by     VARCHAR(80)    NOT NULL,
  created_at     DATETIME(6)    NOT NULL,
  nonce          BINARY(16)     NOT NULL,
  code_hash      BINARY(32)     NULL,
  sends          INT            NOT NULL,
  requested_at   DATETIME(6)    NOT NULL,
  sent_at        DATETIME(6)    NULL,
  expires_at     DATETIME(6)    NULL,
  tries          INT            NOT NULL DEFAULT 0,
  locked_until   DATETIME(6)    NULL,
  verified_at    DATETIME(6)    NULL,
  -- applied, confirmed or replaced; empty: it waits for its code
  outcome        VARCHAR(16)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ended_at       DATETIME(6)    NULL,
  open_channel   VARCHAR(8)     AS (IF(ended_at IS NULL, channel, NULL)) STORED,
  UNIQUE KEY contact_corrections_token (token),
  UNIQUE KEY contact_corrections_open (filing_id, open_channel),
  CONSTRAINT contact_corrections_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE contact_corrections;
