package web

import (
	"encoding/csv"
	"io"
	"strings"
)

// CsvType is the content type of a CSV file.
const CsvType = "text/csv; charset=utf-8"

// sheet writes CSV for spreadsheets: it starts with a byte order mark, and no cell can run as a formula.
type sheet struct {
	w       io.Writer
	out     *csv.Writer
	columns []string
}

// NewSheet starts a CSV file with a heading row.
func NewSheet(w io.Writer, columns ...string) *sheet {
	return &sheet{w: w, out: csv.NewWriter(w), columns: columns}
}

// beginSession writes the heading row once.
func (s *sheet) beginSession() error {
	if s.columns == nil {
		return nil
	}
	columns := s.columns
	s.columns = nil
	if _, err := io.WriteString(s.w, "\ufeff"); err != nil {
		return err
	}
	return s.out.Write(columns)
}

// Row writes a row.
func (s *sheet) Row(cells ...string) error {
	if err := s.beginSession(); err != nil {
		return err
	}
	for i, cell := range cells {
		cells[i] = plainCell(cell)
	}
	return s.out.Write(cells)
}

// End flushes the file; without rows it still has its heading.
func (s *sheet) End() error {
	if err := s.beginSession(); err != nil {
		return err
	}
	s.out.Flush()
	return s.out.Error()
}

// plainCell keeps a spreadsheet from running a cell as a formula.
func plainCell(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
