package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// history plants filings with known histories.
type history struct {
	t       *testing.T
	s       *store.Store
	now     time.Time
	account int64
}

func newHistory(t *testing.T) *history {
	h := &history{t: t, s: testdb.New(t), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.s.SetClock(func() time.Time { return h.now })
	var err error
	h.account, err = h.s.EnsureAccount(t.Context(), "one")
	require.NoError(t, err)
	return h
}

// at sets the clock to a time in China.
func (h *history) at(text string) {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("CST", 8*3600))
	require.NoError(h.t, err)
	h.now = t
}

// life is a filing advanced by hand.
type life struct {
	h *history
	store.Filing
}

func (h *history) open(number string) *life {
	l := &life{h, placed(h.t, h.s, number, "wang", number+".example.com")}
	l.step("opened", filing.Contact)
	return l
}

func (l *life) write(p store.Progress) {
	l.h.t.Helper()
	l.Seq++
	p.FilingID, p.Seq, p.Actor = l.ID, l.Seq, "test"
	require.NoError(l.h.t, l.h.s.Advance(l.h.t.Context(), p))
}

func (l *life) step(kind filing.EventKind, stage filing.Stage) {
	l.h.t.Helper()
	l.write(store.Progress{EventKind: kind, Stage: stage, Revision: l.Revision})
}

// submit submits a dossier for a province.
func (l *life) submit(province string) {
	l.h.t.Helper()
	var err error
	l.Revision, err = l.h.s.SaveDossier(l.h.t.Context(), l.ID, filingtest.Dossier())
	require.NoError(l.h.t, err)
	_, err = l.h.s.DB().ExecContext(l.h.t.Context(), `UPDATE filings SET province = ? WHERE id = ?`, province, l.ID)
	require.NoError(l.h.t, err)
}

// refuse makes the bureau refuse it with a code.
func (l *life) refuse(code int) {
	l.h.t.Helper()
	ctx := l.h.t.Context()
	_, err := l.h.s.DB().ExecContext(ctx, `INSERT INTO records (filing_id, revision, account_id, created_at)
		VALUES (?, ?, ?, ?)`, l.ID, l.Revision, l.h.account, l.h.now.UTC())
	require.NoError(l.h.t, err)
	_, err = l.h.s.DB().ExecContext(ctx, `INSERT INTO decisions (record_id, approved, code, created_at)
		SELECT id, FALSE, ?, created_at FROM records WHERE filing_id = ? AND revision = ?`, code, l.ID, l.Revision)
	require.NoError(l.h.t, err)
	l.step("refused", filing.Correcting)
}

const shanghai, zhejiang = "310000", "330000"

// month plants the events of the first days of March: three filings in Shanghai and one in Zhejiang. The tests contain
// the expected figures, counted by hand.
func (h *history) month() {
	h.at("2026-03-01 23:00") // the 1st in China, and in UTC
	a := h.open("A1")
	h.at("2026-03-02 01:00") // the 2nd in China, still the 1st in UTC
	a.step("contact_given", filing.Verifying)
	b := h.open("B1")
	c := h.open("C1")
	d := h.open("D1")
	for _, l := range []*life{b, c, d} {
		l.step("contact_given", filing.Verifying)
	}
	h.at("2026-03-02 01:30")
	yes, no := true, false
	a.write(store.Progress{EventKind: "stuck", Stuck: &yes, StuckStep: "send_sms", StuckReason: "operator",
		Detail: "send_sms: operator"})
	h.at("2026-03-02 04:30") // three hours
	a.write(store.Progress{EventKind: "resumed", Stuck: &no, Detail: "send_sms: retry"})
	for _, l := range []*life{a, b, c, d} {
		l.step("verified", filing.Preparing)
	}
	h.at("2026-03-03 10:00")
	for _, l := range []*life{a, b, c} {
		l.submit(shanghai)
		l.step("submitted", filing.Vetting)
	}
	d.submit(zhejiang)
	d.step("submitted", filing.Vetting)
	h.at("2026-03-03 12:00")
	require.NoError(h.t, h.s.SaveSendBack(h.t.Context(), d.ID,
		store.SendBack{Revision: d.Revision, Actor: "test", Reasons: []string{"holder_name"}, Text: "林先生的照片"}))
	d.step("sent_back", filing.Correcting)
	for _, l := range []*life{a, b, c} {
		l.step("submitting", filing.Submitting)
	}
	h.at("2026-03-03 13:00")
	for _, l := range []*life{a, b, c} {
		l.step("accepted", filing.Reviewing)
	}
	h.at("2026-03-04 13:00") // a day
	a.step("approved", filing.Installing)
	h.at("2026-03-05 13:00") // two days
	b.refuse(1003)
	h.at("2026-03-06 09:00")
	b.submit(shanghai)
	b.step("submitting", filing.Submitting)
	a.step("filed", filing.Filed)
	h.at("2026-03-08 13:00") // five days
	c.refuse(1003)
	c.write(store.Progress{EventKind: "stuck", Stuck: &yes, StuckStep: "notify_mail", StuckReason: "temporary",
		Detail: "notify_mail: temporary"})
}

func requireHours(t *testing.T, want float64, got time.Duration) {
	t.Helper()
	require.InEpsilon(t, want, got.Hours(), 0.011)
}

// A restarted workflow writes so both for a filing that was stuck, which resumes by it, and for one that wasn't.
func TestARestartedFilingWentOn(t *testing.T) {
	h, yes, no := newHistory(t), true, false
	h.at("2026-03-02 10:00")
	a, b := h.open("A1"), h.open("B1")
	for _, l := range []*life{a, b} {
		l.write(store.Progress{EventKind: "stuck", Stuck: &yes, StuckStep: "send_sms", StuckReason: "operator",
			Detail: "send_sms: operator"})
	}
	h.at("2026-03-02 11:00")
	b.write(store.Progress{EventKind: "resumed", Stuck: &no, Detail: "send_sms: retry"})
	h.at("2026-03-02 15:00")
	for _, l := range []*life{a, b} {
		l.write(store.Progress{EventKind: "restarted", Stuck: &no})
	}
	h.at("2026-03-02 20:00")
	f, err := h.s.PeriodFigures(t.Context(), 7, "")
	require.NoError(t, err)
	require.Len(t, f.Stuck, 1)
	require.Equal(t, 2, f.Stuck[0].N)
	require.Equal(t, 2, f.Stuck[0].Resumed, "each once")
	requireHours(t, 1, f.Stuck[0].Median)
}

// The console shows the events of a period, by China's days, whether its days were counted before or are counted now.
func TestFiguresOfAPeriod(t *testing.T) {
	h := newHistory(t)
	h.month()
	ctx := t.Context()
	h.at("2026-03-09 20:00")
	before, err := h.s.PeriodFigures(ctx, 9, "")
	require.NoError(t, err)
	require.Equal(t, 7, before.Uncounted, "the 1st to the 7th; yesterday and today are counted at once")
	left, err := h.s.CountDays(ctx, 3)
	require.NoError(t, err)
	require.Equal(t, 5, left)
	for range 2 { // counting twice changes nothing
		left, err = h.s.CountDays(ctx, 100)
		require.NoError(t, err)
		require.Zero(t, left)
	}
	_, err = h.s.DB().ExecContext(ctx, `DELETE FROM figure_days WHERE day = '2026-03-03'`) // as after a crash
	require.NoError(t, err)
	_, err = h.s.CountDays(ctx, 100)
	require.NoError(t, err)

	f, err := h.s.PeriodFigures(ctx, 9, "")
	require.NoError(t, err)
	require.Zero(t, f.Uncounted)
	require.Equal(t, "2026-03-01", f.From.String())
	require.Equal(t, "2026-03-09", f.Until.String())
	days := map[string]store.DayCount{}
	for _, d := range f.Days {
		key := d.Day.String()
		d.Day = filing.ChinaDay{}
		days[key] = d
	}
	require.Len(t, days, 9)
	require.Equal(t, store.DayCount{Opened: 1}, days["2026-03-01"])
	require.Equal(t, store.DayCount{Opened: 3}, days["2026-03-02"])
	require.Equal(t, store.DayCount{Submitted: 4}, days["2026-03-03"])
	require.Equal(t, store.DayCount{Approved: 1}, days["2026-03-04"])
	require.Equal(t, store.DayCount{Refused: 1}, days["2026-03-05"])
	require.Equal(t, store.DayCount{Submitted: 1, Filed: 1}, days["2026-03-06"])
	require.Equal(t, store.DayCount{Refused: 1}, days["2026-03-08"])

	stays := map[filing.Stage]store.StayFigure{}
	for _, stay := range f.Stays {
		stays[stay.Stage] = stay
	}
	require.Len(t, stays, 8, "those that are over aren't stayed in")
	require.Equal(t, 4, stays[filing.Verifying].N)
	requireHours(t, 3.5, stays[filing.Verifying].Median)
	require.Equal(t, 3, stays[filing.Reviewing].N) // 24, 48, 120 hours
	requireHours(t, 48, stays[filing.Reviewing].Median)
	require.Equal(t, 4, stays[filing.Vetting].N)
	requireHours(t, 2, stays[filing.Vetting].Most)
	require.Equal(t, 1, stays[filing.Correcting].N, "the others are still being corrected")
	requireHours(t, 20, stays[filing.Correcting].Median)
	require.Equal(t, 4, stays[filing.Contact].N)
	requireHours(t, 44, stays[filing.Installing].Median)

	require.Equal(t, []store.RefusalFigure{
		{RefusalReason: store.RefusalReason{Code: 1003}, N: 2},
		{RefusalReason: store.RefusalReason{Ours: true, Key: "holder_name"}, N: 1},
		{RefusalReason: store.RefusalReason{Ours: true, Key: store.SentBackInWords}, N: 1},
	}, f.Refusals)

	require.Len(t, f.Stuck, 2)
	mail, sms := f.Stuck[0], f.Stuck[1]
	require.Equal(t, store.Cause{Step: "send_sms", Reason: "operator"}, sms.Cause)
	require.Equal(t, 1, sms.N)
	require.Equal(t, 1, sms.Resumed)
	requireHours(t, 3, sms.Median)
	require.Zero(t, sms.Now.N)
	require.Equal(t, store.Cause{Step: "notify_mail", Reason: "temporary"}, mail.Cause)
	require.Zero(t, mail.Resumed)
	require.Equal(t, 1, mail.Now.N)

	require.Len(t, f.Provinces, 2)
	sh, zj := f.Provinces[0], f.Provinces[1]
	require.Equal(t, shanghai, sh.Province)
	require.Equal(t, 4, sh.Submitted)
	require.Equal(t, 1, sh.Approved)
	require.Equal(t, 2, sh.Refused)
	require.Equal(t, 3, sh.Decided())
	requireHours(t, 48, sh.Median)
	require.Equal(t, store.ProvinceFigure{Province: zhejiang, Submitted: 1}, zj)

	// A shorter period has fewer events, and a province has its own.
	short, err := h.s.PeriodFigures(ctx, 2, "")
	require.NoError(t, err)
	require.Len(t, short.Days, 2)
	require.Equal(t, []store.RefusalFigure{{RefusalReason: store.RefusalReason{Code: 1003}, N: 1}}, short.Refusals)
	of, err := h.s.PeriodFigures(ctx, 9, zhejiang)
	require.NoError(t, err)
	require.Equal(t, 1, of.Days[2].Submitted)
	require.Zero(t, of.Days[1].Opened)
	require.Len(t, of.Refusals, 2)
	require.Equal(t, f.Provinces, of.Provinces, "they are compared in any case")
	require.Equal(t, f.Stuck, of.Stuck)
	for _, stay := range of.Stays {
		require.Equal(t, map[filing.Stage]int{filing.Contact: 1, filing.Verifying: 1, filing.Preparing: 1,
			filing.Vetting: 1}[stay.Stage], stay.N, stay.Stage)
	}
	// The stored counts contain neither staff's own text nor filing numbers.
	var names string
	require.NoError(t, h.s.DB().QueryRowContext(ctx, `SELECT GROUP_CONCAT(DISTINCT name) FROM day_figures`).Scan(&names))
	require.NotContains(t, names, "林")
	require.NotContains(t, names, "D1")
}

// Medians and percentiles are computed over all days together, not averaged.
func TestFiguresMergeDays(t *testing.T) {
	h := newHistory(t)
	var now time.Time
	for i := range 20 { // 1 to 20 hours; the slow ones come first by day
		h.at("2026-04-01 00:30")
		h.now = h.now.AddDate(0, 0, i%4)
		l := h.open(fmt.Sprintf("H%d", i))
		h.now = h.now.Add(time.Duration(20-i) * time.Hour)
		l.step("contact_given", filing.Verifying)
		if now.Before(h.now) {
			now = h.now
		}
	}
	h.now = now.AddDate(0, 0, 1)
	_, err := h.s.CountDays(t.Context(), 100)
	require.NoError(t, err)
	f, err := h.s.PeriodFigures(t.Context(), 30, "")
	require.NoError(t, err)
	require.Equal(t, 20, f.Stays[0].N)
	requireHours(t, 10, f.Stays[0].Median)
	requireHours(t, 19, f.Stays[0].Most)
}

// Until it is counted, a day that just ended is counted live, including late events.
func TestYesterdayIsThereAtMidnight(t *testing.T) {
	h := newHistory(t)
	h.at("2026-03-01 12:00")
	h.open("A1")
	h.at("2026-03-02 23:59")
	h.open("B1")
	h.at("2026-03-03 00:05")
	left, err := h.s.CountDays(t.Context(), 100)
	require.NoError(t, err)
	require.Zero(t, left)
	opened := func() (n []int) {
		f, err := h.s.PeriodFigures(t.Context(), 3, "")
		require.NoError(t, err)
		require.Zero(t, f.Uncounted)
		for _, d := range f.Days {
			n = append(n, d.Opened)
		}
		return n
	}
	require.Equal(t, []int{1, 1, 0}, opened())
	h.at("2026-03-02 23:58")
	h.open("C1")
	h.at("2026-03-03 00:20")
	require.Equal(t, []int{1, 2, 0}, opened())
	_, err = h.s.CountDays(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 0}, opened())
}

// The cost of counting a day and showing a period doesn't depend on the number of earlier events.
func TestFiguresAreCheap(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	manyFilings(t, s, 13)
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := s.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
	}
	// Eight thousand filings with sixteen events each, spread over a year; the last day has a few hundred.
	for seq, kind := range []string{"opened", "contact_given", "verified", "submitted", "submitting", "accepted",
		"refused", "submitting", "accepted", "refused", "submitting", "accepted", "approved", "stuck", "resumed", "filed"} {
		exec(`INSERT INTO filing_events (filing_id, seq, at, kind, actor, detail)
			SELECT id, ? + 1, '2025-01-01' + INTERVAL id % 350 DAY + INTERVAL ? HOUR, ?, 'test', 'send_sms: operator'
			FROM filings`, seq, seq, kind)
	}
	exec(`INSERT INTO send_backs (filing_id, revision, sealed_reason, sent_back_by, created_at)
		SELECT id, 1, '', 'test', created_at FROM filings`)
	account, err := s.EnsureAccount(ctx, "one")
	require.NoError(t, err)
	exec(`INSERT INTO records (filing_id, revision, account_id, created_at) SELECT id, 1, ?, created_at
		FROM filings`, account)
	exec(`INSERT INTO decisions (record_id, approved, code, created_at) SELECT id, FALSE, 1003, created_at FROM records`)
	exec(`ANALYZE TABLE filing_events, filings, records, decisions, send_backs`)
	for name, query := range store.DayQueries(time.Date(2025, 6, 1, 16, 0, 0, 0, time.UTC)) {
		plan := explain(ctx, t, s.DB(), query.SQL, query.Args)
		for _, step := range plan {
			switch step["table"] {
			case "e":
				require.Equal(t, "filing_events_at", step["key"], "%s: %v", name, step)
			case "f", "p", "q", "b", "s", "d":
				require.Equal(t, "PRIMARY", step["key"], "%s: %v", name, step)
			case "r":
				require.Equal(t, "records_filing", step["key"], "%s: %v", name, step)
			default:
				require.NotEmpty(t, step["key"], "%s: %v", name, step)
			}
		}
	}
	s.SetClock(func() time.Time { return time.Date(2025, 12, 20, 4, 0, 0, 0, time.UTC) })
	_, err = s.CountDays(ctx, 400)
	require.NoError(t, err)
	exec(`ANALYZE TABLE day_figures, figure_days`)
	for _, step := range explain(ctx, t, s.DB(), store.PeriodSQL,
		[]any{"stay", "310000", "2025-01-01", "2025-12-31", "310000", "", ""}) {
		require.Equal(t, "PRIMARY", step["key"], "%v", step)
		require.Equal(t, "range", step["type"], "%v", step)
	}
	var f store.PeriodFigures
	read := readRows(t, s, func() {
		f, err = s.PeriodFigures(ctx, 365, "")
		require.NoError(t, err)
	})
	require.Less(t, read, 30_000, "of 131,072 lines")
	require.Greater(t, f.Stays[0].N, 8000)
}

// BenchmarkFiguresOfAYear shows a year in which 31 provinces had filings every day, with durations as from a thousand
// filings a day.
func BenchmarkFiguresOfAYear(b *testing.B) {
	s := testdb.New(b)
	ctx := b.Context()
	require.NoError(b, store.PlantYear(ctx, s, time.Now()))
	for b.Loop() {
		f, err := s.PeriodFigures(ctx, 365, "")
		require.NoError(b, err)
		require.Len(b, f.Provinces, len(filing.Provinces()))
	}
}
