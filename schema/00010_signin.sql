-- +goose Up
-- Sign-in: reach of accounts, codes that go there, sessions, failures, and what
-- was typed into a form that was sent after its session had ended.

ALTER TABLE users
  -- an account's own mail address and mobile number, each confirmed by a code
  ADD COLUMN sealed_email     VARBINARY(1024) NULL,
  ADD COLUMN email_hash       BINARY(32)      NULL,
  ADD COLUMN sealed_mobile    VARBINARY(1024) NULL,
  ADD COLUMN mobile_hash      BINARY(32)      NULL,
  -- counts the password's changes, and those that the person was told of
  ADD COLUMN password_version INT             NOT NULL DEFAULT 0,
  ADD COLUMN password_told    INT             NOT NULL DEFAULT 0,
  ADD KEY users_email (email_hash),
  ADD KEY users_mobile (mobile_hash);

-- Codes to accounts. What was typed that is no account's has a row too, so that
-- pages and times tell nobody which accounts exist.
CREATE TABLE account_codes (
  id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the account, or of what was typed
  subject_hash BINARY(32)  NOT NULL,
  -- password: found again; reach: a new address is confirmed
  purpose      VARCHAR(16) NOT NULL,
  channel      VARCHAR(8)  NOT NULL,
  user_id      BIGINT      NULL,
  -- reach: the address to confirm
  sealed_to    VARBINARY(1024) NULL,
  nonce        BINARY(16)  NOT NULL,
  code_hash    BINARY(32)  NULL,
  sends        INT         NOT NULL,
  -- how many were asked for since when: bounds what strangers can have sent
  day_sends    INT         NOT NULL DEFAULT 1,
  day_since    DATETIME(6) NOT NULL,
  requested_at DATETIME(6) NOT NULL,
  sent_at      DATETIME(6) NULL,
  expires_at   DATETIME(6) NULL,
  tries        INT         NOT NULL DEFAULT 0,
  locked_until DATETIME(6) NULL,
  verified_at  DATETIME(6) NULL,
  UNIQUE KEY account_codes_subject (subject_hash, purpose, channel),
  KEY account_codes_requested (requested_at),
  CONSTRAINT account_codes_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A session lives as long as its row: ending it is deleting it. No IP address.
CREATE TABLE user_sessions (
  id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id      BIGINT      NOT NULL,
  -- browser and system, as "Chrome/Android"
  agent        VARCHAR(64) NOT NULL,
  created_at   DATETIME(6) NOT NULL,
  last_seen_at DATETIME(6) NOT NULL,
  expires_at   DATETIME(6) NOT NULL,
  KEY user_sessions_user (user_id, id),
  KEY user_sessions_expires (expires_at),
  CONSTRAINT user_sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Tries at a password since the last right one, by keyed hash of what was typed
-- as user name, so that all panels count together.
CREATE TABLE sign_in_tries (
  login_hash BINARY(32)  NOT NULL PRIMARY KEY,
  tries      INT         NOT NULL,
  last_at    DATETIME(6) NOT NULL,
  next_at    DATETIME(6) NOT NULL,
  KEY sign_in_tries_last (last_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Forms that were sent without a session any more, for the browser that sent
-- them (keyed hash of a random cookie) and the account that had signed in there.
CREATE TABLE kept_posts (
  browser_hash BINARY(32)  NOT NULL,
  path_hash    BINARY(32)  NOT NULL,
  user_hash    BINARY(32)  NOT NULL,
  sealed       MEDIUMBLOB  NOT NULL,
  expires_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (browser_hash, path_hash),
  KEY kept_posts_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

ALTER TABLE drafts
  -- grows with each save; writer is the page that saved last
  ADD COLUMN version BIGINT      NOT NULL DEFAULT 1,
  ADD COLUMN writer  VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE drafts DROP COLUMN version, DROP COLUMN writer;
DROP TABLE kept_posts, sign_in_tries, user_sessions, account_codes;
ALTER TABLE users DROP KEY users_email, DROP KEY users_mobile, DROP COLUMN sealed_email, DROP COLUMN email_hash,
  DROP COLUMN sealed_mobile, DROP COLUMN mobile_hash, DROP COLUMN password_version, DROP COLUMN password_told;
