package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// CodeKey is the key of the message with a channel's code of a filing.
func CodeKey(filingID int64, ch filing.Channel, send int) string {
	return fmt.Sprintf("code-%d-%s-%d", filingID, ch, send)
}

// CorrectionKey is the key of the message with the code of a corrected address, AccountCodeKey that with a code for an
// account.
func CorrectionKey(id int64, send int) string { return fmt.Sprintf("correction-%d-%d", id, send) }

// AccountCodeKey is described at CorrectionKey.
func AccountCodeKey(id int64, send int) string { return fmt.Sprintf("account-code-%d-%d", id, send) }

// MessageSent reports whether the message of a key was sent.
func (s *Store) MessageSent(ctx context.Context, key string) (bool, error) {
	return get[bool](ctx, s.db, `SELECT EXISTS (SELECT 1 FROM messages WHERE message_key = ?)`, key)
}

// Message is a message that was sent.
type Message struct {
	Key        string
	FilingID   int64
	Channel    filing.Channel
	Template   string
	ProviderID string
}

// BeginMessage records that a message is about to be sent. If it was begun before, it returns when, because then it may
// have been sent. Temporal's attempt count isn't enough: a resumed step, or an activity that staff run at once, starts
// counting again.
func (s *Store) BeginMessage(ctx context.Context, key string) (begun time.Time, before bool, err error) {
	begun = s.utcNow()
	fresh, err := changed(ctx, s.db, beginMessage, key, begun)
	if err != nil || fresh {
		return begun, false, err
	}
	first, found, err := getOptional[time.Time](ctx, s.db, `SELECT begun_at FROM message_tries WHERE message_key = ?`, key)
	if found { // otherwise it was just recorded as sent
		begun = first
	}
	return begun, true, err
}

const beginMessage = `INSERT IGNORE INTO message_tries (message_key, begun_at) VALUES (?, ?)`

// BeginNotice is BeginMessage for a message without a code, which it takes from its recipient's quota, once however
// often it is tried. If the quota is used up (ErrQuota), the message isn't begun and may be later.
func (s *Store) BeginNotice(ctx context.Context, key string, ch filing.Channel, to string) (begun time.Time,
	before bool, err error) {
	begun = s.utcNow()
	fresh := false
	err = s.tx(ctx, func(tx *sqlx.Tx) (err error) {
		if fresh, err = changed(ctx, tx, beginMessage, key, begun); err != nil || !fresh {
			return err
		}
		kind := QuotaMailNotice
		if ch == filing.SMS {
			kind = QuotaSMSNotice
		}
		return s.spend(ctx, tx, spending{kind: kind, subjects: map[QuotaScope]string{ByRecipient: recipientSubject(ch, to)}})
	})
	if err != nil || fresh {
		return begun, false, err
	}
	return s.BeginMessage(ctx, key) // begun before
}

// NoteMessage records that a message was sent.
func (s *Store) NoteMessage(ctx context.Context, m Message) error {
	return execAll(ctx, s.db,
		fragmentOf(`INSERT IGNORE INTO messages (message_key, filing_id, channel, template, provider_id, sent_at)
			VALUES (?, ?, ?, ?, ?, ?)`, m.Key, m.FilingID, m.Channel, m.Template, m.ProviderID, s.utcNow()),
		fragmentOf(`DELETE FROM message_tries WHERE message_key = ?`, m.Key))
}

// SentMessage is a message that a provider or mail server accepted.
type SentMessage struct {
	Channel  filing.Channel `db:"channel"`
	Template string         `db:"template"`
	// ProviderID is its receipt: Aliyun's BizId, or a mail's message ID.
	ProviderID string    `db:"provider_id"`
	SentAt     time.Time `db:"sent_at"`
	// Delivery is what became of it; its outcome is empty where nobody records that.
	filing.Delivery
}

// SentMessages lists a filing's messages, oldest first.
func (s *Store) SentMessages(ctx context.Context, filingID int64) ([]SentMessage, error) {
	return selectAll[SentMessage](ctx, s.db, `SELECT m.channel, m.template, m.provider_id, m.sent_at,
			COALESCE(d.outcome, '') AS outcome, COALESCE(d.fault, '') AS fault, COALESCE(d.code, '') AS code,
			COALESCE(d.words, '') AS words, COALESCE(d.settled_at, m.sent_at) AS at
		FROM messages m LEFT JOIN message_deliveries d ON d.message_key = m.message_key
		WHERE m.filing_id = ? ORDER BY m.sent_at, m.message_key`, filingID)
}
