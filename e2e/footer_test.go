package e2e_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
)

// footer is a customer on the page 放到首页底部 of an order.
type footer struct {
	t    *testing.T
	w    *demo.Walker
	path string
}

func atFooter(t *testing.T, w *demo.Walker, order string) footer {
	return footer{t, w, "/orders/" + order + "/filing/footer"}
}

// awaits waits until the page is in a state.
func (f footer) awaits(state string) (text string) {
	f.t.Helper()
	got := ""
	require.Eventually(f.t, func() bool {
		page, err := f.w.Page(f.t.Context(), f.path)
		if err != nil {
			return false
		}
		got, text = page.Find("[data-footer]").AttrOr("data-footer", ""), page.Find("main").Text()
		return got == state
	}, 60*time.Second, 200*time.Millisecond, "state %s: %s", state, text)
	return text
}

func (f footer) preview() {
	f.t.Helper()
	_, err := f.w.Post(f.t.Context(), f.path, nil)
	require.NoError(f.t, err)
}

// says presses the button of a form on the page: agree or undo.
func (f footer) says(what string) {
	f.t.Helper()
	page, err := f.w.Page(f.t.Context(), f.path)
	require.NoError(f.t, err)
	form := page.Find(`form[action$="/` + what + `"]`)
	require.Equal(f.t, 1, form.Length(), what)
	_, err = f.w.Post(f.t.Context(), f.path+"/"+what, demo.FormValues(form))
	require.NoError(f.t, err)
}

func siteFiles(t *testing.T, s *stack.Stack, user string) map[string][]byte {
	t.Helper()
	files, err := s.StandIns.Space.Files(user)
	require.NoError(t, err)
	return files
}

// installing leads to the stage that waits for the number, after one site check.
func installing(t *testing.T, w *demo.Walker, order string, h filing.Holder) {
	t.Helper()
	prepared(t, w, order)
	require.NoError(t, w.SubmitDossier(t.Context(), h, "读书笔记"))
	wait(t, w, filing.Installing)
	require.Eventually(t, func() bool {
		page, err := w.Page(t.Context(), "/orders/"+order+"/filing/result")
		return err == nil && page.Find(".site-checks").Length() == 1
	}, 30*time.Second, 100*time.Millisecond)
}

// The number is put on a UTF-8 page over FTP and on a GBK page over FTPS, which completes the filing; the
// public-security number follows; undoing both restores every byte.
func TestFooterIsPlacedAndUndone(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	for _, c := range []struct {
		order, user string
		holder      filing.Holder
		number      string // its first character's bytes on the page
	}{
		{"D20260001", "web1", filingtest.PersonHolder(), "沪ICP"},
		{"D20260002", "web2", filingtest.CompanyHolder(), "\xbb\xa6ICP"},
	} {
		installing(t, w, c.order, c.holder)
		original := siteFiles(t, s, c.user)["index.html"]
		f := atFooter(t, w, c.order)
		f.preview()
		text := f.awaits("previewed")
		require.Contains(t, text, "index.html")
		require.Contains(t, text, "欢迎光临", "the page is read in its own encoding")
		require.Contains(t, text, "beian.miit.gov.cn")
		require.Equal(t, original, siteFiles(t, s, c.user)["index.html"], "nothing is written before the customer agrees")
		f.says("agree")
		f.awaits("placed")
		wait(t, w, filing.Filed)

		files := siteFiles(t, s, c.user)
		edited := string(files["index.html"])
		require.Len(t, files, 2)
		at := strings.Index(edited, `<div style="text-align:center"><a href="https://beian.miit.gov.cn/"`)
		require.Positive(t, at)
		end := at + strings.Index(edited[at:], "</div>") + len("</div>")
		require.Equal(t, string(original), edited[:at]+edited[end:])
		require.Contains(t, edited[at:end], c.number)
		for name, content := range files {
			if name != "index.html" {
				require.Regexp(t, `^index\.html\.beian-backup-\d{14}$`, name)
				require.Equal(t, original, content)
			}
		}
		page, err := w.Page(t.Context(), "/orders/"+c.order+"/filing")
		require.NoError(t, err)
		require.Contains(t, page.Find(".timeline").Text(), "您 备案号已放到首页底部")

		// The public-security number comes later, and goes below.
		_, err = w.Post(t.Context(), "/orders/"+c.order+"/filing/police",
			url.Values{"action": {"record"}, "number": {"沪公网安备 31010102000001号"}})
		require.NoError(t, err)
		require.Contains(t, f.awaits("placed"), "沪公网安备31010102000001号 还没有放到首页")
		f.preview()
		require.Contains(t, f.awaits("previewed"), "beian.mps.gov.cn")
		f.says("agree")
		f.awaits("placed")
		both := string(siteFiles(t, s, c.user)["index.html"])
		require.Greater(t, strings.Index(both, "https://beian.mps.gov.cn/#/query/webSearch?code=31010102000001"), at)
		require.Equal(t, 2, strings.Count(both, `<div style="text-align:center">`))

		f.says("undo")
		f.awaits("undone")
		require.Equal(t, edited, string(siteFiles(t, s, c.user)["index.html"]), "the newer one first")
		f.says("undo") // the earlier one
		require.Eventually(t, func() bool { return len(siteFiles(t, s, c.user)) == 1 }, 30*time.Second, 100*time.Millisecond)
		f.awaits("undone")
		require.Equal(t, map[string][]byte{"index.html": original}, siteFiles(t, s, c.user))
		result, err := w.Page(t.Context(), "/orders/"+c.order+"/filing/result")
		require.NoError(t, err)
		require.Contains(t, result.Find(".site-checks .bad").Text(), "首页", "the site was checked at once")
		f.preview() // offered again for a completed filing
		f.awaits("previewed")
	}
	number, err := w.NumberOnOrder(t.Context())
	require.NoError(t, err)
	planted := []string{"web1-secret", "欢迎光临。这里是示例网站的首页", filingtest.PersonHolder().DocumentNumber}
	clean(t, "the log", readFile(t, log), planted)
	clean(t, "Temporal's histories", histories(t, s), append(planted, number))
	dump, err := s.Store.Dump(t.Context())
	require.NoError(t, err)
	clean(t, "the database", dump, planted)
	record(t, s, "D20260001")
}

// Whatever prevents the edit is explained in words, and the page stays as it was.
func TestFooterExplainsWhatPreventsIt(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	installing(t, w, "D20260001", filingtest.PersonHolder())
	f := atFooter(t, w, "D20260001")
	space := s.StandIns.Space
	original := siteFiles(t, s, "web1")["index.html"]

	space.Faults.Set(fault.Fault{Operation: "USER", Mode: fault.Fail, Code: "530", Times: 1})
	f.preview()
	require.Contains(t, f.awaits("failed"), "空间拒绝登录")

	f.preview()
	f.awaits("previewed")
	space.Faults.Set(fault.Fault{Operation: "STOR", Mode: fault.Fail, Code: "553"})
	f.says("agree")
	require.Contains(t, f.awaits("failed"), "空间不允许写入")
	space.Faults.Clear()
	require.Equal(t, original, siteFiles(t, s, "web1")["index.html"])

	f.preview()
	f.awaits("previewed")
	theirs := []byte(strings.Replace(string(original), "欢迎", "热烈欢迎", 1))
	require.NoError(t, space.SetFile("web1", "index.html", theirs))
	f.says("agree")
	require.Contains(t, f.awaits("failed"), "不一样了")
	require.Equal(t, theirs, siteFiles(t, s, "web1")["index.html"])

	f.preview()
	f.awaits("previewed")
	f.says("agree")
	f.awaits("placed")
	wait(t, w, filing.Filed)
	placed := siteFiles(t, s, "web1")["index.html"]
	require.NoError(t, space.SetFile("web1", "index.html", append(placed, '\n')))
	f.says("undo")
	require.Contains(t, f.awaits("placed"), "没有恢复")
	require.Equal(t, append(placed, '\n'), siteFiles(t, s, "web1")["index.html"])
	f.preview()
	require.Contains(t, f.awaits("failed"), "首页已经有带链接的备案号")
	require.NoError(t, space.SetFile("web1", "index.html", placed))
	f.says("undo") // the earlier one can still be undone
	require.Eventually(t, func() bool { return string(siteFiles(t, s, "web1")["index.html"]) == string(theirs) },
		30*time.Second, 100*time.Millisecond)

	f.awaits("undone")
	space.Faults.Set(fault.Fault{Operation: "GET", Mode: fault.Fail, Times: 1})
	f.preview()
	require.Contains(t, f.awaits("failed"), "现在打不开首页")

	require.NoError(t, space.SetFile("web1", "wp-config.php", []byte("<?php")))
	f.preview()
	require.Contains(t, f.awaits("failed"), "ICP备案号", "where WordPress has it")
}

// An order without a web space gets instructions to do it by hand; other people's pages don't exist.
func TestFooterByHand(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	installing(t, w, "D20260005", filingtest.PersonHolder())
	page, err := w.Page(t.Context(), "/orders/D20260005/filing/footer")
	require.NoError(t, err)
	require.Contains(t, page.Find("main").Text(), "请自己放置")
	require.Contains(t, page.Find(".snippet").Text(), "beian.miit.gov.cn")
	_, err = s.Store.EnsureUser(t.Context(), "customer", "other", testdb.PasswordHash(t, "other-password"))
	require.NoError(t, err)
	other, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	require.NoError(t, other.SignIn(t.Context(), "other", "other-password"))
	for _, step := range []string{"", "/agree", "/undo"} {
		_, err = other.Post(t.Context(), "/orders/D20260005/filing/footer"+step, url.Values{"edit": {"1"}})
		require.ErrorContains(t, err, "404")
	}
}

// The worker is killed between uploading the new page and renaming it.
func TestWorkerKilledWhilePlacing(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, WithoutWorker: true})
	workers := newWorkers(t, s)
	workers.start()
	w := customer(t, s)
	installing(t, w, "D20260001", filingtest.PersonHolder())
	original := siteFiles(t, s, "web1")["index.html"]
	f := atFooter(t, w, "D20260001")
	f.preview()
	f.awaits("previewed")
	s.StandIns.Space.Faults.Set(fault.Fault{Operation: "RNFR", Mode: fault.Slow, DelayMS: 1500, Times: 1})
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.says("agree")
	}()
	require.Eventually(t, s.StandIns.Space.Faults.Clean, 60*time.Second, 20*time.Millisecond)
	workers.kill()
	workers.start()
	<-done
	f.awaits("placed")
	wait(t, w, filing.Filed)
	files := siteFiles(t, s, "web1")
	require.Len(t, files, 2, "nothing else is left")
	require.Equal(t, 1, strings.Count(string(files["index.html"]), "beian.miit.gov.cn"))
	f.says("undo")
	f.awaits("undone")
	require.Equal(t, map[string][]byte{"index.html": original}, siteFiles(t, s, "web1"))
}
