-- +goose Up
-- Numbers and mail addresses that were refused for good: nothing more is sent there until their owner confirms them.
CREATE TABLE refused_addresses (
  channel    VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- keyed hash, as contacts.mobile_hash and contacts.email_hash
  to_hash    BINARY(32)   NOT NULL,
  -- the operator's, or the recipient's mail server's
  code       VARCHAR(64)  NOT NULL DEFAULT '',
  words      VARCHAR(255) NOT NULL DEFAULT '',
  refused_at DATETIME(6)  NOT NULL,
  PRIMARY KEY (channel, to_hash),
  KEY refused_addresses_at (refused_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE refused_addresses;
