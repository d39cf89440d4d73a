package panel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// What staff answer goes to the bureau with what the bureau asked.
func TestAnswersToTasksRepeatTheQuestion(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	agent, ctx := o.caller("agent"), t.Context()
	asked := filing.FiledHolder{HolderID: 7, Number: "沪ICP备2026000001号"}
	found := bureau.FoundSite{ID: 9, Domain: "b.example.com", IP: 0xC0000201, Operator: 11, Province: 310000,
		SeenAt: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Remark: "首页"}
	outcome := filing.BuiltIn().Outcomes[0].ID
	day := func(text string) time.Time {
		at, ok := filing.Day(text)
		require.True(t, ok)
		return at
	}
	for name, c := range map[string]struct {
		kind string
		data any
		form url.Values
		want any
	}{
		"verified": {store.TaskVerify, asked,
			url.Values{"who": {" 林核实 "}, "day": {"2026-02-03"}, "passed": {"yes"}, "opinion": {"属实"}},
			bureau.Verification{Passed: true, Who: "林核实", Opinion: "属实", At: day("2026-02-03"), Task: asked}},
		"not verified": {store.TaskVerify, asked,
			url.Values{"who": {"林核实"}, "day": {"2026-02-03"}, "passed": {"no"}, "opinion": {"不属实"}, "faults": {"电话是空号"}},
			bureau.Verification{Who: "林核实", Opinion: "不属实", Faults: "电话是空号", At: day("2026-02-03"), Task: asked}},
		"an unfiled site": {store.TaskUnfiledSite, found,
			url.Values{"result": {strconv.Itoa(outcome)}, "opinion": {"已关闭"}, "listed": {"2026-01-02"}, "due": {"2026-02-03"},
				"operator": {"11"},
				"province": {"310000"}},
			bureau.UnfiledResult{Domain: found.Domain, IP: found.IP, Operator: 11, Province: 310000, Result: outcome, Opinion: "已关闭",
				Listed: day("2026-01-02"), Due: day("2026-02-03")}},
	} {
		t.Run(name, func(t *testing.T) {
			task := store.AccountTask(o.account, c.kind, name, name)
			task.Data = c.data
			require.NoError(t, o.db.AddTask(ctx, task))
			var id int64
			require.NoError(t, o.db.DB().QueryRowContext(ctx, `SELECT MAX(id) FROM staff_tasks`).Scan(&id))
			path := fmt.Sprintf("/support/tasks/%d/answer", id)
			page := agent.page(path)
			for field := range c.form {
				require.Equal(t, 1, page.Find("#f-"+field).Length(), field)
			}
			status, _, text := agent.look(path, c.form)
			require.Equal(t, http.StatusSeeOther, status, text)
			answer, err := o.db.LatestAnswer(ctx, id)
			require.NoError(t, err)
			want, err := json.Marshal(c.want)
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(answer.Data))
		})
	}
}
