-- +goose Up
-- Until when a notice waits because its recipient got too many today. Null: it may go out now.
ALTER TABLE customer_notices ADD COLUMN not_before DATETIME(6) NULL;

-- +goose Down
ALTER TABLE customer_notices DROP COLUMN not_before;
