-- +goose Up
-- Many stuck filings resumed at once: what was asked for, and what became of each.
CREATE TABLE bulk_jobs (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the form: one that is sent twice makes one job
  token      CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a JSON object of the search: codes and keys, nothing that a person typed freely
  filter     VARCHAR(512) NOT NULL,
  resolution VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- filings a second
  rate       INT         NOT NULL,
  -- new, running, paused, stopped or done
  state      VARCHAR(8)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total      INT         NOT NULL,
  created_by VARCHAR(80) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  started_at DATETIME(6) NULL,
  ended_at   DATETIME(6) NULL,
  UNIQUE KEY bulk_jobs_token (token)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The filings that were stuck when the job was made, and no others.
CREATE TABLE bulk_results (
  job_id     BIGINT      NOT NULL,
  filing_id  BIGINT      NOT NULL,
  -- number of the filing's event that shows it stuck: tells this time from the next
  stuck_seq  BIGINT      NOT NULL,
  -- empty: its turn hasn't come; resumed, moved_on or failed
  outcome    VARCHAR(8)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- of what failed: a key of the locale files
  reason     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  at         DATETIME(6) NULL,
  PRIMARY KEY (job_id, filing_id),
  KEY bulk_results_outcome (job_id, outcome, filing_id),
  CONSTRAINT bulk_results_job_fk FOREIGN KEY (job_id) REFERENCES bulk_jobs (id),
  CONSTRAINT bulk_results_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE bulk_results, bulk_jobs;
