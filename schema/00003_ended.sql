-- +goose Up
-- A filing that the bureau took away makes room for a new one on its order.
ALTER TABLE filings DROP KEY filings_open_order, DROP COLUMN open_order_id;
ALTER TABLE filings
  ADD COLUMN open_order_id BIGINT AS (IF(stage IN ('withdrawn', 'deregistered'), NULL, order_id)) STORED,
  ADD UNIQUE KEY filings_open_order (open_order_id);
ALTER TABLE decisions ADD KEY decisions_holder (holder_id), ADD KEY decisions_site (site_id);

-- +goose Down
ALTER TABLE decisions DROP KEY decisions_holder, DROP KEY decisions_site;
ALTER TABLE filings DROP KEY filings_open_order, DROP COLUMN open_order_id;
ALTER TABLE filings
  ADD COLUMN open_order_id BIGINT AS (IF(stage = 'withdrawn', NULL, order_id)) STORED,
  ADD UNIQUE KEY filings_open_order (open_order_id);
