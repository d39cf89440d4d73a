package staff

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
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// maxProof is the most that a proof's picture weighs once it is encoded anew.
const maxProof = 1 << 20

// correctionData is the page on which staff correct an address.
type correctionData struct {
	filingForm
	Token   string
	Channel filing.Channel
	// AtOnce: the filing is being verified, and the new address takes the old one's place.
	AtOnce bool
}

func (p *Pages) correctionFields(c *gin.Context, name string) []web.Field {
	t := p.Texts.For(p.Lang(c))
	address := web.Field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "off"}
	if name == "email" {
		address = web.Field{Name: "email", Type: "email", Required: true, Autocomplete: "off"}
	}
	var proofs []web.Option
	for _, path := range filing.Proofs {
		proofs = append(proofs, web.Option{Value: path, Label: t.T("proof."+path, nil)})
	}
	return []web.Field{
		address, {Name: "proof", Type: "select", Required: true, Options: web.Choose(t, proofs)},
		{Name: "reason", Type: "textarea", Required: true}, {Name: "picture", Type: "file"},
	}
}

// correctionForm is for staff who have a customer before them who lost a number or an address.
func (p *Pages) correctionForm(c *gin.Context) error {
	if f, ok := p.postedFiling(c, c.Request.URL.Query()); ok {
		return p.showCorrection(c, http.StatusOK, f, web.NewToken(), nil, nil)
	}

	return nil
}

func (p *Pages) showCorrection(c *gin.Context, status int, f store.Filing, token string, values url.Values, problems filing.Problems) error {
	channel, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	if !store.Correctable(f.Stage) || f.Kind.Registers() {
		return p.finishAct(c, f, workflows.ErrWrongStage)
	}
	return p.RenderTemplate(c, status, "correction", web.Page{Title: "correction.title_" + name, Data: correctionData{
		filingForm{web.Build(p.Texts.For(p.Lang(c)), "correction", p.correctionFields(c, name), values, problems), f}, token, channel, f.Stage == filing.Verifying,
	}})
}

// correctContact corrects one address of a filing's contact on proof. While the filing is
// being verified that is what customers do themselves, and the code follows. Afterwards the
// new address must be confirmed by a code that it is sent: proofs can be forged, and a
// contact's address opens its customer's account. Where the contact was is told of it.
func (p *Pages) correctContact(c *gin.Context) error {
	web.AllowSlowUpload(c)
	channel, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	u, err := web.PostFormWithFile(c, "picture", picture.MaxUpload)
	if err != nil {
		return web.PartError(err)
	}
	f, ok := p.postedFiling(c, u.Values)
	if !ok {
		return nil
	}
	token := u.Values.Get("token")
	if !web.ValidToken(token) {
		return web.ErrBadRequest
	}
	ctx := c.Request.Context()
	n := store.NewCorrection{Token: token, FilingID: f.ID, Channel: channel, Proof: u.Values.Get("proof"), By: p.Actor(c)}
	reason, problems := staffReason(u.Values, true)
	details := web.ContactOf(u.Values)
	if n.To = details.Email; channel == filing.SMS {
		n.To = details.Mobile
	}
	problems = append(problems, slices.DeleteFunc(filing.ValidateContactAddress(details.Mobile, details.Email), func(problem filing.Problem) bool { return problem.Field != name })...)
	if !slices.Contains(filing.Proofs, n.Proof) {
		problems = append(problems, filing.Problem{Field: "proof", Key: "choose"})
	}
	if u.Name != "" {
		var wrong *filing.Problem
		if n.Picture, wrong, err = p.proofPicture(ctx, u.File); err != nil {
			return err
		} else if wrong != nil {
			problems = append(problems, *wrong)
		}
	}
	if len(problems) == 0 {
		err = p.Asked(c, p.AuditEntry(c, "contact.correct", "filing", f.Ref()+" "+string(channel), reason), func() error { return p.correct(c, f, n) })
	}
	if errors.Is(err, store.ErrUnchanged) {
		problems = filing.Problems{{Field: name, Key: "address_unchanged"}}
		token = web.NewToken() // the notice under the old one waits, but not for ever
	}
	if len(problems) > 0 {
		if n.Picture != nil { // browsers don't keep files
			problems = append(problems, filing.Problem{Field: "picture", Key: "proof_again"})
		}
		return p.showCorrection(c, http.StatusUnprocessableEntity, f, token, u.Values, problems)
	}
	return p.finishActWith(c, f, err, "flash.corrected")
}

// proofPicture makes a proof's picture fit to be kept, or tells what is wrong with it.
func (p *Pages) proofPicture(ctx context.Context, raw []byte) ([]byte, *filing.Problem, error) {
	pages, err := p.Decode(ctx, raw, picture.Limits{MaxBytes: maxProof}, 1)
	if key, ok := picture.KeyOf(err); ok {
		return nil, &filing.Problem{Field: "picture", Key: key, Args: map[string]any{"long": 0, "short": 0, "mb": picture.MaxUpload >> 20, "max": 1}}, nil
	} else if err != nil {
		return nil, nil, err
	}
	return pages[0].Content, nil, nil
}

// correct writes the correction, and tells the filing and people of it. Whoever had the
// address is told even if a crash follows: that begins before.
func (p *Pages) correct(c *gin.Context, f store.Filing, n store.NewCorrection) error {
	ctx := c.Request.Context()
	if err := p.Filings.NotifyContactCorrected(ctx, n.Token); err != nil {
		return err
	}
	row, err := p.Store.CorrectByStaff(ctx, n)
	if err != nil {
		return err
	}
	in := workflows.Corrected{Channel: n.Channel, Actor: p.Actor(c)}
	if row.Outcome == store.CorrectionApplied {
		in.Send = row.Send
	} else if row.Outcome == store.CorrectionOpen {
		if err := p.Filings.SendCorrectionCode(ctx, row.ID, row.Send); err != nil {
			return err
		}
	}
	_, err = p.Filings.ContactCorrected(ctx, f.Ref(), fmt.Sprintf("corrected/%d", row.ID), in)
	return err
}

// proofOfCorrection shows the picture of a proof; that somebody looked is noted first.
func (p *Pages) proofOfCorrection(c *gin.Context) error {
	f, ok := p.postedFiling(c, c.Request.URL.Query())
	if !ok {
		return nil
	}
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	content, err := p.Store.CorrectionPicture(c.Request.Context(), f.ID, id)
	if err == nil {
		err = p.AuditView(c, "proof.view", "filing", f.Ref()+" "+web.IdText(id))
	}
	if err != nil {
		return err
	}
	dossierview.SendPicture(c, fmt.Sprintf("proof-%d.jpg", id), content)

	return nil
}
