package staff

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	tasksPerPage = 50
	filesShown   = 40
	answersShown = 20
)

type bureauData struct {
	Accounts []accountData
	Tasks    []store.Task
	Next     int64
}

type accountData struct {
	store.Account
	List    []store.FileRow
	Answers []store.StaffRecord
}

// bureauPage is how the exchange with the bureau stands: accounts with what
// holds them, tasks for staff, data files.
func (p *Pages) bureauPage(c *gin.Context) error {
	ctx := c.Request.Context()
	var data bureauData
	accounts, err := p.Store.Accounts(ctx)
	for i := 0; err == nil && i < len(accounts); i++ {
		row := accountData{Account: accounts[i]}
		now := p.Store.Now()
		row.UploadAfter.Valid = row.UploadAfter.Valid && row.UploadAfter.Time.After(now) // pauses that are over are no news
		row.DownloadAfter.Valid = row.DownloadAfter.Valid && row.DownloadAfter.Time.After(now)
		row.List, err = p.Store.Files(ctx, row.ID, filesShown)
		if err == nil {
			row.Answers, err = p.Store.StaffAnswers(ctx, row.ID, answersShown)
		}
		data.Accounts = append(data.Accounts, row)
	}
	if err != nil {
		return err
	}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	if data.Tasks, err = p.Store.OpenTasks(ctx, after, tasksPerPage+1); err != nil {
		return err
	}
	if len(data.Tasks) > tasksPerPage {
		data.Tasks = data.Tasks[:tasksPerPage]
		data.Next = data.Tasks[tasksPerPage-1].ID
	}
	return p.RenderTemplate(c, http.StatusOK, "bureau", web.Page{Title: "bureau.title", Data: data})
}

// recordState is the key of how far what staff submitted to the bureau got.
func recordState(r store.StaffRecord) string {
	switch {
	case r.Code.Valid && r.Refused:
		return "staff_state.refused"
	case r.Code.Valid:
		return "staff_state.confirmed"
	case r.Accepted:
		return "staff_state.submitted"
	case r.Doubtful:
		return "staff_state.doubtful"
	}
	return "staff_state.waiting"
}

// startAccount lets an account's exchange go on that was stopped or paused.
func (p *Pages) startAccount(c *gin.Context) error {
	return p.bureauAction(c, "account.start", "account", func(ctx context.Context, id int64) error { return p.Store.StartAccount(ctx, id, p.Actor(c)) })
}

// releaseDoubtful submits what may have been submitted by rows that were lost.
func (p *Pages) releaseDoubtful(c *gin.Context) error {
	return p.bureauAction(c, "account.release", "account", p.Store.ReleaseDoubtful)
}

// taskDone puts a task away.
func (p *Pages) taskDone(c *gin.Context) error {
	return p.bureauAction(c, "task.done", "task", func(ctx context.Context, id int64) error { return p.Store.TaskDone(ctx, id, p.Actor(c)) })
}

func (p *Pages) bureauAction(c *gin.Context, action, kind string, act func(ctx context.Context, id int64) error) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return web.ErrBadRequest
	}
	if err := p.Audited(c, p.AuditEntry(c, action, kind, web.IdText(id), ""), func(ctx context.Context) error { return act(ctx, id) }); err != nil {
		return err
	}
	p.Logger.Info("staff acted on the exchange", "route", c.FullPath(), "id", id, "actor", p.Actor(c))
	p.Flash(c, "flash.done")
	return web.Redirect(c, "/support/bureau")
}

// dataFile shows a data file of either direction as text. It holds personal
// data: who looked is noted.
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
	switch {
	case errors.Is(err, store.ErrPurged):
		return store.ErrNotFound
	case err != nil:
		return err
	}
	if err := p.AuditView(c, "file.view", "data_file", fmt.Sprintf("%d/%s/%d", account, c.Param("direction"), number)); err != nil {
		return err
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", bureau.Text(content))

	return nil
}
