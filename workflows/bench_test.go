package workflows_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// fill queues filings for the first account.
func fill(b *testing.B, db *store.Store, account int64, from, n int) {
	b.Helper()
	ctx := b.Context()
	for i := from; i < from+n; i++ {
		number := fmt.Sprintf("B%d", i)
		_, err := db.ImportOrder(ctx,
			store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
		require.NoError(b, err)
		user, err := db.UserByLogin(ctx, "demo")
		require.NoError(b, err)
		order, err := db.OrderOf(ctx, user.ID, number)
		require.NoError(b, err)
		f, err := db.OpenFiling(ctx, order.ID)
		require.NoError(b, err)
		require.NoError(b, db.Advance(ctx,
			store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
		revision, err := db.SaveDossier(ctx, f.ID, filingtest.Dossier())
		require.NoError(b, err)
		require.NoError(b,
			db.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: 1}))
	}
}

// Measures packing records into a data file and applying the bureau's results, with a real database.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ctx, db := b.Context(), testdb.New(b)
			account, err := db.EnsureAccount(ctx, "default")
			require.NoError(b, err)
			made := 0
			for b.Loop() {
				b.StopTimer()
				fill(b, db, account, made, n)
				made += n
				b.StartTimer()
				var verdicts []store.Verdict
				sequence, err := db.PackNext(ctx, account, n,
					store.Builders{Filings: func(_ int64, records []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
						for _, r := range records {
							verdicts = append(verdicts,
								store.Verdict{RecordID: r.ID, HolderNumber: "沪ICP备1号", SiteNumber: "沪ICP备1号-1", CertificatePath: "/c"},
								store.Verdict{RecordID: r.ID, Decided: true, Approved: true, Code: 1001, Opinion: "同意"})
						}
						return []byte("file"), nil, nil
					}})
				require.NoError(b, err)
				require.NoError(b, db.UploadAccepted(ctx, account, sequence))
				id, err := db.StoreDownload(ctx, account, fmt.Sprint("DOWN", sequence), []byte("file"))
				require.NoError(b, err)
				_, err = db.ApplyDownload(ctx, account, id, verdicts)
				require.NoError(b, err)
				require.Len(b, verdicts, 2*n)
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
