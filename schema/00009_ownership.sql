-- +goose Up
-- Who owns what: a filing has its own customer, and the provider's data are told from corrections.

-- The customer who opened the filing. It never changes, even if the order does. Null only for
-- filings that older panels open during a roll-out: they belong to their order's customer, and a
-- transfer of the order fills them in first.
ALTER TABLE filings ADD COLUMN customer_id BIGINT NULL;

-- Imports used to move orders along with their filings, so the customer who acted on a filing
-- counts before the one who has the order now.
UPDATE filings f JOIN orders o ON o.id = f.order_id SET f.customer_id = COALESCE(
    (SELECT u.id FROM filing_events e JOIN users u ON u.login = SUBSTRING(e.actor, 10) COLLATE utf8mb4_bin
      WHERE e.filing_id = f.id AND e.actor LIKE 'customer:%' AND u.role = 'customer' ORDER BY e.seq LIMIT 1),
    o.customer_id)
  WHERE f.customer_id IS NULL;

ALTER TABLE filings ADD KEY filings_customer (customer_id, id);

ALTER TABLE filings ADD CONSTRAINT filings_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id);

-- Keyed hash of the web space that the provider sent last: a correction by staff stays until the
-- provider sends another. Null: not known, so the next one counts.
ALTER TABLE orders ADD COLUMN provider_space_hash BINARY(32) NULL;

-- Contact addresses that the provider gave with an order. The account's own come first.
ALTER TABLE users ADD COLUMN sealed_provider_email VARBINARY(1024) NULL;

ALTER TABLE users ADD COLUMN provider_email_hash BINARY(32) NULL;

ALTER TABLE users ADD COLUMN sealed_provider_mobile VARBINARY(1024) NULL;

ALTER TABLE users ADD COLUMN provider_mobile_hash BINARY(32) NULL;

ALTER TABLE users ADD KEY users_provider_email (provider_email_hash);

ALTER TABLE users ADD KEY users_provider_mobile (provider_mobile_hash);

-- +goose Down
ALTER TABLE users DROP KEY users_provider_mobile;

ALTER TABLE users DROP KEY users_provider_email;

ALTER TABLE users DROP COLUMN provider_mobile_hash;

ALTER TABLE users DROP COLUMN sealed_provider_mobile;

ALTER TABLE users DROP COLUMN provider_email_hash;

ALTER TABLE users DROP COLUMN sealed_provider_email;

ALTER TABLE orders DROP COLUMN provider_space_hash;

ALTER TABLE filings DROP FOREIGN KEY filings_customer_fk;

ALTER TABLE filings DROP KEY filings_customer;

ALTER TABLE filings DROP COLUMN customer_id;
