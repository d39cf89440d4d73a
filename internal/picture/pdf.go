package picture

import (
	"bytes"
	"regexp"
)

var (
	pdfImage  = regexp.MustCompile(`/Subtype\s*/Image\b`)
	pdfStream = regexp.MustCompile(`\bstream\r?\n`)
	// pdfMore is what a plain scan of one page doesn't have: text, objects that can't be inspected, encryption, and
	// everything active.
	pdfMore = regexp.MustCompile(`/(Font|ObjStm|Encrypt|JavaScript|JS|Launch|EmbeddedFile|OpenAction|AA|AcroForm|RichMedia)\b`)
)

// scanOf extracts the picture from a PDF as scanners and phones make it: one JPEG, embedded unchanged, and nothing
// else. Any other PDF is rendered (pagesOf).
func scanOf(pdf []byte) (scan []byte, is bool) {
	if len(pdfImage.FindAllIndex(pdf, 2)) != 1 || pdfMore.Match(pdf) {
		return nil, false
	}
	for _, at := range pdfStream.FindAllIndex(pdf, -1) {
		body := pdf[at[1]:]
		if !bytes.HasPrefix(body, []byte("\xff\xd8\xff")) {
			continue
		}
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 || scan != nil {
			return nil, false
		}
		scan = body[:end]
	}
	return scan, scan != nil
}
