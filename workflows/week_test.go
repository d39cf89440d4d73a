package workflows_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
)

// heardSignals counts signals instead of sending them.
type heardSignals struct {
	client.Client
	heard map[string]int
}

func (s *heardSignals) SignalWorkflow(_ context.Context, _, _, name string, _ any) error {
	s.heard[name]++
	return nil
}

const (
	weekSeeded   = 60
	weekArrivals = 4 * 48 // half hours in four days
)

// week is thousands of filings with a real database and a bureau that opens in the daytime, takes one to three days to
// review, and fails now and then.
type week struct {
	*counterpart
	t *testing.T
	// filings is how many file.
	filings   int
	signals   *heardSignals
	revisions int
	corrected map[int64]bool
	// spent sums up where the time went.
	spent map[string]time.Duration
	files int
}

func (w *week) seededNumber(n int) string { return fmt.Sprintf("沪ICP备05%06d号", n) }

// dossier is the n-th filing: every 30th is a new site of a holder filed elsewhere, every 20th has a name that is
// refused until corrected.
func (w *week) dossier(n int, corrected bool) filing.Dossier {
	d := filingtest.Dossier()
	d.Site = filingtest.Site(fmt.Sprintf("www%d.example.com", n), "192.0.2.10")
	switch {
	case n%20 == 0 && !corrected:
		d.Site.Name = "违规网站"
	case n%100 == 1:
		d.Site.Name = "样例 结果1999"
	}
	if i := n / 30; n%30 == 7 && i < weekSeeded {
		d.Kind, d.Holder, d.OwnershipProof = filing.KindNewSite, filingtest.CompanyHolder(),
			filing.OwnershipProof{Number: w.seededNumber(i), Password: "right"}
		return d
	}
	d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("P%08d", n)
	return d
}

// orders inserts the filings' orders in bulk: filing n has the ID n.
func (w *week) orders() {
	ctx := w.t.Context()
	_, err := w.db.ImportOrder(ctx, store.OrderImport{Number: "first", Customer: "demo", Product: "p"})
	require.NoError(w.t, err)
	user, err := w.db.UserByLogin(ctx, "demo")
	require.NoError(w.t, err)
	const rows = 1000
	for from := 1; from <= w.filings; from += rows {
		var orders, filings []any
		for n := from; n < from+rows; n++ {
			orders = append(orders, n+1, fmt.Sprintf("W%d", n), user.ID, w.now, w.now)
			filings = append(filings, n, n+1, filing.Preparing, w.now, w.now)
		}
		insert := func(into, row string, args []any) {
			_, err := w.db.DB().ExecContext(ctx, into+strings.TrimSuffix(strings.Repeat(row+",", rows), ","), args...)
			require.NoError(w.t, err)
		}
		insert(`INSERT INTO orders (id, number, customer_id, product, created_at, updated_at)
			VALUES `, `(?, ?, ?, 'p', ?, ?)`, orders)
		insert(`INSERT INTO filings (id, order_id, stage, stage_since, created_at) VALUES `, `(?, ?, ?, ?, ?)`, filings)
	}
}

func (w *week) submit(n int64, d filing.Dossier) {
	revision, err := w.db.SaveDossier(w.t.Context(), n, d)
	require.NoError(w.t, err)
	require.NoError(w.t, w.filing.QueueRecord(w.t.Context(), activities.RecordRef{FilingID: n, Revision: revision}))
	w.revisions++
}

// correct resubmits the filings that were refused for their names.
func (w *week) correct() {
	var refused []int64
	require.NoError(w.t, w.sql().Select(&refused, `
		SELECT r.filing_id FROM decisions d JOIN records r ON r.id = d.record_id WHERE d.code = 1020 AND r.revision = 1
		ORDER BY r.id`))
	for _, n := range refused {
		if w.corrected[n] {
			continue
		}
		w.corrected[n] = true
		require.NoError(w.t, w.db.Advance(w.t.Context(),
			store.Progress{FilingID: n, Seq: 1, Stage: filing.Correcting, Revision: 1, EventKind: "refused", Actor: "test"}))
		w.submit(n, w.dossier(int(n), true))
	}
}

func (w *week) timed(what string, do func()) {
	began := time.Now()
	do()
	w.spent[what] += time.Since(began)
}

// After a week of exchanges for thousands of filings, every filing has the bureau's decision, no number is skipped, and
// nothing is submitted twice.
func TestAWeekOfThousandsOfFilings(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	t.Parallel()
	w := &week{counterpart: newCounterpart(t), t: t, filings: 2000, signals: &heardSignals{heard: map[string]int{}},
		corrected: map[int64]bool{}, spent: map[string]time.Duration{}}
	if more := os.Getenv("BEIAN_WEEK"); more != "" {
		var err error
		w.filings, err = strconv.Atoi(more)
		require.NoError(t, err)
		require.True(t, w.filings >= 2000 && w.filings%1000 == 0, "BEIAN_WEEK: want thousands, two of them at least")
	}
	w.step = 30 * time.Minute
	w.now = time.Date(2026, 11, 23, 0, 0, 0, 0, bureau.China)
	w.bureau.Temporal = w.signals
	w.with(stand.Options{
		RefuseSiteNames: map[string]int{"违规": 1020}, Clock: func() time.Time { return w.now }, Hours: "09:00-17:30",
		ReviewAfter: 24 * time.Hour, ReviewUpTo: 72 * time.Hour, Random: &stand.RandomFaults{Seed: 1, Rate: 0.02},
	})
	for i := range weekSeeded {
		w.stand.Load().Seed(stand.SeedFiling{
			DocumentNumber: fmt.Sprintf("SEED%d", i), Province: "310000", Number: w.seededNumber(i), Password: "right",
			Domains: []string{fmt.Sprintf("seeded%d.example.net", i)}, HomePage: fmt.Sprintf("http://seeded%d.example.net", i),
		})
	}
	w.timed("orders", w.orders)
	w.play()
	equalsTruth(t, w.counterpart, w.revisions)
	w.ended()
	w.scansNothing()
}

// rowsRead counts the rows that the database server reads during do, on a single connection, because the counter
// is per connection.
func (w *week) rowsRead(do func()) int {
	w.db.DB().SetMaxOpenConns(1)
	read := func() int {
		var rows []struct {
			Name  string `db:"Variable_name"`
			Value int    `db:"Value"`
		}
		require.NoError(w.t,
			w.sql().Select(&rows,
				`SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler\\_read%' AND Variable_name NOT LIKE '%retry' AND Variable_name NOT LIKE '%deleted'`))
		n := 0
		for _, r := range rows {
			n += r.Value
		}
		return n
	}
	first := read()
	own := read() - first // reading the counter reads rows too
	before := read()
	do()
	return read() - before - own
}

// scansNothing checks that work on one filing reads one filing's rows, however many there are.
func (w *week) scansNothing() {
	w.now = time.Date(2026, 12, 21, 10, 0, 0, 0, bureau.China)
	w.stand.Load().Faults.Clear()
	const few = 200 // of thousands
	require.Less(w.t, w.rowsRead(func() { w.exchange() }), few, "with nothing to do")
	n := w.addDossier(w.t, filing.Dossier{
		Kind: filing.KindNewSite, Holder: filingtest.CompanyHolder(), Site: filingtest.Site("late.example.com", "192.0.2.10"),
		OwnershipProof: filing.OwnershipProof{Number: w.seededNumber(0), Password: "wrong"},
	})
	require.Less(w.t, w.rowsRead(func() { w.exchange() }), few, "with one record and its result")
	require.Less(w.t, w.rowsRead(func() {
		d, err := w.db.LatestDecision(w.t.Context(), n)
		require.NoError(w.t, err)
		require.Equal(w.t, 1018, d.Code)
	}), few)
}

// play runs until everything is decided, for three weeks at most.
func (w *week) play() {
	arrived, maintenance := 0, time.Date(2026, 11, 25, 11, 0, 0, 0, bureau.China)
	for n := 1; n <= 21*48; n++ {
		due := w.filings * min(n, weekArrivals) / weekArrivals
		w.timed("queueing", func() {
			for arrived < due {
				arrived++
				w.submit(int64(arrived), w.dossier(arrived, false))
			}
			if n%16 == 0 {
				w.correct()
			}
		})
		switch w.now {
		case maintenance:
			w.stand.Load().Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: "901"})
			w.stand.Load().Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: "902"})
		case maintenance.Add(2 * time.Hour):
			w.stand.Load().Faults.Clear()
		}
		w.timed("exchange", func() {
			result := w.exchange()
			w.files += result.Submitted + result.Downloaded
		})
		if arrived == w.filings && len(w.corrected) == w.filings/20 && w.unsettled() == 0 {
			w.t.Logf("all decided after %v", w.now.Sub(time.Date(2026, 11, 23, 0, 0, 0, 0, bureau.China)))
			return
		}
	}
	require.Zero(w.t, w.unsettled(), "not decided")
}

// ended checks what is left besides the decisions.
func (w *week) ended() {
	var approved, refused, unsent int
	get := func(into *int, query string) { require.NoError(w.t, w.sql().Get(into, query)) }
	get(&approved, `SELECT COUNT(*) FROM decisions WHERE approved`)
	get(&refused, `SELECT COUNT(*) FROM decisions WHERE NOT approved`)
	get(&unsent, `SELECT COUNT(*) FROM signals WHERE sent_at IS NULL`)
	require.Zero(w.t, unsent)
	require.Equal(w.t, w.filings-w.filings/100, approved, "all except those refused for another reason")
	require.Equal(w.t, w.filings/100+w.filings/20, refused)
	require.Equal(w.t, w.revisions, w.signals.heard[store.SignalAccepted])
	require.Equal(w.t, w.revisions, w.signals.heard[store.SignalDecided])
	var tasks int
	get(&tasks, `SELECT COUNT(*) FROM staff_tasks WHERE kind = '`+store.TaskProviderActs+`'`)
	require.Equal(w.t, w.filings/100, tasks)
	w.t.Logf("%d filings, %d revisions, %d data files, %.0f filings a second in the exchange", w.filings, w.revisions,
		w.files, float64(w.filings)/w.spent["exchange"].Seconds())
	for what, d := range w.spent {
		w.t.Logf("%s: %.0f %% of the time", what,
			100*d.Seconds()/(w.spent["orders"]+w.spent["queueing"]+w.spent["exchange"]).Seconds())
	}
}
