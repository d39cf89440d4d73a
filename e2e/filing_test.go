package e2e_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/workflows"
)

// A refused name is corrected; the second revision is approved; then the whole database, Temporal's histories and
// the log are searched for personal data.
func TestRefusalCorrectionAndNothingPersonalLeaks(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: 300 * time.Millisecond})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "违规的网站"))
	wait(t, w, filing.Correcting)

	page, err := w.Page(ctx, "/orders/D20260001/filing/site")
	require.NoError(t, err)
	require.Contains(t, page.Find(".field.wrong .error").Text(), "网站名称", "the bureau's reason is shown at the field")
	require.Equal(t, "违规的网站", page.Find("[name=name]").AttrOr("value", ""), "nothing typed is lost")

	_, err = w.Fill(ctx, "/orders/D20260001/filing/site",
		url.Values{"name": {"林测试的读书笔记"}, "services": {"2"}, "languages": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	number, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.Regexp(t, `^沪ICP备\d{10}号-1$`, number)
	for id, times := range s.StandIns.Bureau.Accepted() {
		require.Equal(t, 1, times, "record %d was submitted once", id)
	}

	c := filingtest.Contact()
	h := filingtest.PersonHolder()
	planted := []string{c.UserName, c.Name, c.Mobile, c.Email, h.DocumentNumber, h.Address, h.DocumentAddress, password,
		"web1-secret"}
	for _, m := range s.StandIns.SMS.Messages() {
		if code := m.Params["code"]; code != "" {
			planted = append(planted, code)
		}
	}
	clean(t, "the log", readFile(t, log), planted)
	clean(t, "Temporal's histories", histories(t, s), planted)
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	require.Contains(t, dump, number, "the dump must hold what it should")
	clean(t, "the database", dump, planted)
	record(t, s, "D20260001")
}

func clean(t *testing.T, where, text string, planted []string) {
	t.Helper()
	require.NotEmpty(t, text, where)
	for i, p := range planted {
		require.NotContains(t, text, p, "%s holds planted value %d", where, i)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(raw)
}

// histories is every event of every workflow, as Temporal stores it.
func histories(t *testing.T, s *stack.Stack) string {
	t.Helper()
	var b strings.Builder
	list, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	require.NoError(t, err)
	require.NotEmpty(t, list.GetExecutions())
	for _, e := range list.GetExecutions() {
		b.WriteString(protojson.Format(e))
		events := s.Temporal.GetWorkflowHistory(t.Context(), e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId(),
			false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			b.WriteString(protojson.Format(event))
		}
	}
	require.Contains(t, b.String(), workflows.FilingWorkflowID("D20260001"))
	return b.String()
}

// The web space refuses the login: the filing is stuck, and support sees it and resumes it once that is fixed.
func TestWebSpaceRefusesAndSupportResumes(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Space.Faults.Set(fault.Fault{Operation: "USER", Mode: fault.Fail, Code: "530"})
	w := customer(t, s)
	prepared(t, w, "D20260002")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.CompanyHolder(), "样例公司网站"))
	wait(t, w, filing.Installing)

	support := staff(t, s)
	require.Eventually(t, func() bool {
		page, err := support.Page(ctx, "/support/filings?state=stuck")
		return err == nil && strings.Contains(page.Find(`[data-order="D20260002"]`).Text(), "空间拒绝登录")
	}, 30*time.Second, 100*time.Millisecond)

	s.StandIns.Space.Faults.Clear()
	_, err := support.Post(ctx, "/support/filings/D20260002/resume", retry(t, s, "D20260002"))
	require.NoError(t, err)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web2"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	require.Equal(t, 1, s.StandIns.Space.Stores("web2", "wwwroot/cert/bazu.cert"), "the file was renamed once")
	record(t, s, "D20260002")
}

// The bureau accepts the file and its answer is lost: nothing is submitted twice.
func TestLostAnswersDoNothingTwice(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Lose, Times: 1})
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_downloadack", Mode: fault.Lose, Times: 1})
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Installing)
	require.Equal(t, map[int64]int{1: 1}, s.StandIns.Bureau.Accepted())
	require.EqualValues(t, 1, s.StandIns.Bureau.Sequence())
	sent := map[string]int{}
	for _, m := range s.StandIns.SMS.Messages() {
		sent[m.OutID]++
	}
	require.NotEmpty(t, sent)
	record(t, s, "D20260001")
	for key, n := range sent {
		require.Equal(t, 1, n, key)
	}
}

// Other people's orders and other roles' pages don't exist.
func TestPeopleSeeTheirOwn(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	_, err := s.Store.EnsureUser(ctx, "customer", "other", testdb.PasswordHash(t, "other-password"))
	require.NoError(t, err)
	owner := customer(t, s)
	require.NoError(t, owner.Open(ctx, "D20260001"))

	foreign, err := http.NewRequestWithContext(ctx, http.MethodPost, s.PanelURL+"/sign-out", nil)
	require.NoError(t, err)
	foreign.Header.Set("Origin", "https://evil.example")
	answer, err := http.DefaultClient.Do(foreign)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusForbidden, answer.StatusCode, "forms of other sites are refused")

	other, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	require.Error(t, other.SignIn(ctx, "other", "wrong"))
	require.NoError(t, other.SignIn(ctx, "other", "other-password"))
	require.ErrorContains(t, other.Open(ctx, "D20260001"), "404")
	for _, path := range []string{"/orders/D20260001/filing", "/orders/D20260001/filing/contact",
		"/orders/D20260001/filing/certificate", "/support/filings"} {
		_, err := other.Page(ctx, path)
		require.ErrorContains(t, err, "404", path)
	}
}
