package cli_test

import (
	"archive/zip"
	"database/sql"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// An operator exports a customer, erases them and does so again; the log has each and names nobody.
func TestCustomersAreExportedAndErased(t *testing.T) {
	b := newBench(t)
	for _, command := range [][]string{{"migrate"}, {"orders", "import", b.write(t, "orders.csv",
		"number,customer,product,domains,mobile,email\nD1,wang,p,www.example.com,13800000001,wang@example.com\n")}} {
		code, _, said := b.run(t, command...)
		require.Zero(t, code, said)
	}
	db, err := sql.Open("mysql", b.db.DSN("beian"))
	require.NoError(t, err)
	defer db.Close()
	code, said, complaints := b.run(t, "customers", "export", "wang", "--file", b.file("wang.zip"))
	require.Zero(t, code, complaints)
	require.Contains(t, said, "wang.zip")
	file, err := zip.OpenReader(b.file("wang.zip"))
	require.NoError(t, err)
	defer file.Close()
	data, err := file.Open("data.json")
	require.NoError(t, err)
	text, err := io.ReadAll(data)
	require.NoError(t, err)
	for _, held := range []string{"wang@example.com", "13800000001", "www.example.com"} {
		require.Contains(t, string(text), held)
	}
	code, _, complaints = b.run(t, "customers", "export", "wang", "--file", b.file("wang.zip"))
	require.Equal(t, 1, code)
	require.Contains(t, complaints, "--file: ", "it overwrites nothing")
	code, _, complaints = b.run(t, "customers", "export", "nobody")
	require.Equal(t, 1, code)
	require.Contains(t, complaints, `there is no customer "nobody"`)

	_, err = db.Exec(`INSERT INTO filings (order_id, customer_id, stage, stage_since, created_at)
		SELECT id, customer_id, 'preparing', NOW(6), NOW(6) - INTERVAL 1 HOUR FROM orders`)
	require.NoError(t, err)
	code, _, complaints = b.run(t, "customers", "erase", "wang")
	require.Equal(t, 1, code)
	require.Contains(t, complaints, "has an open filing: withdraw it")
	_, err = db.Exec(`UPDATE filings SET stage = 'withdrawn'`)
	require.NoError(t, err)
	code, said, complaints = b.run(t, "customers", "erase", "wang", "--reason", "asked")
	require.Zero(t, code, complaints)
	require.Contains(t, said, "Deleted:\n  contact, dossier, papers and messages of 1 filings that are over\n")
	require.Contains(t, said, "Kept:\n")
	for _, personal := range []string{"wang@example.com", "13800000001", "www.example.com"} {
		require.NotContains(t, said+complaints, personal)
	}
	code, said, complaints = b.run(t, "customers", "erase", "1")
	require.Zero(t, code, complaints)
	require.Contains(t, said, "Deleted:\n  nothing\n")

	var entries, named int
	require.NoError(t, db.QueryRow(`SELECT COUNT(*), COALESCE(SUM(object LIKE '%wang%'), 0) FROM audit_entries
		WHERE action LIKE 'customer.%'`).Scan(&entries, &named))
	require.Equal(t, 3, entries)
	require.Zero(t, named)
}
