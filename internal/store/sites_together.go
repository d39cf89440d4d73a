package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Filings of one holder that has no number yet. One of them, the carrier, has the holder's forms; the sites of its
// companions (carrier_id) travel in its record, and the others (awaits_holder) wait for the holder's number.

// Companions lists the filings whose sites travel with a filing's, oldest first, without those that have ended.
func (s *Store) Companions(ctx context.Context, filingID int64) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.carrier_id = ? AND f.stage NOT IN (?) ORDER BY f.id`,
		filingID, finalStages)
}

// Awaiting lists the filings that wait for the number of a filing's holder, oldest first.
func (s *Store) Awaiting(ctx context.Context, filingID int64) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`JOIN filings c ON c.holder_id = f.holder_id WHERE c.id = ?
		AND f.awaits_holder AND f.stage NOT IN (?) ORDER BY f.id`, filingID, finalStages)
}

// lockTogether locks the open filings of a holder, oldest first.
func lockTogether(ctx context.Context, tx *sqlx.Tx, holderID int64) ([]lockedFiling, error) {
	return selectAll[lockedFiling](ctx, tx, `SELECT `+lockedColumns+` FROM filings WHERE holder_id = ?
		AND stage NOT IN (?) ORDER BY id FOR UPDATE`, holderID, finalStages)
}

// companion reports whether the filing has neither a holder's form nor a contact of its own.
func (f lockedFiling) companion() bool { return f.AwaitsHolder || f.CarrierID.Valid }

// ArrangeSites lets at most atOnce sites travel with a filing, including its own; 0: as many as a record takes. The
// others wait for the holder's number. What waits already goes on waiting: a customer may have left it out. It changes
// nothing for a filing without a holder, and is idempotent.
func (s *Store) ArrangeSites(ctx context.Context, filingID int64, atOnce int) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		carrier, err := lockFiling(ctx, tx, filingID)
		if err != nil || !carrier.HolderID.Valid || carrier.companion() || carrier.Stage.Final() {
			return err
		}
		list, err := selectAll[lockedFiling](ctx, tx, `SELECT `+lockedColumns+` FROM filings WHERE carrier_id = ?
			AND stage NOT IN (?) ORDER BY id FOR UPDATE`, filingID, finalStages)
		if err != nil {
			return err
		}
		if atOnce <= 0 || atOnce > MaxTogether {
			atOnce = MaxTogether
		}
		if len(list) < atOnce {
			return nil
		}
		for _, f := range list[atOnce-1:] {
			if err := s.await(ctx, tx, f); err != nil {
				return err
			}
		}
		return s.updateOrderState(ctx, tx, carrier.OrderID)
	})
}

// await lets a filing wait for its holder's number, and takes back what was queued of it.
func (s *Store) await(ctx context.Context, tx *sqlx.Tx, f lockedFiling) error {
	if err := s.takeBackRecords(ctx, tx, f.ID, filing.ActorSystem); err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE filings SET carrier_id = NULL, awaits_holder = TRUE WHERE id = ?`, f.ID)
}

// LetOthersGo takes a site out of those that travel together, while the customer fills it in or corrects it: the others
// go without it, and it waits for the holder's number. Those that the bureau returned only because of it are submitted
// again as they are. If it is the carrier, the next one carries the others. It returns ErrConflict if it is in another
// stage or there are no others.
func (s *Store) LetOthersGo(ctx context.Context, filingID int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFillable(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if !f.HolderID.Valid || f.AwaitsHolder {
			return ErrConflict
		}
		list, err := lockTogether(ctx, tx, f.HolderID.Int64)
		if err != nil {
			return err
		}
		others := slices.ContainsFunc(list, func(o lockedFiling) bool {
			return o.CarrierID.Int64 == f.ID || f.CarrierID.Valid && (o.ID == f.CarrierID.Int64 ||
				o.ID != f.ID && o.CarrierID == f.CarrierID)
		})
		if !others {
			return ErrConflict
		}
		if !f.CarrierID.Valid {
			h, err := s.holder(ctx, tx, f.HolderID.Int64)
			if err != nil {
				return err
			}
			if !h.Known() { // the holder's form is still to be filled in, here
				return ErrHolderMissing
			}
			if err := s.handOver(ctx, tx, f); err != nil {
				return err
			}
		}
		if err := s.await(ctx, tx, f); err != nil {
			return err
		}
		if err := s.submitReturned(ctx, tx, f); err != nil {
			return err
		}
		return s.updateOrderState(ctx, tx, f.OrderID)
	})
}

// submitReturned submits again, unchanged, what the bureau returned only because of another site of the same record:
// that site is submitted again, or goes alone.
func (s *Store) submitReturned(ctx context.Context, tx *sqlx.Tx, f lockedFiling) error {
	if !f.HolderID.Valid {
		return nil
	}
	list, err := selectAll[struct {
		lockedFiling
		Returned int `db:"returned"`
	}](ctx, tx, `SELECT f.id, f.order_id, f.customer_id, f.kind, f.stage, f.attention, f.revision, f.seq, f.superseded,
			f.site_id, f.holder_id, f.carrier_id, f.awaits_holder, r.revision AS returned
		FROM filings f JOIN records r ON r.filing_id = f.id JOIN decisions d ON d.record_id = r.id AND d.returned_together
		WHERE f.holder_id = ? AND f.id <> ? AND f.stage NOT IN (?) AND NOT f.awaits_holder
			AND r.revision = (SELECT MAX(x.revision) FROM dossiers x WHERE x.filing_id = f.id) ORDER BY f.id FOR UPDATE`,
		f.HolderID, f.ID, finalStages)
	for i := 0; err == nil && i < len(list); i++ {
		err = s.submitAgain(ctx, tx, list[i].ID, list[i].Returned)
	}
	return err
}

// resubmittedSignal is the payload of SignalResubmitted; the filing workflow reads it as workflows.Resubmitted.
type resubmittedSignal struct {
	FilingID int64 `json:"filing"`
	Revision int   `json:"revision"`
}

// submitAgain copies a revision with its papers to the next one, and queues the signal.
func (s *Store) submitAgain(ctx context.Context, tx *sqlx.Tx, filingID int64, revision int) error {
	d, err := s.dossier(ctx, tx, filingID, revision)
	if err != nil {
		return err
	}
	next := revision + 1
	if err := s.putDossier(ctx, tx, filingID, next, d); err != nil {
		return err
	}
	if err := exec(ctx, tx, `INSERT INTO dossier_papers (filing_id, revision, position, paper_id, purpose, of_site, approval,
			remark) SELECT filing_id, ?, position, paper_id, purpose, of_site, approval, remark FROM dossier_papers
		WHERE filing_id = ? AND revision = ?`, next, filingID, revision); err != nil {
		return err
	}
	return s.queueSignal(ctx, tx, fmt.Sprintf("resubmitted/%d/%d", filingID, next), filingID, SignalResubmitted,
		resubmittedSignal{FilingID: filingID, Revision: next})
}

// handOver lets the next filing of a holder carry the others, because the carrier leaves them before the bureau has
// their record. It takes over what was filled in about the holder.
func (s *Store) handOver(ctx context.Context, tx *sqlx.Tx, f lockedFiling) error {
	if !f.HolderID.Valid || f.companion() {
		return nil
	}
	h, err := s.holder(ctx, tx, f.HolderID.Int64)
	if err != nil || h.Number != "" {
		return err
	}
	list, err := lockTogether(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	candidates := slices.DeleteFunc(list, func(o lockedFiling) bool { return o.ID == f.ID || o.OrderID != f.OrderID })
	if slices.ContainsFunc(candidates, func(o lockedFiling) bool { return !o.companion() }) {
		return nil // another one carries
	}
	at := slices.IndexFunc(candidates, func(o lockedFiling) bool { return o.CarrierID.Int64 == f.ID })
	if at < 0 {
		at = 0
	}
	if len(candidates) == 0 {
		return nil
	}
	next := candidates[at]
	if err := execAll(ctx, tx,
		fragmentOf(`UPDATE filings SET carrier_id = ? WHERE carrier_id = ? AND id <> ?`, next.ID, f.ID, next.ID),
		fragmentOf(`UPDATE filings SET carrier_id = NULL, awaits_holder = FALSE, start_due = IF(stage = ? AND awaits_holder, ?,
			start_due) WHERE id = ?`, filing.Submitting, s.utcNow(), next.ID)); err != nil {
		return err
	}
	if next.Seq == 0 {
		_, begun, err := getOptional[int64](ctx, tx, `SELECT filing_id FROM contacts WHERE filing_id = ?`, next.ID)
		if err != nil || !begun {
			return s.beginAlone(ctx, tx, next.ID, err)
		}
	}
	return s.inherit(ctx, tx, f, next)
}

// beginAlone lets a filing begin with its own contact.
func (s *Store) beginAlone(ctx context.Context, tx *sqlx.Tx, filingID int64, err error) error {
	if err != nil {
		return err
	}
	now := s.utcNow()
	return exec(ctx, tx, `UPDATE filings SET kind = '', stage = ?, stage_since = ?, start_due = ? WHERE id = ?`, filing.Contact,
		now, now, filingID)
}

// inherit gives the new carrier what the old one has about the holder: what was typed, and the holder's papers of what
// was submitted.
func (s *Store) inherit(ctx context.Context, tx *sqlx.Tx, from, to lockedFiling) error {
	for _, form := range []string{filing.FormHolder, "kind"} {
		if err := s.copyDraft(ctx, tx, FilingDraft(from.ID, form), FilingDraft(to.ID, form)); err != nil {
			return err
		}
	}
	last, err := get[int](ctx, tx, `SELECT COALESCE(MAX(revision), 0) FROM dossiers WHERE filing_id = ?`, to.ID)
	if err != nil {
		return err
	}
	if last > 0 {
		d, err := s.dossier(ctx, tx, to.ID, last)
		if err != nil {
			return err
		}
		if d.Companion = false; d.Kind.OrNew() == filing.KindNew {
			if err := s.putDossier(ctx, tx, to.ID, last, d); err != nil {
				return err
			}
		}
	}
	return s.copyHolderPapers(ctx, tx, from.ID, to.ID, last)
}

// copyDraft copies a draft, sealed for its own row, unless there is one.
func (s *Store) copyDraft(ctx context.Context, tx *sqlx.Tx, from, to DraftRow) error {
	sealed, found, err := getOptional[[]byte](ctx, tx, `SELECT sealed FROM `+from.table+` WHERE `+from.where, from.key...)
	if err != nil || !found {
		return err
	}
	var content json.RawMessage
	if err := s.keys.OpenJSON(from.aad, sealed, &content); err != nil {
		return err
	}
	if sealed, err = s.keys.SealJSON(to.aad, content); err != nil {
		return err
	}
	return exec(ctx, tx, `INSERT IGNORE INTO `+to.table+` (sealed, updated_at, `+to.columns+`) VALUES (?, ?, ?, ?)`,
		to.args(sealed, s.utcNow())...)
}

// copyHolderPapers copies the holder's pictures of the latest submitted revision, sealed for their own rows, and adds
// them to the new carrier's latest revision, if it has one.
func (s *Store) copyHolderPapers(ctx context.Context, tx *sqlx.Tx, from, to int64, revision int) error {
	rows, err := selectAll[struct {
		ID      int64  `db:"id"`
		Key     string `db:"paper"`
		Item    int    `db:"item"`
		Format  int    `db:"format"`
		Hash    []byte `db:"content_hash"`
		Sealed  []byte `db:"sealed"`
		Thumb   []byte `db:"sealed_thumb"`
		Width   int    `db:"width"`
		Height  int    `db:"height"`
		Bytes   int    `db:"bytes"`
		Purpose int    `db:"purpose"`
		Remark  string `db:"remark"`
	}](ctx, tx, `SELECT p.id, p.paper, p.item, p.format, p.content_hash, p.sealed, p.sealed_thumb, p.width, p.height, p.bytes,
			d.purpose, d.remark
		FROM dossier_papers d JOIN papers p ON p.id = d.paper_id WHERE d.filing_id = ? AND NOT d.of_site AND d.approval = 0
			AND p.sealed IS NOT NULL AND d.revision = (SELECT MAX(revision) FROM dossiers WHERE filing_id = ?)
		ORDER BY d.position`, from, from)
	if err != nil {
		return err
	}
	copied := map[int64]int64{}
	for _, p := range rows {
		id, done := copied[p.ID]
		if !done {
			was, aad := paperAAD(from, p.Key, p.Item, p.Hash), paperAAD(to, p.Key, p.Item, p.Hash)
			sealed, err := s.reseal(was, aad, p.Sealed)
			if err != nil {
				return err
			}
			thumb, err := s.reseal(was+"/thumb", aad+"/thumb", p.Thumb)
			if err != nil {
				return err
			}
			if id, err = insert(ctx, tx, `INSERT INTO papers (filing_id, paper, item, format, sealed, sealed_thumb, content_hash,
				width, height, bytes, uploaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, to, p.Key, p.Item, p.Format, sealed,
				thumb, p.Hash, p.Width, p.Height, p.Bytes, s.utcNow()); err != nil {
				return err
			}
			copied[p.ID] = id
		}
		if revision == 0 {
			continue
		}
		if err := exec(ctx, tx, `INSERT INTO dossier_papers (filing_id, revision, position, paper_id, purpose, of_site, approval,
				remark) SELECT ?, ?, COALESCE(MAX(position), 0) + 1, ?, ?, FALSE, 0, ? FROM dossier_papers WHERE filing_id = ?
			AND revision = ?`, to, revision, id, p.Purpose, p.Remark, to, revision); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) reseal(from, to string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	content, err := s.keys.Open(from, sealed)
	if err != nil {
		return nil, err
	}
	return s.keys.Seal(to, content)
}

// openAwaiting makes new sites of the filings that waited for their holder's number, and of companions that no record
// carries any more: the bureau refused their sites, or had none of them yet. What was submitted is queued again.
func (s *Store) openAwaiting(ctx context.Context, tx *sqlx.Tx, holderID int64) error {
	h, err := s.holder(ctx, tx, holderID)
	if err != nil || h.Number == "" {
		return err
	}
	list, err := selectAll[lockedFiling](ctx, tx, `SELECT `+lockedColumns+` FROM filings f WHERE f.holder_id = ?
		AND f.stage NOT IN (?) AND (f.awaits_holder OR f.carrier_id IS NOT NULL)
		AND NOT EXISTS (SELECT 1 FROM records r LEFT JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = f.id
			AND (d.approved OR d.approved IS NULL AND (r.sequence IS NOT NULL OR r.submitted_at IS NOT NULL)))
		ORDER BY f.id FOR UPDATE`, holderID, finalStages)
	for i := 0; err == nil && i < len(list); i++ {
		err = s.becomeNewSite(ctx, tx, list[i], h)
	}
	return err
}

func (s *Store) becomeNewSite(ctx context.Context, tx *sqlx.Tx, f lockedFiling, h Holder) error {
	if err := s.takeBackRecords(ctx, tx, f.ID, filing.ActorSystem); err != nil {
		return err
	}
	now := s.utcNow()
	if err := exec(ctx, tx, `UPDATE filings SET kind = ?, carrier_id = NULL, awaits_holder = FALSE,
		start_due = IF(stage = ? OR seq = 0, ?, start_due) WHERE id = ?`, filing.KindNewSite, filing.Submitting, now,
		f.ID); err != nil {
		return err
	}
	// What was submitted and the bureau hasn't seen becomes a new site's.
	last, err := get[int](ctx, tx, `SELECT COALESCE(MAX(x.revision), 0) FROM dossiers x WHERE x.filing_id = ?
		AND NOT EXISTS (SELECT 1 FROM records r JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = x.filing_id
		AND r.revision >= x.revision)`, f.ID)
	if err != nil {
		return err
	}
	if last > 0 {
		d, err := s.dossier(ctx, tx, f.ID, last)
		if err != nil {
			return err
		}
		d = d.AsNewSite(h.Number)
		if d.OwnershipProof.Password, err = s.issuedPassword(ctx, tx, h.ID); err != nil {
			return err
		}
		if err := s.putDossier(ctx, tx, f.ID, last, d); err != nil {
			return err
		}
	}
	return s.updateOrderState(ctx, tx, f.OrderID)
}

// issuedPassword is the filing password that a bureau gave a holder with its number, as far as staff recorded it.
func (s *Store) issuedPassword(ctx context.Context, tx *sqlx.Tx, holderID int64) (string, error) {
	issued, found, err := getOptional[struct {
		RecordID int64  `db:"record_id"`
		Sealed   []byte `db:"sealed_password"`
	}](ctx, tx, `SELECT d.record_id, d.sealed_password FROM filings f JOIN records r ON r.filing_id = f.id
		JOIN decisions d ON d.record_id = r.id WHERE f.holder_id = ? AND d.approved AND d.sealed_password IS NOT NULL
		ORDER BY r.id DESC LIMIT 1`, holderID)
	if err != nil || !found {
		return "", err
	}
	return s.openText(passwordAAD(issued.RecordID), issued.Sealed)
}

// together completes a dossier that is submitted by what the filings of the same holder share, and lets those go that
// waited for it. It returns ErrHolderMissing for a companion whose holder isn't known yet, and ErrConflict for a
// dossier of another kind than the filing must be.
func (s *Store) together(ctx context.Context, tx *sqlx.Tx, f lockedFiling, d *filing.Dossier) error {
	d.Companion = false
	switch {
	case d.Kind == filing.KindNewSite && f.HolderID.Valid && !f.companion():
		return s.ofNumber(ctx, tx, f, d)
	case d.Kind.OrNew() != filing.KindNew && f.companion():
		return ErrConflict
	case d.Kind.OrNew() != filing.KindNew:
		if f.HolderID.Valid && d.Kind == filing.KindNewAccess {
			return s.letGo(ctx, tx, f)
		}
		return nil
	case f.Kind == filing.KindNewSite && f.HolderID.Valid: // it has become one meanwhile
		return ErrConflict
	case !f.companion():
		if err := s.ensureHolder(ctx, tx, &f); err != nil {
			return err
		}
		return s.fillHolder(ctx, tx, f.HolderID.Int64, d.Holder)
	}
	h, err := s.holder(ctx, tx, f.HolderID.Int64)
	if err != nil {
		return err
	}
	if !h.Known() {
		return ErrHolderMissing
	}
	d.Companion, d.Holder = true, h.Form
	return nil
}

// ofNumber is for a new site of a known holder: what waits for the holder's number has it now.
func (s *Store) ofNumber(ctx context.Context, tx *sqlx.Tx, f lockedFiling, d *filing.Dossier) error {
	h, err := s.holder(ctx, tx, f.HolderID.Int64)
	if err != nil {
		return err
	}
	number, err := filing.ParseNumber(d.OwnershipProof.Number)
	if err != nil {
		return nil //nolint:nilerr // the form's rules report it
	}
	if h.Number == "" {
		return s.grant(ctx, tx, h.ID, fragmentOf(`number = ?, province = COALESCE(NULLIF(?, ''), province)`, number.Holder(),
			provinceCode(filing.ProvinceOfNumber(number.Holder()))))
	}
	if number.Holder() != h.Number { // the customer has another one in mind
		return exec(ctx, tx, `UPDATE filings SET holder_id = NULL WHERE id = ?`, f.ID)
	}
	if h.Known() {
		manager := d.Holder.Manager
		if d.Holder = h.Form; manager.Name != "" {
			d.Holder.Manager = manager
		}
	}
	return nil
}

// letGo ends what a filing shares with others, because it turned out not to be a new one: each is on its own.
func (s *Store) letGo(ctx context.Context, tx *sqlx.Tx, f lockedFiling) error {
	list, err := lockTogether(ctx, tx, f.HolderID.Int64)
	for i := 0; err == nil && i < len(list); i++ {
		if o := list[i]; o.ID != f.ID && o.companion() {
			err = exec(ctx, tx, `UPDATE filings SET kind = '', holder_id = NULL, carrier_id = NULL, awaits_holder = FALSE
				WHERE id = ?`, o.ID)
		}
	}
	return err
}

// leaveTogether is for a filing that was withdrawn: others go on without it.
func (s *Store) leaveTogether(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	f, err := lockFiling(ctx, tx, filingID)
	if err == nil {
		err = s.handOver(ctx, tx, f)
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
