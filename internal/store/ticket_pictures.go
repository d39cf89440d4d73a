package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// TicketPicture is a picture attached to a ticket, without its content.
type TicketPicture struct {
	ID int64 `db:"id"`
	// Token is that of the ticket or reply that it came with.
	Token    string `db:"token"`
	Position int    `db:"position"`
}

func ticketPictureAAD(token string, position int) string {
	return fmt.Sprintf("ticket_pictures/%s/%d", token, position)
}

// uploads are what pictures take from the quotas of those who attach them.
func uploads(pictures [][]byte, by map[QuotaScope]string) []spending {
	if len(pictures) == 0 {
		return nil
	}
	var size int64
	for _, content := range pictures {
		size += int64(len(content))
	}
	return []spending{{kind: QuotaUpload, amount: int64(len(pictures)), subjects: by},
		{kind: QuotaUploadBytes, amount: size, subjects: by}}
}

// attach stores the pictures of a new ticket or reply.
func (s *Store) attach(ctx context.Context, tx *sqlx.Tx, ticketID int64, token string, pictures [][]byte) error {
	for i, content := range pictures {
		sealed, err := s.keys.Seal(ticketPictureAAD(token, i+1), content)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `INSERT INTO ticket_pictures (ticket_id, token, position, sealed, created_at)
			VALUES (?, ?, ?, ?, ?)`, ticketID, token, i+1, sealed, s.utcNow()); err != nil {
			return err
		}
	}
	return nil
}

// TicketPictures lists a ticket's pictures in order, by the token of what they came with.
func (s *Store) TicketPictures(ctx context.Context, ticketID int64) (map[string][]TicketPicture, error) {
	list, err := selectAll[TicketPicture](ctx, s.db, `SELECT id, token, position FROM ticket_pictures WHERE ticket_id = ?
		ORDER BY id`, ticketID)
	pictures := map[string][]TicketPicture{}
	for _, p := range list {
		pictures[p.Token] = append(pictures[p.Token], p)
	}
	return pictures, during(err, "listing a ticket's pictures")
}

// TicketPictureContent returns a ticket's picture, a JPEG.
func (s *Store) TicketPictureContent(ctx context.Context, ticketID, id int64) ([]byte, error) {
	p, err := find[struct {
		TicketPicture
		Sealed []byte `db:"sealed"`
	}](ctx, s.db, "picture", `SELECT id, token, position, sealed FROM ticket_pictures WHERE id = ? AND ticket_id = ?`,
		id, ticketID)
	if err != nil {
		return nil, err
	}
	return s.keys.Open(ticketPictureAAD(p.Token, p.Position), p.Sealed)
}
