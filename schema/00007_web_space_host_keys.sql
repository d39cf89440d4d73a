-- +goose Up
-- SSH keys of the servers of web spaces that are reached over SFTP, as lines of known_hosts, which
-- name the address. pinned is the key of the first use, or the one that staff accepted since; offered
-- is another one that the server showed. Public keys are no secrets.
CREATE TABLE IF NOT EXISTS web_space_host_keys (
  order_id   BIGINT        NOT NULL PRIMARY KEY,
  pinned     VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  offered    VARCHAR(2048) CHARACTER SET ascii COLLATE ascii_bin NULL,
  updated_at DATETIME(6)   NOT NULL,
  CONSTRAINT web_space_host_keys_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE IF EXISTS web_space_host_keys;
