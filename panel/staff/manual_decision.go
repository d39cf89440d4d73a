package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// maxOpinion bounds a refusal's reason, in characters; sealed it must fit its column.
const maxOpinion = 1000

// manualSubmitted records that somebody took a dossier to the bureau.
func (p *Pages) manualSubmitted(c *gin.Context) error {
	r, _, ok := p.manualRecord(c)
	if !ok {
		return nil
	}
	return p.manualDone(c, r, p.Audited(c, p.AuditEntry(c, "record.submitted", "record", web.IdText(r.ID), ""), func(ctx context.Context) error {
		return p.Store.SubmitByHand(ctx, r.ID, p.Actor(c))
	}))
}

// manualApproved records an approval with what it brought.
func (p *Pages) manualApproved(c *gin.Context) error {
	r, d, ok := p.manualRecord(c)
	if !ok {
		return nil
	}
	posted, err := web.PostFormWithFile(c, "certificate", filing.MaxCertificate)
	if err != nil {
		return web.ErrBadRequest
	}
	issued := filing.Issued{
		HolderNumber: posted.Values.Get("holder_number"), SiteNumber: posted.Values.Get("site_number"), Password: posted.Values.Get("password"), Certificate: posted.File,
	}
	issued.Normalise()
	problems := issued.Validate(d)
	if posted.File != nil && !d.Kind.Ends() && !strings.EqualFold(filepath.Ext(posted.Name), ".cert") && problems.For("certificate") == nil {
		problems = append(problems, filing.Problem{Field: "certificate", Key: "certificate_name"})
	}
	if len(problems) > 0 {
		return p.showManual(c, http.StatusUnprocessableEntity, r, d, p.approvedForm(c, d, posted.Values, problems), p.refusedForm(c, d, url.Values{}, nil))
	}
	return p.manualDecided(c, r, "record.approved", store.ManualDecision{Actor: p.Actor(c), Approved: true, Issued: issued})
}

// manualRefused records a refusal with its reason and the fields that it is about.
func (p *Pages) manualRefused(c *gin.Context) error {
	r, d, ok := p.manualRecord(c)
	if !ok {
		return nil
	}
	values := web.PostForm(c)
	opinion := strings.TrimSpace(values.Get("opinion"))
	var problems filing.Problems
	switch {
	case opinion == "":
		problems = filing.Problems{{Field: "opinion", Key: "required"}}
	case utf8.RuneCountInString(opinion) > maxOpinion:
		problems = filing.Problems{{Field: "opinion", Key: "too_long", Args: map[string]any{"max": maxOpinion}}}
	}
	if len(problems) > 0 {
		return p.showManual(c, http.StatusUnprocessableEntity, r, d, p.approvedForm(c, d, knownNumbers(d), nil), p.refusedForm(c, d, values, problems))
	}
	var fields []string
	for _, group := range p.refusable(c, d) {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				fields = append(fields, group.form+"."+o.Value)
			}
		}
	}
	return p.manualDecided(c, r, "record.refused", store.ManualDecision{Actor: p.Actor(c), Opinion: opinion, Fields: fields})
}

func (p *Pages) manualDecided(c *gin.Context, r store.ManualRecord, action string, d store.ManualDecision) error {
	return p.manualDone(c, r, p.Audited(c, p.AuditEntry(c, action, "record", web.IdText(r.ID), ""), func(ctx context.Context) error {
		return p.Store.DecideByHand(ctx, r.ID, d)
	}))
}

// manualDone ends a form of a dossier's page. The filing hears of it by an
// exchange, which is started at once; when it can't be, the schedule's next one
// tells it.
func (p *Pages) manualDone(c *gin.Context, r store.ManualRecord, err error) error {
	path := fmt.Sprintf("/support/dossiers/%d", r.ID)
	switch {
	case errors.Is(err, store.ErrConflict): // somebody was quicker: the page shows what they did
		p.Flash(c, "flash.dossier_moved_on")
		return web.Redirect(c, path)
	case err != nil:
		return err
	}
	p.Logger.Info("staff acted on a dossier", "route", c.FullPath(), "record", r.ID, "order", r.OrderNumber, "actor", p.Actor(c))
	if err := p.Filings.ExchangeNow(c.Request.Context(), r.AccountID); err != nil {
		p.Logger.Warn("a filing hears of what staff recorded only with the next exchange", "account", r.AccountID, "error", err)
	}
	p.Flash(c, "flash.done")
	return web.Redirect(c, path)
}
