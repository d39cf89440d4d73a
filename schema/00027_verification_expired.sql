-- +goose Up
-- The bureau returned the filing only because nobody answered the ministry's SMS verification in time.
ALTER TABLE decisions ADD COLUMN verification_expired BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE decisions DROP COLUMN verification_expired;
