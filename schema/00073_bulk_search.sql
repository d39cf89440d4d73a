-- +goose Up
-- A bulk job's search may be by whatever filings are searched by. It fitted filings, so it has
-- no free text either: an order's number, a login and a filing number that exist, a domain that
-- an order lists or one below it, keyed hashes of a holder, codes.
ALTER TABLE bulk_jobs MODIFY filter VARCHAR(2048) NOT NULL;

-- +goose Down
ALTER TABLE bulk_jobs MODIFY filter VARCHAR(512) NOT NULL;
