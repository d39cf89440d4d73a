-- +goose Up
-- Notices to accounts' owners of changes to how they get in, at the address that they had before. Written with the change,
-- sent by the next exchange. The address is sealed, and removed when the notice is done.
CREATE TABLE account_notices (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id    BIGINT      NOT NULL,
  -- password, mobile, email or second_factor
  what       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel    VARCHAR(8)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed_to  VARBINARY(1024) NULL,
  created_at DATETIME(6) NOT NULL,
  done_at    DATETIME(6) NULL,
  KEY account_notices_pending (done_at, created_at),
  CONSTRAINT account_notices_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE account_notices;
