package help

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const noticesListed = 100

const noticesPerPage = 50

const maxNoticeTitle = 200 // the column's

const maxNoticeBody = 10000 // characters: a notice is no book

type noticesData struct {
	helpHead
	Notices []web.NoticeShown
}

// noticeList is 公告栏.
func (p *Pages) noticeList(c *gin.Context) error {
	list, err := p.Notices(c, noticesListed)
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, "notices", web.Page{Title: "notices.title", Data: noticesData{p.helpHead(c), list}})
}

func (p *Pages) noticePage(c *gin.Context) error {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	n, err := p.Store.NoticeShown(c.Request.Context(), id)
	if err != nil {
		return err
	}
	shown, err := web.InLanguage(n, p.Texts.For(p.Lang(c)).Lang(), 1)
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, "notice_page", web.Page{Title: "notices.title", Heading: shown.Title, Data: noticesData{p.helpHead(c), []web.NoticeShown{shown}}})
}

type staffNotice struct {
	store.Notice
	// Status is shown, later, over or withdrawn: of "notices.status.".
	Status string
}

func (p *Pages) staffNotices(c *gin.Context) error {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := p.Store.Notices(c.Request.Context(), after, noticesPerPage+1)
	if err != nil {
		return err
	}
	var data struct {
		Notices []staffNotice
		Next    int64
	}
	if len(list) > noticesPerPage {
		list = list[:noticesPerPage]
		data.Next = list[noticesPerPage-1].ID
	}
	now := p.Store.Now()
	for _, n := range list {
		row := staffNotice{Notice: n, Status: "shown"}
		switch {
		case n.WithdrawnAt.Valid:
			row.Status = "withdrawn"
		case n.ExpiresAt.Valid && !n.ExpiresAt.Time.After(now):
			row.Status = "over"
		case n.PublishedAt.After(now):
			row.Status = "later"
		}
		data.Notices = append(data.Notices, row)
	}
	return p.Render(c, http.StatusOK, "staff_notices", web.Page{Title: "notices.title", Data: data})
}

func noticeFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "title_zh", Type: "text", Required: true},
		{Name: "body_zh", Type: "textarea", Required: true},
		{Name: "title_en", Type: "text"},
		{Name: "body_en", Type: "textarea"},
		{Name: "pinned", Type: "select", Options: web.Choice("form.no", "form.yes")(web.Choosing{Localizer: t})},
		{Name: "published_at", Type: "datetime-local"},
		{Name: "expires_at", Type: "datetime-local"},
	}
}

type noticeFormData struct {
	Form    web.Form
	Token   string
	Version int
	// Previews are the notice as it would be shown, in each language it has.
	Previews []web.NoticeShown
	New      bool
	// Withdrawn: it is down and can be put up again.
	Withdrawn bool
}

// newNotice stands for the ID of a notice that isn't kept yet.
const newNotice = "new"

// editNotice is the form of a notice, a new one's or a kept one's.
func (p *Pages) editNotice(c *gin.Context) error {
	data := noticeFormData{New: c.Param("id") == newNotice, Token: web.NewToken()}
	values := url.Values{}
	if !data.New {
		n, err := p.noticeOf(c)
		if err != nil {
			return err
		}
		data.Version, data.Withdrawn = n.Version, n.WithdrawnAt.Valid
		values = noticeValues(n)
	}
	return p.showNoticeForm(c, http.StatusOK, data, values, nil)
}

func (p *Pages) showNoticeForm(c *gin.Context, status int, data noticeFormData, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data.Form = web.Build(t, "notice", noticeFields(t), values, problems)
	return p.Render(c, status, "staff_notice", web.Page{Title: "notices.edit", Data: data})
}

func (p *Pages) noticeOf(c *gin.Context) (store.Notice, error) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	return p.Store.Notice(c.Request.Context(), id)
}

func noticeValues(n store.Notice) url.Values {
	v := url.Values{
		"title_zh": {n.TitleZH}, "title_en": {n.TitleEN}, "body_zh": {n.BodyZH}, "body_en": {n.BodyEN}, "pinned": {"no"},
		"published_at": {n.PublishedAt.In(web.China).Format(web.DateTimeField)},
	}
	if n.Pinned {
		v.Set("pinned", "yes")
	}
	if n.ExpiresAt.Valid {
		v.Set("expires_at", n.ExpiresAt.Time.In(web.China).Format(web.DateTimeField))
	}
	return v
}

// noticeFrom reads a notice as it was typed; without a time it is shown at once
// and for ever.
func noticeFrom(v url.Values, now time.Time) (n store.Notice, problems filing.Problems) {
	text := func(field string, max int, required bool) string {
		value := strings.TrimSpace(v.Get(field))
		switch {
		case value == "" && required:
			problems = append(problems, filing.Problem{Field: field, Key: "required"})
		case utf8.RuneCountInString(value) > max:
			problems = append(problems, filing.Problem{Field: field, Key: "too_long", Args: map[string]any{"max": max}})
		}
		return value
	}
	at := func(field string) (time.Time, bool) {
		if v.Get(field) == "" {
			return time.Time{}, false
		}
		when, err := time.ParseInLocation(web.DateTimeField, v.Get(field), web.China)
		if err != nil {
			problems = append(problems, filing.Problem{Field: field, Key: "date_invalid"})
		}
		return when.UTC(), err == nil
	}
	n = store.Notice{
		TitleZH: text("title_zh", maxNoticeTitle, true), BodyZH: text("body_zh", maxNoticeBody, true),
		TitleEN: text("title_en", maxNoticeTitle, false), BodyEN: text("body_en", maxNoticeBody, false), Pinned: v.Get("pinned") == "yes",
	}
	var given bool
	if n.PublishedAt, given = at("published_at"); !given {
		n.PublishedAt = now.UTC()
	}
	n.ExpiresAt.Time, n.ExpiresAt.Valid = at("expires_at")
	if n.ExpiresAt.Valid && !n.ExpiresAt.Time.After(n.PublishedAt) {
		problems = append(problems, filing.Problem{Field: "expires_at", Key: "date_before"})
	}
	if n.TitleEN == "" && n.BodyEN != "" {
		problems = append(problems, filing.Problem{Field: "title_en", Key: "required"})
	}
	return n, problems
}

// saveNotice keeps a notice, or shows how it would look.
func (p *Pages) saveNotice(c *gin.Context) error {
	values := web.Posted(c)
	data := noticeFormData{New: c.Param("id") == newNotice, Token: values.Get("token")}
	n, problems := noticeFrom(values, p.Store.Now())
	n.Token = data.Token
	n.Version, _ = strconv.Atoi(values.Get("version")) // nonsense is no version
	data.Version = n.Version
	switch {
	case !web.ValidToken(n.Token):
		return web.ErrBadRequest
	case len(problems) > 0:
		return p.showNoticeForm(c, http.StatusUnprocessableEntity, data, values, problems)
	case values.Get("action") == "preview":
		return p.previewNotice(c, data, n, values)
	}
	var err error
	if data.New {
		err = p.Did(c, p.Deed(c, "notice.add", "notice", n.Token, ""), func(ctx context.Context) error {
			_, err := p.Store.AddNotice(ctx, n, p.Actor(c))
			return err
		})
	} else {
		var before store.Notice
		if before, err = p.noticeOf(c); err == nil {
			n.ID = before.ID
			err = p.Did(c, p.Deed(c, "notice.edit", "notice", web.IdText(n.ID), ""), func(ctx context.Context) error {
				return p.Store.EditNotice(ctx, n, p.Actor(c))
			})
		}
	}
	if errors.Is(err, store.ErrConflict) { // what was typed stays; saved again it goes over the other's
		if before, findErr := p.noticeOf(c); findErr == nil {
			data.Version = before.Version
		}
		return p.showNoticeForm(c, http.StatusConflict, data, values, filing.Problems{{Field: "title_zh", Key: "notice_changed"}})
	}
	return p.noticeDone(c, err)
}

func (p *Pages) previewNotice(c *gin.Context, data noticeFormData, n store.Notice, values url.Values) error {
	for _, lang := range help.Languages {
		if lang == "en" && n.TitleEN == "" {
			continue
		}
		shown, err := web.InLanguage(n, lang, 2)
		if err != nil {
			return err
		}
		data.Previews = append(data.Previews, shown)
	}
	return p.showNoticeForm(c, http.StatusOK, data, values, nil)
}

// withdrawNotice takes a notice down, or puts it up again.
func (p *Pages) withdrawNotice(c *gin.Context) error {
	n, err := p.noticeOf(c)
	if err == nil {
		version, _ := strconv.Atoi(c.PostForm("version")) // nonsense is no version
		withdraw, action := c.PostForm("action") != "restore", "notice.withdraw"
		if !withdraw {
			action = "notice.restore"
		}
		err = p.Did(c, p.Deed(c, action, "notice", web.IdText(n.ID), ""), func(ctx context.Context) error {
			return p.Store.WithdrawNotice(ctx, n.ID, version, withdraw, p.Actor(c))
		})
	}
	if errors.Is(err, store.ErrConflict) {
		p.Flash(c, "flash.moved_on")
		return web.To(c, "/support/notices")
	}
	return p.noticeDone(c, err)
}

func (p *Pages) noticeDone(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	p.Logger.Info("staff changed a notice", "route", c.FullPath(), "notice", c.Param("id"), "actor", p.Actor(c))
	p.Flash(c, "flash.done")
	return web.To(c, "/support/notices")
}
