package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/seal"
)

// ErrUnchanged: the new value equals the current one.
var ErrUnchanged = errors.New("no change")

// CorrectionOutcome is the result of a correction.
type CorrectionOutcome string

const (
	// CorrectionOpen: waiting for the code that was sent to its address.
	CorrectionOpen CorrectionOutcome = ""
	// CorrectionApplied: it took effect at once; the filing's own verification follows.
	CorrectionApplied CorrectionOutcome = "applied"
	// CorrectionConfirmed: the code was verified.
	CorrectionConfirmed CorrectionOutcome = "confirmed"
	// CorrectionReplaced: another correction came before the code.
	CorrectionReplaced CorrectionOutcome = "replaced"
)

// NewCorrection is a correction of a filing's contact by staff.
type NewCorrection struct {
	// Token is the form's.
	Token    string
	FilingID int64
	Channel  filing.Channel
	// To is the new address.
	To string
	// Proof is one of filing.Proofs; Picture is an optional JPEG of it.
	Proof   string
	Picture []byte
	By      string
}

// Correction is a correction without its addresses.
type Correction struct {
	ID        int64             `db:"id"`
	FilingID  int64             `db:"filing_id"`
	Channel   filing.Channel    `db:"channel"`
	Proof     string            `db:"proof"`
	Pictured  bool              `db:"pictured"`
	Outcome   CorrectionOutcome `db:"outcome"`
	CreatedBy string            `db:"created_by"`
	CreatedAt time.Time         `db:"created_at"`
	EndedAt   sql.NullTime      `db:"ended_at"`
	// Send is the number of the last code requested for it; of the filing's own verification if it was applied.
	Send int `db:"sends"`
}

const correctionSelect = `
	SELECT id, filing_id, channel, proof, sealed_picture IS NOT NULL AS pictured, outcome, created_by, created_at,
	ended_at, sends FROM contact_corrections `

func correctionAAD(token, part string) string { return "contact_corrections/" + token + "/" + part }

func correctionCode(id int64) codeBox {
	return codeBox{table: "contact_corrections", where: `id = ?`, args: []any{id}, use: fmt.Sprintf("correction/%d", id)}
}

// Correctable reports whether a filing's contact can be corrected in a stage: it has one and isn't over.
func Correctable(stage filing.Stage) bool { return stage != filing.Contact && !stage.Final() }

// CorrectByStaff corrects one address of a filing's contact. While the filing is being verified, the new address takes
// effect at once, with a code of the filing's own verification, as when customers correct it themselves. Afterwards the
// old address stays in effect until the new one is confirmed (ConfirmCorrection), because a contact's verified
// addresses give access to the customer's account. It returns ErrConflict if the stage forbids it, ErrUnchanged if To
// is already the address, ErrQuota if no more codes may be sent.
func (s *Store) CorrectByStaff(ctx context.Context, n NewCorrection) (c Correction, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFiling(ctx, tx, n.FilingID)
		if err != nil {
			return err
		}
		var present bool
		c, present, err = getOptional[Correction](ctx, tx, correctionSelect+`WHERE token = ? AND filing_id = ?`,
			n.Token, n.FilingID)
		if err != nil || present { // submitted twice
			return err
		}
		if !Correctable(f.Stage) {
			return ErrConflict
		}
		return s.correct(ctx, tx, n, f, &c)
	})
	if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrUnchanged) && !errors.Is(err, ErrQuota) {
		err = during(err, "correcting the contact of filing %d", n.FilingID)
	}
	return c, err
}

func (s *Store) correct(ctx context.Context, tx *sqlx.Tx, n NewCorrection, f lockedFiling, c *Correction) error {
	details, err := s.lockContact(ctx, tx, n.FilingID)
	if err != nil {
		return err
	}
	old := addressesOf(details).By(n.Channel)
	if old == n.To {
		return ErrUnchanged
	}
	verified, err := lockVerified(ctx, tx, n.FilingID)
	if err != nil {
		return err
	}
	now, outcome, ended, send := s.utcNow(), CorrectionOpen, sql.NullTime{}, 1
	// If both codes are verified, the filing is about to leave the stage.
	if f.Stage == filing.Verifying && len(verified) < len(filing.Channels) {
		if err := s.setAddress(ctx, tx, n.FilingID, details, n.Channel, n.To); err != nil {
			return err
		}
		if err := s.requestCode(ctx, tx, n.FilingID, n.Channel); err != nil {
			return err
		}
		if send, err = get[int](ctx, tx, `SELECT sends FROM verifications WHERE filing_id = ? AND channel = ?`,
			n.FilingID, n.Channel); err != nil {
			return err
		}
		outcome, ended = CorrectionApplied, sql.NullTime{Time: now, Valid: true}
	}
	corrected := addressesOf(details)
	corrected.set(n.Channel, n.To)
	details.Email, details.Mobile = corrected.Email, corrected.Mobile
	if err := s.spendFilingCodes(ctx, tx, n.FilingID, details, n.Channel); err != nil {
		return err
	}
	if err := exec(ctx, tx, `UPDATE contact_corrections SET outcome = ?, ended_at = ? WHERE filing_id = ?
		AND open_channel = ?`, CorrectionReplaced, now, n.FilingID, n.Channel); err != nil {
		return err
	}
	sealedOld, err := s.keys.SealJSON(correctionAAD(n.Token, "old"), old)
	if err != nil {
		return err
	}
	sealedNew, err := s.keys.SealJSON(correctionAAD(n.Token, "new"), n.To)
	if err != nil {
		return err
	}
	picture, err := s.sealOptional(correctionAAD(n.Token, "picture"), n.Picture)
	if err != nil {
		return err
	}
	// A follow-up's contact was verified with its base filing.
	notifyOld := f.Kind.FollowsUp() || slices.Contains(verified, n.Channel)
	notifyOther := f.Kind.FollowsUp() ||
		slices.ContainsFunc(verified, func(ch filing.Channel) bool { return ch != n.Channel })
	id, err := insert(ctx, tx, `
		INSERT INTO contact_corrections (token, filing_id, channel, sealed_old, sealed_new, notify_old, notify_other, proof,
		sealed_picture, created_by, created_at, nonce, sends, requested_at, outcome, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.Token, n.FilingID, n.Channel, sealedOld, sealedNew, notifyOld, notifyOther, n.Proof, picture, n.By, now,
		seal.Nonce(), send, now, outcome, ended)
	if err != nil {
		return err
	}
	*c, err = get[Correction](ctx, tx, correctionSelect+`WHERE id = ?`, id)
	return err
}

// lockVerified lists a filing's verified channels and locks the rows of all: a verification in progress is either
// already visible, or waits and fails if its channel gets another code. It has no condition, because rows that don't
// match aren't locked.
func lockVerified(ctx context.Context, tx *sqlx.Tx, filingID int64) (verified []filing.Channel, err error) {
	rows, err := selectAll[Verification](ctx, tx, `SELECT channel, verified_at FROM verifications WHERE filing_id = ?
		FOR UPDATE`, filingID)
	for _, row := range rows {
		if row.VerifiedAt.Valid {
			verified = append(verified, row.Channel)
		}
	}
	return verified, err
}

// Corrections lists a filing's corrections, newest first.
func (s *Store) Corrections(ctx context.Context, filingID int64, limit int) ([]Correction, error) {
	return selectAll[Correction](ctx, s.db, correctionSelect+`WHERE filing_id = ? ORDER BY id DESC LIMIT ?`,
		filingID, limit)
}

// OpenCorrection returns the correction that waits for its code on a channel.
func (s *Store) OpenCorrection(ctx context.Context, filingID int64, ch filing.Channel) (Correction, error) {
	return find[Correction](ctx, s.db, "correction", correctionSelect+`WHERE filing_id = ? AND open_channel = ?`,
		filingID, ch)
}

// CorrectionPicture returns the picture of a correction's proof; ErrNotFound if there is none.
func (s *Store) CorrectionPicture(ctx context.Context, filingID, id int64) ([]byte, error) {
	var token string
	var sealed []byte
	if err := scan(ctx, s.db, "proof picture", fragmentOf(`SELECT token, sealed_picture FROM contact_corrections
		WHERE id = ? AND filing_id = ? AND sealed_picture IS NOT NULL`, id, filingID), &token, &sealed); err != nil {
		return nil, err
	}
	return s.keys.Open(correctionAAD(token, "picture"), sealed)
}

// RequestCorrectionCode requests another code for a correction, like RequestCode.
func (s *Store) RequestCorrectionCode(ctx context.Context, id int64) (send int, err error) {
	code, err := s.CorrectionCode(ctx, id)
	if err != nil {
		return 0, err
	}
	f, err := s.Filing(ctx, code.FilingID)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if send, err = s.nextSend(ctx, tx, correctionCode(id)); err != nil {
			return err
		}
		// The count of wrong attempts stays; see requestCode.
		if err := exec(ctx, tx, `UPDATE contact_corrections SET nonce = ?, code_hash = NULL, sends = ?, requested_at = ?,
			sent_at = NULL, expires_at = NULL WHERE id = ? AND ended_at IS NULL`,
			seal.Nonce(), send, s.utcNow(), id); err != nil || code.To == "" {
			return err
		}
		return s.spendCode(ctx, tx, code.Channel, f.CustomerID, code.To)
	})
	return send, err
}

// CorrectionCode is a code for a correction's new address.
type CorrectionCode struct {
	FilingID int64
	Channel  filing.Channel
	// To is empty if no code is needed any more.
	To string
}

// CorrectionCode returns the recipient of a correction's code.
func (s *Store) CorrectionCode(ctx context.Context, id int64) (c CorrectionCode, err error) {
	var token string
	var sealed []byte
	var ended bool
	err = scan(ctx, s.db, "correction", fragmentOf(`SELECT token, filing_id, channel, sealed_new, ended_at IS NOT NULL
		FROM contact_corrections WHERE id = ?`, id), &token, &c.FilingID, &c.Channel, &sealed, &ended)
	if err != nil || ended {
		return c, err
	}
	err = s.keys.OpenJSON(correctionAAD(token, "new"), sealed, &c.To)
	return c, err
}

// PrepareCorrectionCode does what PrepareCode does, for a correction.
func (s *Store) PrepareCorrectionCode(ctx context.Context, id int64) (code string, send int, err error) {
	return s.prepareCode(ctx, correctionCode(id))
}

// CorrectionVerification returns the state of a correction's code.
func (s *Store) CorrectionVerification(ctx context.Context, id int64) (Verification, error) {
	return s.readCode(ctx, correctionCode(id))
}

// CorrectionCodeSent records that a code was sent.
func (s *Store) CorrectionCodeSent(ctx context.Context, id int64, send int) error {
	return s.codeSent(ctx, correctionCode(id), send)
}

// ConfirmCorrection checks the code entered for a filing's open correction and sets the contact's new address. It
// accepts a right code again if a crash prevented writing the address.
func (s *Store) ConfirmCorrection(ctx context.Context, c Correction, code string) error {
	if _, err := s.verifyCode(ctx, correctionCode(c.ID), code); err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		f, err := lockFiling(ctx, tx, c.FilingID)
		if err != nil {
			return err
		}
		now := s.utcNow()
		if err := changeOne(ctx, tx, `UPDATE contact_corrections SET outcome = ?, ended_at = ? WHERE id = ?
			AND ended_at IS NULL AND verified_at IS NOT NULL`, CorrectionConfirmed, now, c.ID); err != nil {
			return err
		}
		if !Correctable(f.Stage) && f.Stage != filing.Filed {
			return ErrConflict
		}
		var token, to string
		var sealed []byte
		if err := scan(ctx, tx, "correction", fragmentOf(`SELECT token, sealed_new FROM contact_corrections WHERE id = ?`,
			c.ID),
			&token, &sealed); err != nil {
			return err
		}
		if err := s.keys.OpenJSON(correctionAAD(token, "new"), sealed, &to); err != nil {
			return err
		}
		details, err := s.lockContact(ctx, tx, c.FilingID)
		if err != nil {
			return err
		}
		if err := s.setAddress(ctx, tx, c.FilingID, details, c.Channel, to); err != nil {
			return err
		}
		// A follow-up has no row of its own until now.
		return exec(ctx, tx, `
			INSERT INTO verifications (filing_id, channel, nonce, sends, requested_at, verified_at) VALUES (?, ?, ?, 1, ?, ?)
			ON DUPLICATE KEY UPDATE verified_at = VALUES(verified_at)`, c.FilingID, c.Channel, seal.Nonce(), now, now)
	})
}

// CorrectionNotice is whom to notify of a correction by a channel.
type CorrectionNotice struct {
	FilingID int64
	// To is the contact's address before the correction; empty: nobody is notified.
	To string
}

// CorrectionNotice finds, by the form's token, whom to notify of a correction by a channel: the previous contact, if
// verified. It returns ErrNotFound while there is no such correction.
func (s *Store) CorrectionNotice(ctx context.Context, token string, ch filing.Channel) (t CorrectionNotice, err error) {
	var corrected filing.Channel
	var old []byte
	var notifyOld, notifyOther bool
	err = scan(ctx, s.db, "correction", fragmentOf(`SELECT filing_id, channel, sealed_old, notify_old, notify_other
		FROM contact_corrections WHERE token = ?`, token), &t.FilingID, &corrected, &old, &notifyOld, &notifyOther)
	switch {
	case err != nil:
		return t, err
	case ch == corrected && notifyOld:
		err = s.keys.OpenJSON(correctionAAD(token, "old"), old, &t.To)
		return t, err
	case ch != corrected && notifyOther:
		contact, err := s.Contact(ctx, t.FilingID)
		t.To = addressesOf(contact.Details).By(ch)
		return t, err
	}
	return t, nil
}

// purgeProofs deletes the proof pictures of filings that were over before a time.
func (s *Store) purgeProofs(ctx context.Context, before time.Time) error {
	return exec(ctx, s.db, `
		UPDATE contact_corrections c JOIN filings f ON f.id = c.filing_id SET c.sealed_picture = NULL
		WHERE c.sealed_picture IS NOT NULL AND f.stage IN (?, ?, ?)
		AND f.stage_since < ?`, filing.Filed, filing.Withdrawn, filing.Deregistered, before)
}
