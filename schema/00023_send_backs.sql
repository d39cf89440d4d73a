-- +goose Up
-- Why our own staff sent a revision back (初审退回): the reasons of the list that
-- they chose and what they wrote, sealed, with the fields that it is about.
CREATE TABLE send_backs (
  filing_id     BIGINT          NOT NULL,
  revision      INT             NOT NULL,
  sealed_reason VARBINARY(8192) NOT NULL,
  -- a JSON list of "form.field"
  fields        VARCHAR(4096)   NOT NULL DEFAULT '[]',
  sent_back_by  VARCHAR(80)     NOT NULL,
  created_at    DATETIME(6)     NOT NULL,
  PRIMARY KEY (filing_id, revision),
  CONSTRAINT send_backs_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE send_backs;
