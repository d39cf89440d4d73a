package website

import (
	"bytes"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Encodings of pages besides those that a page declares by name.
const (
	encodingUTF8    = "utf-8"
	encodingGB18030 = "gb18030"
	// encodingASCII is for pages whose encoding is uncertain: what is added is ASCII with numeric entities, which is
	// right in any encoding.
	encodingASCII = "ascii"
)

var (
	bomUTF8  = []byte{0xef, 0xbb, 0xbf}
	bomsWide = [][]byte{{0xff, 0xfe}, {0xfe, 0xff}}
)

// isWide reports whether a page is in UTF-16 or UTF-32, in which tags aren't plain ASCII bytes.
func isWide(page []byte) bool {
	for _, bom := range bomsWide {
		if bytes.HasPrefix(page, bom) {
			return true
		}
	}
	head := page[:min(len(page), 512)]
	return bytes.Count(head, []byte{0}) > len(head)/8
}

// pageEncoding is the encoding for text added to a page. Valid UTF-8 is UTF-8 unless the page says otherwise; a
// declaration counts only if the bytes match it; Chinese pages without one are GB18030.
func pageEncoding(page []byte) string {
	declared := ""
	if m := metaCharset.FindSubmatch(page); m != nil {
		if _, name := charset.Lookup(string(m[1])); name != "" {
			declared = name
		}
	}
	switch {
	case bytes.HasPrefix(page, bomUTF8):
		return encodingUTF8
	case isASCII(page):
		if declared == encodingUTF8 || isChinese(declared) {
			return declared
		}
		return encodingASCII
	case utf8.Valid(page):
		if declared == "" || declared == encodingUTF8 {
			return encodingUTF8
		}
		return encodingASCII // short GBK texts can be valid UTF-8 by chance
	case isChinese(declared) && decodes(page, declared):
		return declared
	case declared == "" || isChinese(declared):
		if decodes(page, encodingGB18030) {
			return encodingGB18030
		}
	}
	return encodingASCII
}

// insertEncoding is pageEncoding, but ASCII if the server declares another encoding: only that is read correctly
// either way.
func insertEncoding(page []byte, contentType string) string {
	name := pageEncoding(page)
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || parameters["charset"] == "" || bytes.HasPrefix(page, bomUTF8) {
		return name
	}
	if _, served := charset.Lookup(parameters["charset"]); served != name &&
		!(served == "gbk" && name == encodingGB18030) {
		return encodingASCII
	}
	return name
}

func isChinese(name string) bool { return name == "gbk" || name == encodingGB18030 || name == "big5" }

func isASCII(b []byte) bool {
	return bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func codec(name string) encoding.Encoding {
	if name == encodingGB18030 {
		return simplifiedchinese.GB18030
	}
	e, _ := charset.Lookup(name)
	return e
}

// decodes reports whether bytes are valid in an encoding.
func decodes(page []byte, name string) bool {
	text, err := codec(name).NewDecoder().Bytes(page)
	return err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}

// encodeFor writes HTML in a page's encoding, with numeric entities for what isn't in it.
func encodeFor(text, name string) []byte {
	if e := codec(name); name != encodingASCII && name != encodingUTF8 && e != nil {
		if encoded, err := encoding.HTMLEscapeUnsupported(e.NewEncoder()).String(text); err == nil {
			return []byte(encoded)
		}
	}
	if name == encodingUTF8 {
		return []byte(text)
	}
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			b.WriteString("&#" + strconv.Itoa(int(r)) + ";")
		}
	}
	return []byte(b.String())
}

// PageText decodes a page for people to read.
func PageText(page []byte) string {
	page = bytes.TrimPrefix(page, bomUTF8)
	name := pageEncoding(page)
	if name == encodingASCII && !utf8.Valid(page) && decodes(page, encodingGB18030) {
		name = encodingGB18030
	}
	if e := codec(name); name != encodingASCII && name != encodingUTF8 && e != nil {
		if text, err := e.NewDecoder().Bytes(page); err == nil {
			page = text
		}
	}
	return strings.ToValidUTF8(string(page), "�")
}
