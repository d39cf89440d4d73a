package dossierview

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Fields are a form's fields for a kind of filing.
func (v *View) Fields(t *locale.Localizer, codes filing.Tables, kind filing.Kind, form string, values url.Values) []web.Field {
	all := web.Asked(FormFields(&filing.Dossier{Kind: kind}, form), web.Choosing{Localizer: t, Codes: codes, Typed: values})
	all = slices.DeleteFunc(all, func(f web.Field) bool { return !kind.Asks(form, f.Name) })
	for i := range all {
		all[i].Update = form == web.FormHolder && slices.Contains(listFields, all[i].Name)
	}
	return all
}

// Fill reads a form as it was typed into a dossier.
func (v *View) Fill(d *filing.Dossier, form string, values url.Values) {
	web.ReadFields(FormFields(d, form), values)
	switch form {
	case web.FormHolder:
		d.Holder.Normalise()
	case web.FormSite:
		d.Site.Provider = v.Provider.Name
		d.Site.Normalise()
	case web.FormPapers:
		d.Site.ApprovalNumbers = approvalNumbers(d.Site, values)
	case web.FormOwnership:
		d.OwnershipProof.Normalise(d.Kind)
	case web.FormEnding:
		d.Ending.Normalise()
	}
}

// Problems checks one form of a dossier, as far as its kind has it.
func (v *View) Problems(c *gin.Context, cur Current, d filing.Dossier, form string, codes filing.Tables) (filing.Problems, error) {
	var all filing.Problems
	switch form {
	case web.FormHolder:
		all = v.HolderProblems(c, d.Holder, codes)
		if d.Kind == filing.KindChange {
			before, err := v.Based(c.Request.Context(), cur)
			if err != nil {
				return nil, err
			}
			all = append(all, d.Holder.ValidateChange(before.Holder)...)
		}
	case web.FormSite:
		all = d.Site.Validate(codes)
	case web.FormPapers:
		return v.PaperProblems(c.Request.Context(), cur, d)
	case web.FormOwnership:
		all = v.ownershipProblems(c.Request.Context(), d)
	case web.FormEnding:
		all = d.Ending.Validate(codes)
	}
	all = slices.DeleteFunc(all, func(p filing.Problem) bool { return !d.Kind.Asks(form, p.Field) })
	return all, nil
}

// Draft is a form as it was left, or as it starts.
func (v *View) Draft(ctx context.Context, cur Current, form string) (url.Values, error) {
	values := url.Values{}
	err := v.Store.DraftAt(ctx, DraftRow(cur, form), &values)
	if errors.Is(err, store.ErrNotFound) {
		values, err = v.FirstValues(ctx, cur, form)
	}
	if form == web.FormSite && err == nil {
		values.Set("provider", v.Provider.Name)
	}
	return values, err
}

// FirstValues fills a form from what is known: the filing that is followed up,
// what was said when the kind was chosen, the contact, the order.
func (v *View) FirstValues(ctx context.Context, cur Current, form string) (url.Values, error) {
	if cur.Filing.Kind == filing.KindChange {
		base, err := v.Based(ctx, cur)
		switch {
		case err != nil:
			return nil, err
		case form == web.FormHolder:
			return HolderValues(base.Holder), nil
		case form == web.FormSite:
			return SiteValues(base.Site), nil
		case form == web.FormPapers:
			return approvalValues(base.Site), nil
		}
	}
	switch form {
	case web.FormSite:
		return v.firstSite(cur), nil
	case web.FormHolder:
		return v.firstHolder(ctx, cur)
	case web.FormOwnership:
		chosen, err := v.Chosen(ctx, cur)
		return url.Values{"number": {chosen.Get("number")}}, err
	case web.FormRegister:
		return url.Values{"home_page": v.firstSite(cur)["home_page"]}, nil
	}
	return url.Values{}, nil
}

// firstHolder takes the document from the choice of the kind, and the contact as
// manager, who as a rule is the same person.
func (v *View) firstHolder(ctx context.Context, cur Current) (url.Values, error) {
	contact, err := v.Store.Contact(ctx, cur.Filing.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	chosen, err := v.Chosen(ctx, cur)
	if err != nil {
		return nil, err
	}
	d := contact.Details
	values := url.Values{"province": {d.Province}, "manager_name": {d.Name}, "manager_mobile": {d.Mobile}, "manager_email": {d.Email}}
	for _, name := range DocumentFields {
		if chosen.Get(name) != "" {
			values.Set(name, chosen.Get(name))
		}
	}
	if isPerson(values) { // whose site is managed by that person
		values.Set(fieldSame, sameYes)
	}
	return values, nil
}

// firstSite fills the site's form from the order and the provider's settings.
func (v *View) firstSite(cur Current) url.Values {
	values := SiteValues(filing.Site{
		AccessMode: v.Provider.AccessMode, ServerPlace: v.Provider.ServerPlace, Domains: cur.Order.Domains, IPs: cur.Order.IPs, Languages: []int{1},
	})
	for _, d := range cur.Order.Domains {
		if !strings.HasPrefix(d, "*.") {
			values.Set("home_page", "http://"+d+"/")
			break
		}
	}
	return values
}

// Dossier is what the drafts of a filing make, with what it is about.
func (v *View) Dossier(ctx context.Context, cur Current) (filing.Dossier, error) {
	kind, err := v.KindOf(ctx, cur)
	if err != nil {
		return filing.Dossier{}, err
	}
	d := filing.Dossier{Kind: kind}
	if kind.FollowsUp() {
		base, err := v.Based(ctx, cur)
		if err != nil {
			return d, err
		}
		d.Subject = base.Subject
	}
	for _, form := range kind.Forms() {
		values, err := v.Draft(ctx, cur, form)
		if err != nil {
			return d, err
		}
		v.Fill(&d, form, values)
	}
	return d, nil
}
