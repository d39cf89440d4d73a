-- +goose Up
-- Staff: what each may do, and the log of what each did.

ALTER TABLE users
  -- viewer, agent, reviewer or administrator where role is support. Empty, of accounts that a
  -- process of before this makes, is viewer: nobody gets more than was meant.
  ADD COLUMN staff_role     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN disabled_at    DATETIME(6) NULL,
  -- a first password, which an administrator saw: it is good until then, and must be replaced
  ADD COLUMN first_until    DATETIME(6) NULL,
  ADD KEY users_staff (role, staff_role);

-- Until now support staff could do everything.
UPDATE users SET staff_role = 'administrator' WHERE role = 'support';

-- What staff did. Rows are only ever added; each one's hash, under a key that the database
-- doesn't have, covers the row and the hash of the one before.
CREATE TABLE audit (
  -- without gaps
  seq           BIGINT       NOT NULL PRIMARY KEY,
  at            DATETIME(6)  NOT NULL,
  -- account; 0: the command line
  actor_id      BIGINT       NOT NULL,
  actor         VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  role          VARCHAR(16)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action        VARCHAR(48)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object_kind   VARCHAR(24)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object        VARCHAR(96)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- done; asked, of what happens elsewhere, and then done, refused or failed of it
  outcome       VARCHAR(8)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  of_seq        BIGINT       NOT NULL DEFAULT 0,
  -- what staff typed may name people
  sealed_reason VARBINARY(4096) NULL,
  hash          BINARY(32)   NOT NULL,
  KEY audit_actor (actor, seq),
  KEY audit_action (action, seq),
  KEY audit_object (object_kind, object, seq),
  KEY audit_at (at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The last row's number and hash, sealed: it shows when the log's end is cut off, and writers
-- take turns by its lock.
CREATE TABLE audit_head (
  id     TINYINT        NOT NULL PRIMARY KEY,
  sealed VARBINARY(512) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO audit_head (id) VALUES (1);

-- +goose Down
DROP TABLE audit_head, audit;
ALTER TABLE users DROP KEY users_staff, DROP COLUMN staff_role, DROP COLUMN disabled_at, DROP COLUMN first_until;
