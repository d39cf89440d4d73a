package customer

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// noticeForm is 关于法律责任.
func (p *Pages) noticeForm(c *gin.Context, _ Current) error {
	return p.Render(c, http.StatusOK, web.Page{Title: "contact_notice.title"}, noticePage)
}

func (p *Pages) acceptNotice(c *gin.Context, cur Current) error {
	if c.PostForm("accept") != "yes" {
		p.Flash(c, "flash.notice_refused")
		return web.Redirect(c, web.FilingPath(c))
	}
	if err := p.Store.SaveDraft(c.Request.Context(), cur.Filing.ID, "notice", "accepted"); err != nil {
		return err
	}
	return web.Redirect(c, web.FilingPath(c)+"/contact")
}

// afterNotice sends people who haven't accepted the legal notice, or lack a consent, there.
func (p *Pages) afterNotice(h handler) web.Handler {
	return p.withFiling(func(c *gin.Context, cur Current) error {
		var accepted string
		err := p.Store.Draft(c.Request.Context(), cur.Filing.ID, "notice", &accepted)
		if errors.Is(err, store.ErrNotFound) {
			return web.Redirect(c, web.FilingPath(c)+"/notice")
		} else if err != nil {
			return err
		}
		return p.consented(h)(c, cur)
	}, filing.Contact)
}

func (p *Pages) contactForm(c *gin.Context, cur Current) error {
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.showContact(c, cur, shownForm{name: web.DraftContact, values: saved})
}

func (p *Pages) showContact(c *gin.Context, cur Current, shown shownForm) error {
	f, err := p.draftedForm(c, cur, shown, web.ContactFields(p.Texts.For(p.Lang(c))))
	if err != nil {
		return err
	}
	return p.Render(c, shown.status(c), web.Page{Title: "contact.title"}, web.With(contactPage, f))
}

// giveContact registers the contact (ICP 用户注册) and has the codes sent.
func (p *Pages) giveContact(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	values := web.PostForm(c)
	shown := shownForm{name: web.DraftContact, values: values}
	if _, err := p.storeDraft(ctx, cur, web.DraftContact, values); errors.Is(err, store.ErrConflict) {
		shown.overtaken = true
		return p.showContact(c, cur, shown)
	} else if err != nil {
		return err
	}
	details := web.ContactOf(values)
	password, again := values.Get("password"), values.Get("password_again")
	problems, err := p.Served(ctx, details.Province, details.Validate())
	if err != nil {
		return err
	}
	shown.problems = append(problems, filing.ValidatePassword(password, again, details.UserName)...)
	if len(shown.problems) > 0 {
		return p.showContact(c, cur, shown)
	}
	if shown.problems, err = p.refusedAddresses(c, details); err != nil {
		return err
	} else if len(shown.problems) > 0 {
		return p.showContact(c, cur, shown)
	}
	hash, err := p.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	version, err := p.Store.RegisterContact(ctx, cur.Order.CustomerID, cur.Filing.ID, details, hash)
	if errors.Is(err, store.ErrUserNameTaken) {
		shown.problems = filing.Problems{{Field: "user_name", Key: "user_name_taken"}}
		return p.showContact(c, cur, shown)
	} else if shown.problems = web.CodeQuotaProblem(err, "mobile", "email"); shown.problems != nil {
		return p.showContact(c, cur, shown)
	} else if errors.Is(err, store.ErrConflict) { // the form was sent twice, and the first one was quicker
		return web.Redirect(c, web.FilingPath(c)+"/verify")
	} else if err != nil {
		return err
	}
	_, err = p.Filings.GiveContact(ctx, cur.Filing.Ref(), workflows.ContactGiven{Version: version, Actor: p.Actor(c)})
	return p.FinishUpdate(c, err, web.FilingPath(c)+"/verify")
}

// refusedAddresses says which of a contact's addresses were refused for good (web.Kit.RefusedAddresses).
func (p *Pages) refusedAddresses(c *gin.Context, d filing.ContactDetails) (filing.Problems, error) {
	return p.RefusedAddresses(c, store.ContactAddresses{Mobile: d.Mobile, Email: d.Email},
		map[filing.Channel]string{filing.SMS: "mobile", filing.Mail: "email"})
}

// checkUserName tells a script whether the user name being typed is free.
func (p *Pages) checkUserName(c *gin.Context, cur Current) error {
	details := web.ContactOf(web.PostForm(c))
	t := p.Texts.For(p.Lang(c))
	if problem := details.Validate().For("user_name"); problem != nil {
		c.JSON(http.StatusOK, gin.H{"free": false, "message": t.T("problem."+problem.Key, problem.Args)})
		return nil
	}
	free, err := p.Store.UserNameFree(c.Request.Context(), cur.Order.CustomerID, details.UserName)
	if err != nil {
		return err
	}
	message := "problem.user_name_taken"
	if free {
		message = "contact.user_name_free"
	}
	c.JSON(http.StatusOK, gin.H{"free": free, "message": t.T(message, nil)})
	return nil
}
