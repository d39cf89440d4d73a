package web

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// SendFile answers with a file that is written bit by bit. An error aborts the connection: half a file must not look
// whole.
func (k *Kit) SendFile(c *gin.Context, name, contentType string, write func(io.Writer) error) error {
	c.Header("Content-Type", contentType)
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Status(http.StatusOK)
	if err := write(c.Writer); err != nil {
		k.Logger.Error("writing an exported file failed", "file", name, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// WriteRow writes a row of a CSV file.
type WriteRow func(cells ...string) error

// SendCSV answers with a CSV file for spreadsheets: it starts with a byte order mark and a heading row, and no cell can
// run as a formula.
func (k *Kit) SendCSV(c *gin.Context, name string, columns []string, rows func(WriteRow) error) error {
	return k.SendFile(c, name, "text/csv; charset=utf-8", func(w io.Writer) error {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
		out := csv.NewWriter(w)
		row := func(cells ...string) error {
			for i, cell := range cells {
				cells[i] = plainCell(cell)
			}
			return out.Write(cells)
		}
		err := out.Write(columns)
		if err == nil {
			err = rows(row)
		}
		out.Flush()
		return errors.Join(err, out.Error())
	})
}

// plainCell keeps a spreadsheet from running a cell as a formula, by the characters that OWASP lists (CSV Injection).
func plainCell(cell string) string {
	if first, size := utf8.DecodeRuneInString(cell); size > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
