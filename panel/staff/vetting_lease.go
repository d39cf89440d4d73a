package staff

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// verdictDeliveredWithin is how soon a filing hears of a verdict where all is well; then pages
// offer to tell it again.
const verdictDeliveredWithin = 10 * time.Second

// vettingView is how a check stands for its reader.
type vettingView struct {
	store.Vetting
	// Mine: the reader has it. Held: somebody else does. Free: nobody does, and the reader may
	// take it. Barred: the reader passed it on, and the second must be another.
	Mine, Held, Free, Barred bool
	// Unheard: a verdict was given, and the filing doesn't know.
	Unheard bool
	// Two: passing it wants a second reviewer, who hasn't been there yet.
	Two bool
	// Minutes are the lease's.
	Minutes int
	// Gone: the page's revision isn't checked any more. Filing is whose check it is.
	Gone   bool
	Filing store.Filing
}

func (p *Pages) viewVetting(c *gin.Context, check store.Vetting, kind filing.Kind, nature int) vettingView {
	now, reader := p.Store.Now(), p.UserID(c)
	v := vettingView{Vetting: check, Minutes: int(p.VettingLease.Minutes())}
	v.Unheard = check.Verdict != "" && now.Sub(check.DecidedAt.Time) > verdictDeliveredWithin
	v.Mine = check.BelongsTo(reader)
	v.Held = check.Held(now) && !v.Mine
	v.Barred = check.First == reader && check.First != 0
	v.Free = check.Verdict == "" && !v.Mine && !v.Held && !v.Barred && p.Allowed(c, web.CanVet)
	v.Two = check.Round == 1 && p.SecondVetting.Requires(kind, nature)
	return v
}

// renewVetting makes the reader's lease of a dossier begin anew: they are looking at it.
func (p *Pages) renewVetting(c *gin.Context, f store.Filing) error {
	if f.Stage != filing.Vetting || !p.Allowed(c, web.CanVet) {
		return nil
	}
	return p.Store.RenewVetting(c.Request.Context(), f.ID, f.Revision, p.UserID(c), p.VettingLease)
}

// vettingOf is how the check of a filing's dossier stands for the reader, whose lease begins anew.
func (p *Pages) vettingOf(c *gin.Context, f store.Filing, d filing.Dossier) (v vettingView, err error) {
	if err := p.renewVetting(c, f); err != nil {
		return v, err
	}
	check, err := p.Store.Vetting(c.Request.Context(), f.ID)
	v = p.viewVetting(c, check, d.Kind, d.Holder.Nature)
	v.Filing = f
	return v, err
}

// vettingState is who has a dossier: the part of its page that renews itself, and with it
// the lease, for as long as the reviewer's page is open.
func (p *Pages) vettingState(c *gin.Context) error {
	ctx, revision := c.Request.Context(), web.QueryNumber(c, "revision")
	f, err := p.Store.FilingBySerial(ctx, c.Param("number"), web.QueryNumber(c, "serial"))
	if err != nil {
		return err
	}
	v := vettingView{Gone: true, Filing: f}
	if f.Stage == filing.Vetting && (f.Revision == revision || revision == 0) {
		d, err := p.Store.Dossier(ctx, f.ID, f.Revision)
		if err == nil {
			v, err = p.vettingOf(c, f, d)
		}
		if err != nil {
			return err
		}
	}
	return p.RenderTemplate(c, http.StatusOK, "vetting_state", web.Page{Title: "vetting.title", Data: v})
}
