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

const announcementsListed = 100

const announcementsPerPage = 50

const maxAnnouncementTitle = 200 // the column's

const maxAnnouncementBody = 10000 // characters: a notice is no book

type announcementsData struct {
	helpHead
	Announcements []web.ShownAnnouncement
}

// announcementList is 公告栏.
func (p *Pages) announcementList(c *gin.Context) error {
	list, err := p.Announcements(c, announcementsListed)
	if err != nil {
		return err
	}
	return p.RenderTemplate(c, http.StatusOK, "announcements", web.Page{Title: "announcements.title", Data: announcementsData{p.helpHead(c), list}})
}

func (p *Pages) announcementPage(c *gin.Context) error {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	n, err := p.Store.ShownAnnouncement(c.Request.Context(), id)
	if err != nil {
		return err
	}
	shown, err := web.InLanguage(n, p.Texts.For(p.Lang(c)).Lang(), 1)
	if err != nil {
		return err
	}
	return p.RenderTemplate(c, http.StatusOK, "announcement_page", web.Page{Title: "announcements.title", Heading: shown.Title, Data: announcementsData{p.helpHead(c), []web.ShownAnnouncement{shown}}})
}

type staffAnnouncement struct {
	store.Announcement
	// Status is shown, later, over or withdrawn: of "announcements.status.".
	Status string
}

func (p *Pages) staffAnnouncements(c *gin.Context) error {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := p.Store.Announcements(c.Request.Context(), after, announcementsPerPage+1)
	if err != nil {
		return err
	}
	var data struct {
		Announcements []staffAnnouncement
		Next          int64
	}
	if len(list) > announcementsPerPage {
		list = list[:announcementsPerPage]
		data.Next = list[announcementsPerPage-1].ID
	}
	now := p.Store.Now()
	for _, n := range list {
		row := staffAnnouncement{Announcement: n, Status: "shown"}
		switch {
		case n.WithdrawnAt.Valid:
			row.Status = "withdrawn"
		case n.ExpiresAt.Valid && !n.ExpiresAt.Time.After(now):
			row.Status = "over"
		case n.PublishedAt.After(now):
			row.Status = "later"
		}
		data.Announcements = append(data.Announcements, row)
	}
	return p.RenderTemplate(c, http.StatusOK, "staff_announcements", web.Page{Title: "announcements.title", Data: data})
}

func announcementFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "title_zh", Type: "text", Required: true},
		{Name: "body_zh", Type: "textarea", Required: true},
		{Name: "title_en", Type: "text"},
		{Name: "body_en", Type: "textarea"},
		{Name: "pinned", Type: "select", Options: web.NoOrYes("form.no", "form.yes")(web.Choosing{Localizer: t})},
		{Name: "published_at", Type: "datetime-local"},
		{Name: "expires_at", Type: "datetime-local"},
	}
}

type announcementFormData struct {
	Form    web.Form
	Token   string
	Version int
	// Previews are the notice as it would be shown, in each language it has.
	Previews []web.ShownAnnouncement
	New      bool
	// Withdrawn: it is down and can be put up again.
	Withdrawn bool
}

// newAnnouncement stands for the ID of a notice that isn't kept yet.
const newAnnouncement = "new"

// editAnnouncement is the form of a notice, a new one's or a kept one's.
func (p *Pages) editAnnouncement(c *gin.Context) error {
	data := announcementFormData{New: c.Param("id") == newAnnouncement, Token: web.NewToken()}
	values := url.Values{}
	if !data.New {
		n, err := p.announcementOf(c)
		if err != nil {
			return err
		}
		data.Version, data.Withdrawn = n.Version, n.WithdrawnAt.Valid
		values = announcementValues(n)
	}
	return p.showAnnouncementForm(c, http.StatusOK, data, values, nil)
}

func (p *Pages) showAnnouncementForm(c *gin.Context, status int, data announcementFormData, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data.Form = web.Build(t, "notice", announcementFields(t), values, problems)
	return p.RenderTemplate(c, status, "staff_announcement", web.Page{Title: "announcements.edit", Data: data})
}

func (p *Pages) announcementOf(c *gin.Context) (store.Announcement, error) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	return p.Store.Announcement(c.Request.Context(), id)
}

func announcementValues(n store.Announcement) url.Values {
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

// announcementFrom reads a notice as it was typed; without a time it is shown at once
// and for ever.
func announcementFrom(v url.Values, now time.Time) (n store.Announcement, problems filing.Problems) {
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
	n = store.Announcement{
		TitleZH: text("title_zh", maxAnnouncementTitle, true), BodyZH: text("body_zh", maxAnnouncementBody, true),
		TitleEN: text("title_en", maxAnnouncementTitle, false), BodyEN: text("body_en", maxAnnouncementBody, false), Pinned: v.Get("pinned") == "yes",
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

// saveAnnouncement keeps a notice, or shows how it would look.
func (p *Pages) saveAnnouncement(c *gin.Context) error {
	values := web.PostForm(c)
	data := announcementFormData{New: c.Param("id") == newAnnouncement, Token: values.Get("token")}
	n, problems := announcementFrom(values, p.Store.Now())
	n.Token = data.Token
	n.Version, _ = strconv.Atoi(values.Get("version")) // nonsense is no version
	data.Version = n.Version
	switch {
	case !web.ValidToken(n.Token):
		return web.ErrBadRequest
	case len(problems) > 0:
		return p.showAnnouncementForm(c, http.StatusUnprocessableEntity, data, values, problems)
	case values.Get("action") == "preview":
		return p.previewAnnouncement(c, data, n, values)
	}
	var err error
	if data.New {
		err = p.Audited(c, p.AuditEntry(c, "announcement.add", "announcement", n.Token, ""), func(ctx context.Context) error {
			_, err := p.Store.AddAnnouncement(ctx, n, p.Actor(c))
			return err
		})
	} else {
		var before store.Announcement
		if before, err = p.announcementOf(c); err == nil {
			n.ID = before.ID
			err = p.Audited(c, p.AuditEntry(c, "announcement.edit", "announcement", web.IdText(n.ID), ""), func(ctx context.Context) error {
				return p.Store.EditAnnouncement(ctx, n, p.Actor(c))
			})
		}
	}
	if errors.Is(err, store.ErrConflict) { // what was typed stays; saved again it goes over the other's
		if before, findErr := p.announcementOf(c); findErr == nil {
			data.Version = before.Version
		}
		return p.showAnnouncementForm(c, http.StatusConflict, data, values, filing.Problems{{Field: "title_zh", Key: "announcement_changed"}})
	}
	return p.announcementDone(c, err)
}

func (p *Pages) previewAnnouncement(c *gin.Context, data announcementFormData, n store.Announcement, values url.Values) error {
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
	return p.showAnnouncementForm(c, http.StatusOK, data, values, nil)
}

// withdrawAnnouncement takes a notice down, or puts it up again.
func (p *Pages) withdrawAnnouncement(c *gin.Context) error {
	n, err := p.announcementOf(c)
	if err == nil {
		version, _ := strconv.Atoi(c.PostForm("version")) // nonsense is no version
		withdraw, action := c.PostForm("action") != "restore", "announcement.withdraw"
		if !withdraw {
			action = "announcement.restore"
		}
		err = p.Audited(c, p.AuditEntry(c, action, "announcement", web.IdText(n.ID), ""), func(ctx context.Context) error {
			return p.Store.WithdrawAnnouncement(ctx, n.ID, version, withdraw, p.Actor(c))
		})
	}
	if errors.Is(err, store.ErrConflict) {
		p.Flash(c, "flash.moved_on")
		return web.Redirect(c, "/support/announcements")
	}
	return p.announcementDone(c, err)
}

func (p *Pages) announcementDone(c *gin.Context, err error) error {
	if err != nil {
		return err
	}
	p.Logger.Info("staff changed an announcement", "route", c.FullPath(), "announcement", c.Param("id"), "actor", p.Actor(c))
	p.Flash(c, "flash.done")
	return web.Redirect(c, "/support/announcements")
}
