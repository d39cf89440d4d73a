package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

func downloadAAD(accountID int64, hash []byte) string {
	return fmt.Sprintf("bureau_downloads/%d/%x", accountID, hash)
}

// StoreDownload stores a downloaded data file before it is acknowledged. It finds the existing row for the same file.
func (s *Store) StoreDownload(ctx context.Context, accountID int64, fileName string,
	file []byte) (id int64, err error) {
	hash := sha256.Sum256(file)
	sealed, err := s.keys.Seal(downloadAAD(accountID, hash[:]), file)
	if err != nil {
		return 0, err
	}
	if err := exec(ctx, s.db, `INSERT IGNORE INTO bureau_downloads (account_id, file_name, content_hash, sealed,
		downloaded_at) VALUES (?, ?, ?, ?, ?)`, accountID, fileName, hash[:], sealed, s.utcNow()); err != nil {
		return 0, err
	}
	return get[int64](ctx, s.db, `SELECT id FROM bureau_downloads WHERE account_id = ? AND file_name = ?
		AND content_hash = ?`, accountID, fileName, hash[:])
}

// DownloadAcknowledged records that the bureau knows that a file arrived.
func (s *Store) DownloadAcknowledged(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE bureau_downloads SET acknowledged_at = ? WHERE id = ?
		AND acknowledged_at IS NULL`, s.utcNow(), id)
}

// Download is a stored file from the bureau.
type Download struct {
	ID       int64
	FileName string
	File     []byte
}

// DownloadSpoiled marks a file as damaged and returns since when we have it. Unless acknowledged it isn't applied: the
// bureau may send an intact copy.
func (s *Store) DownloadSpoiled(ctx context.Context, id int64) (since time.Time, err error) {
	if err := exec(ctx, s.db, `UPDATE bureau_downloads SET unreadable = TRUE WHERE id = ? AND applied_at IS NULL`,
		id); err != nil {
		return since, err
	}
	return find[time.Time](ctx, s.db, "downloaded file", `SELECT downloaded_at FROM bureau_downloads WHERE id = ?`, id)
}

// OpenDownloads lists the IDs of files to apply, oldest first.
func (s *Store) OpenDownloads(ctx context.Context, accountID int64) ([]int64, error) {
	return selectAll[int64](ctx, s.db, `SELECT id FROM bureau_downloads WHERE account_id = ? AND applied_at IS NULL
		AND (unreadable = FALSE OR acknowledged_at IS NOT NULL) ORDER BY id`, accountID)
}

// Download returns a stored file from the bureau.
func (s *Store) Download(ctx context.Context, id int64) (d Download, err error) {
	var accountID int64
	var hash, sealed []byte
	if err := scan(ctx, s.db, "downloaded file", fragmentOf(`SELECT id, account_id, file_name, content_hash, sealed
		FROM bureau_downloads WHERE id = ?`, id), &d.ID, &accountID, &d.FileName, &hash, &sealed); err != nil {
		return d, err
	}
	if sealed == nil {
		return d, fmt.Errorf("downloaded file %d: %w", id, ErrPurged)
	}
	d.File, err = s.keys.Open(downloadAAD(accountID, hash), sealed)
	return d, err
}

// DownloadUnreadable sets an unreadable file aside, so that it doesn't block the others.
func (s *Store) DownloadUnreadable(ctx context.Context, id int64) error {
	return exec(ctx, s.db, `UPDATE bureau_downloads SET unreadable = TRUE, applied_at = ? WHERE id = ?
		AND applied_at IS NULL`, s.utcNow(), id)
}
