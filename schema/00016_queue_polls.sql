-- +goose Up
-- When a worker was last seen to ask Temporal for tasks, by queue. A queue that nobody polls keeps its time; one that
-- nobody has polled yet has the time of the first check.
CREATE TABLE queue_polls (
  queue     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  polled_at DATETIME(6) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE queue_polls;
