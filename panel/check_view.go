package panel

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// verdictHeardWithin is how soon a filing hears of a verdict where all is well; then pages
// offer to tell it again.
const verdictHeardWithin = 10 * time.Second

// checkView is how a check stands for its reader.
type checkView struct {
	store.Check
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

func (s *Server) viewCheck(c *gin.Context, check store.Check, kind filing.Kind, nature int) checkView {
	now, reader := s.cfg.Store.Now(), s.userID(c)
	v := checkView{Check: check, Minutes: int(s.cfg.CheckLease.Minutes())}
	v.Unheard = check.Verdict != "" && now.Sub(check.DecidedAt.Time) > verdictHeardWithin
	v.Mine = check.Of(reader)
	v.Held = check.Held(now) && !v.Mine
	v.Barred = check.First == reader && check.First != 0
	v.Free = check.Verdict == "" && !v.Mine && !v.Held && !v.Barred && s.may(c, canCheck)
	v.Two = check.Round == 1 && s.cfg.SecondCheck.Wants(kind, nature)
	return v
}

// keepCheck makes the reader's lease of a dossier begin anew: they are looking at it.
func (s *Server) keepCheck(c *gin.Context, f store.Filing) error {
	if f.Stage != filing.Checking || !s.may(c, canCheck) {
		return nil
	}
	return s.cfg.Store.RenewCheck(c.Request.Context(), f.ID, f.Revision, s.userID(c), s.cfg.CheckLease)
}

// checkOf is how the check of a filing's dossier stands for the reader, whose lease begins anew.
func (s *Server) checkOf(c *gin.Context, f store.Filing, d filing.Dossier) (v checkView, err error) {
	if err := s.keepCheck(c, f); err != nil {
		return v, err
	}
	check, err := s.cfg.Store.Check(c.Request.Context(), f.ID)
	v = s.viewCheck(c, check, d.Kind, d.Holder.Nature)
	v.Filing = f
	return v, err
}

// checkState is who has a dossier: the part of its page that renews itself, and with it
// the lease, for as long as the reviewer's page is open.
func (s *Server) checkState(c *gin.Context) {
	ctx, revision := c.Request.Context(), queryNumber(c, "revision")
	f, err := s.cfg.Store.FilingBySerial(ctx, c.Param("number"), queryNumber(c, "serial"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v := checkView{Gone: true, Filing: f}
	if f.Stage == filing.Checking && (f.Revision == revision || revision == 0) {
		d, err := s.cfg.Store.Dossier(ctx, f.ID, f.Revision)
		if err == nil {
			v, err = s.checkOf(c, f, d)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
	}
	s.render(c, http.StatusOK, "check_state", page{Title: "check.title", Data: v})
}
