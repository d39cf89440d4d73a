-- +goose Up
-- A result may name a record by its second key: without an index each such
-- result read all the account's records of its kind.
ALTER TABLE records ADD KEY records_result2 (account_id, operation, result_key2);

-- +goose Down
ALTER TABLE records DROP KEY records_result2;
