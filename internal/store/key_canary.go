package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// ErrWrongKeys: the key file isn't the one that the database's data is sealed with.
var ErrWrongKeys = errors.New("the key file isn't the one that this database's data is sealed with")

// ErrNoCanary: the database has no key canary, which `beian migrate` writes.
var ErrNoCanary = errors.New("the database has no key canary")

// keyCanary is sealed in the database so that a process with another key file notices before it writes anything.
type keyCanary struct {
	// Hash is a keyed hash: a file's sealing and hashing keys are checked both.
	Hash []byte `json:"hash"`
	// Text is only there for whoever reads it.
	Text string `json:"text"`
}

const (
	canaryAAD  = "key_canary/1"
	canaryText = "opened with the right key file"
	canaryUse  = "key_canary"
)

// AuditBegin is the action of the audit log's first entry, which an empty log lacks.
const AuditBegin = "audit.begin"

// PlantCanary writes the key canary if there is none, after checking that the keys open what is there already, and
// begins the audit log if it is empty.
func (s *Store) PlantCanary(ctx context.Context) error {
	if err := s.CheckKeys(ctx); !errors.Is(err, ErrNoCanary) {
		return err
	}
	if err := s.opensOldData(ctx); err != nil {
		return err
	}
	hash, err := s.keys.Hash(canaryUse, canaryText)
	if err != nil {
		return err
	}
	sealed, err := s.keys.SealJSON(canaryAAD, keyCanary{Hash: hash, Text: canaryText})
	if err != nil {
		return err
	}
	err = s.tx(WithAudit(ctx, nil), func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO key_canary (id, sealed, planted_at) VALUES (1, ?, ?)`, sealed,
			s.utcNow()); err != nil {
			return err
		}
		head, err := s.lockHead(ctx, tx)
		if err != nil || head.Seq > 0 {
			return err
		}
		_, err = s.audit(ctx, tx, AuditEntry{By: Actor{Login: "beian migrate"}, Action: AuditBegin})
		return err
	})
	if isDuplicate(err) { // another migration was faster
		return s.CheckKeys(ctx)
	}
	return err
}

// CheckKeys returns ErrWrongKeys if the key file isn't the one that the data is sealed with.
func (s *Store) CheckKeys(ctx context.Context) error {
	var sealed []byte
	switch err := s.db.GetContext(ctx, &sealed, `SELECT sealed FROM key_canary WHERE id = 1`); {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNoCanary
	case err != nil:
		return fmt.Errorf("reading the key canary: %w", err)
	}
	var c keyCanary
	if err := s.keys.OpenJSON(canaryAAD, sealed, &c); err != nil {
		return ErrWrongKeys
	}
	if same, err := s.keys.Same(c.Hash, canaryUse, canaryText); err != nil || !same {
		return errors.Join(ErrWrongKeys, err)
	}
	return nil
}

// opensOldData checks the keys against a database that is older than its canary: any sealed value would do, and every
// database in use has one of these.
func (s *Store) opensOldData(ctx context.Context) error {
	var head []byte
	if err := s.db.GetContext(ctx, &head, `SELECT sealed FROM audit_head WHERE id = 1`); err != nil {
		return notFoundAs(err, "the audit log's head")
	}
	if _, err := s.openHead(head); err != nil {
		return ErrWrongKeys
	}
	var order struct {
		Number string `db:"number"`
		Sealed []byte `db:"sealed_web_space"`
	}
	switch err := s.db.GetContext(ctx, &order, `SELECT number, sealed_web_space FROM orders
		WHERE sealed_web_space IS NOT NULL ORDER BY id LIMIT 1`); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	if _, err := s.keys.Open(orderAAD(order.Number), order.Sealed); err != nil {
		return ErrWrongKeys
	}
	return nil
}
