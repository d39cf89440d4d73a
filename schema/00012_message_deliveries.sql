-- +goose Up
-- What became of each SMS and mail to a customer after the provider or mail server took it: written before it is sent,
-- and settled by what they report.
CREATE TABLE message_deliveries (
  message_key VARCHAR(128)    NOT NULL PRIMARY KEY,
  channel     VARCHAR(8)      NOT NULL,
  -- a mail's Message-ID, which bounces repeat; empty: an SMS, whose reports repeat its key
  mail_id     VARCHAR(128)    NOT NULL DEFAULT '',
  -- keyed hash of the number or address; the number itself only until the outcome is known
  to_hash     BINARY(32)      NOT NULL,
  sealed_to   VARBINARY(1024) NULL,
  begun_at    DATETIME(6)     NOT NULL,
  -- pending, delivered, refused or unknown
  outcome     VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- whose fault a refusal is, and the operator's code and words
  fault       VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  code        VARCHAR(64)     NOT NULL DEFAULT '',
  words       VARCHAR(255)    NOT NULL DEFAULT '',
  settled_at  DATETIME(6)     NULL,
  -- how often the provider was asked, and when it is asked next; null: never again
  asked       INT             NOT NULL DEFAULT 0,
  ask_at      DATETIME(6)     NULL,
  KEY message_deliveries_ask (ask_at),
  KEY message_deliveries_mail (mail_id),
  KEY message_deliveries_settled (settled_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE message_deliveries;
