-- +goose Up
-- Accounts, sign-in, and the audit log. In all tables, times are UTC with microseconds. Columns
-- named sealed… are encrypted by internal/seal, with table and row bound as additional data;
-- columns named …_hash hold its keyed hashes, for look-ups.

CREATE TABLE users (
  id                     BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- customer or support
  role                   VARCHAR(16)     NOT NULL,
  -- for support: viewer, agent, reviewer or administrator; empty counts as viewer
  staff_role             VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  login                  VARCHAR(64)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  password_hash          VARCHAR(255)    NOT NULL,
  -- counts password changes; password_notified is the last one the user was notified of
  password_version       INT             NOT NULL DEFAULT 0,
  password_notified      INT             NOT NULL DEFAULT 0,
  -- when an initial password, which an administrator has seen, expires; it must be replaced
  initial_password_until DATETIME(6)     NULL,
  -- the account's own contact addresses, each confirmed by a code
  sealed_email           VARBINARY(1024) NULL,
  email_hash             BINARY(32)      NULL,
  sealed_mobile          VARBINARY(1024) NULL,
  mobile_hash            BINARY(32)      NULL,
  created_at             DATETIME(6)     NOT NULL,
  disabled_at            DATETIME(6)     NULL,
  UNIQUE KEY users_login (login),
  KEY users_email (email_hash),
  KEY users_mobile (mobile_hash),
  KEY users_staff (role, staff_role)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Browser sessions, signed in or not; the cookie holds the token.
CREATE TABLE sessions (
  token  CHAR(43)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  data   BLOB         NOT NULL,
  expiry TIMESTAMP(6) NOT NULL,
  KEY sessions_expiry (expiry)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The devices on which an account is signed in. Deleting a row ends that session. IP addresses
-- are deliberately not stored.
CREATE TABLE user_sessions (
  id            BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id       BIGINT      NOT NULL,
  -- browser and system, as "Chrome/Android"
  agent         VARCHAR(64) NOT NULL,
  second_factor BOOLEAN     NOT NULL DEFAULT FALSE,
  created_at    DATETIME(6) NOT NULL,
  last_seen_at  DATETIME(6) NOT NULL,
  expires_at    DATETIME(6) NOT NULL,
  KEY user_sessions_user (user_id, id),
  KEY user_sessions_expires (expires_at),
  CONSTRAINT user_sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Staff's second factor: time-based one-time passwords (RFC 6238).
CREATE TABLE staff_totp (
  user_id        BIGINT         NOT NULL PRIMARY KEY,
  sealed_secret  VARBINARY(256) NULL,
  -- shown for enrolment but not yet confirmed; until then sealed_secret stays valid
  sealed_pending VARBINARY(256) NULL,
  enrolled_at    DATETIME(6)    NULL,
  -- the latest time step used: each works only once
  last_step      BIGINT         NOT NULL DEFAULT 0,
  CONSTRAINT staff_totp_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Single-use codes in case the device is lost.
CREATE TABLE staff_recovery_codes (
  user_id   BIGINT      NOT NULL,
  code_hash BINARY(32)  NOT NULL,
  used_at   DATETIME(6) NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT staff_recovery_codes_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Codes sent to accounts. Input that matches no account has a row too, so that neither pages
-- nor timing reveal which accounts exist.
CREATE TABLE account_codes (
  id             BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the account, or of the input that matched none
  subject_hash   BINARY(32)      NOT NULL,
  -- password: resets it; address: confirms a new contact address
  purpose        VARCHAR(16)     NOT NULL,
  channel        VARCHAR(8)      NOT NULL,
  user_id        BIGINT          NULL,
  -- the contact address to confirm
  sealed_address VARBINARY(1024) NULL,
  -- the code itself isn't stored: it is derived from the nonce with a key
  nonce          BINARY(16)      NOT NULL,
  code_hash      BINARY(32)      NULL,
  sends          INT             NOT NULL,
  -- requests since day_since: limits how many messages strangers can trigger
  day_sends      INT             NOT NULL DEFAULT 1,
  day_since      DATETIME(6)     NOT NULL,
  requested_at   DATETIME(6)     NOT NULL,
  sent_at        DATETIME(6)     NULL,
  expires_at     DATETIME(6)     NULL,
  tries          INT             NOT NULL DEFAULT 0,
  locked_until   DATETIME(6)     NULL,
  verified_at    DATETIME(6)     NULL,
  UNIQUE KEY account_codes_subject (subject_hash, purpose, channel),
  KEY account_codes_requested (requested_at),
  CONSTRAINT account_codes_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Failed sign-ins since the last successful one, per login entered, counted across all panels.
CREATE TABLE sign_in_tries (
  login_hash BINARY(32)  NOT NULL PRIMARY KEY,
  tries      INT         NOT NULL,
  last_at    DATETIME(6) NOT NULL,
  next_at    DATETIME(6) NOT NULL,
  KEY sign_in_tries_last (last_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Forms submitted after their session had ended. Only the browser that sent one (the keyed hash
-- of a random cookie) and the account that was signed in there get it back.
CREATE TABLE saved_posts (
  browser_hash BINARY(32)  NOT NULL,
  path_hash    BINARY(32)  NOT NULL,
  user_hash    BINARY(32)  NOT NULL,
  sealed       MEDIUMBLOB  NOT NULL,
  expires_at   DATETIME(6) NOT NULL,
  PRIMARY KEY (browser_hash, path_hash),
  KEY saved_posts_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The audit log of staff actions. Rows are only ever added. Each row's hash covers the row and
-- the previous row's hash; its key isn't in the database.
CREATE TABLE audit_entries (
  -- without gaps
  seq           BIGINT          NOT NULL PRIMARY KEY,
  at            DATETIME(6)     NOT NULL,
  -- account ID; 0: the command line
  actor_id      BIGINT          NOT NULL,
  actor         VARCHAR(64)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  role          VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action        VARCHAR(48)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_kind   VARCHAR(24)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object        VARCHAR(96)     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- done; for effects outside the database first asked, then done, refused or failed in a
  -- second row whose request_seq refers to the first
  outcome       VARCHAR(8)      CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request_seq   BIGINT          NOT NULL DEFAULT 0,
  -- sealed because staff may mention people in it
  sealed_reason VARBINARY(4096) NULL,
  hash          BINARY(32)      NOT NULL,
  KEY audit_entries_actor (actor, seq),
  KEY audit_entries_action (action, seq),
  KEY audit_entries_object (object_kind, object, seq),
  KEY audit_entries_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The last row's number and hash, sealed, so that truncating the log is detected. Writers
-- serialise by locking this row.
CREATE TABLE audit_head (
  id     TINYINT        NOT NULL PRIMARY KEY,
  sealed VARBINARY(512) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO audit_head (id) VALUES (1);

-- +goose Down
DROP TABLE audit_head, audit_entries, saved_posts, sign_in_tries, account_codes,
  staff_recovery_codes, staff_totp, user_sessions, sessions, users;
