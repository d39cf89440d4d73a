-- +goose Up
-- The support console: what filings are found and counted by, each by an index of its own.
ALTER TABLE filings
  -- of the newest dossier: code of the province, and keyed hashes of the holder's name and document
  ADD COLUMN province      CHAR(6)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN name_hash     BINARY(32)  NULL,
  ADD COLUMN document_hash BINARY(32)  NULL,
  -- the revision that they are of: processes of before leave it behind, workers catch up when they start
  ADD COLUMN found_by      INT         NOT NULL DEFAULT 0,
  -- since when the newest look at the site found something wrong
  ADD COLUMN site_bad_since DATETIME(6) NULL,
  ADD KEY filings_cause    (stuck_step, stuck_reason, stuck_since, id),
  ADD KEY filings_province (province, stage, stage_since, id),
  ADD KEY filings_name     (name_hash),
  ADD KEY filings_document (document_hash),
  ADD KEY filings_site_bad (stage, site_bad_since, id);

UPDATE filings f JOIN (SELECT filing_id, MIN(checked_at) AS since FROM site_checks WHERE NOT ok GROUP BY filing_id) c ON c.filing_id = f.id
  SET f.site_bad_since = c.since;

ALTER TABLE decisions ADD KEY decisions_site_number (site_number), ADD KEY decisions_holder_number (holder_number);

-- +goose Down
ALTER TABLE decisions DROP KEY decisions_site_number, DROP KEY decisions_holder_number;
ALTER TABLE filings DROP KEY filings_cause, DROP KEY filings_province, DROP KEY filings_name, DROP KEY filings_document, DROP KEY filings_site_bad,
  DROP COLUMN province, DROP COLUMN name_hash, DROP COLUMN document_hash, DROP COLUMN found_by, DROP COLUMN site_bad_since;
