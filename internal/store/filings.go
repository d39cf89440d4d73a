package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Filing is a filing's row, as shown by lists and pages.
type Filing struct {
	ID          int64  `db:"id"`
	OrderID     int64  `db:"order_id"`
	OrderNumber string `db:"order_number"`
	// CustomerID is the customer who opened it, which may not be the order's any more.
	CustomerID int64 `db:"customer_id"`
	// Kind is empty until it is chosen.
	Kind filing.Kind `db:"kind"`
	// Serial is the 1-based ordinal within the order.
	Serial int `db:"serial"`
	// BaseID is the filing that this one changes or ends.
	BaseID      sql.NullInt64    `db:"base_id"`
	Stage       filing.Stage     `db:"stage"`
	StageSince  time.Time        `db:"stage_since"`
	Revision    int              `db:"revision"`
	Seq         int64            `db:"seq"`
	Attention   filing.Attention `db:"attention"`
	StuckStep   string           `db:"stuck_step"`
	StuckReason string           `db:"stuck_reason"`
	StuckSince  sql.NullTime     `db:"stuck_since"`
	// StuckSeq is the number of the event that shows it stuck, which a decision about it names; 0 if it isn't.
	StuckSeq         int64        `db:"stuck_seq"`
	NoticeAcceptedAt sql.NullTime `db:"notice_accepted_at"`
	CreatedAt        time.Time    `db:"created_at"`
	// SiteID is the site that it is for, Domain the site's; null and empty until an older build's filing moves.
	SiteID sql.NullInt64 `db:"site_id"`
	Domain string        `db:"domain"`
	// SiteRemovedAt is since when its order no longer lists the site's domain.
	SiteRemovedAt sql.NullTime `db:"site_removed_at"`
	// HolderID is the row of holders that it shares with the filings of other sites.
	HolderID sql.NullInt64 `db:"holder_id"`
	// CarrierID is the filing in whose record its site travels.
	CarrierID sql.NullInt64 `db:"carrier_id"`
	// AwaitsHolder: it becomes a new site when its holder has a number.
	AwaitsHolder bool `db:"awaits_holder"`
	// StartDue is since when its workflow is to be started.
	StartDue sql.NullTime `db:"start_due"`
}

// NotBegun reports whether it waits until the filing that it shares its holder with has a verified contact. Its
// workflow starts then.
func (f Filing) NotBegun() bool {
	return f.Seq == 0 && !f.StartDue.Valid && (f.AwaitsHolder || f.CarrierID.Valid)
}

// Companion reports whether its site is filed with those of another filing: it has neither a contact nor a holder of
// its own.
func (f Filing) Companion() bool { return f.AwaitsHolder || f.CarrierID.Valid }

// State is what its site shows in lists.
func (f Filing) State() filing.OrderState {
	if f.NotBegun() && !f.Stage.Final() {
		return filing.OrderUnderWay
	}
	return filing.StateOf(f.Stage, f.Attention, f.Stuck())
}

// Stuck reports whether a step failed in a way that waiting doesn't fix.
func (f Filing) Stuck() bool { return f.StuckStep != "" }

// Turn is whose turn it is.
func (f Filing) Turn() filing.Turn {
	if f.NotBegun() && !f.Stage.Final() {
		return filing.TurnSystem
	}
	return filing.TurnOf(f.Stage, f.Attention, f.Stuck())
}

// Ref is the filing's reference, used by its workflow.
func (f Filing) Ref() string { return filing.Ref(f.OrderNumber, f.Serial) }

// Position is the state from which a restarted workflow continues.
func (f Filing) Position() filing.Position {
	return filing.Position{Stage: f.Stage, Revision: f.Revision, Seq: f.Seq, Kind: f.Kind, Attention: f.Attention}
}

// filingCustomer is whose filing f of an order o is. An older panel stores none: the filing is then its order's
// customer's. Its first event fills that in, and so does TransferOrder.
const filingCustomer = `COALESCE(f.customer_id, o.customer_id)`

// stuckSeq is the number of the event that shows a filing stuck; 0 if it isn't.
const stuckSeq = `IF(f.stuck_since IS NULL, 0, (SELECT COALESCE(MAX(e.seq), 0) FROM filing_events e
	WHERE e.filing_id = f.id AND e.kind = 'stuck'))`

const filingSelect = `
	SELECT f.id, f.order_id, o.number AS order_number, ` + filingCustomer + ` AS customer_id, f.kind, f.serial, f.base_id,
	f.stage, f.stage_since, f.revision, f.seq, f.attention, f.stuck_step, f.stuck_reason, f.stuck_since,
	` + stuckSeq + ` AS stuck_seq, f.notice_accepted_at, f.created_at, f.site_id,
	COALESCE(w.domain, '') AS domain, w.removed_at AS site_removed_at, f.holder_id, f.carrier_id, f.awaits_holder,
	f.start_due
	FROM filings f JOIN orders o ON o.id = f.order_id LEFT JOIN sites w ON w.id = f.site_id `

// OpenFiling creates the filing of an order's only site, or finds the open one; of several sites, it is for the first
// without. It returns ErrConflict while a former customer's filing is open.
func (s *Store) OpenFiling(ctx context.Context, orderID int64) (Filing, error) {
	f, err := s.FilingOfOrder(ctx, orderID)
	if !errors.Is(err, ErrNotFound) {
		return f, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		owner, err := lockOwner(ctx, tx, orderID)
		if err != nil {
			return err
		}
		site, err := s.firstSite(ctx, tx, orderID)
		if err != nil {
			return err
		}
		if _, err := s.insertFiling(ctx, tx, newFiling{order: orderID, site: site, customer: owner,
			stage: filing.Contact}); err != nil {
			return err
		}
		return s.updateOrderState(ctx, tx, orderID)
	})
	if err != nil && !isDuplicate(err) {
		return Filing{}, fmt.Errorf("opening a filing: %w", err)
	}
	f, err = s.FilingOfOrder(ctx, orderID)
	if errors.Is(err, ErrNotFound) {
		err = ErrConflict
	}
	return f, err
}

// newFiling is the row of a filing that is opened; zero fields are NULL.
type newFiling struct {
	order, site, customer, holder, carrier, base int64
	kind                                         filing.Kind
	stage                                        filing.Stage
	revision                                     int
	awaits, due                                  bool
}

// insertFiling adds a filing to an order, whose row is locked. ErrConflict: the order is a test.
func (s *Store) insertFiling(ctx context.Context, tx *sqlx.Tx, f newFiling) (int64, error) {
	now := s.utcNow()
	id, err := insert(ctx, tx, `INSERT INTO filings (order_id, site_id, customer_id, holder_id, carrier_id, base_id, kind, stage,
			stage_since, revision, awaits_holder, start_due, created_at, serial)
		SELECT ?, NULLIF(?, 0), ?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, ?, ?, ?, ?, COUNT(*) + 1 FROM filings
		WHERE order_id = ? HAVING (SELECT NOT sandbox FROM orders WHERE id = ?)`, f.order, f.site, f.customer, f.holder,
		f.carrier, f.base, f.kind, f.stage, now, f.revision, f.awaits, sql.NullTime{Time: now, Valid: f.due}, now, f.order,
		f.order)
	if err == nil && id == 0 {
		err = ErrConflict
	}
	return id, err
}

// FilingOfOrder finds the filing of an order's customer that isn't withdrawn; a former customer's is ErrNotFound. Of
// several sites' filings it is the one whose state the order shows.
func (s *Store) FilingOfOrder(ctx context.Context, orderID int64) (Filing, error) {
	return s.filing(ctx, `WHERE f.open_order_id = ? AND `+filingCustomer+` = o.customer_id`+leading, orderID)
}

// FilingOf is FilingOfOrder by the order's customer and number.
func (s *Store) FilingOf(ctx context.Context, customerID int64, number string) (Filing, error) {
	return s.filing(ctx, `WHERE o.number = ? AND o.customer_id = ? AND f.open_order_id = o.id AND `+filingCustomer+
		` = o.customer_id`+leading, number, customerID)
}

// FilingsOfOrder lists the filings of an order's customer, newest first, without those of former customers.
func (s *Store) FilingsOfOrder(ctx context.Context, orderID int64, limit int) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.order_id = ? AND `+filingCustomer+` = o.customer_id
		ORDER BY f.id DESC LIMIT ?`, orderID, limit)
}

// Filing returns a filing by its ID.
func (s *Store) Filing(ctx context.Context, id int64) (Filing, error) {
	return s.filing(ctx, `WHERE f.id = ?`, id)
}

// FilingBySerial finds an order's filing by its 1-based ordinal.
func (s *Store) FilingBySerial(ctx context.Context, orderNumber string, serial int) (Filing, error) {
	return s.filing(ctx, `WHERE o.number = ? AND f.serial = ?`, orderNumber, max(serial, 1))
}

func (s *Store) filing(ctx context.Context, where string, args ...any) (Filing, error) {
	return find[Filing](ctx, s.db, "filing", filingSelect+where, args...)
}

// lockedFiling is what a change of a filing depends on.
type lockedFiling struct {
	ID           int64            `db:"id"`
	OrderID      int64            `db:"order_id"`
	CustomerID   sql.NullInt64    `db:"customer_id"`
	Kind         filing.Kind      `db:"kind"`
	Stage        filing.Stage     `db:"stage"`
	Attention    filing.Attention `db:"attention"`
	Revision     int              `db:"revision"`
	Seq          int64            `db:"seq"`
	Superseded   bool             `db:"superseded"`
	SiteID       sql.NullInt64    `db:"site_id"`
	HolderID     sql.NullInt64    `db:"holder_id"`
	CarrierID    sql.NullInt64    `db:"carrier_id"`
	AwaitsHolder bool             `db:"awaits_holder"`
}

const lockedColumns = `id, order_id, customer_id, kind, stage, attention, revision, seq, superseded, site_id, holder_id,
	carrier_id, awaits_holder`

// lockFiling locks a filing's row.
func lockFiling(ctx context.Context, tx *sqlx.Tx, id int64) (lockedFiling, error) {
	return find[lockedFiling](ctx, tx, "filing",
		`SELECT `+lockedColumns+` FROM filings WHERE id = ? FOR UPDATE`, id)
}

// lockFillable locks a filing's row; ErrConflict if its forms can't be filled in now.
func lockFillable(ctx context.Context, tx *sqlx.Tx, id int64) (lockedFiling, error) {
	f, err := lockFiling(ctx, tx, id)
	if err == nil && f.Stage != filing.Preparing && f.Stage != filing.Correcting {
		err = ErrConflict
	}
	return f, err
}

// Event is an entry of a filing's timeline. Detail never holds personal data.
type Event struct {
	FilingID int64            `db:"filing_id"`
	Seq      int64            `db:"seq"`
	At       time.Time        `db:"at"`
	Kind     filing.EventKind `db:"kind"`
	Actor    string           `db:"actor"`
	Detail   string           `db:"detail"`
}

// Events lists a filing's timeline, oldest first.
func (s *Store) Events(ctx context.Context, filingID int64) ([]Event, error) {
	return selectAll[Event](ctx, s.db, `
		SELECT filing_id, seq, at, kind, actor, detail FROM filing_events WHERE filing_id = ? ORDER BY seq`, filingID)
}

// Progress is one update of a filing's projection. The workflow numbers them, so that an update that is repeated or
// late has no effect.
type Progress struct {
	FilingID int64
	Seq      int64
	// Stage, if set, is entered now.
	Stage filing.Stage
	// Revision, if set, is the dossier's new revision.
	Revision int
	// Attention replaces what needs the customer's attention; nil keeps it.
	Attention *filing.Attention
	// Stuck, if not nil, sets (true) or clears (false) StuckStep and StuckReason.
	Stuck       *bool
	StuckStep   string
	StuckReason string
	// NoticeAccepted records that the legal notice was accepted.
	NoticeAccepted bool
	// EventKind, Actor and Detail are the timeline's entry.
	EventKind     filing.EventKind
	Actor, Detail string
}

// Advance writes an update of a filing's projection and its timeline entry. A final stage clears what was stuck, and a
// withdrawal takes back what hasn't gone to the bureau.
func (s *Store) Advance(ctx context.Context, p Progress) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return s.advance(ctx, tx, p) })
}

func (s *Store) advance(ctx context.Context, tx *sqlx.Tx, p Progress) error {
	now := s.utcNow()
	if p.Stage.Final() {
		p.Stuck, p.StuckStep, p.StuckReason = new(bool), "", "" // what has ended isn't stuck
	}
	var was Cause
	if p.Stuck != nil {
		var err error
		if was, err = find[Cause](ctx, tx, "filing", `SELECT stuck_step, stuck_reason FROM filings WHERE id = ? FOR UPDATE`,
			p.FilingID); err != nil {
			return err
		}
	}
	set := fragmentOf(`seq = ?, customer_id = COALESCE(customer_id, (SELECT o.customer_id FROM orders o
		WHERE o.id = filings.order_id))`, p.Seq)
	if p.Stage != "" {
		set = set.also(`stage = ?, stage_since = ?`, p.Stage, now)
	}
	if p.Revision != 0 {
		set = set.also(`revision = ?`, p.Revision)
	}
	if p.Attention != nil {
		set = set.also(`attention = ?`, *p.Attention)
	}
	if p.Stuck != nil {
		set = set.also(`stuck_step = ?, stuck_reason = ?, stuck_since = ?`, p.StuckStep, p.StuckReason,
			sql.NullTime{Time: now, Valid: *p.Stuck})
	}
	if p.NoticeAccepted {
		set = set.also(`notice_accepted_at = COALESCE(notice_accepted_at, ?)`, now)
	}
	ok, err := changed(ctx, tx, `UPDATE filings SET `+set.sql+` WHERE id = ? AND seq < ?`, set.with(p.FilingID, p.Seq)...)
	if err != nil || !ok { // already written: a retried activity
		return during(err, "advancing filing %d", p.FilingID)
	}
	if err := exec(ctx, tx, `INSERT INTO filing_events (filing_id, seq, at, kind, actor, detail)
		VALUES (?, ?, ?, ?, ?, ?)`, p.FilingID, p.Seq, now, p.EventKind, p.Actor, p.Detail); err != nil {
		return err
	}
	if p.Stuck != nil {
		if err := s.updateStuckAlerts(ctx, tx, p.FilingID, was, Cause{Step: p.StuckStep, Reason: p.StuckReason}); err != nil {
			return err
		}
	}
	if p.Stage == filing.Withdrawn {
		if err := restoreBase(ctx, tx, p.FilingID); err != nil {
			return err
		}
		if err := s.takeBackRecords(ctx, tx, p.FilingID, p.Actor); err != nil {
			return err
		}
		if err := s.leaveTogether(ctx, tx, p.FilingID); err != nil {
			return err
		}
		if strings.HasPrefix(p.Actor, string(RoleSupport)+":") { // customers who withdraw it themselves don't need a notice
			if err := s.addCustomerNotice(ctx, tx, CustomerNotice{p.FilingID, noticeWithdrawn}); err != nil {
				return err
			}
		} else if p.Actor == filing.ActorSystem {
			if err := s.addCustomerNotice(ctx, tx, CustomerNotice{p.FilingID, noticeAbandoned}); err != nil {
				return err
			}
		}
	}
	if p.Stage == filing.Preparing {
		if err := s.beginOthers(ctx, tx, p.FilingID); err != nil {
			return err
		}
	}
	if p.Stage == "" && p.Attention == nil {
		if p.Stuck == nil {
			return nil
		}
		return s.showTurn(ctx, tx, p.FilingID)
	}
	orderID, err := get[int64](ctx, tx, `SELECT order_id FROM filings WHERE id = ?`, p.FilingID)
	if err != nil {
		return err
	}
	if p.Stage == filing.Withdrawn { // the approved site won't open, so forget what was recorded about it
		if err := s.setNumber(ctx, tx, p.FilingID, fragmentOf(`w.police_number = IF(w.filing_number IS NULL, NULL,
			w.police_number), w.police_number_at = IF(w.filing_number IS NULL, NULL, w.police_number_at),
			w.police_declined = w.filing_number IS NOT NULL AND w.police_declined`)); err != nil {
			return err
		}
	}
	return s.updateOrderState(ctx, tx, orderID)
}

// ErrNoNumber: the bureau's approval came without a number.
var ErrNoNumber = errors.New("the approval has no number")

// RecordNumber writes the issued number to the filing's site, in one transaction with the stage.
func (s *Store) RecordNumber(ctx context.Context, p Progress) (number string, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		row, err := approval(ctx, tx, p.FilingID)
		if err != nil {
			return err
		}
		if number = filing.PreferredNumber(row.Site, row.Holder); number == "" {
			return ErrNoNumber
		}
		if err := s.adoptSite(ctx, tx, p.FilingID); err != nil {
			return err
		}
		if err := s.setNumber(ctx, tx, p.FilingID, fragmentOf(`w.filing_number = ?,
			w.filing_number_at = COALESCE(w.filing_number_at, ?)`, number, s.utcNow())); err != nil {
			return err
		}
		p.Detail = number
		return s.advance(ctx, tx, p)
	})
	return number, err
}

// approvedFiling is a filing's latest approval.
type approvedFiling struct {
	OrderID   int64         `db:"order_id"`
	SiteID    sql.NullInt64 `db:"site_id"`
	AccountID sql.NullInt64 `db:"account_id"`
	Holder    string        `db:"holder_number"`
	Site      string        `db:"site_number"`
}

func approval(ctx context.Context, tx *sqlx.Tx, filingID int64) (approvedFiling, error) {
	return find[approvedFiling](ctx, tx, "approved decision", `
		SELECT f.order_id, f.site_id, r.account_id, COALESCE(d.holder_number, '') AS holder_number,
			COALESCE(d.site_number, '') AS site_number
		FROM filings f JOIN records r ON r.filing_id = f.id JOIN decisions d ON d.record_id = r.id
		WHERE f.id = ? AND d.approved ORDER BY r.revision DESC LIMIT 1`, filingID)
}
