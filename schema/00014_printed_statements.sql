-- +goose Up
-- What a printed form (承诺书, 真实性核验单) of a filing stated, by keyed hashes: a signed paper is wanted again when what
-- it states has changed since.
CREATE TABLE printed_statements (
  id        BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id BIGINT      NOT NULL,
  -- letter or sheet
  form      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a keyed hash of all facts; its first bytes are printed on the form
  hash      BINARY(32)  NOT NULL,
  -- JSON: a keyed hash of each fact by its name
  facts     VARBINARY(4096) NOT NULL,
  -- when it was last shown to be printed; null: never
  shown_at  DATETIME(6) NULL,
  UNIQUE KEY printed_statements_hash (filing_id, form, hash),
  CONSTRAINT printed_statements_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What each uploaded paper states. A table of its own: a foreign key would have papers copied, with all pictures.
CREATE TABLE paper_statements (
  paper_id     BIGINT NOT NULL PRIMARY KEY,
  statement_id BIGINT NOT NULL,
  KEY paper_statements_statement (statement_id),
  CONSTRAINT paper_statements_paper_fk FOREIGN KEY (paper_id) REFERENCES papers (id),
  CONSTRAINT paper_statements_statement_fk FOREIGN KEY (statement_id) REFERENCES printed_statements (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE paper_statements;
DROP TABLE printed_statements;
