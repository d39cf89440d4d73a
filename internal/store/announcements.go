package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// Announcement is published by the provider (公告).
type Announcement struct {
	ID    int64  `db:"id"`
	Token string `db:"token"`
	// TitleEN and BodyEN may be empty; English readers then see the Chinese.
	TitleZH string `db:"title_zh"`
	TitleEN string `db:"title_en"`
	BodyZH  string `db:"body_zh"`
	BodyEN  string `db:"body_en"`
	Pinned  bool   `db:"pinned"`
	// It is shown from PublishedAt until ExpiresAt.
	PublishedAt time.Time    `db:"published_at"`
	ExpiresAt   sql.NullTime `db:"expires_at"`
	WithdrawnAt sql.NullTime `db:"withdrawn_at"`
	Version     int          `db:"version"`
	CreatedBy   string       `db:"created_by"`
	UpdatedBy   string       `db:"updated_by"`
	UpdatedAt   time.Time    `db:"updated_at"`
}

const announcementSelect = `
	SELECT id, token, title_zh, title_en, body_zh, body_en, pinned, published_at, expires_at, withdrawn_at, version,
		created_by, updated_by, updated_at FROM announcements `

// AddAnnouncement stores a new announcement, once per token, and returns its ID.
func (s *Store) AddAnnouncement(ctx context.Context, n Announcement, actor string) (id int64, err error) {
	now := s.utcNow()
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		return exec(ctx, tx, `
			INSERT INTO announcements (token, title_zh, title_en, body_zh, body_en, pinned, published_at, expires_at, created_by,
			created_at, updated_by, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			n.Token, n.TitleZH, n.TitleEN, n.BodyZH, n.BodyEN, n.Pinned, n.PublishedAt, n.ExpiresAt, actor, now, actor, now)
	})
	if err != nil && !isDuplicate(err) {
		return 0, fmt.Errorf("adding an announcement: %w", err)
	}
	return find[int64](ctx, s.db, "announcement", `SELECT id FROM announcements WHERE token = ?`, n.Token)
}

// EditAnnouncement overwrites the version that the editor saw; ErrConflict if somebody else changed it in the meantime.
func (s *Store) EditAnnouncement(ctx context.Context, n Announcement, actor string) error {
	return s.changeAnnouncement(ctx, `
		UPDATE announcements SET title_zh = ?, title_en = ?, body_zh = ?, body_en = ?, pinned = ?, published_at = ?,
		expires_at = ?, version = version + 1, updated_by = ?, updated_at = ?
		WHERE id = ? AND version = ?`,
		n.TitleZH, n.TitleEN, n.BodyZH, n.BodyEN, n.Pinned, n.PublishedAt, n.ExpiresAt, actor, s.utcNow(), n.ID, n.Version)
}

// WithdrawAnnouncement withdraws an announcement or restores it.
func (s *Store) WithdrawAnnouncement(ctx context.Context, id int64, version int, withdrawn bool, actor string) error {
	now := s.utcNow()
	return s.changeAnnouncement(ctx, `
		UPDATE announcements SET withdrawn_at = ?, version = version + 1, updated_by = ?, updated_at = ? WHERE id = ?
		AND version = ?`, sql.NullTime{Time: now, Valid: withdrawn}, actor, now, id, version)
}

func (s *Store) changeAnnouncement(ctx context.Context, query string, args ...any) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return during(changeOne(ctx, tx, query, args...), "changing an announcement")
	})
}

// shown is the condition for an announcement to be visible; it takes the time twice.
const shown = `withdrawn_at IS NULL AND published_at <= ? AND (expires_at IS NULL OR expires_at > ?)`

// ShownAnnouncements lists the visible announcements, pinned ones first, then the newest.
func (s *Store) ShownAnnouncements(ctx context.Context, limit int) (list []Announcement, err error) {
	now := s.utcNow()
	return selectAll[Announcement](ctx, s.db, announcementSelect+`WHERE `+shown+`
		ORDER BY pinned DESC, published_at DESC, id DESC LIMIT ?`, now, now, limit)
}

// ShownAnnouncement returns a visible announcement.
func (s *Store) ShownAnnouncement(ctx context.Context, id int64) (n Announcement, err error) {
	now := s.utcNow()
	return find[Announcement](ctx, s.db, "announcement", announcementSelect+`WHERE id = ? AND `+shown, id, now, now)
}

// Announcements lists all announcements for staff, newest first, after an ID (0: from the newest).
func (s *Store) Announcements(ctx context.Context, after int64, limit int) ([]Announcement, error) {
	return selectAll[Announcement](ctx, s.db, announcementSelect+`WHERE id < ? ORDER BY id DESC LIMIT ?`,
		idBelow(after), limit)
}

// Announcement returns any announcement, for staff.
func (s *Store) Announcement(ctx context.Context, id int64) (Announcement, error) {
	return find[Announcement](ctx, s.db, "announcement", announcementSelect+`WHERE id = ?`, id)
}
