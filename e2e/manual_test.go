package e2e_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// dossierOf is the path of an order's dossier in one of the list's groups.
func dossierOf(t *testing.T, support *demo.Walker, group, order string) (path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		page, err := support.Page(t.Context(), "/support/dossiers")
		if err != nil {
			return false
		}
		path = page.Find(fmt.Sprintf(`[data-group=%q] [data-order=%q] a`, group, order)).AttrOr("href", "")
		return path != ""
	}, 30*time.Second, 50*time.Millisecond)
	return path
}

func problemAt(page *goquery.Document, field string) string {
	return page.Find("#e-" + field).Text()
}

// A bureau without an interface: people submit the dossier, record a refusal with its fields, submit the
// correction, and record the approval with number, password and certificate. Nothing goes to the stand-in bureau,
// and nothing personal, nor the password, leaks.
func TestManualDriver(t *testing.T) {
	// staff's buttons start exchanges
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Manual: true, ExchangeEvery: time.Minute})
	ctx := t.Context()
	w, support := customer(t, s), staff(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Submitting)

	path := dossierOf(t, support, "to_submit", "D20260001")
	page, err := support.Page(ctx, path)
	require.NoError(t, err)
	require.Equal(t, filingtest.PersonHolder().DocumentNumber, page.Find("#v-holder-document_number").Text(),
		"ready to copy")
	require.Equal(t, "居民身份证", page.Find("#v-holder-document_type").Text())
	require.Equal(t, "example.com", page.Find("#v-site-domains").Text())
	require.Zero(t, page.Find("#approved").Length(), "no result before it is submitted")
	_, err = w.Page(ctx, path)
	require.ErrorContains(t, err, "404", "for staff only")

	_, err = support.Post(ctx, path+"/submitted", nil)
	require.NoError(t, err)
	wait(t, w, filing.Reviewing)
	page, err = support.Post(ctx, path+"/submitted", nil)
	require.NoError(t, err)
	require.Contains(t, page.Find(".flash").Text(), "已经变化", "pressed twice")

	page, err = support.Post(ctx, path+"/refused", url.Values{"opinion": {" "}, "site": {"name"}})
	require.ErrorContains(t, err, "422")
	require.Equal(t, "请填写此项。", problemAt(page, "opinion"))
	require.Equal(t, 1, page.Find(`[name=site][value=name][checked]`).Length(), "nothing typed is lost")
	page, err = support.Post(ctx, path+"/refused",
		url.Values{"opinion": {"证件号码与公安库不符，网站名称不规范"}, "holder": {"document_number", "nonsense"}, "site": {"name"}})
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-state=decided]").Text(), "有效证件号码")
	wait(t, w, filing.Correcting)
	for form, field := range map[string]string{"holder": "document_number", "site": "name"} {
		page, err := w.Page(ctx, "/orders/D20260001/filing/"+form)
		require.NoError(t, err)
		require.Contains(t, problemAt(page, field), "证件号码与公安库不符", form)
		require.Equal(t, 1, page.Find(".field.wrong").Length(), "%s: at this field alone", form)
	}

	_, err = w.Fill(ctx, "/orders/D20260001/filing/site",
		url.Values{"name": {"林测试的读书笔记"}, "services": {"2"}, "languages": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	second := dossierOf(t, support, "to_submit", "D20260001")
	require.NotEqual(t, path, second, "another revision")
	page, err = support.Upload(ctx, second+"/approved", url.Values{"site_number": {"沪ICP备2026000001号-1"}}, "certificate",
		"bazu.cert", []byte("certificate"))
	require.NoError(t, err)
	require.Contains(t, page.Find(".flash").Text(), "已经变化", "not submitted yet")
	_, err = support.Post(ctx, second+"/submitted", nil)
	require.NoError(t, err)
	require.Equal(t, second, dossierOf(t, support, "submitted", "D20260001"))

	right := url.Values{"site_number": {"沪ICP备2026000001号-1"}, "password": {"bureau-issued-77"}}
	for _, c := range []struct {
		name    string
		values  url.Values
		content []byte
		field   string
		problem string
	}{
		{"bazu.cert", url.Values{"site_number": {"浙ICP备2026000001号-1"}}, []byte("certificate"), "site_number", "应以“沪”开头"},
		{"bazu.cert", url.Values{"site_number": {"2026000001"}, "password": {"bureau-issued-77"}}, []byte("certificate"),
			"site_number", "格式不对"},
		{"bazu.cert", right, []byte{}, "certificate", "空的"},
		{"photo.jpg", right, []byte("picture"), "certificate", ".cert"},
		{"bazu.cert", right, bytes.Repeat([]byte("x"), 5<<20), "certificate", "太大"},
	} {
		page, err = support.Upload(ctx, second+"/approved", c.values, "certificate", c.name, c.content)
		require.ErrorContains(t, err, "422", c.problem)
		require.Contains(t, problemAt(page, c.field), c.problem)
		require.Equal(t, c.values.Get("site_number"), page.Find("[name=site_number]").AttrOr("value", ""),
			"nothing typed is lost")
	}
	certificate := bytes.Repeat([]byte("the bureau's certificate "), 20_000) // 500 KB: beyond the limit of other forms
	page, err = support.Upload(ctx, second+"/approved", right, "certificate", "bazu.cert", certificate)
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-state=decided]").Text(), "bureau-issued-77", "staff can read it again")
	wait(t, w, filing.Installing)
	installed, err := w.Download(ctx, "/certificate")
	require.NoError(t, err)
	require.Equal(t, certificate, installed)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	number, err := w.NumberOnOrder(ctx)
	require.NoError(t, err)
	require.Equal(t, "沪ICP备2026000001号-1", number)
	require.Zero(t, s.StandIns.Bureau.Sequence())

	events, err := s.Store.Events(ctx, 1)
	require.NoError(t, err)
	actors := map[string]string{}
	for _, e := range events {
		actors[string(e.Kind)] = e.Actor
	}
	for _, kind := range []string{"accepted", "refused", "approved"} {
		require.Equal(t, "support:"+stack.DemoSupport, actors[kind], kind)
	}
	page, err = support.Page(ctx, "/support/dossiers")
	require.NoError(t, err)
	require.Zero(t, page.Find("[data-order]").Length(), "nothing is left to do")

	c, h := filingtest.Contact(), filingtest.PersonHolder()
	planted := []string{c.Mobile, c.Email, h.DocumentNumber, h.Address, h.Name, "bureau-issued-77", "公安库"}
	looks, err := s.Store.AuditRows(ctx, store.AuditFilter{Actor: stack.DemoSupport, Action: "dossier.view"}, 0, 1)
	require.NoError(t, err)
	require.NotEmpty(t, looks, "the view is audited")
	_, err = s.Store.VerifyAudit(ctx, store.AuditMark{})
	require.NoError(t, err)
	clean(t, "the log", readFile(t, log), planted)
	clean(t, "Temporal's histories", histories(t, s), planted)
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	clean(t, "the database", dump, planted)
	record(t, s, "D20260001")
}

// If the panel can't start an exchange, the schedule's next one delivers what staff recorded.
func TestScheduleDeliversManualSubmission(t *testing.T) {
	s, _ := start(t, stack.Options{Manual: true})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	path := dossierOf(t, staff(t, s), "to_submit", "D20260001")
	var id int64
	_, err := fmt.Sscanf(path, "/support/dossiers/%d", &id)
	require.NoError(t, err)
	require.NoError(t, s.Store.SubmitByHand(ctx, id, "support:a")) // and the panel dies
	wait(t, w, filing.Reviewing)
}

// Staff submit dossiers by hand, on a screen and on a phone: list, copying, printing, problems at their fields,
// results.
func TestBrowserManual(t *testing.T) {
	s, _ := start(t, stack.Options{Manual: true})
	w := customer(t, s)
	shots := os.Getenv("BEIAN_SHOTS")
	if shots != "" { // each part prefixes its folder's name
		require.NoError(t, os.MkdirAll(filepath.Join(shots, t.Name()), 0o700))
	}
	certificate := filepath.Join(t.TempDir(), "bazu.cert")
	require.NoError(t, os.WriteFile(certificate, []byte("certificate"), 0o600))
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(t.Context(), filingtest.CompanyHolder(), "样例公司网站"))
	for _, screen := range []struct {
		name          string
		width, height int
	}{{"wide", 1280, 900}, {"phone", 390, 844}} {
		t.Run(screen.name, func(t *testing.T) {
			path := dossierOf(t, staff(t, s), "to_submit", "D20260001")
			b := browser(t, screen.width, screen.height)
			copyName := `[data-copy="v-holder-name"]`
			require.NoError(t, patiently(b,
				chromedp.EmulateViewport(int64(screen.width), int64(screen.height)), // windows have a minimum width
				chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
				chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword),
				submit(".card .button"),
				chromedp.WaitVisible(`a[href="/support/dossiers"]`), submit(`a[href="/support/dossiers"]`),
				chromedp.WaitVisible(`[data-group=to_submit] [data-order]`), shot(t, "01-list"),
				submit(`[data-group=to_submit] [data-order] a`),
				chromedp.WaitVisible(copyName), shot(t, "02-dossier"), submit(copyName),
			))
			require.Eventually(t, func() bool {
				text, err := chromedp.Run(b, chromedp.Text(copyName))
				return err == nil && text == "已复制"
			}, 10*time.Second, 50*time.Millisecond)
			pdf, err := chromedp.Run(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(pdf, []byte("%PDF")))
			if shots != "" {
				require.NoError(t, os.WriteFile(filepath.Join(shots, t.Name()+".pdf"), pdf, 0o600))
			}
			require.NoError(t, patiently(b,
				submit(`#submitted .button`), chromedp.WaitVisible(`[data-state=submitted]`), shot(t, "03-submitted"),
				chromedp.SendKeys("#f-site_number", "浙ICP备2026000001号-1"), submit("#approved .button"),
				chromedp.WaitVisible("#e-site_number"), shot(t, "04-problems"),
			))
			if screen.name == "wide" { // the phone gets the corrected dossier
				require.NoError(t, patiently(b,
					chromedp.SendKeys("#f-opinion", "网站名称与主办单位无关"), submit("[name=site][value=name]"), submit("#refused .button"),
					chromedp.WaitVisible(`[data-state=decided]`), shot(t, "05-refused"),
				))
				wait(t, w, filing.Correcting)
				require.NoError(t, w.Submit(t.Context()))
				return
			}
			require.NoError(t, patiently(b,
				chromedp.SetValue("#f-site_number", "沪ICP备2026000001号-1"),
				chromedp.SetUploadFiles("#f-certificate", []string{certificate}), submit("#approved .button"),
				chromedp.WaitVisible(`[data-state=decided]`), shot(t, "05-approved"),
				chromedp.Navigate(s.PanelURL+"/support/bureau"), chromedp.WaitVisible(`a[href="/support/dossiers?account=1"]`),
				shot(t, "06-bureau"),
			))
			wait(t, w, filing.Installing)
			require.NoError(t, patiently(b, chromedp.Navigate(s.PanelURL+path), chromedp.WaitVisible(".copies")))
			overflow, err := chromedp.Run(b, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth"))
			require.NoError(t, err)
			require.False(t, overflow, "nothing overflows on a phone")
		})
	}
}
