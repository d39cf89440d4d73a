package customer

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

func registerFields() []web.Field {
	return []web.Field{
		{Name: "number", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "home_page", Type: "url", Required: true, Autocomplete: "url"},
		{Name: "certificate", Type: "file"},
	}
}

// withUnfiled finds the customer's site. If it has an open filing, it sends people there: a number
// is registered only where there is none.
func (p *Pages) withUnfiled(h handler) web.Handler {
	return p.withSite(func(c *gin.Context, cur Current) error {
		f, err := p.lastFiling(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		if f != nil {
			if cur.Filing = *f; !cur.Over() {
				return p.movedOn(c)
			}
			cur.Filing = store.Filing{}
		}
		return h(c, cur)
	})
}

// registerForm is 登记备案号.
func (p *Pages) registerForm(c *gin.Context, cur Current) error {
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	problems := web.FilesAgain(saved, "file_again")
	return p.showRegister(c, cur, shownForm{name: web.FormRegister, values: saved, problems: problems})
}

type registerData struct {
	web.Form
	Order store.Order
}

func (p *Pages) showRegister(c *gin.Context, cur Current, shown shownForm) error {
	form, err := p.draftedForm(c, cur, shown, registerFields())
	if err != nil {
		return err
	}
	page := web.Page{Title: "register.title", Wrong: form.HasProblems()}
	return p.Render(c, shown.status(c), page, web.With(registerPage, registerData{form, cur.Order}))
}

// saveRegisterDraft saves the form while it is typed. The draft belongs to the order, as there is no filing yet.
func (p *Pages) saveRegisterDraft(c *gin.Context, cur Current) error {
	return p.answerDraft(c, cur, web.FormRegister)
}

// register validates the customer's number, compares it with the bureau's data and opens a filing that checks the site.
func (p *Pages) register(c *gin.Context, cur Current) error {
	ctx, order := c.Request.Context(), cur.Order
	u, err := web.PostFormWithFile(c, "certificate", filing.MaxCertificate)
	values, certificate, problems := u.Values, u.File, certificateProblems(u)
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		problems = filing.Problems{certificateTooLarge()}
	} else if err != nil {
		return web.ErrBadRequest
	}
	show := func(overtaken bool) error {
		if len(certificate) > 0 && problems.For("certificate") == nil { // browsers don't let a page fill in a file again
			problems = append(problems, filing.Problem{Field: "certificate", Key: "file_again"})
		}
		return p.showRegister(c, cur,
			shownForm{name: web.FormRegister, values: values, problems: problems, overtaken: overtaken})
	}
	if _, err := p.storeDraft(ctx, cur, web.FormRegister, values); errors.Is(err, store.ErrConflict) {
		return show(true)
	} else if err != nil {
		return err
	}
	d, found := filing.Registration{Number: values.Get("number"), HomePage: values.Get("home_page")}.Dossier(order.Domains)
	problems = append(problems, found...)
	if number, err := filing.ParseNumber(d.OwnershipProof.Number); err == nil && number.OtherNumberIn(certificate) != "" {
		problems = append(problems, filing.Problem{
			Field: "certificate", Key: "certificate_other_number",
			Args: map[string]any{"number": number.OtherNumberIn(certificate)},
		})
	}
	compared := false
	if len(problems) == 0 {
		var err error
		if compared, found, err = p.compareNumber(ctx, d.OwnershipProof.Number, order.Domains); err != nil {
			return err
		}
		problems = found
	}
	if len(problems) > 0 {
		return show(false)
	}
	f, err := p.Store.OpenRegistration(ctx, store.NewRegistration{
		OrderID: order.ID, SiteID: cur.Site.ID, CustomerID: order.CustomerID, Dossier: d, Certificate: certificate,
		Compared: compared, Actor: p.Actor(c),
	})
	if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	return p.started(c, f)
}

func certificateTooLarge() filing.Problem {
	args := map[string]any{"max": filing.MaxCertificate >> 20}
	return filing.Problem{Field: "certificate", Key: "file_too_large", Args: args}
}

// certificateProblems checks the certificate file, which is optional.
func certificateProblems(u web.Upload) filing.Problems {
	switch {
	case len(u.File) > filing.MaxCertificate:
		return filing.Problems{certificateTooLarge()}
	case u.File != nil && len(u.File) == 0:
		return filing.Problems{{Field: "certificate", Key: "file_empty"}}
	}
	return nil
}

// compareNumber asks the bureau that issued a number about the order's domains. If the bureau can't be
// asked about every one, the number is accepted as it is.
func (p *Pages) compareNumber(
	ctx context.Context, text string, domains []string,
) (compared bool, problems filing.Problems, err error) {
	number, err := filing.ParseNumber(text)
	if err != nil {
		return false, nil, err
	}
	province := filing.ProvinceOfNumber(text)
	known, err := p.domainStatuses(ctx, province, domains)
	if errors.Is(err, web.ErrNotAsked) {
		err = nil
	}
	if err != nil || len(known) == 0 {
		return false, nil, err
	}
	outcome, about := filing.CompareNumber(number, known)
	switch outcome {
	case filing.AnotherNumber:
		args := map[string]any{"domain": filing.DisplayDomain(about.Domain), "number": about.Number()}
		return false, filing.Problems{{Field: "number", Key: "number_is_another", Args: args}}, nil
	case filing.NotFiled:
		args := map[string]any{"province": filing.RegionName(province)}
		return false, filing.Problems{{Field: "number", Key: "number_not_filed", Args: args}}, nil
	}
	return outcome == filing.SameNumber, nil, nil
}

// takeOff removes a registered number from its order (取消登记).
func (p *Pages) takeOff(c *gin.Context, cur Current) error {
	if c.PostForm("sure") != "yes" {
		return p.askToConfirm(c, "take_off")
	}
	err := p.Store.TakeOff(c.Request.Context(), cur.Filing.ID, p.Actor(c))
	return p.finish(c, err, "flash.taken_off", allPath(c))
}
