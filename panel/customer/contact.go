package customer

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// noticeForm is 关于法律责任.
func (p *Pages) noticeForm(c *gin.Context, cur dossierview.Current) error {
	if !p.inStage(c, cur, filing.Contact) {
		return nil
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "notice.title"}, noticePage)
}

func (p *Pages) acceptNotice(c *gin.Context, cur dossierview.Current) error {
	if !p.inStage(c, cur, filing.Contact) {
		return nil
	}
	if c.PostForm("accept") != "yes" {
		p.Flash(c, "flash.notice_refused")
		return web.Redirect(c, web.FilingPath(c))
	}
	if err := p.Store.SaveDraft(c.Request.Context(), cur.Filing.ID, "notice", "accepted"); err != nil {
		return err
	}
	return web.Redirect(c, web.FilingPath(c)+"/contact")
}

// afterNotice sends people who haven't accepted the legal notice to it.
func (p *Pages) afterNotice(h func(*gin.Context, dossierview.Current) error) web.Handler {
	return p.withFiling(func(c *gin.Context, cur dossierview.Current) error {
		if !p.inStage(c, cur, filing.Contact) {
			return nil
		}
		var accepted string
		err := p.Store.Draft(c.Request.Context(), cur.Filing.ID, "notice", &accepted)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return web.Redirect(c, web.FilingPath(c)+"/notice")
		case err != nil:
			return err
		}
		return h(c, cur)
	})
}

func (p *Pages) contactForm(c *gin.Context, cur dossierview.Current) error {
	return p.showContact(c, http.StatusOK, cur, p.SavedValues(c), nil)
}

// showContact shows the form with its draft or, if values isn't nil, with what was posted.
func (p *Pages) showContact(
	c *gin.Context, status int, cur dossierview.Current, values url.Values, problems filing.Problems,
) error {
	ctx := c.Request.Context()
	mark, err := p.draftState(ctx, cur, web.DraftContact, values)
	if err == nil && values == nil {
		values = url.Values{}
		if err = p.Store.Draft(ctx, cur.Filing.ID, web.DraftContact, &values); errors.Is(err, store.ErrNotFound) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	t := p.Texts.For(p.Lang(c))
	f := web.Build(t, web.DraftContact, web.ContactFields(t), values, problems)
	f.Draft = mark
	if status == http.StatusConflict {
		if err := p.conflict(c, cur, &f, values, func(url.Values) []web.Field { return web.ContactFields(t) }); err != nil {
			return err
		}
	}
	return p.Render(c, status, web.Page{Title: "contact.title"}, func(page *web.Page) templ.Component {
		return contactPage(page, f)
	})
}

// giveContact registers the contact (ICP 用户注册) and has the codes sent.
func (p *Pages) giveContact(c *gin.Context, cur dossierview.Current) error {
	ctx := c.Request.Context()
	values := web.PostForm(c)
	if _, err := p.storeDraft(ctx, cur, web.DraftContact, values); errors.Is(err, store.ErrConflict) {
		return p.showContact(c, http.StatusConflict, cur, values, nil)
	} else if err != nil {
		return err
	}
	details := web.ContactOf(values)
	password, again := values.Get("password"), values.Get("password_again")
	problems := append(p.Served(ctx, details.Province, details.Validate()),
		filing.ValidatePassword(password, again, details.UserName)...)
	if len(problems) > 0 {
		return p.showContact(c, http.StatusUnprocessableEntity, cur, values, problems)
	}
	version, err := p.registerContact(ctx, cur, details, password)
	if errors.Is(err, store.ErrUserNameTaken) {
		problems = filing.Problems{{Field: "user_name", Key: "user_name_taken"}}
		return p.showContact(c, http.StatusUnprocessableEntity, cur, values, problems)
	} else if problems = web.CodeQuotaProblem(err, "mobile", "email"); problems != nil {
		return p.showContact(c, http.StatusTooManyRequests, cur, values, problems)
	} else if err != nil {
		return err
	}
	_, err = p.Filings.GiveContact(ctx, cur.Filing.Ref(), workflows.ContactGiven{Version: version, Actor: p.Actor(c)})
	return p.FinishUpdate(c, err, web.FilingPath(c)+"/verify")
}

func (p *Pages) registerContact(
	ctx context.Context, cur dossierview.Current, details filing.ContactDetails, password string,
) (int, error) {
	hash, err := p.Passwords.Hash(ctx, password)
	if err != nil {
		return 0, err
	}
	return p.Store.RegisterContact(ctx, cur.Order.CustomerID, cur.Filing.ID, details, hash)
}

// checkUserName tells a script whether the user name being typed is free.
func (p *Pages) checkUserName(c *gin.Context, cur dossierview.Current) error {
	details := web.ContactOf(web.PostForm(c))
	t := p.Texts.For(p.Lang(c))
	if problem := details.Validate().For("user_name"); problem != nil {
		c.JSON(http.StatusOK, gin.H{"free": false, "message": t.T("problem."+problem.Key, problem.Args)})
		return nil
	}
	free, err := p.Store.UserNameFree(c.Request.Context(), cur.Order.CustomerID, details.UserName)
	switch {
	case err != nil:
		return err
	case free:
		c.JSON(http.StatusOK, gin.H{"free": true, "message": t.T("contact.user_name_free", nil)})
	default:
		c.JSON(http.StatusOK, gin.H{"free": false, "message": t.T("problem.user_name_taken", nil)})
	}
	return nil
}
