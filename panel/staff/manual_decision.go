package staff

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// maxOpinion bounds a refusal's reason, in characters: sealed, it must fit its column.
const maxOpinion = 1000

// manualSubmitted records that somebody submitted a dossier to the bureau.
func (p *Pages) manualSubmitted(c *gin.Context, r manualDossier) error {
	return p.recordManual(c, r, "record.submitted", func(ctx context.Context) error {
		return p.Store.SubmitByHand(ctx, r.ID, p.Actor(c))
	})
}

// manualApproved records an approval with what it brought.
func (p *Pages) manualApproved(c *gin.Context, r manualDossier) error {
	posted, err := web.PostFormWithFile(c, "certificate", filing.MaxCertificate)
	if err != nil {
		return web.ErrBadRequest
	}
	issued := filing.Issued{
		HolderNumber: posted.Values.Get("holder_number"), SiteNumber: posted.Values.Get("site_number"),
		Password: posted.Values.Get("password"), Certificate: posted.File,
	}
	issued.Normalise()
	problems := issued.Validate(r.dossier)
	misnamed := posted.File != nil && !strings.EqualFold(filepath.Ext(posted.Name), ".cert")
	if misnamed && !r.dossier.Kind.Ends() && problems.For("certificate") == nil {
		problems = append(problems, filing.Problem{Field: "certificate", Key: "certificate_name"})
	}
	if len(problems) > 0 {
		forms := p.decisionInputs(c, r.dossier)
		forms.Approved = p.approvedForm(c, r.dossier, posted.Values, problems)
		return p.showManual(c, http.StatusUnprocessableEntity, r, forms)
	}
	return p.recordManual(c, r, "record.approved", func(ctx context.Context) error {
		return p.Store.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: p.Actor(c), Approved: true, Issued: issued})
	})
}

// manualRefused records a refusal with its reason and the fields that it is about.
func (p *Pages) manualRefused(c *gin.Context, r manualDossier) error {
	values := web.PostForm(c)
	opinion := strings.TrimSpace(values.Get("opinion"))
	if problems := web.CheckText("opinion", opinion, maxOpinion, "required"); problems != nil {
		forms := p.decisionInputs(c, r.dossier)
		forms.Refused = p.refusedForm(c, r.dossier, values, problems)
		return p.showManual(c, http.StatusUnprocessableEntity, r, forms)
	}
	var fields []string
	for _, group := range p.refusable(c, r.dossier) {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				fields = append(fields, group.form+"."+o.Value)
			}
		}
	}
	return p.recordManual(c, r, "record.refused", func(ctx context.Context) error {
		return p.Store.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: p.Actor(c), Opinion: opinion, Fields: fields})
	})
}

// recordManual records something about a dossier. The filing learns of it through an exchange,
// which starts at once; if it can't, the next scheduled one will do.
func (p *Pages) recordManual(c *gin.Context, r manualDossier, action string, record func(context.Context) error) error {
	err := p.Audited(c, p.AuditEntry(c, action, "record", web.IdText(r.ID), ""), record)
	if err != nil { // somebody was quicker: the page shows what they did
		return p.Finish(c, err, manualPath(r.ID), "", web.Refusals{store.ErrConflict: "flash.dossier_moved_on"})
	}
	p.Logger.Info("dossier updated by staff", "route", c.FullPath(), "record", r.ID, "order", r.OrderNumber, "actor",
		p.Actor(c))
	if err := p.Filings.ExchangeNow(c.Request.Context(), r.AccountID); err != nil {
		p.Logger.Warn("starting an exchange failed; the next scheduled one delivers the record", "account", r.AccountID,
			"error", err)
	}
	return p.RedirectWith(c, manualPath(r.ID), "flash.done")
}
