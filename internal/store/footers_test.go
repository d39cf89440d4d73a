package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func backup(name string, _ time.Time) string { return name + ".bak" }

func TestFooterEditFromAskingToUndoing(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	id, err := s.AskFooter(ctx, f.ID, "customer:demo")
	require.NoError(t, err)
	again, err := s.AskFooter(ctx, f.ID, "customer:demo")
	require.NoError(t, err)
	require.Equal(t, id, again, "a second click joins")
	require.ErrorIs(t, s.AgreeFooter(ctx, f.ID, id, "customer:demo", backup), store.ErrConflict, "nothing was seen yet")

	preview := store.FooterPreview{Numbers: []string{"n", "m"}, FileName: "index.html",
		Original: []byte("secret original"), New: []byte("secret new\xff")}
	for range 2 {
		require.NoError(t, s.FooterPreviewed(ctx, id, preview))
	}
	require.ErrorIs(t, s.AgreeFooter(ctx, f.ID+1, id, "customer:demo", backup), store.ErrNotFound, "another's")
	for range 2 {
		require.NoError(t, s.AgreeFooter(ctx, f.ID, id, "customer:demo", backup))
	}
	_, err = s.AskFooter(ctx, f.ID, "customer:demo")
	require.ErrorIs(t, err, store.ErrConflict, "it is being written")
	for range 2 {
		require.NoError(t, s.FooterPlaced(ctx, id))
	}
	e, err := s.FooterEdit(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.FooterPlaced, e.State)
	require.Equal(t, "index.html.bak", e.BackupName)
	require.Equal(t, "customer:demo", e.AgreedBy)
	require.Equal(t, []string{"n", "m"}, e.Numbers())
	original, edited, err := s.FooterPages(ctx, id)
	require.NoError(t, err)
	require.Equal(t, preview.Original, original)
	require.Equal(t, preview.New, edited)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "secret original")

	for range 2 {
		require.NoError(t, s.UndoFooter(ctx, f.ID, id, "customer:demo"))
	}
	require.ErrorIs(t, s.UndoFooter(ctx, f.ID+1, id, "x"), store.ErrNotFound)
	require.NoError(t, s.FooterFailed(ctx, id, "changed", map[string]string{"file": "index.html"}))
	e, err = s.FooterEdit(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.FooterPlaced, e.State, "what can't be undone stays placed")
	require.Equal(t, "changed", e.Reason)
	require.Equal(t, "index.html", e.Args()["file"])
	require.NoError(t, s.UndoFooter(ctx, f.ID, id, "customer:demo"))
	for range 2 {
		require.NoError(t, s.FooterUndone(ctx, id))
	}
	require.NoError(t, s.UndoFooter(ctx, f.ID, id, "customer:demo"), "said again")
	_, _, err = s.FooterPages(ctx, id)
	require.ErrorIs(t, err, store.ErrNotFound, "what isn't needed isn't kept")
}

func TestNewAttemptForgetsOldOnesButWhatIsPlaced(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	now := time.Now()
	s.SetClock(func() time.Time { return now })
	preview := store.FooterPreview{FileName: "index.html", Original: []byte("a"), New: []byte("b")}
	var ids []int64
	for i := range 3 {
		id, err := s.AskFooter(ctx, f.ID, "x")
		require.NoError(t, err)
		ids = append(ids, id)
		require.NoError(t, s.FooterPreviewed(ctx, id, preview))
		if i == 0 {
			require.NoError(t, s.AgreeFooter(ctx, f.ID, id, "x", backup))
			require.NoError(t, s.FooterPlaced(ctx, id))
		}
	}
	kept := func(id int64) bool {
		_, _, err := s.FooterPages(ctx, id)
		return err == nil
	}
	require.Equal(t, []bool{true, false, true}, []bool{kept(ids[0]), kept(ids[1]), kept(ids[2])})
	require.ErrorIs(t, s.AgreeFooter(ctx, f.ID, ids[1], "x", backup), store.ErrConflict, "an old page's button")
	require.NoError(t, s.AgreeFooter(ctx, f.ID, ids[2], "x", backup))
	require.NoError(t, s.FooterPlaced(ctx, ids[2]))
	require.ErrorIs(t, s.UndoFooter(ctx, f.ID, ids[0], "x"), store.ErrConflict)

	stale, err := s.AskFooter(ctx, f.ID, "x")
	require.NoError(t, err)
	now = now.Add(3 * time.Minute)
	fresh, err := s.AskFooter(ctx, f.ID, "x")
	require.NoError(t, err)
	require.NotEqual(t, stale, fresh, "a lost attempt blocks nobody")
	require.NoError(t, s.FooterPreviewed(ctx, stale, preview))
	e, err := s.FooterEdit(ctx, stale)
	require.NoError(t, err)
	require.Equal(t, store.FooterFailed, e.State)
}

// place replaces one page with another, as the customer and the worker do.
func place(t *testing.T, s *store.Store, filingID int64, file, original, edited string) int64 {
	t.Helper()
	ctx := t.Context()
	id, err := s.AskFooter(ctx, filingID, "x")
	require.NoError(t, err)
	require.NoError(t,
		s.FooterPreviewed(ctx, id, store.FooterPreview{FileName: file, Original: []byte(original), New: []byte(edited)}))
	require.NoError(t, s.AgreeFooter(ctx, filingID, id, "x", backup))
	require.NoError(t, s.FooterPlaced(ctx, id))
	return id
}

// Edits made in steps are undone in steps; if somebody changed the page in between, earlier steps can't be undone.
func TestStepsAreUndoneOneAfterTheOther(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	kept := func(id int64) bool {
		_, _, err := s.FooterPages(ctx, id)
		return err == nil
	}
	first := place(t, s, f.ID, "index.html", "a", "ab")
	second := place(t, s, f.ID, "index.html", "ab", "abc")
	require.True(t, kept(first) && kept(second))
	require.NoError(t, s.UndoFooter(ctx, f.ID, second, "x"))
	require.ErrorIs(t, s.UndoFooter(ctx, f.ID, first, "x"), store.ErrConflict, "one at a time")
	require.NoError(t, s.FooterUndone(ctx, second))
	require.NoError(t, s.UndoFooter(ctx, f.ID, first, "x"))
	require.NoError(t, s.FooterUndone(ctx, first))

	first = place(t, s, f.ID, "index.html", "a", "ab")
	second = place(t, s, f.ID, "index.html", "another ab", "another abc")
	require.False(t, kept(first), "somebody changed the page")
	third := place(t, s, f.ID, "index.htm", "another abc", "x")
	require.False(t, kept(second), "another file")
	require.True(t, kept(third))
}

// A change is another filing, but the page is the same.
func TestEditIsUndoneAfterAChange(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	f := filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1"})
	other := filed(t, s, account, "D2", store.Verdict{HolderNumber: "沪ICP备2026000002号", SiteNumber: "沪ICP备2026000002号-1"})
	first := place(t, s, f.ID, "index.html", "a", "ab")
	change, err := s.OpenFollowUp(ctx, f.ID, filing.KindChange)
	require.NoError(t, err)
	own, err := s.FooterEdits(ctx, change.ID)
	require.NoError(t, err)
	require.Empty(t, own, "its timeline is unchanged")
	second := place(t, s, change.ID, "index.html", "ab", "abc")
	edits, err := s.FooterEditsOfOrder(ctx, change.ID)
	require.NoError(t, err)
	require.Equal(t, []int64{second, first}, []int64{edits[0].ID, edits[1].ID})
	require.ErrorIs(t, s.UndoFooter(ctx, other.ID, second, "x"), store.ErrNotFound, "another order's")
	for _, id := range []int64{second, first} {
		require.NoError(t, s.UndoFooter(ctx, change.ID, id, "x"))
		require.NoError(t, s.FooterUndone(ctx, id))
	}
}
