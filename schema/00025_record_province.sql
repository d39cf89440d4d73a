-- +goose Up
-- How long a province's bureau takes is told from the product's own history, also where
-- one account serves several provinces. The code of a province is no personal data.
-- A process of before this leaves the column empty: those records aren't counted.
ALTER TABLE records
  ADD COLUMN province CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD KEY records_reviews (province, operation, id);

-- Older records of accounts that serve a single province.
UPDATE records r JOIN bureau_accounts a ON a.id = r.account_id SET r.province = a.provinces WHERE a.provinces REGEXP '^[0-9]{6}$';

-- +goose Down
ALTER TABLE records DROP KEY records_reviews, DROP COLUMN province;
