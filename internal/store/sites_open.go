package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// MaxTogether is how many sites travel in one record at most, whatever a province allows.
const MaxTogether = 10

// ErrHolderMissing: the holder's form must be submitted first, with the site that carries the others.
var ErrHolderMissing = errors.New("the holder's form must be submitted first")

// ErrOtherHolder: the holder isn't the customer's, or has no number.
var ErrOtherHolder = errors.New("not a filed holder of the customer")

// OpenSites opens the filings of several sites of an order, or finds the open ones, and returns them in the order of
// the IDs. The first carries the others: they have its holder and contact, travel in its record, and begin when the
// contact is verified (Filing.NotBegun). Whoever knows how many the province takes at once says so with ArrangeSites;
// the rest waits for the holder's number. If the order has a filing under way that can carry them, that one does; if
// its holder has a number, they are new sites of it at once.
//
// It returns ErrNotFound for a site that the order doesn't have, and ErrConflict while a former customer's filing is
// open.
func (s *Store) OpenSites(ctx context.Context, orderID int64, siteIDs ...int64) ([]Filing, error) {
	return s.openSites(ctx, orderID, 0, siteIDs)
}

// OpenForHolder is OpenSites for sites of a holder that was filed with another order of the same customer. It returns
// ErrOtherHolder for any other.
func (s *Store) OpenForHolder(ctx context.Context, orderID, holderID int64, siteIDs ...int64) ([]Filing, error) {
	return s.openSites(ctx, orderID, holderID, siteIDs)
}

func (s *Store) openSites(ctx context.Context, orderID, holderID int64, siteIDs []int64) ([]Filing, error) {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		owner, err := lockOwner(ctx, tx, orderID)
		if err != nil {
			return err
		}
		if err := s.placeOlder(ctx, tx, orderID); err != nil {
			return err
		}
		closed, err := closedSites(ctx, tx, orderID, siteIDs)
		if err != nil || len(closed) == 0 {
			return err
		}
		o := opening{s: s, tx: tx, order: orderID, owner: owner}
		if holderID != 0 {
			err = o.ofHolder(ctx, holderID)
		} else {
			err = o.beside(ctx)
		}
		if err != nil {
			return err
		}
		for _, site := range closed {
			if err := o.open(ctx, site); err != nil {
				return err
			}
		}
		return s.updateOrderState(ctx, tx, orderID)
	})
	if err != nil && !isDuplicate(err) {
		return nil, during(err, "opening filings of order %d", orderID)
	}
	list := make([]Filing, len(siteIDs))
	for i, id := range siteIDs {
		if list[i], err = s.FilingOfSite(ctx, id); errors.Is(err, ErrNotFound) {
			return nil, during(ErrConflict, "opening filings of order %d", orderID)
		} else if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// closedSites are those of an order's sites that have no open filing, in the order of the IDs.
func closedSites(ctx context.Context, tx *sqlx.Tx, orderID int64, siteIDs []int64) (closed []int64, err error) {
	for _, id := range siteIDs {
		open, err := find[bool](ctx, tx, "site", `SELECT f.id IS NOT NULL FROM sites w LEFT JOIN filings f
			ON f.open_site_id = w.id WHERE w.id = ? AND w.order_id = ?`, id, orderID)
		if err != nil {
			return nil, err
		}
		if !open && !slices.Contains(closed, id) {
			closed = append(closed, id)
		}
	}
	return closed, nil
}

// opening opens filings beside those that an order or customer has.
type opening struct {
	s            *Store
	tx           *sqlx.Tx
	order, owner int64
	// holder is what they share; 0: the first that is opened gets a new one.
	holder int64
	// carrier is the filing that carries them; 0: the first that is opened.
	carrier int64
	// awaits: its record has gone without them. numbered: the holder has a number. begun: the contact of from is verified.
	awaits, numbered, begun bool
	from                    int64
}

// beside finds out what the order's other filings make of the new ones.
func (o *opening) beside(ctx context.Context) error {
	// Filings that brought, or may bring, a holder: the most advanced first.
	lead, found, err := getOptional[struct {
		lockedFiling
		Number  string `db:"number"`
		Contact bool   `db:"contact"`
	}](ctx, o.tx, `SELECT f.id, f.order_id, f.customer_id, f.kind, f.stage, f.attention, f.revision, f.seq, f.superseded,
			f.site_id, f.holder_id, f.carrier_id, f.awaits_holder, COALESCE(h.number, '') AS number,
			EXISTS (SELECT 1 FROM contacts c WHERE c.filing_id = f.id) AS contact
		FROM filings f LEFT JOIN holders h ON h.id = f.holder_id
		WHERE f.order_id = ? AND f.open_order_id IS NOT NULL AND f.customer_id = ? AND f.kind IN ('', ?, ?, ?)
			AND NOT f.awaits_holder AND f.carrier_id IS NULL
		ORDER BY h.number IS NULL, f.stage IN (?) DESC, f.id LIMIT 1`, o.order, o.owner, filing.KindNew, filing.KindNewSite,
		filing.KindChange, []filing.Stage{filing.Submitting, filing.Reviewing, filing.Installing, filing.Filed})
	if err != nil || !found {
		return err
	}
	f := lead.lockedFiling
	if lead.Number == "" && f.Stage.Final() {
		return nil // of an older build, which recorded no holder
	}
	if err := o.s.ensureHolder(ctx, o.tx, &f); err != nil {
		return err
	}
	o.holder, o.numbered = f.HolderID.Int64, lead.Number != ""
	o.begun = f.Stage != filing.Contact && f.Stage != filing.Verifying && lead.Contact
	o.from = f.ID
	switch {
	case o.numbered:
	case f.Stage.Withdrawable():
		o.carrier = f.ID
	default:
		o.awaits = true
	}
	return nil
}

// ofHolder adds the filings to a filed holder of the customer, whose latest filing's contact is theirs.
func (o *opening) ofHolder(ctx context.Context, holderID int64) error {
	h, err := o.s.holder(ctx, o.tx, holderID)
	if errors.Is(err, ErrNotFound) || err == nil && (h.CustomerID != o.owner || h.Number == "") {
		return ErrOtherHolder
	} else if err != nil {
		return err
	}
	o.holder, o.numbered = h.ID, true
	o.from, o.begun, err = getOptional[int64](ctx, o.tx, `SELECT f.id FROM filings f JOIN contacts c ON c.filing_id = f.id
		WHERE f.holder_id = ? AND f.customer_id = ? AND f.stage NOT IN (?) ORDER BY f.id DESC LIMIT 1`, h.ID, o.owner,
		[]filing.Stage{filing.Contact, filing.Verifying, filing.Withdrawn})
	return err
}

// open adds one filing.
func (o *opening) open(ctx context.Context, site int64) (err error) {
	if o.holder == 0 {
		if o.holder, err = o.s.newHolder(ctx, o.tx, o.owner); err != nil {
			return err
		}
	}
	n := newFiling{order: o.order, site: site, customer: o.owner, holder: o.holder, kind: filing.KindNew,
		stage: filing.Preparing, due: o.begun}
	switch {
	case o.numbered && !o.begun: // it has nobody's contact
		n.kind, n.stage, n.due = filing.KindNewSite, filing.Contact, false
	case o.numbered:
		n.kind = filing.KindNewSite
	case o.awaits:
		n.awaits = true
	case o.carrier == 0:
		n.kind, n.stage, n.due = "", filing.Contact, false
	default:
		n.carrier = o.carrier
	}
	id, err := o.s.insertFiling(ctx, o.tx, n)
	if err != nil {
		return err
	}
	if o.carrier == 0 && !o.numbered && !o.awaits {
		o.carrier, o.from = id, id
	}
	if !n.due {
		return nil
	}
	return o.s.copyVerified(ctx, o.tx, o.from, id)
}

// copyVerified gives a filing the verified contact of another, and its consents: it processes the same data for the
// same purpose.
func (s *Store) copyVerified(ctx context.Context, tx *sqlx.Tx, from, to int64) error {
	details, err := s.lockContact(ctx, tx, from)
	if err != nil {
		return err
	}
	if err := s.copyContact(ctx, tx, from, to, ContactRow{Details: details}); err != nil {
		return err
	}
	return execAll(ctx, tx,
		fragmentOf(`INSERT INTO verifications (filing_id, channel, nonce, sends, requested_at, sent_at, verified_at)
			SELECT ?, channel, nonce, sends, requested_at, sent_at, verified_at FROM verifications WHERE filing_id = ?
			AND verified_at IS NOT NULL`, to, from),
		fragmentOf(`INSERT INTO consents (filing_id, topic, version, lang, agreed_at)
			SELECT ?, topic, version, lang, agreed_at FROM consents WHERE filing_id = ? AND withdrawn_at IS NULL ORDER BY id`,
			to, from))
}

// beginOthers lets the filings begin that waited for a contact: that of a filing which is verified.
func (s *Store) beginOthers(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	ids, err := selectAll[int64](ctx, tx, `SELECT f.id FROM filings v JOIN filings f ON f.holder_id = v.holder_id
		AND f.order_id = v.order_id WHERE v.id = ? AND f.id <> v.id AND f.stage = ? AND `+notBegun+`
			AND NOT v.awaits_holder AND v.carrier_id IS NULL AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.filing_id = f.id)
		ORDER BY f.id`, filingID, filing.Preparing)
	for i := 0; err == nil && i < len(ids); i++ {
		if err = s.copyVerified(ctx, tx, filingID, ids[i]); err == nil {
			err = exec(ctx, tx, `UPDATE filings SET start_due = ? WHERE id = ?`, s.utcNow(), ids[i])
		}
	}
	return err
}

// DueFilings lists filings of which something is to be started, oldest first; orderID 0: of every order.
func (s *Store) DueFilings(ctx context.Context, orderID int64, limit int) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.start_due IS NOT NULL AND ? IN (0, f.order_id)
		ORDER BY f.start_due, f.id LIMIT ?`, orderID, limit)
}

// Started records that what was due of a filing, as it was read, has been started.
func (s *Store) Started(ctx context.Context, f Filing) error {
	return exec(ctx, s.db, `UPDATE filings SET start_due = NULL WHERE id = ? AND start_due = ?`, f.ID, f.StartDue)
}
