-- +goose Up
-- What the metrics count of the whole database, counted once for all processes
-- (internal/store/figures.go). Nobody's data.
CREATE TABLE figures (
  name           VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  content        MEDIUMTEXT   NOT NULL,
  counted_at     DATETIME(6)  NULL,
  -- a process counts now, and until when the others leave it to it
  counting_until DATETIME(6)  NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Filings by what their customer must look at; most have nothing.
ALTER TABLE filings ADD KEY filings_attention (attention);

-- +goose Down
ALTER TABLE filings DROP KEY filings_attention;
DROP TABLE figures;
