package panel_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// workflowsStub answers every Update with the same error.
type workflowsStub struct {
	resumed workflows.Resume
	err     error
	// started are the bulk jobs that were started.
	started []int64
	// verdicts are the reviewers' verdicts it received.
	verdicts []workflows.Verdict
	// execution is what Temporal knows about every filing.
	execution    workflows.Execution
	executionErr error
	// relatedWorkflows are the workflows requested along with a filing's; ran are the activities that were run at once.
	relatedWorkflows, ran []string
	// corrected are the corrections it received, codes those it was asked to send codes for, and told the tokens of
	// those whose contacts it was asked to notify.
	corrected  map[string]workflows.Corrected
	codes      [][2]int64
	feedbackOf []string
}

func (w *workflowsStub) Open(context.Context, string, workflows.FilingInput) error { return nil }
func (w *workflowsStub) GiveContact(context.Context, string, workflows.ContactGiven) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) SendCode(context.Context, string, workflows.SendCode) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) Verified(context.Context, string, workflows.ByActor) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) Submit(context.Context, string, workflows.Submission) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) Pass(_ context.Context, _ string, v workflows.Verdict) (s workflows.State, err error) {
	w.verdicts = append(w.verdicts, v)
	return s, w.err
}
func (w *workflowsStub) SendBack(_ context.Context, _ string, v workflows.Verdict) (s workflows.State, err error) {
	w.verdicts = append(w.verdicts, v)
	return s, w.err
}
func (w *workflowsStub) CheckSiteNow(context.Context, string, workflows.ByActor) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) ConfirmSMSVerification(context.Context, string,
	workflows.SMSVerified) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) Withdraw(context.Context, string, workflows.ByActor) (s workflows.State, err error) {
	return s, w.err
}
func (w *workflowsStub) Resume(_ context.Context, _ string, in workflows.Resume) (s workflows.State, err error) {
	w.resumed = in
	return s, w.err
}
func (w *workflowsStub) StartBulk(_ context.Context, id int64) error {
	w.started = append(w.started, id)
	return w.err
}
func (w *workflowsStub) ControlBulk(context.Context, int64, workflows.BulkControl) error {
	return w.err
}
func (w *workflowsStub) Execution(_ context.Context, _ string, beside ...string) (workflows.Execution, error) {
	w.relatedWorkflows = beside
	return w.execution, w.executionErr
}
func (w *workflowsStub) RunNow(_ context.Context, p workflows.PendingActivity) error {
	w.ran = append(w.ran, p.ID)
	return w.err
}
func (w *workflowsStub) ContactCorrected(_ context.Context, _, key string,
	in workflows.Corrected) (s workflows.State, err error) {
	w.corrected[key] = in
	return s, w.err
}
func (w *workflowsStub) SendCorrectionCode(_ context.Context, id int64, send int) error {
	w.codes = append(w.codes, [2]int64{id, int64(send)})
	return nil
}
func (w *workflowsStub) NotifyContactCorrected(_ context.Context, token string) error {
	w.feedbackOf = append(w.feedbackOf, token)
	return nil
}
func (w *workflowsStub) Ask(context.Context, int64) error                        { return nil }
func (w *workflowsStub) ExchangeNow(context.Context, int64) error                { return nil }
func (w *workflowsStub) SendTicket(context.Context, int64, int64) error          { return nil }
func (w *workflowsStub) Footer(context.Context, workflows.FooterInput) error     { return w.err }
func (w *workflowsStub) SendAccountCode(context.Context, int64, int) error       { return nil }
func (w *workflowsStub) NotifyPasswordChanged(context.Context, int64, int) error { return nil }

// office is a panel with one of everything that a page can show.
type office struct {
	t         *testing.T
	db        *store.Store
	panel     *panel.Server
	workflows *workflowsStub
	url       string
	password  string // a cheap hash
	account   int64
	manual    int64
	// paths holds the values of route parameters, by route or else by parameter.
	paths map[string]string
}

const officePassword = "office-password-1"

// The people of an office; nobody isn't signed in.
var officePeople = []string{"nobody", "owner", "other", "viewer", "agent", "reviewer", "administrator"}

func newOffice(t *testing.T, cfg panel.Config) *office {
	t.Helper()
	return newOfficeAt(t, testdb.New(t), cfg)
}

func newOfficeAt(t *testing.T, db *store.Store, cfg panel.Config) *office {
	t.Helper()
	o := &office{t: t, db: db, workflows: &workflowsStub{err: workflows.ErrWrongStage,
		corrected: map[string]workflows.Corrected{}}, paths: map[string]string{}}
	cfg.Store, cfg.Filings, cfg.Logger = o.db, o.workflows, slog.New(slog.DiscardHandler)
	cfg.Resolver = website.NewResolver("127.0.0.1:1") // nothing answers there
	var err error
	o.panel, err = panel.New(cfg)
	require.NoError(t, err)
	t.Cleanup(o.panel.Close)
	server := httptest.NewServer(o.panel.Handler())
	t.Cleanup(server.Close)
	o.url = server.URL
	o.password = testdb.PasswordHash(t, officePassword)
	for _, login := range officePeople[1:] {
		o.person(login)
	}
	return o
}

// person creates an account: a customer's, or a staff member's with the role that the login names.
func (o *office) person(login string) (id int64) {
	var err error
	switch login {
	case "owner", "other":
		id, err = o.db.EnsureUser(o.t.Context(), store.RoleCustomer, login, o.password)
	default:
		role, _, _ := strings.Cut(login, "-")
		id, err = o.db.EnsureStaff(o.t.Context(), store.StaffRole(role), login, o.password)
	}
	require.NoError(o.t, err)
	return id
}

// staged returns the path of a filing whose dossier is in a stage.
func (o *office) staged(number string, stage filing.Stage, attention filing.Attention) string {
	o.record(number)
	f, err := o.db.FilingBySerial(o.t.Context(), number, 1)
	require.NoError(o.t, err)
	require.NoError(o.t, o.db.Advance(o.t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: stage,
		Attention: &attention, Revision: 1, EventKind: "submitted", Actor: "customer:owner"}))
	return "/support/filings/" + number
}

// furnish creates what the pages show.
func (o *office) furnish() {
	t, ctx := o.t, o.t.Context()
	must := func(err error) { require.NoError(t, err) }
	var err error
	o.account, err = o.db.EnsureAccount(ctx, "by interface")
	must(err)
	o.manual, err = o.db.EnsureAccount(ctx, "by hand")
	must(err)
	must(o.db.SetDriver(ctx, o.manual, store.DriverManual))

	f := o.filing("M1", "owner")
	who, err := o.db.UserByLogin(ctx, "owner")
	must(err)
	_, err = o.db.RegisterContact(ctx, who.ID, f.ID,
		filing.ContactDetails{UserName: "owner-name", Mobile: "13900000001", Email: "a@example.com"}, "hash")
	must(err)
	paper, err := o.db.AddPaper(ctx, store.NewPaper{FilingID: f.ID, Key: "letter", Format: 1, Content: []byte("picture"),
		Thumb: []byte("thumb"), Width: 1, Height: 1, Max: 9})
	must(err)
	o.paths[":number"], o.paths[":domain"], o.paths[":paper"] = "M1", "example.com", fmt.Sprint(paper)
	o.paths[":record"] = fmt.Sprint(o.record("M2"))

	ticket, err := o.db.OpenTicket(ctx, store.Ticket{
		Token: strings.Repeat("1", 32), Kind: store.TicketAsk, Lang: "zh", CustomerID: sql.NullInt64{Int64: who.ID,
			Valid: true}, TicketBody: store.TicketBody{Text: "?", Email: "a@example.com"}, Pictures: [][]byte{o.picture()},
	})
	must(err)
	for _, path := range []string{"/tickets/:id", "/support/tickets/:id"} {
		o.paths[path] = fmt.Sprint(ticket)
	}
	attached, err := o.db.TicketPictures(ctx, ticket)
	must(err)
	o.paths[":picture"] = fmt.Sprint(attached[strings.Repeat("1", 32)][0].ID)
	notice, err := o.db.AddAnnouncement(ctx, store.Announcement{Token: strings.Repeat("2", 32), TitleZH: "公告",
		BodyZH: "内容", PublishedAt: time.Now().Add(-time.Hour)}, "support:a")
	must(err)
	for _, path := range []string{"/help/announcements/:id", "/support/announcements/:id"} {
		o.paths[path] = fmt.Sprint(notice)
	}
	task := o.task("a.example.com")
	o.paths["/support/tasks/:id"], o.paths["/support/bureau/tasks/:id"] = fmt.Sprint(task), fmt.Sprint(task)
	must(o.db.ReportBlocks(ctx, o.account, []store.BlockValues{{From: 10, To: 20, Source: 1}}, "support:a"))
	for _, query := range []string{`UPDATE address_blocks
		SET state = 'refused'`, `UPDATE staff_records SET result_code = 1002, refused = TRUE, result_at = created_at
			WHERE block_id IS NOT NULL`} {
		_, err = o.db.DB().ExecContext(ctx, query)
		must(err)
	}
	blocks, err := o.db.Blocks(ctx, 0, 1)
	must(err)
	o.paths["/support/addresses/:id"] = fmt.Sprint(blocks[0].ID)
	file, err := o.db.StoreDownload(ctx, o.account, "a.xml", []byte("<a/>"))
	must(err)
	o.paths[":direction"], o.paths[":secret"] = "down", "unknown"
	o.paths["/support/bureau/accounts/:id"] = fmt.Sprint(o.account)
	o.paths["/support/bureau/accounts/:id/files/:direction/:number"] =
		fmt.Sprintf("/support/bureau/accounts/%d/files/down/%d", o.account, file)
	o.paths["/support/staff/:id"] = fmt.Sprint(o.person("viewer-two"))
	leaver, err := o.db.EnsureUser(ctx, store.RoleCustomer, "leaver", o.password)
	must(err)
	o.paths["/support/customers/:id"] = fmt.Sprint(leaver)
	o.stuck("M9", "send_sms", "operator", 2)
	bulk, err := o.db.AddBulk(ctx, store.BulkJob{Token: strings.Repeat("5", 32), Resolution: "retry", Rate: 5,
		CreatedBy: "support:reviewer"}, store.StuckFilter{}, 1000)
	must(err)
	o.paths["/support/bulk/:id"] = fmt.Sprint(bulk)
	row, err := o.db.CorrectByStaff(ctx, store.NewCorrection{Token: strings.Repeat("6", 32), FilingID: f.ID,
		Channel: filing.SMS, To: "13900000002", Proof: "other", Picture: o.picture(), By: "support:agent"})
	must(err)
	o.paths["/support/filings/:number/proofs/:id"] = fmt.Sprintf("/support/filings/M1/proofs/%d", row.ID)
	o.paths["/account/sessions/:id"] = "0"
	o.paths[":figure"] = "stays.csv"
	o.paths["/api/v1/customers/:id"] = "42"
	_, key, err := o.db.CreateAPIKey(ctx, store.NewAPIKey{Name: "whmcs", Namespace: "whmcs", Scopes: store.APIScopes,
		Addresses: []string{"192.0.2.0/24"}})
	must(err)
	o.paths["/support/api-keys/:id"] = fmt.Sprint(key.ID)
	o.paths[":token"] = "unknown"
	o.paths[":form"], o.paths[":channel"], o.paths[":page"], o.paths["*filepath"] = "holder", "mail", "process",
		"style.css"
}

// filing opens a filing that is being filled in.
func (o *office) filing(order, customer string) store.Filing {
	t, ctx := o.t, o.t.Context()
	_, err := o.db.ImportOrder(ctx,
		store.OrderImport{Number: order, Customer: customer, Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := o.db.UserByLogin(ctx, customer)
	require.NoError(t, err)
	row, err := o.db.OrderOf(ctx, user.ID, order)
	require.NoError(t, err)
	f, err := o.db.OpenFiling(ctx, row.ID)
	require.NoError(t, err)
	consent(t, o.db, f)
	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	return f
}

// record queues a dossier at the account where people submit by hand.
func (o *office) record(order string) (id int64) {
	t, ctx := o.t, o.t.Context()
	f := o.filing(order, "owner")
	revision, err := o.db.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Submitting,
		Revision: revision, EventKind: "submitting", Actor: "test"}))
	require.NoError(t, o.db.QueueRecord(ctx,
		store.NewRecord{AccountID: o.manual, FilingID: f.ID, Revision: revision, Operation: filing.KindNew.Operation()}))
	require.NoError(t, o.db.DB().QueryRowContext(ctx, `SELECT MAX(id) FROM records`).Scan(&id))
	return id
}

// task creates a bureau's task that staff answer.
func (o *office) task(domain string) (id int64) {
	task := store.AccountTask(o.account, store.TaskUnfiledSite, domain, domain)
	task.Data = bureau.FoundSite{Domain: domain}
	require.NoError(o.t, o.db.AddTask(o.t.Context(), task))
	require.NoError(o.t, o.db.DB().QueryRowContext(o.t.Context(), `SELECT MAX(id) FROM staff_tasks`).Scan(&id))
	return id
}

// path fills in a route's parameters.
func (o *office) path(route string) string {
	if whole, ok := o.paths[route]; ok && strings.Contains(whole, "/") {
		return whole
	}
	parts := strings.Split(route, "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, ":") && !strings.HasPrefix(part, "*") {
			continue
		}
		value, ok := o.paths[strings.Join(strings.Split(route, "/")[:i+1], "/")]
		if !ok {
			value, ok = o.paths[part]
		}
		require.True(o.t, ok, "newOffice's paths lack %s of %s", part, route)
		parts[i] = value
	}
	return strings.Join(parts, "/")
}

// caller is somebody's browser, which follows no redirects.
type caller struct {
	o     *office
	login string
	http  *http.Client
}

func (o *office) caller(login string) *caller {
	c := &caller{o: o, login: login}
	c.signIn()
	return c
}

func (c *caller) signIn() {
	jar, err := cookiejar.New(nil)
	require.NoError(c.o.t, err)
	c.http = &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if c.login != "nobody" {
		status, to := c.send(http.MethodPost, "/sign-in", url.Values{"login": {c.login}, "password": {officePassword}})
		require.Equal(c.o.t, http.StatusSeeOther, status)
		require.Equal(c.o.t, "/", to)
	}
}

// send returns the status and the redirect's target; it doesn't read streams.
func (c *caller) send(method, path string, form url.Values) (status int, location string) {
	ctx, cancel := context.WithCancel(c.o.t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.o.url+path, strings.NewReader(form.Encode()))
	require.NoError(c.o.t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.http.Do(request)
	require.NoError(c.o.t, err)
	response.Body.Close()
	return response.StatusCode, response.Header.Get("Location")
}

// routes are the panel's routes, those that only read first.
func (o *office) routes() (list gin.RoutesInfo) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		for _, r := range o.panel.Routes() {
			if r.Method == method {
				list = append(list, r)
			}
		}
	}
	require.Len(o.t, o.panel.Routes(), len(list), "a route has a method that this test doesn't know")
	return list
}

// form sends a form; a field with a file is sent as one.
func (c *caller) form(path string, form url.Values) (status int) {
	var file string
	for _, name := range []string{"certificate", "file"} {
		if form.Has(name) {
			file = name
		}
	}
	if file == "" {
		status, _ := c.send(http.MethodPost, path, form)
		return status
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		if name != file {
			require.NoError(c.o.t, w.WriteField(name, values[0]))
		}
	}
	part, err := w.CreateFormFile(file, map[string]string{"certificate": "bazu.cert", "file": "paper.jpg"}[file])
	require.NoError(c.o.t, err)
	_, err = part.Write(c.o.picture())
	require.NoError(c.o.t, err)
	require.NoError(c.o.t, w.Close())
	response, err := c.http.Post(c.o.url+path, w.FormDataContentType(), &body)
	require.NoError(c.o.t, err)
	response.Body.Close()
	return response.StatusCode
}

// picture is valid as a paper.
func (o *office) picture() []byte {
	var b bytes.Buffer
	require.NoError(o.t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 40)), nil))
	return b.Bytes()
}

func copyAll(to io.Writer, response *http.Response) (int64, error) { return io.Copy(to, response.Body) }
