-- +goose Up
-- Whose a row of quota_usage is, sealed, for staff's page. Null: everybody's, or counted by an older build.
ALTER TABLE quota_usage ADD COLUMN sealed_subject VARBINARY(512) NULL;

-- +goose Down
ALTER TABLE quota_usage DROP COLUMN sealed_subject;
