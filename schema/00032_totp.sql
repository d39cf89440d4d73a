-- +goose Up
-- One-time passwords by time (RFC 6238) as staff's second factor.
CREATE TABLE staff_totp (
  user_id        BIGINT         NOT NULL PRIMARY KEY,
  sealed_secret  VARBINARY(256) NULL,
  -- shown to be enrolled, not confirmed yet; the present one is good until then
  sealed_pending VARBINARY(256) NULL,
  enrolled_at    DATETIME(6)    NULL,
  -- the newest step that was used: none is good twice
  last_step      BIGINT         NOT NULL DEFAULT 0,
  CONSTRAINT staff_totp_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What serves once when the device is lost.
CREATE TABLE staff_recovery_codes (
  user_id   BIGINT      NOT NULL,
  code_hash BINARY(32)  NOT NULL,
  used_at   DATETIME(6) NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT staff_recovery_codes_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

ALTER TABLE user_sessions
  ADD COLUMN second_factor BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE user_sessions DROP COLUMN second_factor;
DROP TABLE staff_recovery_codes, staff_totp;
