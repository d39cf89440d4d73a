package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// CodeRow is a value in one of the bureau's code tables.
type CodeRow struct {
	Table string `db:"table_name"`
	ID    int    `db:"id"`
	Name  string `db:"name"`
	Group int    `db:"code_group"`
	Valid bool   `db:"valid"`
}

// SaveCodeTable replaces one of the bureau's tables with its latest edition. Removed values stay, marked as not valid,
// because filings may still use them.
func (s *Store) SaveCodeTable(ctx context.Context, name string, rows []CodeRow) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		statements := []fragment{
			fragmentOf(`UPDATE code_tables SET valid = FALSE, updated_at = ? WHERE table_name = ?`, now, name)}
		for _, r := range rows {
			statements = append(statements, fragmentOf(`
				INSERT INTO code_tables (table_name, id, name, code_group, valid, updated_at) VALUES (?, ?, ?, ?, ?, ?)
				ON DUPLICATE KEY UPDATE name = VALUES(name), code_group = VALUES(code_group), valid = VALUES(valid),
				updated_at = VALUES(updated_at)`, name, r.ID, r.Name, r.Group, r.Valid, now))
		}
		return execAll(ctx, tx, statements...)
	})
}

// CodeTables loads all tables that the bureau has sent.
func (s *Store) CodeTables(ctx context.Context) ([]CodeRow, error) {
	return selectAll[CodeRow](ctx, s.db, `SELECT table_name, id, name, code_group, valid FROM code_tables
		ORDER BY table_name, id`)
}

// The kinds of blacklist entries.
const (
	BlacklistDomain = "domain"
	BlacklistHolder = "holder"
)

func (s *Store) blacklistHash(kind, value string) ([]byte, error) {
	return s.keys.Hash("blacklist/"+kind, value)
}

// HolderKey is the blacklist's key for a holder: the document.
func HolderKey(documentType int, documentNumber string) string {
	return fmt.Sprintf("%d/%s", documentType, documentNumber)
}

// SetBlacklisted adds a domain or holder to the blacklist, or removes it.
func (s *Store) SetBlacklisted(ctx context.Context, kind, value, detail string, removed bool) error {
	hash, err := s.blacklistHash(kind, value)
	if err != nil {
		return err
	}
	if removed {
		return exec(ctx, s.db, `DELETE FROM blacklist WHERE entry_hash = ?`, hash)
	}
	sealed, err := s.keys.Seal(fmt.Sprintf("blacklist/%x", hash), []byte(detail))
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `
		INSERT INTO blacklist (entry_hash, kind, sealed_detail, listed_at) VALUES (?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE sealed_detail = VALUES(sealed_detail)`, hash, kind, sealed, s.utcNow())
}

// Blacklisted returns which of a dossier's domains are on the blacklist, and whether its holder is.
func (s *Store) Blacklisted(ctx context.Context, d filing.Dossier) (domains []string, holder bool, err error) {
	of := map[string]string{} // what an entry is about, by its hash; the holder is ""
	add := func(kind, value, about string) {
		hash, failed := s.blacklistHash(kind, value)
		of[string(hash)], err = about, errors.Join(err, failed)
	}
	for _, domain := range d.Site.Domains {
		for _, name := range filing.ListedAs(domain) {
			add(BlacklistDomain, name, domain)
		}
	}
	add(BlacklistHolder, HolderKey(d.Holder.DocumentType, d.Holder.DocumentNumber), "")
	if err != nil {
		return nil, false, err
	}
	listed, err := selectAll[[]byte](ctx, s.db, `SELECT entry_hash FROM blacklist WHERE entry_hash IN (?)`,
		inBytes(slices.Sorted(maps.Keys(of)))) // the same question each time (remember)
	about := map[string]bool{}
	for _, hash := range listed {
		about[of[string(hash)]] = true
	}
	for _, domain := range d.Site.Domains {
		if about[domain] {
			domains = append(domains, domain)
		}
	}
	return domains, about[""], err
}

// inBytes are binary values for an IN (?).
func inBytes(values []string) (list [][]byte) {
	for _, v := range values {
		list = append(list, []byte(v))
	}
	return list
}

// PurgeFiles deletes the content of data files, in both directions, that are older than keep; their rows and effects
// stay. The interface requires keeping them for at least three months (3-3-1-3).
func (s *Store) PurgeFiles(ctx context.Context, keep time.Duration) (purged int64, err error) {
	before := s.utcNow().Add(-keep)
	for _, query := range []string{
		`UPDATE bureau_uploads SET sealed = NULL WHERE sealed IS NOT NULL AND accepted_at < ? LIMIT 1000`,
		`UPDATE bureau_downloads SET sealed = NULL WHERE sealed IS NOT NULL AND acknowledged_at IS NOT NULL AND applied_at < ?
			LIMIT 1000`,
	} {
		n, err := affected(ctx, s.db, query, before)
		if err != nil {
			return purged, err
		}
		purged += n
	}
	return purged, nil
}

// FileRow is a data file of either direction, for the staff's list.
type FileRow struct {
	Direction string    `db:"direction"` // up or down
	ID        int64     `db:"id"`        // sequence of an upload, ID of a download
	Name      string    `db:"name"`
	At        time.Time `db:"at"`
	Accepted  bool      `db:"accepted"`
	Kept      bool      `db:"kept"`
	Refused   bool      `db:"refused"`
}

// Files lists an account's latest data files in both directions.
func (s *Store) Files(ctx context.Context, accountID int64, limit int) ([]FileRow, error) {
	return selectAll[FileRow](ctx, s.db, `
		(SELECT 'up' AS direction, sequence AS id, '' AS name, stored_at AS at, accepted_at IS NOT NULL AS accepted, sealed IS
		NOT NULL AS kept, refused_at IS NOT NULL AS refused
			FROM bureau_uploads WHERE account_id = ? ORDER BY sequence DESC LIMIT ?)
		UNION ALL
		(SELECT 'down', id, file_name, downloaded_at, acknowledged_at IS NOT NULL, sealed IS NOT NULL, unreadable
			FROM bureau_downloads WHERE account_id = ? ORDER BY id DESC LIMIT ?)
		ORDER BY at DESC LIMIT ?`, accountID, limit, accountID, limit, limit)
}
