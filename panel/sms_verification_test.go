package panel_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// underReview submits what is filled in, and has the ministry send its code, which is valid for that long.
func (f *filling) underReview(left time.Duration) {
	f.t.Helper()
	ctx := f.t.Context()
	_, err := f.Post(ctx, filingBase+"/review", nil)
	require.NoError(f.t, err)
	for _, p := range []store.Progress{
		{Stage: filing.Submitting, Revision: 1, EventKind: filing.EventSubmitting},
		{Stage: filing.Reviewing, EventKind: filing.EventAccepted},
		{Attention: new(filing.AttentionSMSVerification), EventKind: filing.EventSMSVerification,
			Detail: f.db.Now().Add(left).Format(time.RFC3339)},
	} {
		f.seq++
		p.FilingID, p.Seq, p.Actor = f.filing.ID, f.seq, "bureau"
		require.NoError(f.t, f.db.Advance(ctx, p))
	}
}

// The step says who verifies, with which phone and document, and until when.
func TestSMSVerificationSaysWhoDoesWhat(t *testing.T) {
	f := newFilling(t)
	f.fill("/kind", url.Values{"kind": {"new"}, "action": {"next"}}, false)
	f.filled()
	f.underReview(5*time.Hour + 20*time.Minute + 30*time.Second)
	step := f.page("").Find("[data-sms-verification]")
	person := step.Find("[data-verifier]")
	require.Equal(t, "holder+site", person.AttrOr("data-verifier", ""))
	require.Regexp(t, `负责人（主体、网站为同一人）\s+林测试`, person.Text())
	require.Regexp(t, `手机 1\d\d\*\*\*\*\d{4}`, person.Text())
	require.Contains(t, person.Text(), "居民身份证号码的最后六位")
	require.Regexp(t, `还剩 5 小时 (20|21) 分`, step.Text())
	require.Equal(t, filing.SMSVerificationSite, step.Find("ol a").AttrOr("href", ""))
	require.Contains(t, step.Find("details").Text(), "库里找不到记录")
	require.Contains(t, step.Find("details").Text(), "等待其他核验人")
	require.Contains(t, step.Find("details").Text(), "最多重发 2 次")
	require.Contains(t, step.Find("details").Text(), "只能错 5 次")
	_, err := f.Post(t.Context(), filingBase+"/sms-verified", url.Values{"person": {"holder+site"}})
	require.NoError(t, err)
	require.Empty(t, f.temporal.verified[0].Of, "one person's word is enough")
}

// A filing that nobody verified in time goes back as it is, by one click; what was edited meanwhile isn't unchanged.
func TestUnverifiedFilingGoesBackByOneClick(t *testing.T) {
	for name, edited := range map[string]bool{"as it was": false, "edited": true} {
		t.Run(name, func(t *testing.T) { goesBack(t, edited) })
	}
}

func goesBack(t *testing.T, edited bool) {
	t.Helper()
	f := newFilling(t)
	ctx := t.Context()
	f.fill("/kind", url.Values{"kind": {"new"}, "action": {"next"}}, false)
	f.filled()
	f.underReview(time.Hour)
	require.NoError(t, f.db.QueueRecord(ctx, store.NewRecord{AccountID: f.account, FilingID: f.filing.ID, Revision: 1,
		Operation: 1}))
	require.NoError(t, f.db.SubmitByHand(ctx, 1, "support:a"))
	require.NoError(t, f.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Opinion: "未在规定时间内完成短信核验"}))
	signals, err := f.db.UnsentSignals(ctx, 0, 10)
	require.NoError(t, err)
	require.Contains(t, signals[len(signals)-1].Payload, `"verification_expired":true`)
	f.advance(filing.Correcting, filing.AttentionSMSVerificationReturned)
	hub := f.page("")
	require.Contains(t, hub.Find(".callout.warn").Text(), "内容不用改")
	require.Contains(t, hub.Find(".callout.warn").Text(), "未在规定时间内完成短信核验", "the bureau's words")
	require.NotContains(t, hub.Find(".callout.warn").Text(), "修改后重新提交")
	require.Equal(t, filingBase+"/review", hub.Find("[data-resubmit]").AttrOr("action", ""))
	require.Equal(t, []string{"sms_verification 未开始", "reviewing 未开始"}, step(hub, "sms_verification", "reviewing"))
	if edited {
		f.fill("/site", url.Values{"remark": {"个人读书笔记，不涉及经营"}, "action": {"next"}}, false)
	}
	_, err = f.Post(ctx, filingBase+"/review", nil)
	require.NoError(t, err)
	require.Equal(t, 2, f.temporal.submission.Revision)
	require.Equal(t, !edited, f.temporal.submission.Unchanged)
}

// step returns the lines of some tasks.
func step(page *goquery.Document, keys ...string) (list []string) {
	for _, key := range keys {
		e := page.Find(`.tasks [data-task="` + key + `"]`)
		list = append(list, key+" "+e.Find(".badge").Text())
	}
	return list
}

// Cancelling an access isn't verified, whatever the account says; everything else is.
func TestAcceptedRecordsSayHowLongTheyAreVerified(t *testing.T) {
	for _, kind := range []filing.Kind{filing.KindNew, filing.KindCancelAccess} {
		f := newFilling(t)
		ctx := t.Context()
		require.NoError(t, f.db.SetSMSVerificationHours(ctx, f.account, 24))
		_, err := f.db.SaveDossier(ctx, f.filing.ID, filing.Dossier{Kind: kind})
		require.NoError(t, err)
		require.NoError(t, f.db.Advance(ctx, store.Progress{FilingID: f.filing.ID, Seq: f.seq + 1,
			Stage: filing.Submitting, Revision: 1, EventKind: filing.EventSubmitting, Actor: "test"}))
		require.NoError(t, f.db.QueueRecord(ctx, store.NewRecord{AccountID: f.account, FilingID: f.filing.ID,
			Revision: 1, Operation: kind.Operation()}))
		require.NoError(t, f.db.SubmitByHand(ctx, 1, "support:a"))
		signals, err := f.db.UnsentSignals(ctx, 0, 10)
		require.NoError(t, err)
		require.Contains(t, signals[len(signals)-1].Payload, map[bool]string{true: `"check_hours":24`,
			false: `"check_hours":0`}[kind.VerifiedBySMS()])
	}
}
