-- +goose Up
-- The help centre: the provider's announcements, and users' questions and complaints. The form's
-- token ensures that submitting it twice makes only one row.

CREATE TABLE announcements (
  id           BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token        CHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  title_zh     VARCHAR(200) NOT NULL,
  title_en     VARCHAR(200) NOT NULL DEFAULT '',
  -- Markdown
  body_zh      TEXT         NOT NULL,
  body_en      TEXT         NOT NULL,
  pinned       BOOLEAN      NOT NULL DEFAULT FALSE,
  published_at DATETIME(6)  NOT NULL,
  expires_at   DATETIME(6)  NULL,
  withdrawn_at DATETIME(6)  NULL,
  version      INT          NOT NULL DEFAULT 1,
  created_by   VARCHAR(80)  NOT NULL,
  created_at   DATETIME(6)  NOT NULL,
  updated_by   VARCHAR(80)  NOT NULL,
  updated_at   DATETIME(6)  NOT NULL,
  UNIQUE KEY announcements_token (token),
  KEY announcements_shown (withdrawn_at, pinned, published_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE tickets (
  id          BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  token       CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- ask or complain
  kind        VARCHAR(16) NOT NULL,
  -- open, answered or closed
  status      VARCHAR(16) NOT NULL,
  lang        CHAR(2)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- null: from a visitor who isn't signed in
  customer_id BIGINT      NULL,
  order_id    BIGINT      NULL,
  -- the question, and the address for the answer
  sealed      BLOB        NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  -- when staff were notified by mail
  notified_at DATETIME(6) NULL,
  closed_at   DATETIME(6) NULL,
  closed_by   VARCHAR(80) NOT NULL DEFAULT '',
  UNIQUE KEY tickets_token (token),
  KEY tickets_status (status, id),
  KEY tickets_customer (customer_id, id),
  KEY tickets_pending (notified_at, created_at),
  CONSTRAINT tickets_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id),
  CONSTRAINT tickets_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE ticket_answers (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ticket_id  BIGINT      NOT NULL,
  token      CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed     BLOB        NOT NULL,
  created_by VARCHAR(80) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  -- when it was mailed, or why it wasn't; neither: still being sent
  sent_at    DATETIME(6) NULL,
  failure    VARCHAR(32) NOT NULL DEFAULT '',
  UNIQUE KEY ticket_answers_token (token),
  KEY ticket_answers_ticket (ticket_id, id),
  KEY ticket_answers_sent (sent_at, created_at),
  CONSTRAINT ticket_answers_ticket_fk FOREIGN KEY (ticket_id) REFERENCES tickets (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE ticket_answers, tickets, announcements;
