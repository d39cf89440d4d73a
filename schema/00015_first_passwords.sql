-- +goose Up
-- Why an account's code couldn't be sent, a key such as "recipient"; empty: it was, or is being sent. Staff read it.
ALTER TABLE account_codes ADD COLUMN failure VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE account_codes DROP COLUMN failure;
