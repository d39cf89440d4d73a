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
)

// StaffRole is a staff member's role; empty for everybody else.
type StaffRole string

// The staff roles, in order of increasing permissions.
const (
	StaffViewer        StaffRole = "viewer"
	StaffAgent         StaffRole = "agent"
	StaffReviewer      StaffRole = "reviewer"
	StaffAdministrator StaffRole = "administrator"
)

// StaffRoles lists all of them.
var StaffRoles = []StaffRole{StaffViewer, StaffAgent, StaffReviewer, StaffAdministrator}

// ErrLastAdministrator: nobody would be left to manage accounts.
var ErrLastAdministrator = errors.New("at least one administrator must remain")

// ErrTaken: another account has the login.
var ErrTaken = errors.New("the login is taken")

// FirstPasswordFor is how long a first password is valid.
const FirstPasswordFor = 72 * time.Hour

// StaffAccount is a staff account as administrators see it.
type StaffAccount struct {
	User
	// TOTP: a second factor is enrolled.
	TOTP     bool `db:"totp"`
	Sessions int  `db:"sessions"`
	// LastSeen is that of the latest session that wasn't ended.
	LastSeen sql.NullTime `db:"last_seen_at"`
}

const staffSelect = `SELECT ` + userColumns + `,
		EXISTS (SELECT 1 FROM staff_totp t WHERE t.user_id = u.id AND t.sealed_secret IS NOT NULL) AS totp,
		(SELECT COUNT(*) FROM user_sessions s WHERE s.user_id = u.id AND s.expires_at > ?) AS sessions,
		(SELECT MAX(s.last_seen_at) FROM user_sessions s WHERE s.user_id = u.id) AS last_seen_at
	FROM users u WHERE u.role = 'support' `

// StaffAccounts lists the staff accounts by login, disabled ones last.
func (s *Store) StaffAccounts(ctx context.Context) ([]StaffAccount, error) {
	return selectAll[StaffAccount](ctx, s.db, staffSelect+`ORDER BY u.disabled_at IS NOT NULL, u.login`, s.utcNow())
}

// StaffAccount returns a staff account by its ID.
func (s *Store) StaffAccount(ctx context.Context, id int64) (StaffAccount, error) {
	return find[StaffAccount](ctx, s.db, "staff account", staffSelect+`AND u.id = ?`, s.utcNow(), id)
}

// AddStaff creates an account with a first password; ErrTaken if any account, even a customer's, has the login.
func (s *Store) AddStaff(ctx context.Context, login string, role StaffRole, firstHash string) (id int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		id, err = insert(ctx, tx, `INSERT INTO users (role, staff_role, login, password_hash, initial_password_until,
			created_at) VALUES (?, ?, ?, ?, ?, ?)`, RoleSupport, role, login, firstHash, now.Add(FirstPasswordFor), now)
		if isDuplicate(err) {
			return ErrTaken
		}
		return err
	})
	return id, err
}

// SetStaffRole changes a staff member's role; ErrLastAdministrator if the last administrator would lose it.
func (s *Store) SetStaffRole(ctx context.Context, id int64, role StaffRole) error {
	return s.changeStaff(ctx, id, role != StaffAdministrator, fragmentOf(`staff_role = ?`, role))
}

// DisableStaff disables an account and ends its sessions; ErrLastAdministrator if it is the last administrator's.
func (s *Store) DisableStaff(ctx context.Context, id int64) error {
	return s.changeStaff(ctx, id, true, fragmentOf(`disabled_at = COALESCE(disabled_at, ?)`, s.utcNow()))
}

// EnableStaff enables it again.
func (s *Store) EnableStaff(ctx context.Context, id int64) error {
	return s.changeStaff(ctx, id, false, fragmentOf(`disabled_at = NULL`))
}

// GiveFirstPassword replaces a forgotten password with a first one and ends the account's sessions.
func (s *Store) GiveFirstPassword(ctx context.Context, id int64, firstHash string) error {
	return s.changeStaff(ctx, id, false,
		fragmentOf(`password_hash = ?, password_version = password_version + 1, initial_password_until = ?`, firstHash,
			s.utcNow().Add(FirstPasswordFor)))
}

// EndStaffSessions ends all of an account's sessions.
func (s *Store) EndStaffSessions(ctx context.Context, id int64) error {
	return s.changeStaff(ctx, id, false, fragmentOf(`id = id`))
}

// ResetTOTP deletes a lost second factor with its recovery codes, and ends the account's sessions.
func (s *Store) ResetTOTP(ctx context.Context, id int64) error {
	former, err := s.ContactAddressesOf(ctx, id)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := isStaff(ctx, tx, id); err != nil {
			return err
		}
		if err := s.addAccountNotice(ctx, tx, id, ChangedSecondFactor, former, filing.Mail, filing.SMS); err != nil {
			return err
		}
		return execAll(ctx, tx, fragmentOf(`DELETE FROM staff_totp WHERE user_id = ?`, id),
			fragmentOf(`DELETE FROM staff_recovery_codes WHERE user_id = ?`, id),
			fragmentOf(`DELETE FROM user_sessions WHERE user_id = ?`, id))
	})
}

// changeStaff changes an account and ends its sessions, so that its new permissions apply from the next sign-in. If an
// administrator would stop being one, it first locks all administrators' rows, so that two can't remove each other.
func (s *Store) changeStaff(ctx context.Context, id int64, removes bool, set fragment) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if removes {
			present, err := selectAll[int64](ctx, tx, `SELECT id FROM users WHERE role = ? AND staff_role = ?
				AND disabled_at IS NULL ORDER BY id FOR UPDATE`, RoleSupport, StaffAdministrator)
			if err != nil {
				return err
			}
			if slices.Equal(present, []int64{id}) {
				return ErrLastAdministrator
			}
		}
		if err := isStaff(ctx, tx, id); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE users SET `+set.sql+` WHERE id = ?`, set.with(id)...); err != nil {
			return fmt.Errorf("changing a staff account: %w", err)
		}
		return endSessions(ctx, tx, id, 0)
	})
}

// isStaff locks a staff member's row.
func isStaff(ctx context.Context, tx *sqlx.Tx, id int64) error {
	role, err := find[Role](ctx, tx, "staff account", `SELECT role FROM users WHERE id = ? FOR UPDATE`, id)
	if err == nil && role != RoleSupport {
		err = fmt.Errorf("staff account: %w", ErrNotFound)
	}
	return err
}
