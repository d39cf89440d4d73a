package staff

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// verdictDeliveredWithin is how soon a verdict normally reaches its filing; after that, pages offer to send it again.
const verdictDeliveredWithin = 10 * time.Second

// vettingView is a vetting as its reader may deal with it.
type vettingView struct {
	store.Vetting
	// Mine: the reader has it. Held: somebody else does. Free: nobody does, and the reader may
	// take it. Barred: the reader passed it in the first round, and the second is a colleague's.
	Mine, Held, Free, Barred bool
	// Unheard: a verdict was given and hasn't reached the filing.
	Unheard bool
	// Two: passing needs a second reviewer, and this is the first round.
	Two bool
	// Minutes is the length of the lease.
	Minutes int
	// Gone: the page's revision isn't in vetting any more.
	Gone   bool
	Filing store.Filing
	// List is the part of the queue that shows it; empty: its own page does.
	List string
}

// state is the view in a word, a mark of the page.
func (v vettingView) state() string {
	switch {
	case v.Gone:
		return "gone"
	case v.Verdict != "":
		return "decided"
	case v.Mine:
		return "mine"
	case v.Held:
		return "held"
	case v.Barred:
		return "barred"
	}
	return "free"
}

// warns tells whether something keeps the reader from vetting the dossier.
func (v vettingView) warns() bool { return v.Gone || v.Held || v.Barred || v.Verdict != "" }

func (p *Pages) viewVetting(c *gin.Context, vetting store.Vetting, kind filing.Kind, nature int) vettingView {
	now, reader := p.Store.Now(), p.UserID(c)
	v := vettingView{Vetting: vetting, Minutes: int(p.VettingLease.Minutes())}
	v.Unheard = vetting.Verdict != "" && now.Sub(vetting.DecidedAt.Time) > verdictDeliveredWithin
	v.Mine = vetting.BelongsTo(reader)
	v.Held = vetting.Held(now) && !v.Mine
	v.Barred = vetting.First == reader && vetting.First != 0
	v.Free = vetting.Verdict == "" && !v.Mine && !v.Held && !v.Barred && p.Allowed(c, web.CanVet)
	v.Two = vetting.Round == 1 && p.SecondVetting.Requires(kind, nature)
	return v
}

// renewVetting starts to renew the reader's lease on a dossier: they are looking at it. renewed waits for that.
func (p *Pages) renewVetting(c *gin.Context, f store.Filing) (renewed func() error) {
	if f.Stage != filing.Vetting || !p.Allowed(c, web.CanVet) {
		return func() error { return nil }
	}
	ctx, user := c.Request.Context(), p.UserID(c)
	return web.Begin(func() error { return p.Store.RenewVetting(ctx, f.ID, f.Revision, user, p.VettingLease) })
}

// vettingOf is the vetting of a filing's dossier for the reader, once their lease is renewed.
func (p *Pages) vettingOf(c *gin.Context, f store.Filing, d filing.Dossier,
	renewed func() error) (v vettingView, err error) {
	if err := renewed(); err != nil {
		return v, err
	}
	vetting, err := p.Store.Vetting(c.Request.Context(), f.ID)
	v = p.viewVetting(c, vetting, d.Kind, d.Holder.Nature)
	v.Filing = f
	return v, err
}

// vettingState is the part of a dossier's page that tells who vets it. The page fetches it again
// and again, which renews the lease for as long as it is open.
func (p *Pages) vettingState(c *gin.Context, f store.Filing) error {
	revision := web.QueryNumber(c, "revision")
	v := vettingView{Gone: true, Filing: f}
	if f.Stage == filing.Vetting && (f.Revision == revision || revision == 0) {
		renewed := p.renewVetting(c, f)
		d, err := p.Store.Dossier(c.Request.Context(), f.ID, f.Revision)
		if err == nil {
			v, err = p.vettingOf(c, f, d, renewed)
		}
		if err != nil {
			return err
		}
	}
	return p.RenderFragment(c, web.With(vettingStatus, v))
}
