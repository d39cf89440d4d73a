package staff

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	rows, err := p.Store.AuditRows(c.Request.Context(), filter, web.QueryID(c, "before"), auditPerPage+1)
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
	data.Rows, data.Next = web.Paged(rows, auditPerPage, func(last store.AuditRow) string {
		return with("/support/audit", "before", web.IdText(last.Seq))
	})
	data.CSV, data.JSONL = with("/support/audit/export", "format", "csv"), with("/support/audit/export", "format", "jsonl")
	return p.Render(c, http.StatusOK, web.Page{Title: "audit.title"}, web.With(auditPage, data))
}

// exportedRow is a row with everything that its hash covers, so that whoever has the key can verify it.
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
	if format != "csv" && format != "jsonl" {
		return web.ErrBadRequest
	}
	if err := p.AuditView(c, "audit.export", "filter", kept.Encode()); err != nil {
		return err
	}
	each := func(write func(exportedRow) error) error {
		return p.Store.EachAuditRow(c.Request.Context(), filter, func(r store.AuditRow) error {
			return write(exportedRow{
				Seq: r.Seq, At: r.At.Format(time.RFC3339Nano), ActorID: r.ActorID, Actor: r.Actor, Role: string(r.Role),
				Action: r.Action, Kind: r.Kind, Object: r.Object,
				Outcome: string(r.Outcome), Of: r.Of, Reason: r.Reason, Sealed: r.Sealed, Hash: hex.EncodeToString(r.Hash),
			})
		})
	}
	if format == "jsonl" {
		return p.SendFile(c, "audit.jsonl", "application/jsonl", func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			return each(func(r exportedRow) error { return encoder.Encode(r) })
		})
	}
	return p.SendCSV(c, "audit.csv", exportedColumns, func(row web.WriteRow) error {
		return each(func(r exportedRow) error {
			return row(web.IdText(r.Seq), r.At, web.IdText(r.ActorID), r.Actor, r.Role, r.Action, r.Kind, r.Object,
				r.Outcome, web.IdText(r.Of), r.Reason, r.Hash)
		})
	})
}
