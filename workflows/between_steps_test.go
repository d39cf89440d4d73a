package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// story is a filing of its kind from end to end, told to the test environment: the customer, the bureau and staff do
// what is next for them as soon as the row shows it. A message of the test's comes at one moment of it: a moment is the
// start of an activity, which is then in progress, or a pause in which everybody waits.
type story struct {
	env  *testsuite.TestWorkflowEnvironment
	in   workflows.FilingInput
	fail bool   // every step fails for good at its first attempt
	at   string // the moment of the messages, when it first comes; none if empty
	say  []saying
	grow bool // the history is long from that moment on

	runs      int
	unhandled map[int]saying // Updates that were neither accepted nor rejected
	aftercare int
	carriedIn filing.Stage
	numbers   int
	noticed   map[string]int // notices that went out, by key
	looks     int

	mu      sync.Mutex // activities run concurrently
	moments []string   // those that came, each once
	failed  map[string]bool
	row     row
	events  []activities.Progress
	stages  []filing.Stage
	checked bool // the site was seen complete
	queued  []int
	sent    map[activities.CodeRef]int

	// accepted lists what was accepted of the test's messages, answered how many Updates of all were answered.
	accepted        []saying
	asked, answered int
	withdrawn       bool // somebody's withdrawal or abandoning was accepted
	resumed         map[int64][]workflows.Resume
	queuedWithdrawn bool
	faults          []string
}

// row is the projection, as the store keeps it.
type row struct {
	seq, stuckSeq int64
	stage         filing.Stage
	revision      int
	stuckStep     string
}

// saying is an Update or a signal.
type saying struct {
	name   string
	update string
	signal string
	arg    any
}

func (s *story) faultf(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// write applies a step as store.Advance does: growing numbers only, and a final stage clears what was stuck.
func (s *story) write(_ context.Context, p activities.Progress) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Seq <= s.row.seq {
		return nil
	}
	if s.row.stage.Final() && p.Stuck != nil && *p.Stuck {
		s.faultf("a filing that is %s gets stuck at %s", s.row.stage, p.StuckStep)
	}
	if s.row.stage.Final() && p.Stage != "" {
		s.faultf("a filing that is %s becomes %s", s.row.stage, p.Stage)
	}
	s.row.seq = p.Seq
	if p.Stage != "" {
		s.row.stage = p.Stage
		s.stages = append(s.stages, p.Stage)
	}
	if p.Revision != 0 {
		s.row.revision = p.Revision
	}
	switch {
	case p.Stuck != nil && *p.Stuck:
		s.row.stuckStep, s.row.stuckSeq = p.StuckStep, p.Seq
	case p.Stuck != nil, p.Stage.Final():
		s.row.stuckStep, s.row.stuckSeq = "", 0
	}
	s.events = append(s.events, p)
	return nil
}

// fails reports whether an effect fails this time.
func (s *story) fails(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fail || s.failed[name] {
		return nil
	}
	s.failed[name] = true
	return temporal.NewNonRetryableApplicationError("refused", activities.ReasonOperator, nil)
}

func newStory(in workflows.FilingInput, fail bool, at string, say ...saying) *story {
	s := &story{in: in, fail: fail, at: at, say: say, failed: map[string]bool{}, unhandled: map[int]saying{},
		noticed: map[string]int{},
		resumed: map[int64][]workflows.Resume{}, sent: map[activities.CodeRef]int{}}
	s.row.stage = filing.Contact
	switch {
	case in.Kind.Registers():
		s.row.stage = filing.Installing
	case in.Kind.FollowsUp():
		s.row.stage = filing.Preparing
	}
	return s
}

func tell(in workflows.FilingInput, fail bool, at string, say ...saying) *story {
	return newStory(in, fail, at, say...).tell()
}

// tell runs the filing's workflow, and those that continue it, each of which gets what the one before left, as
// Temporal's server does it.
func (s *story) tell() *story {
	for in, start := s.in, time.Now(); ; start = s.env.Now() {
		s.run(in, start)
		var next *workflow.ContinueAsNewError
		if !errors.As(s.env.GetWorkflowError(), &next) || s.runs > 3 {
			return s
		}
		s.carriedIn = s.row.stage
		in = workflows.FilingInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
			s.faultf("the next run's input: %v", err)
			return s
		}
	}
}

// run runs one of them.
func (s *story) run(in workflows.FilingInput, start time.Time) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s.env = suite.NewTestWorkflowEnvironment()
	s.runs++
	s.env.SetStartTime(start)
	s.env.SetTestTimeout(time.Minute)
	s.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // a busy machine isn't a deadlock
	// Not the test environment's mocks, which look at the stack for each call: there are thousands of stories.
	act := func(name string, does any) {
		s.env.RegisterActivityWithOptions(does, activity.RegisterOptions{Name: name})
	}
	s.env.RegisterWorkflowWithOptions(func(workflow.Context, workflows.AftercareInput) error { s.aftercare++; return nil },
		workflow.RegisterOptions{Name: "Aftercare"})
	act("Advance", s.write)
	ends := func(ctx context.Context, p activities.Progress) error {
		if err := s.fails("end"); err != nil {
			return err
		}
		return s.write(ctx, p)
	}
	act("RecordNumber", ends)
	act("EndNumber", ends)
	act("IsTrue", func(context.Context, activities.Fact) (bool, error) { return true, nil })
	act("QueueRecord",
		func(_ context.Context, r activities.RecordRef) error {
			if err := s.fails("queue"); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.queued = append(s.queued, r.Revision)
			return nil
		})
	act("SendCode",
		func(_ context.Context, c activities.CodeRef) error {
			err := s.fails("code " + string(c.Channel))
			s.mu.Lock()
			defer s.mu.Unlock()
			if err == nil {
				s.sent[c]++
			}
			return err
		})
	act("Notify",
		func(_ context.Context, n activities.Notice) error {
			err := s.fails("notice " + n.Key)
			s.mu.Lock()
			defer s.mu.Unlock()
			if err == nil {
				s.noticed[n.Key]++
			}
			return err
		})
	act("AlertStaff", func(context.Context, activities.StuckReport) error { return nil })
	act("InstallCertificate",
		func(context.Context, activities.FilingRef) (activities.InstallResult, error) {
			return activities.InstallResult{}, s.fails("install")
		})
	act("CheckSite",
		func(context.Context, activities.FilingRef) (seen activities.SiteResult, err error) {
			if err := s.fails("check"); err != nil {
				return seen, err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.looks++
			seen.CertificateServed, seen.NumberShown = s.looks > 1, s.looks > 2
			s.checked = s.checked || seen.Complete()
			return seen, nil
		})
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, args converter.EncodedValues) {
		if info.ActivityType.Name == "QueueRecord" && s.withdrawn {
			s.queuedWithdrawn = true
		}
		// Workers send heartbeats every few seconds: a stall of some of them isn't a death, after which a second attempt
		// would run beside the first.
		if h := info.HeartbeatTimeout; info.TaskQueue != workflows.QueueFiling &&
			(h < 20*time.Second || h < 4*workflows.HeartbeatInterval || h > 30*time.Second) {
			s.faultf("%s has %s for heartbeats", info.ActivityType.Name, h)
		}
		name := info.ActivityType.Name
		var p activities.Progress
		if args.Get(&p) == nil && p.EventKind != "" {
			name += " " + string(p.EventKind)
		}
		s.moment(name)
	})
	s.env.RegisterDelayedCallback(s.next, time.Minute)
	left := s.unhandled
	s.unhandled = map[int]saying{}
	s.env.RegisterDelayedCallback(func() {
		for _, n := range slices.Sorted(maps.Keys(left)) {
			s.asked--
			s.send(left[n], slices.Contains(s.say, left[n]))
		}
	}, 0)
	s.env.ExecuteWorkflow(workflows.Filing, in)
}

// moment is when the test's messages may come.
func (s *story) moment(name string) {
	s.mu.Lock()
	name = fmt.Sprintf("%s in %s %s", name, s.row.stage, s.row.stuckStep)
	again := slices.Contains(s.moments, name)
	if !again {
		s.moments = append(s.moments, name)
	}
	s.mu.Unlock()
	if name == s.at && !again {
		if s.grow {
			s.env.SetCurrentHistoryLength(1 << 20)
		}
		for _, m := range s.say {
			s.send(s.resolved(m), true)
		}
	}
}

// resolved completes a message by what the pages show.
func (s *story) resolved(m saying) saying {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch arg := m.arg.(type) {
	case workflows.Resume:
		arg.StuckSeq += s.row.stuckSeq
		m.arg = arg
	case workflows.Submission:
		arg.Revision += s.row.revision
		m.arg = arg
	case workflows.Verdict:
		arg.Revision += s.row.revision
		m.arg = arg
	case workflows.Accepted:
		arg.Revision += s.row.revision
		m.arg = arg
	case workflows.Decided:
		arg.Revision += s.row.revision
		m.arg = arg
	case nextMove:
		m.arg = nil
		if move, ok := s.move(); ok {
			m = move
		}
	}
	return m
}

// send sends a message; tests says that it is the test's own.
func (s *story) send(m saying, tests bool) {
	if m.signal != "" {
		s.env.SignalWorkflow(m.signal, m.arg)
		return
	}
	if m.update == "" {
		return
	}
	s.asked++
	s.numbers++
	number := s.numbers
	s.unhandled[number] = m
	s.env.UpdateWorkflow(m.update, "", &testsuite.TestUpdateCallback{
		OnReject: func(error) {
			s.answered++
			delete(s.unhandled, number)
		},
		OnAccept: func() {
			delete(s.unhandled, number)
			switch arg := m.arg.(type) {
			case workflows.Resume:
				s.resumed[arg.StuckSeq] = append(s.resumed[arg.StuckSeq], arg)
				s.withdrawn = s.withdrawn || arg.Resolution == workflows.Abandon
			case workflows.ByActor:
				s.withdrawn = s.withdrawn || m.update == workflows.UpdateWithdraw
			}
		},
		OnComplete: func(_ any, err error) {
			s.answered++
			var refused *temporal.ApplicationError
			switch {
			case errors.As(err, &refused) && refused.Type() == "wrong_stage": // somebody was quicker
			case err != nil:
				s.faultf("%s: %v", m.update, err)
			case tests:
				s.accepted = append(s.accepted, m)
			}
		},
	}, m.arg)
}

// nextMove, as a message's argument, stands for what somebody would do next.
type nextMove struct{}

// next does what is next, every few minutes of the workflow's time until it ends.
func (s *story) next() {
	if s.env.IsWorkflowCompleted() {
		return
	}
	s.moment("pause")
	s.mu.Lock()
	m, ok := s.move()
	s.mu.Unlock()
	if ok {
		s.send(m, false)
	}
	s.env.RegisterDelayedCallback(s.next, 5*time.Minute)
}

// move is what somebody does next, by what the row shows.
func (s *story) move() (m saying, ok bool) {
	if s.row.stuckStep != "" && !s.row.stage.Final() {
		return saying{update: workflows.UpdateResume,
			arg: workflows.Resume{Resolution: workflows.Retry, StuckSeq: s.row.stuckSeq, Actor: "support:a"}}, true
	}
	switch s.row.stage {
	case filing.Contact:
		return saying{update: workflows.UpdateContact, arg: workflows.ContactGiven{Version: 1}}, true
	case filing.Verifying:
		return saying{update: workflows.UpdateVerified, arg: workflows.ByActor{}}, true
	case filing.Preparing, filing.Correcting:
		return saying{update: workflows.UpdateSubmit,
			arg: workflows.Submission{Revision: s.row.revision + 1, Kind: s.in.Kind}}, true
	case filing.Vetting:
		return saying{update: workflows.UpdatePass, arg: workflows.Verdict{Revision: s.row.revision}}, true
	case filing.Submitting:
		if slices.Contains(s.queued, s.row.revision) {
			return saying{signal: workflows.SignalAccepted,
				arg: workflows.Accepted{FilingID: s.in.FilingID, Revision: s.row.revision, SMSVerificationHours: 24}}, true
		}
	case filing.Reviewing:
		return saying{signal: workflows.SignalDecided, arg: workflows.Decided{FilingID: s.in.FilingID,
			Revision: s.row.revision, Approved: s.row.revision > 1, Code: 1002}}, true
	}
	return saying{}, false
}

// check holds what must be true of every story, whatever came between its steps.
func (s *story) check() []string {
	s.mu.Lock() // an activity may still be under way
	defer s.mu.Unlock()
	switch err := s.env.GetWorkflowError(); {
	case !s.env.IsWorkflowCompleted():
		s.faultf("the filing doesn't end")
	case err != nil:
		s.faultf("the filing fails: %v", err)
	}
	if s.aftercare > 1 {
		s.faultf("the aftercare starts %d times", s.aftercare)
	}
	if s.asked != s.answered {
		s.faultf("%d of %d Updates are answered", s.answered, s.asked)
	}
	if !s.row.stage.Final() || s.row.stuckStep != "" {
		s.faultf("the filing ends in %s, stuck at %q", s.row.stage, s.row.stuckStep)
	}
	if s.withdrawn && s.row.stage != filing.Withdrawn {
		s.faultf("the withdrawal was accepted, but the filing is %s", s.row.stage)
	}
	if s.queuedWithdrawn {
		s.faultf("a withdrawn filing is queued for the bureau")
	}
	skipped := false
	var stuckAt int64
	for _, p := range s.events {
		switch p.EventKind {
		case filing.EventStuck:
			stuckAt = p.Seq
		case filing.EventResumed:
			if len(s.resumed[stuckAt]) != 1 {
				s.faultf("step %d is resolved by %d decisions about it", stuckAt, len(s.resumed[stuckAt]))
			}
			skipped = skipped || p.Detail == "check_site: skip"
			stuckAt = 0
		}
	}
	for key, n := range s.noticed {
		if n > 1 {
			s.faultf("the notice %s goes out %d times", key, n)
		}
	}
	for send, n := range s.sent {
		if n > 1 {
			s.faultf("the code %v goes out %d times", send, n)
		}
	}
	for _, m := range s.accepted {
		if !repeatable[m.update] && countOf(s.accepted, m) > 1 {
			s.faultf("%s is accepted twice", m.name)
		}
	}
	for seq, all := range s.resumed {
		if len(all) > 1 {
			s.faultf("failure %d is resumed %d times", seq, len(all))
		}
	}
	if s.row.stage == filing.Filed && !s.checked && !skipped {
		s.faultf("the filing is filed and nobody looked at its site")
	}
	return s.faults
}

// repeatable are the Updates that may be accepted twice: each sends or checks something, which happens once, or adds a
// line to the timeline, and has an Update ID of its own.
var repeatable = map[string]bool{
	workflows.UpdateSendCode: true, workflows.UpdateCheckSite: true, workflows.UpdateCorrected: true,
}

func countOf(list []saying, m saying) (n int) {
	for _, other := range list {
		if other == m {
			n++
		}
	}
	return n
}

// sayingsOf lists every message that people and the bureau send to a filing. Numbers in them are relative to the row.
func sayingsOf(in workflows.FilingInput) []saying {
	actor := workflows.ByActor{Actor: "customer:demo"}
	resume := func(r workflows.Resolution, seq int64) workflows.Resume {
		return workflows.Resume{Resolution: r, Actor: "support:b", StuckSeq: seq}
	}
	list := []saying{
		{"contact", workflows.UpdateContact, "", workflows.ContactGiven{Version: 1}},
		{"contact again", workflows.UpdateContact, "", workflows.ContactGiven{Version: 2}},
		{"send code", workflows.UpdateSendCode, "", workflows.SendCode{Channel: filing.SMS, Send: 2}},
		{"verified", workflows.UpdateVerified, "", actor},
		{"submit", workflows.UpdateSubmit, "", workflows.Submission{Revision: 1, Kind: in.Kind}},
		{"submit former", workflows.UpdateSubmit, "", workflows.Submission{Revision: 0, Kind: in.Kind}},
		{"pass", workflows.UpdatePass, "", workflows.Verdict{Actor: "support:b"}},
		{"pass former", workflows.UpdatePass, "", workflows.Verdict{Revision: -1, Actor: "support:b"}},
		{"send back", workflows.UpdateSendBack, "", workflows.Verdict{Actor: "support:b"}},
		{"check site", workflows.UpdateCheckSite, "", actor},
		{"sms verified", workflows.UpdateSMSVerified, "", actor},
		{"withdraw", workflows.UpdateWithdraw, "", actor},
		{"corrected", workflows.UpdateCorrected, "", workflows.Corrected{Channel: filing.SMS, Actor: "support:b"}},
		{"accepted", "", workflows.SignalAccepted, workflows.Accepted{FilingID: in.FilingID}},
		{"accepted other", "", workflows.SignalAccepted, workflows.Accepted{FilingID: in.FilingID + 1}},
		{"accepted former", "", workflows.SignalAccepted,
			workflows.Accepted{FilingID: in.FilingID, Revision: -1, SMSVerificationHours: 3}},
		{"refused former", "", workflows.SignalDecided, workflows.Decided{FilingID: in.FilingID, Revision: -1, Code: 1002}},
		{"approved other", "", workflows.SignalDecided, workflows.Decided{FilingID: in.FilingID + 1, Approved: true}},
		{"site check", "", workflows.SignalSiteCheck, workflows.SiteCheck{FilingID: in.FilingID}},
	}
	for _, r := range []workflows.Resolution{workflows.Retry, workflows.Skip, workflows.Abandon} {
		list = append(list,
			saying{string(r), workflows.UpdateResume, "", resume(r, 0)},
			saying{string(r) + " former failure", workflows.UpdateResume, "", resume(r, -1)})
	}
	return list
}

// Whatever people and the bureau say, at whatever moment and however often: a filing ends, isn't stuck then, sends
// nothing to the bureau once it is withdrawn, and no decision resolves a step that it wasn't about.
func TestEveryMessageBetweenEveryTwoSteps(t *testing.T) {
	corrected := saying{"corrected", workflows.UpdateCorrected, "", workflows.Corrected{Channel: filing.SMS, Actor: "support:b"}}
	move := saying{name: "next move", arg: nextMove{}}
	ways := []struct {
		name  string
		order func(m saying) []saying
	}{
		{"once", func(m saying) []saying { return []saying{m} }},
		{"twice", func(m saying) []saying { return []saying{m, m} }},
		// The database is slow: while an earlier write waits, somebody moves the filing on, and then the message comes.
		{"behind a slow write", func(m saying) []saying { return []saying{corrected, move, m} }},
	}
	for _, kind := range []filing.Kind{"", filing.KindChange, filing.KindEndSite, filing.KindRegister} {
		in := workflows.FilingInput{FilingID: 7, OrderNumber: "D1", Vetting: kind == "", Kind: kind}
		for _, fail := range []bool{false, true} {
			if fail && kind.FollowsUp() {
				continue // its steps are among a new filing's
			}
			t.Run(fmt.Sprintf("kind=%s,failing=%t", kind, fail), func(t *testing.T) {
				undisturbed := tell(in, fail, "")
				require.Empty(t, undisturbed.check(), strings.Join(undisturbed.moments, "\n"))
				told := 0
				for _, at := range undisturbed.moments {
					for _, m := range sayingsOf(in) {
						for _, way := range ways {
							s := tell(in, fail, at, way.order(m)...)
							told++
							if faults := s.check(); len(faults) > 0 {
								t.Errorf("%s %s during %q: %s", m.name, way.name, at, strings.Join(faults, "; "))
							}
							if len(s.accepted) == 0 {
								break // it isn't possible then, however it is said
							}
						}
					}
				}
				t.Logf("%d stories of %d moments", told, len(undisturbed.moments))
			})
		}
	}
}

// A filing whose history grows long continues in a new run as soon as it rests, whatever is said meanwhile: each message
// is answered once, by one of the runs, and nothing is done twice.
func TestEveryMessageWhileAFilingIsCarriedOn(t *testing.T) {
	for _, in := range []workflows.FilingInput{
		{FilingID: 7, OrderNumber: "D1"}, {FilingID: 7, OrderNumber: "D1", Kind: filing.KindRegister},
	} {
		t.Run("kind="+string(in.Kind), func(t *testing.T) {
			undisturbed, rested := tell(in, true, ""), map[filing.Stage]bool{}
			for i, at := range undisturbed.moments {
				for j, m := range append([]saying{{}}, sayingsOf(in)...) {
					if j > 0 && (i+j)%3 > 0 {
						continue // each message at many moments, and each moment with many messages
					}
					s := newStory(in, true, at, m)
					s.grow = true
					s.tell()
					if faults := s.check(); len(faults) > 0 {
						t.Errorf("%s during %q: %s", m.name, at, strings.Join(faults, "; "))
					}
					if m.name == "" && !s.withdrawn {
						require.Equal(t, undisturbed.stages, s.stages, "from %q on", at)
						require.Equal(t, kindsOf(undisturbed.events), kindsOf(s.events), "from %q on", at)
					}
					if s.runs > 1 {
						rested[s.carriedIn] = true
					}
				}
			}
			want := []filing.Stage{filing.Contact, filing.Correcting, filing.Preparing, filing.Verifying}
			if in.Kind.Registers() { // other filings rest here only once notices are out, which may be too late
				want = []filing.Stage{filing.Installing}
			}
			require.Subset(t, slices.Collect(maps.Keys(rested)), want)
		})
	}
}

func kindsOf(events []activities.Progress) (list []filing.EventKind) {
	for _, p := range events {
		list = append(list, p.EventKind)
	}
	return list
}
