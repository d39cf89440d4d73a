-- +goose Up
-- Retention and erasure of personal data (internal/store/retention.go).

-- Since when nothing of the filing is needed any more: it is withdrawn, deregistered or replaced.
ALTER TABLE filings ADD COLUMN over_at DATETIME(6) NULL;

-- When its personal data was deleted; the row, its events and its records stay.
ALTER TABLE filings ADD COLUMN erased_at DATETIME(6) NULL;

ALTER TABLE filings ADD KEY filings_over (over_at, stage, superseded);

ALTER TABLE filings ADD KEY filings_to_erase (erased_at, over_at);

-- When the customer's data was erased on request. What had to stay then goes with its reason.
ALTER TABLE users ADD COLUMN erased_at DATETIME(6) NULL;

ALTER TABLE users ADD KEY users_erased (erased_at);

-- +goose Down
ALTER TABLE users DROP KEY users_erased;

ALTER TABLE users DROP COLUMN erased_at;

ALTER TABLE filings DROP KEY filings_to_erase;

ALTER TABLE filings DROP KEY filings_over;

ALTER TABLE filings DROP COLUMN erased_at;

ALTER TABLE filings DROP COLUMN over_at;
