package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func testEntry(n int) store.AuditEntry {
	return store.AuditEntry{By: store.Actor{ID: 7, Login: "a", Role: store.StaffAgent}, Action: "filing.resume",
		Kind: "filing", Object: fmt.Sprintf("D%d", n), Reason: fmt.Sprintf("林测试 asked by phone %d", n)}
}

func logOf(t *testing.T, rows int) *store.Store {
	t.Helper()
	s := testdb.New(t)
	for n := range rows {
		seq, err := s.Audit(t.Context(), testEntry(n+1))
		require.NoError(t, err)
		require.EqualValues(t, n+1, seq)
	}
	return s
}

func TestAuditLogIsReadByFilterAndPage(t *testing.T) {
	s := logOf(t, 5)
	ctx := t.Context()
	_, err := s.Audit(ctx, store.AuditEntry{By: store.Actor{Login: "b", Role: store.StaffAdministrator},
		Action: "staff.role", Kind: "user", Object: "9", Outcome: store.OutcomeAsked})
	require.NoError(t, err)
	list, err := s.AuditRows(ctx, store.AuditFilter{}, 0, 2)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.EqualValues(t, 6, list[0].Seq)
	require.Equal(t, store.OutcomeAsked, list[0].Outcome)
	list, err = s.AuditRows(ctx, store.AuditFilter{}, list[1].Seq, 10)
	require.NoError(t, err)
	require.Len(t, list, 4)
	require.Equal(t, "林测试 asked by phone 4", list[0].Reason)
	wrote := testEntry(4)
	require.Equal(t, []any{wrote.By.ID, wrote.By.Login, wrote.By.Role, wrote.Action, wrote.Kind, wrote.Object},
		[]any{list[0].ActorID, list[0].Actor, list[0].Role, list[0].Action, list[0].Kind, list[0].Object})
	for filter, want := range map[store.AuditFilter]int{
		{Actor: "a"}: 5, {Actor: "b"}: 1, {Actor: "c"}: 0, {Action: "filing."}: 5, {Action: "filing"}: 0,
		{Action: "staff.role"}:         1,
		{Kind: "filing", Object: "D3"}: 1, {From: time.Now().Add(-time.Hour)}: 6, {Until: time.Now().Add(-time.Hour)}: 0,
	} {
		n := 0
		require.NoError(t, s.EachAuditRow(ctx, filter, func(store.AuditRow) error { n++; return nil }))
		require.Equal(t, want, n, filter)
	}
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "林测试", "a reason may name people")
}

// Every way to tamper with the log is detected, with its position.
func TestTamperingShows(t *testing.T) {
	s := logOf(t, 5)
	for _, table := range []string{"audit_entries", "audit_head"} {
		for _, query := range []string{`CREATE TABLE untouched_` + table + ` LIKE ` + table,
			`INSERT INTO untouched_` + table + ` SELECT * FROM ` + table} {
			_, err := s.DB().ExecContext(t.Context(), query)
			require.NoError(t, err)
		}
	}
	for name, c := range map[string]struct {
		change string
		row    int64
		what   string
	}{
		"a row is changed": {`UPDATE audit_entries SET actor = 'b' WHERE seq = 3`, 3, store.FaultChanged},
		"its outcome": {`UPDATE audit_entries SET outcome = 'failed'
			WHERE seq = 3`, 3, store.FaultChanged},
		"its time": {`UPDATE audit_entries SET at = at + INTERVAL 1 SECOND
			WHERE seq = 3`, 3, store.FaultChanged},
		"its reason is taken away": {`UPDATE audit_entries SET sealed_reason = NULL
			WHERE seq = 3`, 3, store.FaultChanged},
		"its hash": {`UPDATE audit_entries SET hash = REPEAT('x', 32)
			WHERE seq = 3`, 3, store.FaultChanged},
		"a row is removed":         {`DELETE FROM audit_entries WHERE seq = 3`, 3, store.FaultMissing},
		"the first row is removed": {`DELETE FROM audit_entries WHERE seq = 1`, 1, store.FaultMissing},
		"and the others move up": {`DELETE FROM audit_entries WHERE seq = 3; UPDATE audit_entries SET seq = seq - 1
			WHERE seq > 3 ORDER BY seq`, 3, store.FaultChanged},
		"a row is inserted": {`UPDATE audit_entries SET seq = seq + 1 WHERE seq > 2
			ORDER BY seq DESC; INSERT INTO audit_entries
			SELECT 3, at, actor_id, actor, role, action, object_kind, object, outcome, request_seq, sealed_reason, hash
			FROM audit_entries WHERE seq = 2`, 3, store.FaultChanged},
		"a row is added behind": {`INSERT INTO audit_entries
			SELECT 6, at, actor_id, actor, role, action, object_kind, object, outcome, request_seq, sealed_reason, hash
			FROM audit_entries WHERE seq = 5`, 6, store.FaultChanged},
		"two rows change places": {`UPDATE audit_entries SET seq = 9 WHERE seq = 2; UPDATE audit_entries SET seq = 2
			WHERE seq = 3; UPDATE audit_entries SET seq = 3 WHERE seq = 9`, 2, store.FaultChanged},
		"the end is cut off": {`DELETE FROM audit_entries WHERE seq > 3`, 4, store.FaultMissing},
		"all is gone":        {`DELETE FROM audit_entries`, 1, store.FaultMissing},
		"all is gone, also the head": {`DELETE FROM audit_entries;
			UPDATE audit_head SET sealed = NULL`, 1, store.FaultMissing},
		"the head is gone":                {`DELETE FROM audit_head`, 0, store.FaultHead},
		"the head is another":             {`UPDATE audit_head SET sealed = REPEAT('x', 60)`, 5, store.FaultHead},
		"the head is as at the beginning": {`UPDATE audit_head SET sealed = NULL`, 5, store.FaultHead},
	} {
		t.Run(name, func(t *testing.T) {
			for _, table := range []string{"audit_entries", "audit_head"} {
				for _, query := range []string{`DELETE FROM ` + table,
					`INSERT INTO ` + table + ` SELECT * FROM untouched_` + table} {
					_, err := s.DB().ExecContext(t.Context(), query)
					require.NoError(t, err)
				}
			}
			end, err := s.VerifyAudit(t.Context(), store.AuditMark{})
			require.NoError(t, err)
			require.EqualValues(t, 5, end.Seq)
			for query := range strings.SplitSeq(c.change, ";") {
				_, err := s.DB().ExecContext(t.Context(), query)
				require.NoError(t, err)
			}
			_, err = s.VerifyAudit(t.Context(), store.AuditMark{})
			require.Equal(t, store.AuditFault{Seq: c.row, What: c.what}, err)
		})
	}
}

// Rolling back log and head together is detected by a mark recorded elsewhere.
func TestLogThatIsSetBackShowsByItsMark(t *testing.T) {
	s := logOf(t, 3)
	ctx := t.Context()
	var head []byte
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT sealed FROM audit_head`).Scan(&head))
	for n := range 2 {
		_, err := s.Audit(ctx, testEntry(n))
		require.NoError(t, err)
	}
	mark, err := s.VerifyAudit(ctx, store.AuditMark{})
	require.NoError(t, err)
	parsed, err := store.ParseAuditMark(mark.String())
	require.NoError(t, err)
	require.Equal(t, mark, parsed)
	_, err = store.ParseAuditMark("5:xyz")
	require.ErrorContains(t, err, "NUMBER:HASH")
	_, err = s.DB().ExecContext(ctx, `DELETE FROM audit_entries WHERE seq > 3`)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE audit_head SET sealed = ?`, head)
	require.NoError(t, err)
	_, err = s.VerifyAudit(ctx, store.AuditMark{})
	require.NoError(t, err, "the database alone can't tell")
	_, err = s.VerifyAudit(ctx, mark)
	require.Equal(t, store.AuditFault{Seq: 4, What: store.FaultMissing}, err)
	for n := range 2 {
		_, err := s.Audit(ctx, testEntry(n+10))
		require.NoError(t, err)
	}
	_, err = s.VerifyAudit(ctx, mark)
	require.Equal(t, store.AuditFault{Seq: 5, What: store.FaultMark}, err)
}

// Concurrent writers don't fork the chain.
func TestAuditLogIsWrittenByMany(t *testing.T) {
	s := testdb.New(t)
	var group sync.WaitGroup
	errs := make(chan error, 40)
	for n := range 8 {
		group.Go(func() {
			for range 5 {
				_, err := s.Audit(context.WithoutCancel(t.Context()), testEntry(n))
				errs <- err
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	end, err := s.VerifyAudit(t.Context(), store.AuditMark{})
	require.NoError(t, err)
	require.EqualValues(t, 40, end.Seq)
}

// An audit entry is written together with its effect or not at all.
func TestEntryIsWrittenWithItsEffect(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	d := testEntry(1)
	notice := store.Announcement{Token: strings.Repeat("0", 32), TitleZH: "a", BodyZH: "b", PublishedAt: time.Now()}
	id, err := s.AddAnnouncement(store.WithAudit(ctx, &d), notice, "support:a")
	require.NoError(t, err)
	require.True(t, d.Written())
	other := testEntry(2)
	err = s.WithdrawAnnouncement(store.WithAudit(ctx, &other), id, 99, true, "support:a")
	require.ErrorIs(t, err, store.ErrConflict)
	require.False(t, other.Written())
	rows, err := s.AuditRows(ctx, store.AuditFilter{}, 0, 10)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "D1", rows[0].Object)
	// If the log can't be written, nothing happens.
	_, err = s.DB().ExecContext(ctx, `UPDATE audit_head SET sealed = REPEAT('x', 60)`)
	require.NoError(t, err)
	require.Error(t, s.WithdrawAnnouncement(store.WithAudit(ctx, &other), id, 1, true, "support:a"))
	n, err := s.Announcement(ctx, id)
	require.NoError(t, err)
	require.False(t, n.WithdrawnAt.Valid)
}
