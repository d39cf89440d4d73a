package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	tasksPerPage = 50
	filesShown   = 40
	answersShown = 20
)

// bureauData is the state of the exchange with bureaus.
type bureauData struct {
	Accounts []accountData
	Tasks    []store.Task
	// Next is the address of the next tasks.
	Next string
}

type accountData struct {
	store.Account
	DataFiles []store.FileRow
	Answers   []store.StaffRecord
}

// bureauPage shows the state of the exchange: accounts and what holds them up, data files, tasks for staff.
func (p *Pages) bureauPage(c *gin.Context) error {
	ctx := c.Request.Context()
	var data bureauData
	var tasks []store.Task
	if err := web.AtOnce(
		func() (err error) { data.Accounts, err = p.accountsData(ctx); return err },
		func() (err error) {
			tasks, err = p.Store.OpenTasks(ctx, web.QueryID(c, "after"), tasksPerPage+1)
			return err
		}); err != nil {
		return err
	}
	data.Tasks, data.Next = web.Paged(tasks, tasksPerPage, func(last store.Task) string {
		return web.URL("/support/bureau?after=%d", last.ID)
	})
	return p.Render(c, http.StatusOK, web.Page{Title: "bureau.title"}, web.With(bureauPage, data))
}

func (p *Pages) accountsData(ctx context.Context) ([]accountData, error) {
	accounts, err := p.Store.Accounts(ctx)
	list := make([]accountData, len(accounts))
	var all errgroup.Group
	for i, a := range accounts {
		all.Go(func() (err error) {
			list[i], err = p.accountData(ctx, a)
			return err
		})
	}
	return list, errors.Join(err, all.Wait())
}

func (p *Pages) accountData(ctx context.Context, a store.Account) (d accountData, err error) {
	d.Account = a
	now := p.Store.Now() // pauses that are over don't show
	d.UploadAfter.Valid = a.UploadAfter.Valid && a.UploadAfter.Time.After(now)
	d.DownloadAfter.Valid = a.DownloadAfter.Valid && a.DownloadAfter.Time.After(now)
	return d, web.AtOnce(
		func() (err error) { d.DataFiles, err = p.Store.Files(ctx, a.ID, filesShown); return err },
		func() (err error) { d.Answers, err = p.Store.StaffAnswers(ctx, a.ID, answersShown); return err })
}

// recordState is the key of how far a record that staff submitted got at the bureau.
func recordState(r store.StaffRecord) string {
	switch {
	case r.Code.Valid && r.Refused:
		return "bureau_answer_state.refused"
	case r.Code.Valid:
		return "bureau_answer_state.confirmed"
	case r.Accepted:
		return "bureau_answer_state.submitted"
	case r.Doubtful:
		return "bureau_answer_state.doubtful"
	}
	return "bureau_answer_state.waiting"
}

// bureauAction does something to what a path's ID names: an account, or a task.
func (p *Pages) bureauAction(
	action, kind string, act func(ctx context.Context, id int64, actor string) error,
) web.Handler {
	return func(c *gin.Context) error {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return web.ErrBadRequest
		}
		entry := p.AuditEntry(c, action, kind, web.IdText(id), "")
		err = p.Audited(c, entry, func(ctx context.Context) error { return act(ctx, id, p.Actor(c)) })
		if err != nil {
			return err
		}
		p.Logger.Info("exchange updated by staff", "route", c.FullPath(), "id", id, "actor", p.Actor(c))
		return p.RedirectWith(c, "/support/bureau", "flash.done")
	}
}

// releaseDoubtful submits records that lost rows may already have submitted.
func (p *Pages) releaseDoubtful(ctx context.Context, account int64, _ string) error {
	return p.Store.ReleaseDoubtful(ctx, account)
}

// dataFile shows a data file of either direction as text. Viewing it is audited: it has personal data.
func (p *Pages) dataFile(c *gin.Context) error {
	ctx := c.Request.Context()
	account, err := strconv.ParseInt(c.Param("id"), 10, 64)
	number, err2 := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || err2 != nil {
		return web.ErrBadRequest
	}
	var content []byte
	switch c.Param("direction") {
	case "up":
		var file store.Upload
		if file, err = p.Store.Upload(ctx, account, number); err == nil {
			content, err = bureau.Unzip(file.File)
		}
	case "down":
		var file store.Download
		if file, err = p.Store.Download(ctx, number); err == nil {
			content = file.File
		}
	default:
		err = store.ErrNotFound
	}
	if errors.Is(err, store.ErrPurged) {
		return store.ErrNotFound
	} else if err != nil {
		return err
	}
	object := fmt.Sprintf("%d/%s/%d", account, c.Param("direction"), number)
	if err := p.AuditView(c, "file.view", "data_file", object); err != nil {
		return err
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", bureau.Text(content))
	return nil
}
