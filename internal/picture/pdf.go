package picture

import (
	"bytes"
	"regexp"
)

var (
	pdfImage  = regexp.MustCompile(`/Subtype\s*/Image\b`)
	pdfStream = regexp.MustCompile(`\bstream\r?\n`)
	// pdfMore is what a plain scan of one page hasn't: text, objects that can't be
	// looked into, encryption, and everything that acts.
	pdfMore = regexp.MustCompile(`/(Font|ObjStm|Encrypt|JavaScript|JS|Launch|EmbeddedFile|OpenAction|AA|AcroForm|RichMedia)\b`)
)

// scanOf takes the picture out of a PDF as scanners and phones make it: one JPEG and
// nothing else. A PDF with text is refused, because the picture alone wouldn't show it.
// Nothing of a PDF is ever interpreted: picture streams stand in it as they are.
func scanOf(pdf []byte) ([]byte, error) {
	if len(pdfImage.FindAllIndex(pdf, 2)) != 1 || pdfMore.Match(pdf) {
		return nil, ErrPDF
	}
	var found []byte
	for _, at := range pdfStream.FindAllIndex(pdf, -1) {
		body := pdf[at[1]:]
		if !bytes.HasPrefix(body, []byte("\xff\xd8\xff")) {
			continue
		}
		end := bytes.Index(body, []byte("endstream"))
		if end < 0 || found != nil {
			return nil, ErrPDF
		}
		found = body[:end]
	}
	if found == nil {
		return nil, ErrPDF
	}
	return found, nil
}
