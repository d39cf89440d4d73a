package panel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

const (
	// correctionRoute is the form that corrects one address of a contact.
	correctionRoute = "/support/filings/:number/contact/:channel"
	// maxProof is the most that a proof's picture weighs once it is encoded anew.
	maxProof = 1 << 20
)

// correctionData is the page on which staff correct an address.
type correctionData struct {
	filingForm
	Token   string
	Channel filing.Channel
	// AtOnce: the filing is being verified, and the new address takes the old one's place.
	AtOnce bool
}

func (s *Server) correctionFields(c *gin.Context, name string) []field {
	t := s.texts.For(s.lang(c))
	address := field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "off"}
	if name == "email" {
		address = field{Name: "email", Type: "email", Required: true, Autocomplete: "off"}
	}
	var proofs []option
	for _, p := range filing.Proofs {
		proofs = append(proofs, option{Value: p, Label: t.T("proof."+p, nil)})
	}
	return []field{
		address, {Name: "proof", Type: "select", Required: true, Options: choose(t, proofs)},
		{Name: "reason", Type: "textarea", Required: true}, {Name: "picture", Type: "file"},
	}
}

// correctionForm is for staff who have a customer before them who lost a number or an address.
func (s *Server) correctionForm(c *gin.Context) {
	if f, ok := s.postedFiling(c, c.Request.URL.Query()); ok {
		s.showCorrection(c, http.StatusOK, f, newToken(), nil, nil)
	}
}

func (s *Server) showCorrection(c *gin.Context, status int, f store.Filing, token string, values url.Values, problems filing.Problems) {
	channel, name, ok := s.reachChannel(c)
	if !ok {
		return
	}
	if !store.Correctable(f.Stage) || f.Kind.Registers() {
		s.acted(c, f, workflows.ErrWrongStage)
		return
	}
	s.render(c, status, "correction", page{Title: "correction.title_" + name, Data: correctionData{
		filingForm{build(s.texts.For(s.lang(c)), "correction", s.correctionFields(c, name), values, problems), f}, token, channel, f.Stage == filing.Verifying,
	}})
}

// correctContact corrects one address of a filing's contact on proof. While the filing is
// being verified that is what customers do themselves, and the code follows. Afterwards the
// new address must be confirmed by a code that it is sent: proofs can be forged, and a
// contact's address opens its customer's account. Where the contact was is told of it.
func (s *Server) correctContact(c *gin.Context) {
	slowly(c)
	channel, name, ok := s.reachChannel(c)
	if !ok {
		return
	}
	u, err := postedWithFile(c, "picture", picture.MaxUpload)
	if err != nil {
		s.fail(c, partError(err))
		return
	}
	f, ok := s.postedFiling(c, u.values)
	if !ok {
		return
	}
	token := u.values.Get("token")
	if !validToken(token) {
		s.fail(c, errBadRequest)
		return
	}
	ctx := c.Request.Context()
	n := store.NewCorrection{Token: token, FilingID: f.ID, Channel: channel, Proof: u.values.Get("proof"), By: s.actor(c)}
	reason, problems := staffReason(u.values, true)
	details := contactOf(u.values)
	if n.To = details.Email; channel == filing.SMS {
		n.To = details.Mobile
	}
	problems = append(problems, slices.DeleteFunc(filing.ValidateReach(details.Mobile, details.Email), func(p filing.Problem) bool { return p.Field != name })...)
	if !slices.Contains(filing.Proofs, n.Proof) {
		problems = append(problems, filing.Problem{Field: "proof", Key: "choose"})
	}
	if u.name != "" {
		var wrong *filing.Problem
		if n.Picture, wrong, err = s.proofPicture(ctx, u.file); err != nil {
			s.fail(c, err)
			return
		} else if wrong != nil {
			problems = append(problems, *wrong)
		}
	}
	if len(problems) == 0 {
		err = s.asked(c, s.deed(c, "contact.correct", "filing", f.Ref()+" "+string(channel), reason), func() error { return s.correct(c, f, n) })
	}
	if errors.Is(err, store.ErrUnchanged) {
		problems = filing.Problems{{Field: name, Key: "address_unchanged"}}
		token = newToken() // the notice under the old one waits, but not for ever
	}
	if len(problems) > 0 {
		if n.Picture != nil { // browsers don't keep files
			problems = append(problems, filing.Problem{Field: "picture", Key: "proof_again"})
		}
		s.showCorrection(c, http.StatusUnprocessableEntity, f, token, u.values, problems)
		return
	}
	s.actedAs(c, f, err, "flash.corrected")
}

// proofPicture makes a proof's picture fit to be kept, or tells what is wrong with it.
func (s *Server) proofPicture(ctx context.Context, raw []byte) ([]byte, *filing.Problem, error) {
	pages, err := s.decode(ctx, raw, picture.Limits{MaxBytes: maxProof}, 1)
	if key, ok := picture.KeyOf(err); ok {
		return nil, &filing.Problem{Field: "picture", Key: key, Args: map[string]any{"long": 0, "short": 0, "mb": picture.MaxUpload >> 20, "max": 1}}, nil
	} else if err != nil {
		return nil, nil, err
	}
	return pages[0].Content, nil, nil
}

// correct writes the correction, and tells the filing and people of it. Whoever had the
// address is told even if a crash follows: that begins before.
func (s *Server) correct(c *gin.Context, f store.Filing, n store.NewCorrection) error {
	ctx := c.Request.Context()
	if err := s.cfg.Filings.TellCorrection(ctx, n.Token); err != nil {
		return err
	}
	row, err := s.cfg.Store.CorrectByStaff(ctx, n)
	if err != nil {
		return err
	}
	in := workflows.Corrected{Channel: n.Channel, Actor: s.actor(c)}
	if row.Outcome == store.CorrectionApplied {
		in.Send = row.Send
	} else if row.Outcome == store.CorrectionOpen {
		if err := s.cfg.Filings.SendCorrectionCode(ctx, row.ID, row.Send); err != nil {
			return err
		}
	}
	_, err = s.cfg.Filings.ContactCorrected(ctx, f.Ref(), fmt.Sprintf("corrected/%d", row.ID), in)
	return err
}

// proofOfCorrection shows the picture of a proof; that somebody looked is noted first.
func (s *Server) proofOfCorrection(c *gin.Context) {
	f, ok := s.postedFiling(c, c.Request.URL.Query())
	if !ok {
		return
	}
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	content, err := s.cfg.Store.CorrectionPicture(c.Request.Context(), f.ID, id)
	if err == nil {
		err = s.saw(c, "proof.view", "filing", f.Ref()+" "+idText(id))
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	sendPicture(c, fmt.Sprintf("proof-%d.jpg", id), content)
}

// The customer's side: a new address that staff gave counts once its code was typed.

// withCorrection finds what waits for its code by the channel in the path.
func (s *Server) withCorrection(h func(*gin.Context, current, store.Correction)) gin.HandlerFunc {
	return s.withFiling(func(c *gin.Context, cur current) {
		channel, _, ok := s.reachChannel(c)
		if !ok {
			return
		}
		row, err := s.cfg.Store.OpenCorrection(c.Request.Context(), cur.Filing.ID, channel)
		switch {
		case errors.Is(err, store.ErrNotFound):
			s.flash(c, "flash.moved_on")
			to(c, filingPath(c))
		case err != nil:
			s.fail(c, err)
		default:
			h(c, cur, row)
		}
	})
}

// toConfirm are the channels by which something waits for its code.
func (s *Server) toConfirm(ctx context.Context, cur current) (channels []filing.Channel, err error) {
	if cur.over() {
		return nil, nil
	}
	rows, err := s.cfg.Store.Corrections(ctx, cur.Filing.ID, correctionsShown)
	for _, row := range rows {
		if row.Outcome == store.CorrectionOpen {
			channels = append(channels, row.Channel)
		}
	}
	return channels, err
}

func (s *Server) confirmForm(c *gin.Context, _ current, row store.Correction) {
	s.showConfirm(c, http.StatusOK, row, nil)
}

func (s *Server) showConfirm(c *gin.Context, status int, row store.Correction, problems filing.Problems) {
	path := filingPath(c) + "/reach/" + string(row.Channel)
	s.render(c, status, "account_code", page{Title: "correction.confirm_title", Data: codeData{
		form: build(s.texts.For(s.lang(c)), "account_code", codeFields(), url.Values{}, problems), Lead: "correction.confirm_lead_" + string(row.Channel), Button: "account.code_button",
		Action: path, Again: path + "/again", Back: filingPath(c),
	}})
}

func (s *Server) confirmContact(c *gin.Context, cur current, row store.Correction) {
	code := typedCode(c)
	if code == "" { // costs no try
		s.showConfirm(c, http.StatusUnprocessableEntity, row, filing.Problems{{Field: "code", Key: "required"}})
		return
	}
	err := s.cfg.Store.ConfirmCorrection(c.Request.Context(), row, code)
	if problems := codeProblem(err); problems != nil {
		s.showConfirm(c, http.StatusUnprocessableEntity, row, problems)
		return
	}
	if err == nil {
		in := workflows.Corrected{Channel: row.Channel, Confirmed: true, Actor: s.actor(c)}
		// The address counts already; a filing that is done by now has no timeline to write.
		if _, err = s.cfg.Filings.ContactCorrected(c.Request.Context(), cur.Filing.Ref(), fmt.Sprintf("confirmed/%d", row.ID), in); errors.Is(err, workflows.ErrWrongStage) {
			err = nil
		}
	}
	if err == nil {
		s.flash(c, "flash.reach_confirmed")
	}
	s.moveOn(c, err, filingPath(c))
}

func (s *Server) confirmAgain(c *gin.Context, _ current, row store.Correction) {
	send, err := s.cfg.Store.RequestCorrectionCode(c.Request.Context(), row.ID)
	if err == nil {
		err = s.cfg.Filings.SendCorrectionCode(c.Request.Context(), row.ID, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		s.flash(c, "flash.code_too_soon")
	case err != nil:
		s.moveOn(c, err, "")
		return
	default:
		s.flash(c, "flash.code_sent")
	}
	to(c, filingPath(c)+"/reach/"+string(row.Channel))
}
