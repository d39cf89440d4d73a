package store

import (
	"context"
	"time"

	"github.com/beian/beian/internal/filing"
)

// deliveryPauses are the times after the sending of an SMS at which its provider is asked what became of it, if it
// hasn't reported that by itself. Operators' receipts come within seconds, and after 72 hours never.
var deliveryPauses = []time.Duration{
	2 * time.Minute, 4 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour, day, 3 * day,
}

// addressUse is the use of the keyed hash of a channel's addresses.
func addressUse(ch filing.Channel) string { return contactAddressColumns[ch].use }

// keepDeliveries is how long outcomes are kept after they are known, for questions about what was sent.
const keepDeliveries = 180 * 24 * time.Hour

func deliveryAAD(key string) string { return "message_deliveries/" + key }

// BeginDelivery records that a message is about to go out, so that its outcome can be recorded, however early that
// comes. mailID is a mail's Message-ID. A message that is tried again is pending again, unless it arrived.
func (s *Store) BeginDelivery(ctx context.Context, key string, ch filing.Channel, to, mailID string) error {
	hash, err := s.keys.Hash(addressUse(ch), to)
	if err != nil {
		return err
	}
	var sealed []byte
	var ask *time.Time
	now := s.utcNow()
	if ch == filing.SMS { // a mail server can't be asked
		if sealed, err = s.keys.SealJSON(deliveryAAD(key), to); err != nil {
			return err
		}
		at := now.Add(deliveryPauses[0])
		ask = &at
	}
	return exec(ctx, s.db, `
		INSERT INTO message_deliveries (message_key, channel, mail_id, to_hash, sealed_to, begun_at, outcome, ask_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE
			sealed_to = IF(outcome = 'delivered', sealed_to, VALUES(sealed_to)),
			ask_at = IF(outcome = 'delivered', ask_at, VALUES(ask_at)),
			begun_at = IF(outcome = 'delivered', begun_at, VALUES(begun_at)),
			asked = IF(outcome = 'delivered', asked, 0),
			fault = IF(outcome = 'delivered', fault, ''),
			settled_at = IF(outcome = 'delivered', settled_at, NULL),
			outcome = IF(outcome = 'delivered', outcome, 'pending')`,
		key, ch, mailID, hash, sealed, now, filing.OutcomePending, ask)
}

// SettleSMS records the outcome of an SMS by its key, and reports whether there is such a message to that number. What
// an operator reported first counts, unless the message arrived after all.
func (s *Store) SettleSMS(ctx context.Context, key, to string, d filing.Delivery) (bool, error) {
	return s.settle(ctx, fragmentOf(`message_key = ? AND channel = ?`, key, filing.SMS), filing.SMS, to, d)
}

// SettleMail is SettleSMS for a mail, by its Message-ID.
func (s *Store) SettleMail(ctx context.Context, mailID, to string, d filing.Delivery) (bool, error) {
	if mailID == "" {
		return false, nil
	}
	return s.settle(ctx, fragmentOf(`mail_id = ? AND channel = ?`, mailID, filing.Mail), filing.Mail, to, d)
}

func (s *Store) settle(ctx context.Context, which fragment, ch filing.Channel, to string,
	d filing.Delivery) (known bool, err error) {
	row, found, err := getOptional[struct {
		Key  string `db:"message_key"`
		Hash []byte `db:"to_hash"`
	}](ctx, s.db, `SELECT message_key, to_hash FROM message_deliveries WHERE `+which.sql, which.args...)
	if err != nil || !found {
		return false, err
	}
	// Whoever reports must know whom the message went to: reports aren't signed.
	if same, err := s.keys.Same(row.Hash, addressUse(ch), to); err != nil || !same {
		return false, err
	}
	at := d.At
	if at.IsZero() {
		at = s.utcNow()
	}
	settled, err := changed(ctx, s.db, `UPDATE message_deliveries SET outcome = ?, fault = ?, code = ?, words = ?,
		settled_at = ?, sealed_to = NULL, ask_at = NULL
		WHERE message_key = ? AND (outcome IN (?, ?) OR outcome = ? AND ? = ?)`,
		d.Outcome, d.Fault, d.Code, d.Words, at.UTC(), row.Key, filing.OutcomePending, filing.OutcomeUnknown,
		filing.OutcomeRefused, d.Outcome, filing.OutcomeDelivered)
	switch {
	case err != nil || !settled: // known before
	case d.Outcome == filing.OutcomeDelivered:
		err = s.ConfirmAddress(ctx, ch, to)
	case d.Outcome == filing.OutcomeRefused && d.Permanent:
		err = s.RefuseAddress(ctx, ch, to, d)
	}
	return true, err
}

// UnsettledSMS is an SMS whose provider is to be asked what became of it.
type UnsettledSMS struct {
	Key     string    `db:"message_key"`
	BegunAt time.Time `db:"begun_at"`
	Sealed  []byte    `db:"sealed_to"`
	To      string    `db:"-"`
	Asked   int       `db:"asked"`
}

// UnsettledSMS lists what is due to be asked about, the longest due first.
func (s *Store) UnsettledSMS(ctx context.Context, most int) ([]UnsettledSMS, error) {
	list, err := selectAll[UnsettledSMS](ctx, s.db, `SELECT message_key, begun_at, sealed_to, asked
		FROM message_deliveries WHERE ask_at <= ? ORDER BY ask_at LIMIT ?`, s.utcNow(), most)
	for i := range list {
		if err == nil {
			err = during(s.keys.OpenJSON(deliveryAAD(list[i].Key), list[i].Sealed, &list[i].To), "opening a message's number")
		}
	}
	return list, err
}

// AskedAboutSMS records that the provider was asked and knew no outcome: it is asked again later or, when the last time
// is over, never.
func (s *Store) AskedAboutSMS(ctx context.Context, m UnsettledSMS) error {
	if m.Asked+1 < len(deliveryPauses) {
		return exec(ctx, s.db, `UPDATE message_deliveries SET asked = asked + 1, ask_at = ? WHERE message_key = ? AND asked = ?
			AND ask_at IS NOT NULL`, m.BegunAt.Add(deliveryPauses[m.Asked+1]), m.Key, m.Asked)
	}
	return exec(ctx, s.db, `UPDATE message_deliveries SET outcome = ?, settled_at = ?, sealed_to = NULL, ask_at = NULL
		WHERE message_key = ? AND outcome = ?`, filing.OutcomeUnknown, s.utcNow(), m.Key, filing.OutcomePending)
}

// faults are those of message.Kind.
var faults = []string{"recipient", "operator", "limit", "temporary"}

// refusedMessages counts the messages that were refused since then, by fault, with every fault.
func (s *Store) refusedMessages(ctx context.Context, since time.Time) (map[string]int, error) {
	counts, err := countBy[string](ctx, s.db, `SELECT fault AS name, COUNT(*) AS n FROM message_deliveries
		WHERE settled_at > ? AND outcome = ? GROUP BY fault`, since, filing.OutcomeRefused)
	for _, fault := range faults {
		counts[fault] += 0
	}
	return counts, err
}

// Deliveries returns the outcomes of messages by their keys.
func (s *Store) Deliveries(ctx context.Context, keys ...string) (map[string]filing.Delivery, error) {
	byKey := map[string]filing.Delivery{}
	if len(keys) == 0 {
		return byKey, nil
	}
	rows, err := selectAll[struct {
		Key string `db:"message_key"`
		filing.Delivery
	}](ctx, s.db, `SELECT message_key, outcome, fault, code, words, COALESCE(settled_at, begun_at) AS at
		FROM message_deliveries WHERE message_key IN (?)`, keys)
	for _, row := range rows {
		byKey[row.Key] = row.Delivery
	}
	return byKey, err
}
