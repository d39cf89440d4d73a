-- +goose Up
-- One sealed row, which only opens with the key file that seals this database's data
-- (internal/store/key_canary.go).
CREATE TABLE key_canary (
  id         TINYINT        NOT NULL PRIMARY KEY,
  sealed     VARBINARY(512) NOT NULL,
  planted_at DATETIME(6)    NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE key_canary;
