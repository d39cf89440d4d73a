-- +goose Up
-- A bulk job's search may be by whatever filings are searched by. A job has filings, so its
-- search has no free text either: an order, a login, a domain, a filing number that exist,
-- keyed hashes of a holder, codes.
ALTER TABLE bulk_jobs MODIFY filter VARCHAR(2048) NOT NULL;

-- +goose Down
ALTER TABLE bulk_jobs MODIFY filter VARCHAR(512) NOT NULL;
