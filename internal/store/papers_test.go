package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// preparing is a filing whose forms can be filled in.
func preparing(t *testing.T, s *store.Store, number string) store.Filing {
	t.Helper()
	_, f := opened(t, s, number, "demo")
	require.NoError(t, s.Advance(t.Context(),
		store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	return f
}

func picture(f store.Filing, key, content string) store.NewPaper {
	return store.NewPaper{FilingID: f.ID, Key: key, Format: 1, Content: []byte(content),
		Thumb: []byte("thumb of " + content), Width: 800, Height: 600, Max: 1}
}

func TestPapersAreReplacedRemovedAndKeptAsSubmitted(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := preparing(t, s, "D1")
	first, err := s.AddPaper(ctx, picture(f, "letter", "first picture"))
	require.NoError(t, err)
	again, err := s.AddPaper(ctx, picture(f, "letter", "first picture"))
	require.NoError(t, err)
	require.Equal(t, first, again, "a second click adds nothing")
	other, err := s.AddPaper(ctx, picture(f, "sheet", "first picture"))
	require.NoError(t, err)
	require.NotEqual(t, first, other)

	revision, err := s.SaveDossier(ctx, f.ID, filingtest.Dossier(), store.SubmittedPaper{PaperID: first, Purpose: 1,
		Remark: "承诺书"}, store.SubmittedPaper{PaperID: first, Purpose: 4, OfSite: true})
	require.NoError(t, err)
	second, err := s.AddPaper(ctx, picture(f, "letter", "second picture"))
	require.NoError(t, err)
	list, err := s.Papers(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, []int64{other, second}, []int64{list[0].ID, list[1].ID}, "one replaces the other")
	submitted, err := s.PapersOfRevision(ctx, f.ID, revision)
	require.NoError(t, err)
	require.Len(t, submitted, 1)
	require.Equal(t, first, submitted[0].ID)
	require.True(t, submitted[0].Kept, "what was submitted stays")

	_, err = s.SaveDossier(ctx, f.ID, filingtest.Dossier(), store.SubmittedPaper{PaperID: first, Purpose: 1})
	require.ErrorIs(t, err, store.ErrConflict, "it was removed in the meantime")
	require.NoError(t, s.RemovePaper(ctx, f.ID, other))
	require.NoError(t, s.RemovePaper(ctx, f.ID, other))
	_, err = s.ViewPaper(ctx, f.ID, other, false, "customer:demo", "owner")
	require.ErrorIs(t, err, store.ErrPurged, "what was never submitted is forgotten")
	_, err = s.ViewPaper(ctx, f.ID+1, first, false, "customer:demo", "owner")
	require.ErrorIs(t, err, store.ErrNotFound, "another filing's")

	many := picture(f, "other", "a")
	many.Max = 2
	for _, content := range []string{"a", "b"} {
		many.Content = []byte(content)
		_, err = s.AddPaper(ctx, many)
		require.NoError(t, err)
	}
	many.Content = []byte("c")
	_, err = s.AddPaper(ctx, many)
	require.ErrorIs(t, err, store.ErrTooManyPapers)

	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Submitting, Revision: revision,
		EventKind: "submitted", Actor: "test"}))
	_, err = s.AddPaper(ctx, picture(f, "letter", "late"))
	require.ErrorIs(t, err, store.ErrConflict)
	require.ErrorIs(t, s.RemovePaper(ctx, f.ID, second), store.ErrConflict)
}

func TestPapersAreSealedAndEachLookIsNoted(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := preparing(t, s, "D1")
	id, err := s.AddPaper(ctx, picture(f, "letter", "what the picture shows"))
	require.NoError(t, err)
	whole, err := s.ViewPaper(ctx, f.ID, id, false, "customer:demo", "owner")
	require.NoError(t, err)
	require.Equal(t, "what the picture shows", string(whole))
	thumb, err := s.ViewPaper(ctx, f.ID, id, true, "support:support", "staff/preparing/preview")
	require.NoError(t, err)
	require.Equal(t, "thumb of what the picture shows", string(thumb))
	views, err := s.PaperViews(ctx, f.ID, 10)
	require.NoError(t, err)
	require.Len(t, views, 2)
	require.Equal(t, "support:support", views[0].Actor)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "picture shows")

	now := time.Now()
	s.SetClock(func() time.Time { return now })
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "test"}))
	purged, err := s.PurgePapers(ctx, time.Hour)
	require.NoError(t, err)
	require.Zero(t, purged, "not yet")
	now = now.Add(2 * time.Hour)
	purged, err = s.PurgePapers(ctx, time.Hour)
	require.NoError(t, err)
	require.EqualValues(t, 1, purged)
	_, err = s.ViewPaper(ctx, f.ID, id, false, "customer:demo", "owner")
	require.ErrorIs(t, err, store.ErrPurged)
	views, err = s.PaperViews(ctx, f.ID, 10)
	require.NoError(t, err)
	require.Len(t, views, 2, "the record of views stays; a failed view isn't recorded")
}

// builder packs as the exchange does, and records its input.
func builder(t *testing.T, packs *[][]int64) store.Builder[store.WaitingRecord] {
	return func(sequence int64, rows []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
		var ids []int64
		var list []bureau.Record
		for _, r := range rows {
			ids = append(ids, r.ID)
			record := bureau.Record{ID: r.ID, Dossier: r.Dossier}
			for _, p := range r.Papers {
				record.Papers = append(record.Papers, bureau.Paper{Format: p.Format, Purpose: p.Purpose, OfSite: p.OfSite,
					Approval: p.Approval, Remark: p.Remark, Content: p.Content})
			}
			list = append(list, record)
		}
		*packs = append(*packs, ids)
		content, unfit, err := bureau.BuildRecords("V.3.0", 1, list)
		require.NoError(t, err)
		require.LessOrEqual(t, len(content), bureau.MaxFileSize, "within the interface's limit at the first try")
		zipped, err := bureau.Pack("x", content)
		require.NoError(t, err)
		return zipped, unfit, nil
	}
}

// queued is a waiting filing with pictures of the given sizes.
func queued(t *testing.T, s *store.Store, account int64, number string, sizes ...int) {
	t.Helper()
	ctx := t.Context()
	f := preparing(t, s, number)
	random := rand.New(rand.NewPCG(uint64(len(number)), uint64(f.ID)))
	var submitted []store.SubmittedPaper
	for i, size := range sizes {
		content := make([]byte, size)
		for j := range content {
			content[j] = byte(random.Uint32())
		}
		p := picture(f, fmt.Sprintf("paper_%d", i), "")
		p.Content = content
		id, err := s.AddPaper(ctx, p)
		require.NoError(t, err)
		submitted = append(submitted, store.SubmittedPaper{PaperID: id, Purpose: 2, Remark: "证件"},
			store.SubmittedPaper{PaperID: id})
	}
	d := filingtest.Dossier()
	d.Holder.DocumentNumber = number
	revision, err := s.SaveDossier(ctx, f.ID, d, submitted...)
	require.NoError(t, err)
	require.NoError(t,
		s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: 1}))
}

// Near the limit of a data file, fewer records are packed: the oldest first, the others in the next file; the same
// record makes the same bytes.
func TestPapersNearTheLimitOfADataFile(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := account(t, s, "default")
	const mb = 1 << 20
	for n := range 4 {
		queued(t, s, account, fmt.Sprintf("D%d", n+1), 6*mb, 6*mb) // 16 MB each as base64
	}
	var packs [][]int64
	builders := store.Builders{Filings: builder(t, &packs), MaxFile: bureau.MaxFileSize}
	sequence, err := s.PackNext(ctx, account, 1000, builders)
	require.NoError(t, err)
	require.EqualValues(t, 1, sequence)
	require.Equal(t, [][]int64{{1, 2, 3}}, packs)
	upload, err := s.Upload(ctx, account, 1)
	require.NoError(t, err)
	content, err := bureau.Unzip(upload.File)
	require.NoError(t, err)
	require.Equal(t, 6, bytes.Count(content, []byte("<Fjnr>")), "what has no purpose stays here")
	records, err := s.RecordsByID(ctx, account, []int64{2})
	require.NoError(t, err)
	var again bureau.Record
	again.ID, again.Dossier = 2, records[0].Dossier
	for _, p := range records[0].Papers {
		again.Papers = append(again.Papers,
			bureau.Paper{Format: p.Format, Purpose: p.Purpose, Content: p.Content, Remark: p.Remark})
	}
	require.True(t, bureau.Holds(content, "V.3.0", 1, again), "it is recognised with its papers")
	again.Papers[0].Content = again.Papers[0].Content[1:]
	require.False(t, bureau.Holds(content, "V.3.0", 1, again), "and not with others")

	require.NoError(t, s.UploadAccepted(ctx, account, 1))
	sequence, err = s.PackNext(ctx, account, 1000, builders)
	require.NoError(t, err)
	require.EqualValues(t, 2, sequence)
	require.Equal(t, []int64{4}, packs[1])
}

// If a file is too big, the builder gets fewer rows, the oldest.
func TestTooBigAFileIsHalved(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := account(t, s, "default")
	for n := range 4 {
		queued(t, s, account, fmt.Sprintf("D%d", n+1))
	}
	var tried []int
	sequence, err := s.PackNext(ctx, account, 1000,
		store.Builders{Filings: func(_ int64, rows []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
			if tried = append(tried, len(rows)); len(rows) > 1 {
				return nil, nil, store.ErrFileTooBig
			}
			require.EqualValues(t, 1, rows[0].ID)
			return []byte("file"), nil, nil
		}})
	require.NoError(t, err)
	require.EqualValues(t, 1, sequence)
	require.Equal(t, []int{4, 2, 1}, tried)
}
