package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// maxFound limits a look-up in the base, since many people can have the same name.
const maxFound = 50

// Filed is a filing in the base, as last sent by the bureau of an account.
type Filed struct {
	AccountID int64
	UpdatedAt time.Time
	filing.FiledHolder
}

func baseAAD(accountID, holderID int64) string {
	return fmt.Sprintf("bureau_holders/%d/%d", accountID, holderID)
}

// SaveFiled stores the holders that an account's bureau sent (BASJ, SJTB). The latest data of a holder replace all
// earlier data, each holder in one transaction; saving the same data again only changes the time.
func (s *Store) SaveFiled(ctx context.Context, accountID int64, list []filing.FiledHolder) error {
	for _, f := range list {
		if f.HolderID == 0 {
			continue // nothing could ever replace or end it
		}
		if err := s.tx(ctx, func(tx *sqlx.Tx) error { return s.saveFiled(ctx, tx, accountID, f) }); err != nil {
			return fmt.Errorf("saving holder %d of account %d: %w", f.HolderID, accountID, err)
		}
	}
	return nil
}

func (s *Store) saveFiled(ctx context.Context, tx *sqlx.Tx, accountID int64, f filing.FiledHolder) error {
	if err := s.saveHolder(ctx, tx, accountID, f); err != nil {
		return err
	}
	if err := dropSites(ctx, tx, accountID, `holder_id`, f.HolderID); err != nil {
		return err
	}
	for _, site := range f.Sites {
		if site.ID == 0 {
			continue
		}
		// The site may have moved from another holder.
		if err := dropSites(ctx, tx, accountID, `site_id`, site.ID); err != nil {
			return err
		}
		statements := []fragment{fragmentOf(`
			INSERT INTO bureau_sites (account_id, site_id, holder_id, site_number, updated_at) VALUES (?, ?, ?, ?, ?)`,
			accountID, site.ID, f.HolderID, numberKey(site.Number), s.utcNow())}
		for _, d := range site.Domains {
			if domain := filing.DomainKey(d.Name); domain != "" { // others stay in the sealed data
				statements = append(statements, fragmentOf(`INSERT IGNORE INTO bureau_domains (account_id, domain, site_id)
					VALUES (?, ?, ?)`, accountID, domain, site.ID))
			}
		}
		if err := execAll(ctx, tx, statements...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) saveHolder(ctx context.Context, tx *sqlx.Tx, accountID int64, f filing.FiledHolder) error {
	sealed, err := s.keys.SealJSON(baseAAD(accountID, f.HolderID), f)
	if err != nil {
		return err
	}
	document, err := s.documentHash(f.Holder.DocumentType, f.Holder.DocumentNumber)
	if err != nil {
		return err
	}
	name, err := s.nameHash(f.Holder.Name)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `
		INSERT INTO bureau_holders (account_id, holder_id, holder_number, document_hash, name_hash, sealed, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE holder_number = VALUES(holder_number), document_hash =
		VALUES(document_hash), name_hash = VALUES(name_hash), sealed = VALUES(sealed), updated_at = VALUES(updated_at)`,
		accountID, f.HolderID, numberKey(f.Number), document, name, sealed, s.utcNow())
}

// dropSites deletes sites with their domains; column is holder_id or site_id.
func dropSites(ctx context.Context, tx *sqlx.Tx, accountID int64, column string, id int64) error {
	return execAll(ctx, tx,
		fragmentOf(`DELETE d FROM bureau_domains d JOIN bureau_sites w ON w.account_id = d.account_id
			AND w.site_id = d.site_id WHERE w.account_id = ? AND w.`+column+` = ?`, accountID, id),
		fragmentOf(`DELETE FROM bureau_sites WHERE account_id = ? AND `+column+` = ?`, accountID, id))
}

// ForgetFiled deletes what the bureau deregistered (ZXSJ), by its ID: a site, or a holder with all its sites. It is
// idempotent.
func (s *Store) ForgetFiled(ctx context.Context, accountID int64, site bool, id int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if site {
			return s.forgetSite(ctx, tx, accountID, id)
		}
		if err := exec(ctx, tx, `DELETE FROM bureau_holders WHERE account_id = ? AND holder_id = ?`, accountID, id); err != nil {
			return err
		}
		return dropSites(ctx, tx, accountID, `holder_id`, id)
	})
}

func (s *Store) forgetSite(ctx context.Context, tx *sqlx.Tx, accountID, siteID int64) error {
	holder, found, err := getOptional[int64](ctx, tx, `SELECT holder_id FROM bureau_sites WHERE account_id = ?
		AND site_id = ?`, accountID, siteID)
	if err != nil || !found {
		return err
	}
	sealed, found, err := getOptional[[]byte](ctx, tx, `SELECT sealed FROM bureau_holders WHERE account_id = ?
		AND holder_id = ? FOR UPDATE`, accountID, holder)
	if err != nil || !found { // deleted in the meantime, with its sites
		return err
	}
	var f filing.FiledHolder
	if err := s.keys.OpenJSON(baseAAD(accountID, holder), sealed, &f); err != nil {
		return err
	}
	f.Sites = slices.DeleteFunc(f.Sites, func(w filing.FiledSite) bool { return w.ID == siteID })
	if err := s.saveHolder(ctx, tx, accountID, f); err != nil {
		return err
	}
	return dropSites(ctx, tx, accountID, `site_id`, siteID)
}

// numberKey is the look-up key of a filing number; empty if it can't be one.
func numberKey(number string) string {
	if number = filing.StandardNumber(number); len(number) <= 64 {
		return number
	}
	return ""
}

func (s *Store) nameHash(name string) ([]byte, error) {
	return s.keys.Hash("bureau_holders/name", filing.NameKey(name))
}

func (s *Store) documentHash(documentType int, number string) ([]byte, error) {
	return s.keys.Hash("bureau_holders/document", HolderKey(documentType, filing.DocumentNumberKey(number)))
}
