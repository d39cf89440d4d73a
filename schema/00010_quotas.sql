-- +goose Up
-- What has been spent of each quota (internal/store/quotas.go), such as the SMS of a customer. A row counts from its
-- first spending to ends_at; afterwards it starts over.
CREATE TABLE quota_usage (
  quota        VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- whose: a keyed hash of a customer, a recipient, a client's network or a browser
  subject_hash BINARY(32)  NOT NULL,
  used         BIGINT      NOT NULL,
  ends_at      DATETIME(6) NOT NULL,
  PRIMARY KEY (quota, subject_hash),
  KEY quota_usage_ends (ends_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Captchas that may still be answered. A row is deleted by the one answer that counts, right or wrong.
CREATE TABLE captchas (
  id_hash    BINARY(32)  NOT NULL PRIMARY KEY,
  expires_at DATETIME(6) NOT NULL,
  KEY captchas_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE captchas;
DROP TABLE quota_usage;
