package demo

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/PuerkitoBio/goquery"
)

// Upload sends a form with a file, as a browser does; its answer must be a page
// without problems. The page comes with the error too.
func (w *Walker) Upload(ctx context.Context, path string, values url.Values, field, name string, content []byte) (*goquery.Document, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, list := range values {
		for _, v := range list {
			if err := form.WriteField(key, v); err != nil {
				return nil, err
			}
		}
	}
	part, err := form.CreateFormFile(field, name)
	if err != nil {
		return nil, err
	}
	if _, err := part.Write(content); err != nil {
		return nil, err
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.panel+path, &body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Origin", w.panel)
	return w.do(request, http.StatusOK)
}
