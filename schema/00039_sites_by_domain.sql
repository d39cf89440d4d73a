-- +goose Up
-- For the public query: a site is filed with its domain, whatever host names below it the order lists.
ALTER TABLE sites ADD KEY sites_by_domain (domain);

-- +goose Down
ALTER TABLE sites DROP KEY sites_by_domain;
