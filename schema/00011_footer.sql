-- +goose Up
-- Edits that put the linked number at the foot of a static home page: a row for
-- each attempt. What the page was and what it becomes is sealed here, so that a
-- crash in the middle, or the customer's change of mind, loses nothing.
CREATE TABLE footer_edits (
  id              BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id       BIGINT       NOT NULL,
  -- asked, previewed, agreed, placed, undoing, undone, failed
  state           VARCHAR(16)  NOT NULL,
  -- why it failed, or why undoing did; a key of the locale files
  reason          VARCHAR(32)  NOT NULL DEFAULT '',
  -- JSON of what was seen, for the reason's text
  detail          VARCHAR(1024) NOT NULL DEFAULT '',
  number          VARCHAR(64)  NOT NULL DEFAULT '',
  file_name       VARCHAR(255) NOT NULL DEFAULT '',
  backup_name     VARCHAR(300) NOT NULL DEFAULT '',
  -- SHA-256
  original_hash   BINARY(32)   NULL,
  new_hash        BINARY(32)   NULL,
  sealed_original LONGBLOB     NULL,
  sealed_new      LONGBLOB     NULL,
  asked_by        VARCHAR(80)  NOT NULL,
  agreed_by       VARCHAR(80)  NOT NULL DEFAULT '',
  undone_by       VARCHAR(80)  NOT NULL DEFAULT '',
  asked_at        DATETIME(6)  NOT NULL,
  previewed_at    DATETIME(6)  NULL,
  agreed_at       DATETIME(6)  NULL,
  placed_at       DATETIME(6)  NULL,
  undo_asked_at   DATETIME(6)  NULL,
  undone_at       DATETIME(6)  NULL,
  failed_at       DATETIME(6)  NULL,
  KEY footer_edits_filing (filing_id, id),
  CONSTRAINT footer_edits_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE footer_edits;
