-- +goose Up
-- The list of orders by the stage that it shows. The column follows the open filing
-- as filing_state does: a process of before it doesn't write it, so it is made right
-- when the filing moves next, when a worker starts, and when the list shows the order.
ALTER TABLE orders
  -- empty: no filing is open or done
  ADD COLUMN filing_stage VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY orders_stage         (customer_id, filing_stage, created_at, id),
  ADD KEY orders_product_stage (customer_id, product, filing_stage, created_at, id),
  ADD KEY orders_search_stage  (customer_id, filing_stage, number);

UPDATE orders o JOIN filings f ON f.open_order_id = o.id SET o.filing_stage = f.stage;

-- +goose Down
ALTER TABLE orders DROP KEY orders_stage, DROP KEY orders_product_stage, DROP KEY orders_search_stage, DROP COLUMN filing_stage;
