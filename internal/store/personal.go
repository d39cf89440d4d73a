package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// personalTable is a table with data about customers, for exports.
type personalTable struct {
	name string
	// of selects a customer's rows; ? is the account's ID. A filing's rows are its own customer's, whoever has the order.
	of string
	// sealed are the sealed columns, with the additional data that each is bound to.
	sealed map[string]func(personalRow) string
}

// filingsOf selects a customer's filings.
const filingsOf = `SELECT f.id FROM filings f JOIN orders o ON o.id = f.order_id WHERE ` + filingCustomer + ` = ?`

const ofFiling = `filing_id IN (` + filingsOf + `)`

type sealedColumns = map[string]func(personalRow) string

func addressColumns(aad func(int64, filing.Channel) string, prefix string) sealedColumns {
	columns := sealedColumns{}
	for ch, name := range map[filing.Channel]string{filing.Mail: "email", filing.SMS: "mobile"} {
		columns[prefix+name] = func(r personalRow) string { return aad(r.number("id"), ch) }
	}
	return columns
}

// personalTables are the tables that an export contains.
var personalTables = []personalTable{
	{"users", `id = ?`, func() sealedColumns {
		columns := addressColumns(contactAddressAAD, "sealed_")
		maps.Copy(columns, addressColumns(providerAddressAAD, "sealed_provider_"))
		return columns
	}()},
	{"user_sessions", `user_id = ?`, nil},
	{"api_customers", `user_id = ?`, nil},
	{"launches", `user_id = ?`, nil},
	{"account_codes", `user_id = ?`, sealedColumns{
		"sealed_address": func(r personalRow) string { return accountCodeAAD(r.number("id")) }}},
	{"orders", `customer_id = ?`, sealedColumns{
		"sealed_web_space": func(r personalRow) string { return orderAAD(r.text("number")) }}},
	{"sites", `order_id IN (SELECT id FROM orders WHERE customer_id = ?)`, nil},
	{"holders", `customer_id = ?`, sealedColumns{
		"sealed": func(r personalRow) string { return holderAAD(r.number("id")) }}},
	{"order_domains", `order_id IN (SELECT id FROM orders WHERE customer_id = ?)`, nil},
	{"order_ips", `order_id IN (SELECT id FROM orders WHERE customer_id = ?)`, nil},
	{"order_drafts", `user_id = ?`, sealedColumns{"sealed": func(r personalRow) string {
		return OrderDraft(r.number("order_id"), r.number("user_id"), r.text("form")).aad
	}}},
	{"filings", `id IN (` + filingsOf + `)`, nil},
	{"filing_events", ofFiling, nil},
	{"consents", ofFiling, nil},
	{"contacts", ofFiling, sealedColumns{
		"sealed": func(r personalRow) string { return contactAAD(r.number("filing_id")) }}},
	{"verifications", ofFiling, nil},
	{"contact_corrections", ofFiling, sealedColumns{
		"sealed_old":     func(r personalRow) string { return correctionAAD(r.text("token"), "old") },
		"sealed_new":     func(r personalRow) string { return correctionAAD(r.text("token"), "new") },
		"sealed_picture": func(r personalRow) string { return correctionAAD(r.text("token"), "picture") }}},
	{"drafts", ofFiling, sealedColumns{
		"sealed": func(r personalRow) string { return FilingDraft(r.number("filing_id"), r.text("form")).aad }}},
	{"dossiers", ofFiling, sealedColumns{
		"sealed": func(r personalRow) string { return dossierAAD(r.number("filing_id"), int(r.number("revision"))) }}},
	{"papers", ofFiling, sealedColumns{
		"sealed": personalRow.paperAAD, "sealed_thumb": func(r personalRow) string { return r.paperAAD() + "/thumb" }}},
	{"dossier_papers", ofFiling, nil},
	{"paper_views", `paper_id IN (SELECT id FROM papers WHERE ` + ofFiling + `)`, nil},
	{"send_backs", ofFiling, sealedColumns{
		"sealed_reason": func(r personalRow) string {
			return sendBackAAD(r.number("filing_id"), int(r.number("revision")))
		}}},
	{"records", ofFiling, nil},
	{"decisions", `record_id IN (SELECT id FROM records WHERE ` + ofFiling + `)`, sealedColumns{
		"sealed_opinion":  func(r personalRow) string { return opinionAAD(r.number("record_id")) },
		"sealed_password": func(r personalRow) string { return passwordAAD(r.number("record_id")) }}},
	{"messages", ofFiling, nil},
	{"customer_notices", ofFiling, nil},
	{"site_checks", ofFiling, nil},
	{"printed_statements", ofFiling, nil},
	{"footer_edits", ofFiling, sealedColumns{
		"sealed_original": func(r personalRow) string { return footerAAD(r.number("id"), "original") },
		"sealed_new":      func(r personalRow) string { return footerAAD(r.number("id"), "new") }}},
	{"tickets", `customer_id = ?`, sealedColumns{"sealed": func(r personalRow) string { return ticketAAD(r.text("token")) }}},
	{"ticket_answers", `ticket_id IN (SELECT id FROM tickets WHERE customer_id = ?)`, sealedColumns{
		"sealed": func(r personalRow) string { return answerAAD(r.text("token")) }}},
	{"ticket_pictures", `ticket_id IN (SELECT id FROM tickets WHERE customer_id = ?)`, sealedColumns{
		"sealed": func(r personalRow) string { return ticketPictureAAD(r.text("token"), int(r.number("position"))) }}},
}

// personalRow is a row as the database has it.
type personalRow map[string]any

func (r personalRow) text(column string) string {
	switch v := r[column].(type) {
	case []byte:
		return string(v)
	case nil:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

func (r personalRow) number(column string) int64 {
	n, _ := strconv.ParseInt(r.text(column), 10, 64) // a column of IDs: 0 opens nothing
	return n
}

func (r personalRow) paperAAD() string {
	return paperAAD(r.number("filing_id"), r.text("paper"), int(r.number("item")), []byte(r.text("content_hash")))
}

// ExportedTable is what a table holds about a customer.
type ExportedTable struct {
	Name string           `json:"table"`
	Rows []map[string]any `json:"rows"`
}

// ExportCustomer reads everything that is held about a customer, as JSON values; keep stores what is a file, such as a
// picture, and returns its name. Hashes, codes and passwords of accounts and web spaces are left out.
//
// The transaction writes the context's audit entry and sees one state of the database.
func (s *Store) ExportCustomer(ctx context.Context, id int64,
	keep func(table string, n int, column string, content []byte) (name string, err error)) ([]ExportedTable, error) {
	var list []ExportedTable
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		list = nil
		if err := isCustomer(ctx, tx, id); err != nil {
			return err
		}
		for _, t := range personalTables {
			rows, err := s.exportTable(ctx, tx, t, id, keep)
			if err != nil {
				return during(err, "exporting %s", t.name)
			}
			list = append(list, ExportedTable{t.name, rows})
		}
		return nil
	})
	return list, during(err, "exporting customer %d", id)
}

// isCustomer locks an account; ErrNotCustomer if it is staff's.
func isCustomer(ctx context.Context, tx *sqlx.Tx, id int64) error {
	role, err := find[Role](ctx, tx, "customer", `SELECT role FROM users WHERE id = ? FOR UPDATE`, id)
	if err == nil && role != RoleCustomer {
		err = ErrNotCustomer
	}
	return err
}

func (s *Store) exportTable(ctx context.Context, tx *sqlx.Tx, t personalTable, id int64,
	keep func(string, int, string, []byte) (string, error)) (list []map[string]any, err error) {
	rows, err := tx.QueryxContext(ctx, `SELECT * FROM `+t.name+` WHERE `+t.of, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	binary := map[string]bool{}
	for _, c := range types {
		kind := c.DatabaseTypeName()
		binary[c.Name()] = strings.HasSuffix(kind, "BLOB") || strings.HasSuffix(kind, "BINARY")
	}
	for n := 1; rows.Next(); n++ {
		row := personalRow{}
		if err := rows.MapScan(row); err != nil {
			return nil, err
		}
		shown := map[string]any{}
		for column, value := range row {
			aad, isSealed := t.sealed[column]
			if value == nil || !isSealed && (secretColumn(column) || binary[column] && column != "certificate") {
				continue
			}
			content, isBytes := value.([]byte)
			if isSealed {
				if content, err = s.keys.Open(aad(row), content); err != nil {
					return nil, err
				}
			}
			name := exportedName(column)
			file := func() (string, error) { return keep(t.name, n, name, content) }
			if shown[name], err = readable(value, content, isBytes, isSealed || binary[column], file); err != nil {
				return nil, err
			}
		}
		list = append(list, shown)
	}
	return list, rows.Err()
}

// exportedName is a column's name in an export, where nothing is sealed.
func exportedName(column string) string {
	if column == "sealed" {
		return "content"
	}
	return strings.TrimPrefix(column, "sealed_")
}

// secretColumn reports whether a column tells people nothing or lets others in.
func secretColumn(name string) bool {
	return strings.HasSuffix(name, "_hash") || slices.Contains([]string{"nonce", "token", "writer"}, name)
}

// readable turns a value into what JSON shows: times and texts as they are, JSON as its values, and the rest as a file.
func readable(value any, content []byte, isBytes, maybeFile bool, file func() (string, error)) (any, error) {
	switch {
	case !isBytes:
		if at, ok := value.(time.Time); ok {
			return at.UTC().Format(time.RFC3339), nil
		}
		return value, nil
	case !maybeFile:
		return string(content), nil
	case json.Valid(content):
		var v any
		err := json.Unmarshal(content, &v)
		if m, ok := v.(map[string]any); ok {
			delete(m, "password") // of a web space
		}
		return v, err
	case utf8.Valid(content) && len(content) < maxReason*utf8.UTFMax:
		return string(content), nil
	}
	name, err := file()
	return map[string]string{"file": name}, err
}
