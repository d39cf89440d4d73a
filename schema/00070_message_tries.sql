-- +goose Up
-- Messages that were begun and aren't known to have gone out: the provider is asked before
-- they are sent again, whoever tries.
CREATE TABLE message_tries (
  message_key VARCHAR(128) NOT NULL PRIMARY KEY,
  begun_at    DATETIME(6)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE message_tries;
