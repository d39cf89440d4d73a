package store_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func apiKey(t *testing.T, s *store.Store, n store.NewAPIKey) (secret string, k store.APIKey) {
	t.Helper()
	if n.Name == "" {
		n.Name, n.Namespace, n.Scopes = "panel", "shop", store.APIScopes
	}
	require.Empty(t, n.Validate(s.Now()))
	secret, k, err := s.CreateAPIKey(t.Context(), n)
	require.NoError(t, err)
	return secret, k
}

func TestAnAPIKeyIsFoundByItsSecretOnly(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	secret, made := apiKey(t, s, store.NewAPIKey{})
	require.Regexp(t, `^bk_live_[a-z2-7]{52}$`, secret)
	require.True(t, strings.HasSuffix(secret, made.Hint))
	found, err := s.APIKeyOf(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, made.ID, found.ID)
	require.Equal(t, store.APIScopes, found.Scopes())
	for _, wrong := range []string{"", "bk_live_", secret[:len(secret)-1] + "1", strings.TrimPrefix(secret, "bk_")} {
		_, err := s.APIKeyOf(ctx, wrong)
		require.ErrorIs(t, err, store.ErrNotFound, wrong)
	}
	var kept int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM api_keys WHERE INSTR(secret_hash, ?) > 0`,
		secret).Scan(&kept))
	require.Zero(t, kept)
	require.NoError(t, s.RevokeAPIKey(ctx, made.ID))
	require.NoError(t, s.RevokeAPIKey(ctx, made.ID))
	_, err = s.APIKeyOf(ctx, secret)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, s.RevokeAPIKey(ctx, 4711), store.ErrNotFound)
}

// Both keys of a rotation are live for its overlap, and never three.
func TestARotationOverlaps(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	old, first := apiKey(t, s, store.NewAPIKey{Name: "panel", Namespace: "shop",
		Scopes: []store.APIScope{store.ScopeFilings}, Addresses: []string{"192.0.2.1"}})
	fresh, second, err := s.RotateAPIKey(ctx, first.ID, time.Hour)
	require.NoError(t, err)
	require.NotEqual(t, old, fresh)
	found, err := s.APIKeyOf(ctx, fresh)
	require.NoError(t, err)
	require.Equal(t, []any{"panel", "shop", "filings:read", "192.0.2.1/32"},
		[]any{found.Name, found.Namespace, found.ScopeList, found.AddressList})
	_, err = s.APIKeyOf(ctx, old)
	require.NoError(t, err)
	for _, id := range []int64{first.ID, second.ID} {
		_, _, err = s.RotateAPIKey(ctx, id, time.Hour)
		require.ErrorIs(t, err, store.ErrConflict)
	}
	now = now.Add(time.Hour)
	_, err = s.APIKeyOf(ctx, old)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.APIKeyOf(ctx, fresh)
	require.NoError(t, err)
	_, _, err = s.RotateAPIKey(ctx, first.ID, time.Hour)
	require.ErrorIs(t, err, store.ErrConflict, "it has ended")
	_, _, err = s.RotateAPIKey(ctx, second.ID, time.Hour)
	require.NoError(t, err)
}

func TestAnAPIKeyIsBoundToItsAddressesAndScopes(t *testing.T) {
	k := store.APIKey{ScopeList: "orders:write,filings:read"}
	require.True(t, k.Admits(netip.MustParseAddr("203.0.113.7")))
	k.AddressList = "192.0.2.0/24,2001:db8::1/128"
	for from, want := range map[string]bool{"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.3.7": false,
		"2001:db8::1": true, "2001:db8::2": false} {
		require.Equal(t, want, k.Admits(netip.MustParseAddr(from)), from)
	}
	require.True(t, k.May(store.ScopeWebhooks, store.ScopeFilings))
	require.False(t, k.May(store.ScopeSpaces))
}

// A key says when it was last used, to the minute, and is missed when it wasn't for a day.
func TestAQuietAPIKeyIsMissed(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	secret, k := apiKey(t, s, store.NewAPIKey{})
	require.False(t, k.Quiet(now))
	require.True(t, k.Quiet(now.Add(25*time.Hour)))
	now = now.Add(25 * time.Hour)
	require.NoError(t, s.NoteAPIKeyUse(ctx, k, "192.0.2.1"))
	k, err := s.APIKeyOf(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, "192.0.2.1", k.LastAddress)
	require.Equal(t, now, k.LastUsedAt.Time)
	require.False(t, k.Quiet(now))
	now = now.Add(30 * time.Second)
	require.NoError(t, s.NoteAPIKeyUse(ctx, k, "192.0.2.1"))
	same, err := s.APIKey(ctx, k.ID)
	require.NoError(t, err)
	require.Equal(t, k.LastUsedAt, same.LastUsedAt)
	require.True(t, k.Quiet(now.Add(25*time.Hour)))
	_, _, err = s.RotateAPIKey(ctx, k.ID, 72*time.Hour)
	require.NoError(t, err)
	ending, err := s.APIKey(ctx, k.ID)
	require.NoError(t, err)
	require.False(t, ending.Quiet(now.Add(25*time.Hour)), "its successor is used instead")
}

func TestANewAPIKeyIsChecked(t *testing.T) {
	now := time.Now()
	n := store.NewAPIKey{Namespace: "Shop", Scopes: []store.APIScope{"everything"}, Addresses: []string{"192.0.2.0/33"},
		ExpiresAt: now}
	var wrong []string
	for _, p := range n.Validate(now) {
		wrong = append(wrong, p.Field)
	}
	require.Equal(t, []string{"name", "namespace", "scopes", "addresses", "expires_on"}, wrong)
}

// A customer of the API is an account of its own, even where a login or one of staff has the same name.
func TestTheAPIAdoptsNoLogin(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, live := apiKey(t, s, store.NewAPIKey{})
	_, test := apiKey(t, s, store.NewAPIKey{Name: "t", Namespace: "shop", Sandbox: true, Scopes: store.APIScopes})
	_, other := apiKey(t, s, store.NewAPIKey{Name: "o", Namespace: "other", Scopes: store.APIScopes})
	staff, err := s.EnsureStaff(ctx, store.StaffAgent, "shop/42", "x")
	require.NoError(t, err)
	mobile, none := "13900000001", ""
	users := map[int64]bool{staff: true}
	for _, k := range []store.APIKey{live, test, other} {
		created, err := s.PutAPICustomer(ctx, k, "42", &mobile, nil)
		require.NoError(t, err)
		require.True(t, created)
		created, err = s.PutAPICustomer(ctx, k, "42", nil, nil)
		require.NoError(t, err)
		require.False(t, created)
		c, err := s.APICustomer(ctx, k, "42")
		require.NoError(t, err)
		require.False(t, users[c.UserID])
		users[c.UserID] = true
		require.True(t, c.HasMobile)
		require.False(t, c.HasEmail)
		u, err := s.User(ctx, c.UserID)
		require.NoError(t, err)
		require.Equal(t, store.RoleCustomer, u.Role)
		require.Empty(t, u.PasswordHash)
	}
	_, err = s.PutAPICustomer(ctx, live, "42", &none, nil)
	require.NoError(t, err)
	c, err := s.APICustomer(ctx, live, "42")
	require.NoError(t, err)
	require.False(t, c.HasMobile)
	require.Regexp(t, `^shop/42-[a-z2-7]{6}$`, c.Login)
	_, err = s.APICustomer(ctx, live, "43")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.EraseCustomer(ctx, c.UserID)
	require.NoError(t, err)
	_, err = s.APICustomer(ctx, live, "42")
	require.ErrorIs(t, err, store.ErrNotFound)
}

// Putting an order again writes nothing, and leaves no entry in the audit log.
func TestPuttingAnOrderAgainChangesNothing(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	version := int64(7)
	in := store.OrderImport{Number: "D1", Customer: "lin", Product: "p", Domains: []string{"example.com", "example.net"},
		IPs: []string{"192.0.2.1"}, Status: store.OrderActive, SourceVersion: &version,
		ExpiresOn: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC),
		WebSpace:  &store.WebSpace{Protocol: "ftp", Host: "h", Port: 21, User: "u", Password: "p"}}
	put := func(in store.OrderImport) (done store.Imported, audited bool) {
		entry := store.AuditEntry{Action: "order.put", Kind: "order", Object: "D1"}
		done, err := s.PutOrder(store.WithAudit(ctx, &entry), in)
		require.NoError(t, err)
		return done, entry.Written()
	}
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	done, audited := put(in)
	require.Equal(t, store.Imported{Created: true, Changed: true}, done)
	require.True(t, audited)
	before, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	now = now.Add(time.Hour)
	done, audited = put(in)
	require.Zero(t, done)
	require.False(t, audited)
	after, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	require.Equal(t, before, after)

	mobile := "13900000001"
	for name, change := range map[string]func(*store.OrderImport){
		"product":    func(in *store.OrderImport) { in.Product = "q" },
		"status":     func(in *store.OrderImport) { in.Status = store.OrderSuspended },
		"expires_on": func(in *store.OrderImport) { in.NeverExpires = true },
		"domains":    func(in *store.OrderImport) { in.Domains = []string{"example.net", "example.com"} },
		"no domains": func(in *store.OrderImport) { in.Domains = []string{} },
		"ips":        func(in *store.OrderImport) { in.IPs = []string{} },
		"web space":  func(in *store.OrderImport) { in.NoWebSpace, in.WebSpace = true, nil },
		"mobile":     func(in *store.OrderImport) { in.Mobile = &mobile },
	} {
		other := in
		change(&other)
		done, audited = put(other)
		require.Equal(t, store.Imported{Changed: true}, done, name)
		require.True(t, audited, name)
		_, _ = put(in)
	}

	newer := int64(8)
	later := in
	later.SourceVersion = &newer
	done, audited = put(later)
	require.Zero(t, done, "only its version is new")
	require.False(t, audited)
	_, err = s.PutOrder(ctx, in)
	require.ErrorIs(t, err, store.ErrStale)
	in.SourceVersion = nil
	_, _ = put(in)
	o, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	require.EqualValues(t, 8, o.SourceVersion.Int64, "not said: kept")
	in.NoSourceVersion = true
	_, _ = put(in)
	in.NoSourceVersion, in.SourceVersion = false, &version
	_, _ = put(in)
}

// What test keys make stays apart from what is real, and is never filed.
func TestATestOrderStaysInTheSandbox(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	test := store.OrderImport{Number: "D1", Customer: "lin", Product: "p", Domains: []string{"example.com"}, Sandbox: true}
	_, err := s.PutOrder(ctx, test)
	require.NoError(t, err)
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D1", Product: "q"})
	require.ErrorIs(t, err, store.ErrSandbox)
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D2", Customer: "lin", Product: "p"})
	require.NoError(t, err)
	test.Number = "D2"
	_, err = s.PutOrder(ctx, test)
	require.ErrorIs(t, err, store.ErrSandbox)
	o, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	_, err = s.OpenFiling(ctx, o.ID)
	require.ErrorIs(t, err, store.ErrConflict)
}

// A test's result belongs to the web space as it was.
func TestAWebSpaceForgetsItsTestWhenItChanges(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	space := store.WebSpace{Protocol: "ftp", Host: "h", Port: 21, User: "u", Password: "p"}
	in := store.OrderImport{Number: "D1", Customer: "lin", Product: "p", WebSpace: &space}
	_, err := s.PutOrder(ctx, in)
	require.NoError(t, err)
	o, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	state := func() store.SpaceState {
		state, err := s.SpaceStateOf(ctx, o.ID)
		require.NoError(t, err)
		return state
	}
	require.Equal(t, []any{true, store.SpaceByProvider, now, false},
		[]any{state().Known, state().By, state().At.Time, state().TestedAt.Valid})
	require.NoError(t, s.NoteSpaceTest(ctx, o.ID, now, "login"))
	require.Equal(t, []any{"login", now}, []any{state().Reason, state().TestedAt.Time})
	require.NoError(t, s.NoteSpaceTest(ctx, o.ID, now, ""))
	require.Empty(t, state().Reason)
	now = now.Add(time.Hour)
	corrected := space
	corrected.Password = "q"
	require.NoError(t, s.CorrectWebSpace(ctx, o, corrected))
	require.Equal(t, []any{store.SpaceByStaff, now, false}, []any{state().By, state().At.Time, state().TestedAt.Valid})
	require.NoError(t, s.NoteSpaceTest(ctx, o.ID, now.Add(-time.Minute), "login"))
	require.False(t, state().TestedAt.Valid, "of what it was before")
	_, err = s.PutOrder(ctx, in)
	require.NoError(t, err)
	require.Equal(t, store.SpaceByStaff, state().By, "the provider says what it said before")
	now = now.Add(time.Hour)
	in.WebSpace, in.NoWebSpace = nil, true
	_, err = s.PutOrder(ctx, in)
	require.NoError(t, err)
	require.Equal(t, []any{false, store.SpaceByProvider, now}, []any{state().Known, state().By, state().At.Time})
}

func TestARepeatedRequestGetsItsFirstAnswer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	_, k := apiKey(t, s, store.NewAPIKey{})
	begin := func(token, request string) (*store.APIAnswer, error) {
		return s.BeginAPIAnswer(ctx, k, token, []byte(request))
	}
	first, err := begin("a", "x")
	require.NoError(t, err)
	require.Nil(t, first)
	_, err = begin("a", "x")
	require.ErrorIs(t, err, store.ErrInFlight)
	want := store.APIAnswer{Status: 201, ContentType: "application/json", Body: []byte("{}")}
	require.NoError(t, s.EndAPIAnswer(ctx, k, "a", &want))
	again, err := begin("a", "x")
	require.NoError(t, err)
	require.Equal(t, &want, again)
	_, err = begin("a", "y")
	require.ErrorIs(t, err, store.ErrOtherRequest)
	now = now.Add(24 * time.Hour)
	again, err = begin("a", "y")
	require.NoError(t, err)
	require.Nil(t, again, "the day is over")

	_, err = begin("b", "x")
	require.NoError(t, err)
	require.NoError(t, s.EndAPIAnswer(ctx, k, "b", nil))
	again, err = begin("b", "x")
	require.NoError(t, err)
	require.Nil(t, again, "a failure may be repeated")
	now = now.Add(3 * time.Minute)
	again, err = begin("b", "x")
	require.NoError(t, err)
	require.Nil(t, again, "nobody answers it any more")
	now = now.Add(25 * time.Hour)
	require.NoError(t, s.PurgeSignIn(ctx))
	var left int
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM api_answers`).Scan(&left))
	require.Zero(t, left)
}
