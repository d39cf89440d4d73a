package panel

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

type reviewData struct {
	Kind  filing.Kind
	Parts []dossierPart
	// Unchanged: a change that changes nothing.
	Unchanged bool
	// Found is what the pre-check found; what blocks keeps the dossier here.
	Found  []foundLine
	Blocks bool
	// Expected is how long the bureau will take.
	Expected *expectation
}

// reviewForm is 核对并提交: everything, with a way to change each.
func (s *Server) reviewForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	ctx := c.Request.Context()
	d, err := s.dossier(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	data := reviewData{Kind: d.Kind}
	if data.Parts, err = s.reviewParts(c, cur, d); err != nil {
		s.fail(c, err)
		return
	}
	data.Unchanged = d.Kind == filing.KindChange && !slices.ContainsFunc(data.Parts, func(p dossierPart) bool {
		return slices.ContainsFunc(p.Lines, func(l dossierLine) bool { return l.Changed })
	})
	if data.Found, err = s.findings(c, cur, d, true); err != nil {
		s.fail(c, err)
		return
	}
	data.Blocks = blocks(data.Found)
	if data.Expected, err = s.expectedFor(ctx, d, time.Time{}); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "review", page{Title: "review.title", Data: data})
}

// changePath is where a line of the review is changed, and from where one comes
// back to it.
func changePath(c *gin.Context, form, field string) string {
	return withFrom(filingPath(c)+"/"+form, fromReview) + "#f-" + field
}

// reviewParts are what a filing has: its kind, its contact, and its forms.
func (s *Server) reviewParts(c *gin.Context, cur current, d filing.Dossier) ([]dossierPart, error) {
	t := s.texts.For(s.lang(c))
	kind := dossierLine{Label: t.T("kind.title", nil), Text: t.T("kind."+string(d.Kind), nil)}
	if !d.Kind.FollowsUp() {
		kind.Path = changePath(c, draftKind, valueKind)
	}
	parts := []dossierPart{{Title: "review.filing", Lines: []dossierLine{kind}}}
	contact, err := s.contactLines(c, cur)
	if err != nil {
		return nil, err
	}
	if len(contact) > 0 {
		parts = append(parts, dossierPart{Title: "review.contact", Note: "review.contact_fixed", Lines: contact})
	}
	for _, name := range d.Kind.Forms() {
		part := dossierPart{Title: name + ".title"}
		if name == formPapers {
			part.Lines, err = s.paperLines(c, cur, d)
		} else {
			part.Lines, err = s.reviewLines(c, cur, d.Kind, name)
		}
		if err != nil {
			return nil, err
		}
		if len(part.Lines) > 0 {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// contactLines are the contact, whose phone and mail address are verified.
func (s *Server) contactLines(c *gin.Context, cur current) (lines []dossierLine, err error) {
	contact, err := s.cfg.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	t := s.texts.For(s.lang(c))
	lines = formLines(t, partContact, contactFields(t), contactValues(contact.Details))
	return slices.DeleteFunc(lines, func(l dossierLine) bool { return l.Secret }), nil
}

// reviewLines are a form's, each with a way to change it, and what a change changes marked.
func (s *Server) reviewLines(c *gin.Context, cur current, kind filing.Kind, name string) ([]dossierLine, error) {
	ctx := c.Request.Context()
	t, codes := s.texts.For(s.lang(c)), s.tables(ctx)
	values, err := s.draft(ctx, cur, name)
	if err != nil {
		return nil, err
	}
	fields := s.fields(t, codes, kind, name, values)
	lines := formLines(t, name, fields, values)
	if kind == filing.KindChange && name != formClaim {
		before, err := s.firstValues(ctx, cur, name)
		if err != nil {
			return nil, err
		}
		if name == formSite {
			before.Set("provider", values.Get("provider"))
		}
		markLines(lines, formLines(t, name, s.fields(t, codes, kind, name, before), before))
	}
	for i := range lines {
		line := &lines[i]
		if fields[i].Type != "fixed" {
			line.Path = changePath(c, name, fields[i].Name)
		}
		if line.Secret && line.Text != "" {
			line.Text = t.T("review.given", nil)
		}
	}
	return lines, nil
}
