-- +goose Up
-- What customers consented to (个人信息保护法, articles 14 and 29): a row for each time. A filing has its consent for a
-- topic if the latest row is of the text's current version and not withdrawn.
CREATE TABLE consents (
  id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id    BIGINT      NOT NULL,
  -- privacy: the privacy notice; papers: identity documents and photographs
  topic        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- the text's version, and the language in which it was read
  version      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lang         CHAR(2)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  agreed_at    DATETIME(6) NOT NULL,
  withdrawn_at DATETIME(6) NULL,
  KEY consents_filing (filing_id, topic, id),
  CONSTRAINT consents_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE consents;
