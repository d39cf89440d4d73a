package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// Filings may use a value that the bureau has withdrawn, so it stays, marked; other tables are left alone.
func TestCodeTablesAreReplaced(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	row := func(table string, id int, name string, group int, valid bool) store.CodeRow {
		return store.CodeRow{Table: table, ID: id, Name: name, Group: group, Valid: valid}
	}
	require.NoError(t, s.SaveCodeTable(ctx, "other", []store.CodeRow{row("", 1, "o", 0, true)}))
	require.NoError(t, s.SaveCodeTable(ctx, "languages", []store.CodeRow{row("", 2, "former", 0, true), row("", 1, "kept", 0, true)}))
	require.NoError(t, s.SaveCodeTable(ctx, "languages", []store.CodeRow{row("", 1, "renamed", 7, true),
		row("", 3, "not yet", 0, false)}))
	rows, err := s.CodeTables(ctx)
	require.NoError(t, err)
	require.Equal(t, []store.CodeRow{row("languages", 1, "renamed", 7, true), row("languages", 2, "former", 0, false),
		row("languages", 3, "not yet", 0, false), row("other", 1, "o", 0, true)}, rows)
}

// A dossier is stopped by an entry about its holder's document, one of its domains, or a domain above it.
func TestBlacklistNamesWhatIsOnIt(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	d := filingtest.Dossier()
	d.Site.Domains = []string{"www.example.com", "example.net", "shop.example.org"}
	holder := store.HolderKey(d.Holder.DocumentType, d.Holder.DocumentNumber)
	other := store.HolderKey(d.Holder.DocumentType+1, d.Holder.DocumentNumber)
	set := func(kind, value string, removed bool) {
		t.Helper()
		require.NoError(t, s.SetBlacklisted(ctx, kind, value, "detail", removed))
	}
	listed := func(d filing.Dossier) ([]string, bool) {
		domains, holder, err := s.Blacklisted(ctx, d)
		require.NoError(t, err)
		return domains, holder
	}
	set(store.BlacklistHolder, other, false)
	set(store.BlacklistDomain, holder, false)
	set(store.BlacklistHolder, "example.net", false)
	set(store.BlacklistDomain, "mail.example.com", false)
	domains, isListed := listed(d)
	require.Empty(t, domains, "entries about somebody and something else")
	require.False(t, isListed)

	for range 2 { // the bureau repeats itself
		set(store.BlacklistDomain, "example.com", false)
		set(store.BlacklistDomain, "shop.example.org", false)
	}
	domains, isListed = listed(d)
	require.Equal(t, []string{"www.example.com", "shop.example.org"}, domains)
	require.False(t, isListed)
	set(store.BlacklistHolder, holder, false)
	_, isListed = listed(d)
	require.True(t, isListed)

	set(store.BlacklistHolder, holder, true)
	set(store.BlacklistDomain, "example.com", true)
	domains, isListed = listed(d)
	require.Equal(t, []string{"shop.example.org"}, domains)
	require.False(t, isListed)
}

// The content of data files goes after its time; their rows stay, and so does what isn't done with.
func TestDataFilesArePurged(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "one", "310000")
	require.NoError(t, err)
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	const keep = 100 * 24 * time.Hour
	old, recent := now.Add(-keep-time.Second), now.Add(-keep)
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := s.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
	}
	for sequence, accepted := range []any{old, recent, nil} {
		exec(`INSERT INTO bureau_uploads (account_id, sequence, sealed, records, stored_at, accepted_at) VALUES (?, ?, 'x', 1, ?, ?)`,
			account, sequence+1, old, accepted)
	}
	for i, times := range [][2]any{{old, old}, {old, recent}, {nil, old}, {old, nil}} {
		exec(`INSERT INTO bureau_downloads (account_id, file_name, content_hash, sealed, downloaded_at, acknowledged_at, applied_at)
			VALUES (?, ?, REPEAT('x', 32), 'x', ?, ?, ?)`, account, i, old.Add(-time.Duration(i+1)*time.Hour), times[0], times[1])
	}
	purged, err := s.PurgeFiles(ctx, keep)
	require.NoError(t, err)
	require.EqualValues(t, 2, purged)
	files, err := s.Files(ctx, account, 10)
	require.NoError(t, err)
	kept := map[string]bool{}
	for _, f := range files {
		name := f.Direction + f.Name
		if f.Direction == "up" {
			name += map[bool]string{true: " accepted", false: " waiting"}[f.Accepted]
		}
		kept[name] = kept[name] || f.Kept
	}
	require.Len(t, files, 7)
	require.Equal(t, map[string]bool{"up accepted": true, "up waiting": true, "down0": false, "down1": true, "down2": true,
		"down3": true}, kept)
	purged, err = s.PurgeFiles(ctx, keep)
	require.NoError(t, err)
	require.Zero(t, purged, "once")
	latest, err := s.Files(ctx, account, 3)
	require.NoError(t, err)
	require.Len(t, latest, 3)
	others, err := s.EnsureAccount(ctx, "two", "330000")
	require.NoError(t, err)
	none, err := s.Files(ctx, others, 10)
	require.NoError(t, err)
	require.Empty(t, none)
}
