-- +goose Up
-- The API for the provider's own panel (panel/api).

-- Its keys. Only a hash is stored: a key has 260 random bits, which nobody finds by trying, so SHA-256 without salt or
-- work factor is enough, and finds the row.
CREATE TABLE api_keys (
  id           BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- what staff call it; the keys of a rotation share it with family_id, the ID of the first of them
  name         VARCHAR(64)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  family_id    BIGINT        NULL,
  -- whose customer IDs its requests name (api_customers)
  namespace    VARCHAR(20)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a test key, which reaches only what test keys made
  sandbox      BOOLEAN       NOT NULL,
  secret_hash  BINARY(32)    NOT NULL,
  -- the secret's last characters, by which people tell keys apart
  hint         CHAR(4)       CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- what it may do, and from which addresses or ranges (empty: any), separated by commas
  scopes       VARCHAR(255)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  addresses    VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  created_at   DATETIME(6)   NOT NULL,
  -- null: never
  expires_at   DATETIME(6)   NULL,
  revoked_at   DATETIME(6)   NULL,
  -- its last request, to the minute
  last_used_at DATETIME(6)   NULL,
  last_address VARCHAR(45)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  UNIQUE KEY api_keys_secret (secret_hash),
  KEY api_keys_family (family_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Which account the provider means by a customer's ID.
CREATE TABLE api_customers (
  namespace   VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sandbox     BOOLEAN     NOT NULL,
  external_id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id     BIGINT      NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  PRIMARY KEY (namespace, sandbox, external_id),
  KEY api_customers_user (user_id),
  CONSTRAINT api_customers_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Answers to requests with an Idempotency-Key, given again to a repetition.
CREATE TABLE api_answers (
  key_id        BIGINT      NOT NULL,
  -- SHA-256 of the Idempotency-Key, and of method, path and body
  token_hash    BINARY(32)  NOT NULL,
  request_hash  BINARY(32)  NOT NULL,
  -- 0: not answered yet
  status        INT         NOT NULL DEFAULT 0,
  sealed_answer MEDIUMBLOB  NULL,
  begun_at      DATETIME(6) NOT NULL,
  expires_at    DATETIME(6) NOT NULL,
  PRIMARY KEY (key_id, token_hash),
  KEY api_answers_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- active, suspended or terminated in the provider's panel.
ALTER TABLE orders ADD COLUMN status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'active';

-- The version that the provider gave what it sent last; null: it gives none.
ALTER TABLE orders ADD COLUMN source_version BIGINT NULL;

-- Whether a test key made it. It can't be filed.
ALTER TABLE orders ADD COLUMN sandbox BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE orders ADD KEY orders_sandbox (sandbox, id);

-- Who last gave how the web space is reached (provider or staff), and when; empty and null: an older build didn't note it.
ALTER TABLE orders ADD COLUMN web_space_by VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

ALTER TABLE orders ADD COLUMN web_space_at DATETIME(6) NULL;

-- The last result of signing in to an order's web space as it is now; an empty reason: it worked.
CREATE TABLE web_space_tests (
  order_id  BIGINT      NOT NULL PRIMARY KEY,
  reason    VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  tested_at DATETIME(6) NOT NULL,
  CONSTRAINT web_space_tests_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE web_space_tests;

ALTER TABLE orders DROP COLUMN web_space_at;

ALTER TABLE orders DROP COLUMN web_space_by;

ALTER TABLE orders DROP KEY orders_sandbox;

ALTER TABLE orders DROP COLUMN sandbox;

ALTER TABLE orders DROP COLUMN source_version;

ALTER TABLE orders DROP COLUMN status;

DROP TABLE api_answers;

DROP TABLE api_customers;

DROP TABLE api_keys;
