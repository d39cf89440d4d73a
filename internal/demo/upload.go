package demo

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/PuerkitoBio/goquery"
)

// File is a file as a browser sends it; without a name, none was chosen.
type File struct {
	Name    string
	Content []byte
}

// Upload sends a form with a file, as a browser does; it fails if the answer shows problems. It returns the page
// even then.
func (w *Walker) Upload(ctx context.Context, path string, values url.Values, field, name string,
	content []byte) (*goquery.Document, error) {
	return w.uploadFiles(ctx, path, values, map[string]File{field: {name, content}})
}

// UploadPapers sends the page of papers with files and texts; it fails if the answer shows problems.
func (w *Walker) UploadPapers(ctx context.Context, files map[string]File, texts url.Values) (*goquery.Document, error) {
	return w.uploadFiles(ctx, w.path("/papers"), texts, files)
}

func (w *Walker) uploadFiles(ctx context.Context, path string, values url.Values,
	files map[string]File) (*goquery.Document, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, list := range values {
		for _, v := range list {
			if err := form.WriteField(key, v); err != nil {
				return nil, err
			}
		}
	}
	for field, f := range files {
		part, err := form.CreateFormFile(field, f.Name)
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.Content); err != nil {
			return nil, err
		}
	}
	if err := form.Close(); err != nil {
		return nil, err
	}
	return w.postBody(ctx, path, form.FormDataContentType(), &body)
}

// postBody posts a body as the panel's own pages do.
func (w *Walker) postBody(ctx context.Context, path, contentType string, body io.Reader) (*goquery.Document, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.panel+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Origin", w.panel)
	response, err := w.http.Do(request)
	if err != nil {
		return nil, err
	}
	return pageOf(response)
}
