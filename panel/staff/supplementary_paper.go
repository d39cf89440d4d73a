package staff

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
	"github.com/beian/beian/panel/web"
)

// paperForm is the form that submits a single paper for a filed order.
func (p *Pages) paperForm(c *gin.Context) error {
	return p.showPaper(c, url.Values{"order": {c.Query("order")}}, nil)
}

func (p *Pages) showPaper(c *gin.Context, values url.Values, problems filing.Problems) error {
	t, codes := p.T(c), p.Tables(c.Request.Context())
	whose := web.TextOptions(t, "supplementary_paper.", "holder", "site")
	fields := []web.Field{
		{Name: "order", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "use", Type: "select", Required: true, Options: web.Choose(t, web.CodeOptions(t.Lang(), codes.PaperUses))},
		{Name: "whose", Type: "select", Required: true, Options: web.Choose(t, whose)},
		{Name: "file", Type: "file", Required: true}, {Name: "remark", Type: "text"},
	}
	form := web.Build(t, "supplementary_paper", fields, values, problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "supplementary_paper.title"}, web.With(paperPage, form))
}

// submitPaper queues a paper for the bureau at which the order was filed.
func (p *Pages) submitPaper(c *gin.Context) error {
	ctx := c.Request.Context()
	if err := c.Request.ParseMultipartForm(web.MaxBody); err != nil {
		if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
			return p.showPaper(c, url.Values{},
				filing.Problems{{Field: "file", Key: "paper_too_big", Args: map[string]any{"max": filing.MaxPaper >> 10}}})
		}
		return web.ErrBadRequest
	}
	values := c.Request.PostForm
	f := filing.PaperForm{Order: web.Trimmed(values, "order"), Use: web.Number(values, "use"), Whose: values.Get("whose"),
		Remark: web.Trimmed(values, "remark")}
	if file, _, err := c.Request.FormFile("file"); err == nil {
		defer file.Close()
		if f.Content, err = io.ReadAll(file); err != nil {
			return err
		}
	}
	codes := p.Tables(ctx)
	problems := f.Validate(codes)
	var filed store.BureauSubject
	if problems.For("order") == nil {
		var err error
		filed, err = p.Store.SubjectOfOrder(ctx, f.Order)
		if errors.Is(err, store.ErrNotFound) || err == nil && f.Whose == "site" && !filed.SiteID.Valid {
			problems = append(problems, filing.Problem{Field: "order", Key: "order_not_filed"})
		} else if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return p.showPaper(c, values, problems)
	}
	key := filed.HolderID
	if f.Whose == "site" {
		key = filed.SiteID.Int64
	}
	paper := bureau.PaperOf{
		Paper: bureau.Paper{Format: f.Format(codes), Purpose: f.Use, Content: f.Content, OfSite: f.Whose == "site",
			Remark: f.Remark},
		Subject: filing.Subject{HolderID: filed.HolderID, SiteID: filed.SiteID.Int64},
	}
	if err := p.Audited(c, p.AuditEntry(c, "paper.queue", "order", f.Order, ""), func(ctx context.Context) error {
		return p.Store.QueuePaper(ctx, filed.AccountID, strconv.FormatInt(key, 10), paper, p.Actor(c))
	}); err != nil {
		return err
	}
	p.Logger.Info("paper queued", "account", filed.AccountID, "order", f.Order, "actor", p.Actor(c))
	return p.RedirectWith(c, "/support/papers", "flash.paper_queued")
}
