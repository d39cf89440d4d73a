package demo

import (
	"context"
	"hash/fnv"
	"io"
	"net/url"

	"github.com/PuerkitoBio/goquery"

	"github.com/beian/beian/internal/filing/filingtest"
)

// Picture is the sample upload for a field of the page of papers, different for each field. It is no larger than papers
// must be: a demonstration and each end-to-end test upload many.
func Picture(field string) []byte {
	h := fnv.New64a()
	_, _ = io.WriteString(h, field)
	return filingtest.Picture(1000, 700, h.Sum64())
}

// Papers uploads every paper of the page of papers that is missing or was signed before the forms changed, with its
// number if required, and continues. If the kind of filing has no such page, it does nothing.
func (w *Walker) Papers(ctx context.Context) error {
	page, err := w.Page(ctx, w.path("/papers"))
	if err != nil {
		return err
	}
	form := page.Find("form[data-papers]")
	if form.Length() == 0 {
		return nil
	}
	files, texts := map[string]File{}, url.Values{"action": {"next"}}
	form.Find("[data-paper][data-must]").Each(func(_ int, e *goquery.Selection) {
		field, code := e.AttrOr("data-paper", ""), e.Find("[data-statement]").AttrOr("data-statement", "")
		if e.Find("[data-picture]").Length() == 0 || e.Is("[data-outdated]") {
			files[field] = File{field + ".jpg", Picture(field + code)}
		}
		e.Find("input[type=text]").Each(func(_ int, n *goquery.Selection) {
			texts.Set(n.AttrOr("name", ""), "沪批字 2026-001 号")
		})
	})
	if len(files) == 0 && len(texts) == 1 {
		return nil
	}
	_, err = w.UploadPapers(ctx, files, texts)
	return err
}
