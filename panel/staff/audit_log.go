package staff

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const auditPerPage = 100

type auditData struct {
	Rows []store.AuditRow
	// Query is the filter, Next the address of the next page.
	Query url.Values
	Next  string
	// CSV and JSONL export what the filter chooses.
	CSV, JSONL string
}

// auditFields are the filter's parameters.
var auditFields = []string{"actor", "action", "kind", "object", "from", "until"}

// auditFilter reads the filter. Days are China's; an invalid one is ignored.
func auditFilter(q url.Values) (f store.AuditFilter, kept url.Values) {
	kept = url.Values{}
	for _, name := range auditFields {
		if value := strings.TrimSpace(q.Get(name)); value != "" {
			kept.Set(name, value)
		}
	}
	f = store.AuditFilter{Actor: kept.Get("actor"), Action: kept.Get("action"), Kind: kept.Get("kind"),
		Object: kept.Get("object")}
	if day, err := time.ParseInLocation(time.DateOnly, kept.Get("from"), web.China); err == nil {
		f.From = day
	}
	if day, err := time.ParseInLocation(time.DateOnly, kept.Get("until"), web.China); err == nil {
		f.Until = day.AddDate(0, 0, 1)
	}
	return f, kept
}

// auditPage lists what staff did, newest first.
func (p *Pages) auditPage(c *gin.Context) error {
	filter, kept := auditFilter(c.Request.URL.Query())
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64) // nonsense is the newest
	rows, err := p.Store.AuditRows(c.Request.Context(), filter, before, auditPerPage+1)
	if err != nil {
		return err
	}
	data := auditData{Query: kept}
	with := func(path, name, value string) string {
		q := url.Values{name: {value}}
		for k, v := range kept {
			q[k] = v
		}
		return path + "?" + q.Encode()
	}
	if len(rows) > auditPerPage {
		rows = rows[:auditPerPage]
		data.Next = with("/support/audit", "before", strconv.FormatInt(rows[auditPerPage-1].Seq, 10))
	}
	data.Rows = rows
	data.CSV, data.JSONL = with("/support/audit/export", "format", "csv"), with("/support/audit/export", "format", "jsonl")
	return p.Render(c, http.StatusOK, web.Page{Title: "audit.title"}, func(page *web.Page) templ.Component {
		return auditPage(page, data)
	})
}

// exportedRow is a row with everything that its hash covers, so that whoever has the key can
// verify it.
type exportedRow struct {
	Seq     int64  `json:"seq"`
	At      string `json:"at"`
	ActorID int64  `json:"actor_id"`
	Actor   string `json:"actor"`
	Role    string `json:"role"`
	Action  string `json:"action"`
	Kind    string `json:"object_kind"`
	Object  string `json:"object"`
	Outcome string `json:"outcome"`
	Of      int64  `json:"of,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Sealed  []byte `json:"sealed_reason,omitempty"`
	Hash    string `json:"hash"`
}

var exportedColumns = []string{"seq", "at", "actor_id", "actor", "role", "action", "object_kind", "object", "outcome",
	"of", "reason", "hash"}

// exportAudit sends the rows that the filter chooses, oldest first. The export itself is audited
// first: it is the last row, if the filter chooses it.
func (p *Pages) exportAudit(c *gin.Context) error {
	filter, kept := auditFilter(c.Request.URL.Query())
	format := c.Query("format")
	var write func(exportedRow) error
	var end func() error
	var contentType string
	switch format {
	case "csv":
		contentType, write, end = csvExport(c.Writer)
	case "jsonl":
		encoder := json.NewEncoder(c.Writer)
		contentType, write, end = "application/jsonl", func(r exportedRow) error { return encoder.Encode(r) },
			func() error { return nil }
	default:
		return web.ErrBadRequest
	}
	if err := p.AuditView(c, "audit.export", "filter", kept.Encode()); err != nil {
		return err
	}
	c.Header("Content-Type", contentType)
	c.Header("Content-Disposition", `attachment; filename="audit.`+format+`"`)
	err := p.Store.EachAuditRow(c.Request.Context(), filter, func(r store.AuditRow) error {
		return write(exportedRow{
			Seq: r.Seq, At: r.At.Format(time.RFC3339Nano), ActorID: r.ActorID, Actor: r.Actor, Role: string(r.Role),
			Action: r.Action, Kind: r.Kind, Object: r.Object,
			Outcome: string(r.Outcome), Of: r.Of, Reason: r.Reason, Sealed: r.Sealed, Hash: hex.EncodeToString(r.Hash),
		})
	})
	if err == nil {
		err = end()
	}
	if err != nil { // half a file must not look whole
		p.Logger.Error("the export of the audit log broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// csvExport writes rows as CSV.
func csvExport(w io.Writer) (contentType string, write func(exportedRow) error, end func() error) {
	out := web.NewSheet(w, exportedColumns...)
	write = func(r exportedRow) error {
		return out.Row(strconv.FormatInt(r.Seq, 10), r.At, strconv.FormatInt(r.ActorID, 10), r.Actor, r.Role, r.Action,
			r.Kind, r.Object, r.Outcome, strconv.FormatInt(r.Of, 10), r.Reason, r.Hash)
	}
	return web.CsvType, write, out.End
}
