package demo

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"

	"github.com/PuerkitoBio/goquery"

	"github.com/beian/beian/internal/filing/filingtest"
)

// Picture is the sample that a walker uploads for a field of the page of papers: another
// for each field.
func Picture(field string) []byte {
	h := fnv.New64a()
	_, _ = io.WriteString(h, field)
	return filingtest.Picture(1280, 900, h.Sum64())
}

// File is a file as a browser sends it.
type File struct {
	Name    string
	Content []byte
}

// Papers uploads what the page of papers wants and hasn't got, each with a number where
// it asks for one, and goes on. Where a kind of filing has no such page, it does nothing.
func (w *Walker) Papers(ctx context.Context) error {
	page, err := w.Page(ctx, w.path("/papers"))
	if err != nil {
		return err
	}
	form := page.Find("form[data-papers]")
	if form.Length() == 0 {
		return nil
	}
	files, texts := map[string]File{}, map[string]string{"action": "next"}
	form.Find("[data-paper][data-must]").Each(func(_ int, e *goquery.Selection) {
		if e.Find("[data-picture]").Length() == 0 {
			field := e.AttrOr("data-paper", "")
			files[field] = File{field + ".jpg", Picture(field)}
		}
		e.Find("input[type=text]").Each(func(_ int, n *goquery.Selection) {
			texts[n.AttrOr("name", "")] = "沪批字 2026-001 号"
		})
	})
	if len(files) == 0 && len(texts) == 1 {
		return nil
	}
	_, err = w.UploadPapers(ctx, files, texts)
	return err
}

// UploadPapers sends the page of papers with files and texts; its answer must be a page
// without problems.
func (w *Walker) UploadPapers(ctx context.Context, files map[string]File, texts map[string]string) (*goquery.Document, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, f := range files {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, field, f.Name)}, "Content-Type": {"image/jpeg"},
		})
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.Content); err != nil {
			return nil, err
		}
	}
	for name, text := range texts {
		if err := form.WriteField(name, text); err != nil {
			return nil, err
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.panel+w.path("/papers"), &body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", w.panel)
	return w.do(request, http.StatusOK)
}
