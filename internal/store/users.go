package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Role distinguishes customers from staff.
type Role string

// Customers see their own orders; support is the provider's staff, whose StaffRole determines their permissions.
const (
	RoleCustomer Role = "customer"
	RoleSupport  Role = "support"
)

// User is an account that signs in to the panel.
type User struct {
	ID           int64     `db:"id"`
	Role         Role      `db:"role"`
	StaffRole    StaffRole `db:"staff_role"`
	Login        string    `db:"login"`
	PasswordHash string    `db:"password_hash"`
	// Version counts password changes.
	Version    int          `db:"password_version"`
	DisabledAt sql.NullTime `db:"disabled_at"`
	// FirstUntil is when a first password expires; it must be replaced.
	FirstUntil sql.NullTime `db:"initial_password_until"`
	CreatedAt  time.Time    `db:"created_at"`
}

const userColumns = `u.id, u.role, IF(u.role = 'support'
	AND u.staff_role = '', 'viewer', u.staff_role) AS staff_role, u.login, u.password_hash, u.password_version,
	u.disabled_at, u.initial_password_until, u.created_at`

// UserByLogin finds an account by the login entered at sign-in.
func (s *Store) UserByLogin(ctx context.Context, login string) (User, error) {
	return s.user(ctx, `u.login = ?`, login)
}

// User returns an account by its ID.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	return s.user(ctx, `u.id = ?`, id)
}

// Logins are those of accounts, by ID.
func (s *Store) Logins(ctx context.Context, ids ...int64) (map[int64]string, error) {
	logins := map[int64]string{}
	if len(ids) == 0 {
		return logins, nil
	}
	rows, err := selectAll[User](ctx, s.db, `SELECT id, login FROM users WHERE id IN (?)`, ids)
	for _, u := range rows {
		logins[u.ID] = u.Login
	}
	return logins, err
}

func (s *Store) user(ctx context.Context, where string, arg any) (User, error) {
	return find[User](ctx, s.db, "user", `SELECT `+userColumns+` FROM users u WHERE `+where, arg)
}

// EnsureUser creates an account, or finds the one with that login; an existing account keeps its role and password.
// With an empty password hash the account can't sign in until one is set. Staff created this way, from the command
// line, are administrators, who add the other staff.
func (s *Store) EnsureUser(ctx context.Context, role Role, login, passwordHash string) (int64, error) {
	var staffRole StaffRole
	if role == RoleSupport {
		staffRole = StaffAdministrator
	}
	return s.ensureUser(ctx, role, staffRole, login, passwordHash)
}

// EnsureStaff is EnsureUser for a staff role.
func (s *Store) EnsureStaff(ctx context.Context, role StaffRole, login, passwordHash string) (int64, error) {
	return s.ensureUser(ctx, RoleSupport, role, login, passwordHash)
}

func (s *Store) ensureUser(ctx context.Context, role Role, staffRole StaffRole, login,
	passwordHash string) (int64, error) {
	if err := exec(ctx, s.db, `INSERT IGNORE INTO users (role, staff_role, login, password_hash, created_at)
		VALUES (?, ?, ?, ?, ?)`, role, staffRole, login, passwordHash, s.utcNow()); err != nil {
		return 0, fmt.Errorf("creating a user: %w", err)
	}
	u, err := s.UserByLogin(ctx, login)
	return u.ID, err
}
