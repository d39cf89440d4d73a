package panel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// paperForm is the form that hands in a paper of what is filed by itself.
func (s *Server) paperForm(c *gin.Context) {
	s.showPaper(c, url.Values{"order": {c.Query("order")}}, nil)
}

func (s *Server) showPaper(c *gin.Context, values url.Values, problems filing.Problems) {
	t, codes, status := s.texts.For(s.lang(c)), s.tables(c.Request.Context()), http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	whose := []option{{Value: "holder", Label: t.T("paper.holder", nil)}, {Value: "site", Label: t.T("paper.site", nil)}}
	fields := []field{
		{Name: "order", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "use", Type: "select", Required: true, Options: choose(t, codeOptions(t.Lang(), codes.PaperUses))},
		{Name: "whose", Type: "select", Required: true, Options: choose(t, whose)},
		{Name: "file", Type: "file", Required: true}, {Name: "remark", Type: "text"},
	}
	s.render(c, status, "paper", page{Title: "paper.title", Data: build(t, "paper", fields, values, problems)})
}

// handInPaper queues a paper for the bureau that filed the order's filing.
func (s *Server) handInPaper(c *gin.Context) {
	ctx := c.Request.Context()
	if err := c.Request.ParseMultipartForm(maxBody); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			s.showPaper(c, url.Values{}, filing.Problems{{Field: "file", Key: "paper_too_big", Args: map[string]any{"max": filing.MaxPaper >> 10}}})
			return
		}
		s.fail(c, errBadRequest)
		return
	}
	values := c.Request.PostForm
	f := filing.PaperForm{Order: trimmed(values, "order"), Use: number(values, "use"), Whose: values.Get("whose"), Remark: trimmed(values, "remark")}
	if file, _, err := c.Request.FormFile("file"); err == nil {
		defer file.Close()
		if f.Content, err = io.ReadAll(file); err != nil {
			s.fail(c, err)
			return
		}
	}
	codes := s.tables(ctx)
	problems := f.Validate(codes)
	var filed store.BureauSubject
	if problems.For("order") == nil {
		var err error
		filed, err = s.cfg.Store.SubjectOfOrder(ctx, f.Order)
		if errors.Is(err, store.ErrNotFound) || err == nil && f.Whose == "site" && !filed.SiteID.Valid {
			problems = append(problems, filing.Problem{Field: "order", Key: "order_not_filed"})
		} else if err != nil {
			s.fail(c, err)
			return
		}
	}
	if len(problems) > 0 {
		s.showPaper(c, values, problems)
		return
	}
	key := filed.HolderID
	if f.Whose == "site" {
		key = filed.SiteID.Int64
	}
	paper := bureau.PaperOf{
		Paper:   bureau.Paper{Format: f.Format(codes), Purpose: f.Use, Content: f.Content, OfSite: f.Whose == "site", Remark: f.Remark},
		Subject: filing.Subject{HolderID: filed.HolderID, SiteID: filed.SiteID.Int64},
	}
	if err := s.did(c, s.deed(c, "paper.queue", "order", f.Order, ""), func(ctx context.Context) error {
		return s.cfg.Store.QueuePaper(ctx, filed.AccountID, strconv.FormatInt(key, 10), paper, s.actor(c))
	}); err != nil {
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("a paper was queued", "account", filed.AccountID, "order", f.Order, "actor", s.actor(c))
	s.flash(c, "flash.paper_queued")
	to(c, "/support/papers")
}
