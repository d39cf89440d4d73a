package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// severalSites is an order of a new holder with several sites. Each site's name tells the bureau its fate.
type severalSites struct {
	holder filing.Holder
	sites  []*playedSite
}

type playedSite struct {
	domain, name string
	filing       int64
}

// goodNames are those of sites that the bureau approves.
var goodNames = []string{"样例网站", "读书笔记"}

// fates are names of sites: approved, refused by the reviewers, by machine, with the whole file, and unanswered.
var fates = slices.Concat(goodNames, goodNames, []string{"不合格网站", "违规网站", "坏记录", "无人理会"})

// openSeveral presses 备案 on an order with several sites, in a province that takes ten, three or one at a time.
func (h *play) openSeveral() {
	h.count++
	ctx := h.t.Context()
	o := &severalSites{holder: filingtest.CompanyHolder()}
	o.holder.DocumentNumber = fmt.Sprintf("913101%06d%06d", h.nth, h.count)
	o.holder.Province = rapid.SampledFrom([]string{"310000", "310000", "140000", "430000"}).Draw(h.r, "province")
	o.holder.City, o.holder.County = o.holder.Province[:2]+"0100", ""
	in := store.OrderImport{Number: fmt.Sprintf("R%d-%d", h.nth, h.count), Customer: "demo", Product: "p"}
	for i := range rapid.IntRange(1, 5).Draw(h.r, "sites") {
		in.Domains = append(in.Domains, fmt.Sprintf("www.s%d-%d-run%d.com", i, h.count, h.nth))
	}
	_, err := h.db.ImportOrder(ctx, in)
	require.NoError(h.r, err)
	order, err := h.db.OrderByNumber(ctx, in.Number)
	require.NoError(h.r, err)
	sites, err := h.db.SitesOf(ctx, order.ID)
	require.NoError(h.r, err)
	var ids []int64
	for _, w := range sites {
		ids = append(ids, w.ID)
		o.sites = append(o.sites,
			&playedSite{domain: w.Domain, name: rapid.SampledFrom(fates).Draw(h.r, "fate")})
	}
	filings, err := h.db.OpenSites(ctx, order.ID, ids...)
	require.NoError(h.r, err)
	for i, f := range filings {
		o.sites[i].filing = f.ID
	}
	h.several = append(h.several, o)
}

func (h *play) read(w *playedSite) store.Filing {
	f, err := h.db.Filing(h.t.Context(), w.filing)
	require.NoError(h.r, err)
	return f
}

// advance is a step of a filing's workflow.
func (h *play) advance(f store.Filing, p store.Progress) {
	p.FilingID, p.Seq, p.Actor = f.ID, f.Seq+1, filing.ActorSystem
	require.NoError(h.r, h.filing.Advance(h.t.Context(), p))
}

// start starts a filing's workflow.
func (h *play) start(ctx context.Context, f store.Filing) error {
	return h.filing.Advance(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: f.Stage,
		EventKind: filing.EventSiteOpened, Actor: filing.ActorSystem})
}

// customers fill in, submit and correct what they can now: all of it or, drawn, some; and let others go.
func (h *play) customers(all bool) {
	for _, o := range h.several {
		for _, w := range o.sites {
			if all || rapid.Bool().Draw(h.r, "acts") {
				h.act(o, w, !all && rapid.IntRange(0, 3).Draw(h.r, "lets others go") == 0)
			}
		}
	}
}

func (h *play) act(o *severalSites, w *playedSite, letsGo bool) {
	ctx, f := h.t.Context(), h.read(w)
	switch {
	case f.Stage == filing.Contact:
		_, err := h.db.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
		require.NoError(h.r, err)
		h.advance(f, store.Progress{Stage: filing.Preparing, EventKind: filing.EventVerified})
	case f.NotBegun(), f.Stage != filing.Preparing && f.Stage != filing.Correcting,
		// A result by machine doesn't say which site it is about: who has another one that is wrong corrects that too.
		f.Attention == filing.AttentionReturnedTogether && slices.Contains(goodNames, w.name):
	case letsGo:
		if err := h.db.LetOthersGo(ctx, f.ID); !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrHolderMissing) {
			require.NoError(h.r, err)
		}
	default:
		h.submits(o, w, f)
	}
}

// submits submits a site's dossier: the first time, or corrected.
func (h *play) submits(o *severalSites, w *playedSite, f store.Filing) {
	ctx := h.t.Context()
	if f.Stage == filing.Correcting && f.Attention != filing.AttentionSMSVerificationReturned {
		w.name = goodNames[0]
	}
	d := filing.Dossier{Kind: filing.KindNew, Site: filingtest.Site(w.domain, "192.0.2.10")}
	d.Site.Name, d.Site.HomePage = w.name, "http://www."+w.domain+"/"
	switch {
	case f.Kind == filing.KindNewSite:
		holder, err := h.db.HolderByID(ctx, f.HolderID.Int64)
		require.NoError(h.r, err)
		d.Kind, d.OwnershipProof.Number, d.Holder.Manager = f.Kind, holder.Number, o.holder.Manager
		if f.Stage == filing.Correcting { // a bureau of 2005 wants its password, which it says
			d.OwnershipProof.Password = h.stand.Load().PasswordOf(holder.Number)
		}
	case !f.Companion():
		d.Holder = o.holder
	}
	revision, err := h.db.SaveDossier(ctx, f.ID, d)
	if errors.Is(err, store.ErrHolderMissing) {
		return
	}
	require.NoError(h.r, err)
	h.queues(f, revision)
}

// queues is what a filing's workflow does with a revision.
func (h *play) queues(f store.Filing, revision int) {
	h.advance(f, store.Progress{Stage: filing.Submitting, Revision: revision, Attention: new(filing.Attention),
		EventKind: filing.EventSubmitting})
	require.NoError(h.r,
		h.filing.QueueRecord(h.t.Context(), activities.RecordRef{FilingID: f.ID, Revision: revision}))
}

// hear takes the signals that the filings of several sites got to their workflows.
func (h *play) hear() {
	var signals []store.Signal
	require.NoError(h.r, h.sql().Select(&signals, `SELECT id, filing_id, name, payload FROM signals WHERE id > ?
		AND sent_at IS NOT NULL ORDER BY id`, h.heard))
	for _, s := range signals {
		h.heard = s.ID
		for _, o := range h.several {
			if i := slices.IndexFunc(o.sites, func(w *playedSite) bool { return w.filing == s.FilingID }); i >= 0 {
				h.hears(h.read(o.sites[i]), s)
			}
		}
	}
}

func (h *play) hears(f store.Filing, s store.Signal) {
	under := f.Stage == filing.Submitting || f.Stage == filing.Reviewing
	switch s.Name {
	case store.SignalAccepted:
		if in := payload[workflows.Accepted](h, s); f.Stage == filing.Submitting && in.Revision == f.Revision {
			h.advance(f, store.Progress{Stage: filing.Reviewing, EventKind: filing.EventAccepted})
		}
	case store.SignalResubmitted:
		if in := payload[workflows.Resubmitted](h, s); in.Revision > f.Revision {
			require.Equal(h.r, filing.Correcting, f.Stage)
			h.queues(f, in.Revision)
		}
	case store.SignalDecided:
		in := payload[workflows.Decided](h, s)
		require.True(h.r, under, "decided in stage %s", f.Stage)
		require.Equal(h.r, f.Revision, in.Revision)
		if in.Approved {
			h.advance(f, store.Progress{Stage: filing.Installing, EventKind: filing.EventApproved})
			_, err := h.db.RecordNumber(h.t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 2, Stage: filing.Filed,
				EventKind: filing.EventFiled, Actor: filing.ActorSystem})
			require.NoError(h.r, err)
			return
		}
		attention := filing.AttentionRefused
		switch {
		case in.Returned:
			attention = filing.AttentionReturnedTogether
		case in.VerificationExpired:
			attention = filing.AttentionSMSVerificationReturned
		}
		h.advance(f, store.Progress{Stage: filing.Correcting, Attention: &attention, EventKind: filing.EventRefused})
	}
}

func payload[T any](h *play, s store.Signal) (in T) {
	require.NoError(h.r, json.Unmarshal([]byte(s.Payload), &in))
	return in
}

// managers enter the codes of the ministry's SMS verification: all of them or, drawn, some; and time may run out.
func (h *play) managers(all bool) {
	s := h.stand.Load()
	for _, c := range s.SentCodes() {
		if all || rapid.Bool().Draw(h.r, "verifies") {
			require.Contains(h.r, []string{stand.VerifiedAll, stand.VerifiedPart}, s.Verify(c.Code, c.Mobile, c.Last))
		}
	}
	if !all && rapid.IntRange(0, 3).Draw(h.r, "time runs out") == 0 {
		require.NoError(h.r, s.ExpireVerifications())
	}
}

// held are our records that the bureau leaves unanswered, with those that travel in them, and those that wait because a
// result could be taken for one of theirs.
func (c *counterpart) held() (ids []int64) {
	for _, r := range c.stand.Load().Truth() {
		if !r.Held {
			continue
		}
		id := r.RecordID
		if r.Kind == filing.KindNewSite.Operation() {
			id /= 1000
		}
		var with []int64
		require.NoError(c.t, c.sql().Select(&with, `SELECT r.id FROM records r JOIN records x ON x.id = ?
			WHERE r.carrier_id = x.id OR r.account_id = x.account_id AND r.operation = x.operation AND r.sequence IS NULL
			AND r.result_key = x.result_key`, id))
		ids = append(append(ids, id), with...)
	}
	return ids
}

// unanswered reports whether the bureau has a site under review for ever, or the holder whose number it waits for.
func (h *play) unanswered(o *severalSites, f store.Filing, held []int64) bool {
	under := func(f store.Filing) bool {
		var record int64
		err := h.sql().Get(&record, `SELECT COALESCE(MAX(id), 0) FROM records WHERE filing_id = ? AND revision = ?`, f.ID,
			f.Revision)
		require.NoError(h.r, err)
		return (f.Stage == filing.Submitting || f.Stage == filing.Reviewing) && slices.Contains(held, record)
	}
	if under(f) {
		return true
	}
	return f.AwaitsHolder && f.Stage == filing.Submitting && slices.ContainsFunc(o.sites, func(w *playedSite) bool {
		other := h.read(w)
		return !other.Companion() && other.Kind == filing.KindNew && under(other)
	})
}

// atRest reports whether nothing more happens to any of the sites.
func (h *play) atRest() bool {
	held := h.held()
	for _, o := range h.several {
		for _, w := range o.sites {
			if f := h.read(w); f.Stage != filing.Filed && !h.unanswered(o, f, held) {
				return false
			}
		}
	}
	return true
}

// sitesEqualTheBureaus checks that every site is filed where the bureau filed it, under the bureau's number and with
// its holder's, and that the others are those that the bureau doesn't answer.
func (h *play) sitesEqualTheBureaus() {
	ctx, held, numbers := h.t.Context(), h.held(), map[string]bool{}
	for _, o := range h.several {
		holder := ""
		for _, w := range o.sites {
			f, number := h.read(w), h.stand.Load().NumberOf(w.domain)
			if number == "" {
				require.True(h.r, h.unanswered(o, f, held), "%s is lost in stage %s %q", w.domain, f.Stage, f.Attention)
				continue
			}
			require.Equal(h.r, filing.Filed, f.Stage, w.domain)
			site, err := h.db.FilingOfSite(ctx, f.SiteID.Int64)
			require.NoError(h.r, err)
			require.Equal(h.r, f.ID, site.ID)
			d, err := h.db.LatestDecision(ctx, f.ID)
			require.NoError(h.r, err)
			require.Equal(h.r, number, d.SiteNumber, w.domain)
			require.Equal(h.r, h.edition == stand.Edition2005, len(d.Certificate) > 0, w.domain)
			parsed, err := filing.ParseNumber(number)
			require.NoError(h.r, err)
			require.Equal(h.r, parsed.Holder(), d.HolderNumber, w.domain)
			kept, err := h.db.HolderByID(ctx, f.HolderID.Int64)
			require.NoError(h.r, err)
			require.Equal(h.r, d.HolderNumber, kept.Number, w.domain)
			require.Contains(h.r, []string{"", kept.Number}, holder, "the sites of an order have one holder")
			holder = kept.Number
			require.False(h.r, numbers[number], "%s is issued once", number)
			numbers[number] = true
		}
	}
	var refused int
	require.NoError(h.r, h.sql().Get(&refused, `SELECT COUNT(*) FROM decisions d JOIN records r ON r.id = d.record_id
		WHERE r.account_id = ? AND r.operation < 3 AND d.code = 1004`, h.account))
	require.Zero(h.r, refused, "no site with several domains is submitted")
}

// severalRevisions counts what was submitted of the sites, and decided unless the bureau doesn't answer.
func (h *play) severalRevisions() (n int) {
	for _, o := range h.several {
		for _, w := range o.sites {
			var records int
			require.NoError(h.r, h.sql().Get(&records, `SELECT COUNT(*) FROM records r JOIN decisions d ON d.record_id = r.id
				WHERE r.filing_id = ? AND d.approved IS NOT NULL`, w.filing))
			n += records
		}
	}
	return n
}
