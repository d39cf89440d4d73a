package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

	preview := store.FooterPreview{Number: "n", FileName: "index.html", Original: []byte("secret original"), New: []byte("secret new\xff")}
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
	require.NotEqual(t, stale, fresh, "one that was lost holds nobody up")
	require.NoError(t, s.FooterPreviewed(ctx, stale, preview))
	e, err := s.FooterEdit(ctx, stale)
	require.NoError(t, err)
	require.Equal(t, store.FooterFailed, e.State)
}
