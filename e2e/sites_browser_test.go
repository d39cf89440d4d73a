package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// orderer is a customer at a phone, with an order of one or several sites. Forms are filled in at another machine.
type orderer struct {
	t       *testing.T
	s       *stack.Stack
	ctx     context.Context
	w       *demo.Walker
	order   string
	domains []string
	// space is the web space that serves a domain.
	space map[string]string
}

// newOrderer signs in with a new order, whose domains are of the spare web spaces from the first on.
func newOrderer(t *testing.T, s *stack.Stack, order string, first, sites int) *orderer {
	t.Helper()
	o := &orderer{t: t, s: s, w: customer(t, s), order: order, space: map[string]string{}}
	in := store.OrderImport{Number: order, Customer: stack.DemoCustomer, Product: "虚拟主机 企业型"}
	for n := first; n < first+sites; n++ {
		space, address := stack.Spare(n)
		domain := filing.RegistrableDomain(space.Domains[0])
		o.domains, o.space[domain] = append(o.domains, domain), space.User
		in.Domains, in.IPs = append(in.Domains, space.Domains[0]), append(in.IPs, address.String())
	}
	_, err := s.Store.ImportOrder(t.Context(), in)
	require.NoError(t, err)
	o.ctx = browser(t, sizes["phone"], 844)
	o.do(chromedp.Navigate(s.PanelURL), signIn(), chromedp.WaitVisible("[data-order="+order+"]"))
	return o
}

func (o *orderer) do(steps ...any) { o.t.Helper(); do(o.ctx, o.t, steps...) }

func (o *orderer) text(selector string) string { o.t.Helper(); return text(o.ctx, o.t, selector) }

// path is the order's page, or a page of one of its sites' filings.
func (o *orderer) path(domain, step string) string {
	switch {
	case domain == "":
		return "/orders/" + o.order
	case len(o.domains) == 1:
		return "/orders/" + o.order + "/filing" + step
	}
	return "/orders/" + o.order + "/sites/" + domain + "/filing" + step
}

// opens opens the order's page, or that of a site's filing, and waits for something on it.
func (o *orderer) opens(domain, selector string) {
	o.t.Helper()
	o.do(chromedp.Navigate(o.s.PanelURL+o.path(domain, "")), chromedp.WaitVisible(chromedp.CSS(selector)))
}

// at is the other machine, at a site's filing.
func (o *orderer) at(domain string) *demo.Walker {
	if len(o.domains) == 1 {
		domain = ""
	}
	o.w.UseSite(o.order, domain)
	return o.w
}

// filesAll presses 备案 on the order's page, and verifies the contact.
func (o *orderer) filesAll() {
	o.t.Helper()
	o.opens("", "[data-file-sites]")
	begin := time.Now()
	o.do(submit("[data-file-sites] .button"), chromedp.WaitVisible("[data-record]"))
	o.contact(begin)
}

func (o *orderer) contact(begin time.Time) {
	o.t.Helper()
	w, c := o.at(o.domains[0]), filingtest.Contact()
	require.NoError(o.t, w.Contact(o.t.Context(), c, password))
	require.NoError(o.t, w.Verify(o.t.Context(), c, begin))
	for _, domain := range o.domains {
		wait(o.t, o.at(domain), filing.Preparing)
	}
}

// verifies enters the ministry's codes for a record, and says so on its page.
func (o *orderer) verifies(domain string) {
	o.t.Helper()
	o.opens(domain, "[data-sms-verification]")
	require.Positive(o.t, o.s.StandIns.Bureau.VerifyAll())
	o.do(submit("[data-verifier] .button"), chromedp.WaitNotPresent("[data-sms-verification]"))
}

// open puts their numbers on the sites, and returns those on the order's page.
func (o *orderer) open() (numbers []string) {
	o.t.Helper()
	for _, domain := range o.domains {
		w := o.at(domain)
		wait(o.t, w, filing.Installing)
		require.NoError(o.t, demo.PutFooter(o.t.Context(), o.s, w, o.space[domain]))
		require.NoError(o.t, w.CheckSiteNow(o.t.Context()))
	}
	for _, domain := range o.domains {
		wait(o.t, o.at(domain), filing.Filed)
	}
	o.opens("", "[data-site]")
	for _, domain := range o.domains {
		numbers = append(numbers, o.text(fmt.Sprintf("[data-site=%q] .number", domain)))
	}
	return numbers
}

// numbered is the numbers of n sites of one holder.
func numbered(t *testing.T, number string, n int) (numbers []string) {
	t.Helper()
	first, err := filing.ParseNumber(number)
	require.NoError(t, err)
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("%s-%d", first.Holder(), i+1))
	}
	return numbers
}

func companyOf(documentNumber, province string) filing.Holder {
	h := filingtest.CompanyHolder()
	if h.DocumentNumber = documentNumber; province == "430000" {
		h.Province, h.City, h.County = province, "430100", "430102"
	}
	return h
}

// A bureau of today files the sites of companies, and an access, for customers at a phone.
func TestBrowserSitesAtABureauOfToday(t *testing.T) {
	s, _ := start(t, stack.Options{BureauEdition: bureau.EditionToday, ReviewAfter: 100 * time.Millisecond, Spares: 8})
	s.Store.LiftQuotas() // one customer does what many would
	for _, journey := range []struct {
		name   string
		travel func(*testing.T, *stack.Stack)
	}{
		{"three domains", threeDomains}, {"one at a time", oneAtATime}, {"one of two refused", oneOfTwoRefused},
		{"filed phone dead", filedPhoneDead},
	} {
		t.Run(journey.name, func(t *testing.T) { journey.travel(t, s) })
	}
}

// A company with three domains lets two go together while it hasn't decided about the third, which follows by itself.
// One has a manager of its own, who must verify too. Nobody does in time, so both come back: one click submits them
// again.
func threeDomains(t *testing.T, s *stack.Stack) {
	o, ctx := newOrderer(t, s, "D20260033", 1, 3), t.Context()
	o.filesAll()
	one, two, three := o.domains[0], o.domains[1], o.domains[2]
	o.do(shot(t, "01-opened"))
	require.NoError(t, o.at(one).SubmitDossier(ctx, companyOf("91310101MA1FP0000H", "310000"), "样例公司网站"))
	o.opens("", "[data-missing]")
	o.do(submit(fmt.Sprintf("[data-site=%q] .act .button", three)), chromedp.WaitVisible("[data-let-go]"),
		chromedp.WaitVisible(`[data-task="site"]`), chromedp.WaitNotPresent(`[data-task="holder"]`),
		shot(t, "02-companion"), submit("[data-let-go] .button"), chromedp.WaitNotPresent("[data-let-go]"))
	o.opens("", "[data-later]")
	require.Contains(t, o.text("[data-later]"), three)
	require.NotContains(t, o.text("[data-record]"), three)
	_, err := o.w.Fill(ctx, o.path(two, "/site"), ownManager("样例公司商城"))
	require.NoError(t, err)
	require.NoError(t, o.at(two).Submit(ctx))
	require.NoError(t, o.at(three).SubmitSite(ctx, "样例公司论坛"))

	o.opens(one, "[data-sms-verification]")
	require.NoError(t, s.StandIns.Bureau.ExpireVerifications())
	o.do(chromedp.WaitVisible("[data-resubmit]"), chromedp.WaitNotPresent("[data-refused]"), shot(t, "03-too-late"))
	require.Contains(t, o.text(".callout.warn"), "时限内没有完成短信核验")
	wait(t, o.at(two), filing.Correcting)
	o.do(submit("[data-resubmit] .button"), chromedp.WaitVisible("[data-sms-verification]"))
	require.Equal(t, 2, s.StandIns.Bureau.VerifyAll())
	o.do(submit(`[data-verifier="holder+site"] .button`), chromedp.WaitVisible("[data-waiting-for-other]"),
		shot(t, "04-other-manager"), submit(fmt.Sprintf(`[data-verifier="site@%s"] .button`, two)),
		chromedp.WaitNotPresent("[data-sms-verification]"), chromedp.WaitVisible(`[data-stage="installing"]`))
	o.verifies(three)
	numbers := o.open()
	o.do(shot(t, "05-filed"))
	require.Equal(t, numbered(t, numbers[0], 3), numbers)
	require.Len(t, s.StandIns.Bureau.Truth(), 3, "two sites were one record, handed in twice")
}

// Hunan takes one site at a time: the other, submitted too, goes by itself when the holder has its number.
func oneAtATime(t *testing.T, s *stack.Stack) {
	o, ctx := newOrderer(t, s, "D20260034", 4, 2), t.Context()
	o.filesAll()
	require.NoError(t, o.at(o.domains[0]).SubmitDossier(ctx, companyOf("91430102MA1FP00012", "430000"), "样例公司网站"))
	require.NoError(t, o.at(o.domains[1]).SubmitSite(ctx, "样例公司商城"))
	o.opens("", "[data-rule]")
	require.Contains(t, o.text("[data-record]"), o.domains[0])
	require.Contains(t, o.text("[data-later]"), o.domains[1])
	o.do(shot(t, "01-waits"))
	o.verifies(o.domains[0])
	o.verifies(o.domains[1])
	numbers := o.open()
	require.Equal(t, numbered(t, numbers[0], 2), numbers)
	require.Contains(t, numbers[0], "湘ICP备")
}

// The bureau refuses two sites because of one of them. Its machine doesn't say which, so both pages show why, and both
// are submitted again. Its reviewers name it: the other goes without it, and it follows as a new site.
func oneOfTwoRefused(t *testing.T, s *stack.Stack) {
	o, ctx := newOrderer(t, s, "D20260035", 6, 2), t.Context()
	o.filesAll()
	good, bad := o.domains[0], o.domains[1]
	require.NoError(t, o.at(good).SubmitDossier(ctx, companyOf("91310101MA1FP0002P", "310000"), "样例公司网站"))
	require.NoError(t, o.at(bad).SubmitSite(ctx, "违规的商城"))
	refused := func() {
		t.Helper()
		o.verifies(good)
		o.do(chromedp.WaitVisible(`[data-stage="correcting"]`))
		wait(t, o.at(bad), filing.Correcting)
	}
	refused()
	require.Contains(t, o.text("[data-siblings]"), "意见说的如果是别的网站")
	o.opens(bad, "[data-refused]")
	require.Contains(t, o.text(".callout.warn"), "没有说明是哪一个")
	require.Contains(t, o.text(".callout.warn"), "网站名称不符合要求")
	o.do(shot(t, "01-any-of-them"), chromedp.WaitVisible("[data-let-go]"))
	require.NoError(t, o.at(bad).SubmitSite(ctx, "样例公司网店结果1002"))
	require.NoError(t, o.at(good).Submit(ctx))
	refused()
	require.Contains(t, o.text(".callout.warn"), "本身不用修改")
	o.do(chromedp.WaitNotPresent(".callout.warn strong"), shot(t, "02-returned"))
	o.opens("", "[data-site]")
	o.do(submit(fmt.Sprintf("[data-site=%q] .act .button", bad)), chromedp.WaitVisible("[data-let-go]"),
		submit("[data-let-go] .button"), chromedp.WaitNotPresent("[data-let-go]"))
	o.verifies(good)
	wait(t, o.at(good), filing.Installing) // before that, its letter names no number
	require.NoError(t, o.at(bad).SubmitSite(ctx, "样例公司商城"))
	o.verifies(bad)
	numbers := o.open()
	require.Equal(t, numbered(t, numbers[0], 2), numbers)
}

// A new access is verified with the phone that is filed. Its owner has it no more: the page says where to change it,
// and after that one click submits the access again.
func filedPhoneDead(t *testing.T, s *stack.Stack) {
	o, ctx := newOrderer(t, s, "D20260036", 8, 1), t.Context()
	domain := o.domains[0]
	filed := bureau.SeedFiling{HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise,
		DocumentType: filing.DocumentBusinessLicence, DocumentNumber: "91310101MA1FP0003T", Number: "沪ICP备2020000123号",
		SiteName: "样例老站", Domains: []string{domain}, HomePage: "http://www." + domain + "/"}
	s.StandIns.Bureau.Seed(filed)
	begin := time.Now()
	require.NoError(t, o.at(domain).Open(ctx, o.order))
	o.contact(begin)
	choose(t, o.w, o.order, filing.KindNewAccess)
	_, err := o.w.Fill(ctx, o.path(domain, "/ownership"), url.Values{"number": {filed.Number + "-1"}, "action": {"next"}})
	require.NoError(t, err)
	_, err = o.w.Fill(ctx, o.path(domain, "/site"), url.Values{"action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, o.w.Submit(ctx))
	o.opens(domain, "[data-sms-verification]")
	require.Contains(t, o.text("[data-verifier=site]"), "先到原接入商处变更")
	o.do(shot(t, "01-filed-phone"))
	require.NoError(t, s.StandIns.Bureau.ExpireVerifications())
	o.do(chromedp.WaitVisible("[data-resubmit]"), shot(t, "02-returned"))
	require.Contains(t, o.text(".callout.warn"), "先到原接入商处变更")
	const mobile = "13600009012"
	require.NoError(t, s.StandIns.Bureau.ChangeMobile(filed.Number+"-1", mobile))
	o.do(submit("[data-resubmit] .button"), chromedp.WaitVisible("[data-sms-verification]"))
	code := s.StandIns.Bureau.SentCodes()[0]
	require.Equal(t, mobile, code.Mobile)
	require.Equal(t, bureau.VerifiedNothing, s.StandIns.Bureau.Verify(code.Code, "13900000000", code.Last), "the dead one")
	o.verifies(domain)
	wait(t, o.w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, o.w, o.space[domain]))
	require.NoError(t, o.w.CheckSiteNow(ctx))
	wait(t, o.w, filing.Filed)
	o.do(chromedp.Navigate(s.PanelURL + "/orders"))
	require.Equal(t, filed.Number+"-1", o.text(fmt.Sprintf("[data-order=%q] .number", o.order)))
}
