package activities_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A lost answer is looked up even if Temporal counts attempts from one again: when a stuck step is resumed, or
// staff retry an activity at once.
func TestALostSMSIsNotSentAgainByAFirstAttempt(t *testing.T) {
	s := testdb.New(t)
	_, f, _ := filed(t, s)
	phone, _, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	phone.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Lose, Times: 1})
	code := activities.CodeRef{FilingID: f.ID, Channel: "sms", Send: 1}
	_, err := env.ExecuteActivity(effects.SendCode, code)
	require.Error(t, err)
	for range 2 { // each a first attempt
		_, err = env.ExecuteActivity(effects.SendCode, code)
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 1)
}

// A step retried after a weekend looks for its message on the day it was first tried.
func TestALostSMSOfDaysAgoIsNotSentAgain(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f, _ := filed(t, s)
	key, begun := fmt.Sprintf("code-%d-sms-1", f.ID), time.Now().AddDate(0, 0, -3)
	state := filepath.Join(t.TempDir(), "sent.jsonl")
	require.NoError(t, jsonfile.Append(state, sms.Sent{Phone: filingtest.Contact().Mobile, OutID: key, At: begun}))
	stand, err := sms.New(sms.Options{AccessKeyID: "id", AccessKeySecret: "secret", SignName: "签名", StateFile: state})
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `INSERT INTO message_tries (message_key, begun_at) VALUES (?, ?)`, key, begun.UTC())
	require.NoError(t, err)
	_, _, effects := phones(t, s)
	effects.SMS = smsTo(t, stand)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	_, err = env.ExecuteActivity(effects.SendCode, activities.CodeRef{FilingID: f.ID, Channel: "sms", Send: 1})
	require.NoError(t, err)
	require.Len(t, stand.Messages(), 1)
	require.True(t, stand.Messages()[0].At.Equal(begun), "the earlier message")
}

// The notice of a correction goes to the old address once the correction is written; the code goes to the new one,
// unless it is no longer needed.
func TestCorrectionsAreNotifiedAndConfirmed(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f, _ := filed(t, s)
	_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stage = ?`, filing.Installing)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE verifications SET verified_at = NOW(6)`)
	require.NoError(t, err)
	phone, post, effects := phones(t, s)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(effects)
	token, old := strings.Repeat("a", 32), filingtest.Contact()
	_, err = env.ExecuteActivity(effects.NotifyContactCorrected, activities.CorrectionRef{Token: token, Channel: "sms"})
	require.Error(t, err, "not in the database yet")
	s.SetClock(func() time.Time { return time.Now().Add(61 * time.Minute) })
	_, err = env.ExecuteActivity(effects.NotifyContactCorrected, activities.CorrectionRef{Token: token, Channel: "sms"})
	require.NoError(t, err, "it was never made")
	s.SetClock(time.Now)
	row, err := s.CorrectByStaff(ctx, store.NewCorrection{Token: token, FilingID: f.ID, Channel: filing.SMS,
		To: "13800000009", Proof: "other", By: "support:a"})
	require.NoError(t, err)
	for range 2 {
		for _, channel := range filing.Channels {
			_, err = env.ExecuteActivity(effects.NotifyContactCorrected,
				activities.CorrectionRef{Token: token, Channel: channel})
			require.NoError(t, err)
		}
		_, err = env.ExecuteActivity(effects.SendCorrectionCode, activities.CorrectionCodeRef{CorrectionID: row.ID, Send: 1})
		require.NoError(t, err)
	}
	require.Len(t, phone.Messages(), 2, "each once")
	require.Equal(t, []string{old.Mobile, "SMS_contact_changed"},
		[]string{phone.Messages()[0].Phone, phone.Messages()[0].TemplateCode})
	require.Equal(t, []string{"13800000009", "SMS_contact_code"},
		[]string{phone.Messages()[1].Phone, phone.Messages()[1].TemplateCode})
	require.NotEmpty(t, post.Messages())
	require.Equal(t, []string{old.Email}, post.Messages()[0].To)
	require.NoError(t, s.ConfirmCorrection(ctx, row, phone.Messages()[1].Params["code"]))
	_, err = env.ExecuteActivity(effects.SendCorrectionCode, activities.CorrectionCodeRef{CorrectionID: row.ID, Send: 2})
	require.NoError(t, err)
	require.Len(t, phone.Messages(), 2)
}
