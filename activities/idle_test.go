package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A filing is touched by what people do, not by what the system notes. Its end is announced by mail, and by the text
// for an SMS that Aliyun has approved; that it was withdrawn is told by mail, once.
func TestAbandonedFilingsAreToldOf(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	begun := time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)
	now := begun
	s.SetClock(func() time.Time { return now })
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)

	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	env.RegisterActivity(&activities.Filing{Store: s, AbandonedAfter: 365 * 24 * time.Hour})
	touched := func(hours int) {
		t.Helper()
		var idle activities.Idle
		value, err := env.ExecuteActivity((&activities.Filing{}).Idle, activities.FilingRef{FilingID: f.ID})
		require.NoError(t, err)
		require.NoError(t, value.Get(&idle))
		require.Equal(t, activities.Idle{Since: begun.Add(time.Duration(hours) * time.Hour), Limit: 365 * 24 * time.Hour}, idle)
	}
	seq := int64(0)
	advance := func(p store.Progress) {
		t.Helper()
		seq++
		p.FilingID, p.Seq = f.ID, seq
		require.NoError(t, s.Advance(ctx, p))
	}
	at := func(hours int, do func()) {
		t.Helper()
		now = begun.Add(time.Duration(hours) * time.Hour)
		do()
		touched(hours)
	}
	touched(0)
	at(1, func() {
		_, err := s.RegisterContact(ctx, user.ID, f.ID, filingtest.Contact(), "hash")
		require.NoError(t, err)
	})
	at(2, func() {
		advance(store.Progress{Stage: filing.Preparing, EventKind: filing.EventVerified, Actor: "customer:demo"})
	})
	at(3, func() { require.NoError(t, s.SaveDraft(ctx, f.ID, "holder", "{}")) })
	at(4, func() { advance(store.Progress{EventKind: filing.EventContactCorrected, Actor: "support:a"}) })
	now = begun.Add(5 * time.Hour)
	advance(store.Progress{EventKind: filing.EventAbandonAnnounced, Actor: filing.ActorSystem})
	touched(4)

	for _, channel := range filing.Channels {
		_, err := env.ExecuteActivity(effects.Notify, activities.Notice{FilingID: f.ID, Channel: channel,
			Template: message.Abandoning, Key: "a-" + string(channel), Stage: filing.Preparing, Left: 30})
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 1)
	require.Equal(t, "SMS_waiting", phone.Messages()[0].TemplateCode)
	require.Len(t, post.Messages(), 1)
	require.Contains(t, post.Messages()[0].Subject, "30 天后自动撤销")

	advance(store.Progress{Stage: filing.Withdrawn, EventKind: filing.EventWithdrawn, Actor: filing.ActorSystem})
	for range 2 {
		_, err = env.ExecuteActivity(effects.SendCustomerNotices)
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 1)
	require.Len(t, post.Messages(), 2)
	require.Contains(t, post.Messages()[1].Subject, "已自动撤销")
}
