-- +goose Up
-- Workflows whose code fails, or doesn't fit their histories: what a scheduled check found at
-- Temporal. A row goes when its problem is over. No payload and no text of a failure.
CREATE TABLE broken_executions (
  workflow_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  run_id      VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  type        VARCHAR(128) NOT NULL,
  -- as Temporal names them, such as WorkflowTaskFailed and NonDeterministicError
  category    VARCHAR(64)  NOT NULL,
  cause       VARCHAR(64)  NOT NULL,
  -- of the worker that failed last; empty: not known
  build_id    VARCHAR(128) NOT NULL DEFAULT '',
  -- its history was looked at, for cause and build
  looked      BOOLEAN      NOT NULL DEFAULT FALSE,
  first_seen  DATETIME(6)  NOT NULL,
  last_seen   DATETIME(6)  NOT NULL,
  PRIMARY KEY (workflow_id, run_id),
  KEY broken_executions_group (type, cause, first_seen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE broken_executions;
