-- +goose Up
-- The provider's own check (初审): who has a dossier's revision, and what each reviewer said of it.
CREATE TABLE checks (
  filing_id    BIGINT      NOT NULL,
  revision     INT         NOT NULL,
  -- 2: by a second pair of eyes, of what the first passed on
  round        INT         NOT NULL,
  reviewer_id  BIGINT      NOT NULL,
  taken_at     DATETIME(6) NOT NULL,
  -- until then it is nobody else's; later it is whose who takes it first
  leased_until DATETIME(6) NOT NULL,
  -- empty: not yet; passed_on (to a second pair of eyes), passed or sent_back
  verdict      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  decided_at   DATETIME(6) NULL,
  PRIMARY KEY (filing_id, revision, round),
  KEY checks_reviewer (reviewer_id, decided_at),
  KEY checks_decided (decided_at),
  CONSTRAINT checks_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT checks_reviewer_fk FOREIGN KEY (reviewer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE checks;
