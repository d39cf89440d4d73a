-- +goose Up
-- A form that is filled before there is a filing, such as that of a filing number
-- that is registered, is kept while it is typed, as drafts are. Its reader is the
-- customer who typed it.
CREATE TABLE order_drafts (
  order_id   BIGINT      NOT NULL,
  user_id    BIGINT      NOT NULL,
  form       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed     MEDIUMBLOB  NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  -- grows with each save; writer is the page that saved last
  version    BIGINT      NOT NULL DEFAULT 1,
  writer     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (order_id, user_id, form),
  KEY order_drafts_updated (updated_at),
  CONSTRAINT order_drafts_order_fk FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_drafts_user_fk FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE order_drafts;
