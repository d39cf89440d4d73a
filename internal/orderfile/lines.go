package orderfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

const (
	// peekSize is how much of a file is read to tell its encoding.
	peekSize = 64 << 10
	// maxLine bounds a line; a web space and a hundred domains take a few thousand bytes.
	maxLine = 1 << 20
	// maxJoined is how many lines a quoted field may span: lists of domains and addresses may have one on each line.
	maxJoined = 200
)

// lines splits a file into records. encoding/csv alone would take everything after a stray quote for one field; here
// such a quote costs its own line.
type lines struct {
	scan *bufio.Scanner
	// ahead are lines that were read to end a quoted field that didn't end.
	ahead []string
	// joined are the lines that continued the last record.
	joined []string
	line   int
	comma  rune
	one    *csv.Reader
	feed   *strings.Reader
	gbk    bool
	// utf8 says that a line with characters beyond ASCII was UTF-8, so a later one must be too.
	utf8 bool
}

// newLines recognises UTF-8 with or without a byte order mark, UTF-16 with one, and GBK.
func newLines(r io.Reader) (*lines, error) {
	b := bufio.NewReaderSize(r, peekSize)
	head, err := b.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	l := &lines{feed: strings.NewReader("")}
	var text io.Reader = b
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		text, l.utf8 = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(b), true
	case bytes.IndexByte(head, 0) >= 0:
		return nil, errors.New("the file isn't a text file in UTF-8, UTF-16 with a byte order mark, or GBK; " +
			"save it as CSV UTF-8")
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
		l.utf8 = true
	default:
		l.gbk = looksLikeGBK(head)
	}
	l.scan = bufio.NewScanner(text)
	l.scan.Buffer(nil, maxLine)
	return l, nil
}

// looksLikeGBK goes by most lines: a damaged line in UTF-8 isn't valid, and a short one in GBK can look like UTF-8.
func looksLikeGBK(head []byte) bool {
	whole := head
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 && len(head) == peekSize {
		whole = head[:i] // the last line is cut
	}
	balance := 0
	for line := range bytes.SplitSeq(whole, []byte("\n")) {
		switch {
		case !utf8.Valid(line):
			balance++
		case bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }):
			balance--
		}
	}
	return balance > 0
}

// header reads the first line, finds out what separates its columns, and returns their names.
func (l *lines) header() ([]string, error) {
	text, err := l.next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sep, ok := strings.CutPrefix(text, "sep="); ok && len(sep) == 1 { // Excel's own mark
		if text, err = l.next(); err != nil {
			return nil, err
		}
	}
	l.comma = ','
	for _, other := range ";\t" {
		if strings.Count(text, string(other)) > strings.Count(text, string(l.comma)) {
			l.comma = other
		}
	}
	l.one = l.reader(l.feed)
	return l.parse(text)
}

func (l *lines) reader(r io.Reader) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.TrimLeadingSpace = l.comma, -1, l.comma != '\t'
	return c
}

// next returns the next line that isn't blank.
func (l *lines) next() (string, error) {
	for {
		l.line++
		var text string
		if len(l.ahead) > 0 {
			text, l.ahead = l.ahead[0], l.ahead[1:]
		} else {
			var err error
			if text, err = l.read(); err != nil {
				return "", err
			}
		}
		if strings.TrimSpace(text) != "" {
			return l.decode(text)
		}
	}
}

func (l *lines) read() (string, error) {
	if l.scan.Scan() {
		return l.scan.Text(), nil
	}
	err := l.scan.Err()
	if err == nil {
		return "", io.EOF
	}
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("line %d is longer than %d bytes", l.line+len(l.ahead), maxLine)
	}
	return "", err
}

// decode returns a line as UTF-8. GBK has no line break or quote inside a character, so lines can be split before.
func (l *lines) decode(text string) (string, error) {
	if !l.gbk && !utf8.ValidString(text) {
		if l.utf8 {
			return "", RowError{l.line, "-", "isn't UTF-8, though lines before it are"}
		}
		l.gbk = true // only ASCII before
	}
	if !l.gbk {
		if strings.ContainsRune(text, utf8.RuneError) {
			return "", RowError{l.line, "-", "contains a character that an earlier conversion damaged"}
		}
		l.utf8 = l.utf8 || strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
		return text, nil
	}
	decoded, err := simplifiedchinese.GBK.NewDecoder().String(text)
	if err != nil || strings.ContainsRune(decoded, utf8.RuneError) {
		return "", RowError{l.line, "-", "is neither UTF-8 nor GBK"}
	}
	return decoded, nil
}

// record reads a record, and the number of its first line.
func (l *lines) record(fits func([]string) bool) (record []string, line int, err error) {
	l.joined = nil
	text, err := l.next()
	line = l.line
	if err != nil {
		return nil, line, err
	}
	record, err = l.parse(text)
	if err == nil {
		return record, line, nil
	}
	if record, ok := l.join(text, fits); ok {
		return record, line, nil
	}
	return nil, line, RowError{line, "-", `has a quote that doesn't match; want "…" around a value and "" for a quote in it`}
}

// parse parses a record on one line.
func (l *lines) parse(text string) ([]string, error) {
	l.feed.Reset(text)
	return l.one.Read()
}

// join adds lines to one whose quoted field doesn't end on it, until it does and the record fits; otherwise it puts
// them back.
func (l *lines) join(text string, fits func([]string) bool) ([]string, bool) {
	if strings.Count(text, `"`)%2 == 0 {
		return nil, false
	}
	var joined strings.Builder
	joined.WriteString(text)
	var raw []string
	for len(raw) < maxJoined && joined.Len() < maxLine {
		var more string
		if len(l.ahead) > 0 {
			more, l.ahead = l.ahead[0], l.ahead[1:]
		} else {
			var err error
			if more, err = l.read(); err != nil {
				break
			}
		}
		raw = append(raw, more)
		decoded, err := l.decode(more)
		if err != nil {
			break
		}
		joined.WriteString("\n" + decoded)
		if !strings.Contains(decoded, `"`) {
			continue
		}
		c := l.reader(strings.NewReader(joined.String()))
		record, err := c.Read()
		if err != nil {
			if strings.Count(joined.String(), `"`)%2 == 1 {
				continue
			}
			break
		}
		if _, err := c.Read(); !errors.Is(err, io.EOF) || !fits(record) {
			break
		}
		l.line += len(raw)
		l.joined = raw
		return record, true
	}
	l.ahead = append(raw, l.ahead...)
	return nil, false
}

// unjoin puts back the lines that continued the last record, which turned out to be bad: they may be records.
func (l *lines) unjoin() {
	l.line -= len(l.joined)
	l.ahead = append(l.joined, l.ahead...)
	l.joined = nil
}
