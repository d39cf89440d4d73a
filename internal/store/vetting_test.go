package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

const lease = 30 * time.Minute

// reviewers creates reviewer accounts, by login.
func reviewers(t *testing.T, s *store.Store, logins ...string) (ids []int64) {
	t.Helper()
	for _, login := range logins {
		id, err := s.EnsureStaff(t.Context(), store.StaffReviewer, login, "hash")
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

// toVet is a filing whose first revision waits for vetting.
func toVet(t *testing.T, s *store.Store, number string) store.Filing {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	submitToVetting(t, s, f.ID, 2)
	f, err = s.Filing(ctx, f.ID)
	require.NoError(t, err)
	return f
}

func submitToVetting(t *testing.T, s *store.Store, filingID, seq int64) {
	t.Helper()
	d := filingtest.Dossier()
	d.Kind = filing.KindNew
	revision, err := s.SaveDossier(t.Context(), filingID, d)
	require.NoError(t, err)
	require.NoError(t, s.Advance(t.Context(), store.Progress{FilingID: filingID, Seq: seq, Stage: filing.Vetting,
		Revision: revision, EventKind: "submitted", Actor: "customer:demo"}))
}

func numbers(list []store.QueuedVetting) (orders []string) {
	for _, q := range list {
		orders = append(orders, q.OrderNumber)
	}
	return orders
}

// However many reviewers ask at once, each dossier goes to one of them.
func TestNoDossierIsTakenTwice(t *testing.T) {
	s := testdb.New(t)
	const dossiers, askers = 40, 8
	var who []int64
	for i := range askers {
		who = append(who, reviewers(t, s, fmt.Sprintf("r%d", i))...)
	}
	for i := range dossiers {
		toVet(t, s, fmt.Sprintf("D%02d", i))
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	taken := map[string]int64{}
	for i := range 3 * askers { // each in three tabs
		wait.Go(func() {
			for {
				q, err := s.TakeNextVetting(context.Background(), who[i%askers], lease)
				if errors.Is(err, store.ErrNotFound) {
					return
				}
				if !assert.NoError(t, err) {
					return
				}
				mu.Lock()
				other, twice := taken[q.OrderNumber]
				taken[q.OrderNumber] = who[i%askers]
				mu.Unlock()
				assert.False(t, twice && other != who[i%askers], q.OrderNumber)
			}
		})
	}
	wait.Wait()
	require.Len(t, taken, dossiers)
	queue, err := s.VettingQueue(t.Context(), store.VettingsAll, 0, store.Cursor{}, 100)
	require.NoError(t, err)
	require.Len(t, queue, dossiers)
	for _, q := range queue {
		require.Equal(t, taken[q.OrderNumber], q.Reviewer, q.OrderNumber)
	}
}

// If many want the same dossier, one gets it.
func TestOneOfManyTakesADossier(t *testing.T) {
	s := testdb.New(t)
	f := toVet(t, s, "D1")
	var wait sync.WaitGroup
	var mu sync.Mutex
	got := 0
	for i := range 12 {
		id := reviewers(t, s, fmt.Sprintf("r%d", i))[0]
		wait.Go(func() {
			err := s.TakeVetting(context.Background(), f.ID, 1, id, lease)
			if err == nil {
				mu.Lock()
				got++
				mu.Unlock()
				return
			}
			assert.ErrorIs(t, err, store.ErrHeld)
		})
	}
	wait.Wait()
	require.Equal(t, 1, got)
}

// expire makes every lease expire.
func expire(t *testing.T, s *store.Store) {
	t.Helper()
	_, err := s.DB().ExecContext(t.Context(), `UPDATE vettings SET leased_until = taken_at - INTERVAL 1 SECOND`)
	require.NoError(t, err)
}

func TestLeaseOfAVetting(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	who := reviewers(t, s, "a", "b")
	a, b := who[0], who[1]
	f := toVet(t, s, "D1")
	verdict := store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 1, Reviewer: a, Verdict: store.VettingPassed}
	require.ErrorIs(t, s.DecideVetting(ctx, verdict), store.ErrHeld, "it is free")
	require.ErrorIs(t, s.TakeVetting(ctx, f.ID, 2, a, lease), store.ErrConflict, "there is no such revision")
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, a, lease))
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, a, lease), "a second click")
	require.ErrorIs(t, s.TakeVetting(ctx, f.ID, 1, b, lease), store.ErrHeld)
	require.ErrorIs(t, s.ReleaseVetting(ctx, f.ID, 1, b), store.ErrConflict, "it isn't theirs to give back")
	verdict.Reviewer = b
	require.ErrorIs(t, s.DecideVetting(ctx, verdict), store.ErrHeld)
	c, err := s.Vetting(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "a", c.Login)
	require.True(t, c.Held(time.Now()))

	expire(t, s)
	require.NoError(t, s.RenewVetting(ctx, f.ID, 1, a, lease), "the page was open all the time")
	require.ErrorIs(t, s.TakeVetting(ctx, f.ID, 1, b, lease), store.ErrHeld)
	expire(t, s)
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, b, lease))
	require.NoError(t, s.RenewVetting(ctx, f.ID, 1, a, lease))
	verdict.Reviewer = a
	require.ErrorIs(t, s.DecideVetting(ctx, verdict), store.ErrHeld, "it is another's since")

	require.NoError(t, s.ReleaseVetting(ctx, f.ID, 1, b))
	c, err = s.Vetting(ctx, f.ID)
	require.NoError(t, err)
	require.Zero(t, c.Reviewer)
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, a, lease))
	expire(t, s)
	require.NoError(t, s.DecideVetting(ctx, verdict), "nobody else took it in the meantime")
	require.NoError(t, s.DecideVetting(ctx, verdict), "a second click")
	verdict.Verdict = store.VettingSentBack
	require.ErrorIs(t, s.DecideVetting(ctx, verdict), store.ErrConflict, "the verdict stays")
	require.ErrorIs(t, s.TakeVetting(ctx, f.ID, 1, b, lease), store.ErrConflict)
	require.ErrorIs(t, s.ReleaseVetting(ctx, f.ID, 1, a), store.ErrConflict)
}

// Two different reviewers must pass it; one is enough to send it back; a new revision is vetted again.
func TestSecondVettingNeedsAnotherReviewer(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	who := reviewers(t, s, "a", "b")
	a, b := who[0], who[1]
	f := toVet(t, s, "D1")
	first := store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 1, Reviewer: a, Verdict: store.VettingPassedOn}
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, a, lease))
	require.NoError(t, s.DecideVetting(ctx, first))
	require.NoError(t, s.DecideVetting(ctx, first), "a second click")
	c, err := s.Vetting(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, 2, c.Round)
	require.Zero(t, c.Reviewer)
	require.Equal(t, "a", c.FirstLogin)
	require.ErrorIs(t, s.TakeVetting(ctx, f.ID, 1, a, lease), store.ErrSameReviewer)
	_, err = s.TakeNextVetting(ctx, a, lease)
	require.ErrorIs(t, err, store.ErrNotFound)
	for round := range 3 {
		err := s.DecideVetting(ctx,
			store.VettingDecision{FilingID: f.ID, Revision: 1, Round: round, Reviewer: a, Verdict: store.VettingPassed})
		require.ErrorIs(t, err, store.ErrConflict, "the first passer can't pass it, from whatever tab")
	}
	q, err := s.TakeNextVetting(ctx, b, lease)
	require.NoError(t, err)
	require.Equal(t, "D1", q.OrderNumber)
	require.NoError(t, s.DecideVetting(ctx, first), "an old tab of the first one's")
	require.ErrorIs(t, s.DecideVetting(ctx, store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 1, Reviewer: b,
		Verdict: store.VettingPassed}), store.ErrConflict, "an old tab")
	why := &store.SendBack{Revision: 1, Actor: "support:b", Reasons: []string{"site_name"}}
	require.NoError(t, s.DecideVetting(ctx,
		store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 2, Reviewer: b, Verdict: store.VettingSentBack, Why: why}))
	all, err := s.SendBacks(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, []string{"site_name"}, all[1].Reasons)

	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Correcting, EventKind: "sent_back", Actor: "support:b"}))
	submitToVetting(t, s, f.ID, 4)
	q, err = s.TakeNextVetting(ctx, a, lease)
	require.NoError(t, err)
	require.Equal(t, 1, q.Round)
	require.Equal(t, 2, q.Revision)
	require.NoError(t, s.DecideVetting(ctx,
		store.VettingDecision{FilingID: f.ID, Revision: 2, Round: 1, Reviewer: a, Verdict: store.VettingPassedOn}))
	require.NoError(t, s.TakeVetting(ctx, f.ID, 2, b, lease))
	require.NoError(t, s.DecideVetting(ctx,
		store.VettingDecision{FilingID: f.ID, Revision: 2, Round: 2, Reviewer: b, Verdict: store.VettingPassed}))
}

func TestVettingQueueIsOldestFirst(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	who := reviewers(t, s, "a", "b")
	var filings []store.Filing
	for i := range 5 {
		filings = append(filings, toVet(t, s, fmt.Sprintf("D%d", i)))
		_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stage_since = ?
			WHERE id = ?`, time.Date(2026, 1, 9-i/2, 0, 0, 0, 0, time.UTC), filings[i].ID)
		require.NoError(t, err)
	}
	list := func(shown store.VettingScope, reviewer int64) []string {
		t.Helper()
		var paged []string
		for after := (store.Cursor{}); ; {
			page, err := s.VettingQueue(ctx, shown, reviewer, after, 2)
			require.NoError(t, err)
			if len(page) == 0 {
				return paged
			}
			paged, after = append(paged, numbers(page)...), page[len(page)-1].Cursor()
			require.Equal(t, "310000", page[0].Province)
			require.Equal(t, filing.NaturePerson, page[0].Nature)
		}
	}
	all := []string{"D4", "D2", "D3", "D0", "D1"}
	require.Equal(t, all, list(store.VettingsAll, who[0]))
	require.NoError(t, s.TakeVetting(ctx, filings[2].ID, 1, who[0], lease))
	require.Equal(t, all, list(store.VettingsAll, who[1]))
	require.Equal(t, []string{"D4", "D3", "D0", "D1"}, list(store.VettingsFree, who[1]))
	require.Equal(t, []string{"D2"}, list(store.VettingsMine, who[0]))
	require.Empty(t, list(store.VettingsMine, who[1]))
	expire(t, s)
	require.Equal(t, all, list(store.VettingsFree, who[1]))
	require.Equal(t, []string{"D2"}, list(store.VettingsMine, who[0]), "they hold it until somebody else takes it")
	require.Equal(t, []string{"D4", "D3", "D0", "D1"}, list(store.VettingsFree, who[0]),
		"and isn't given to them as the next one")
	query, args := store.VettingQueueSQL(store.VettingsFree, who[0], time.Now(), store.Cursor{}, 51)
	for _, step := range explain(ctx, t, s.DB(), query, args) {
		if step["table"] == "f" {
			require.Equal(t, "filings_stage", step["key"])
			require.NotContains(t, step["Extra"], "filesort")
			require.NotContains(t, step["Extra"], "temporary")
		}
	}
}

func TestFiguresOfReviewers(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	who := reviewers(t, s, "a", "b")
	account, err := s.EnsureAccount(ctx, "by hand")
	require.NoError(t, err)
	require.NoError(t, s.SetDriver(ctx, account, store.DriverManual))
	for i, v := range []store.VettingVerdict{store.VettingPassed, store.VettingPassed, store.VettingSentBack} {
		f := toVet(t, s, fmt.Sprintf("D%d", i))
		require.NoError(t, s.TakeVetting(ctx, f.ID, 1, who[0], lease))
		d := store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 1, Reviewer: who[0], Verdict: v}
		if v == store.VettingSentBack {
			d.Why = &store.SendBack{Revision: 1, Actor: "support:a", Text: "x"}
		}
		require.NoError(t, s.DecideVetting(ctx, d))
		for _, query := range []string{
			`UPDATE vettings SET taken_at = decided_at - INTERVAL ? MINUTE
				WHERE filing_id = ?`, `UPDATE dossiers d JOIN vettings c USING (filing_id)
					SET d.submitted_at = c.decided_at - INTERVAL 10 * ? MINUTE WHERE d.filing_id = ?`,
		} {
			_, err := s.DB().ExecContext(ctx, query, i*i+1, f.ID) // 1, 2, 5
			require.NoError(t, err)
		}
	}
	f := toVet(t, s, "D9")
	require.NoError(t, s.TakeVetting(ctx, f.ID, 1, who[1], lease))
	require.NoError(t, s.DecideVetting(ctx,
		store.VettingDecision{FilingID: f.ID, Revision: 1, Round: 1, Reviewer: who[1], Verdict: store.VettingPassed}))
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Submitting, EventKind: "submitting", Actor: "support:b"}))
	require.NoError(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: 1, Operation: 1}))
	require.NoError(t, s.SubmitByHand(ctx, 1, "support:b"))
	require.NoError(t, s.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:b", Opinion: "证件过期"}))

	list, err := s.VettingFigures(ctx, time.Now().AddDate(0, 0, -7), 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	requireHours(t, 2/60., list[0].FromTaking)
	requireHours(t, 20/60., list[0].FromSubmission)
	list[0].FromTaking, list[0].FromSubmission = 0, 0
	require.Equal(t, store.VettingFigures{Reviewer: who[0], Login: "a", Vettings: 3, Passed: 2, SentBack: 1}, list[0])
	require.Equal(t, 1, list[1].Refused)
	require.Equal(t, 1, list[1].Passed)
	own, err := s.VettingFigures(ctx, time.Now().AddDate(0, 0, -7), who[1])
	require.NoError(t, err)
	require.Equal(t, list[1:], own)
	_, err = s.DB().ExecContext(ctx, `UPDATE decisions SET returned_together = TRUE`)
	require.NoError(t, err)
	own, err = s.VettingFigures(ctx, time.Now().AddDate(0, 0, -7), who[1])
	require.NoError(t, err)
	require.Zero(t, own[0].Refused, "the bureau refused another site")
	list, err = s.VettingFigures(ctx, time.Now().Add(time.Hour), 0)
	require.NoError(t, err)
	require.Empty(t, list)
}
