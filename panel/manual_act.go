package panel

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
)

// maxOpinion bounds a refusal's reason, in characters; sealed it must fit its column.
const maxOpinion = 1000

// manualHandedIn records that somebody took a dossier to the bureau.
func (s *Server) manualHandedIn(c *gin.Context) {
	r, _, ok := s.manualRecord(c)
	if !ok {
		return
	}
	s.manualDone(c, r, s.did(c, s.deed(c, "record.handed_in", "record", idText(r.ID), ""), func(ctx context.Context) error {
		return s.cfg.Store.HandInByHand(ctx, r.ID, s.actor(c))
	}))
}

// manualApproved records an approval with what it brought.
func (s *Server) manualApproved(c *gin.Context) {
	r, d, ok := s.manualRecord(c)
	if !ok {
		return
	}
	posted, err := postedWithFile(c, "certificate", filing.MaxCertificate)
	if err != nil {
		s.fail(c, errBadRequest)
		return
	}
	issued := filing.Issued{
		HolderNumber: posted.values.Get("holder_number"), SiteNumber: posted.values.Get("site_number"), Password: posted.values.Get("password"), Certificate: posted.file,
	}
	issued.Normalise()
	problems := issued.Validate(d)
	if posted.file != nil && !d.Kind.Ends() && !strings.EqualFold(filepath.Ext(posted.name), ".cert") && problems.For("certificate") == nil {
		problems = append(problems, filing.Problem{Field: "certificate", Key: "certificate_name"})
	}
	if len(problems) > 0 {
		s.showManual(c, http.StatusUnprocessableEntity, r, d, s.approvedForm(c, d, posted.values, problems), s.refusedForm(c, d, url.Values{}, nil))
		return
	}
	s.manualDecided(c, r, "record.approved", store.ManualDecision{Actor: s.actor(c), Approved: true, Issued: issued})
}

// manualRefused records a refusal with its reason and the fields that it is about.
func (s *Server) manualRefused(c *gin.Context) {
	r, d, ok := s.manualRecord(c)
	if !ok {
		return
	}
	values := posted(c)
	opinion := strings.TrimSpace(values.Get("opinion"))
	var problems filing.Problems
	switch {
	case opinion == "":
		problems = filing.Problems{{Field: "opinion", Key: "required"}}
	case utf8.RuneCountInString(opinion) > maxOpinion:
		problems = filing.Problems{{Field: "opinion", Key: "too_long", Args: map[string]any{"max": maxOpinion}}}
	}
	if len(problems) > 0 {
		s.showManual(c, http.StatusUnprocessableEntity, r, d, s.approvedForm(c, d, knownNumbers(d), nil), s.refusedForm(c, d, values, problems))
		return
	}
	var fields []string
	for _, group := range s.refusable(c, d) {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				fields = append(fields, group.form+"."+o.Value)
			}
		}
	}
	s.manualDecided(c, r, "record.refused", store.ManualDecision{Actor: s.actor(c), Opinion: opinion, Fields: fields})
}

func (s *Server) manualDecided(c *gin.Context, r store.ManualRecord, action string, d store.ManualDecision) {
	s.manualDone(c, r, s.did(c, s.deed(c, action, "record", idText(r.ID), ""), func(ctx context.Context) error {
		return s.cfg.Store.DecideByHand(ctx, r.ID, d)
	}))
}

// manualDone ends a form of a dossier's page. The filing hears of it by an
// exchange, which is started at once; when it can't be, the schedule's next one
// tells it.
func (s *Server) manualDone(c *gin.Context, r store.ManualRecord, err error) {
	path := fmt.Sprintf("/support/dossiers/%d", r.ID)
	switch {
	case errors.Is(err, store.ErrConflict): // somebody was quicker: the page shows what they did
		s.flash(c, "flash.dossier_moved_on")
		to(c, path)
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("staff acted on a dossier", "route", c.FullPath(), "record", r.ID, "order", r.OrderNumber, "actor", s.actor(c))
	if err := s.cfg.Filings.ExchangeNow(c.Request.Context(), r.AccountID); err != nil {
		s.cfg.Logger.Warn("a filing hears of what staff recorded only with the next exchange", "account", r.AccountID, "error", err)
	}
	s.flash(c, "flash.done")
	to(c, path)
}
