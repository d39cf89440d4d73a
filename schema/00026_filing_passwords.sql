-- +goose Up
-- Whether the account's bureau still requires filing passwords (备案密码). Panels ask customers for one only then.
ALTER TABLE bureau_accounts ADD COLUMN filing_password_required BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE bureau_accounts DROP COLUMN filing_password_required;
