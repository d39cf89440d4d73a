-- +goose Up
-- Launches: a customer of the provider's panel is signed on by a link that works once (POST /api/v1/launches). Only a
-- hash of its token is stored, as of the keys.
CREATE TABLE launches (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token_hash BINARY(32)  NOT NULL,
  -- the key that asked for it, and who is signed on
  key_id     BIGINT      NOT NULL,
  user_id    BIGINT      NOT NULL,
  -- where it leads, and to which order; null: to none
  target     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id   BIGINT      NULL,
  -- zh, en, or empty: as the browser has it
  language   VARCHAR(2)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at    DATETIME(6) NULL,
  UNIQUE KEY launches_token (token_hash),
  KEY launches_user (user_id),
  KEY launches_created (created_at),
  CONSTRAINT launches_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE launches;
