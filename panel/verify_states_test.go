package panel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// In each state of a code the page says so, and offers what is possible then: a field for a code that may have come,
// and to have it sent again.
func TestEachStateOfACodeOnItsPage(t *testing.T) {
	yes, attend := true, filing.SMS.Unreachable()
	update := func(set string) func(*office, store.Filing) {
		return func(o *office, f store.Filing) {
			o.sendCode(f, filing.SMS)
			_, err := o.db.DB().ExecContext(t.Context(), `UPDATE verifications SET `+set+`
				WHERE filing_id = ? AND channel = 'sms'`, f.ID)
			require.NoError(t, err)
		}
	}
	advance := func(p store.Progress) func(*office, store.Filing) {
		return func(o *office, f store.Filing) {
			p.FilingID, p.Seq, p.Actor = f.ID, f.Seq+1, "system"
			require.NoError(t, o.db.Advance(t.Context(), p))
		}
	}
	for state, c := range map[string]struct {
		make  func(*office, store.Filing)
		says  string
		offer bool
	}{
		"pending": {func(*office, store.Filing) {}, "正在发往", true},
		"sent":    {func(o *office, f store.Filing) { o.sendCode(f, filing.SMS) }, "已于", true},
		"refused": {advance(store.Progress{Attention: &attend, EventKind: filing.EventCodeSMS}), "请更正手机号码", true},
		"stuck": {advance(store.Progress{Stuck: &yes, StuckStep: "send_sms", StuckReason: "operator",
			EventKind: filing.EventStuck}), "还没有发出", false},
		"locked": {update(`tries = 5, locked_until = '2027-01-01'`), "之前不能再填写", false},
		"done":   {update(`verified_at = NOW(6)`), "已", false},
	} {
		t.Run(state, func(t *testing.T) {
			o := newOffice(t, panel.Config{})
			o.db.SetClock(func() time.Time { return time.Date(2026, 11, 30, 14, 0, 5, 0, time.UTC) })
			f := o.verifying("C1")
			c.make(o, f)
			page := o.caller("owner").page("/orders/C1/filing/verify")
			code := page.Find(`[data-code=sms]`)
			require.Equal(t, state, code.AttrOr("data-state", ""))
			require.Contains(t, saidOfCode(page, filing.SMS), c.says)
			want := map[bool]int{true: 1}[c.offer]
			require.Equal(t, want, page.Find(`form.card input[name=sms_code]`).Length())
			require.Equal(t, want, page.Find(`button[name=channel][value=sms]`).Length())
			require.Equal(t, "pending", page.Find(`[data-code=mail]`).AttrOr("data-state", ""), "the other is its own")
			require.Equal(t, 1, page.Find(`form.card input[name=mail_code]`).Length())
		})
	}
}
