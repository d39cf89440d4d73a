package dossierview

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// DraftRow is where a form's draft is stored: with the filing or, before there is one, with the order or its site.
func DraftRow(cur Current, form string) store.DraftRow {
	switch {
	case cur.Filing.ID == 0 && cur.Several():
		return store.SiteDraft(cur.Order.ID, cur.Site.ID, cur.Order.CustomerID, form)
	case cur.Filing.ID == 0:
		return store.OrderDraft(cur.Order.ID, cur.Order.CustomerID, form)
	}
	return store.FilingDraft(cur.Filing.ID, form)
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

// StartedDraft is a form as the customer left it; started is false if nobody has filled it in.
func (v *View) StartedDraft(
	ctx context.Context, cur Current, form string,
) (values url.Values, started bool, err error) {
	values = url.Values{}
	err = v.Store.Draft(ctx, cur.Filing.ID, form, &values)
	if errors.Is(err, store.ErrNotFound) {
		return values, false, nil
	}
	return values, err == nil, err
}

// FirstValues fill in a form with what is known: the filing that is followed up, what was said when the
// kind was chosen, the contact, the order.
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
		if h, filed, err := v.filedHolder(ctx, cur.Filing); err != nil || filed {
			return url.Values{"number": {h.Number}}, err
		}
		chosen, err := v.Chosen(ctx, cur)
		return url.Values{"number": {chosen.Get("number")}}, err
	case web.FormRegister:
		return url.Values{"home_page": v.firstSite(cur)["home_page"]}, nil
	}
	return url.Values{}, nil
}

// firstHolder takes the document from the choice of the kind. The manager is the contact, who usually
// is the same person.
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
	values := url.Values{
		"province": {d.Province}, "manager_name": {d.Name}, "manager_mobile": {d.Mobile}, "manager_email": {d.Email},
	}
	for _, name := range DocumentFields {
		if chosen.Get(name) != "" {
			values.Set(name, chosen.Get(name))
		}
	}
	if isPerson(values) {
		values.Set(fieldSame, sameYes)
	}
	return values, nil
}

// firstSite fills in the site's form from the order and the provider's settings. A site is filed with its registrable
// domain, which covers its host names.
func (v *View) firstSite(cur Current) url.Values {
	values := SiteValues(filing.Site{
		AccessMode: v.Provider.AccessMode, ServerPlace: v.Provider.ServerPlace,
		Domains: filing.RegistrableOf(cur.Order.Domains), IPs: cur.Order.IPs, Languages: []int{1},
	})
	if host := homeHost(cur.Order.Domains); host != "" {
		values.Set("home_page", "http://"+host+"/")
	}
	return values
}

// homeHost is the host name that visitors of a site most likely open: its domain, with or without "www.", or else the
// first that the order lists.
func homeHost(listed []string) string {
	names := slices.DeleteFunc(slices.Clone(listed), func(d string) bool { return strings.HasPrefix(d, "*.") })
	at := slices.IndexFunc(names, func(d string) bool {
		return strings.TrimPrefix(d, "www.") == filing.RegistrableDomain(d)
	})
	switch {
	case at >= 0:
		return names[at]
	case len(names) > 0:
		return names[0]
	case len(listed) > 0:
		return filing.RegistrableDomain(listed[0])
	}
	return ""
}

// DraftKind is the draft of the choice of kind. It also has the holder's document that the bureau was
// asked about, and the answer.
const DraftKind = "kind"

// ValueKind is the field of the chosen kind.
const ValueKind = "kind"

// Chosen is the draft of the choice of kind; empty before there is one.
func (v *View) Chosen(ctx context.Context, cur Current) (url.Values, error) {
	values, _, err := v.StartedDraft(ctx, cur, DraftKind)
	return values, err
}

// KindOf is the kind of a filing: fixed for a follow-up and for a site of a holder that another site's filing brings,
// chosen for others.
func (v *View) KindOf(ctx context.Context, cur Current) (filing.Kind, error) {
	if cur.Filing.Kind.FollowsUp() || cur.Filing.Companion() {
		return cur.Filing.Kind.OrNew(), nil
	}
	if _, filed, err := v.filedHolder(ctx, cur.Filing); err != nil || filed {
		return filing.KindNewSite, err
	}
	values, err := v.Chosen(ctx, cur)
	if kind := filing.Kind(values.Get(ValueKind)); slices.Contains(filing.Beginnings, kind) {
		return kind, err
	}
	return filing.KindNew, err
}

// Blank is a filing's dossier before anything is filled in: what it is about, and what its bureau asks for.
func (v *View) Blank(ctx context.Context, cur Current) (d filing.Dossier, err error) {
	if d.Kind, err = v.KindOf(ctx, cur); err != nil {
		return d, err
	}
	if d.Kind.FollowsUp() {
		base, err := v.Based(ctx, cur)
		if err != nil {
			return d, err
		}
		d.Subject = base.Subject
	}
	if err := v.fillHolder(ctx, cur, &d); err != nil {
		return d, err
	}
	var proof url.Values
	if d.HolderKnown && d.Kind.ProvesOwnership() {
		proof = url.Values{"number": {d.OwnershipProof.Number}}
	} else if d.Kind.ProvesOwnership() {
		if proof, err = v.Draft(ctx, cur, web.FormOwnership); err != nil {
			return d, err
		}
	}
	number := filing.Dossier{Kind: d.Kind, Subject: d.Subject, OwnershipProof: filing.OwnershipProof{
		Number: proof.Get("number")}}
	d.PasswordPolicy, err = v.passwordPolicy(ctx, cur, number)
	return d, err
}

// passwordPolicy is whether a dossier's bureau asks for the filing password: it says so in the settings, or has just
// refused the filing for want of the right one.
func (v *View) passwordPolicy(ctx context.Context, cur Current, d filing.Dossier) (filing.PasswordPolicy, error) {
	if !d.Kind.Asks(filing.FormOwnership, "password") {
		return filing.PasswordNone, nil
	}
	d.OwnershipProof.Normalise(d.Kind)
	policy, err := v.Store.PasswordPolicy(ctx, d.Bureau())
	if err != nil || policy == filing.PasswordRequired || cur.Filing.Stage != filing.Correcting {
		return policy, err
	}
	decision, err := v.Store.LatestDecision(ctx, cur.Filing.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return policy, nil
	case err == nil && decision.Code == codeWrongPassword:
		policy = filing.PasswordRequired
	}
	return policy, err
}

// codeWrongPassword is the bureau's result code for a wrong filing password, or none.
const codeWrongPassword = 1018

// Dossier is the dossier that the drafts of a filing make.
func (v *View) Dossier(ctx context.Context, cur Current) (filing.Dossier, error) {
	d, err := v.Blank(ctx, cur)
	if err != nil {
		return d, err
	}
	for _, form := range d.Forms() {
		values, err := v.Draft(ctx, cur, form)
		if err != nil {
			return d, err
		}
		v.Fill(&d, form, values)
	}
	return d, nil
}

// Typed is a blank dossier with one form as it was typed, and what it depends on of others. A typed number can belong
// to another bureau than the saved one, which may want no password.
func (v *View) Typed(
	ctx context.Context, cur Current, blank filing.Dossier, form string, values url.Values,
) (d filing.Dossier, err error) {
	d = blank
	if form == web.FormOwnership && d.Kind.ProvesOwnership() {
		d.OwnershipProof.Number = values.Get("number")
		if d.PasswordPolicy, err = v.passwordPolicy(ctx, cur, d); err != nil {
			return d, err
		}
	}
	if form == web.FormSite && d.Kind.Asks(web.FormHolder, "nature") { // a person manages the own site
		holder, err := v.Draft(ctx, cur, web.FormHolder)
		if err != nil {
			return d, err
		}
		v.Fill(&d, web.FormHolder, holder)
	}
	v.Fill(&d, form, values)
	return d, nil
}

// Based is the dossier that a follow-up starts from: the approved one, with the bureau's IDs and what
// the bureau has sent about it since.
func (v *View) Based(ctx context.Context, cur Current) (filing.Dossier, error) {
	decision, err := v.Store.LatestDecision(ctx, cur.Filing.BaseID.Int64)
	if err != nil {
		return filing.Dossier{}, err
	}
	d, err := v.Store.Dossier(ctx, cur.Filing.BaseID.Int64, decision.Revision)
	if err != nil {
		return d, err
	}
	d.Kind, d.OwnershipProof, d.Ending = cur.Filing.Kind, filing.OwnershipProof{}, filing.Ending{}
	return v.AsFiled(ctx, d, decision)
}

// AsFiled is an approved dossier, updated with what the bureau has on file.
func (v *View) AsFiled(ctx context.Context, d filing.Dossier, decision store.Decision) (filing.Dossier, error) {
	d.Subject = filing.Subject{
		HolderID: decision.HolderID, HolderNumber: decision.HolderNumber,
		SiteID: decision.SiteID, SiteNumber: decision.SiteNumber, AccessID: decision.AccessID,
	}
	filed, err := v.Store.FiledByNumber(ctx, decision.HolderNumber)
	if errors.Is(err, store.ErrNotFound) {
		return d, nil // the bureau has no interface and sends nothing
	} else if err != nil {
		return d, err
	}
	for _, f := range filed {
		if f.HolderID == decision.HolderID {
			d.Take(f.FiledHolder)
		}
	}
	return d, nil
}
