-- +goose Up
-- What bureaus keep of filings (BASJ, SJTB, less ZXSJ): the newest word on each
-- holder, whole and sealed, and what it is looked up by.

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

-- The bureau's ID of the site that a change is about: a holder has several, and
-- only that one's number is the filing's.
ALTER TABLE records ADD COLUMN site_id BIGINT NULL;

-- +goose Down
ALTER TABLE records DROP COLUMN site_id;
DROP TABLE bureau_domains, bureau_sites, bureau_holders;
