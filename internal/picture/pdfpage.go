package picture

import (
	"errors"
	"fmt"
	"image"
	"io"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Limits on rendering a PDF, which strangers send.
const (
	// renderMemory bounds what PDFium may allocate, in WebAssembly pages of 64 KiB: 192 MiB.
	renderMemory = 3 << 10
	// checkedText is how many characters of a page are checked for their fonts.
	checkedText = 5000
	// firstIdeographic is the first code point of the scripts that PDFium's own fonts lack.
	firstIdeographic = 0x2e80
)

// renderTime bounds one file with all its pages, and the wait for its turn; tests shorten it.
var renderTime = 20 * time.Second

// renderers prepares PDFium when the first PDF arrives: compiling it takes some seconds. It runs as WebAssembly,
// with its own memory and without files, network or scripts; each PDF has its own instance, one at a time.
var renderers = sync.OnceValues(func() (pdfium.Pool, error) {
	return webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1,
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
		RuntimeConfig: wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2 |
			experimental.CoreFeaturesExceptionHandling).
			WithMemoryLimitPages(renderMemory).WithCloseOnContextDone(true),
	})
})

// pagesOf renders a PDF's pages, up to a maximum, with the given long side in pixels; errors are *Error unless
// PDFium itself doesn't work.
func pagesOf(pdf []byte, most, long int) ([]*image.RGBA, error) {
	pool, err := renderers()
	if err != nil {
		return nil, fmt.Errorf("preparing PDFium: %w", err)
	}
	instance, err := pool.GetInstance(renderTime)
	if err != nil {
		return nil, fmt.Errorf("waiting for PDFium: %w", err)
	}
	type answer struct {
		pages []*image.RGBA
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		pages, err := render(instance, pdf, most, long)
		done <- answer{pages, err}
	}()
	timer := time.NewTimer(renderTime)
	defer timer.Stop()
	select {
	case a := <-done:
		_ = instance.Close() // whatever a broken file did to it goes with it
		return a.pages, a.err
	case <-timer.C:
		_ = instance.Kill()
		return nil, ErrPDF
	}
}

// render draws each page; whatever goes wrong is the file's fault.
func render(instance pdfium.Pdfium, pdf []byte, most, long int) (pages []*image.RGBA, err error) {
	defer func() {
		if recover() != nil { // a call into an instance that ran out of memory
			pages, err = nil, ErrPDF
		}
	}()
	doc, err := instance.OpenDocument(&requests.OpenDocument{File: &pdf})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return nil, ErrLocked
	case err != nil:
		return nil, ErrPDF
	}
	count, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	switch {
	case err != nil || count.PageCount < 1:
		return nil, ErrPDF
	case count.PageCount > most:
		return nil, ErrPages
	}
	for i := range count.PageCount {
		page := requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}}
		if legible, err := legible(instance, page); err != nil {
			return nil, ErrPDF
		} else if !legible {
			return nil, ErrFonts
		}
		drawn, err := instance.RenderPageInPixels(&requests.RenderPageInPixels{
			Page: page, Width: long, Height: long, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT, // seals are annotations
		})
		if err != nil || drawn.Result.RenderedImage == nil {
			return nil, ErrPDF
		}
		pages = append(pages, scaled(drawn.Result.RenderedImage, long, 1)) // a copy: the instance's memory goes away
		drawn.Cleanup()
	}
	return pages, nil
}

// legible reports whether a page can be drawn as intended: a font that is named but not embedded leaves Chinese
// characters blank.
func legible(instance pdfium.Pdfium, page requests.Page) (bool, error) {
	text, err := instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: page})
	if err != nil {
		return false, err
	}
	count, err := instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text.TextPage})
	if err != nil {
		return false, err
	}
	for i := range min(count.Count, checkedText) {
		char, err := instance.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text.TextPage, Index: i})
		if err != nil {
			return false, err
		}
		if char.Unicode != 0 && char.Unicode < firstIdeographic {
			continue
		}
		if embedded, err := embedded(instance, text.TextPage, i); err != nil || !embedded {
			return false, err
		}
	}
	return true, nil
}

func embedded(instance pdfium.Pdfium, text references.FPDF_TEXTPAGE, i int) (bool, error) {
	object, err := instance.FPDFText_GetTextObject(&requests.FPDFText_GetTextObject{TextPage: text, Index: i})
	if err != nil {
		return false, err
	}
	font, err := instance.FPDFTextObj_GetFont(&requests.FPDFTextObj_GetFont{PageObject: object.TextObject})
	if err != nil {
		return false, err
	}
	is, err := instance.FPDFFont_GetIsEmbedded(&requests.FPDFFont_GetIsEmbedded{Font: font.Font})
	return err == nil && is.IsEmbedded, err
}
