package filing

import (
	"net/http"
	"slices"
	"strings"
)

// MaxPaper is the maximum size, in bytes, of the largest paper, the verification sheet: 150 KB in base64, which is what
// the interface counts (4-1-1-6).
const MaxPaper = 150 << 10 / 4 * 3

// PaperForm is a paper submitted on its own (4-1-1-6): an image.
type PaperForm struct {
	Order string
	Use   int
	// Whose is "holder" or "site".
	Whose   string
	Content []byte
	Remark  string
}

// Validate checks the form.
func (f PaperForm) Validate(t Tables) Problems {
	var p Problems
	if f.Order == "" {
		p.add("order", "required")
	}
	p.choice("use", t.PaperUses, f.Use)
	if f.Whose != "holder" && f.Whose != "site" {
		p.add("whose", "choose")
	}
	switch {
	case len(f.Content) == 0:
		p.add("file", "required")
	case len(f.Content) > MaxPaper:
		p.add("file", "paper_too_big", "max", MaxPaper>>10)
	case f.Format(t) == 0:
		p.add("file", "paper_no_image")
	}
	p.text("remark", f.Remark, false, maxBlockRemark)
	return p
}

// Format is the bureau's code for the content's format; 0 if it doesn't accept it.
func (f PaperForm) Format(t Tables) int {
	names := map[string][]string{"image/jpeg": {"JPG", "JPEG"}, "image/png": {"PNG"}}[http.DetectContentType(f.Content)]
	for _, c := range t.PaperFormats {
		if slices.Contains(names, strings.ToUpper(strings.TrimPrefix(c.Name, "."))) {
			return c.ID
		}
	}
	return 0
}
