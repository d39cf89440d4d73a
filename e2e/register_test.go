package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// fetched is what a web space serves at a host's path.
func fetched(t *testing.T, s *stack.Stack, host, path string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		fmt.Sprintf("http://127.0.0.1:%d/%s", s.Options.Ports.Sites, path), nil)
	require.NoError(t, err)
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return body
}

// A customer whose site was filed elsewhere registers its number: a wrong one is refused with the bureau's answer,
// the right one goes on the order once the site shows it, and it can be taken off again.
func TestNumberOfAnotherProviderIsRegistered(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	s.StandIns.Bureau.Seed(seeded)
	w := customer(t, s)
	w.Use("D20260002")
	const form, base = "/orders/D20260002/register", "/orders/D20260002/filing"
	page, err := w.Page(ctx, form)
	require.NoError(t, err)
	require.Equal(t, "http://www.example.net/", page.Find("[name=home_page]").AttrOr("value", ""),
		"filled in from the order")

	page, err = w.Fill(ctx, form, url.Values{"number": {"沪ICP备2020000999号-1"}})
	require.ErrorContains(t, err, "管局查到域名 example.net 的备案号是 "+seeded.Number+"-1")
	require.Equal(t, "沪ICP备2020000999号-1", page.Find("[name=number]").AttrOr("value", ""), "what was typed stays")
	_, err = w.Fill(ctx, "/orders/D20260001/register", url.Values{"number": {seeded.Number}})
	require.ErrorContains(t, err, "上海市的管局查不到这个订单的域名的备案")
	_, err = w.Fill(ctx, form, url.Values{"number": {"2020000123"}, "home_page": {"http://example.org/"}})
	require.ErrorContains(t, err, "备案号格式不对")
	require.ErrorContains(t, err, "首页的域名不在域名列表里")
	values := url.Values{"number": {seeded.Number + "-1"}, "home_page": {"http://www.example.net/"}}
	page, err = w.Upload(ctx, form, values, "certificate", "bazu.cert", make([]byte, 2<<20))
	require.ErrorContains(t, err, "文件太大，最多 1 MB")
	require.Equal(t, seeded.Number+"-1", page.Find("[name=number]").AttrOr("value", ""),
		"what was typed isn't lost to the file")
	_, err = w.Upload(ctx, form, url.Values{"number": {"x"}, "home_page": values["home_page"]}, "certificate", "bazu.cert",
		[]byte("certificate"))
	require.ErrorContains(t, err, "请重新选择证书文件")
	page, err = w.Page(ctx, "/orders")
	require.NoError(t, err)
	require.Equal(t, 5, page.Find(`a[href$="/register"]`).Length(), "nothing is open yet")

	certificate := []byte("the certificate that the bureau once gave")
	_, err = w.Upload(ctx, form, values, "certificate", "bazu.cert", certificate)
	require.NoError(t, err)
	wait(t, w, filing.Installing)
	require.Eventually(t, func() bool {
		return bytes.Equal(fetched(t, s, "www.example.net", filing.CertificatePath("")), certificate)
	}, 60*time.Second, 100*time.Millisecond, "the certificate is put on the site")
	page, err = w.Page(ctx, base)
	require.NoError(t, err)
	require.Contains(t, page.Find(".timeline").Text(), "管局查询结果一致")
	require.Equal(t, seeded.Number+"-1", finished(t, s, w, "web2"))
	require.Empty(t, s.StandIns.SMS.Messages(), "nobody was verified, so nobody is notified")
	require.Empty(t, s.StandIns.Mail.Messages())

	page, err = w.Page(ctx, base)
	require.NoError(t, err)
	require.Zero(t, page.Find(".followups").Length(), "it can only be changed where it was filed")
	page, err = w.Page(ctx, base+"/result")
	require.NoError(t, err)
	require.NotContains(t, page.Text(), seeded.HolderName, "nobody proved to be the holder")
	page, err = w.Post(ctx, base+"/follow-up", url.Values{"kind": {"end_site"}})
	require.NoError(t, err)
	require.NotEmpty(t, page.Find(".flash").Text())
	wait(t, w, filing.Filed)

	_, err = w.Post(ctx, base+"/take-off", nil)
	require.NoError(t, err)
	number, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, number, "not without confirmation")
	_, err = w.Post(ctx, base+"/take-off", url.Values{"sure": {"yes"}})
	require.NoError(t, err)
	number, err = w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.Empty(t, number)

	// the footer is still there: registered again, it completes at once
	_, err = w.Upload(ctx, form, values, "certificate", "", nil)
	require.NoError(t, err)
	wait(t, w, filing.Filed)
	record(t, s, "D20260002")
}

// If the bureau can't be asked, the number is accepted and the timeline says so; it can be withdrawn during the
// site check.
func TestUnverifiedRegistrationIsWithdrawn(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Fail, Code: "901"})
	w := customer(t, s)
	w.Use("D20260003")
	const base = "/orders/D20260003/filing"
	_, err := w.Fill(ctx, "/orders/D20260003/register", url.Values{"number": {"沪ＩＣＰ备０５０００９４０号"}})
	require.NoError(t, err)
	wait(t, w, filing.Installing)
	page, err := w.Page(ctx, base)
	require.NoError(t, err)
	require.Contains(t, page.Find(".timeline").Text(), "没能向管局核对")
	page, err = w.Page(ctx, "/orders/D20260003/register")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("[data-stage]").Length(), "a second visit finds the open filing")
	require.Eventually(t, func() bool {
		page, err := w.Page(ctx, base+"/result")
		return err == nil && page.Find(".site-checks .bad").Length() > 0
	}, 60*time.Second, 100*time.Millisecond, "the missing footer is noticed")
	_, err = w.Post(ctx, base+"/withdraw", url.Values{"sure": {"yes"}})
	require.NoError(t, err)
	require.NoError(t, w.Open(ctx, "D20260003"), "the order can be filed now")
	wait(t, w, filing.Contact)
}

// After the filing comes the public-security filing: a separate workflow sends reminders, it is recorded on the
// order, and shown in list and footer.
func TestPublicSecurityNumberIsRecorded(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	finished(t, s, w, "web1")
	require.Eventually(t, func() bool {
		d, err := s.Temporal.DescribeWorkflowExecution(ctx, "aftercare/D20260001", "")
		return err == nil && len(d.GetWorkflowExecutionInfo().GetParentExecution().GetWorkflowId()) > 0
	}, 30*time.Second, 100*time.Millisecond)

	const path = "/orders/D20260001/filing/police"
	page, err := w.Page(ctx, "/orders/D20260001/filing/result")
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-police=due]").Text(), "还剩 30 天")
	_, err = w.Post(ctx, path, url.Values{"number": {"京公网安备31010102000001号"}, "action": {"record"}})
	require.ErrorContains(t, err, "不是同一个省")
	page, err = w.Post(ctx, path, url.Values{"action": {"decline"}})
	require.NoError(t, err)
	require.Contains(t, page.Text(), "不需要公安备案")
	_, err = w.Post(ctx, path, url.Values{"number": {"沪公网安备 31010102000001号"}, "action": {"record"}})
	require.NoError(t, err)
	page, err = w.Page(ctx, "/orders")
	require.NoError(t, err)
	require.Contains(t, page.Find(`[data-order="D20260001"]`).Text(), "沪公网安备31010102000001号")
	snippet, err := w.Footer(ctx)
	require.NoError(t, err)
	require.Contains(t, snippet, `href="https://beian.mps.gov.cn/#/query/webSearch?code=31010102000001"`)
	require.Contains(t, snippet, "beian.miit.gov.cn")
	page, err = w.Page(ctx, path)
	require.NoError(t, err)
	require.Equal(t, snippet, page.Find(".snippet").Text(), "the same footer, to be copied")
	require.Equal(t, 1, page.Find("[data-copy]").Length())
	f := atFooter(t, w, "D20260001")
	f.preview()
	f.awaits("previewed")
	page, err = w.Page(ctx, f.path)
	require.NoError(t, err)
	require.Contains(t, page.Find(".diff .added").Text(), "beian.mps.gov.cn")
	require.Equal(t, "沪公网安备31010102000001号", strings.TrimSpace(page.Find(".footpicture .mine").Text()),
		"the filing's number is already there")
}

// The list is searched and filtered by its form, without JavaScript.
func TestOrdersAreSearched(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	w := customer(t, s)
	require.NoError(t, w.Open(ctx, "D20260002"))
	for query, want := range map[string][]string{
		"":            {"D20260005", "D20260004", "D20260003", "D20260002", "D20260001"},
		"q=D2026000":  {"D20260005", "D20260004", "D20260003", "D20260002", "D20260001"},
		"q=www.示例.中国": {"D20260004"}, "q=D20260003": {"D20260003"}, "state=yours": {"D20260002"},
		"product=标准":            {"D20260004", "D20260001"},
		"state=none&product=经济": nil, "state=nonsense&q=example.org": {"D20260003"},
	} {
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		page, err := w.Page(ctx, "/orders?"+values.Encode())
		require.NoError(t, err)
		var got []string
		page.Find("[data-order]").Each(func(_ int, row *goquery.Selection) {
			got = append(got, row.AttrOr("data-order", ""))
		})
		require.ElementsMatch(t, want, got, query)
		require.Equal(t, values.Get("q"), page.Find("[name=q]").AttrOr("value", ""))
	}
	page, err := w.Page(ctx, "/orders")
	require.NoError(t, err)
	require.Equal(t, "继续", page.Find(`[data-order="D20260002"] .act .button`).Text())
	require.Zero(t, page.Find(`[data-order="D20260002"] a[href$="/register"]`).Length())
	require.Equal(t, "备案", page.Find(`[data-order="D20260001"] .act .button`).Text())
	require.Equal(t, 1, page.Find(`[data-order="D20260001"] a[href$="/register"]`).Length())
}
