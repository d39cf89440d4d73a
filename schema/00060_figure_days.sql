-- +goose Up
-- The support console's figures: what happened on each day that is over, counted once, so
-- that a year of them is read from a few thousand rows however many filings there are
-- (internal/store/figuredays.go). Days are China's. Nobody's data.

-- What happened on a day. Over tens of millions of rows this takes minutes, and readers and
-- writers go on meanwhile.
ALTER TABLE filing_events ADD KEY filing_events_at (at, kind);

-- The days that are counted: their rows below are whole.
CREATE TABLE figure_days (
  day        DATE        NOT NULL PRIMARY KEY,
  counted_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE day_figures (
  figure   VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- code; empty: all provinces and those that aren't known
  province CHAR(6)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day      DATE         NOT NULL,
  -- of what: a stage, a reason; what it is called in each figure stands beside its code
  name     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n        INT          NOT NULL,
  -- how long it lasted, in seconds, as a sketch that can be merged
  times    BLOB         NULL,
  PRIMARY KEY (figure, province, day, name),
  KEY day_figures_day (day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE day_figures, figure_days;
ALTER TABLE filing_events DROP KEY filing_events_at;
