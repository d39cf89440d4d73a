-- +goose Up
-- Tickets become conversations: customers reply, and attach pictures.

-- TRUE: the customer's reply; FALSE: staff's answer. A reply isn't mailed to the customer: its sent_at is its time.
ALTER TABLE ticket_answers ADD COLUMN by_customer BOOLEAN NOT NULL DEFAULT FALSE;

-- The newest answer and the newest reply, and the newest message that each side has seen; 0: none. A ticket without
-- staff_seen_id hasn't been opened by staff.
ALTER TABLE tickets ADD COLUMN last_answer_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE tickets ADD COLUMN last_reply_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE tickets ADD COLUMN customer_seen_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE tickets ADD COLUMN staff_seen_id BIGINT NULL;

ALTER TABLE tickets ADD KEY tickets_news (customer_id, last_answer_id, customer_seen_id);

-- Pictures attached to a ticket; a PDF's pages are pictures.
CREATE TABLE ticket_pictures (
  id         BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ticket_id  BIGINT      NOT NULL,
  -- the token of the form that they came with: of the ticket, or of a reply
  token      CHAR(32)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- 1-based
  position   INT         NOT NULL,
  -- JPEG
  sealed     MEDIUMBLOB  NOT NULL,
  created_at DATETIME(6) NOT NULL,
  UNIQUE KEY ticket_pictures_token (token, position),
  KEY ticket_pictures_ticket (ticket_id, id),
  CONSTRAINT ticket_pictures_ticket_fk FOREIGN KEY (ticket_id) REFERENCES tickets (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE ticket_pictures;

ALTER TABLE tickets DROP KEY tickets_news;

ALTER TABLE tickets DROP COLUMN staff_seen_id;

ALTER TABLE tickets DROP COLUMN customer_seen_id;

ALTER TABLE tickets DROP COLUMN last_reply_id;

ALTER TABLE tickets DROP COLUMN last_answer_id;

ALTER TABLE ticket_answers DROP COLUMN by_customer;
