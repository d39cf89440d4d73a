package store

import (
	"context"
	"fmt"
	"time"
)

// Role is what a signed-in person may do.
type Role string

// The roles: customers see their own orders, support sees every filing.
const (
	RoleCustomer Role = "customer"
	RoleSupport  Role = "support"
)

// User is an account that signs in to the panel.
type User struct {
	ID           int64     `db:"id"`
	Role         Role      `db:"role"`
	Login        string    `db:"login"`
	PasswordHash string    `db:"password_hash"`
	CreatedAt    time.Time `db:"created_at"`
}

// UserByLogin finds an account by what was typed at sign-in.
func (s *Store) UserByLogin(ctx context.Context, login string) (User, error) {
	var u User
	err := s.db.GetContext(ctx, &u, `SELECT id, role, login, password_hash, created_at FROM users WHERE login = ?`, login)
	return u, one(err, "user")
}

// User finds an account by its ID.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	var u User
	err := s.db.GetContext(ctx, &u, `SELECT id, role, login, password_hash, created_at FROM users WHERE id = ?`, id)
	return u, one(err, "user")
}

// EnsureUser makes an account, or finds the one of that login; an existing
// account keeps its role and password. An empty password hash means that the
// account can't sign in until one is set.
func (s *Store) EnsureUser(ctx context.Context, role Role, login, passwordHash string) (int64, error) {
	_, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO users (role, login, password_hash, created_at) VALUES (?, ?, ?, ?)`,
		role, login, passwordHash, s.utcNow())
	if err != nil {
		return 0, fmt.Errorf("making a user: %w", err)
	}
	u, err := s.UserByLogin(ctx, login)
	return u.ID, err
}
