-- +goose Up
-- A number that a customer got elsewhere is registered on the order: its
-- decision is the customer's own word, and its record was never at an account.
ALTER TABLE records MODIFY COLUMN account_id BIGINT NULL;

-- The list of orders by how their filings stand. The column follows the open
-- filing; a process of before it doesn't write it, so it is made right when the
-- filing moves next, when a worker starts, and when the list shows the order.
ALTER TABLE orders
  ADD COLUMN filing_state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'none',
  -- the public-security filing (公安联网备案): its number, or that none is needed
  ADD COLUMN police_number    VARCHAR(32) NULL,
  ADD COLUMN police_number_at DATETIME(6) NULL,
  ADD COLUMN police_declined  BOOLEAN NOT NULL DEFAULT FALSE,
  ADD KEY orders_state   (customer_id, filing_state, created_at, id),
  ADD KEY orders_product (customer_id, product, filing_state, created_at, id),
  ADD KEY orders_search  (customer_id, filing_state, number);

UPDATE orders o JOIN filings f ON f.open_order_id = o.id SET o.filing_state = CASE
  WHEN f.stage = 'filed' THEN 'filed'
  WHEN f.attention <> '' OR f.stage IN ('contact', 'verifying', 'preparing', 'correcting') THEN 'yours'
  ELSE 'under_way' END;

-- +goose Down
ALTER TABLE orders DROP KEY orders_state, DROP KEY orders_product, DROP KEY orders_search, DROP COLUMN filing_state,
  DROP COLUMN police_number, DROP COLUMN police_number_at, DROP COLUMN police_declined;
ALTER TABLE records MODIFY COLUMN account_id BIGINT NOT NULL;
