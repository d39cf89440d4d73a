package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
)

// filled fills in holder and site, up to the page of papers.
func filled(t *testing.T, w *demo.Walker, base string, h filing.Holder, site url.Values) {
	t.Helper()
	_, err := w.Fill(t.Context(), base+"/holder", demo.HolderValues(h))
	require.NoError(t, err)
	site.Set("action", "next")
	_, err = w.Fill(t.Context(), base+"/site", site)
	require.NoError(t, err)
}

// Papers are submitted with their filing, unchanged, and shown to their owner and to staff, with an audit entry
// for each view; for others they don't exist.
func TestPapersTravelAndAreSeenByOwnerAndStaff(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Vetting: true})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	base := "/orders/D20260001/filing"
	filled(t, w, base, filingtest.CompanyHolder(),
		url.Values{"name": {"样例公司培训"}, "services": {"1"}, "pre_approvals": {"3"}})
	page, err := w.Page(ctx, base+"/review")
	require.NoError(t, err)
	require.Equal(t, 6, page.Find(`.blocking[data-rule="paper_missing"]`).Length(),
		"five papers and the approval's number")
	require.Equal(t, 1, page.Find(`.blocking[data-rule="approval_paper_missing"]`).Length())
	require.NoError(t, w.Papers(ctx))
	page, err = w.Page(ctx, base+"/papers")
	require.NoError(t, err)
	require.Equal(t, 6, page.Find("[data-picture]").Length())
	own, _ := page.Find(`[data-paper="unit_certificate"] [data-picture] a`).Attr("href")
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Vetting)

	seen, err := w.Download(ctx, strings.TrimPrefix(own, base))
	require.NoError(t, err)
	_, err = jpeg.Decode(bytes.NewReader(seen))
	require.NoError(t, err)

	support := staff(t, s)
	page, err = support.Page(ctx, "/support/filings")
	require.NoError(t, err)
	link, _ := page.Find(`[data-order="D20260001"] a`).Attr("href")
	page, err = support.Page(ctx, link)
	require.NoError(t, err)
	link, _ = page.Find(`a[href*="/dossier"]`).Attr("href")
	page, err = support.Page(ctx, link)
	require.NoError(t, err)
	require.Contains(t, page.Find(".facts").Text(), "样例公司培训")
	require.Equal(t, 6, page.Find("[data-picture]").Length())
	require.Contains(t, page.Find(".pictures").Text(), "前置审批文件：教育 沪批字 2026-001 号")
	picture, _ := page.Find("[data-picture] a").First().Attr("href")
	response, err := support.Raw(ctx, picture)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	for header, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		require.Equal(t, want, response.Header.Get(header))
	}
	require.True(t, strings.HasPrefix(response.Header.Get("Content-Disposition"), "inline"))
	page, err = support.Page(ctx, link)
	require.NoError(t, err)
	views := strings.Join(page.Find("[data-view] td").Map(func(_ int, cell *goquery.Selection) string {
		return strings.Join(strings.Fields(cell.Text()), " ")
	}), " ")
	require.Contains(t, views, "客服 support 1 工作人员、初审、原图")
	require.Contains(t, views, "客户 demo", "the owner's view is audited too")
	require.NotZero(t, page.Find(`[data-view] [data-actor="support:support"] ~ [data-reason="staff/vetting"]`).Length())

	_, err = s.Store.EnsureUser(ctx, "customer", "other", testdb.PasswordHash(t, "other-password"))
	require.NoError(t, err)
	other, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	require.NoError(t, other.SignIn(ctx, "other", "other-password"))
	for _, path := range []string{own, picture, link} {
		response, err := other.Raw(ctx, path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNotFound, response.StatusCode, path)
	}

	verdict(t, support, "D20260001", "pass", url.Values{"revision": {"1"}})
	wait(t, w, filing.Installing)
	accounts, err := s.Store.Accounts(ctx)
	require.NoError(t, err)
	upload, err := s.Store.Upload(ctx, accounts[0].ID, 1)
	require.NoError(t, err)
	content, err := bureau.Unzip(upload.File)
	require.NoError(t, err)
	require.Contains(t, string(content), base64.StdEncoding.EncodeToString(seen),
		"the uploaded picture is in the data file")
	text := string(bureau.Text(content))
	require.Contains(t, text, "<Qzsph>沪批字 2026-001 号</Qzsph>")
	require.NotContains(t, text, "<Spwj>-</Spwj>")
	require.Equal(t, 7, strings.Count(text, "<Fjnr>"), "the manager's document belongs to holder and site")
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	// The first bytes of JPEGs, with JFIF's header and from Go's encoder: shorter ones occur in ciphertext by chance.
	clean(t, "the database", dump,
		[]string{string(seen[:600]), "沪批字 2026-001 号", "\xff\xd8\xff\xe0\x00\x10JFIF", "\xff\xd8\xff\xdb\x00\x84"})
	clean(t, "the log", readFile(t, log), []string{"沪批字"})
}

// What isn't a readable picture is refused at its field, and nothing else is lost.
func TestRefusedPapersAreExplainedAndLoseNothing(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	base := "/orders/D20260001/filing"
	filled(t, w, base, filingtest.PersonHolder(), url.Values{"name": {"读书笔记"}, "services": {"2"}})
	page, err := w.UploadPapers(ctx, map[string]demo.File{
		"holder_id_front": {Name: "good.jpg", Content: demo.Picture("holder_id_front")},
		"holder_id_back":  {Name: "photo.jpg", Content: []byte("MZ this is a program")},
		"spot_photo":      {Name: "small.jpg", Content: filingtest.Picture(320, 240, 1)},
		"letter":          {Name: "letter.pdf", Content: []byte("%PDF-1.7")},
	}, url.Values{"action": {"next"}})
	require.ErrorContains(t, err, "422")
	for field, text := range map[string]string{"holder_id_back": "不是图片", "spot_photo": "图片太小", "letter": "这个 PDF 打不开"} {
		require.Contains(t, page.Find(fmt.Sprintf(`[data-paper=%q] .error`, field)).Text(), text)
		require.Equal(t, 1, page.Find(fmt.Sprintf(`.summary a[href="#f-%s"]`, field)).Length())
	}
	require.Zero(t, page.Find(`[data-paper="holder_id_front"] .error`).Length())
	require.Equal(t, 1, page.Find(`[data-paper="holder_id_front"] [data-picture]`).Length(), "the good one is kept")

	first := page.Find("[data-picture]").AttrOr("data-picture", "")
	_, err = w.UploadPapers(ctx,
		map[string]demo.File{"holder_id_front": {Name: "again.jpg", Content: demo.Picture("another")}}, nil)
	require.NoError(t, err)
	page, err = w.Page(ctx, base+"/papers")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("[data-picture]").Length(), "a new one replaces the old")
	second := page.Find("[data-picture]").AttrOr("data-picture", "")
	require.NotEqual(t, first, second)
	_, err = w.Download(ctx, "/papers/"+first)
	require.ErrorContains(t, err, "404", "what was never submitted is deleted")
	_, err = w.Post(ctx, base+"/papers/"+second+"/remove", nil)
	require.NoError(t, err)

	_, err = w.Post(ctx, base+"/review", nil)
	require.NoError(t, err)
	stage, err := w.Stage(ctx)
	require.NoError(t, err)
	require.Equal(t, filing.Preparing, stage, "nothing is submitted without its papers")
	page, err = w.Page(ctx, base+"/papers?check=1")
	require.NoError(t, err)
	require.Equal(t, 4, page.Find(".summary li").Length())

	_, err = w.UploadPapers(ctx, map[string]demo.File{"letter": {Name: "big.jpg", Content: make([]byte, 9<<20)}}, nil)
	require.ErrorContains(t, err, "8 MB")
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Reviewing)
	_, err = w.UploadPapers(ctx, map[string]demo.File{"letter": {Name: "late.jpg", Content: demo.Picture("late")}}, nil)
	require.NoError(t, err)
	list, err := s.Store.Papers(ctx, 1)
	require.NoError(t, err)
	require.Len(t, list, 4, "once submitted, nothing can be added")
}

// The pages of papers and letters.
func TestBrowserPapers(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, Vetting: true, ExchangeEvery: seldom})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	filled(t, w, "/orders/D20260001/filing", filingtest.CompanyHolder(),
		url.Values{"name": {"样例公司培训"}, "services": {"1"}, "pre_approvals": {"3"}})
	base := s.PanelURL + "/orders/D20260001/filing"
	small := filepathWith(t, "small.jpg", filingtest.Picture(320, 240, 1))
	for _, v := range corners {
		name, ctx := v.String(), signedIn(t, s, v, stack.DemoCustomer, stack.DemoCustomerPassword)
		require.NoError(t, patiently(ctx,
			chromedp.Navigate(base+"/papers"), chromedp.WaitVisible("[data-papers]"), shot(t, name+"-01-empty"),
			pictures(t, "unit_certificate", "manager_id_front"), upload("#f-spot_photo", small), submit(`[value=next]`),
			chromedp.WaitVisible("#e-spot_photo"), shot(t, name+"-02-problems"),
			chromedp.Navigate(base+"/letter"), chromedp.WaitVisible("[data-letter=letter]"), shot(t, name+"-03-letter"),
			onePage(t, name+"-letter"),
			chromedp.Navigate(base+"/sheet"), chromedp.WaitVisible("[data-letter=sheet]"), shot(t, name+"-04-sheet"),
			onePage(t, name+"-sheet"),
			chromedp.Navigate(base+"/review"), chromedp.WaitVisible(".blocking"), shot(t, name+"-05-review"),
		))
		fits(ctx, t, "papers")
	}
	require.NoError(t, w.Submit(t.Context()))
	wait(t, w, filing.Vetting)
	for _, v := range corners {
		name, ctx := v.String(), signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
		require.NoError(t, patiently(ctx,
			chromedp.Navigate(s.PanelURL+"/support/filings/D20260001/dossier"), chromedp.WaitVisible(".pictures"),
			submit("details summary"), shot(t, name+"-06-staff")))
	}
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page\b`)

// onePage prints as a person would: a letter is one sheet of A4.
func onePage(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		printed, err := chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize())(ctx, target)
		if err != nil {
			return err
		}
		if n := len(pdfPage.FindAll(printed, -1)); n != 1 {
			return fmt.Errorf("%s is printed on %d sheets", name, n)
		}
		if dir := os.Getenv("BEIAN_SHOTS"); dir != "" {
			return os.WriteFile(filepath.Join(dir, t.Name()+"-"+name+".pdf"), printed, 0o600)
		}
		return nil
	})
}
