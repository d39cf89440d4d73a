package store_test

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// asker is somebody at their own browser.
var asker = store.Asker{Browser: "browser", Network: "192.0.2.1"}

// verified is a filing whose contact has both channels verified.
func verified(t *testing.T, s *store.Store) store.Filing {
	t.Helper()
	f := registered(t, s)
	for _, ch := range filing.Channels {
		code, number, err := s.PrepareCode(t.Context(), f.ID, ch)
		require.NoError(t, err)
		require.NotZero(t, number)
		require.NoError(t, s.VerifyCode(t.Context(), f.ID, ch, code))
	}
	return f
}

func TestRecoveryByTheFilingsContact(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	c := filingtest.Contact()
	id, _, err := s.RequestRecovery(ctx, asker, "demo", filing.SMS)
	require.NoError(t, err)
	to, err := s.AccountCode(ctx, id)
	require.NoError(t, err)
	require.Empty(t, to.To, "an unverified contact isn't used")
	for _, ch := range filing.Channels {
		code, _, err := s.PrepareCode(ctx, f.ID, ch)
		require.NoError(t, err)
		require.NoError(t, s.VerifyCode(ctx, f.ID, ch, code))
	}
	to, err = s.AccountCode(ctx, id)
	require.NoError(t, err)
	require.Equal(t,
		store.AccountCode{Purpose: store.PurposePassword, Channel: filing.SMS, Login: "demo", To: c.Mobile}, to)

	// The same account by phone or mail address.
	for _, typed := range []string{"+86 " + c.Mobile, c.Email} {
		another, _, err := s.RequestRecovery(ctx, asker, typed, filing.SMS)
		require.NoError(t, err, typed)
		same, err := s.AccountCode(ctx, another)
		require.NoError(t, err)
		require.Equal(t, to, same)
	}
	again, _, err := s.RequestRecovery(ctx, asker, "demo", filing.SMS)
	require.ErrorIs(t, err, store.ErrCodeTooSoon)
	require.Equal(t, id, again)
	code, number, err := s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.NotZero(t, number)
	require.ErrorIs(t, s.VerifyAccountCode(ctx, id, "00000000"), store.ErrCodeWrong)
	_, err = s.RecoveredUser(ctx, id)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.NoError(t, s.VerifyAccountCode(ctx, id, code))
	require.ErrorIs(t, s.VerifyAccountCode(ctx, id, code), store.ErrCodeExpired, "whoever comes second is too late")
	require.ErrorIs(t, s.VerifyAccountCode(ctx, id, "00000000"), store.ErrCodeExpired)

	user, err := s.RecoveredUser(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "demo", user.Login)
	session, err := s.BeginSession(ctx, user.ID, "Chrome · Android", time.Hour)
	require.NoError(t, err)
	require.ErrorIs(t, s.RecoverPassword(ctx, id, 7, "hash"), store.ErrConflict, "not over another's change")
	require.NoError(t, s.RecoverPassword(ctx, id, 0, "new"))
	require.ErrorIs(t, s.RecoverPassword(ctx, id, 1, "newer"), store.ErrNotFound, "the code is used up")
	user, err = s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	require.Equal(t, "new", user.PasswordHash)
	state, err := s.SessionState(ctx, user.ID, session, store.SessionUse{})
	require.NoError(t, err)
	require.False(t, state.Lives)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	for _, secret := range []string{c.Mobile, c.Email, code} {
		require.NotContains(t, dump, secret)
	}
}

// An account that doesn't exist behaves like one that does, including the lock.
func TestUnknownAccountsAnswerAlike(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	verified(t, s)
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	var answers [2][]error
	for i, typed := range []string{"demo", "nobody"} {
		id, send, err := s.RequestRecovery(ctx, asker, typed, filing.Mail)
		require.NoError(t, err)
		require.Equal(t, 1, send)
		if typed == "demo" {
			_, _, err = s.PrepareAccountCode(ctx, id)
			require.NoError(t, err)
		}
		_, _, err = s.RequestRecovery(ctx, asker, typed, filing.Mail)
		answers[i] = append(answers[i], err)
		_, err = s.RepeatRecovery(ctx, asker, id)
		answers[i] = append(answers[i], err)
		for range filing.MaxWrongTries + 1 {
			answers[i] = append(answers[i], s.VerifyAccountCode(ctx, id, "12345678"))
		}
		to, err := s.AccountCode(ctx, id)
		require.NoError(t, err)
		require.Equal(t, typed == "demo", to.To != "")
	}
	for i := range answers[0] {
		require.EqualError(t, answers[1][i], answers[0][i].Error(), "answer %d", i)
	}
	require.ErrorIs(t, answers[0][len(answers[0])-1], store.ErrCodeLocked)
}

func TestCodesToAccountsAreFew(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	verified(t, s)
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	id, _, err := s.RequestRecovery(ctx, asker, "demo", filing.SMS)
	require.NoError(t, err)
	require.ErrorIs(t, s.VerifyAccountCode(ctx, id, "00000000"), store.ErrCodeWrong)
	for i := range 9 {
		now = now.Add(filing.ResendAfter)
		send, err := s.RepeatRecovery(ctx, asker, id)
		require.NoError(t, err)
		require.Equal(t, i+2, send)
	}
	now = now.Add(time.Hour)
	_, err = s.RepeatRecovery(ctx, asker, id)
	require.ErrorIs(t, err, store.ErrQuota, "ten a day")
	_, _, err = s.RequestRecovery(ctx, asker, "demo", filing.SMS)
	require.ErrorIs(t, err, store.ErrQuota)
	for i := range filing.MaxWrongTries - 1 {
		want := store.ErrCodeWrong
		if i == filing.MaxWrongTries-2 {
			want = store.ErrCodeLocked
		}
		require.ErrorIs(t, s.VerifyAccountCode(ctx, id, "00000000"), want, "another code doesn't give tries back")
	}
	now = now.Add(24 * time.Hour)
	_, _, err = s.RequestRecovery(ctx, asker, "demo", filing.SMS)
	require.NoError(t, err)
	code, _, err := s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	now = now.Add(filing.CodeTTL + time.Second)
	require.ErrorIs(t, s.VerifyAccountCode(ctx, id, code), store.ErrCodeExpired)
	now = now.Add(49 * time.Hour)
	require.NoError(t, s.PurgeSignIn(ctx))
	_, err = s.AccountCode(ctx, id)
	require.ErrorIs(t, err, store.ErrNotFound)
}

func TestAnAccountsOwnAddressesComeFirst(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := verified(t, s)
	const own = "own@example.com"
	id, _, err := s.RequestContactAddress(ctx, f.CustomerID, filing.Mail, own)
	require.NoError(t, err)
	require.ErrorIs(t, s.ConfirmContactAddress(ctx, f.CustomerID, id), store.ErrNotFound, "not before the code is right")
	code, _, err := s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.NoError(t, s.VerifyAccountCode(ctx, id, code))
	require.ErrorIs(t, s.ConfirmContactAddress(ctx, f.CustomerID+1, id), store.ErrNotFound, "another's")
	require.NoError(t, s.ConfirmContactAddress(ctx, f.CustomerID, id))
	require.ErrorIs(t, s.ConfirmContactAddress(ctx, f.CustomerID, id), store.ErrNotFound, "once")
	addresses, err := s.ContactAddressesOf(ctx, f.CustomerID)
	require.NoError(t, err)
	require.Equal(t, store.ContactAddresses{Email: own, Mobile: filingtest.Contact().Mobile}, addresses)
	found, _, err := s.RequestRecovery(ctx, asker, own, filing.Mail)
	require.NoError(t, err)
	to, err := s.AccountCode(ctx, found)
	require.NoError(t, err)
	require.Equal(t, own, to.To)
	found, _, err = s.RequestRecovery(ctx, store.Asker{Browser: "by phone"}, "demo", filing.SMS)
	require.NoError(t, err)
	to, err = s.AccountCode(ctx, found)
	require.NoError(t, err)
	require.Empty(t, to.To, "whoever was launched may have filed with a phone of their own")
	// A second account with the same address makes it ambiguous.
	other, err := s.EnsureUser(ctx, store.RoleCustomer, "other", "")
	require.NoError(t, err)
	id, _, err = s.RequestContactAddress(ctx, other, filing.Mail, own)
	require.NoError(t, err)
	code, _, err = s.PrepareAccountCode(ctx, id)
	require.NoError(t, err)
	require.NoError(t, s.VerifyAccountCode(ctx, id, code))
	require.NoError(t, s.ConfirmContactAddress(ctx, other, id))
	found, _, err = s.RequestRecovery(ctx, store.Asker{Browser: "another"}, own, filing.Mail)
	require.NoError(t, err)
	to, err = s.AccountCode(ctx, found)
	require.NoError(t, err)
	require.Empty(t, to.To)
}

func TestTriesSlowAndNeverLock(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	given := make(chan bool, 40)
	var all sync.WaitGroup
	for range cap(given) {
		all.Go(func() {
			wait, err := s.TakeTry(ctx, store.TrySignIn, "demo")
			require.NoError(t, err)
			given <- wait == 0
		})
	}
	all.Wait()
	close(given)
	n := 0
	for ok := range given {
		if ok {
			n++
		}
	}
	require.Equal(t, 5, n, "parallel guesses share no try")
	tries, err := s.SignInTries(ctx, "demo")
	require.NoError(t, err)
	require.Equal(t, 5, tries)
	for range 20 {
		wait, err := s.TakeTry(ctx, store.TrySignIn, "demo")
		require.NoError(t, err)
		require.Positive(t, wait)
		require.LessOrEqual(t, wait, time.Minute)
		now = now.Add(wait)
		wait, err = s.TakeTry(ctx, store.TrySignIn, "demo")
		require.NoError(t, err)
		require.Zero(t, wait)
	}
	wait, err := s.TakeTry(ctx, store.TrySignIn, "other")
	require.NoError(t, err)
	require.Zero(t, wait)
	require.NoError(t, s.ForgetTries(ctx, store.TrySignIn, "demo"))
	wait, err = s.TakeTry(ctx, store.TrySignIn, "demo")
	require.NoError(t, err)
	require.Zero(t, wait)
	now = now.Add(31 * time.Minute)
	tries, err = s.SignInTries(ctx, "demo")
	require.NoError(t, err)
	require.Zero(t, tries)
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	user, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "hash")
	require.NoError(t, err)
	begin := func() int64 {
		id, err := s.BeginSession(ctx, user, "Chrome · Android", 12*time.Hour)
		require.NoError(t, err)
		return id
	}
	lives := func(id int64) bool {
		state, err := s.SessionState(ctx, user, id, store.SessionUse{})
		require.NoError(t, err)
		return state.Lives
	}
	a, b, c := begin(), begin(), begin()
	require.True(t, lives(a))
	require.NoError(t, s.EndSession(ctx, user+1, a))
	require.True(t, lives(a), "another's isn't one's to end")
	now = now.Add(59 * time.Minute)
	require.True(t, lives(b))
	now = now.Add(time.Minute)
	require.True(t, lives(c))
	list, err := s.UserSessions(ctx, user)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, time.Hour, list[0].LastSeenAt.Sub(list[0].CreatedAt))
	require.Zero(t, list[1].LastSeenAt.Sub(list[1].CreatedAt), "to the hour")
	require.NoError(t, s.EndSession(ctx, user, a))
	require.False(t, lives(a))
	require.NoError(t, s.ChangePassword(ctx, user, 0, "new", b))
	require.True(t, lives(b))
	require.False(t, lives(c))
	require.NoError(t, s.SetPassword(ctx, user, "newer"))
	require.False(t, lives(b))
	d := begin()
	now = now.Add(12*time.Hour + time.Second)
	require.False(t, lives(d))
	require.NoError(t, s.PurgeSignIn(ctx))
	ready, told, err := s.PasswordNotice(ctx, user, 2)
	require.NoError(t, err)
	require.True(t, ready)
	require.False(t, told)
	ready, _, err = s.PasswordNotice(ctx, user, 3)
	require.NoError(t, err)
	require.False(t, ready)
	require.NoError(t, s.PasswordNoticeSent(ctx, user, 2))
	_, told, err = s.PasswordNotice(ctx, user, 2)
	require.NoError(t, err)
	require.True(t, told)
}

func TestDraftsKnowWhoOvertookThem(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	save := func(version int64, writer, text string) (int64, error) {
		return s.SaveDraftOver(ctx, store.FilingDraft(f.ID, "holder"),
			store.DraftMark{Version: version, Writer: writer}, text)
	}
	v, err := save(0, "A", "one")
	require.NoError(t, err)
	require.EqualValues(t, 1, v)
	v, err = save(0, "A", "two")
	require.NoError(t, err, "a page saves over itself, also when it never heard of its last save")
	require.EqualValues(t, 2, v)
	_, err = save(0, "B", "three")
	require.ErrorIs(t, err, store.ErrConflict)
	_, err = save(1, "B", "three")
	require.ErrorIs(t, err, store.ErrConflict)
	v, err = save(2, "B", "three")
	require.NoError(t, err)
	require.EqualValues(t, 3, v)
	_, err = save(2, "A", "four")
	require.ErrorIs(t, err, store.ErrConflict)
	require.NoError(t, s.SaveDraft(ctx, f.ID, "holder", "five"))
	_, err = save(3, "B", "six")
	require.ErrorIs(t, err, store.ErrConflict, "what has no mark counts too")
	var text string
	require.NoError(t, s.Draft(ctx, f.ID, "holder", &text))
	require.Equal(t, "five", text)
	v, err = s.DraftVersion(ctx, store.FilingDraft(f.ID, "holder"))
	require.NoError(t, err)
	require.EqualValues(t, 4, v)
}

// A draft from before a filing exists belongs to its customer, and is deleted when it becomes a filing or is abandoned.
func TestDraftsOfOrders(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	o, _ := opened(t, s, "D1", "demo")
	other, err := s.EnsureUser(ctx, store.RoleCustomer, "other", "x")
	require.NoError(t, err)
	row := store.OrderDraft(o.ID, o.CustomerID, "register")
	v, err := s.SaveDraftOver(ctx, row, store.DraftMark{Writer: "A"}, "one")
	require.NoError(t, err)
	require.EqualValues(t, 1, v)
	_, err = s.SaveDraftOver(ctx, row, store.DraftMark{Writer: "B"}, "two")
	require.ErrorIs(t, err, store.ErrConflict)
	require.NoError(t, s.SaveDraftAt(ctx, row, "three"))
	v, err = s.DraftVersion(ctx, row)
	require.NoError(t, err)
	require.EqualValues(t, 2, v)
	var text string
	require.NoError(t, s.DraftAt(ctx, row, &text))
	require.Equal(t, "three", text)
	require.ErrorIs(t, s.DraftAt(ctx, store.OrderDraft(o.ID, other, "register"), &text), store.ErrNotFound)

	mine, err := s.LocalDraftKey(o.CustomerID, row)
	require.NoError(t, err)
	theirs, err := s.LocalDraftKey(other, row)
	require.NoError(t, err)
	require.Len(t, mine, 32)
	require.NotEqual(t, mine, theirs)

	now := time.Now()
	s.SetClock(func() time.Time { return now.Add(89 * 24 * time.Hour) })
	require.NoError(t, s.PurgeSignIn(ctx))
	require.NoError(t, s.DraftAt(ctx, row, &text))
	s.SetClock(func() time.Time { return now.Add(91 * 24 * time.Hour) })
	require.NoError(t, s.PurgeSignIn(ctx))
	require.ErrorIs(t, s.DraftAt(ctx, row, &text), store.ErrNotFound)
}

func TestOneOfTwoPagesWins(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	won := make(chan string, 10)
	var all sync.WaitGroup
	for i := range cap(won) {
		all.Go(func() {
			name := string(rune('A' + i))
			if _, err := s.SaveDraftOver(ctx, store.FilingDraft(f.ID, "site"), store.DraftMark{Writer: name}, name); err == nil {
				won <- name
			} else {
				require.ErrorIs(t, err, store.ErrConflict)
			}
		})
	}
	all.Wait()
	require.Len(t, won, 1)
	var kept string
	require.NoError(t, s.Draft(ctx, f.ID, "site", &kept))
	require.Equal(t, <-won, kept)
}

func TestSavedPostsAreTheirOwners(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	mark, err := s.UserMark(1)
	require.NoError(t, err)
	typed := url.Values{"name": {"林测试"}}
	require.NoError(t, s.SavePost(ctx, store.PostSender{Browser: "browser", Mark: mark}, "/a", typed))
	require.NoError(t, s.SavePost(ctx, store.PostSender{Browser: "browser", Mark: mark}, "/b", typed))
	for _, forged := range []string{"", "nonsense", strings.Repeat("ab", 32), mark[:len(mark)-2] + "00", "a" + mark} {
		by := store.PostSender{Browser: "browser", Mark: forged}
		require.ErrorIs(t, s.SavePost(ctx, by, "/a", typed), store.ErrNotFound, forged)
	}
	got := url.Values{}
	require.NoError(t, s.SavedPost(ctx, "browser", 1, "/a", &got))
	require.Equal(t, typed, got)
	require.ErrorIs(t, s.SavedPost(ctx, "another", 1, "/a", &got), store.ErrNotFound)
	require.ErrorIs(t, s.SavedPost(ctx, "browser", 2, "/a", &got), store.ErrNotFound, "another person at the browser")
	require.ErrorIs(t, s.SavedPost(ctx, "browser", 1, "/a", &got), store.ErrNotFound, "and it is gone")
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "林测试")
	require.NoError(t, s.DropOthersSavedPosts(ctx, "browser", 1))
	require.NoError(t, s.SavedPost(ctx, "browser", 1, "/b", &got))
	now = now.Add(store.SavedPostLifetime + time.Second)
	require.ErrorIs(t, s.SavedPost(ctx, "browser", 1, "/b", &got), store.ErrNotFound)
	require.NoError(t, s.PurgeSignIn(ctx))
}

// What clients leave without being signed in has limits in number and size, also for a mark that is ours.
func TestSavedPostsAreLimited(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	save := func(user int64, network, browser string, size int) error {
		mark, err := s.UserMark(user)
		require.NoError(t, err)
		by := store.PostSender{Browser: browser, Mark: mark, Network: network}
		return s.SavePost(ctx, by, "/a", strings.Repeat("x", size))
	}
	saved := 0
	for i := range 100 {
		if err := save(0, "one", strconv.Itoa(i), 1); err == nil {
			saved++
		} else {
			require.ErrorIs(t, err, store.ErrQuota)
		}
	}
	require.Equal(t, 60, saved)
	saved = 0
	for i := range 40 {
		if save(1, "network"+strconv.Itoa(i), strconv.Itoa(i), 200<<10) == nil {
			saved++
		}
	}
	require.Equal(t, 20, saved, "4 MB for an account, from whatever network")
	mark, err := s.UserMark(2)
	require.NoError(t, err)
	now = now.Add(store.UserMarkLifetime + time.Second)
	require.ErrorIs(t, s.SavePost(ctx, store.PostSender{Browser: "b", Mark: mark, Network: "n"}, "/a", "x"),
		store.ErrNotFound, "expired")
}

// A session that nobody uses ends. What a page does by itself is no use.
func TestIdleSessionsEnd(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	user, err := s.EnsureUser(ctx, store.RoleCustomer, "demo", "hash")
	require.NoError(t, err)
	id, err := s.BeginSession(ctx, user, "Chrome · Android", 12*time.Hour)
	require.NoError(t, err)
	lives := func(after time.Duration, unattended bool) bool {
		now = now.Add(after)
		state, err := s.SessionState(ctx, user, id, store.SessionUse{Idle: time.Hour, Unattended: unattended})
		require.NoError(t, err)
		return state.Lives
	}
	for range 5 {
		require.True(t, lives(50*time.Minute, false))
	}
	require.True(t, lives(50*time.Minute, true))
	require.False(t, lives(10*time.Minute, false))
	require.False(t, lives(0, false))
}
