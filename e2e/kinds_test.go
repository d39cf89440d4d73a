package e2e_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beian/beian/panel/dossierview"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// finished puts the footer on the site and waits for the number on the order.
func finished(t *testing.T, s *stack.Stack, w *demo.Walker, space string) string {
	t.Helper()
	ctx := t.Context()
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, space))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	number, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	return number
}

// follow opens a follow-up and waits until its forms can be filled in.
func follow(t *testing.T, w *demo.Walker, order string, kind filing.Kind) {
	t.Helper()
	_, err := w.Post(t.Context(), "/orders/"+order+"/filing/follow-up", url.Values{"kind": {string(kind)}})
	require.NoError(t, err)
	wait(t, w, filing.Preparing)
}

// A filed site changes its name and gets another domain; then it is deregistered, and its order can be filed
// again.
func TestChangeThenDeregistration(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	number := finished(t, s, w, "web1")

	base := "/orders/D20260001/filing"
	follow(t, w, "D20260001", filing.KindChange)
	page, err := w.Page(ctx, base+"/site")
	require.NoError(t, err)
	require.Equal(t, "读书笔记", page.Find("[name=name]").AttrOr("value", ""), "filled from what is filed")
	page, err = w.Page(ctx, base+"/review")
	require.NoError(t, err)
	require.Zero(t, page.Find("main form").Length(), "nothing to submit while nothing is changed")

	moved := filingtest.PersonHolder()
	moved.Province, moved.City, moved.County = "330000", "330100", "330102"
	_, err = w.Fill(ctx, base+"/holder", demo.HolderValues(moved))
	require.ErrorContains(t, err, "变更不能改所在省")
	_, err = w.Fill(ctx, base+"/holder", demo.HolderValues(filingtest.PersonHolder()))
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site",
		url.Values{"name": {"读书笔记与书评"}, "services": {"2"}, "languages": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	page, err = w.Page(ctx, base+"/review")
	require.NoError(t, err)
	require.Equal(t, "读书笔记", page.Find(".changed del").Text(), "the old value is shown next to the new one")
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Filed)
	after, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.Equal(t, number, after)
	filed, err := s.Store.FiledByNumber(ctx, number)
	require.NoError(t, err)
	require.Equal(t, "读书笔记与书评", filed[0].Sites[0].Name, "the bureau has it")

	follow(t, w, "D20260001", filing.KindEndSite)
	_, err = w.Fill(ctx, base+"/ending", url.Values{"action": {"next"}})
	require.ErrorContains(t, err, "请从列表中选择")
	_, err = w.Fill(ctx, base+"/ending", url.Values{"reason": {"1"}, "note": {"不再使用"}, "action": {"next"}})
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/ownership", url.Values{"action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	require.Eventually(t, func() bool {
		n, err := w.NumberOnOrder(ctx)
		return err == nil && n == ""
	}, 60*time.Second, 100*time.Millisecond, "the number leaves the order")
	require.Eventually(t, func() bool {
		for _, m := range s.StandIns.SMS.Messages() {
			if strings.Contains(m.OutID, "-ended-") && m.Params["number"] == number {
				return true
			}
		}
		return false
	}, 60*time.Second, 100*time.Millisecond, "and the customer is notified")
	page, err = w.Page(ctx, base)
	require.NoError(t, err)
	require.Equal(t, 1, page.Find(`[data-over="deregistered"] form[action="`+base+`"]`).Length(),
		"the page says what happened, and offers to file again")
	require.Contains(t, page.Find("#progress > div > .timeline").Text(), "注销申请通过")
	require.Equal(t, 2, page.Find("details.earlier").Length(), "with its timeline")
	page, err = w.Page(ctx, base+"/site")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("[data-over]").Length(), "it can't be edited")
	page, err = w.Page(ctx, "/orders")
	require.NoError(t, err)
	row := page.Find(`[data-order="D20260001"]`)
	require.Contains(t, row.Text(), "已注销")
	require.Equal(t, "查看", row.Find(`.act a[href="`+base+`"]`).Text())
	require.NoError(t, w.Open(ctx, "D20260001"))
	wait(t, w, filing.Contact)
	record(t, s, "D20260001")
}

// A change is withdrawn: the filing stays as it was.
func TestWithdrawnChangeLeavesTheNumber(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	number := finished(t, s, w, "web1")
	follow(t, w, "D20260001", filing.KindChange)
	_, err := w.Post(ctx, "/orders/D20260001/filing/withdraw", url.Values{"sure": {"yes"}})
	require.NoError(t, err)
	wait(t, w, filing.Filed)
	after, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.Equal(t, number, after)
}

// seeded was filed by another provider: a company with one site.
var seeded = bureau.SeedFiling{
	HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
	DocumentNumber: "91310101MA1FP0000H",
	Number:         "沪ICP备2020000123号", Password: "right", SiteName: "样例老站", Domains: []string{"example.net"},
	HomePage: "http://www.example.net/",
}

// advised asks the bureau about a holder and the order's domains, and returns the page's advice.
func advised(t *testing.T, w *demo.Walker, order string, h filing.Holder) (advice, text string) {
	t.Helper()
	typed := dossierview.HolderValues(h)
	typed.Set("action", "ask")
	page, err := w.Fill(t.Context(), "/orders/"+order+"/filing/kind", typed)
	require.NoError(t, err)
	callout := page.Find("[data-advice]")
	return callout.AttrOr("data-advice", ""), callout.Text()
}

func choose(t *testing.T, w *demo.Walker, order string, kind filing.Kind) {
	t.Helper()
	_, err := w.Fill(t.Context(), "/orders/"+order+"/filing/kind", url.Values{"kind": {string(kind)}, "action": {"next"}})
	require.NoError(t, err)
}

// A filed holder gets another site, proved by number and filing password.
func TestNewSiteOfAFiledHolder(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Bureau.Seed(seeded)
	w := customer(t, s)
	prepared(t, w, "D20260001")
	base := "/orders/D20260001/filing"
	_, err := w.Fill(ctx, base+"/kind",
		url.Values{"nature": {"4"}, "document_type": {"1"}, "document_number": {"123"}, "action": {"ask"}})
	require.ErrorContains(t, err, "统一社会信用代码", "a wrong document is reported before the bureau is asked")
	advice, text := advised(t, w, "D20260001", filingtest.CompanyHolder())
	require.Equal(t, filing.AdviceNewSite, advice)
	require.Contains(t, text, seeded.Number)
	choose(t, w, "D20260001", filing.KindNewSite)
	page, err := w.Page(ctx, base+"/ownership")
	require.NoError(t, err)
	require.Equal(t, seeded.Number, page.Find("[name=number]").AttrOr("value", ""), "the number is filled in")
	_, err = w.Fill(ctx, base+"/ownership", url.Values{"password": {"wrong"}, "action": {"next"}})
	require.ErrorContains(t, err, "备案密码不正确")
	_, err = w.Fill(ctx, base+"/ownership", url.Values{"password": {"right"}, "action": {"next"}})
	require.NoError(t, err)
	page, err = w.Page(ctx, base+"/ownership")
	require.NoError(t, err)
	require.NotContains(t, page.Text(), "right", "the password isn't shown again")
	page, err = w.Page(ctx, base+"/holder")
	require.NoError(t, err)
	require.Zero(t, page.Find("[name=nature]").Length(), "the holder isn't typed again, only the site's manager")
	_, err = w.Fill(ctx, base+"/holder", demo.HolderValues(filingtest.CompanyHolder()))
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site", url.Values{"name": {"样例新站"}, "services": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	require.Equal(t, seeded.Number+"-2", finished(t, s, w, "web1"))
	page, err = w.Page(ctx, base+"/result")
	require.NoError(t, err)
	require.Contains(t, page.Find(".facts").Text(), seeded.HolderName, "the result names the holder as the bureau does")
}

// A site that is filed with another provider moves to us, and leaves again.
func TestNewAccessThenCancelled(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Bureau.Seed(seeded)
	w := customer(t, s)
	prepared(t, w, "D20260002")
	base := "/orders/D20260002/filing"
	advice, _ := advised(t, w, "D20260002", filingtest.PersonHolder())
	require.Equal(t, filing.AdviceNewAccess, advice)
	choose(t, w, "D20260002", filing.KindNewAccess)
	_, err := w.Fill(ctx, base+"/ownership",
		url.Values{"number": {seeded.Number + "-1"}, "password": {"right"}, "action": {"next"}})
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site", url.Values{"action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	require.Equal(t, seeded.Number+"-1", finished(t, s, w, "web2"))

	follow(t, w, "D20260002", filing.KindCancelAccess)
	_, err = w.Fill(ctx, base+"/ending", url.Values{"reason": {"3"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	require.Eventually(t, func() bool {
		n, err := w.NumberOnOrder(ctx)
		return err == nil && n == ""
	}, 60*time.Second, 100*time.Millisecond)
	filed, err := s.Store.FiledByNumber(ctx, seeded.Number)
	require.NoError(t, err)
	require.Len(t, filed[0].Sites[0].Accesses, 1, "the other provider's access stays")
	record(t, s, "D20260002")
}

// What the customer entered to find the kind isn't typed again; and if the bureau can't be asked, the customer
// chooses.
func TestKindIsAskedBeforeAnythingIsTypedTwice(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	advice, _ := advised(t, w, "D20260001", filingtest.CompanyHolder())
	require.Equal(t, filing.AdviceNew, advice)
	choose(t, w, "D20260001", filing.KindNew)
	page, err := w.Page(ctx, "/orders/D20260001/filing/holder")
	require.NoError(t, err)
	require.Equal(t, filingtest.CompanyHolder().DocumentNumber, page.Find("[name=document_number]").AttrOr("value", ""))
	require.Equal(t, "4", page.Find("[name=nature] option[selected]").AttrOr("value", ""))

	other := seeded
	other.Domains, other.DocumentNumber = []string{"www.example.com"}, "91310101MA1FP0001F"
	s.StandIns.Bureau.Seed(other)
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Fail, Code: "901"})
	h := filingtest.PersonHolder()
	advice, _ = advised(t, w, "D20260001", h)
	require.Equal(t, "unknown", advice)
	s.StandIns.Bureau.Faults.Clear()
	advice, text := advised(t, w, "D20260001", h)
	require.NotEqual(t, "unknown", advice, text)
}
