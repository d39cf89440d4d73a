-- +goose Up
-- A customer's holders (主体), which filings of several sites share. A holder never moves to another customer.
CREATE TABLE holders (
  id          BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id BIGINT      NOT NULL,
  -- the form, sealed; null: not submitted yet, or past its retention
  sealed      MEDIUMBLOB  NULL,
  -- what the bureau granted: number (主体备案号) and its ID (Ztid), at an account in a province; null: nothing yet
  number      VARCHAR(64) NULL,
  bureau_id   BIGINT      NULL,
  account_id  BIGINT      NULL,
  province    CHAR(6)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  numbered_at DATETIME(6) NULL,
  created_at  DATETIME(6) NOT NULL,
  updated_at  DATETIME(6) NOT NULL,
  KEY holders_customer (customer_id, number),
  KEY holders_number (number),
  CONSTRAINT holders_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The holder that a filing shares with others; null: none, or a filing of an older build.
ALTER TABLE filings ADD COLUMN holder_id BIGINT NULL;

ALTER TABLE filings ADD KEY filings_holder (holder_id);

-- The filing in whose record a companion's site travels; null: its site has a record of its own.
ALTER TABLE filings ADD COLUMN carrier_id BIGINT NULL;

ALTER TABLE filings ADD KEY filings_carrier (carrier_id);

-- It waits for its holder's number, with which it becomes a new site.
ALTER TABLE filings ADD COLUMN awaits_holder BOOLEAN NOT NULL DEFAULT FALSE;

-- Since when its workflow is to be started; null: it was, or whoever opened the filing does.
ALTER TABLE filings ADD COLUMN start_due DATETIME(6) NULL;

ALTER TABLE filings ADD KEY filings_start (start_due);

-- The record whose holder (Zt_xx) a companion's site travels with; null: its own.
ALTER TABLE records ADD COLUMN carrier_id BIGINT NULL;

ALTER TABLE records ADD KEY records_carrier (carrier_id);

-- The bureau returned the record only because it refused another site of the same one, or their holder.
ALTER TABLE decisions ADD COLUMN returned_together BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE decisions DROP COLUMN returned_together;

ALTER TABLE records DROP KEY records_carrier;

ALTER TABLE records DROP COLUMN carrier_id;

ALTER TABLE filings DROP KEY filings_start;

ALTER TABLE filings DROP COLUMN start_due;

ALTER TABLE filings DROP COLUMN awaits_holder;

ALTER TABLE filings DROP KEY filings_carrier;

ALTER TABLE filings DROP COLUMN carrier_id;

ALTER TABLE filings DROP KEY filings_holder;

ALTER TABLE filings DROP COLUMN holder_id;

DROP TABLE holders;
