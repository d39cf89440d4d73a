-- +goose Up
-- When a customer notice was last tried in vain: those that fail come after the others.
ALTER TABLE customer_notices ADD COLUMN tried_at DATETIME(6) NULL;

-- +goose Down
ALTER TABLE customer_notices DROP COLUMN tried_at;
