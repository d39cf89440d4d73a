package panel

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"html/template"
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
)

const (
	noticesListed  = 100
	noticesPerPage = 50
	maxNoticeTitle = 200   // the column's
	maxNoticeBody  = 10000 // characters: a notice is no book
	// dateTimeField is how a browser sends a field of type datetime-local.
	dateTimeField = "2006-01-02T15:04"
)

// noticeShown is a notice in the reader's language.
type noticeShown struct {
	ID     int64
	Title  string
	Pinned bool
	At     time.Time
	HTML   template.HTML
}

// inLanguage picks a language of a notice, for below a title of a level; what isn't
// translated is Chinese.
func inLanguage(n store.Notice, lang string, title int) (noticeShown, error) {
	shown := noticeShown{ID: n.ID, Title: n.TitleZH, Pinned: n.Pinned, At: n.PublishedAt}
	body := n.BodyZH
	if lang == "en" && n.TitleEN != "" {
		shown.Title = n.TitleEN
		if n.BodyEN != "" {
			body = n.BodyEN
		}
	}
	var err error
	shown.HTML, err = help.Notice(body, title)
	return shown, err
}

// notices are the provider's notices that are up now.
func (s *Server) notices(c *gin.Context, limit int) ([]noticeShown, error) {
	list, err := s.cfg.Store.NoticesShown(c.Request.Context(), limit)
	shown := make([]noticeShown, len(list))
	for i := 0; err == nil && i < len(list); i++ {
		shown[i], err = inLanguage(list[i], s.texts.For(s.lang(c)).Lang(), 2)
	}
	return shown, err
}

type noticesData struct {
	helpHead
	Notices []noticeShown
}

// noticeList is 公告栏.
func (s *Server) noticeList(c *gin.Context) {
	list, err := s.notices(c, noticesListed)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "notices", page{Title: "notices.title", Data: noticesData{s.helpHead(c), list}})
}

func (s *Server) noticePage(c *gin.Context) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	n, err := s.cfg.Store.NoticeShown(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	shown, err := inLanguage(n, s.texts.For(s.lang(c)).Lang(), 1)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "notice_page", page{Title: "notices.title", Heading: shown.Title, Data: noticesData{s.helpHead(c), []noticeShown{shown}}})
}

// helpStaffRoutes are what staff do for the help centre.
func (s *Server) helpStaffRoutes(support staffRoutes) {
	support.GET("/notices", canSee, s.staffNotices)
	support.GET("/notices/:id", canWriteNotices, s.editNotice)
	support.POST("/notices/:id", canWriteNotices, s.saveNotice)
	support.POST("/notices/:id/withdraw", canWriteNotices, s.withdrawNotice)
	support.GET("/tickets", canSeePersonal, s.staffTickets)
	support.GET("/tickets/:id", canSeePersonal, s.staffTicket)
	support.POST("/tickets/:id/answer", canAnswerTickets, s.answerTicket)
	support.POST("/tickets/:id/close", canAnswerTickets, s.closeTicket)
}

type staffNotice struct {
	store.Notice
	// Status is shown, later, over or withdrawn: of "notices.status.".
	Status string
}

func (s *Server) staffNotices(c *gin.Context) {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	list, err := s.cfg.Store.Notices(c.Request.Context(), after, noticesPerPage+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	var data struct {
		Notices []staffNotice
		Next    int64
	}
	if len(list) > noticesPerPage {
		list = list[:noticesPerPage]
		data.Next = list[noticesPerPage-1].ID
	}
	now := s.cfg.Store.Now()
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
	s.render(c, http.StatusOK, "staff_notices", page{Title: "notices.title", Data: data})
}

func noticeFields(t *locale.Localizer) []field {
	return []field{
		{Name: "title_zh", Type: "text", Required: true},
		{Name: "body_zh", Type: "textarea", Required: true},
		{Name: "title_en", Type: "text"},
		{Name: "body_en", Type: "textarea"},
		{Name: "pinned", Type: "select", Options: choice("form.no", "form.yes")(choosing{Localizer: t})},
		{Name: "published_at", Type: "datetime-local"},
		{Name: "expires_at", Type: "datetime-local"},
	}
}

type noticeFormData struct {
	Form    form
	Token   string
	Version int
	// Previews are the notice as it would be shown, in each language it has.
	Previews []noticeShown
	New      bool
	// Withdrawn: it is down and can be put up again.
	Withdrawn bool
}

// newNotice stands for the ID of a notice that isn't kept yet.
const newNotice = "new"

// editNotice is the form of a notice, a new one's or a kept one's.
func (s *Server) editNotice(c *gin.Context) {
	data := noticeFormData{New: c.Param("id") == newNotice, Token: newToken()}
	values := url.Values{}
	if !data.New {
		n, err := s.noticeOf(c)
		if err != nil {
			s.fail(c, err)
			return
		}
		data.Version, data.Withdrawn = n.Version, n.WithdrawnAt.Valid
		values = noticeValues(n)
	}
	s.showNoticeForm(c, http.StatusOK, data, values, nil)
}

func (s *Server) showNoticeForm(c *gin.Context, status int, data noticeFormData, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	data.Form = build(t, "notice", noticeFields(t), values, problems)
	s.render(c, status, "staff_notice", page{Title: "notices.edit", Data: data})
}

func (s *Server) noticeOf(c *gin.Context) (store.Notice, error) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
	return s.cfg.Store.Notice(c.Request.Context(), id)
}

func noticeValues(n store.Notice) url.Values {
	v := url.Values{
		"title_zh": {n.TitleZH}, "title_en": {n.TitleEN}, "body_zh": {n.BodyZH}, "body_en": {n.BodyEN}, "pinned": {"no"},
		"published_at": {n.PublishedAt.In(china).Format(dateTimeField)},
	}
	if n.Pinned {
		v.Set("pinned", "yes")
	}
	if n.ExpiresAt.Valid {
		v.Set("expires_at", n.ExpiresAt.Time.In(china).Format(dateTimeField))
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
		when, err := time.ParseInLocation(dateTimeField, v.Get(field), china)
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
func (s *Server) saveNotice(c *gin.Context) {
	values := posted(c)
	data := noticeFormData{New: c.Param("id") == newNotice, Token: values.Get("token")}
	n, problems := noticeFrom(values, s.cfg.Store.Now())
	n.Token = data.Token
	n.Version, _ = strconv.Atoi(values.Get("version")) // nonsense is no version
	data.Version = n.Version
	switch {
	case !validToken(n.Token):
		s.fail(c, errBadRequest)
		return
	case len(problems) > 0:
		s.showNoticeForm(c, http.StatusUnprocessableEntity, data, values, problems)
		return
	case values.Get("action") == "preview":
		s.previewNotice(c, data, n, values)
		return
	}
	var err error
	if data.New {
		err = s.did(c, s.deed(c, "notice.add", "notice", n.Token, ""), func(ctx context.Context) error {
			_, err := s.cfg.Store.AddNotice(ctx, n, s.actor(c))
			return err
		})
	} else {
		var before store.Notice
		if before, err = s.noticeOf(c); err == nil {
			n.ID = before.ID
			err = s.did(c, s.deed(c, "notice.edit", "notice", idText(n.ID), ""), func(ctx context.Context) error {
				return s.cfg.Store.EditNotice(ctx, n, s.actor(c))
			})
		}
	}
	if errors.Is(err, store.ErrConflict) { // what was typed stays; saved again it goes over the other's
		if before, findErr := s.noticeOf(c); findErr == nil {
			data.Version = before.Version
		}
		s.showNoticeForm(c, http.StatusConflict, data, values, filing.Problems{{Field: "title_zh", Key: "notice_changed"}})
		return
	}
	s.noticeDone(c, err)
}

func (s *Server) previewNotice(c *gin.Context, data noticeFormData, n store.Notice, values url.Values) {
	for _, lang := range help.Languages {
		if lang == "en" && n.TitleEN == "" {
			continue
		}
		shown, err := inLanguage(n, lang, 2)
		if err != nil {
			s.fail(c, err)
			return
		}
		data.Previews = append(data.Previews, shown)
	}
	s.showNoticeForm(c, http.StatusOK, data, values, nil)
}

// withdrawNotice takes a notice down, or puts it up again.
func (s *Server) withdrawNotice(c *gin.Context) {
	n, err := s.noticeOf(c)
	if err == nil {
		version, _ := strconv.Atoi(c.PostForm("version")) // nonsense is no version
		withdraw, action := c.PostForm("action") != "restore", "notice.withdraw"
		if !withdraw {
			action = "notice.restore"
		}
		err = s.did(c, s.deed(c, action, "notice", idText(n.ID), ""), func(ctx context.Context) error {
			return s.cfg.Store.WithdrawNotice(ctx, n.ID, version, withdraw, s.actor(c))
		})
	}
	if errors.Is(err, store.ErrConflict) {
		s.flash(c, "flash.moved_on")
		to(c, "/support/notices")
		return
	}
	s.noticeDone(c, err)
}

func (s *Server) noticeDone(c *gin.Context, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("staff changed a notice", "route", c.FullPath(), "notice", c.Param("id"), "actor", s.actor(c))
	s.flash(c, "flash.done")
	to(c, "/support/notices")
}

// newToken makes one row of a form that is sent twice.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func validToken(token string) bool {
	raw, err := hex.DecodeString(token)
	return err == nil && len(raw) == 16
}

// nullID is an ID that may be missing (0).
func nullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
