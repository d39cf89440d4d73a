package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
)

// play makes filings of every kind, drawn at random, against a bureau that
// misbehaves.
type play struct {
	*counterpart
	t     *testing.T
	r     *rapid.T
	nth   int
	count int
	// filings holds this run's filings, each with its newest revision.
	filings   []int64
	dossiers  map[int64]filing.Dossier
	corrected map[int64]bool
	revisions int
	edition   stand.Edition
	// several are orders with several sites; heard is the last signal that their workflows got.
	several []*severalSites
	heard   int64
}

const seededHolders = 2

// sql runs queries that no store function covers.
func (c *counterpart) sql() *sqlx.DB { return sqlx.NewDb(c.db.DB(), "mysql") }

func (h *play) seededNumber(i int) string { return fmt.Sprintf("沪ICP备05%06d号", h.nth*10+i) }

func (h *play) document() string { return fmt.Sprintf("P%04d%04d", h.nth, h.count) }

func (h *play) domain() string { return fmt.Sprintf("s%d.run%d.example.com", h.count, h.nth) }

func (h *play) seed() {
	for i := range seededHolders {
		h.stand.Load().Seed(stand.SeedFiling{
			HolderName: "上海样例网络科技有限公司", DocumentNumber: fmt.Sprintf("SEED%d-%d", h.nth, i), Province: "310000",
			Number: h.seededNumber(i), Password: "right", Domains: []string{fmt.Sprintf("seeded%d.run%d.example.net", i, h.nth)},
			HomePage: fmt.Sprintf("http://seeded%d.run%d.example.net", i, h.nth),
		})
	}
}

func (h *play) site() filing.Site {
	s := filingtest.Site(h.domain(), "192.0.2.10")
	s.Name = rapid.SampledFrom([]string{"读书笔记", "样例网站", "违规网站", "不合格网站", "坏记录"}).Draw(h.r, "name")
	return s
}

func (h *play) proof(number string) filing.OwnershipProof {
	return filing.OwnershipProof{Number: number,
		Password: rapid.SampledFrom([]string{"right", "right", "right", "wrong"}).Draw(h.r, "password")}
}

// next draws a filing of any kind; follow-ups need an approved filing of our own.
func (h *play) next() filing.Dossier {
	h.count++
	kinds := filing.Beginnings
	own, subject := h.approved()
	if own {
		kinds = slices.Concat(kinds, filing.FollowUps)
	}
	d := filing.Dossier{Kind: rapid.SampledFrom(kinds).Draw(h.r, "kind"), Subject: subject}
	seeded := h.seededNumber(rapid.IntRange(0, seededHolders-1).Draw(h.r, "seeded"))
	switch d.Kind {
	case filing.KindNew:
		d.Holder, d.Site, d.Subject = filingtest.PersonHolder(), h.site(), filing.Subject{}
		d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, h.document()
	case filing.KindNewSite:
		d.Holder, d.Site, d.OwnershipProof = filingtest.CompanyHolder(), h.site(), h.proof(seeded)
	case filing.KindNewAccess:
		d.Holder, d.Site, d.OwnershipProof = filingtest.CompanyHolder(), h.site(), h.proof(seeded+"-1")
	case filing.KindChange:
		d.Holder, d.Site = filingtest.PersonHolder(), h.site()
		if h.edition == stand.EditionToday {
			h.keepDomains(&d)
		}
		d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, h.document()
	case filing.KindEndHolder:
		d.Ending.Reason, d.OwnershipProof.Password = 4, h.stand.Load().PasswordOf(subject.HolderNumber)
	default:
		d.Ending.Reason = rapid.SampledFrom([]int{1, 99}).Draw(h.r, "reason")
	}
	return d
}

// keepDomains leaves a changed site the domains that it has: a bureau of today takes no others.
func (h *play) keepDomains(d *filing.Dossier) {
	filed, err := h.db.FiledByNumber(h.t.Context(), d.Subject.HolderNumber)
	require.NoError(h.r, err)
	for _, holder := range filed {
		for _, site := range holder.Sites {
			if site.ID != d.Subject.SiteID {
				continue
			}
			d.Site.Domains = nil
			for _, domain := range site.Domains {
				d.Site.Domains = append(d.Site.Domains, domain.Name)
			}
			d.Site.HomePage = "http://" + d.Site.Domains[0] + "/"
		}
	}
}

// approved draws a filing that the bureau has approved.
func (h *play) approved() (bool, filing.Subject) {
	var subjects []filing.Subject
	for _, id := range h.filings {
		d, err := h.db.LatestDecision(h.t.Context(), id)
		if err == nil && d.Approved && h.dossiers[id].Kind.Operation() <= filing.KindNewAccess.Operation() &&
			d.HolderID != 0 {
			subjects = append(subjects, filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber, SiteID: d.SiteID,
				SiteNumber: d.SiteNumber, AccessID: d.AccessID})
		}
	}
	if len(subjects) == 0 {
		return false, filing.Subject{}
	}
	return true, rapid.SampledFrom(subjects).Draw(h.r, "subject")
}

func (h *play) open() {
	d := h.next()
	id := h.addDossier(h.t, d)
	h.filings, h.dossiers[id] = append(h.filings, id), d
	h.revisions++
}

// correct resubmits a refused filing.
func (h *play) correct() {
	for _, id := range h.filings {
		d, err := h.db.LatestDecision(h.t.Context(), id)
		if err != nil || d.Approved || h.corrected[id] {
			continue
		}
		h.corrected[id] = true
		dossier := h.dossiers[id]
		dossier.Site.Name, dossier.Ending.Reason = "读书笔记", 1
		if dossier.OwnershipProof.Number != "" {
			dossier.OwnershipProof.Password = "right"
		}
		require.NoError(h.r, h.db.Advance(h.t.Context(),
			store.Progress{FilingID: id, Seq: 2, Stage: filing.Correcting, Revision: 1, EventKind: "refused", Actor: "test"}))
		revision, err := h.db.SaveDossier(h.t.Context(), id, dossier)
		require.NoError(h.r, err)
		require.NoError(h.r, h.filing.QueueRecord(h.t.Context(), activities.RecordRef{FilingID: id, Revision: revision}))
		h.dossiers[id] = dossier
		h.revisions++
		return
	}
}

// unsettled counts undecided revisions, apart from those that the bureau doesn't answer, and data files that the bureau
// may have without our knowing.
func (c *counterpart) unsettled() (n int) {
	query, args, err := sqlx.In(`
		SELECT (SELECT COUNT(*) FROM records r LEFT JOIN decisions d ON d.record_id = r.id WHERE r.account_id = ?
		AND d.approved IS NULL AND r.id NOT IN (?))
			+ (SELECT COUNT(*) FROM bureau_uploads WHERE account_id = ? AND accepted_at IS NULL)`, c.account,
		append(c.held(), 0), c.account)
	require.NoError(c.t, err)
	require.NoError(c.t, c.sql().Get(&n, query, args...))
	return n
}

// decidedRecord is a revision as stored in the database.
type decidedRecord struct {
	ID        int64  `db:"id"`
	Operation int    `db:"operation"`
	Sequence  int64  `db:"sequence"`
	ReviewKey string `db:"review_key"`
	Code      int    `db:"code"`
	Carried   bool   `db:"carried"`
}

// key identifies a record in the bureau's truth.
func (d decidedRecord) key() string {
	id := fmt.Sprint(d.ID)
	switch d.Operation {
	case filing.KindNew.Operation():
	case filing.KindNewSite.Operation():
		id += "001"
	case filing.KindNewAccess.Operation():
		id += "002"
	default:
		id = d.ReviewKey
	}
	return fmt.Sprintf("%d/%d/%s", d.Sequence, d.Operation, id)
}

// equalsTruth compares every record with the bureau's result, and checks how many revisions were decided. What travels
// in another's record has no result of its own.
func equalsTruth(t require.TestingT, c *counterpart, revisions int) {
	var records []decidedRecord
	require.NoError(t, c.sql().Select(&records, `
		SELECT r.id, r.operation, COALESCE(r.sequence, 0) AS sequence, COALESCE(r.review_key, '') AS review_key, d.code,
			r.carrier_id IS NOT NULL AS carried
		FROM records r JOIN decisions d ON d.record_id = r.id WHERE r.account_id = ? AND d.approved IS NOT NULL
		ORDER BY r.id`, c.account))
	ours, theirs := map[string]int{}, map[string]int{}
	for _, d := range records {
		if d.Code != bureau.CodeSchema && !d.Carried { // its file was refused as a whole: the bureau has no record
			ours[d.key()] = d.Code
		}
	}
	truth := slices.DeleteFunc(c.stand.Load().Truth(), func(r stand.Truth) bool { return r.Held })
	for _, r := range truth {
		theirs[fmt.Sprintf("%d/%d/%d", r.Sequence, r.Kind, r.RecordID)] = r.Code
	}
	require.Len(t, records, revisions)
	require.Len(t, truth, len(ours), "every record reached the bureau, once")
	require.Equal(t, theirs, ours)
	for key, times := range c.stand.Load().AcceptedKeys() {
		var kind, id int
		_, err := fmt.Sscanf(key, "%d/%d", &kind, &id)
		require.NoError(t, err)
		if kind <= filing.KindNewAccess.Operation() {
			require.Equal(t, 1, times, "record %s is submitted once", key)
		}
	}
	wholeSequence(t, c)
}

// wholeSequence checks that both sides used every sequence number exactly once.
func wholeSequence(t require.TestingT, c *counterpart) {
	var sequences []int64
	require.NoError(t, c.sql().Select(&sequences, `SELECT sequence FROM bureau_uploads WHERE account_id = ?
		AND accepted_at IS NOT NULL ORDER BY sequence`, c.account))
	for i, n := range sequences {
		require.EqualValues(t, i+1, n)
	}
	require.EqualValues(t, c.stand.Load().Sequence(), len(sequences))
	require.Zero(t, c.unsettled())
}

// faults are faults an operator of the bureau might set during a run, on top of the stand-in's random ones.
var faults = []fault.Fault{
	{Operation: "isp_upload", Mode: fault.Lose, Times: 1},
	{Operation: "isp_upload", Mode: fault.Fail, Code: "901", Times: 2},
	{Operation: "isp_upload", Mode: fault.Fail, Code: "gap", Times: 1},
	{Operation: "isp_download", Mode: fault.Fail, Code: "902", Times: 1},
	{Operation: "isp_download", Mode: fault.Fail, Code: "hash", Times: 4},
	{Operation: "isp_download", Mode: fault.Fail, Code: "truncated", Times: 4},
	{Operation: "isp_download", Mode: fault.Fail, Code: "encoding", Times: 1},
	{Operation: "isp_download", Mode: fault.Fail, Code: "duplicate", Times: 2},
	{Operation: "isp_download", Mode: fault.Fail, Code: "late", Times: 1},
	{Operation: "isp_download", Mode: fault.Fail, Code: "outoforder", Times: 2},
	{Operation: "isp_downloadack", Mode: fault.Lose, Times: 4},
	{Operation: "certificate", Mode: fault.Fail, Times: 4},
}

// Every decision equals the bureau's, for filings of every kind on seeded and own filings, although results come
// late, twice, out of order or corrupted. Orders with several sites end as the bureau decided for each of them.
func TestEveryKindEqualsTheBureausTruth(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)    // all runs share one database, with an account each
	c.step = 20 * time.Minute // shorter than the time after which a corrupted file is accepted
	c.db.LiftQuotas()         // one customer does what many would
	client := c.bureau.Accounts[c.account]
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		account, err := c.db.EnsureAccount(t.Context(), fmt.Sprintf("run %d", runs))
		require.NoError(r, err)
		require.NoError(r, c.db.KeepAccounts(t.Context(), []int64{account}))
		c.account = account
		c.bureau.Accounts = map[int64]activities.BureauAccount{account: client}
		h := &play{counterpart: c, t: t, r: r, nth: runs, dossiers: map[int64]filing.Dossier{}, corrected: map[int64]bool{},
			edition: rapid.SampledFrom([]stand.Edition{stand.Edition2005, stand.EditionToday}).Draw(r, "edition")}
		c.filing = &activities.Filing{Store: c.db, Start: h.start}
		c.bureau.Filings = c.filing
		h.run()
	})
}

func (h *play) run() {
	o := stand.Options{
		Edition: h.edition, RefuseSiteNames: map[string]int{"违规": 1020, "不合格": 1002, "无人理会": 0}, SchemaBreaks: "坏记录",
		Clock:       func() time.Time { return h.now },
		ReviewAfter: time.Duration(rapid.SampledFrom([]int{0, 0, 2}).Draw(h.r, "review")) * time.Hour,
		Random:      &stand.RandomFaults{Seed: rapid.Uint64().Draw(h.r, "seed"), Rate: 0.2},
	}
	if h.edition == stand.EditionToday {
		o.SMSVerification = 24 * time.Hour
	}
	h.with(o)
	h.seed()
	require.NoError(h.r, h.sql().Get(&h.heard, `SELECT COALESCE(MAX(id), 0) FROM signals`))
	for range rapid.IntRange(1, 5).Draw(h.r, "rounds") {
		for range rapid.IntRange(1, 3).Draw(h.r, "filings") {
			if rapid.IntRange(0, 3).Draw(h.r, "several") == 0 {
				h.openSeveral()
			} else {
				h.open()
			}
		}
		if rapid.Bool().Draw(h.r, "correct") {
			h.correct()
		}
		h.customers(false)
		if rapid.Bool().Draw(h.r, "misbehaves") {
			h.stand.Load().Faults.Set(rapid.SampledFrom(faults).Draw(h.r, "fault"))
		}
		if rapid.Bool().Draw(h.r, "synchronises") {
			_ = h.stand.Load().PushSync("") // fails while nothing is filed
		}
		h.exchange()
		h.hear()
		h.managers(false)
	}
	h.stand.Load().Faults.Clear()
	for n := range 120 {
		if n > 0 && h.unsettled() == 0 && h.atRest() {
			break
		}
		if n%30 == 0 { // the next file reveals what a gap lost
			h.count++
			d := filing.Dossier{Holder: filingtest.PersonHolder(), Site: filingtest.Site(h.domain(), "192.0.2.10")}
			d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, h.document()
			id := h.addDossier(h.t, d)
			h.filings, h.dossiers[id] = append(h.filings, id), d
			h.revisions++
		}
		h.customers(true)
		h.exchange()
		h.hear()
		h.managers(true)
	}
	require.Zero(h.r, h.unsettled(), "every decision came back")
	h.sitesEqualTheBureaus()
	equalsTruth(h.r, h.counterpart, h.revisions+h.severalRevisions())
}
