package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Verdict is what a downloaded file says about one record; zero fields are unknown.
type Verdict struct {
	// RecordID identifies one of our records; otherwise Operation (Czlx) and Key do, as the bureau's reviews and
	// results name it.
	RecordID  int64
	Operation int
	Review    bool
	Key       string
	// SiteRecord is the record whose site Key may name, if it isn't RecordID itself: in the review of a new holder.
	SiteRecord int64

	Decided                    bool
	Approved                   bool
	Code                       int
	Opinion                    string
	ReviewedAt                 time.Time
	HolderNumber               string
	SiteNumber                 string
	CertificatePath            string
	HolderID, SiteID, AccessID int64
	// Done is an intermediate success, which only matters for staff answers.
	Done bool
	// Optional: no matching record is fine, because the bureau also sends filings of others.
	Optional bool
}

// Applied is the result of applying a file's verdicts.
type Applied struct {
	// Unknown are verdicts on records that aren't ours.
	Unknown []Verdict
	// Refused are new refusals, by filing.
	Refused []Refused
}

// Refused is a filing that was just refused.
type Refused struct {
	FilingID, RecordID int64
	Code               int
}

// ApplyDownload applies a downloaded file and marks it applied, in one transaction. Verdicts on records of other
// accounts are skipped and reported; a decided record keeps its decision.
func (s *Store) ApplyDownload(ctx context.Context, accountID, downloadID int64,
	verdicts []Verdict) (done Applied, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		done = Applied{}
		for _, v := range verdicts {
			if err := s.applyVerdict(ctx, tx, accountID, v, &done); err != nil {
				return err
			}
		}
		if err := s.signalRecords(ctx, tx, recordsOfAccount, accountID); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE bureau_downloads SET applied_at = ? WHERE id = ? AND applied_at IS NULL`,
			s.utcNow(), downloadID)
	})
	return done, err
}

// recordOfSite finds the record of a site that travels with others, if a review names that site: its ID isn't that of a
// record under way.
func recordOfSite(ctx context.Context, tx *sqlx.Tx, accountID int64,
	v Verdict) (row waitingRow, found bool, err error) {
	if v.SiteRecord == 0 {
		return row, false, nil
	}
	return getOptional[waitingRow](ctx, tx, `SELECT r.id, r.filing_id FROM records r WHERE r.account_id = ? AND r.id = ?
		AND r.operation = 1 AND r.sequence IS NOT NULL
		AND (r.carrier_id IS NOT NULL OR EXISTS (SELECT 1 FROM records q WHERE q.carrier_id = r.id))
		AND NOT EXISTS (SELECT 1 FROM records p LEFT JOIN decisions y ON y.record_id = p.id WHERE p.id = ?
			AND p.account_id = r.account_id AND p.sequence IS NOT NULL AND y.approved IS NULL)`, accountID, v.SiteRecord,
		v.RecordID)
}

// recordOf finds the account's record that a verdict is about.
func (s *Store) recordOf(ctx context.Context, tx *sqlx.Tx, accountID int64, v Verdict) (id, filingID int64, err error) {
	query, args := `SELECT r.id, r.filing_id FROM records r WHERE r.account_id = ? AND r.id = ?`,
		[]any{accountID, v.RecordID}
	if v.RecordID == 0 {
		const named = `SELECT id FROM records WHERE account_id = ? AND operation = ? AND `
		from := named + `review_key = ?`
		args = []any{accountID, v.Operation, v.Key}
		if !v.Review { // one index per key
			from = named + `result_key = ? UNION ` + named + `result_key2 = ?`
			args = append(args, args...)
		}
		of := ``
		if v.SiteID != 0 { // of a holder's sites, the one that the record changes
			of, args = ` AND (r.site_id IS NULL OR r.site_id = ?)`, append(args, v.SiteID)
		}
		// If several have the same key, prefer the one under way.
		query = `SELECT r.id, r.filing_id
			FROM (` + from + `) k JOIN records r ON r.id = k.id LEFT JOIN decisions d ON d.record_id = r.id
			WHERE r.sequence IS NOT NULL` + of + ` ORDER BY d.approved IS NOT NULL, r.id DESC LIMIT 1`
	}
	row, _, err := getOptional[waitingRow](ctx, tx, query, args...)
	return row.ID, row.FilingID, err
}

func (s *Store) applyVerdict(ctx context.Context, tx *sqlx.Tx, accountID int64, v Verdict, done *Applied) error {
	site, ofSite, err := recordOfSite(ctx, tx, accountID, v)
	if err != nil {
		return err
	}
	id, filingID := site.ID, site.FilingID
	if !ofSite {
		if id, filingID, err = s.recordOf(ctx, tx, accountID, v); err != nil {
			return err
		}
		if site, ofSite, err = s.siteQuoted(ctx, tx, id, v); err != nil {
			return err
		} else if ofSite {
			id, filingID = site.ID, site.FilingID
		}
	}
	if taken, err := s.applyToStaffs(ctx, tx, accountID, id, v); err != nil || taken || v.Done {
		return err
	}
	if id == 0 {
		if !v.Optional {
			done.Unknown = append(done.Unknown, v)
		}
		return nil
	}
	if err := exec(ctx, tx, `INSERT IGNORE INTO decisions (record_id, created_at) VALUES (?, ?)`,
		id, s.utcNow()); err != nil {
		return err
	}
	if v.Decided {
		opinion, err := s.keys.Seal(opinionAAD(id), []byte(v.Opinion))
		if err != nil {
			return err
		}
		reviewed := sql.NullTime{Time: v.ReviewedAt.UTC(), Valid: !v.ReviewedAt.IsZero()}
		fresh, err := changed(ctx, tx, `UPDATE decisions SET approved = ?, code = ?, sealed_opinion = ?, reviewed_at = ?,
			verification_expired = ? WHERE record_id = ? AND approved IS NULL`, v.Approved, v.Code, opinion, reviewed,
			!v.Approved && filing.VerificationRanOut(v.Opinion), id)
		if err != nil {
			return err
		}
		if fresh && !v.Approved {
			done.Refused = append(done.Refused, Refused{FilingID: filingID, RecordID: id, Code: v.Code})
			opinion := v.Opinion
			if ofSite || !v.maybeOfSite() {
				opinion = ""
			}
			if err := s.returnOthers(ctx, tx, id, opinion); err != nil {
				return err
			}
		}
		if fresh && v.Approved && !ofSite {
			if err := s.approveCompanions(ctx, tx, id); err != nil {
				return err
			}
		}
	}
	return exec(ctx, tx, `
		UPDATE decisions SET holder_number = COALESCE(NULLIF(?, ''), holder_number),
			site_number = COALESCE(NULLIF(?, ''), site_number),
			certificate_path = COALESCE(NULLIF(?, ''), certificate_path), holder_id = COALESCE(NULLIF(?, 0), holder_id),
			site_id = COALESCE(NULLIF(?, 0), site_id), access_id = COALESCE(NULLIF(?, 0), access_id) WHERE record_id = ?`,
		filing.StandardNumber(v.HolderNumber), filing.StandardNumber(v.SiteNumber), v.CertificatePath,
		v.HolderID, v.SiteID, v.AccessID, id)
}

// othersOf selects the undecided records r that travel with one, which has the ID ?.
const othersOf = `FROM records r JOIN records x ON x.id = ? LEFT JOIN decisions d ON d.record_id = r.id
	WHERE (r.id = x.carrier_id OR r.carrier_id = x.id OR r.carrier_id = x.carrier_id) AND r.id <> x.id
		AND r.sequence = x.sequence AND r.account_id = x.account_id AND d.approved IS NULL`

// maybeOfSite reports whether a refusal of a record may be about a site rather than the holder, for the customer to
// correct.
func (v Verdict) maybeOfSite() bool {
	r, _ := filing.RefusalByCode(v.Code)
	return !r.Staff && (r.Form == "" || r.Form == filing.FormSite) && !filing.VerificationRanOut(v.Opinion)
}

// siteQuoted finds the site of several that a refusal of their record is about by its text: results of the bureau's
// machine name only the holder's record, but some quote the domain or the site's name (1064).
func (s *Store) siteQuoted(ctx context.Context, tx *sqlx.Tx, record int64, v Verdict) (site waitingRow, found bool,
	err error) {
	if record == 0 || !v.Decided || v.Approved || v.Opinion == "" || !v.maybeOfSite() {
		return site, false, nil
	}
	const part = `SELECT r.id, r.filing_id, r.revision, d.sealed FROM records r
		JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
		WHERE r.sequence IS NOT NULL AND d.sealed IS NOT NULL AND `
	rows, err := selectAll[waitingRow](ctx, tx, part+`r.id = ? UNION ALL `+part+`r.carrier_id = ?`, record, record)
	if err != nil || len(rows) < 2 {
		return site, false, err
	}
	var quoted []waitingRow
	for _, row := range rows {
		var d filing.Dossier
		if err := s.keys.OpenJSON(dossierAAD(row.FilingID, row.Revision), row.Sealed, &d); err != nil {
			return site, false, err
		}
		if d.Site.QuotedIn(v.Opinion) {
			quoted = append(quoted, row)
		}
	}
	if len(quoted) != 1 {
		return site, false, nil
	}
	return quoted[0], true, nil
}

// returnOthers records that the bureau returned the records that travelled with a refused one: it takes all of a new
// holder's sites, or none. If its opinion may be about any of them, each gets it.
func (s *Store) returnOthers(ctx context.Context, tx *sqlx.Tx, refused int64, opinion string) error {
	ids, err := selectAll[int64](ctx, tx, `SELECT r.id `+othersOf+` ORDER BY r.id`, refused)
	if err != nil || len(ids) == 0 {
		return err
	}
	now := s.utcNow()
	if err := execAll(ctx, tx,
		fragmentOf(`INSERT IGNORE INTO decisions (record_id, created_at) SELECT id, ? FROM records WHERE id IN (?)`, now, ids),
		fragmentOf(`UPDATE decisions d JOIN decisions x ON x.record_id = ? SET d.approved = FALSE, d.code = x.code,
			d.reviewed_at = x.reviewed_at, d.returned_together = TRUE WHERE d.record_id IN (?) AND d.approved IS NULL`, refused,
			ids)); err != nil {
		return err
	}
	for _, id := range ids {
		sealed, err := s.sealOptional(opinionAAD(id), []byte(opinion))
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE decisions SET sealed_opinion = ? WHERE record_id = ?`, sealed, id); err != nil {
			return err
		}
		if err := s.signalRecords(ctx, tx, oneRecord, id); err != nil {
			return err
		}
	}
	return nil
}

// approveCompanions approves the sites that travelled in an approved record; the data of each come by themselves.
func (s *Store) approveCompanions(ctx context.Context, tx *sqlx.Tx, carrier int64) error {
	ids, err := selectAll[int64](ctx, tx, `SELECT r.id `+othersOf+` AND r.carrier_id = x.id ORDER BY r.id`, carrier)
	for i := 0; err == nil && i < len(ids); i++ {
		sealed, sealErr := s.keys.Seal(opinionAAD(ids[i]), nil)
		if sealErr != nil {
			return sealErr
		}
		err = execAll(ctx, tx,
			fragmentOf(`INSERT IGNORE INTO decisions (record_id, created_at) VALUES (?, ?)`, ids[i], s.utcNow()),
			fragmentOf(`UPDATE decisions d JOIN decisions x ON x.record_id = ? SET d.approved = TRUE, d.code = x.code,
				d.reviewed_at = x.reviewed_at, d.sealed_opinion = ? WHERE d.record_id = ? AND d.approved IS NULL`, carrier, sealed,
				ids[i]))
	}
	return err
}

func opinionAAD(recordID int64) string { return fmt.Sprintf("decisions/%d/opinion", recordID) }

// refuseUnsent refuses a record that the bureau wouldn't take: its domain is on the bureau's blacklist, or the bureau
// refused the data file of this record alone.
func (s *Store) refuseUnsent(ctx context.Context, tx *sqlx.Tx, recordID int64, code int) error {
	return s.refuseRecord(ctx, tx, recordID, filing.Unfit{Code: code}, "")
}

// refuseUnfit refuses a record that our own check left out of a data file.
func (s *Store) refuseUnfit(ctx context.Context, tx *sqlx.Tx, recordID int64, unfit filing.Unfit) error {
	return s.refuseRecord(ctx, tx, recordID, unfit, filing.ActorOwnCheck)
}

func (s *Store) refuseRecord(ctx context.Context, tx *sqlx.Tx, recordID int64, unfit filing.Unfit, by string) error {
	code := unfit.Code
	opinion, err := s.sealOptional(opinionAAD(recordID), []byte(unfit.Character))
	if err != nil {
		return err
	}
	fields := []string{}
	if unfit.Field != "" {
		fields = append(fields, unfit.Field)
	}
	list, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	now := s.utcNow()
	if err := exec(ctx, tx, `INSERT IGNORE INTO decisions (record_id, approved, code, sealed_opinion, fields, decided_by,
		reviewed_at, created_at) VALUES (?, FALSE, ?, ?, ?, ?, ?, ?)`, recordID, code, opinion, string(list), by, now,
		now); err != nil {
		return err
	}
	if unfit.Field != "" { // the customer corrects it
		return s.signalRecords(ctx, tx, oneRecord, recordID)
	}
	r, err := get[ManualRecord](ctx, tx, `SELECT account_id, filing_id FROM records WHERE id = ?`, recordID)
	if err != nil {
		return err
	}
	if err := s.addRefusalTask(ctx, tx, r.AccountID,
		Refused{FilingID: r.FilingID, RecordID: recordID, Code: code}); err != nil {
		return err
	}
	return s.signalRecords(ctx, tx, oneRecord, recordID)
}

// decisionComplete selects complete decisions whose signal isn't queued yet.
const decisionComplete = `d.signalled_at IS NULL AND (d.approved = FALSE OR (d.approved = TRUE AND (r.operation >= 5
	OR (COALESCE(d.site_number, d.holder_number) IS NOT NULL AND (d.certificate IS NOT NULL
	OR d.certificate_path IS NULL)))))`

// recordScope is a condition that selects records r by an ID.
type recordScope string

const (
	oneRecord        recordScope = `r.id = ?`
	recordsOfAccount recordScope = `r.account_id = ?`
)

// signalRecords queues a signal for every complete decision of a scope: a refusal is complete at once, an approval when
// its number is there too, and its certificate if the bureau named one. A filing that ends has neither.
// It locks the decisions between reading and marking them, so that none is marked without being read.
func (s *Store) signalRecords(ctx context.Context, tx *sqlx.Tx, scope recordScope, id int64) error {
	var decided []struct {
		RecordID int64 `db:"id"`
		decidedSignal
	}
	if err := tx.SelectContext(ctx, &decided, `
		SELECT r.id, r.filing_id, r.revision, d.approved, COALESCE(d.code, 0) AS code, d.decided_by,
			d.fields <> '[]' AS named, d.verification_expired, d.returned_together
		FROM decisions d JOIN records r ON r.id = d.record_id
		WHERE `+string(scope)+` AND `+decisionComplete+` FOR UPDATE`, id); err != nil {
		return err
	}
	for _, d := range decided {
		if err := s.queueSignal(ctx, tx, fmt.Sprintf("decided/%d", d.RecordID), d.FilingID, SignalDecided,
			d.decidedSignal); err != nil {
			return err
		}
	}
	if err := exec(ctx, tx, `UPDATE decisions d JOIN records r ON r.id = d.record_id SET d.signalled_at = ?
		WHERE `+string(scope)+` AND `+decisionComplete, s.utcNow(), id); err != nil {
		return err
	}
	for _, d := range decided {
		if err := s.opened(ctx, tx, d.FilingID, d.Approved); err != nil {
			return err
		}
	}
	return nil
}

// opened lets the filings go on that an outcome was awaited for: an approved new filing's holder has a number, and a
// refused site whose holder has one can be a new site of it.
func (s *Store) opened(ctx context.Context, tx *sqlx.Tx, filingID int64, approved bool) error {
	f, err := lockFiling(ctx, tx, filingID)
	switch {
	case err != nil || f.Kind.OrNew() != filing.KindNew:
		return err
	case approved:
		return s.granted(ctx, tx, filingID)
	case f.HolderID.Valid && f.companion():
		return s.openAwaiting(ctx, tx, f.HolderID.Int64)
	}
	return nil
}

// MissingCertificate is an approval whose certificate file hasn't arrived.
type MissingCertificate struct {
	RecordID int64  `db:"record_id"`
	Path     string `db:"certificate_path"`
}

// MissingCertificates lists approvals whose certificate must be fetched.
func (s *Store) MissingCertificates(ctx context.Context, accountID int64) ([]MissingCertificate, error) {
	return selectAll[MissingCertificate](ctx, s.db, `
		SELECT d.record_id, d.certificate_path FROM decisions d JOIN records r ON r.id = d.record_id
		WHERE r.account_id = ? AND d.signalled_at IS NULL AND d.approved = TRUE AND d.certificate IS NULL
		AND d.certificate_path IS NOT NULL ORDER BY d.record_id`, accountID)
}

// StoreCertificate stores an approval's certificate file and queues the signal that may have been waiting for it.
func (s *Store) StoreCertificate(ctx context.Context, recordID int64, certificate []byte) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := exec(ctx, tx, `UPDATE decisions SET certificate = ? WHERE record_id = ?
			AND certificate IS NULL`, certificate, recordID); err != nil {
			return err
		}
		return s.signalRecords(ctx, tx, oneRecord, recordID)
	})
}

// Decision is the bureau's decision on a filing's revision.
type Decision struct {
	RecordID     int64     `db:"record_id"`
	Revision     int       `db:"revision"`
	Approved     bool      `db:"approved"`
	Code         int       `db:"code"`
	Opinion      string    `db:"-"`
	ReviewedAt   time.Time `db:"-"`
	HolderNumber string    `db:"holder_number"`
	SiteNumber   string    `db:"site_number"`
	Certificate  []byte    `db:"certificate"`
	SubmittedAt  time.Time `db:"submitted_at"`
	// HolderID, SiteID and AccessID are the bureau's IDs, needed to change or end the filing.
	HolderID int64 `db:"holder_id"`
	SiteID   int64 `db:"site_id"`
	AccessID int64 `db:"access_id"`
	// Fields ("form.field") are what a refusal by hand or by our own check is about. Opinion is then the character that
	// our check found, if any.
	Fields []string `db:"-"`
	// Password is the filing password (备案密码), if the bureau issued one and staff recorded it.
	Password string `db:"-"`
	// DecidedBy is who recorded the decision; empty: the interface; filing.ActorOwnCheck: our own check.
	DecidedBy string `db:"decided_by"`
	// Returned: the bureau returned it because of a site that travelled with it. If there is an opinion nevertheless, it
	// doesn't say which of them it is about.
	Returned bool `db:"returned_together"`
}

// Number is the number to show: the site's, or else the holder's.
func (d Decision) Number() string { return filing.PreferredNumber(d.SiteNumber, d.HolderNumber) }

// Ours reports whether our own check refused the revision, so that the bureau has never seen it.
func (d Decision) Ours() bool { return d.DecidedBy == filing.ActorOwnCheck }

// decisionRow is a row of decisions.
type decisionRow struct {
	Decision
	Opinion    []byte       `db:"sealed_opinion"`
	ReviewedAt sql.NullTime `db:"reviewed_at"`
	Fields     string       `db:"fields"`
	Password   []byte       `db:"sealed_password"`
}

// decisionSelect reads a filing's decisions; its %s is the certificate column, which lists don't load.
const decisionSelect = `
	SELECT d.record_id, r.revision, d.approved, COALESCE(d.code, 0) AS code, d.sealed_opinion, d.reviewed_at,
		COALESCE(d.holder_number, '') AS holder_number, COALESCE(d.site_number, '') AS site_number, %s AS certificate,
		COALESCE(d.holder_id, 0) AS holder_id, COALESCE(d.site_id, 0) AS site_id, COALESCE(d.access_id, 0) AS access_id,
		d.fields, d.sealed_password, d.decided_by, d.returned_together,
		COALESCE(r.submitted_at, u.accepted_at, r.created_at) AS submitted_at
	FROM decisions d JOIN records r ON r.id = d.record_id
		LEFT JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
	WHERE r.filing_id = ? AND d.approved IS NOT NULL ORDER BY r.revision DESC`

// LatestDecision returns the decision on a filing's latest decided revision.
func (s *Store) LatestDecision(ctx context.Context, filingID int64) (Decision, error) {
	row, err := find[decisionRow](ctx, s.db, "decision", fmt.Sprintf(decisionSelect, "d.certificate")+` LIMIT 1`, filingID)
	if err != nil {
		return Decision{}, err
	}
	return s.openDecision(row)
}

// Decisions returns the decisions on a filing, by revision, without their certificates.
func (s *Store) Decisions(ctx context.Context, filingID int64) (map[int]Decision, error) {
	rows, err := selectAll[decisionRow](ctx, s.db, fmt.Sprintf(decisionSelect, "NULL"), filingID)
	if err != nil {
		return nil, err
	}
	list := make(map[int]Decision, len(rows))
	for _, row := range rows {
		if list[row.Revision], err = s.openDecision(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) openDecision(row decisionRow) (d Decision, err error) {
	d = row.Decision
	d.ReviewedAt = row.ReviewedAt.Time
	if err := json.Unmarshal([]byte(row.Fields), &d.Fields); err != nil {
		return d, fmt.Errorf("the fields of decision %d: %w", row.RecordID, err)
	}
	if d.Password, err = s.openText(passwordAAD(row.RecordID), row.Password); err != nil {
		return d, err
	}
	d.Opinion, err = s.openText(opinionAAD(row.RecordID), row.Opinion)
	return d, err
}
