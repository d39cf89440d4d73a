package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

const (
	formRegister = "register"
	registerPath = "/orders/:number/register"
)

func registerFields() []field {
	return []field{
		{Name: "number", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "home_page", Type: "url", Required: true, Autocomplete: "url"},
		{Name: "certificate", Type: "file"},
	}
}

// registering finds the customer's order, and sends people to the filing that
// is open on it: a number is registered where nothing else is.
func (s *Server) registering(c *gin.Context) (order store.Order, ok bool) {
	ctx := c.Request.Context()
	order, err := s.cfg.Store.OrderOf(ctx, s.userID(c), c.Param("number"))
	if err != nil {
		s.fail(c, err)
		return order, false
	}
	_, err = s.cfg.Store.FilingOfOrder(ctx, order.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return order, true
	case err != nil:
		s.fail(c, err)
	default:
		s.flash(c, "flash.moved_on")
		to(c, filingPath(c))
	}
	return order, false
}

// registerForm is 登记备案号.
func (s *Server) registerForm(c *gin.Context) {
	if order, ok := s.registering(c); ok {
		kept := s.keptValues(c)
		s.showRegister(c, http.StatusOK, current{Order: order}, kept, filesAgain(kept, "file_again"))
	}
}

type registerData struct {
	form
	Order store.Order
}

// showRegister draws the form with its draft, or with what was just posted; of a page
// that another overtook, with both.
func (s *Server) showRegister(c *gin.Context, status int, cur current, values url.Values, problems filing.Problems) {
	ctx := c.Request.Context()
	mark, err := s.draftState(ctx, cur, formRegister, values)
	if err == nil && values == nil {
		values, err = s.draft(ctx, cur, formRegister)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	t := s.texts.For(s.lang(c))
	data := registerData{build(t, formRegister, registerFields(), values, problems), cur.Order}
	data.Draft = mark
	if status == http.StatusConflict {
		if err := s.conflict(ctx, t, cur, formRegister, values, func(url.Values) []field { return registerFields() }, &data.form); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.render(c, status, "register", page{Title: "register.title", Data: data})
}

// saveRegisterDraft keeps the form while it is typed: there is no filing yet that
// could have a draft.
func (s *Server) saveRegisterDraft(c *gin.Context) {
	if order, ok := s.registering(c); ok {
		s.answerDraft(c, current{Order: order}, formRegister)
	}
}

// register checks a number that the customer holds, compares it with what the
// bureau says, and has the site looked at.
func (s *Server) register(c *gin.Context) {
	order, ok := s.registering(c)
	if !ok {
		return
	}
	ctx, cur := c.Request.Context(), current{Order: order}
	u, err := postedWithFile(c, "certificate", filing.MaxCertificate)
	values, certificate, problems := u.values, u.file, certificateProblems(u)
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		problems = filing.Problems{certificateTooLarge()}
	} else if err != nil {
		s.fail(c, errBadRequest)
		return
	}
	// a page can't fill a file in again
	again := func(problems filing.Problems) filing.Problems {
		if len(certificate) > 0 && problems.For("certificate") == nil {
			problems = append(problems, filing.Problem{Field: "certificate", Key: "file_again"})
		}
		return problems
	}
	if _, err := s.keepDraft(ctx, cur, formRegister, values); errors.Is(err, store.ErrConflict) {
		s.showRegister(c, http.StatusConflict, cur, values, again(problems))
		return
	} else if err != nil {
		s.fail(c, err)
		return
	}
	d, found := filing.Registration{Number: values.Get("number"), HomePage: values.Get("home_page")}.Dossier(order.Domains)
	problems = append(problems, found...)
	if number, err := filing.ParseNumber(d.Claim.Number); err == nil && number.OtherNumberIn(certificate) != "" {
		problems = append(problems, filing.Problem{Field: "certificate", Key: "certificate_other_number", Args: map[string]any{"number": number.OtherNumberIn(certificate)}})
	}
	compared := false
	if len(problems) == 0 {
		var err error
		if compared, found, err = s.compareNumber(ctx, d.Claim.Number, order.Domains); err != nil {
			s.fail(c, err)
			return
		}
		problems = found
	}
	if len(problems) > 0 {
		s.showRegister(c, http.StatusUnprocessableEntity, cur, values, again(problems))
		return
	}
	f, err := s.cfg.Store.OpenRegistration(ctx, store.NewRegistration{OrderID: order.ID, Dossier: d, Certificate: certificate, Compared: compared, Actor: s.actor(c)})
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	if err := s.startFiling(ctx, f); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c))
}

func certificateTooLarge() filing.Problem {
	return filing.Problem{Field: "certificate", Key: "file_too_large", Args: map[string]any{"max": filing.MaxCertificate >> 20}}
}

// certificateProblems checks a certificate file that may be left out.
func certificateProblems(u upload) filing.Problems {
	switch {
	case len(u.file) > filing.MaxCertificate:
		return filing.Problems{certificateTooLarge()}
	case u.file != nil && len(u.file) == 0:
		return filing.Problems{{Field: "certificate", Key: "file_empty"}}
	}
	return nil
}

// compareNumber asks the bureau that gave a number about the order's domains.
// Where it can't be asked of each, the number is taken as it is.
func (s *Server) compareNumber(ctx context.Context, text string, domains []string) (compared bool, problems filing.Problems, err error) {
	number, err := filing.ParseNumber(text)
	if err != nil {
		return false, nil, err
	}
	var known []filing.DomainStatus
	for _, domain := range filing.AskedDomains(domains) {
		status, err := s.bureauStatus(ctx, filing.ProvinceOfNumber(text), bureau.ConditionDomain, domain)
		if errors.Is(err, errNotAsked) {
			return false, nil, nil
		} else if err != nil {
			return false, nil, err
		}
		known = append(known, filing.DomainStatus{Domain: domain, Status: status})
	}
	if len(known) == 0 {
		return false, nil, nil
	}
	outcome, about := filing.CompareNumber(number, known)
	switch outcome {
	case filing.AnotherNumber:
		return false, filing.Problems{{Field: "number", Key: "number_is_another", Args: map[string]any{
			"domain": filing.DisplayDomain(about.Domain), "number": about.Number(),
		}}}, nil
	case filing.NotFiled:
		return false, filing.Problems{{Field: "number", Key: "number_not_filed", Args: map[string]any{
			"province": filing.RegionName(filing.ProvinceOfNumber(text)),
		}}}, nil
	}
	return outcome == filing.SameNumber, nil, nil
}

// takeOff takes a registered number off its order again (取消登记).
func (s *Server) takeOff(c *gin.Context, cur current) {
	if c.PostForm("sure") != "yes" {
		s.unsure(c, "take_off")
		return
	}
	err := s.cfg.Store.TakeOff(c.Request.Context(), cur.Filing.ID, s.actor(c))
	if err == nil {
		s.flash(c, "flash.taken_off")
	}
	s.moveOn(c, err, "/orders")
}
