-- +goose Up
-- The key of the API that launched the session; null: somebody signed in.
ALTER TABLE user_sessions ADD COLUMN launched_by BIGINT NULL;

-- +goose Down
ALTER TABLE user_sessions DROP COLUMN launched_by;
