package panel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/store"
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
func (s *Server) bureauPage(c *gin.Context) {
	ctx := c.Request.Context()
	var data bureauData
	accounts, err := s.cfg.Store.Accounts(ctx)
	for i := 0; err == nil && i < len(accounts); i++ {
		row := accountData{Account: accounts[i]}
		now := s.cfg.Store.Now()
		row.UploadAfter.Valid = row.UploadAfter.Valid && row.UploadAfter.Time.After(now) // pauses that are over are no news
		row.DownloadAfter.Valid = row.DownloadAfter.Valid && row.DownloadAfter.Time.After(now)
		row.List, err = s.cfg.Store.Files(ctx, row.ID, filesShown)
		if err == nil {
			row.Answers, err = s.cfg.Store.StaffAnswers(ctx, row.ID, answersShown)
		}
		data.Accounts = append(data.Accounts, row)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	if data.Tasks, err = s.cfg.Store.OpenTasks(ctx, after, tasksPerPage+1); err != nil {
		s.fail(c, err)
		return
	}
	if len(data.Tasks) > tasksPerPage {
		data.Tasks = data.Tasks[:tasksPerPage]
		data.Next = data.Tasks[tasksPerPage-1].ID
	}
	s.render(c, http.StatusOK, "bureau", page{Title: "bureau.title", Data: data})
}

// startAccount lets an account's exchange go on that was stopped or paused.
func (s *Server) startAccount(c *gin.Context) {
	s.bureauAction(c, "account.start", "account", func(ctx context.Context, id int64) error { return s.cfg.Store.StartAccount(ctx, id, s.actor(c)) })
}

// releaseDoubtful hands in what may have been handed in by rows that were lost.
func (s *Server) releaseDoubtful(c *gin.Context) {
	s.bureauAction(c, "account.release", "account", s.cfg.Store.ReleaseDoubtful)
}

// taskDone puts a task away.
func (s *Server) taskDone(c *gin.Context) {
	s.bureauAction(c, "task.done", "task", func(ctx context.Context, id int64) error { return s.cfg.Store.TaskDone(ctx, id, s.actor(c)) })
}

func (s *Server) bureauAction(c *gin.Context, action, kind string, act func(ctx context.Context, id int64) error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		s.fail(c, errBadRequest)
		return
	}
	if err := s.did(c, s.deed(c, action, kind, idText(id), ""), func(ctx context.Context) error { return act(ctx, id) }); err != nil {
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("staff acted on the exchange", "route", c.FullPath(), "id", id, "actor", s.actor(c))
	s.flash(c, "flash.done")
	to(c, "/support/bureau")
}

// dataFile shows a data file of either direction as text. It holds personal
// data: who looked is noted.
func (s *Server) dataFile(c *gin.Context) {
	ctx := c.Request.Context()
	account, err := strconv.ParseInt(c.Param("id"), 10, 64)
	number, err2 := strconv.ParseInt(c.Param("number"), 10, 64)
	if err != nil || err2 != nil {
		s.fail(c, errBadRequest)
		return
	}
	var content []byte
	switch c.Param("direction") {
	case "up":
		var file store.Upload
		if file, err = s.cfg.Store.Upload(ctx, account, number); err == nil {
			content, err = bureau.Unzip(file.File)
		}
	case "down":
		var file store.Download
		if file, err = s.cfg.Store.Download(ctx, number); err == nil {
			content = file.File
		}
	default:
		err = store.ErrNotFound
	}
	switch {
	case errors.Is(err, store.ErrPurged):
		s.fail(c, store.ErrNotFound)
		return
	case err != nil:
		s.fail(c, err)
		return
	}
	if err := s.saw(c, "file.view", "data_file", fmt.Sprintf("%d/%s/%d", account, c.Param("direction"), number)); err != nil {
		s.fail(c, err)
		return
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", bureau.Text(content))
}
