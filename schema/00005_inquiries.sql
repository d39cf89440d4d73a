-- +goose Up
-- Questions to bureaus while a person waits: panels write them, workers have
-- the credentials and ask. Status answers serve as a cache; password questions
-- count tries, by the keyed hash of the number.
CREATE TABLE inquiries (
  id               BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id       BIGINT      NOT NULL,
  filing_id        BIGINT      NULL,
  -- status (isp_querybeianstatus) or password (isp_verifybamm)
  kind             VARCHAR(16) NOT NULL,
  condition_type   INT         NOT NULL DEFAULT 0,
  condition_hash   BINARY(32)  NOT NULL,
  -- forgotten when a password question is answered
  sealed_condition VARBINARY(4096) NULL,
  asked_at         DATETIME(6) NOT NULL,
  -- a password question is tried once: set before the call
  tried_at         DATETIME(6) NULL,
  answered_at      DATETIME(6) NULL,
  -- the bureau's msg_code
  code             INT         NULL,
  passed           BOOLEAN     NULL,
  sealed_answer    VARBINARY(4096) NULL,
  KEY inquiries_condition (condition_hash, asked_at),
  KEY inquiries_filing (filing_id, asked_at),
  KEY inquiries_asked (asked_at),
  CONSTRAINT inquiries_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id),
  CONSTRAINT inquiries_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The public query looks for orders by their number.
ALTER TABLE orders ADD KEY orders_filing_number (filing_number);

-- +goose Down
ALTER TABLE orders DROP KEY orders_filing_number;
DROP TABLE inquiries;
