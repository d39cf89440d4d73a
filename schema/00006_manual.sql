-- +goose Up
-- Accounts without an interface: people hand dossiers in and record what the
-- bureau said. Only additions, so that older processes go on meanwhile.

-- interface, or manual
ALTER TABLE bureau_accounts ADD COLUMN driver VARCHAR(16) NOT NULL DEFAULT 'interface';

-- when a record was handed in by hand, and by whom
ALTER TABLE records
  ADD COLUMN handed_in_at DATETIME(6) NULL,
  ADD COLUMN handed_in_by VARCHAR(80) NOT NULL DEFAULT '',
  -- what hasn't left by either way, at accounts where nothing has a sequence
  ADD KEY records_unsent (account_id, handed_in_at, sequence, doubtful);

ALTER TABLE decisions
  -- who recorded it; empty: the interface
  ADD COLUMN decided_by      VARCHAR(80)    NOT NULL DEFAULT '',
  -- what a refusal is about: a JSON list of "form.field"
  ADD COLUMN fields          VARCHAR(2048)  NOT NULL DEFAULT '[]',
  -- the filing password (备案密码) that the bureau issued
  ADD COLUMN sealed_password VARBINARY(512) NULL;

-- +goose Down
ALTER TABLE decisions DROP COLUMN decided_by, DROP COLUMN fields, DROP COLUMN sealed_password;
ALTER TABLE records DROP KEY records_unsent, DROP COLUMN handed_in_at, DROP COLUMN handed_in_by;
ALTER TABLE bureau_accounts DROP COLUMN driver;
