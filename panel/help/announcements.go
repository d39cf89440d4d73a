package help

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	// announcementsListed bounds the public list, announcementsPerPage a page of staff's.
	announcementsListed  = 100
	announcementsPerPage = 50
	// maxAnnouncementTitle is the column's, maxAnnouncementBody ours, in characters.
	maxAnnouncementTitle = 200
	maxAnnouncementBody  = 10000
)

type announcementsData struct {
	helpHead
	Announcements []web.ShownAnnouncement
}

type announcementData struct {
	helpHead
	web.ShownAnnouncement
}

// announcementList is 公告栏.
func (p *Pages) announcementList(c *gin.Context) error {
	list, err := p.Announcements(c, announcementsListed)
	if err != nil {
		return err
	}
	data := announcementsData{p.helpHead(c), list}
	return p.Render(c, http.StatusOK, web.Page{Title: "announcements.title"}, web.With(announcementsPage, data))
}

func (p *Pages) announcementPage(c *gin.Context) error {
	n, err := p.Store.ShownAnnouncement(c.Request.Context(), web.PathID(c, "id"))
	if err != nil {
		return err
	}
	shown, err := web.InLanguage(n, p.T(c).Lang(), 1)
	if err != nil {
		return err
	}
	page := web.Page{Title: "announcements.title", Heading: shown.Title}
	return p.Render(c, http.StatusOK, page, web.With(announcementPage, announcementData{p.helpHead(c), shown}))
}

type staffAnnouncement struct {
	store.Announcement
	// Status is a key below "announcements.status.": shown, later, over or withdrawn.
	Status string
}

// nextAction is what the row's button does.
func (a staffAnnouncement) nextAction() string {
	return cmp.Or(web.When(a.WithdrawnAt.Valid, "restore"), "withdraw")
}

type staffAnnouncementsData struct {
	Announcements []staffAnnouncement
	Next          int64
}

var announcementTable = web.TableSpec[staffAnnouncement]{
	Row: func(a staffAnnouncement) templ.OrderedAttributes {
		return web.Mark("data-announcement", web.IdText(a.ID))
	},
	Columns: []web.Column[staffAnnouncement]{
		{Key: "field.announcement.title_zh", Cell: announcementTitle},
		web.TextColumn("field.announcement.published_at", func(_ *web.Page, a staffAnnouncement) string {
			return web.Time(a.PublishedAt)
		}),
		web.TextColumn("field.announcement.expires_at", func(_ *web.Page, a staffAnnouncement) string {
			if !a.ExpiresAt.Valid {
				return "–"
			}
			return web.Time(a.ExpiresAt.Time)
		}),
		{Key: "tickets.status", Cell: announcementStatus},
		{Key: "orders.actions", Cell: announcementActions, Actions: true},
	},
}

func (p *Pages) staffAnnouncements(c *gin.Context) error {
	list, err := p.Store.Announcements(c.Request.Context(), web.QueryID(c, "after"), announcementsPerPage+1)
	if err != nil {
		return err
	}
	var data staffAnnouncementsData
	list, data.Next = web.Paged(list, announcementsPerPage, func(last store.Announcement) int64 { return last.ID })
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
	return p.Render(c, http.StatusOK, web.Page{Title: "announcements.title"}, web.With(staffAnnouncementsPage, data))
}

func announcementFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "title_zh", Type: "text", Required: true},
		{Name: "body_zh", Type: "textarea", Required: true},
		{Name: "title_en", Type: "text"},
		{Name: "body_en", Type: "textarea"},
		{Name: "pinned", Type: "select", Options: web.NoOrYes("controls.no", "controls.yes")(web.Choosing{Localizer: t})},
		{Name: "published_at", Type: "datetime-local"},
		{Name: "expires_at", Type: "datetime-local"},
	}
}

type announcementFormData struct {
	Form    web.Form
	Token   string
	Version int
	// Previews show the announcement in each language that it has.
	Previews []web.ShownAnnouncement
	New      bool
}

// newAnnouncement takes the place of an ID that isn't given yet.
const newAnnouncement = "new"

// editAnnouncement is the form of an announcement, new or saved.
func (p *Pages) editAnnouncement(c *gin.Context) error {
	data := announcementFormData{New: c.Param("id") == newAnnouncement, Token: web.NewToken()}
	values := url.Values{}
	if !data.New {
		n, err := p.announcementOf(c)
		if err != nil {
			return err
		}
		data.Version = n.Version
		values = announcementValues(n)
	}
	return p.showAnnouncementForm(c, http.StatusOK, data, values, nil)
}

func (p *Pages) showAnnouncementForm(
	c *gin.Context, status int, data announcementFormData, values url.Values, problems filing.Problems,
) error {
	data.Form = p.Form(c, "announcement", announcementFields(p.T(c)), values, problems)
	return p.Render(c, status, web.Page{Title: "announcements.edit"}, web.With(staffAnnouncementPage, data))
}

func (p *Pages) announcementOf(c *gin.Context) (store.Announcement, error) {
	return p.Store.Announcement(c.Request.Context(), web.PathID(c, "id"))
}

func announcementValues(n store.Announcement) url.Values {
	v := url.Values{
		"title_zh": {n.TitleZH}, "title_en": {n.TitleEN}, "body_zh": {n.BodyZH}, "body_en": {n.BodyEN},
		"pinned":       {cmp.Or(web.When(n.Pinned, "yes"), "no")},
		"published_at": {n.PublishedAt.In(web.China).Format(web.DateTimeField)},
	}
	if n.ExpiresAt.Valid {
		v.Set("expires_at", n.ExpiresAt.Time.In(web.China).Format(web.DateTimeField))
	}
	return v
}

// announcementFrom reads an announcement as it was typed. Without times it is shown at once and doesn't expire.
func announcementFrom(v url.Values, now time.Time) (n store.Announcement, problems filing.Problems) {
	text := func(field string, max int, required bool) string {
		value := web.Trimmed(v, field)
		problems = append(problems, web.CheckText(field, value, max, web.When(required, "required"))...)
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
		TitleEN: text("title_en", maxAnnouncementTitle, false), BodyEN: text("body_en", maxAnnouncementBody, false),
		Pinned: v.Get("pinned") == "yes",
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

// saveAnnouncement saves an announcement, or previews it.
func (p *Pages) saveAnnouncement(c *gin.Context) error {
	values := web.PostForm(c)
	data := announcementFormData{New: c.Param("id") == newAnnouncement, Token: values.Get("token")}
	n, problems := announcementFrom(values, p.Store.Now())
	n.Token = data.Token
	n.Version, _ = strconv.Atoi(values.Get("version")) // nonsense is no version
	data.Version = n.Version
	var err error
	switch {
	case !web.ValidToken(n.Token):
		return web.ErrBadRequest
	case len(problems) > 0:
		return p.showAnnouncementForm(c, http.StatusUnprocessableEntity, data, values, problems)
	case values.Get("action") == "preview":
		if data.Previews, err = previewsOf(n); err != nil {
			return err
		}
		return p.showAnnouncementForm(c, http.StatusOK, data, values, nil)
	}
	err = p.storeAnnouncement(c, n, data.New)
	if errors.Is(err, store.ErrConflict) { // keeps what was typed; saving again overwrites the other edit
		if before, findErr := p.announcementOf(c); findErr == nil {
			data.Version = before.Version
		}
		problems = filing.Problems{{Field: "title_zh", Key: "announcement_changed"}}
		return p.showAnnouncementForm(c, http.StatusConflict, data, values, problems)
	}
	return p.announcementDone(c, err)
}

func (p *Pages) storeAnnouncement(c *gin.Context, n store.Announcement, isNew bool) error {
	if isNew {
		entry := p.AuditEntry(c, "announcement.add", "announcement", n.Token, "")
		return p.Audited(c, entry, func(ctx context.Context) error {
			_, err := p.Store.AddAnnouncement(ctx, n, p.Actor(c))
			return err
		})
	}
	before, err := p.announcementOf(c)
	if err != nil {
		return err
	}
	n.ID = before.ID
	entry := p.AuditEntry(c, "announcement.edit", "announcement", web.IdText(n.ID), "")
	return p.Audited(c, entry, func(ctx context.Context) error { return p.Store.EditAnnouncement(ctx, n, p.Actor(c)) })
}

// previewsOf are an announcement in each language that it has.
func previewsOf(n store.Announcement) (list []web.ShownAnnouncement, err error) {
	for _, lang := range help.Languages {
		if lang == "en" && n.TitleEN == "" {
			continue
		}
		shown, err := web.InLanguage(n, lang, 2)
		if err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	return list, nil
}

// withdrawAnnouncement withdraws an announcement, or publishes it again.
func (p *Pages) withdrawAnnouncement(c *gin.Context) error {
	n, err := p.announcementOf(c)
	if err == nil {
		version, _ := strconv.Atoi(c.PostForm("version")) // nonsense is no version
		withdraw := c.PostForm("action") != "restore"
		action := cmp.Or(web.When(withdraw, "announcement.withdraw"), "announcement.restore")
		entry := p.AuditEntry(c, action, "announcement", web.IdText(n.ID), "")
		err = p.Audited(c, entry, func(ctx context.Context) error {
			return p.Store.WithdrawAnnouncement(ctx, n.ID, version, withdraw, p.Actor(c))
		})
	}
	return p.announcementDone(c, err)
}

func (p *Pages) announcementDone(c *gin.Context, err error) error {
	if err == nil {
		p.Logger.Info("announcement updated by staff",
			"route", c.FullPath(), "announcement", c.Param("id"), "actor", p.Actor(c))
	}
	return p.Finish(c, err, "/support/announcements", "flash.done", web.Refusals{store.ErrConflict: "flash.moved_on"})
}
