package customer

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

type reviewData struct {
	Kind  filing.Kind
	Parts []dossierview.DossierPart
	// Unchanged: a change that changes nothing.
	Unchanged bool
	// Found is what the pre-check found. If anything Blocks, the dossier can't be submitted.
	Found  []dossierview.FoundLine
	Blocks bool
	// HolderFirst is the site whose filing must be submitted first, because it brings the holder; empty: none.
	HolderFirst string
	// Expected is how long the bureau will take.
	Expected *dossierview.Expectation
}

// reviewForm is the page 核对并提交: everything that was filled in, with links to change it.
func (p *Pages) reviewForm(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return err
	}
	data := reviewData{Kind: d.Kind}
	if data.Parts, err = p.reviewParts(c, cur, d); err != nil {
		return err
	}
	data.Unchanged = d.Kind == filing.KindChange && !slices.ContainsFunc(data.Parts, dossierview.DossierPart.Changed)
	if data.Found, err = p.Findings(c, cur, d, true); err != nil {
		return err
	}
	data.Blocks = dossierview.Blocks(data.Found)
	if carrier := cur.Carrier(); carrier != nil && holderFirst(d) {
		data.HolderFirst = carrier.Domain
	}
	if data.Expected, err = p.ExpectedFor(ctx, d, time.Time{}); err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "review.title"}, web.With(reviewPage, data))
}

// reviewParts are the filing's kind, its contact and its forms.
func (p *Pages) reviewParts(c *gin.Context, cur Current, d filing.Dossier) ([]dossierview.DossierPart, error) {
	t := p.Texts.For(p.Lang(c))
	kind := dossierview.DossierLine{Label: t.T("kind.title", nil), Text: t.T("kind."+string(d.Kind), nil)}
	if !d.Kind.FollowsUp() && !d.Companion && !d.HolderKnown {
		kind.Path = dossierview.ChangePath(c, dossierview.DraftKind, dossierview.ValueKind)
	}
	parts := []dossierview.DossierPart{{Title: "review.filing", Lines: []dossierview.DossierLine{kind}}}
	contact, err := p.contactLines(c, cur)
	if err != nil {
		return nil, err
	}
	if len(contact) > 0 {
		parts = append(parts, dossierview.DossierPart{Title: "review.contact", Note: "review.contact_fixed", Lines: contact})
	}
	for _, name := range d.Forms() {
		part := dossierview.DossierPart{Title: name + ".title"}
		if name == web.FormPapers {
			part.Lines, err = p.paperLines(c, cur, d)
		} else {
			part.Lines, err = p.reviewLines(c, cur, d, name)
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

// contactLines are the contact's data; there are none before the contact is given.
func (p *Pages) contactLines(c *gin.Context, cur Current) (lines []dossierview.DossierLine, err error) {
	contact, err := p.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	t := p.Texts.For(p.Lang(c))
	lines = dossierview.FormLines(t, web.PartContact, web.ContactFields(t), web.ContactValues(contact.Details))
	return slices.DeleteFunc(lines, func(l dossierview.DossierLine) bool { return l.Secret }), nil
}

// reviewLines are a form's lines with links to change them. In a change (变更), what differs from the
// filed dossier is marked.
func (p *Pages) reviewLines(
	c *gin.Context, cur Current, d filing.Dossier, name string,
) ([]dossierview.DossierLine, error) {
	ctx := c.Request.Context()
	t, codes := p.Texts.For(p.Lang(c)), p.Tables(ctx)
	values, err := p.Draft(ctx, cur, name)
	if err != nil {
		return nil, err
	}
	fields := p.Fields(t, codes, d, name, values)
	lines := dossierview.FormLines(t, name, fields, values)
	if d.Kind == filing.KindChange && name != web.FormOwnership {
		before, err := p.FirstValues(ctx, cur, name)
		if err != nil {
			return nil, err
		}
		if name == web.FormSite {
			before.Set("provider", values.Get("provider"))
		}
		dossierview.MarkLines(lines, dossierview.FormLines(t, name, p.Fields(t, codes, d, name, before), before))
	}
	for i := range lines {
		line := &lines[i]
		if fields[i].Type != "fixed" {
			line.Path = dossierview.ChangePath(c, name, fields[i].Name)
		}
		if line.Secret && line.Text != "" {
			line.Text = t.T("review.given", nil)
		}
	}
	return lines, nil
}
