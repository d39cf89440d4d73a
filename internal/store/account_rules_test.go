package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A second factor is enrolled with the secret that was shown; its codes and the recovery codes work once.
func TestSecondFactorsAreUsedUp(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	id, err := s.AddStaff(ctx, "a", store.StaffAgent, "hash")
	require.NoError(t, err)
	other, err := s.AddStaff(ctx, "b", store.StaffAgent, "hash")
	require.NoError(t, err)
	state := func() store.TOTP {
		f, err := s.TOTP(ctx, id)
		require.NoError(t, err)
		return f
	}
	require.Equal(t, store.TOTP{}, state())
	require.ErrorIs(t, s.EnrolTOTP(ctx, id, "SECRET", 100, nil), store.ErrNotFound)
	require.NoError(t, s.BeginTOTP(ctx, id, "FORMER"))
	require.NoError(t, s.BeginTOTP(ctx, id, "SECRET"))
	require.Equal(t, "SECRET", state().Pending)
	require.False(t, state().Enrolled())
	require.ErrorIs(t, s.EnrolTOTP(ctx, id, "FORMER", 100, nil), store.ErrConflict, "another one was shown since")
	require.NoError(t, s.EnrolTOTP(ctx, id, "SECRET", 100, []string{"one", "two"}))
	require.Equal(t, store.TOTP{Secret: "SECRET", LastStep: 100, RecoveryCodes: 2}, state())
	require.True(t, state().Enrolled())
	require.ErrorIs(t, s.EnrolTOTP(ctx, id, "SECRET", 101, nil), store.ErrConflict, "it is enrolled already")

	use := func(f func() (bool, error)) bool {
		used, err := f()
		require.NoError(t, err)
		return used
	}
	step := func(n int64) bool { return use(func() (bool, error) { return s.UseStep(ctx, id, n) }) }
	require.Equal(t, []bool{false, true, false, false, true}, []bool{step(100), step(101), step(101), step(99), step(103)})
	code := func(user int64, code string) bool {
		return use(func() (bool, error) { return s.UseRecoveryCode(ctx, user, code) })
	}
	require.Equal(t, []bool{false, true, false, false}, []bool{code(other, "one"), code(id, "one"), code(id, "one"),
		code(id, "three")})
	require.Equal(t, 1, state().RecoveryCodes)
	require.NoError(t, s.NewRecoveryCodes(ctx, id, []string{"three"}))
	require.Equal(t, []bool{false, true}, []bool{code(id, "two"), code(id, "three")})

	require.NoError(t, s.ResetTOTP(ctx, id))
	require.Equal(t, store.TOTP{}, state())
	require.False(t, step(200))
}

// Staff accounts are never left without an administrator, and what changes in them ends their sessions.
func TestStaffAccountsKeepAnAdministrator(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	add := func(login string, role store.StaffRole) int64 {
		id, err := s.AddStaff(ctx, login, role, "hash")
		require.NoError(t, err)
		return id
	}
	root, agent := add("root", store.StaffAdministrator), add("agent", store.StaffAgent)
	_, err := s.AddStaff(ctx, "agent", store.StaffViewer, "hash")
	require.ErrorIs(t, err, store.ErrTaken)
	customer, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "hash")
	require.NoError(t, err)
	at := func(id int64) store.StaffAccount {
		a, err := s.StaffAccount(ctx, id)
		require.NoError(t, err)
		return a
	}
	for name, change := range map[string]func(id int64) error{
		"role":    func(id int64) error { return s.SetStaffRole(ctx, id, store.StaffViewer) },
		"disable": func(id int64) error { return s.DisableStaff(ctx, id) },
	} {
		require.ErrorIs(t, change(root), store.ErrLastAdministrator, name)
		require.ErrorIs(t, change(customer), store.ErrNotFound, name)
		require.ErrorIs(t, change(99), store.ErrNotFound, name)
	}
	require.NoError(t, s.SetStaffRole(ctx, root, store.StaffAdministrator), "it stays one")
	for name, change := range map[string]func() error{
		"role": func() error { return s.SetStaffRole(ctx, agent, store.StaffReviewer) },
		"end":  func() error { return s.EndStaffSessions(ctx, agent) },
		"first password": func() error {
			return s.GiveFirstPassword(ctx, agent, "another hash")
		},
		"second factor": func() error { return s.ResetTOTP(ctx, agent) },
		"disable":       func() error { return s.DisableStaff(ctx, agent) },
	} {
		require.NoError(t, s.EnableStaff(ctx, agent))
		_, err := s.BeginSession(ctx, agent, "a browser", time.Hour)
		require.NoError(t, err)
		require.Equal(t, 1, at(agent).Sessions, name)
		require.NoError(t, change())
		require.Zero(t, at(agent).Sessions, name)
		require.Equal(t, name == "disable", at(agent).DisabledAt.Valid, name)
	}
	second := add("second", store.StaffAdministrator)
	require.NoError(t, s.SetStaffRole(ctx, root, store.StaffViewer))
	require.ErrorIs(t, s.DisableStaff(ctx, second), store.ErrLastAdministrator)
	require.NoError(t, s.DisableStaff(ctx, root))
	require.NoError(t, s.EnableStaff(ctx, agent))
	list, err := s.StaffAccounts(ctx)
	require.NoError(t, err)
	var logins []string
	for _, a := range list {
		logins = append(logins, a.Login)
	}
	require.Equal(t, []string{"agent", "second", "root"}, logins, "disabled ones come last")
}

// The bureau locks a number after five wrong passwords: four go there, from whichever filing, and ten from one filing.
// What was never asked, and what was right, doesn't count.
func TestFilingPasswordsAreTriedFourTimes(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	id := account(t, s, "default", "31")
	f := registered(t, s)
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	ask := func(number string) (int64, error) { return s.AskPassword(ctx, id, f.ID, number, "guess") }
	try := func(number string, passed bool) error {
		asked, err := ask(number)
		if err != nil {
			return err
		}
		tried, err := s.TryInquiry(ctx, asked)
		require.NoError(t, err)
		require.True(t, tried)
		tried, err = s.TryInquiry(ctx, asked)
		require.NoError(t, err)
		require.False(t, tried, "once")
		return s.AnswerPassword(ctx, asked, 0, passed)
	}
	late, err := ask("沪ICP备2026000009号")
	require.NoError(t, err)
	now = now.Add(2 * time.Minute)
	tried, err := s.TryInquiry(ctx, late)
	require.NoError(t, err)
	require.False(t, tried, "nobody waits for it any more")
	for range 5 {
		require.NoError(t, try("沪ICP备2026000009号", true))
	}
	for i := range 4 {
		require.NoError(t, try([]string{"沪ICP备2026000001号", "沪ICP备2026000001号-1"}[i%2], false))
	}
	require.ErrorIs(t, try("沪ICP备2026000001号-2", false), store.ErrTooManyTries, "all sites share their holder's password")
	for n := range 6 {
		require.NoError(t, try([]string{"沪ICP备2026000002号", "沪ICP备2026000003号"}[n%2], false))
	}
	require.ErrorIs(t, try("沪ICP备2026000004号", false), store.ErrTooManyTries, "one password on many numbers")
	now = now.Add(24*time.Hour - 3*time.Minute)
	require.ErrorIs(t, try("沪ICP备2026000001号", false), store.ErrTooManyTries)
	now = now.Add(4 * time.Minute)
	require.NoError(t, try("沪ICP备2026000001号", false))
}

// A captcha is answered once, within an hour.
func TestCaptchasAreUsedUp(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now().UTC().Truncate(time.Second)
	s.SetClock(func() time.Time { return now })
	use := func(id string) bool {
		counts, err := s.UseCaptcha(ctx, id)
		require.NoError(t, err)
		return counts
	}
	begin := func() string {
		id, err := s.NewCaptcha(ctx, "192.0.2.0/24")
		require.NoError(t, err)
		return id
	}
	first, second := begin(), begin()
	require.NotEqual(t, first, second)
	now = now.Add(59 * time.Minute)
	require.Equal(t, []bool{true, false, false}, []bool{use(first), use(first), use("made up")})
	now = now.Add(2 * time.Minute)
	require.False(t, use(second))
	s.LimitQuota(store.QuotaCaptcha, store.ByNetwork, 2)
	_, err := s.NewCaptcha(ctx, "192.0.2.0/24")
	require.NoError(t, err)
	for range 3 {
		_, err = s.NewCaptcha(ctx, "192.0.2.0/24")
	}
	require.ErrorIs(t, err, store.ErrQuota)
}

// Operators name a customer by login, or by the number in their logs; staff are none.
func TestCustomersAreNamedByLoginOrNumber(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	for _, login := range []string{"demo", "2"} {
		_, err := s.EnsureUser(ctx, store.RoleCustomer, login, "hash")
		require.NoError(t, err)
	}
	_, err := s.AddStaff(ctx, "agent", store.StaffAgent, "hash")
	require.NoError(t, err)
	for name, want := range map[string]string{"demo": "demo", "1": "demo", "2": "2"} {
		user, err := s.CustomerNamed(ctx, name)
		require.NoError(t, err, name)
		require.Equal(t, want, user.Login)
	}
	for _, staff := range []string{"agent", "3"} {
		_, err := s.CustomerNamed(ctx, staff)
		require.ErrorIs(t, err, store.ErrNotCustomer)
	}
	for _, none := range []string{"nobody", "99", "0x1", ""} {
		_, err := s.CustomerNamed(ctx, none)
		require.ErrorIs(t, err, store.ErrNotFound)
	}
}
