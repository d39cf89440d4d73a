package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	sketches "github.com/DataDog/sketches-go/ddsketch/store"
	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

const (
	// FigureDaysRetention is how many days are kept: the most that the console shows.
	FigureDaysRetention = 366
	// closedAfter is how long after its end a day is counted: an event's time is when its transaction began, by its own
	// machine's clock.
	closedAfter = 15 * time.Minute
	// sketchAccuracy is the maximum relative error of medians and percentiles.
	sketchAccuracy = 0.01
)

// The daily figures, and their names.
const (
	// figureStay counts stays in stages by when they ended; its names are stages.
	figureStay = "stay"
	// figureDaily counts events of filings; its names are the fields of DayCount.
	figureDaily = "daily"
	// figureRefusal counts why dossiers came back; its names are RefusalReasons.
	figureRefusal = "refusal"
	// figureStuck and figureResumed count filings that got stuck, and that resumed after some time; their names are
	// Causes. They exist only for all provinces together: failures rarely depend on the province.
	figureStuck, figureResumed = "stuck", "resumed"
)

// The names of figureDaily.
const (
	dailyOpened, dailySubmitted, dailyApproved, dailyRefused, dailyFiled = "opened", "submitted", "approved",
		"refused", "filed"
)

type tallyKey struct{ figure, province, name string }

// tally is a count with the durations; times is nil for events without a duration.
type tally struct {
	n     int
	times *ddsketch.DDSketch
}

// tallies are the counts of one or more days.
type tallies map[tallyKey]*tally

func (c tallies) of(key tallyKey) *tally {
	t := c[key]
	if t == nil {
		t = &tally{}
		c[key] = t
	}
	return t
}

func (t *tally) lasted(d time.Duration) error {
	if t.times == nil {
		var err error
		if t.times, err = ddsketch.NewDefaultDDSketch(sketchAccuracy); err != nil {
			return err
		}
	}
	return t.times.Add(max(0, d.Seconds()))
}

// merge adds a stored count.
func (t *tally) merge(n int, times []byte) error {
	other := &tally{n: n}
	if times != nil {
		var err error
		if other.times, err = ddsketch.DecodeDDSketch(times, sketches.DefaultProvider, nil); err != nil {
			return err
		}
	}
	return t.add(other)
}

// add merges another tally.
func (t *tally) add(other *tally) error {
	t.n += other.n
	switch {
	case other.times == nil:
		return nil
	case t.times == nil:
		t.times = other.times.Copy()
		return nil
	}
	return t.times.MergeWith(other.times)
}

// quantile is the duration within which the given share of them ended; zero without durations.
func (t *tally) quantile(share float64) time.Duration {
	if t.times == nil || t.times.IsEmpty() {
		return 0
	}
	seconds, err := t.times.GetValueAtQuantile(share)
	if err != nil {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Second)
}

// count counts an event, for its province and for all.
func (c tallies) count(figure, name, province string) {
	c.of(tallyKey{figure, "", name}).n++
	if province != "" {
		c.of(tallyKey{figure, province, name}).n++
	}
}

// countLasting counts an event with a duration.
func (c tallies) countLasting(figure, name, province string, d time.Duration) error {
	c.count(figure, name, province)
	err := c.of(tallyKey{figure, "", name}).lasted(d)
	if err == nil && province != "" {
		err = c.of(tallyKey{figure, province, name}).lasted(d)
	}
	return err
}

// RefusalReason is why a dossier came back.
type RefusalReason struct {
	// Ours: vetting sent it back.
	Ours bool
	// Code is the bureau's result code; 0: unknown.
	Code int
	// Key is one of filing.SendBackReasons, or one of the two below.
	Key string
}

const (
	// SentBackInWords is a send-back with a reason in staff's own words.
	SentBackInWords = "own_words"
	// SentBackSilently is a send-back without a reason.
	SentBackSilently = "none"
)

func (r RefusalReason) name() string {
	if r.Ours {
		return "ours/" + r.Key
	}
	return "bureau/" + strconv.Itoa(r.Code)
}

func parseRefusalReason(name string) RefusalReason {
	who, what, _ := strings.Cut(name, "/")
	if who == "ours" {
		return RefusalReason{Ours: true, Key: what}
	}
	code, _ := strconv.Atoi(what)
	return RefusalReason{Code: code}
}

// name is the cause's form in the timeline.
func (c Cause) name() string { return c.Step + ": " + c.Reason }

func parseCause(name string) Cause {
	step, reason, _ := strings.Cut(name, ": ")
	return Cause{Step: step, Reason: reason}
}

// transitionsQuery finds events of some kinds in a period, each with the filing's latest earlier event of some kinds.
const transitionsQuery = `
	SELECT t.at, t.kind, t.detail, t.province, p.at AS before_at, p.kind AS before_kind, p.detail AS before_detail
	FROM (SELECT e.filing_id, e.at, e.kind, e.detail, f.province, (
			SELECT q.seq FROM filing_events q WHERE q.filing_id = e.filing_id AND q.seq < e.seq AND q.kind IN (?)
			ORDER BY q.seq DESC LIMIT 1) AS before_seq
		FROM filing_events e FORCE INDEX (filing_events_at) STRAIGHT_JOIN filings f ON f.id = e.filing_id
		WHERE e.at >= ? AND e.at < ? AND e.kind IN (?)) t
	LEFT JOIN filing_events p ON p.filing_id = t.filing_id AND p.seq = t.before_seq`

// stuckKinds are the events that report a filing stuck or end that. A restarted workflow writes restarted whether its
// filing was stuck or not.
var stuckKinds = []filing.EventKind{filing.EventStuck, filing.EventResumed, filing.EventUnstuck, filing.EventRestarted}

// A decision, or a reviewer's verdict, is written just before the filing moves. One that is older than this isn't what
// moved it, even allowing for another machine's clock.
const (
	refusedQuery = `
		SELECT f.province, COALESCE((
			SELECT d.code FROM records r JOIN decisions d ON d.record_id = r.id
			WHERE r.filing_id = e.filing_id AND d.approved = FALSE AND d.created_at <= e.at + INTERVAL 1 MINUTE
			ORDER BY r.revision DESC LIMIT 1), 0) AS code
		FROM filing_events e FORCE INDEX (filing_events_at) STRAIGHT_JOIN filings f ON f.id = e.filing_id
		WHERE e.at >= ? AND e.at < ? AND e.kind = 'refused'`
	sentBackQuery = `
		SELECT t.province, t.filing_id, b.revision, b.sealed_reason
		FROM (SELECT f.province, e.filing_id, (
				SELECT MAX(s.revision) FROM send_backs s WHERE s.filing_id = e.filing_id
				AND s.created_at <= e.at + INTERVAL 1 MINUTE) AS revision
			FROM filing_events e FORCE INDEX (filing_events_at) STRAIGHT_JOIN filings f ON f.id = e.filing_id
			WHERE e.at >= ? AND e.at < ? AND e.kind = 'sent_back') t
		LEFT JOIN send_backs b ON b.filing_id = t.filing_id AND b.revision = t.revision`
)

// transition is an event and an earlier one.
type transition struct {
	At           time.Time        `db:"at"`
	Kind         filing.EventKind `db:"kind"`
	Detail       string           `db:"detail"`
	Province     string           `db:"province"`
	BeforeAt     sql.NullTime     `db:"before_at"`
	BeforeKind   sql.NullString   `db:"before_kind"`
	BeforeDetail sql.NullString   `db:"before_detail"`
}

// countDay counts a day's events: its cost depends on the day, not on the number of filings.
func (s *Store) countDay(ctx context.Context, day filing.ChinaDay) (tallies, error) {
	c := tallies{}
	from, until := day.Begin().UTC(), day.Add(1).Begin().UTC()
	err := s.eachTransition(ctx, from, until, filing.StageKinds(), c.countStage)
	if err == nil {
		err = s.eachTransition(ctx, from, until, stuckKinds, c.countStuck)
	}
	if err == nil {
		err = s.countRefused(ctx, from, until, c)
	}
	if err == nil {
		err = s.countSentBack(ctx, from, until, c)
	}
	return c, during(err, "counting %s", day)
}

func (s *Store) eachTransition(ctx context.Context, from, until time.Time, kinds []filing.EventKind,
	do func(transition) error) error {
	return s.eachRow(ctx, transitionsQuery, []any{kinds, from, until, kinds}, func(rows *sqlx.Rows) error {
		var t transition
		if err := rows.StructScan(&t); err != nil {
			return err
		}
		return do(t)
	})
}

// eachRow calls do for each row of a query.
func (s *Store) eachRow(ctx context.Context, query string, args []any, do func(*sqlx.Rows) error) error {
	query, args, err := sqlx.In(query, args...)
	if err != nil {
		return err
	}
	rows, err := s.db.QueryxContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// countStage counts a filing's move from one stage to another.
func (c tallies) countStage(t transition) error {
	to, _ := filing.StageEntered(t.Kind)
	from, known := filing.StageEntered(filing.EventKind(t.BeforeKind.String))
	switch {
	case t.Kind == filing.EventOpened, t.Kind == filing.EventFollowUpOpened, t.Kind == filing.EventSiteOpened,
		t.Kind == filing.EventRegisterInstalling:
		c.count(figureDaily, dailyOpened, "") // its province isn't known yet
	case t.Kind == filing.EventApproved, t.Kind == filing.EventEnded:
		c.count(figureDaily, dailyApproved, t.Province)
	case t.Kind == filing.EventRefused:
		c.count(figureDaily, dailyRefused, t.Province)
	case t.Kind == filing.EventFiled:
		c.count(figureDaily, dailyFiled, t.Province)
	case (to == filing.Vetting || to == filing.Submitting) && (from == filing.Preparing || from == filing.Correcting):
		c.count(figureDaily, dailySubmitted, t.Province)
	}
	if !known || from.Final() {
		return nil
	}
	return c.countLasting(figureStay, string(from), t.Province, t.At.Sub(t.BeforeAt.Time))
}

// countStuck counts that a filing got stuck or resumed.
func (c tallies) countStuck(t transition) error {
	if t.Kind == filing.EventStuck {
		c.count(figureStuck, t.Detail, "")
		return nil
	}
	if t.BeforeKind.String != string(filing.EventStuck) { // it had already resumed
		return nil
	}
	return c.countLasting(figureResumed, t.BeforeDetail.String, "", t.At.Sub(t.BeforeAt.Time))
}

func (s *Store) countRefused(ctx context.Context, from, until time.Time, c tallies) error {
	return s.eachRow(ctx, refusedQuery, []any{from, until}, func(rows *sqlx.Rows) error {
		var province string
		var code int
		if err := rows.Scan(&province, &code); err != nil {
			return err
		}
		c.count(figureRefusal, RefusalReason{Code: code}.name(), province)
		return nil
	})
}

// countSentBack counts the listed reasons that staff chose; of their own text it only counts that there was one. A
// send-back for several reasons counts for each.
func (s *Store) countSentBack(ctx context.Context, from, until time.Time, c tallies) error {
	return s.eachRow(ctx, sentBackQuery, []any{from, until}, func(rows *sqlx.Rows) error {
		var province string
		var filingID int64
		var revision sql.NullInt64
		var sealed []byte
		if err := rows.Scan(&province, &filingID, &revision, &sealed); err != nil {
			return err
		}
		keys := []string{SentBackSilently}
		if revision.Valid {
			var reason sendBackReason
			if err := s.keys.OpenJSON(sendBackAAD(filingID, int(revision.Int64)), sealed, &reason); err != nil {
				return err
			}
			if keys = reason.Reasons; reason.Text != "" || len(keys) == 0 {
				keys = append(slices.Clone(keys), SentBackInWords)
			}
		}
		for _, key := range keys {
			c.count(figureRefusal, RefusalReason{Ours: true, Key: key}.name(), province)
		}
		return nil
	})
}

// lastClosed is the latest day that is over and can be counted.
func (s *Store) lastClosed() filing.ChinaDay {
	return filing.ChinaDayOf(s.now().Add(-closedAfter)).Add(-1)
}

// firstDay is the first day with an event; false if there is none.
func (s *Store) firstDay(ctx context.Context) (filing.ChinaDay, bool, error) {
	at, found, err := getOptional[time.Time](ctx, s.db, `SELECT at FROM filing_events FORCE INDEX (filing_events_at)
		ORDER BY at, kind LIMIT 1`)
	return filing.ChinaDayOf(at), found, err
}

// uncounted returns the days in a range that are over but not counted, newest first.
func (s *Store) uncounted(ctx context.Context, from, until filing.ChinaDay) (days []filing.ChinaDay, err error) {
	first, any, err := s.firstDay(ctx)
	if err != nil || !any {
		return nil, err
	}
	if from.Before(first) {
		from = first
	}
	if last := s.lastClosed(); last.Before(until) {
		until = last
	}
	counted, err := s.countedDays(ctx, from, until)
	for day := until; !day.Before(from); day = day.Add(-1) {
		if !counted[day.String()] {
			days = append(days, day)
		}
	}
	return days, err
}

func (s *Store) countedDays(ctx context.Context, from, until filing.ChinaDay) (map[string]bool, error) {
	list, err := selectAll[time.Time](ctx, s.db, `SELECT day FROM figure_days WHERE day BETWEEN ? AND ?`,
		from.String(), until.String())
	counted := make(map[string]bool, len(list))
	for _, day := range list {
		counted[day.Format(time.DateOnly)] = true
	}
	return counted, err
}

// CountDays counts up to limit days that are over but not counted, newest first, and returns how many are left. A day
// is counted in one transaction that replaces earlier counts, so counting twice or concurrently is harmless.
func (s *Store) CountDays(ctx context.Context, limit int) (left int, err error) {
	today := filing.ChinaDayOf(s.now())
	days, err := s.uncounted(ctx, today.Add(-FigureDaysRetention), today)
	if err != nil {
		return 0, err
	}
	for _, day := range days[:min(limit, len(days))] {
		c, err := s.countDay(ctx, day)
		if err == nil {
			err = s.saveDay(ctx, day, c)
		}
		if err != nil {
			return 0, err
		}
	}
	return max(0, len(days)-limit), nil
}

// saveDay stores a day's counts and deletes days that are no longer shown.
func (s *Store) saveDay(ctx context.Context, day filing.ChinaDay, c tallies) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		// This comes first, so that if two processes count the same day, one waits for the other.
		if err := execAll(ctx, tx,
			fragmentOf(`INSERT INTO figure_days (day, counted_at) VALUES (?, ?)
				ON DUPLICATE KEY UPDATE counted_at = VALUES(counted_at)`, day.String(), now),
			fragmentOf(`DELETE FROM day_figures WHERE day = ?`, day.String())); err != nil {
			return err
		}
		for keys := range slices.Chunk(slices.Collect(maps.Keys(c)), 500) {
			var rows []any
			for _, key := range keys {
				var times []byte
				if t := c[key]; t.times != nil {
					t.times.Encode(&times, false)
				}
				rows = append(rows, key.figure, key.province, day.String(), key.name, c[key].n, times)
			}
			values := strings.TrimSuffix(strings.Repeat(`(?, ?, ?, ?, ?, ?), `, len(keys)), `, `)
			if err := exec(ctx, tx, `INSERT INTO day_figures (figure, province, day, name, n, times) VALUES `+values,
				rows...); err != nil {
				return err
			}
		}
		old := filing.ChinaDayOf(now).Add(-FigureDaysRetention).String()
		return execAll(ctx, tx, fragmentOf(`DELETE FROM day_figures WHERE day < ?`, old),
			fragmentOf(`DELETE FROM figure_days WHERE day < ?`, old))
	})
}
