package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
)

// Actor is the staff member who acts; without an ID, the command line.
type Actor struct {
	ID    int64
	Login string
	Role  StaffRole
}

// Outcome is the result of an audit entry.
type Outcome string

// An effect outside the database is first recorded as asked, and then, in a second row that refers to the first, as
// done, refused (not possible in the current state) or failed.
const (
	OutcomeDone    Outcome = "done"
	OutcomeAsked   Outcome = "asked"
	OutcomeRefused Outcome = "refused"
	OutcomeFailed  Outcome = "failed"
)

// AuditEntry is a staff action to be written to the audit log.
type AuditEntry struct {
	By Actor
	// Action is a key below "audit.action." in the locale files, such as "filing.resume"; Kind and Object identify its
	// object: a filing and its reference, an account's ID. They must hold no personal data: only the reason is sealed.
	Action, Kind, Object string
	// Reason is what staff typed.
	Reason string
	// Outcome defaults to done; Of is the number of the asked entry.
	Outcome Outcome
	Of      int64

	// moot: the transaction changed nothing.
	written, moot bool
}

// Written reports whether the entry is in the log.
func (d *AuditEntry) Written() bool { return d.written }

type auditEntryKey struct{}

// WithAudit makes the next transaction that commits under the context write the entry, so that effect and entry are
// written together or not at all. Not safe for concurrent use.
func WithAudit(ctx context.Context, d *AuditEntry) context.Context {
	return context.WithValue(ctx, auditEntryKey{}, d)
}

func auditEntryOf(ctx context.Context) *AuditEntry {
	d, _ := ctx.Value(auditEntryKey{}).(*AuditEntry)
	if d == nil || d.written || d.moot {
		return nil
	}
	return d
}

// auditOnly leaves out the context's entry if a transaction changed nothing.
func auditOnly(ctx context.Context, changed bool) {
	if d, _ := ctx.Value(auditEntryKey{}).(*AuditEntry); d != nil {
		d.moot = !changed
	}
}

// AuditRow is a row of the audit log.
type AuditRow struct {
	Seq     int64     `db:"seq"`
	At      time.Time `db:"at"`
	ActorID int64     `db:"actor_id"`
	Actor   string    `db:"actor"`
	Role    StaffRole `db:"role"`
	Action  string    `db:"action"`
	Kind    string    `db:"object_kind"`
	Object  string    `db:"object"`
	Outcome Outcome   `db:"outcome"`
	Of      int64     `db:"request_seq"`
	Sealed  []byte    `db:"sealed_reason"`
	Hash    []byte    `db:"hash"`
	// Reason is only decrypted when rows are read for display.
	Reason string `db:"-"`
}

const auditColumns = `seq, at, actor_id, actor, role, action, object_kind, object, outcome, request_seq, sealed_reason, hash`

// maxReason and maxObject limit external text, in characters, to the size of the columns.
const (
	maxReason = 1000
	maxObject = 96
)

// clip truncates a text, so that an odd request can't prevent its entry.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most])
	}
	return text
}

// auditHead is the end of the log.
type auditHead struct {
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// The rows of audit_head: where the log ends and, once entries were past their retention, where it starts: the last
// entry that was deleted. Both are sealed.
const (
	headRow, startRow = 1, 2
	headAAD, startAAD = "audit_head", "audit_head/start"
)

func reasonAAD(seq int64) string { return fmt.Sprintf("audit_entries/%d/reason", seq) }

// chainHash is a keyed hash over every column of a row and the previous row's hash. It covers the reason in sealed
// form.
func (s *Store) chainHash(r AuditRow, before []byte) ([]byte, error) {
	text, err := json.Marshal([]string{
		strconv.FormatInt(r.Seq, 10), strconv.FormatInt(r.At.UnixMicro(), 10), strconv.FormatInt(r.ActorID, 10), r.Actor,
		string(r.Role),
		r.Action, r.Kind, r.Object, string(r.Outcome), strconv.FormatInt(r.Of, 10), hex.EncodeToString(r.Sealed),
		hex.EncodeToString(before),
	})
	if err != nil {
		return nil, err
	}
	return s.keys.Hash("audit_entries", string(text))
}

// Audit writes an entry in its own transaction and returns its number. For changes of rows use WithAudit instead.
func (s *Store) Audit(ctx context.Context, d AuditEntry) (seq int64, err error) {
	return s.auditWith(ctx, d, fragment{})
}

// auditWith writes an entry along with the effect of a statement, unless that is empty, in two round trips: pages that
// show personal data wait for them.
func (s *Store) auditWith(ctx context.Context, d AuditEntry, effect fragment) (seq int64, err error) {
	err = s.batch(ctx, effect, func(conn *sqlx.Conn, begin fragment) error {
		seq, err = s.auditOnce(ctx, conn, begin, d, func() error { return nil })
		return err
	})
	return seq, during(err, "writing the audit log")
}

// readAudited reads something and runs a statement about that, unless it can't be read. If the context has an audit
// entry (WithAudit), which is written along with the statement, that begins while it is read.
func (s *Store) readAudited(ctx context.Context, read func() error, effect fragment) error {
	entry := auditEntryOf(ctx)
	if entry == nil {
		if err := read(); err != nil {
			return err
		}
		return exec(ctx, s.db, effect.sql, effect.args...)
	}
	was := sync.OnceValue(read)
	go was() //nolint:errcheck // whoever waits for it gets the error
	err := s.batch(ctx, effect, func(conn *sqlx.Conn, begin fragment) error {
		_, err := s.auditOnce(ctx, conn, begin, *entry, was)
		return err
	})
	entry.written = err == nil
	// what is wrong with the one thing is why the other fails, too
	return cmp.Or(was(), during(err, "writing the audit log"))
}

// auditOnce writes an entry in a batch, unless what it is about has failed.
func (s *Store) auditOnce(ctx context.Context, conn *sqlx.Conn, begin fragment, d AuditEntry,
	failed func() error) (seq int64, err error) {
	sealed, err := find[[]byte](ctx, conn, "the audit log's head",
		begin.sql+`SELECT sealed FROM audit_head WHERE id = ? FOR UPDATE`, begin.with(headRow)...)
	if err = cmp.Or(err, failed()); err != nil {
		return 0, err
	}
	head, err := s.openHead(sealed)
	if err != nil {
		return 0, err
	}
	r, write, err := s.nextEntry(head, d)
	if err != nil {
		return 0, err
	}
	return r.Seq, exec(ctx, conn, write[0].sql+`; `+write[1].sql+`; COMMIT`, write[0].with(write[1].args...)...)
}

// audit appends an entry to the log. Call it last in a transaction: it locks the head's row until the commit, which
// blocks every other writer.
func (s *Store) audit(ctx context.Context, tx *sqlx.Tx, d AuditEntry) (int64, error) {
	head, err := s.lockHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	r, write, err := s.nextEntry(head, d)
	if err != nil {
		return 0, err
	}
	return r.Seq, during(execAll(ctx, tx, write...), "writing the audit log")
}

// nextEntry is the entry behind the head, and the statements that write it and move the head.
func (s *Store) nextEntry(head auditHead, d AuditEntry) (r AuditRow, write []fragment, err error) {
	r = AuditRow{
		Seq: head.Seq + 1, At: s.utcNow(), ActorID: d.By.ID, Actor: d.By.Login, Role: d.By.Role, Action: d.Action,
		Kind: d.Kind, Object: clip(d.Object, maxObject), Outcome: cmp.Or(d.Outcome, OutcomeDone), Of: d.Of,
	}
	if r.Sealed, err = s.sealOptional(reasonAAD(r.Seq), []byte(clip(d.Reason, maxReason))); err != nil {
		return r, nil, err
	}
	if r.Hash, err = s.chainHash(r, head.Hash); err != nil {
		return r, nil, err
	}
	sealed, err := s.keys.SealJSON(headAAD, auditHead{r.Seq, r.Hash})
	return r, []fragment{
		fragmentOf(`INSERT INTO audit_entries (`+auditColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.Seq, r.At, r.ActorID, r.Actor, r.Role, r.Action, r.Kind, r.Object, r.Outcome, r.Of, r.Sealed, r.Hash),
		fragmentOf(`UPDATE audit_head SET sealed = ? WHERE id = ?`, sealed, headRow),
	}, err
}

func (s *Store) lockHead(ctx context.Context, tx *sqlx.Tx) (auditHead, error) {
	sealed, err := find[[]byte](ctx, tx, "the audit log's head", `SELECT sealed FROM audit_head WHERE id = ? FOR UPDATE`,
		headRow)
	if err != nil {
		return auditHead{}, err
	}
	return s.openHead(sealed)
}

func (s *Store) openHead(sealed []byte) (h auditHead, err error) {
	if sealed == nil {
		return h, nil // nothing has been written yet
	}
	err = s.keys.OpenJSON(headAAD, sealed, &h)
	return h, err
}

// purgeAudit deletes the entries before a time from the log's beginning, and seals where it starts now, so that nobody
// else can shorten it unseen.
func (s *Store) purgeAudit(ctx context.Context, before time.Time) error {
	oldest, found, err := getOptional[time.Time](ctx, s.db, `SELECT at FROM audit_entries ORDER BY seq LIMIT 1`)
	if err != nil || !found || !oldest.Before(before) {
		return err
	}
	return s.tx(WithAudit(ctx, nil), func(tx *sqlx.Tx) error {
		if _, err := s.lockHead(ctx, tx); err != nil {
			return err
		}
		list, err := selectAll[AuditRow](ctx, tx, `SELECT seq, at, hash FROM audit_entries ORDER BY seq LIMIT ?`, purgeBatch)
		if err != nil {
			return err
		}
		old := slices.IndexFunc(list, func(r AuditRow) bool { return !r.At.Before(before) })
		if old < 0 {
			old = len(list)
		}
		if old == 0 {
			return nil
		}
		last := list[old-1]
		sealed, err := s.keys.SealJSON(startAAD, auditHead{last.Seq, last.Hash})
		if err != nil {
			return err
		}
		return execAll(ctx, tx, fragmentOf(`DELETE FROM audit_entries WHERE seq <= ?`, last.Seq),
			fragmentOf(`INSERT INTO audit_head (id, sealed) VALUES (?, ?) ON DUPLICATE KEY UPDATE sealed = VALUES(sealed)`,
				startRow, sealed))
	})
}

// auditStart is the last entry that was deleted because it was past its retention; zero if none was.
func (s *Store) auditStart(ctx context.Context, tx *sqlx.Tx) (start AuditMark, err error) {
	sealed, found, err := getOptional[[]byte](ctx, tx, `SELECT sealed FROM audit_head WHERE id = ?`, startRow)
	if err != nil || !found {
		return start, err
	}
	var h auditHead
	if s.keys.OpenJSON(startAAD, sealed, &h) != nil {
		return start, AuditFault{1, FaultMissing}
	}
	return AuditMark(h), nil
}

// AuditFilter selects rows of the audit log; empty fields match everything.
type AuditFilter struct {
	// Actor is a login; Action is an action, or a prefix that ends in ".".
	Actor, Action string
	Kind, Object  string
	// From is inclusive, Until exclusive.
	From, Until time.Time
}

func (f AuditFilter) where() (where fragment) {
	and := func(condition string, values ...any) { where = where.and(condition, values...) }
	if f.Actor != "" {
		and("actor = ?", f.Actor)
	}
	if n := len(f.Action); n > 0 && f.Action[n-1] == '.' {
		and("LEFT(action, ?) = ?", n, f.Action)
	} else if n > 0 {
		and("action = ?", f.Action)
	}
	if f.Kind != "" {
		and("object_kind = ?", f.Kind)
	}
	if f.Object != "" {
		and("object = ?", f.Object)
	}
	if !f.From.IsZero() {
		and("at >= ?", f.From.UTC())
	}
	if !f.Until.IsZero() {
		and("at < ?", f.Until.UTC())
	}
	return where
}

// AuditRows lists rows, newest first, before a number (0: from the newest).
func (s *Store) AuditRows(ctx context.Context, f AuditFilter, before int64, limit int) ([]AuditRow, error) {
	where := f.where()
	return s.auditRows(ctx, `seq < ?`+where.sql+` ORDER BY seq DESC LIMIT ?`,
		slices.Concat([]any{idBelow(before)}, where.with(limit))...)
}

// auditRows reads rows with their reasons.
func (s *Store) auditRows(ctx context.Context, where string, args ...any) ([]AuditRow, error) {
	list, err := selectAll[AuditRow](ctx, s.db, `SELECT `+auditColumns+` FROM audit_entries WHERE `+where, args...)
	for i := 0; err == nil && i < len(list); i++ {
		list[i].Reason, err = s.openText(reasonAAD(list[i].Seq), list[i].Sealed)
	}
	return list, err
}

// EachAuditRow calls give for every matching row, oldest first, up to the newest row at the start of the call.
func (s *Store) EachAuditRow(ctx context.Context, f AuditFilter, give func(AuditRow) error) error {
	last, err := get[int64](ctx, s.db, `SELECT COALESCE(MAX(seq), 0) FROM audit_entries`)
	if err != nil {
		return err
	}
	where := f.where()
	for after := int64(0); ; {
		list, err := s.auditRows(ctx, `seq > ? AND seq <= ?`+where.sql+` ORDER BY seq LIMIT ?`,
			slices.Concat([]any{after, last}, where.with(auditBatch))...)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := give(r); err != nil {
				return err
			}
			after = r.Seq
		}
		if len(list) < auditBatch {
			return nil
		}
	}
}

// auditBatch is how many rows are read at once.
const auditBatch = 1000

// AuditMark is a position in the audit log that was recorded outside the database.
type AuditMark struct {
	Seq  int64
	Hash []byte
}

func (m AuditMark) String() string { return fmt.Sprintf("%d:%x", m.Seq, m.Hash) }

// ParseAuditMark parses the output of String.
func ParseAuditMark(text string) (m AuditMark, err error) {
	number, hash, _ := bytes.Cut([]byte(text), []byte(":"))
	if m.Seq, err = strconv.ParseInt(string(number), 10, 64); err == nil {
		m.Hash, err = hex.DecodeString(string(hash))
	}
	if err != nil || m.Seq < 1 || len(m.Hash) == 0 {
		return AuditMark{}, errors.New("not an audit log mark; want NUMBER:HASH, as printed by `beian audit verify`")
	}
	return m, nil
}

// AuditFault is the first row at which the audit log has been tampered with.
type AuditFault struct {
	Seq int64
	// What is changed, missing, foreign (behind the head), head, or unlike the mark.
	What string
}

func (f AuditFault) Error() string { return fmt.Sprintf("audit log: row %d: %s", f.Seq, f.What) }

// The values of AuditFault.What.
const (
	FaultChanged = "it, or its hash, was changed or was not written by us"
	FaultMissing = "it is missing"
	FaultForeign = "it stands behind the log's sealed end"
	FaultHead    = "the log's sealed end is missing or was changed"
	FaultMark    = "it is not the row that was noted down"
)

// VerifyAudit reads the whole log and returns its end, or an AuditFault. A mark that isn't empty must be in the log,
// unless it is past its retention: only a record outside the database reveals that log and head were rolled back
// together.
func (s *Store) VerifyAudit(ctx context.Context, mark AuditMark) (at AuditMark, err error) {
	// a consistent snapshot; not ReadOnly, which TiDB refuses
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return at, err
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	sealed, found, err := getOptional[[]byte](ctx, tx, `SELECT sealed FROM audit_head WHERE id = ?`, headRow)
	if err != nil {
		return at, err
	}
	if !found {
		return at, AuditFault{0, FaultHead}
	}
	head, headErr := s.openHead(sealed)
	if at, err = s.auditStart(ctx, tx); err != nil {
		return at, err
	}
	if at.Seq == mark.Seq && !bytes.Equal(at.Hash, mark.Hash) {
		return at, AuditFault{at.Seq, FaultMark}
	}
	for {
		list, err := selectAll[AuditRow](ctx, tx, `SELECT `+auditColumns+` FROM audit_entries WHERE seq > ? ORDER BY seq
			LIMIT ?`, at.Seq, auditBatch)
		if err != nil {
			return at, err
		}
		for _, r := range list {
			if r.Seq != at.Seq+1 {
				return at, AuditFault{at.Seq + 1, FaultMissing}
			}
			want, err := s.chainHash(r, at.Hash)
			if err != nil {
				return at, err
			}
			if !bytes.Equal(want, r.Hash) {
				return at, AuditFault{r.Seq, FaultChanged}
			}
			if at = (AuditMark{r.Seq, r.Hash}); at.Seq == mark.Seq && !bytes.Equal(at.Hash, mark.Hash) {
				return at, AuditFault{at.Seq, FaultMark}
			}
		}
		if len(list) < auditBatch {
			break
		}
	}
	switch {
	case at.Seq == 0: // a log is begun with its database
		return at, AuditFault{1, FaultMissing}
	case headErr != nil, head.Seq == at.Seq && !bytes.Equal(head.Hash, at.Hash), head.Seq == 0 && at.Seq > 0:
		return at, AuditFault{at.Seq, FaultHead}
	case head.Seq > at.Seq, head.Seq == at.Seq && mark.Seq > at.Seq:
		return at, AuditFault{at.Seq + 1, FaultMissing}
	case head.Seq < at.Seq:
		return at, AuditFault{head.Seq + 1, FaultForeign}
	}
	return at, nil
}
