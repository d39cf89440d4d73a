package staff

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// correctionData is the page that corrects an address of the contact.
type correctionData struct {
	filingForm
	Token   string
	Channel filing.Channel
}

// lead is the key of what the correction does: during verification it takes effect at once.
func (d correctionData) lead() string {
	return "contact_correction.lead" + web.When(d.Filing.Stage == filing.Verifying, "_at_once")
}

func (p *Pages) correctionFields(c *gin.Context, name string) []web.Field {
	t := p.T(c)
	address := web.ContactAddressField(name)
	address.Autocomplete = "off"
	proofs := web.TextOptions(t, "contact_correction_proof.", filing.Proofs...)
	return []web.Field{
		address, {Name: "proof", Type: "select", Required: true, Options: web.Choose(t, proofs)},
		{Name: "reason", Type: "textarea", Required: true}, {Name: "picture", Type: "file"},
	}
}

// correctionForm is for customers who lost their number or address and prove to staff who they are.
func (p *Pages) correctionForm(c *gin.Context, f store.Filing) error {
	return p.showCorrection(c, f, web.NewToken(), filledForm{})
}

func (p *Pages) showCorrection(c *gin.Context, f store.Filing, token string, filled filledForm) error {
	channel, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	if !store.Correctable(f.Stage) || f.Kind.Registers() {
		return p.finishAct(c, f, workflows.ErrWrongStage, "")
	}
	form := p.Form(c, "contact_correction", p.correctionFields(c, name), filled.values, filled.problems)
	data := correctionData{filingForm{form, f}, token, channel}
	page := web.Page{Title: "contact_correction.title_" + name}
	return p.Render(c, web.StatusOf(filled.problems), page, web.With(correctionPage, data))
}

// correctContact corrects one address of a filing's contact on proof. During verification customers can do the
// same themselves, and the code follows. Later a code must confirm the new address: proofs can be forged, and a
// contact's address opens the customer's account. The old address is notified.
func (p *Pages) correctContact(c *gin.Context) error {
	channel, name, err := p.ContactChannel(c)
	if err != nil {
		return err
	}
	u, err := web.PostFormWithFile(c, "picture", picture.MaxUpload)
	if err != nil {
		return web.PartError(err)
	}
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), web.Number(u.Values, "serial"))
	if err != nil {
		return err
	}
	token := u.Values.Get("token")
	if !web.ValidToken(token) {
		return web.ErrBadRequest
	}
	n := store.NewCorrection{Token: token, FilingID: f.ID, Channel: channel, Proof: u.Values.Get("proof"), By: p.Actor(c)}
	reason, problems := staffReason(u.Values, "reason", true)
	wrong, err := p.readCorrection(c, u, name, &n)
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) == 0 {
		entry := p.AuditEntry(c, "contact.correct", "filing", f.Ref()+" "+string(channel), reason)
		err = p.Asked(c, entry, func() error { return p.correct(c, f, n) })
	}
	if over := web.CodeQuotaProblem(err, name, name); over != nil {
		problems, token = over, web.NewToken()
	}
	if errors.Is(err, store.ErrUnchanged) {
		problems = filing.Problems{{Field: name, Key: "address_unchanged"}}
		token = web.NewToken() // the old token's notice is still waiting, and expires
	}
	if len(problems) > 0 {
		if n.Picture != nil { // browsers don't keep files
			problems = append(problems, filing.Problem{Field: "picture", Key: "proof_again"})
		}
		return p.showCorrection(c, f, token, filledForm{u.Values, problems})
	}
	return p.finishAct(c, f, err, "flash.corrected")
}

// readCorrection reads the new address and the proof of a correction; name is the address's field.
func (p *Pages) readCorrection(
	c *gin.Context, u web.Upload, name string, n *store.NewCorrection,
) (problems filing.Problems, err error) {
	n.To, problems = web.ContactAddress(u.Values, name)
	if !slices.Contains(filing.Proofs, n.Proof) {
		problems = append(problems, filing.Problem{Field: "proof", Key: "choose"})
	}
	if u.Name == "" {
		return problems, nil
	}
	pictures, wrong, err := p.Pictures(c.Request.Context(), "picture", u.File, 1)
	switch {
	case wrong != nil:
		problems = append(problems, *wrong)
	case err == nil:
		n.Picture = pictures[0]
	}
	return problems, err
}

// correct writes the correction and notifies the filing's workflow and the people. The notice to the old address
// is started first, so that a crash can't suppress it.
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

// proofOfCorrection shows the picture of a proof, after auditing the view.
func (p *Pages) proofOfCorrection(c *gin.Context, f store.Filing) error {
	id := web.PathID(c, "id")
	if err := p.AuditView(c, "proof.view", "filing", f.Ref()+" "+web.IdText(id)); err != nil {
		return err
	}
	content, err := p.Store.CorrectionPicture(c.Request.Context(), f.ID, id)
	if err != nil {
		return err
	}
	dossierview.SendPicture(c, fmt.Sprintf("proof-%d.jpg", id), content)
	return nil
}
