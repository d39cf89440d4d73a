package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// group is an order with several sites, each with a filing, of one holder.
type group struct {
	t       *testing.T
	s       *store.Store
	account int64
	order   store.Order
	sites   []store.Site
	filings []store.Filing
	seq     map[int64]int64
}

func domains(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("www.example%d.com", i+1))
	}
	return list
}

// newGroup opens the filings of all sites of an order with n domains.
func newGroup(t *testing.T, n int) *group {
	t.Helper()
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, s.SetSMSVerificationHours(ctx, account, 24))
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: domains(n)})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	g := &group{t: t, s: s, account: account, seq: map[int64]int64{}}
	g.order, err = s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	g.sites, err = s.SitesOf(ctx, g.order.ID)
	require.NoError(t, err)
	var ids []int64
	for _, w := range g.sites {
		ids = append(ids, w.ID)
	}
	g.filings, err = s.OpenSites(ctx, g.order.ID, ids...)
	require.NoError(t, err)
	return g
}

func (g *group) read(i int) store.Filing {
	g.t.Helper()
	f, err := g.s.Filing(g.t.Context(), g.filings[i].ID)
	require.NoError(g.t, err)
	return f
}

func (g *group) advance(i int, p store.Progress) {
	g.t.Helper()
	p.FilingID = g.filings[i].ID
	g.seq[p.FilingID]++
	p.Seq, p.EventKind = g.seq[p.FilingID], "k"
	require.NoError(g.t, g.s.Advance(g.t.Context(), p))
}

// verified lets the carrier's contact be verified, so that the others begin.
func (g *group) verified() {
	g.t.Helper()
	_, err := g.s.RegisterContact(g.t.Context(), g.order.CustomerID, g.filings[0].ID, filingtest.Contact(), "hash")
	require.NoError(g.t, err)
	for i := range g.filings {
		g.advance(i, store.Progress{Stage: filing.Preparing})
	}
}

// submit submits a site's dossier and, as its workflow does, queues the record unless it waits.
func (g *group) submit(i int) {
	g.t.Helper()
	ctx := g.t.Context()
	d := filingtest.Dossier()
	d.Site.Domains = []string{g.sites[i].Domain}
	f := g.read(i)
	if f.Companion() {
		d.Holder = filing.Holder{}
	}
	revision, err := g.s.SaveDossier(ctx, f.ID, d)
	require.NoError(g.t, err)
	g.queue(i, revision)
}

func (g *group) queue(i, revision int) {
	g.t.Helper()
	g.advance(i, store.Progress{Stage: filing.Submitting, Revision: revision, Attention: new(filing.Attention)})
	if f := g.read(i); !f.AwaitsHolder {
		require.NoError(g.t, g.s.QueueRecord(g.t.Context(), store.NewRecord{AccountID: g.account, FilingID: f.ID,
			Revision: revision, Operation: filing.KindNew.Operation()}))
	}
}

// pack packs the next file and returns its records with their companions, and has the bureau accept it.
func (g *group) pack() (records [][]int64) {
	g.t.Helper()
	ctx := g.t.Context()
	sequence, err := g.s.PackNext(ctx, g.account, 10, store.Builders{
		Filings: func(_ int64, rows []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
			records = nil
			for _, r := range rows {
				records = append(records, append([]int64{r.ID}, r.With()...))
			}
			return []byte("file"), nil, nil
		}})
	require.NoError(g.t, err)
	if sequence == 0 {
		require.Empty(g.t, records)
		return nil
	}
	require.NoError(g.t, g.s.UploadAttempt(ctx, g.account, sequence, "w"))
	require.NoError(g.t, g.s.UploadAccepted(ctx, g.account, sequence))
	return records
}

func (g *group) apply(v ...store.Verdict) store.Applied {
	g.t.Helper()
	done, err := g.s.ApplyDownload(g.t.Context(), g.account, 0, v)
	require.NoError(g.t, err)
	return done
}

// signals are the names and payloads of the signals to a site's filing.
func (g *group) signals(i int) (list []string) {
	g.t.Helper()
	all, err := g.s.UnsentSignals(g.t.Context(), 0, 1000)
	require.NoError(g.t, err)
	for _, s := range all {
		if s.FilingID == g.filings[i].ID {
			list = append(list, s.Name+" "+s.Payload)
		}
	}
	return list
}

func (g *group) due() (ids []int64) {
	g.t.Helper()
	list, err := g.s.DueFilings(g.t.Context(), g.order.ID, 100)
	require.NoError(g.t, err)
	for _, f := range list {
		ids = append(ids, f.ID)
		require.NoError(g.t, g.s.Started(g.t.Context(), f))
	}
	return ids
}

func TestOrderHasASiteForEachRegistrableDomain(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	imported := func(domains ...string) (list []string) {
		t.Helper()
		_, err := s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: domains})
		require.NoError(t, err)
		order, err := s.OrderByNumber(ctx, "D1")
		require.NoError(t, err)
		sites, err := s.SitesOf(ctx, order.ID)
		require.NoError(t, err)
		for _, w := range sites {
			text := fmt.Sprint(w.Domain, w.Hosts)
			if w.RemovedAt.Valid {
				text += " removed"
			}
			list = append(list, text)
		}
		return list
	}
	require.Equal(t, []string{"[]"}, imported(), "an order that lists none has a site without a name")
	require.Equal(t, []string{"example.com[www.example.com example.com]", "a.com.cn[*.a.com.cn]"},
		imported("www.example.com", "example.com", "*.a.com.cn"))
	require.Equal(t, []string{"example.com[example.com]", "b.cn[b.cn]"}, imported("example.com", "b.cn"),
		"a site that was never filed goes with its domain")

	order, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, "example.com", f.Domain)
	require.Equal(t, []string{"example.com[] removed", "b.cn[b.cn]"}, imported("b.cn"), "its filing goes on")
	require.Equal(t, []string{"example.com[m.example.com]", "b.cn[b.cn]"}, imported("b.cn", "m.example.com"))
	require.Equal(t, []string{"other.com[other.com]", "b.cn[b.cn]"}, imported("b.cn", "other.com"),
		"one that replaces another, of which the bureau has nothing, is the same site")
}

func TestOldestOpenSiteOfEachStateShowsOnTheOrder(t *testing.T) {
	g := newGroup(t, 3)
	ctx := t.Context()
	state := func() string {
		page, err := g.s.OrdersOf(ctx, g.order.CustomerID, store.OrderFilter{}, store.Cursor{}, 1)
		require.NoError(t, err)
		row := page.Rows[0]
		return fmt.Sprint(row.State, " ", row.Stage.String, " ", slices.IndexFunc(g.filings,
			func(f store.Filing) bool { return f.ID == row.FilingID.Int64 }))
	}
	require.Equal(t, "yours contact 0", state())
	require.True(t, g.read(1).NotBegun())
	require.Equal(t, filing.OrderUnderWay, g.read(1).State())
	g.verified()
	require.Equal(t, "yours preparing 0", state())
	g.advance(0, store.Progress{Stage: filing.Submitting, Attention: new(filing.Attention)})
	require.Equal(t, "yours preparing 1", state(), "the customer's turn comes first")
	for i := 1; i <= 2; i++ {
		g.advance(i, store.Progress{Stage: filing.Filed, Attention: new(filing.Attention)})
	}
	require.Equal(t, "under_way submitting 0", state())
	g.advance(0, store.Progress{Stage: filing.Withdrawn, Attention: new(filing.Attention)})
	sites, err := g.s.SitesOf(ctx, g.order.ID)
	require.NoError(t, err)
	require.Equal(t, filing.OrderNone, sites[0].State)
	require.Nil(t, sites[0].Filing)
	order, err := g.s.OrdersOf(ctx, g.order.CustomerID, store.OrderFilter{State: filing.OrderNone}, store.Cursor{}, 1)
	require.NoError(t, err)
	require.Len(t, order.Rows, 1, "a site isn't filed yet")
}

// Companions begin with the contact of the one that carries them; what the province doesn't take at once waits.
func TestSitesOfOneHolderTravelTogether(t *testing.T) {
	g := newGroup(t, 3)
	ctx := t.Context()
	require.Empty(t, g.due())
	_, err := g.s.Contact(ctx, g.filings[1].ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	g.verified()
	require.Equal(t, []int64{g.filings[1].ID, g.filings[2].ID}, g.due())
	g.advance(1, store.Progress{Stage: filing.Preparing})
	require.Empty(t, g.due(), "what has begun begins once")
	contact, err := g.s.Contact(ctx, g.filings[2].ID)
	require.NoError(t, err)
	require.Equal(t, filingtest.Contact(), contact.Details)

	d := filingtest.Dossier()
	_, err = g.s.SaveDossier(ctx, g.filings[1].ID, d)
	require.ErrorIs(t, err, store.ErrHolderMissing)
	g.submit(0)
	require.NoError(t, g.s.ArrangeSites(ctx, g.filings[0].ID, 2))
	require.True(t, g.read(2).AwaitsHolder)
	require.Equal(t, g.filings[0].ID, g.read(1).CarrierID.Int64)
	require.Empty(t, g.pack(), "a companion isn't submitted yet")
	g.submit(2)
	require.Empty(t, g.pack(), "what waits isn't queued")
	g.submit(1)
	companion, err := g.s.Dossier(ctx, g.filings[1].ID, 1)
	require.NoError(t, err)
	require.True(t, companion.Companion)
	require.Equal(t, d.Holder, companion.Holder, "its holder is the carrier's")
	require.Equal(t, []string{filing.FormSite, filing.FormPapers}, companion.Forms())

	packed := g.pack()
	require.Len(t, packed, 1)
	require.Len(t, packed[0], 2)
	require.Equal(t, []string{`accepted {"filing":` + fmt.Sprint(g.filings[0].ID) + `,"revision":1,"check_hours":24}`},
		g.signals(0))
	require.Equal(t, []string{`accepted {"filing":` + fmt.Sprint(g.filings[1].ID) + `,"revision":1,"check_hours":0}`},
		g.signals(1), "the carrier's verification is that of all")

	// The bureau answers for the holder, and grants site by site.
	g.apply(store.Verdict{RecordID: packed[0][0], Decided: true, Approved: true, Code: 1001})
	require.Len(t, g.signals(0), 1, "no number yet")
	for i, id := range packed[0] {
		g.apply(store.Verdict{RecordID: id, HolderNumber: "沪ICP备2026000001号", HolderID: 7,
			SiteNumber: fmt.Sprintf("沪ICP备2026000001号-%d", i+1), SiteID: int64(i + 1), Optional: true})
	}
	for i := range 2 {
		require.Len(t, g.signals(i), 2)
		require.Contains(t, g.signals(i)[1], `"approved":true`)
		_, err = g.s.RecordNumber(ctx, store.Progress{FilingID: g.filings[i].ID, Seq: 50, Stage: filing.Filed, EventKind: "k"})
		require.NoError(t, err)
	}
	sites, err := g.s.SitesOf(ctx, g.order.ID)
	require.NoError(t, err)
	require.Equal(t, "沪ICP备2026000001号-2", sites[1].FilingNumber.String)
	require.False(t, sites[2].FilingNumber.Valid)

	// The third is a new site by itself.
	third := g.read(2)
	require.False(t, third.AwaitsHolder)
	require.Equal(t, filing.KindNewSite, third.Kind)
	require.Equal(t, []int64{third.ID}, g.due(), "its record is to be queued")
	d, err = g.s.Dossier(ctx, third.ID, 1)
	require.NoError(t, err)
	require.Equal(t, filing.KindNewSite, d.Kind)
	require.Equal(t, "沪ICP备2026000001号", d.OwnershipProof.Number)
	require.Equal(t, "沪ICP备2026000001号", func() string {
		h, err := g.s.HolderByID(ctx, third.HolderID.Int64)
		require.NoError(t, err)
		return h.Number
	}())
}

// A refusal that names one site sends it back, and returns the others, which go again by themselves.
func TestRefusalOfOneSiteReturnsTheOthers(t *testing.T) {
	for _, refused := range []int{0, 1, 2} {
		t.Run(fmt.Sprint(refused), func(t *testing.T) {
			g := newGroup(t, 3)
			ctx := t.Context()
			g.verified()
			require.Len(t, g.due(), 2)
			for i := range 3 {
				g.submit(i)
			}
			packed := g.pack()
			require.Len(t, packed[0], 3)
			done := g.apply(store.Verdict{RecordID: packed[0][refused]*1000 + 1, SiteRecord: packed[0][refused], Review: true,
				Operation: 1, Decided: true, Code: 1002, Opinion: "名称"})
			require.Equal(t, []store.Refused{{FilingID: g.filings[refused].ID, RecordID: packed[0][refused], Code: 1002}},
				done.Refused)
			for i := range 3 {
				last := g.signals(i)[1]
				require.Contains(t, last, `"approved":false`)
				if i == refused {
					require.NotContains(t, last, "returned")
				} else {
					require.Contains(t, last, `"returned":true`)
				}
				g.advance(i, store.Progress{Stage: filing.Correcting})
			}
			t.Run("all again", func(t *testing.T) {
				g.submit(refused)
				for i := range 3 {
					if i == refused {
						continue
					}
					require.Contains(t, g.signals(i)[2], "resubmitted")
					require.Empty(t, g.pack(), "not all are queued")
					g.queue(i, 2)
				}
				require.Len(t, g.pack()[0], 3)
			})
			t.Run("the others without it", func(t *testing.T) {
				packed := g.pack()
				require.Empty(t, packed)
				var ids []int64
				for i := range 3 {
					var id int64
					require.NoError(t, g.s.DB().QueryRowContext(ctx, `SELECT MAX(id) FROM records WHERE filing_id = ?`,
						g.filings[i].ID).Scan(&id))
					ids = append(ids, id)
				}
				g.apply(store.Verdict{RecordID: ids[refused]*1000 + 1, SiteRecord: ids[refused], Review: true, Operation: 1,
					Decided: true, Code: 1002})
				for i := range 3 {
					g.advance(i, store.Progress{Stage: filing.Correcting})
				}
				require.NoError(t, g.s.LetOthersGo(ctx, g.filings[refused].ID))
				require.True(t, g.read(refused).AwaitsHolder)
				for i := range 3 {
					if i != refused {
						g.queue(i, 3)
					}
				}
				packed = g.pack()
				require.Len(t, packed[0], 2)
				require.ErrorIs(t, g.s.LetOthersGo(ctx, g.filings[refused].ID), store.ErrConflict)
				g.submit(refused)
				require.Empty(t, g.pack(), "it waits")
				for i, id := range packed[0] {
					g.apply(store.Verdict{RecordID: id, Decided: true, Approved: true, Code: 1001, HolderNumber: "沪ICP备2026000001号",
						SiteNumber: fmt.Sprintf("沪ICP备2026000001号-%d", i+1)})
				}
				require.Equal(t, filing.KindNewSite, g.read(refused).Kind)
				require.Equal(t, []int64{g.filings[refused].ID}, g.due())
			})
		})
	}
}

// A refusal that names the holder's record is the carrier's to correct. If it may be about any of the sites, the others
// are told what it says; if it quotes one of them, it is that one's.
func TestRefusalOfTheRecordReturnsCompanions(t *testing.T) {
	for name, c := range map[string]struct {
		verdict store.Verdict
		refused int
		told    bool
	}{
		"by people":           {store.Verdict{Review: true, Code: 1002, Opinion: "网站名称不规范"}, 0, true},
		"a host":              {store.Verdict{Code: 1064, Opinion: "“www.example2.com”在黑名单中"}, 1, false},
		"both":                {store.Verdict{Code: 1005, Opinion: "example1.com、example2.com已存在"}, 0, true},
		"another's domain":    {store.Verdict{Code: 1005, Opinion: "anexample2.com已存在"}, 0, true},
		"the holder":          {store.Verdict{Code: 1003, Opinion: "网站主办者冲突"}, 0, false},
		"verified too late":   {store.Verdict{Review: true, Code: 1002, Opinion: "未在规定时间内完成短信核验，系统自动退回"}, 0, false},
		"for staff to act on": {store.Verdict{Code: 1063, Opinion: "IP地址不一致"}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, 2)
			g.verified()
			g.submit(0)
			g.submit(1)
			packed := g.pack()
			c.verdict.RecordID, c.verdict.Operation, c.verdict.Decided = packed[0][0], 1, true
			done := g.apply(c.verdict)
			require.Equal(t, g.filings[c.refused].ID, done.Refused[0].FilingID)
			require.NotContains(t, g.signals(c.refused)[1], "returned")
			require.Contains(t, g.signals(1 - c.refused)[1], `"returned":true`)
			d, err := g.s.LatestDecision(t.Context(), g.filings[1-c.refused].ID)
			require.NoError(t, err)
			require.True(t, d.Returned)
			require.Equal(t, c.told, d.Opinion == c.verdict.Opinion, d.Opinion)
			d, err = g.s.LatestDecision(t.Context(), g.filings[c.refused].ID)
			require.NoError(t, err)
			require.False(t, d.Returned)
			require.Equal(t, c.verdict.Opinion, d.Opinion)
		})
	}
}

// Whoever carries the others may leave: nothing that they have is lost.
func TestCompanionCarriesOnWhenTheCarrierIsWithdrawn(t *testing.T) {
	ctx := t.Context()
	t.Run("before the contact is verified", func(t *testing.T) {
		g := newGroup(t, 3)
		g.advance(0, store.Progress{Stage: filing.Withdrawn})
		require.Equal(t, filing.Contact, g.read(1).Stage)
		require.False(t, g.read(1).Companion())
		require.Equal(t, []int64{g.filings[1].ID}, g.due())
		require.Equal(t, g.filings[1].ID, g.read(2).CarrierID.Int64)
		require.True(t, g.read(2).NotBegun())
	})
	t.Run("while the forms are filled in", func(t *testing.T) {
		g := newGroup(t, 2)
		g.verified()
		require.NoError(t, g.s.SaveDraft(ctx, g.filings[0].ID, filing.FormHolder, map[string]string{"name": "某公司"}))
		g.advance(0, store.Progress{Stage: filing.Withdrawn})
		var typed map[string]string
		require.NoError(t, g.s.Draft(ctx, g.filings[1].ID, filing.FormHolder, &typed))
		require.Equal(t, "某公司", typed["name"])
		require.False(t, g.read(1).Companion())
	})
	t.Run("when all are queued", func(t *testing.T) {
		g := newGroup(t, 2)
		g.verified()
		paper, err := g.s.AddPaper(ctx, store.NewPaper{FilingID: g.filings[0].ID, Key: "licence", Format: 1,
			Content: []byte("picture"), Thumb: []byte("small"), Width: 1, Height: 1, Max: 1})
		require.NoError(t, err)
		_, err = g.s.SaveDossier(ctx, g.filings[0].ID, filingtest.Dossier(), store.SubmittedPaper{PaperID: paper, Purpose: 3})
		require.NoError(t, err)
		g.queue(0, 1)
		g.submit(1)
		g.advance(0, store.Progress{Stage: filing.Withdrawn})
		packed := g.pack()
		require.Len(t, packed, 1)
		require.Len(t, packed[0], 1)
		d, err := g.s.Dossier(ctx, g.filings[1].ID, 1)
		require.NoError(t, err)
		require.False(t, d.Companion)
		require.Equal(t, filingtest.Dossier().Holder, d.Holder)
		papers, err := g.s.PapersOfRevision(ctx, g.filings[1].ID, 1)
		require.NoError(t, err)
		require.Len(t, papers, 1, "the holder's papers went along")
		content, err := g.s.ViewPaper(ctx, g.filings[1].ID, papers[0].ID, false, "t", "r")
		require.NoError(t, err)
		require.Equal(t, "picture", string(content))
	})
}

// A holder that was filed with one order serves another of the same customer, and of nobody else.
func TestHolderServesTheCustomersNextOrder(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	first := filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1",
		HolderID: 1, SiteID: 2, AccessID: 3})
	holders, err := s.FiledHolders(ctx, first.CustomerID)
	require.NoError(t, err)
	require.Len(t, holders, 1)
	require.Equal(t, filingtest.Dossier().Holder, holders[0].Form)
	defer func() { // it goes with the last filing that has it
		_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stage = 'withdrawn'`)
		require.NoError(t, err)
		_, err = s.EraseCustomer(ctx, first.CustomerID)
		require.NoError(t, err)
		h, err := s.HolderByID(ctx, holders[0].ID)
		require.NoError(t, err)
		require.False(t, h.Known())
	}()
	for _, o := range []struct{ number, customer string }{{"D2", "demo"}, {"D3", "other"}} {
		_, err = s.ImportOrder(ctx, store.OrderImport{Number: o.number, Customer: o.customer, Product: "p",
			Domains: []string{"example.net"}})
		require.NoError(t, err)
		order, err := s.OrderByNumber(ctx, o.number)
		require.NoError(t, err)
		sites, err := s.SitesOf(ctx, order.ID)
		require.NoError(t, err)
		list, err := s.OpenForHolder(ctx, order.ID, holders[0].ID, sites[0].ID)
		if o.customer != "demo" {
			require.ErrorIs(t, err, store.ErrOtherHolder)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, filing.KindNewSite, list[0].Kind)
		require.Equal(t, filing.Preparing, list[0].Stage)
		contact, err := s.Contact(ctx, list[0].ID)
		require.NoError(t, err)
		require.Equal(t, filingtest.Contact(), contact.Details)
	}
}
