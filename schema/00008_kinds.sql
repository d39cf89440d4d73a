-- +goose Up
-- A filed filing can be followed by another on its order: a change, or one that
-- ends it. The follow-up stands for the order while it lasts; withdrawn, it gives
-- the order back to the filing that it follows.
ALTER TABLE filings
  -- what is asked of the bureau; empty: not chosen yet, or a new filing of before there were kinds
  ADD COLUMN kind       VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN base_id    BIGINT      NULL,
  ADD COLUMN superseded BOOLEAN     NOT NULL DEFAULT FALSE,
  -- the how-manieth filing of its order: an earlier one's workflow may not be over yet
  ADD COLUMN serial     INT         NOT NULL DEFAULT 1,
  ADD KEY filings_base (base_id);
ALTER TABLE filings
  MODIFY COLUMN open_order_id BIGINT AS (IF(stage IN ('withdrawn', 'deregistered') OR superseded, NULL, order_id)) STORED;

-- +goose Down
ALTER TABLE filings
  MODIFY COLUMN open_order_id BIGINT AS (IF(stage IN ('withdrawn', 'deregistered'), NULL, order_id)) STORED;
ALTER TABLE filings DROP KEY filings_base, DROP COLUMN kind, DROP COLUMN base_id, DROP COLUMN superseded, DROP COLUMN serial;
