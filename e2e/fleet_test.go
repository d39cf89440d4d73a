package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

// What operators see while filings run: metrics for every panel of the dashboard and every alert, one trace from
// the click to the web space, log lines with filing and step, and whether a build matches the histories; nothing
// personal in any of them.
func TestFleetIsSeen(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	s, log := startAlone(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx, w := t.Context(), customer(t, s)

	prepared(t, w, "D20260001")
	// SMS is out of service: the notice of the approval is stuck.
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE"})
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Installing)
	f := filingOf(t, s, func(f store.Filing) bool { return f.Stuck() && f.Attention == "footer_missing" })
	require.Equal(t, "notify_sms", f.StuckStep)
	s.StandIns.SMS.Faults.Clear()
	// The exchange is stopped, so that the next record waits.
	accounts, err := s.Store.Accounts(ctx)
	require.NoError(t, err)
	_, err = s.Store.StopAccount(ctx, accounts[0].ID, 5)
	require.NoError(t, err)
	require.NoError(t, s.Store.AddTask(ctx, store.AccountTask(accounts[0].ID, "stopped", "5", "5")))
	other := customer(t, s)
	prepared(t, other, "D20260002")
	require.NoError(t, other.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记二"))
	filingOf(t, s, func(f store.Filing) bool {
		return f.OrderNumber == "D20260002" && f.Stage == filing.Submitting && waits(t, s)
	})

	t.Run("metrics", func(t *testing.T) { seenInMetrics(t, s) })
	t.Run("ready", func(t *testing.T) {
		response, err := http.Get(s.PanelURL + "/readyz")
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
	})
	t.Run("traces", func(t *testing.T) { seenInTraces(t, s, spans.GetSpans()) })
	t.Run("verify", func(t *testing.T) { verified(t, s) })
	t.Run("log", func(t *testing.T) { seenInLog(t, log) })
}

// personal is what none of it may contain.
func personal() []string {
	c, h := filingtest.Contact(), filingtest.PersonHolder()
	return []string{c.Name, c.Mobile, c.Email, c.UserName, h.DocumentNumber, h.Address, password, "读书笔记"}
}

// filingOf waits for a filing.
func filingOf(t *testing.T, s *stack.Stack, is func(store.Filing) bool) (found store.Filing) {
	t.Helper()
	require.Eventually(t, func() bool {
		list, err := s.Store.SearchFilings(t.Context(), store.FilingSearch{}, store.Cursor{}, 10)
		require.NoError(t, err)
		i := slices.IndexFunc(list.Rows, func(row store.FoundFiling) bool { return is(row.Filing) })
		if i >= 0 {
			found = list.Rows[i].Filing
		}
		return i >= 0
	}, 90*time.Second, 50*time.Millisecond)
	return found
}

func waits(t *testing.T, s *stack.Stack) bool {
	t.Helper()
	accounts, err := s.Store.Accounts(t.Context())
	require.NoError(t, err)
	return accounts[0].Waiting > 0
}

func seenInMetrics(t *testing.T, s *stack.Stack) {
	// Workflow code that fails, and a request that Temporal refuses.
	broken := sdkworker.New(s.Temporal, "broken", sdkworker.Options{})
	broken.RegisterWorkflowWithOptions(func(workflow.Context) error { panic("on purpose") },
		workflow.RegisterOptions{Name: "Broken"})
	require.NoError(t, broken.Start())
	run, err := s.Temporal.ExecuteWorkflow(t.Context(),
		client.StartWorkflowOptions{ID: "broken", TaskQueue: "broken"}, "Broken")
	require.NoError(t, err)
	_, err = s.Temporal.DescribeWorkflowExecution(t.Context(), "nobody", "")
	require.Error(t, err)
	defer func() {
		require.NoError(t, s.Temporal.TerminateWorkflow(context.WithoutCancel(t.Context()), "broken", run.GetRunID(), "seen"))
		broken.Stop()
	}()

	// The sweep that finds broken workflows sees who polls; it runs every two minutes.
	require.NoError(t, s.Temporal.ScheduleClient().GetHandle(t.Context(), "broken").Trigger(t.Context(),
		client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		f, err := s.Store.Figures(t.Context(), 0)
		return err == nil && len(f.Queues) == len(workflows.Queues)
	}, 60*time.Second, 100*time.Millisecond)

	var families []*dto.MetricFamily
	exposed := map[string]map[string]bool{} // metrics and their labels
	require.Eventually(t, func() bool {
		families, err = s.Observed.Registry.Gather()
		require.NoError(t, err)
		for _, f := range families {
			labels := map[string]bool{}
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					labels[l.GetName()] = true
				}
			}
			exposed[f.GetName()] = labels
			if f.GetType() == dto.MetricType_HISTOGRAM {
				for _, suffix := range []string{"_bucket", "_count", "_sum"} {
					exposed[f.GetName()+suffix] = labels
				}
			}
		}
		return exposed["temporal_workflow_task_execution_failed_total"] != nil
	}, 30*time.Second, 100*time.Millisecond)
	// tools/deploycheck keeps the list of what the dashboard and the alerts read.
	table, err := os.ReadFile("../deploy/metrics.tsv")
	require.NoError(t, err)
	require.NotEmpty(t, table)
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		name, labels := fields[0], fields[1:]
		require.Contains(t, exposed, name, "the dashboard or an alert reads a metric that no panel or worker has")
		for _, l := range labels {
			require.Contains(t, exposed[name], l, "a label of %s", name)
		}
	}
	secret := append(personal(), "D2026000", "example.com")
	results := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				for _, s := range secret {
					require.NotContains(t, l.GetValue(), s, "label %s of %s", l.GetName(), f.GetName())
				}
			}
			if f.GetName() == "beian_external_calls_total" {
				var of []string
				for _, l := range m.GetLabel() {
					of = append(of, l.GetValue())
				}
				results[strings.Join(of, " ")] = true
			}
		}
	}
	// operation, result, system: labels are sorted by name.
	for _, call := range []string{"contact_code ok sms", "approved operator sms", "contact_code ok mail",
		"isp_upload ok bureau", "install ok web_space", "certificate ok site", "home_page number_missing site"} {
		require.Contains(t, results, call)
	}
}

func seenInTraces(t *testing.T, s *stack.Stack, spans tracetest.SpanStubs) {
	find := func(name string, in func(tracetest.SpanStub) bool) tracetest.SpanStub {
		t.Helper()
		for _, sp := range spans {
			if sp.Name == name && (in == nil || in(sp)) {
				return sp
			}
		}
		require.Fail(t, "no span", "%s among %d", name, len(spans))
		return tracetest.SpanStub{}
	}
	click := find("POST /orders/:number/filing", nil) // the first filing's: spans are ordered by their ends
	same := func(sp tracetest.SpanStub) bool { return sp.SpanContext.TraceID() == click.SpanContext.TraceID() }
	start := find("StartWorkflow:Filing", same)
	require.Equal(t, click.SpanContext.SpanID(), start.Parent.SpanID())
	install := find("RunActivity:InstallCertificate", same)
	ftp := find("web_space install", same)
	require.Equal(t, install.SpanContext.SpanID(), ftp.Parent.SpanID(), "the web space is reached by the activity")
	for _, name := range []string{"sms contact_code", "mail contact_code", "site certificate", "site home_page"} {
		find(name, same)
	}
	find("bureau isp_upload", nil) // in a trace of the exchange, which serves many filings
	attributes := map[string]string{}
	for _, a := range install.Attributes {
		attributes[string(a.Key)] = a.Value.String()
	}
	require.Equal(t, "D20260001", attributes["beian.filing"])
	require.Equal(t, "InstallCertificate", attributes["beian.step"])
	text, err := json.Marshal(spans)
	require.NoError(t, err)
	for _, p := range personal() {
		require.NotContains(t, string(text), p)
	}

	// Temporal's headers carry the trace's ID and nothing else.
	events := s.Temporal.GetWorkflowHistory(t.Context(), workflows.FilingWorkflowID("D20260001"), "", false,
		enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	headers := 0
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		for _, fields := range []map[string]string{
			carried(t, event.GetWorkflowExecutionStartedEventAttributes().GetHeader().GetFields()["_tracer-data"].GetData()),
			carried(t, event.GetActivityTaskScheduledEventAttributes().GetHeader().GetFields()["_tracer-data"].GetData()),
		} {
			for key, value := range fields {
				require.Equal(t, "traceparent", key)
				require.Regexp(t, `^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`, value)
				headers++
			}
		}
	}
	require.Greater(t, headers, 3)
}

func carried(t *testing.T, data []byte) (fields map[string]string) {
	t.Helper()
	if len(data) > 0 {
		require.NoError(t, json.Unmarshal(data, &fields))
	}
	return fields
}

func verified(t *testing.T, s *stack.Stack) {
	options := history.Options(s.Keys)
	report, err := worker.Verify(t.Context(), s.Temporal, options, worker.VerifyOptions{Namespace: "default", Sample: 5})
	require.NoError(t, err)
	require.Empty(t, report.Misfits)
	kinds := map[string]worker.VerifiedKind{}
	for _, k := range report.Kinds {
		kinds[k.Type] = k
	}
	require.Equal(t, 2, kinds["Filing"].Running)
	require.Positive(t, kinds["Exchange"].Ended)

	// A build whose filing does something else, and that lacks the workflows not running here.
	other := map[string]any{
		"Filing": func(ctx workflow.Context, _ workflows.FilingInput) error {
			return workflow.Sleep(ctx, time.Hour)
		},
		"Exchange": workflows.Exchange, "Aftercare": workflows.Aftercare,
		// Each may have begun meanwhile, by its schedule.
		"DeliverySweep": workflows.DeliverySweep, "TicketSweep": workflows.TicketSweep,
		"BrokenCheck": workflows.BrokenCheck, "FigureDays": workflows.FigureDays,
	}
	report, err = worker.Verify(t.Context(), s.Temporal, options,
		worker.VerifyOptions{Namespace: "default", Sample: 5, Workflows: other})
	require.NoError(t, err)
	require.Len(t, report.Misfits, 2)
	for _, m := range report.Misfits {
		require.Equal(t, "Filing", m.Type)
		require.Contains(t, m.WorkflowID, "filing/D2026000")
		require.Contains(t, m.Why, "TMPRL1100", "the SDK's description of the mismatch")
		for _, p := range personal() {
			require.NotContains(t, m.Why, p)
		}
	}
	delete(other, "Filing")
	report, err = worker.Verify(t.Context(), s.Temporal, options,
		worker.VerifyOptions{Namespace: "default", Sample: 5, Workflows: other})
	require.NoError(t, err)
	require.NotEmpty(t, report.Misfits)
	require.Contains(t, fmt.Sprint(report.Misfits), "this build lacks the workflow")
}

// seenInLog checks every line that names a workflow or an activity.
func seenInLog(t *testing.T, log string) {
	file, err := os.Open(log)
	require.NoError(t, err)
	defer file.Close()
	lines, filings := bufio.NewScanner(file), 0
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) != nil || line["WorkflowID"] == nil && line["ActivityType"] == nil {
			continue // the last one may be incomplete
		}
		id, _ := line["WorkflowID"].(string)
		if id == "broken" {
			continue
		}
		require.NotEmpty(t, line["step"], lines.Text())
		if rest, of := strings.CutPrefix(id, "filing/"); of {
			require.Equal(t, rest, line["filing"], lines.Text())
			filings++
		}
		for _, p := range personal() {
			require.NotContains(t, lines.Text(), p)
		}
	}
	require.NoError(t, lines.Err())
	require.Positive(t, filings)
}
