-- +goose Up
-- What a filing's customer must be told that happened when its workflow was over:
-- written with what happened, sent after it, once.
CREATE TABLE tellings (
  filing_id  BIGINT      NOT NULL,
  -- the message's template
  template   VARCHAR(32) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  told_at    DATETIME(6) NULL,
  PRIMARY KEY (filing_id, template),
  KEY tellings_untold (told_at, created_at),
  CONSTRAINT tellings_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE tellings;
