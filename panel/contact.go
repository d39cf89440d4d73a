package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// noticeForm is 关于法律责任.
func (s *Server) noticeForm(c *gin.Context, cur current) {
	if s.inStage(c, cur, filing.Contact) {
		s.render(c, http.StatusOK, "notice", page{Title: "notice.title", Data: cur})
	}
}

func (s *Server) acceptNotice(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Contact) {
		return
	}
	if c.PostForm("accept") != "yes" {
		s.flash(c, "flash.notice_refused")
		to(c, filingPath(c))
		return
	}
	if err := s.cfg.Store.SaveDraft(c.Request.Context(), cur.Filing.ID, "notice", "accepted"); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c)+"/contact")
}

// noticeAccepted sends people who haven't accepted the notice to it.
func (s *Server) noticeAccepted(c *gin.Context, cur current) bool {
	var accepted string
	err := s.cfg.Store.Draft(c.Request.Context(), cur.Filing.ID, "notice", &accepted)
	if errors.Is(err, store.ErrNotFound) {
		to(c, filingPath(c)+"/notice")
		return false
	} else if err != nil {
		s.fail(c, err)
		return false
	}
	return true
}

// draftContact is the draft of the contact's form.
const draftContact = "contact"

func contactFields(t *locale.Localizer) []field {
	return asked(contactDetails(new(filing.ContactDetails)), choosing{Localizer: t})
}

func contactDetails(d *filing.ContactDetails) []dossierField {
	provinces := func(x choosing) []option { return choose(x.Localizer, regionOptions(filing.Provinces())) }
	return []dossierField{
		{field{Name: "user_name", Type: "text", Required: true, Autocomplete: "off", Maxlength: 32}, &d.UserName, nil},
		{field{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"}, nil, nil},
		{field{Name: "password_again", Type: "password", Required: true, Autocomplete: "new-password"}, nil, nil},
		{field{Name: "province", Type: "select", Required: true}, &d.Province, provinces},
		{field{Name: "name", Type: "text", Required: true, Autocomplete: "name"}, &d.Name, nil},
		{field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}, &d.Mobile, nil},
		{field{Name: "email", Type: "email", Required: true, Autocomplete: "email"}, &d.Email, nil},
		{field{Name: "remark", Type: "textarea"}, &d.Remark, nil},
	}
}

func (s *Server) contactForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Contact) || !s.noticeAccepted(c, cur) {
		return
	}
	s.showContact(c, http.StatusOK, cur, s.keptValues(c), nil)
}

// showContact draws the form with its draft, or with what was just posted.
func (s *Server) showContact(c *gin.Context, status int, cur current, values url.Values, problems filing.Problems) {
	ctx := c.Request.Context()
	mark, err := s.draftState(ctx, cur, draftContact, values)
	if err == nil && values == nil {
		values = url.Values{}
		if err = s.cfg.Store.Draft(ctx, cur.Filing.ID, draftContact, &values); errors.Is(err, store.ErrNotFound) {
			err = nil
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	t := s.texts.For(s.lang(c))
	f := build(t, draftContact, contactFields(t), values, problems)
	f.Draft = mark
	if status == http.StatusConflict {
		if err := s.conflict(ctx, t, cur, draftContact, values, func(url.Values) []field { return contactFields(t) }, &f); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.render(c, status, "contact", page{Title: "contact.title", Data: f})
}

func contactOf(v url.Values) (d filing.ContactDetails) {
	readFields(contactDetails(&d), v)
	d.Normalise()
	return d
}

// contactValues is contactOf backwards; there is no password.
func contactValues(d filing.ContactDetails) url.Values { return typedValues(contactDetails(&d)) }

// giveContact registers the contact (ICP 用户注册) and has the codes sent.
func (s *Server) giveContact(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Contact) || !s.noticeAccepted(c, cur) {
		return
	}
	ctx := c.Request.Context()
	values := posted(c)
	if _, err := s.keepDraft(ctx, cur, draftContact, values); errors.Is(err, store.ErrConflict) {
		s.showContact(c, http.StatusConflict, cur, values, nil)
		return
	} else if err != nil {
		s.fail(c, err)
		return
	}
	details := contactOf(values)
	problems := append(s.served(ctx, details.Province, details.Validate()), filing.ValidatePassword(values.Get("password"), values.Get("password_again"), details.UserName)...)
	if len(problems) > 0 {
		s.showContact(c, http.StatusUnprocessableEntity, cur, values, problems)
		return
	}
	version, err := s.registerContact(ctx, cur, details, values.Get("password"))
	if errors.Is(err, store.ErrUserNameTaken) {
		s.showContact(c, http.StatusUnprocessableEntity, cur, values, filing.Problems{{Field: "user_name", Key: "user_name_taken"}})
		return
	} else if err != nil {
		s.fail(c, err)
		return
	}
	_, err = s.cfg.Filings.GiveContact(ctx, cur.Filing.Ref(), workflows.ContactGiven{Version: version, Actor: s.actor(c)})
	s.moveOn(c, err, filingPath(c)+"/verify")
}

func (s *Server) registerContact(ctx context.Context, cur current, details filing.ContactDetails, password string) (int, error) {
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return 0, err
	}
	return s.cfg.Store.RegisterContact(ctx, cur.Order.CustomerID, cur.Filing.ID, details, hash)
}

// checkUserName tells, while it is typed, whether a user name is free.
func (s *Server) checkUserName(c *gin.Context, cur current) {
	details := contactOf(posted(c))
	t := s.texts.For(s.lang(c))
	if p := details.Validate().For("user_name"); p != nil {
		c.JSON(http.StatusOK, gin.H{"free": false, "message": t.T("problem."+p.Key, p.Args)})
		return
	}
	free, err := s.cfg.Store.UserNameFree(c.Request.Context(), cur.Order.CustomerID, details.UserName)
	switch {
	case err != nil:
		s.fail(c, err)
	case free:
		c.JSON(http.StatusOK, gin.H{"free": true, "message": t.T("contact.user_name_free", nil)})
	default:
		c.JSON(http.StatusOK, gin.H{"free": false, "message": t.T("problem.user_name_taken", nil)})
	}
}
