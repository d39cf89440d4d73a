-- +goose Up
-- Running the service: alerts, bulk resumption, broken executions, figures.

-- Alerts to staff by mail and webhook, each sent once. A stuck alert lasts from the first filing
-- stuck for a cause until none has been for a while; a stop alert lasts until the exchange
-- resumes.
CREATE TABLE staff_alerts (
  id          BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- stuck/STEP/REASON or stopped/ACCOUNT
  cause       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind        VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step        VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  reason      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- the first filing that got stuck
  filing_id   BIGINT       NULL,
  account_id  BIGINT       NULL,
  -- the bureau's code for a stop
  code        INT          NULL,
  began_at    DATETIME(6)  NOT NULL,
  -- since when nothing has been stuck for it; null: something is
  clear_since DATETIME(6)  NULL,
  ended_at    DATETIME(6)  NULL,
  mailed_at   DATETIME(6)  NULL,
  posted_at   DATETIME(6)  NULL,
  -- when both were sent or found unnecessary
  notified_at DATETIME(6)  NULL,
  open_cause  VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin AS (IF(ended_at IS NULL, cause, NULL)) STORED,
  UNIQUE KEY staff_alerts_open (open_cause),
  KEY staff_alerts_pending (notified_at, began_at),
  CONSTRAINT staff_alerts_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT staff_alerts_account_fk FOREIGN KEY (account_id) REFERENCES bureau_accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Jobs that resume many stuck filings at once.
CREATE TABLE bulk_jobs (
  id         BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the form: submitting it twice makes only one job
  token      CHAR(32)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the search as a JSON object. It contains no free text: since it matched filings, it holds only
  -- existing order numbers, logins, filing numbers and domains, keyed hashes of a holder, and codes.
  filter     VARCHAR(2048) NOT NULL,
  resolution VARCHAR(16)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- filings per second
  rate       INT           NOT NULL,
  -- new, running, paused, stopped or done
  state      VARCHAR(8)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total      INT           NOT NULL,
  created_by VARCHAR(80)   NOT NULL,
  created_at DATETIME(6)   NOT NULL,
  started_at DATETIME(6)   NULL,
  ended_at   DATETIME(6)   NULL,
  UNIQUE KEY bulk_jobs_token (token)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Only the filings that were stuck when the job was created.
CREATE TABLE bulk_results (
  job_id    BIGINT      NOT NULL,
  filing_id BIGINT      NOT NULL,
  -- the filing's event that reported it stuck; distinguishes this time from a later one
  stuck_seq BIGINT      NOT NULL,
  -- empty: not processed yet; resumed, moved_on or failed
  outcome   VARCHAR(8)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- why it failed: a key of the locale files
  reason    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  at        DATETIME(6) NULL,
  PRIMARY KEY (job_id, filing_id),
  KEY bulk_results_outcome (job_id, outcome, filing_id),
  CONSTRAINT bulk_results_job_fk FOREIGN KEY (job_id) REFERENCES bulk_jobs (id),
  CONSTRAINT bulk_results_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Workflows whose code fails or doesn't match their histories, as found by a scheduled check of
-- Temporal. A row is deleted when its problem is over. No payloads or failure texts are stored.
CREATE TABLE broken_executions (
  workflow_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  run_id      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type        VARCHAR(128) NOT NULL,
  -- as Temporal names them, such as WorkflowTaskFailed and NonDeterministicError
  category    VARCHAR(64)  NOT NULL,
  cause       VARCHAR(64)  NOT NULL,
  -- of the worker that failed last; empty: unknown
  build_id    VARCHAR(128) NOT NULL DEFAULT '',
  -- whether its history was read for cause and build
  inspected   BOOLEAN      NOT NULL DEFAULT FALSE,
  first_seen  DATETIME(6)  NOT NULL,
  last_seen   DATETIME(6)  NOT NULL,
  PRIMARY KEY (workflow_id, run_id),
  KEY broken_executions_group (type, cause, first_seen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Metrics counted over the whole database, once for all processes (internal/store/figures.go).
-- No personal data.
CREATE TABLE figures (
  name           VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  content        MEDIUMTEXT  NOT NULL,
  counted_at     DATETIME(6) NULL,
  -- until when one process is counting and the others don't
  counting_until DATETIME(6) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The support console's figures. Each past day (in China's time zone) is counted once, so that
-- reading a year takes a few thousand rows however many filings there are
-- (internal/store/figures_day.go). No personal data.

-- The days that have been counted: their rows in day_figures are complete.
CREATE TABLE figure_days (
  day        DATE        NOT NULL PRIMARY KEY,
  counted_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE day_figures (
  figure   VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- code; empty: all provinces together, including filings whose province isn't known
  province CHAR(6)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day      DATE         NOT NULL,
  -- what is counted, such as a stage or a reason; see the code of each figure
  name     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n        INT          NOT NULL,
  -- durations in seconds, as a mergeable sketch
  times    BLOB         NULL,
  PRIMARY KEY (figure, province, day, name),
  KEY day_figures_day (day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE day_figures, figure_days, figures, broken_executions, bulk_results, bulk_jobs, staff_alerts;
