-- +goose Up
-- Filings: their state, what customers enter, our own vetting, messages, and the site.

-- A filing's state as the lists show it. Only the workflow's activities write stage, attention
-- and stuck_…, in the transaction of the effect that changes them; seq orders the writes.
CREATE TABLE filings (
  id                 BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id           BIGINT      NOT NULL,
  -- 1-based ordinal within the order: an earlier filing's workflow may still run
  serial             INT         NOT NULL DEFAULT 1,
  -- the kind of request to the bureau; empty: not chosen yet
  kind               VARCHAR(16) NOT NULL DEFAULT '',
  -- A completed filing can have a follow-up on its order: a change or a deregistration. While it
  -- is open the follow-up represents the order; if it is withdrawn, its base does again.
  base_id            BIGINT      NULL,
  superseded         BOOLEAN     NOT NULL DEFAULT FALSE,
  stage              VARCHAR(16) NOT NULL,
  stage_since        DATETIME(6) NOT NULL,
  revision           INT         NOT NULL DEFAULT 0,
  seq                BIGINT      NOT NULL DEFAULT 0,
  -- what needs the customer's attention, a key of the locale files; empty: nothing
  attention          VARCHAR(64) NOT NULL DEFAULT '',
  stuck_step         VARCHAR(32) NOT NULL DEFAULT '',
  stuck_reason       VARCHAR(64) NOT NULL DEFAULT '',
  stuck_since        DATETIME(6) NULL,
  notice_accepted_at DATETIME(6) NULL,
  -- search terms from the latest dossier (indexed_revision): the province's code, and keyed
  -- hashes of the holder's name and document number
  indexed_revision   INT         NOT NULL DEFAULT 0,
  province           CHAR(6)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  name_hash          BINARY(32)  NULL,
  document_hash      BINARY(32)  NULL,
  -- since when the site checks have failed
  site_bad_since     DATETIME(6) NULL,
  created_at         DATETIME(6) NOT NULL,
  -- at most one open filing per order; ended and superseded ones don't count
  open_order_id      BIGINT      AS (IF(stage IN ('withdrawn', 'deregistered') OR superseded, NULL, order_id)) STORED,
  UNIQUE KEY filings_open_order (open_order_id),
  KEY filings_order (order_id),
  KEY filings_base (base_id),
  KEY filings_stage (stage, stage_since, id),
  KEY filings_attention (attention),
  KEY filings_stuck (stuck_since, id),
  KEY filings_cause (stuck_step, stuck_reason, stuck_since, id),
  KEY filings_province (province, stage, stage_since, id),
  KEY filings_name (name_hash),
  KEY filings_document (document_hash),
  KEY filings_site_bad (stage, site_bad_since, id),
  CONSTRAINT filings_order_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE filing_events (
  filing_id BIGINT        NOT NULL,
  seq       BIGINT        NOT NULL,
  at        DATETIME(6)   NOT NULL,
  kind      VARCHAR(48)   NOT NULL,
  actor     VARCHAR(80)   NOT NULL,
  detail    VARCHAR(1024) NOT NULL DEFAULT '',
  PRIMARY KEY (filing_id, seq),
  KEY filing_events_at (at, kind),
  CONSTRAINT filing_events_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Each user name in the bureau's form belongs to one customer.
CREATE TABLE user_names (
  user_name_hash BINARY(32)  NOT NULL PRIMARY KEY,
  customer_id    BIGINT      NOT NULL,
  created_at     DATETIME(6) NOT NULL,
  CONSTRAINT user_names_customer_fk FOREIGN KEY (customer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE contacts (
  filing_id     BIGINT          NOT NULL PRIMARY KEY,
  version       INT             NOT NULL,
  sealed        VARBINARY(8192) NOT NULL,
  mobile_hash   BINARY(32)      NOT NULL,
  email_hash    BINARY(32)      NOT NULL,
  password_hash VARCHAR(255)    NOT NULL,
  updated_at    DATETIME(6)     NOT NULL,
  KEY contacts_mobile (mobile_hash),
  KEY contacts_email (email_hash),
  CONSTRAINT contacts_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Codes that confirm a contact's addresses. The code itself isn't stored: it is derived from
-- the nonce with a key.
CREATE TABLE verifications (
  filing_id    BIGINT      NOT NULL,
  channel      VARCHAR(8)  NOT NULL,
  nonce        BINARY(16)  NOT NULL,
  code_hash    BINARY(32)  NULL,
  sends        INT         NOT NULL,
  requested_at DATETIME(6) NOT NULL,
  sent_at      DATETIME(6) NULL,
  expires_at   DATETIME(6) NULL,
  tries        INT         NOT NULL DEFAULT 0,
  locked_until DATETIME(6) NULL,
  verified_at  DATETIME(6) NULL,
  PRIMARY KEY (filing_id, channel),
  CONSTRAINT verifications_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Staff corrections of a filing's contact, and the proof for each. The code that confirms the
-- new address is stored here, as in verifications.
CREATE TABLE contact_corrections (
  id             BIGINT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
  -- of the form: submitting it twice makes only one correction
  token          CHAR(32)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  filing_id      BIGINT          NOT NULL,
  channel        VARCHAR(8)      NOT NULL,
  sealed_old     VARBINARY(1024) NOT NULL,
  sealed_new     VARBINARY(1024) NOT NULL,
  -- whether the old address and the contact's other one were verified: only verified ones are notified
  notify_old     BOOLEAN         NOT NULL,
  notify_other   BOOLEAN         NOT NULL,
  -- the kind of proof that staff saw, a key of the locale files; the reason is in the audit log
  proof          VARCHAR(32)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- a picture of the proof, as JPEG; null: none, or past its retention
  sealed_picture MEDIUMBLOB      NULL,
  created_by     VARCHAR(80)     NOT NULL,
  created_at     DATETIME(6)     NOT NULL,
  nonce          BINARY(16)      NOT NULL,
  code_hash      BINARY(32)      NULL,
  sends          INT             NOT NULL,
  requested_at   DATETIME(6)     NOT NULL,
  sent_at        DATETIME(6)     NULL,
  expires_at     DATETIME(6)     NULL,
  tries          INT             NOT NULL DEFAULT 0,
  locked_until   DATETIME(6)     NULL,
  verified_at    DATETIME(6)     NULL,
  -- applied, confirmed or replaced; empty: waiting for its code
  outcome        VARCHAR(16)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ended_at       DATETIME(6)     NULL,
  open_channel   VARCHAR(8)      AS (IF(ended_at IS NULL, channel, NULL)) STORED,
  UNIQUE KEY contact_corrections_token (token),
  UNIQUE KEY contact_corrections_open (filing_id, open_channel),
  CONSTRAINT contact_corrections_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE drafts (
  filing_id  BIGINT      NOT NULL,
  form       VARCHAR(16) NOT NULL,
  -- incremented by each save; writer is the page that saved last
  version    BIGINT      NOT NULL DEFAULT 1,
  writer     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  sealed     MEDIUMBLOB  NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (filing_id, form),
  CONSTRAINT drafts_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE dossiers (
  filing_id    BIGINT      NOT NULL,
  revision     INT         NOT NULL,
  sealed       MEDIUMBLOB  NOT NULL,
  submitted_at DATETIME(6) NOT NULL,
  PRIMARY KEY (filing_id, revision),
  CONSTRAINT dossiers_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Pictures of papers that customers uploaded, converted to a format that the bureau accepts.
CREATE TABLE papers (
  id           BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id    BIGINT      NOT NULL,
  -- key in the list of papers, and the pre-approval content that it is for; 0: none
  paper        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  item         INT         NOT NULL,
  -- Fjwjgs
  format       INT         NOT NULL,
  -- empty: past its retention, or removed before it was submitted
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

-- Which papers a revision includes, and where each goes in its record. A submitted revision
-- keeps its papers even if they are replaced later.
CREATE TABLE dossier_papers (
  filing_id BIGINT       NOT NULL,
  revision  INT          NOT NULL,
  position  INT          NOT NULL,
  paper_id  BIGINT       NOT NULL,
  -- Fjyt; 0: it belongs to a pre-approval content, or isn't sent to the bureau
  purpose   INT          NOT NULL,
  of_site   BOOLEAN      NOT NULL,
  approval  INT          NOT NULL,
  remark    VARCHAR(128) NOT NULL,
  PRIMARY KEY (filing_id, revision, position),
  KEY dossier_papers_paper (paper_id),
  CONSTRAINT dossier_papers_dossier_fk FOREIGN KEY (filing_id, revision) REFERENCES dossiers (filing_id, revision),
  CONSTRAINT dossier_papers_paper_fk FOREIGN KEY (paper_id) REFERENCES papers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Who viewed a paper, when and why. Rows are only ever added.
CREATE TABLE paper_views (
  id       BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  paper_id BIGINT      NOT NULL,
  actor    VARCHAR(80) NOT NULL,
  reason   VARCHAR(48) NOT NULL,
  at       DATETIME(6) NOT NULL,
  KEY paper_views_paper (paper_id, id),
  CONSTRAINT paper_views_paper_fk FOREIGN KEY (paper_id) REFERENCES papers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The provider's own vetting (初审): who holds a revision, and each reviewer's verdict.
CREATE TABLE vettings (
  filing_id    BIGINT      NOT NULL,
  revision     INT         NOT NULL,
  -- 2: second vetting of what the first reviewer passed on
  round        INT         NOT NULL,
  reviewer_id  BIGINT      NOT NULL,
  taken_at     DATETIME(6) NOT NULL,
  -- nobody else can take it until then
  leased_until DATETIME(6) NOT NULL,
  -- empty: not yet; passed_on (to a second reviewer), passed or sent_back
  verdict      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  decided_at   DATETIME(6) NULL,
  PRIMARY KEY (filing_id, revision, round),
  KEY vettings_reviewer (reviewer_id, decided_at),
  KEY vettings_decided (decided_at),
  CONSTRAINT vettings_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id),
  CONSTRAINT vettings_reviewer_fk FOREIGN KEY (reviewer_id) REFERENCES users (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Why our staff sent a revision back (初审退回): the reasons they chose, what they wrote, and the
-- fields concerned.
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

-- Signals to filings' workflows: written in the transaction of the change they report, sent
-- after it commits.
CREATE TABLE signals (
  id         BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  signal_key VARCHAR(128) NOT NULL,
  filing_id  BIGINT       NOT NULL,
  name       VARCHAR(32)  NOT NULL,
  payload    VARCHAR(512) NOT NULL,
  created_at DATETIME(6)  NOT NULL,
  sent_at    DATETIME(6)  NULL,
  UNIQUE KEY signals_key (signal_key),
  KEY signals_unsent (sent_at, id),
  CONSTRAINT signals_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE messages (
  message_key VARCHAR(128) NOT NULL PRIMARY KEY,
  filing_id   BIGINT       NOT NULL,
  channel     VARCHAR(8)   NOT NULL,
  template    VARCHAR(32)  NOT NULL,
  provider_id VARCHAR(128) NOT NULL,
  sent_at     DATETIME(6)  NOT NULL,
  KEY messages_filing (filing_id),
  CONSTRAINT messages_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Messages whose sending began but isn't known to have succeeded: a retry first asks the SMS or
-- mail provider, so that nothing is sent twice.
CREATE TABLE message_tries (
  message_key VARCHAR(128) NOT NULL PRIMARY KEY,
  begun_at    DATETIME(6)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Notices to customers about what happened to a filing after its workflow ended: written with
-- the event, sent once after it.
CREATE TABLE customer_notices (
  filing_id   BIGINT      NOT NULL,
  template    VARCHAR(32) NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  notified_at DATETIME(6) NULL,
  PRIMARY KEY (filing_id, template),
  KEY customer_notices_pending (notified_at, created_at),
  CONSTRAINT customer_notices_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Site check results: one row per domain for its certificate (target is the domain) and one for
-- the home page (target is 'home').
CREATE TABLE site_checks (
  filing_id  BIGINT        NOT NULL,
  target     VARCHAR(255)  NOT NULL,
  ok         BOOLEAN       NOT NULL,
  kind       VARCHAR(32)   NOT NULL,
  detail     VARCHAR(2048) NOT NULL DEFAULT '',
  checked_at DATETIME(6)   NOT NULL,
  PRIMARY KEY (filing_id, target),
  CONSTRAINT site_checks_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Edits that put the linked number in the footer of a static home page, one row per attempt.
-- The page before and after is stored sealed, so that a crash loses nothing and the customer can
-- undo the edit.
CREATE TABLE footer_edits (
  id              BIGINT        NOT NULL AUTO_INCREMENT PRIMARY KEY,
  filing_id       BIGINT        NOT NULL,
  -- asked, previewed, agreed, placed, undoing, undone, failed
  state           VARCHAR(16)   NOT NULL,
  -- why the edit or undo failed; a key of the locale files
  reason          VARCHAR(32)   NOT NULL DEFAULT '',
  -- JSON with the details for the reason's text
  detail          VARCHAR(1024) NOT NULL DEFAULT '',
  number          VARCHAR(64)   NOT NULL DEFAULT '',
  file_name       VARCHAR(255)  NOT NULL DEFAULT '',
  backup_name     VARCHAR(300)  NOT NULL DEFAULT '',
  -- SHA-256
  original_hash   BINARY(32)    NULL,
  new_hash        BINARY(32)    NULL,
  sealed_original LONGBLOB      NULL,
  sealed_new      LONGBLOB      NULL,
  asked_by        VARCHAR(80)   NOT NULL,
  agreed_by       VARCHAR(80)   NOT NULL DEFAULT '',
  undone_by       VARCHAR(80)   NOT NULL DEFAULT '',
  asked_at        DATETIME(6)   NOT NULL,
  previewed_at    DATETIME(6)   NULL,
  agreed_at       DATETIME(6)   NULL,
  placed_at       DATETIME(6)   NULL,
  undo_asked_at   DATETIME(6)   NULL,
  undone_at       DATETIME(6)   NULL,
  failed_at       DATETIME(6)   NULL,
  KEY footer_edits_filing (filing_id, id),
  CONSTRAINT footer_edits_filing_fk FOREIGN KEY (filing_id) REFERENCES filings (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- +goose Down
DROP TABLE footer_edits, site_checks, customer_notices, message_tries, messages, signals, send_backs, vettings,
  paper_views, dossier_papers, papers, dossiers, drafts, contact_corrections, verifications, contacts, user_names,
  filing_events, filings;
