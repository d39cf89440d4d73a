-- +goose Up
-- What customers uploaded of papers: pictures, made fit to be handed in.
CREATE TABLE papers (
  id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id    BIGINT      NOT NULL,
  -- key of the list of papers, and the pre-approval content that it is about; 0: none
  paper        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item         INT         NOT NULL,
  -- Fjwjgs
  format       INT         NOT NULL,
  -- empty when it is past its time, or was taken away before it was handed in
  sealed       LONGBLOB    NULL,
  sealed_thumb MEDIUMBLOB  NULL,
  content_hash BINARY(32)  NOT NULL,
  width        INT         NOT NULL,
  height       INT         NOT NULL,
  bytes        INT         NOT NULL,
  uploaded_at  DATETIME(6) NOT NULL,
  removed_at   DATETIME(6) NULL,
  KEY papers_filing (filing_id, removed_at, paper, item),
  CONSTRAINT papers_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Which papers a revision carries, and where each goes in its record: what was handed
-- in stays as it was, whatever is replaced later.
CREATE TABLE dossier_papers (
  filing_id BIGINT       NOT NULL,
  revision  INT          NOT NULL,
  position  INT          NOT NULL,
  paper_id  BIGINT       NOT NULL,
  -- Fjyt; 0: it goes with a pre-approval content, or stays with the provider
  purpose   INT          NOT NULL,
  of_site   BOOLEAN      NOT NULL,
  approval  INT          NOT NULL,
  remark    VARCHAR(128) NOT NULL,
  PRIMARY KEY (filing_id, revision, position),
  KEY dossier_papers_paper (paper_id),
  CONSTRAINT dossier_papers_dossier_fk FOREIGN KEY (filing_id, revision) REFERENCES dossiers (filing_id, revision),
  CONSTRAINT dossier_papers_paper_fk FOREIGN KEY (paper_id) REFERENCES papers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Who looked at a paper, when and what for. Rows are only ever added.
CREATE TABLE paper_views (
  id       BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  paper_id BIGINT      NOT NULL,
  actor    VARCHAR(80) NOT NULL,
  reason   VARCHAR(48) NOT NULL,
  at       DATETIME(6) NOT NULL,
  KEY paper_views_paper (paper_id, id),
  CONSTRAINT paper_views_paper_fk FOREIGN KEY (paper_id) REFERENCES papers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE paper_views, dossier_papers, papers;
