package e2e_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// A customer goes from sign-in to the number on the order: in both languages, on a phone and on a desktop, and
// without scripts.
func TestBrowserWalk(t *testing.T) {
	all := append(views[:len(views):len(views)], view{lang: "zh", size: "phone", scriptless: true})
	s, _ := start(t, stack.Options{ReviewAfter: 500 * time.Millisecond, Spares: len(all)})
	each(t, s, all, func(t *testing.T, p *traveller) {
		c, h := p.contact, p.holder
		p.signIn()
		p.shot("02-orders")
		begin := time.Now()
		p.do(submit(p.row(".button")), chromedp.WaitVisible(`[data-stage="contact"]`))
		p.shot("03-filing")
		p.do(submit(`.tasks .now a`), chromedp.WaitVisible(`[name=accept][value=yes]`))
		p.shot("04-notice")
		p.do(submit(`[name=accept][value=yes]`), chromedp.WaitVisible("[data-consent]"))
		p.shot("04-consent")
		p.do(chromedp.Click("[name=privacy]"), chromedp.Click("[name=papers]"), submit("[data-consent] .button"),
			chromedp.WaitVisible("#f-user_name"))
		// a wrong form first: errors are shown at their fields, the input stays
		p.fill("user_name", c.UserName, "mobile", "12345")
		p.do(submit("form[data-draft] .button"), chromedp.WaitVisible("#e-mobile"))
		p.shot("05-contact-problems")
		require.Equal(t, c.UserName, value(p.ctx, t, "#f-user_name"))
		if !p.scriptless {
			p.do(chromedp.SendKeys("#f-user_name", "2"), chromedp.WaitVisible("p[data-user-name]:not(:empty)"))
			require.Equal(t, p.in("可以使用。", "Available."), p.text("p[data-user-name]"))
		}
		p.fill("password", password, "password_again", password, "name", c.Name, "mobile", c.Mobile, "email", c.Email)
		p.choose("province", c.Province)
		p.do(submit("form[data-draft] .button"), chromedp.WaitVisible("#f-sms_code"))
		p.shot("06-verify")
		p.codes(begin)
		p.do(chromedp.WaitVisible(`#f-document_number`))
		p.shot("07-kind")
		p.choose("nature", strconv.Itoa(h.Nature), "document_type", strconv.Itoa(h.DocumentType))
		p.fill("document_number", h.DocumentNumber)
		p.do(submit(`[value=ask]`), chromedp.WaitVisible(`[data-advice="new"]`))
		p.shot("07-kind-advice")
		// the inquiry's input fills the holder's form
		p.do(submit(`[value=next]`), chromedp.WaitVisible("#f-document_address"))
		p.shot("07-holder")
		p.holderForm()
		p.do(submit(`[value=next]`), chromedp.WaitVisible("#f-domains"))
		p.shot("08-site")
		p.fill("name", "林测试的读书笔记")
		p.do(submit(`[name=services][value="2"]`), submit(`[value=next]`), chromedp.WaitVisible("[data-papers]"))
		p.shot("08-papers")
		p.papers()
		p.shot("09-review")
		p.do(submit("main form .button"), chromedp.WaitVisible(`[data-stage]`))
		p.shot("10-submitted")
		p.arrives(filing.Installing)
		p.shot("11-installing")
		p.do(chromedp.Navigate(p.url("/result")), chromedp.WaitVisible("pre.snippet"))
		p.shot("12-result")
		p.pasteFooter()
		p.do(submit(`form[action$="/site-check"] .button`), chromedp.WaitVisible(".flash"), chromedp.Navigate(p.url("")))
		p.arrives(filing.Filed)
		p.shot("13-filed")
		p.do(chromedp.Navigate(s.PanelURL+"/orders"), chromedp.WaitVisible(p.row(".number")))
		p.shot("14-orders")
		require.Regexp(t, `^沪ICP备\d{10}号-1$`, p.text(p.row(".number")))
		record(t, s, p.order)
	})
}

// holderForm fills in the holder's form. City and county are filled by script or, without one, when the form is
// saved.
func (p *traveller) holderForm() {
	p.t.Helper()
	h := p.holder
	p.fill("name", h.Name, "document_address", h.DocumentAddress)
	p.choose("city", h.City)
	if p.scriptless {
		p.do(submit(`[value=save]`), chromedp.WaitVisible(".flash"))
	}
	p.choose("county", h.County)
	p.fill("address", h.Address)
	if !p.scriptless { // people who manage their own site type nothing twice
		p.do(chromedp.WaitNotVisible("#f-manager_document_number"))
	}
}

// pasteFooter pastes the snippet from the result page at the foot of the home page.
func (p *traveller) pasteFooter() {
	p.t.Helper()
	snippet := p.text("pre.snippet")
	require.Contains(p.t, snippet, "beian.miit.gov.cn")
	status, err := p.walker.PutSnippet(fmt.Sprintf("http://127.0.0.1:%d/accounts/%s/footer", p.s.Options.Ports.Space,
		p.space), url.Values{"snippet": {snippet}})
	require.NoError(p.t, err)
	require.Equal(p.t, 200, status)
}

// The bureau refuses a site's name: the customer finds the reason from the order list, corrects the field, and the
// second revision is approved.
func TestBrowserRefusalAndCorrection(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Spares: len(views)})
	each(t, s, views, func(t *testing.T, p *traveller) {
		p.prepared()
		require.NoError(t, p.walker.SubmitDossier(t.Context(), p.holder, "违规的读书笔记"))
		wait(t, p.walker, filing.Correcting)
		p.signIn()
		p.shot("01-orders")
		p.do(submit(p.row(".button")), chromedp.WaitVisible(`[data-stage="correcting"]`))
		p.shot("02-refused")
		require.Contains(t, p.text("main"), p.in("网站名称", "name"))
		p.do(submit(`[data-refused] a`), chromedp.WaitVisible(".field.wrong #f-name"))
		p.shot("03-field")
		require.Equal(t, "违规的读书笔记", value(p.ctx, t, "#f-name"))
		p.fill("name", "林测试的读书笔记")
		p.do(submit(`[value=next]`), chromedp.WaitVisible(".facts"))
		p.shot("04-review")
		require.NoError(t, p.walker.Papers(t.Context())) // the letter states the name
		p.do(chromedp.Reload(), chromedp.WaitVisible(".facts"),
			submit("main form .button"), chromedp.WaitVisible(`[data-stage]`))
		p.arrives(filing.Installing)
		p.shot("05-approved")
	})
}

// A code never arrives, because the phone number was wrong: the customer notices, corrects it, and both codes
// arrive and are accepted.
func TestBrowserCodeLostAndPhoneCorrected(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, Spares: len(views), ExchangeEvery: seldom})
	each(t, s, views, func(t *testing.T, p *traveller) {
		wrong := p.contact
		wrong.Mobile = "1380000" + p.contact.Mobile[7:]
		s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.MOBILE_NUMBER_ILLEGAL"})
		require.NoError(t, p.walker.Open(t.Context(), p.order))
		require.NoError(t, p.walker.Contact(t.Context(), wrong, password))
		require.Eventually(t, func() bool {
			page, err := p.walker.Page(t.Context(), "/orders/"+p.order+"/filing/verify")
			return err == nil && page.Find(".callout.warn").Length() == 1
		}, 30*time.Second, 50*time.Millisecond, "Aliyun's refusal of the number is shown")
		s.StandIns.SMS.Faults.Clear()
		begin := time.Now()
		p.signIn()
		p.do(submit(p.row(".button")), chromedp.WaitVisible(`[data-stage="verifying"]`))
		p.do(submit(`.tasks .now a`), chromedp.WaitVisible("#f-sms_code"))
		p.shot("01-nothing-came")
		p.do(submit(`a.button[href$="/recover"]`), chromedp.WaitVisible("#f-mobile"))
		p.fill("mobile", "123")
		p.do(submit("main form:not([action]) .button"), chromedp.WaitVisible("#e-mobile"))
		p.shot("02-wrong-number")
		require.Equal(t, wrong.Email, value(p.ctx, t, "#f-email"))
		p.fill("mobile", p.contact.Mobile)
		p.do(submit("main form:not([action]) .button"), chromedp.WaitVisible("#f-sms_code"))
		p.shot("03-sent-again")
		sms, err := p.walker.Code(t.Context(), p.contact.Mobile, begin)
		require.NoError(t, err)
		mail, err := p.walker.Code(t.Context(), p.contact.Email, time.Time{})
		require.NoError(t, err)
		p.fill("sms_code", "00000000", "mail_code", mail)
		p.do(submit(".card .button"), chromedp.WaitVisible("#e-sms_code"))
		p.shot("04-wrong-code")
		p.fill("sms_code", sms)
		p.do(submit(".card .button"), chromedp.WaitVisible("#f-document_number"))
	})
}

// Our own vetting sends a paper back: the customer finds which one and why; a picture that is too small is refused
// at its field, a good one is submitted and passes.
func TestBrowserPapersRefused(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Vetting: true, Spares: len(views)})
	support := staff(t, s)
	small := filepathWith(t, "small.jpg", filingtest.Picture(320, 240, 1))
	good := filepathWith(t, "good.jpg", demo.Picture("taken again"))
	each(t, s, views, func(t *testing.T, p *traveller) {
		p.prepared()
		require.NoError(t, p.walker.SubmitDossier(t.Context(), p.holder, "读书笔记"))
		wait(t, p.walker, filing.Vetting)
		verdict(t, support, p.order, "send-back",
			url.Values{"revision": {"1"}, "text": {"证件照片不清晰"}, "papers": {"holder_document"}})
		wait(t, p.walker, filing.Correcting)
		p.signIn()
		p.do(submit(p.row(".button")), chromedp.WaitVisible(`[data-stage="correcting"]`))
		p.shot("01-sent-back")
		p.do(submit(`[data-refused] a`), chromedp.WaitVisible("#e-holder_document"))
		p.shot("02-which")
		require.Contains(t, p.text("#e-holder_document"), "证件照片不清晰")
		const card = `[data-paper="holder_document"] `
		p.do(upload("#f-holder_document", small))
		require.Eventually(t, func() bool { // earlier messages of staff remain
			return strings.Contains(p.text(card+".error"), p.in("图片太小", "too small"))
		}, 60*time.Second, 50*time.Millisecond)
		p.shot("03-too-small")
		before, err := chromedp.Run(p.ctx,
			chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).dataset.picture`, card+"[data-picture]")))
		require.NoError(t, err)
		p.do(upload("#f-holder_document", good), chromedp.WaitVisible(fmt.Sprintf(`%s[data-picture]:not([data-picture=%q])`,
			card, before)), submit(`[value=next]`), chromedp.WaitVisible(".facts"))
		p.do(submit("main form .button"), chromedp.WaitVisible(`[data-stage]`))
		p.arrives(filing.Vetting)
		verdict(t, support, p.order, "pass", url.Values{"revision": {"2"}})
		p.arrives(filing.Installing)
		p.shot("04-passed")
	})
}
