package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
)

// ConsentTopic is what a customer consents to.
type ConsentTopic string

// The topics. Sensitive personal data need a consent of their own (个人信息保护法, articles 28 and 29).
const (
	// ConsentPrivacy is the privacy notice.
	ConsentPrivacy ConsentTopic = "privacy"
	// ConsentPapers is the processing of identity documents and photographs.
	ConsentPapers ConsentTopic = "papers"
)

// ConsentTopics lists them in the order in which they are asked.
var ConsentTopics = []ConsentTopic{ConsentPrivacy, ConsentPapers}

// Consent is a customer's consent for a filing.
type Consent struct {
	Topic ConsentTopic `db:"topic"`
	// Version is the text's, Lang the language in which it was read.
	Version     string       `db:"version"`
	Lang        string       `db:"lang"`
	AgreedAt    time.Time    `db:"agreed_at"`
	WithdrawnAt sql.NullTime `db:"withdrawn_at"`
}

// Consents lists a filing's consents, oldest first.
func (s *Store) Consents(ctx context.Context, filingID int64) ([]Consent, error) {
	return selectAll[Consent](ctx, s.db, consentsOf, filingID)
}

const consentsOf = `SELECT topic, version, lang, agreed_at, withdrawn_at FROM consents WHERE filing_id = ? ORDER BY id`

// LackingConsents are the topics for which the latest of a filing's consents isn't to the current version, or was
// withdrawn.
func LackingConsents(list []Consent, version string) (lacking []ConsentTopic) {
	for _, topic := range ConsentTopics {
		current := false
		for _, c := range list {
			if c.Topic == topic {
				current = c.Version == version && !c.WithdrawnAt.Valid
			}
		}
		if !current {
			lacking = append(lacking, topic)
		}
	}
	return lacking
}

// GiveConsent records a customer's consent to texts of a version, as read in a language. Repeating it adds nothing.
func (s *Store) GiveConsent(ctx context.Context, filingID int64, version, lang string, topics ...ConsentTopic) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := lockFiling(ctx, tx, filingID); err != nil {
			return err
		}
		list, err := selectAll[Consent](ctx, tx, consentsOf, filingID)
		if err != nil {
			return err
		}
		lacking := map[ConsentTopic]bool{}
		for _, topic := range LackingConsents(list, version) {
			lacking[topic] = true
		}
		for _, topic := range topics {
			if !lacking[topic] {
				continue
			}
			if err := exec(ctx, tx, `INSERT INTO consents (filing_id, topic, version, lang, agreed_at) VALUES (?, ?, ?, ?, ?)`,
				filingID, topic, version, lang, s.utcNow()); err != nil {
				return err
			}
		}
		return nil
	})
}

// WithdrawConsent withdraws all consents of a filing (个人信息保护法, article 15). What was done before stays lawful.
func (s *Store) WithdrawConsent(ctx context.Context, filingID int64) error {
	return exec(ctx, s.db, `UPDATE consents SET withdrawn_at = ? WHERE filing_id = ? AND withdrawn_at IS NULL`, s.utcNow(),
		filingID)
}
