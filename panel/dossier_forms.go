package panel

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// The forms that make a dossier; papers have a page of their own (资料上传).
const (
	formHolder = filing.FormHolder
	formSite   = filing.FormSite
	formClaim  = filing.FormClaim
	formEnding = filing.FormEnding
	formPapers = filing.FormPapers
)

// fields are a form's fields for a kind of filing.
func (s *Server) fields(t *locale.Localizer, codes filing.Tables, kind filing.Kind, form string, v url.Values) []field {
	all := asked(formFields(&filing.Dossier{Kind: kind}, form), choosing{t, codes, v})
	all = slices.DeleteFunc(all, func(f field) bool { return !kind.Asks(form, f.Name) })
	for i := range all {
		all[i].Update = form == formHolder && slices.Contains(listFields, all[i].Name)
	}
	return all
}

// fill reads a form as it was typed into a dossier.
func (s *Server) fill(d *filing.Dossier, form string, v url.Values) {
	readFields(formFields(d, form), v)
	switch form {
	case formHolder:
		d.Holder.Normalise()
	case formSite:
		d.Site.Provider = s.cfg.Provider.Name
		d.Site.Normalise()
	case formPapers:
		d.Site.ApprovalNumbers = approvalNumbers(d.Site, v)
	case formClaim:
		d.Claim.Normalise(d.Kind)
	case formEnding:
		d.Ending.Normalise()
	}
}

// problems checks one form of a dossier, as far as its kind has it.
func (s *Server) problems(c *gin.Context, cur current, d filing.Dossier, form string, codes filing.Tables) (filing.Problems, error) {
	var all filing.Problems
	switch form {
	case formHolder:
		all = s.holderProblems(c, d.Holder, codes)
		if d.Kind == filing.KindChange {
			before, err := s.based(c.Request.Context(), cur)
			if err != nil {
				return nil, err
			}
			all = append(all, d.Holder.ValidateChange(before.Holder)...)
		}
	case formSite:
		all = d.Site.Validate(codes)
	case formPapers:
		return s.paperProblems(c.Request.Context(), cur, d)
	case formClaim:
		all = s.claimProblems(c.Request.Context(), d)
	case formEnding:
		all = d.Ending.Validate(codes)
	}
	all = slices.DeleteFunc(all, func(p filing.Problem) bool { return !d.Kind.Asks(form, p.Field) })
	return all, nil
}

func code(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// draft is a form as it was left, or as it starts.
func (s *Server) draft(ctx context.Context, cur current, form string) (url.Values, error) {
	values := url.Values{}
	err := s.cfg.Store.DraftAt(ctx, rowOf(cur, form), &values)
	if errors.Is(err, store.ErrNotFound) {
		values, err = s.firstValues(ctx, cur, form)
	}
	if form == formSite && err == nil {
		values.Set("provider", s.cfg.Provider.Name)
	}
	return values, err
}

// firstValues fills a form from what is known: the filing that is followed up,
// what was said when the kind was chosen, the contact, the order.
func (s *Server) firstValues(ctx context.Context, cur current, form string) (url.Values, error) {
	if cur.Filing.Kind == filing.KindChange {
		base, err := s.based(ctx, cur)
		switch {
		case err != nil:
			return nil, err
		case form == formHolder:
			return HolderValues(base.Holder), nil
		case form == formSite:
			return SiteValues(base.Site), nil
		case form == formPapers:
			return approvalValues(base.Site), nil
		}
	}
	switch form {
	case formSite:
		return s.firstSite(cur), nil
	case formHolder:
		return s.firstHolder(ctx, cur)
	case formClaim:
		chosen, err := s.chosen(ctx, cur)
		return url.Values{"number": {chosen.Get("number")}}, err
	case formRegister:
		return url.Values{"home_page": s.firstSite(cur)["home_page"]}, nil
	}
	return url.Values{}, nil
}

// firstHolder takes the document from the choice of the kind, and the contact as
// manager, who as a rule is the same person.
func (s *Server) firstHolder(ctx context.Context, cur current) (url.Values, error) {
	contact, err := s.cfg.Store.Contact(ctx, cur.Filing.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	chosen, err := s.chosen(ctx, cur)
	if err != nil {
		return nil, err
	}
	d := contact.Details
	v := url.Values{"province": {d.Province}, "manager_name": {d.Name}, "manager_mobile": {d.Mobile}, "manager_email": {d.Email}}
	for _, name := range documentFields {
		if chosen.Get(name) != "" {
			v.Set(name, chosen.Get(name))
		}
	}
	if isPerson(v) { // whose site is managed by that person
		v.Set(fieldSame, sameYes)
	}
	return v, nil
}

// firstSite fills the site's form from the order and the provider's settings.
func (s *Server) firstSite(cur current) url.Values {
	v := SiteValues(filing.Site{
		AccessMode: s.cfg.Provider.AccessMode, ServerPlace: s.cfg.Provider.ServerPlace, Domains: cur.Order.Domains, IPs: cur.Order.IPs, Languages: []int{1},
	})
	for _, d := range cur.Order.Domains {
		if !strings.HasPrefix(d, "*.") {
			v.Set("home_page", "http://"+d+"/")
			break
		}
	}
	return v
}

// dossier is what the drafts of a filing make, with what it is about.
func (s *Server) dossier(ctx context.Context, cur current) (filing.Dossier, error) {
	kind, err := s.kindOf(ctx, cur)
	if err != nil {
		return filing.Dossier{}, err
	}
	d := filing.Dossier{Kind: kind}
	if kind.FollowsUp() {
		base, err := s.based(ctx, cur)
		if err != nil {
			return d, err
		}
		d.Subject = base.Subject
	}
	for _, form := range kind.Forms() {
		values, err := s.draft(ctx, cur, form)
		if err != nil {
			return d, err
		}
		s.fill(&d, form, values)
	}
	return d, nil
}
