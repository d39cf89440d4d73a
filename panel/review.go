package panel

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// reviewLine is a field; Before is its value in the filing that is changed, where
// that is another. Without a path it can't be changed.
type reviewLine struct {
	// Label is the field's name where it isn't a text of the locale files by Key.
	Key, Label, Text, Path, Before string
	Changed                        bool
}

// reviewPart is what one page of the filing holds.
type reviewPart struct {
	// Title and Note are keys of the locale files; no note: empty.
	Title, Note string
	Lines       []reviewLine
}

type reviewData struct {
	Kind  filing.Kind
	Parts []reviewPart
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
	data.Unchanged = d.Kind == filing.KindChange && !slices.ContainsFunc(data.Parts, func(p reviewPart) bool {
		return slices.ContainsFunc(p.Lines, func(l reviewLine) bool { return l.Changed })
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
func (s *Server) reviewParts(c *gin.Context, cur current, d filing.Dossier) ([]reviewPart, error) {
	t := s.texts.For(s.lang(c))
	kind := reviewLine{Key: "kind.title", Text: t.T("kind."+string(d.Kind), nil)}
	if !d.Kind.FollowsUp() {
		kind.Path = changePath(c, draftKind, valueKind)
	}
	parts := []reviewPart{{Title: "review.filing", Lines: []reviewLine{kind}}}
	contact, err := s.contactLines(c, cur)
	if err != nil {
		return nil, err
	}
	if len(contact) > 0 {
		parts = append(parts, reviewPart{Title: "review.contact", Note: "review.contact_fixed", Lines: contact})
	}
	for _, name := range formsOf(d.Kind) {
		part := reviewPart{Title: name + ".title"}
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
func (s *Server) contactLines(c *gin.Context, cur current) (lines []reviewLine, err error) {
	contact, err := s.cfg.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	d := contact.Details
	for _, f := range []struct{ name, text string }{
		{"user_name", d.UserName}, {"province", filing.RegionName(d.Province)}, {"name", d.Name}, {"mobile", d.Mobile}, {"email", d.Email}, {"remark", d.Remark},
	} {
		lines = append(lines, reviewLine{Key: "field.contact." + f.name, Text: f.text})
	}
	return lines, nil
}

func (s *Server) reviewLines(c *gin.Context, cur current, kind filing.Kind, name string) (lines []reviewLine, err error) {
	ctx := c.Request.Context()
	t, codes := s.texts.For(s.lang(c)), s.tables(ctx)
	values, err := s.draft(ctx, cur, name)
	if err != nil {
		return nil, err
	}
	before := values
	if kind == filing.KindChange && name != formClaim {
		if before, err = s.firstValues(ctx, cur, name); err != nil {
			return nil, err
		}
		if name == formSite {
			before.Set("provider", values.Get("provider"))
		}
	}
	old := build(t, name, s.fields(t, codes, kind, name, before), before, nil)
	for i, f := range build(t, name, s.fields(t, codes, kind, name, values), values, nil).Fields {
		line := reviewLine{Key: "field." + name + "." + f.Name, Text: shown(t, f)}
		if f.Type != "fixed" {
			line.Path = changePath(c, name, f.Name)
		}
		if was := shown(t, old.Fields[i]); was != line.Text {
			line.Changed, line.Before = true, was
		}
		if f.Type == "password" && values.Get(f.Name) != "" {
			line.Text = t.T("review.given", nil)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// shown is a field's value as people read it.
func shown(t *locale.Localizer, f field) string {
	var chosen []string
	for _, o := range f.Options {
		if o.Selected && o.Value != "" {
			chosen = append(chosen, o.Label)
		}
	}
	if len(f.Options) > 0 {
		return t.List(chosen)
	}
	return strings.Join(strings.Fields(f.Value()), " ")
}
