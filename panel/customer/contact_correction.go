package customer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// withCorrection finds the correction that waits for its code by the channel in the path: an address
// that staff changed counts once the customer has typed the code sent there.
func (p *Pages) withCorrection(h func(*gin.Context, Current, store.Correction) error) web.Handler {
	return p.withFiling(func(c *gin.Context, cur Current) error {
		channel, _, err := p.ContactChannel(c)
		if err != nil {
			return err
		}
		row, err := p.Store.OpenCorrection(c.Request.Context(), cur.Filing.ID, channel)
		if errors.Is(err, store.ErrNotFound) {
			return p.movedOn(c)
		} else if err != nil {
			return err
		}
		return h(c, cur, row)
	})
}

// toConfirm are the channels whose corrected address waits for its code.
func (p *Pages) toConfirm(ctx context.Context, cur Current) (channels []filing.Channel, err error) {
	if cur.Over() {
		return nil, nil
	}
	rows, err := p.Store.Corrections(ctx, cur.Filing.ID, web.CorrectionsShown)
	for _, row := range rows {
		if row.Outcome == store.CorrectionOpen {
			channels = append(channels, row.Channel)
		}
	}
	return channels, err
}

func (p *Pages) confirmForm(c *gin.Context, _ Current, row store.Correction) error {
	return p.showConfirm(c, http.StatusOK, row, nil)
}

func (p *Pages) showConfirm(c *gin.Context, status int, row store.Correction, problems filing.Problems) error {
	ctx := c.Request.Context()
	to, err := p.Store.CorrectionCode(ctx, row.ID)
	if err != nil {
		return err
	}
	v, err := p.Store.CorrectionVerification(ctx, row.ID)
	if err != nil {
		return err
	}
	code, err := p.SentCodeOf(ctx, v, to.To, store.CorrectionKey(row.ID, v.Sends))
	if err != nil {
		return err
	}
	path := web.FilingPath(c) + "/contact/" + string(row.Channel)
	data := web.CodeData{
		Codes: []web.SentCode{code},
		Form:  web.Build(p.Texts.For(p.Lang(c)), "account_code", web.CodeFields(), url.Values{}, problems),
		Lead:  "contact_correction.confirm_lead_" + string(row.Channel), Button: "account.code_button",
		Action: path, Again: path + "/again", Back: web.FilingPath(c),
	}
	return p.Render(c, status, web.Page{Title: "contact_correction.confirm_title"}, web.With(web.CodePage, data))
}

func (p *Pages) confirmContact(c *gin.Context, cur Current, row store.Correction) error {
	code := web.TypedCode(c)
	if code == "" { // doesn't count as an attempt
		return p.showConfirm(c, http.StatusUnprocessableEntity, row, filing.Problems{{Field: "code", Key: "required"}})
	}
	err := p.Store.ConfirmCorrection(c.Request.Context(), row, code)
	if problems := web.CodeProblem(err); problems != nil {
		return p.showConfirm(c, http.StatusUnprocessableEntity, row, problems)
	}
	if err == nil {
		in := workflows.Corrected{Channel: row.Channel, Confirmed: true, Actor: p.Actor(c)}
		_, err = p.Filings.ContactCorrected(c.Request.Context(), cur.Filing.Ref(), fmt.Sprintf("confirmed/%d", row.ID), in)
		if errors.Is(err, workflows.ErrWrongStage) { // the filing has ended since; the address counts all the same
			err = nil
		}
	}
	return p.finish(c, err, "flash.contact_address_confirmed", web.FilingPath(c))
}

func (p *Pages) confirmAgain(c *gin.Context, _ Current, row store.Correction) error {
	send, err := p.Store.RequestCorrectionCode(c.Request.Context(), row.ID)
	if err == nil {
		err = p.Filings.SendCorrectionCode(c.Request.Context(), row.ID, send)
	}
	path := web.FilingPath(c) + "/contact/" + string(row.Channel)
	if errors.Is(err, store.ErrConflict) {
		return p.FinishUpdate(c, err, "")
	}
	return p.Finish(c, err, path, "flash.code_sent", web.Refusals{store.ErrCodeTooSoon: "flash.code_too_soon"})
}
