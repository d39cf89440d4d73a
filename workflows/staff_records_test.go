package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
)

// The stand-in's Czlx for what staff submit.
const (
	kindVerification = 36
	kindUnfiled      = 37
)

// task returns the newest open task of a kind, and decodes its data.
func (c *counterpart) task(t *testing.T, kind string, data any) int64 {
	t.Helper()
	list, err := c.db.OpenTasks(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, task := range list {
		if task.Kind == kind {
			require.True(t, task.Answerable.Valid)
			opened, err := c.db.OpenTask(t.Context(), task.Answerable.Int64, data)
			require.NoError(t, err)
			return opened.ID
		}
	}
	require.Fail(t, "no such task", kind)
	return 0
}

func (c *counterpart) answerUnfiled(ctx context.Context, taskID int64, f bureau.FoundSite, opinion string) error {
	return c.db.AnswerTask(ctx, store.Answer{TaskID: taskID, Kind: store.StaffUnfiled, ResultKey: f.Domain,
		Actor: "support:a", Data: bureau.UnfiledResult{
			Domain: f.Domain, IP: f.IP, Operator: f.Operator, Province: f.Province, Result: 2, Opinion: opinion,
			Listed: f.SeenAt,
			Due:    c.now,
		}})
}

func (c *counterpart) report(t require.TestingT, blocks ...store.BlockValues) {
	require.NoError(c.t, c.db.ReportBlocks(context.Background(), c.account, blocks, "support:a"))
}

func source(text string) store.BlockValues {
	r, _ := filing.ParseIPRange(text)
	from, to := r.Numbers()
	return store.BlockValues{From: from, To: to, Source: 100, Remark: "机房一"}
}

// taken counts the records of a kind that the bureau took, by code.
func (c *counterpart) taken(kind int) (codes map[int]int) {
	codes = map[int]int{}
	for _, r := range c.stand.Load().Truth() {
		if r.Kind == kind {
			codes[r.Code]++
		}
	}
	return codes
}

func (c *counterpart) blocks(t require.TestingT) []store.AddressBlock {
	list, err := c.db.Blocks(context.Background(), 0, 100)
	require.NoError(t, err)
	return list
}

// A verification task arrives, is answered, and the answer reaches the bureau.
func TestVerificationTaskIsAnswered(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{})
	seed(t, c.stand.Load())
	require.NoError(t, c.stand.Load().PushVerificationTask("沪ICP备05000940号"))
	c.exchange()
	var asked bureau.Verification
	id := c.task(t, store.TaskVerify, &asked.Task)
	filed := asked.Task
	require.Equal(t, "上海样例网络科技有限公司", filed.Holder.Name)
	answer := store.Answer{TaskID: id, Kind: store.StaffVerification, ResultKey: fmt.Sprint(filed.HolderID),
		Actor: "support:a",
		Data:  bureau.Verification{Passed: true, Who: "林核实", Opinion: "信息真实", At: c.now, Task: filed}}
	require.NoError(t, c.db.AnswerTask(t.Context(), answer))
	require.ErrorIs(t, c.db.AnswerTask(t.Context(), answer), store.ErrConflict, "a task is answered once")
	require.Empty(t, c.tasks(), "answering completes the task")
	latest, err := c.db.LatestAnswer(t.Context(), id)
	require.NoError(t, err)
	require.False(t, latest.Accepted)

	// accepted, and the answer lost
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Lose, Times: 1})
	c.exchange()
	c.exchange()
	require.Equal(t, map[int]int{bureau.CodeApproved: 1}, c.taken(kindVerification))
	latest, err = c.db.LatestAnswer(t.Context(), id)
	require.NoError(t, err)
	require.True(t, latest.Accepted)
	require.False(t, latest.Code.Valid, "the interface doesn't answer it")
	require.Empty(t, c.tasks())
}

// An answer that the bureau refuses is shown to staff, who may answer again.
func TestRefusedVerificationComesBack(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{})
	seed(t, c.stand.Load())
	require.NoError(t, c.stand.Load().PushVerificationTask("沪ICP备05000940号"))
	c.exchange()
	var asked bureau.Verification
	id := c.task(t, store.TaskVerify, &asked.Task)
	filed := asked.Task
	known := filed.HolderID
	filed.HolderID = 4711 // unknown to the bureau
	answer := store.Answer{TaskID: id, Kind: store.StaffVerification, ResultKey: "4711", Actor: "support:a",
		Data: bureau.Verification{Who: "林核实", Opinion: "无法联系", At: c.now, Task: filed}}
	require.NoError(t, c.db.AnswerTask(t.Context(), answer))
	c.exchange()
	c.exchange()
	require.Equal(t, []string{store.TaskAnswerRefused}, c.tasks(), "and no result of an unknown record")
	latest, err := c.db.LatestAnswer(t.Context(), id)
	require.NoError(t, err)
	require.EqualValues(t, 1016, latest.Code.Int64)
	require.True(t, latest.Refused)
	require.NotEmpty(t, latest.Opinion)

	filed.HolderID = known
	again := c.task(t, store.TaskAnswerRefused, &asked.Task)
	require.Equal(t, id, again, "the page of the task itself")
	answer.ResultKey, answer.Data = fmt.Sprint(known),
		bureau.Verification{Who: "林核实", Opinion: "无法联系", Faults: "电话停机", At: c.now, Task: filed}
	require.NoError(t, c.db.AnswerTask(t.Context(), answer))
	require.Empty(t, c.tasks())
	c.exchange()
	require.Equal(t, map[int]int{1016: 1, bureau.CodeApproved: 1}, c.taken(kindVerification))
}

// Unfiled sites are answered in one file. The bureau answers a repeated answer with 5006, which counts as done,
// and a site that isn't ours with 5005.
func TestUnfiledSitesAreAnswered(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	answer := func(times int) (task int64) {
		var found bureau.FoundSite
		require.NoError(t, c.stand.Load().PushUnfiledSite("unfiled.example.com", "192.0.2.77"))
		c.exchange()
		task = c.task(t, store.TaskUnfiledSite, &found)
		require.Equal(t, "unfiled.example.com", found.Domain)
		require.EqualValues(t, 1, found.Operator)
		require.EqualValues(t, 310000, found.Province)
		require.NoError(t, c.answerUnfiled(ctx, task, found, fmt.Sprint("已停止接入", times)))
		return task
	}
	result := func(task int64) store.StaffRecord {
		r, err := c.db.LatestAnswer(ctx, task)
		require.NoError(t, err)
		return r
	}
	first := answer(1)
	c.exchange()
	require.Equal(t, map[int]int{bureau.CodeApproved: 1}, c.taken(kindUnfiled))
	require.True(t, result(first).Accepted)
	require.False(t, result(first).Code.Valid)

	require.NoError(t,
		c.stand.Load().Push(
			`<ICP><WBAWZLB><Wbawz_xx><Id>99</Id><Wzym_mc>Unfiled.example.com</Wzym_mc><IP>3221226061</IP><Dqjcsj>2026-11-01</Dqjcsj><Sssh>310000</Sssh><Yys>1</Yys></Wbawz_xx></WBAWZLB></ICP>`))
	c.exchange()
	var again bureau.FoundSite
	second := c.task(t, store.TaskUnfiledSite, &again)
	require.NotEqual(t, first, second)
	require.NoError(t, c.answerUnfiled(ctx, second, again, "再次"))
	for range 2 {
		c.exchange()
	}
	require.EqualValues(t, 5006, result(second).Code.Int64)
	require.False(t, result(second).Refused, "it was reported already")
	require.Empty(t, c.tasks())

	require.NoError(t,
		c.stand.Load().Push(
			`<ICP><WBAWZLB><Wbawz_xx><Id>100</Id><Wzym_mc>strange.example.com</Wzym_mc><IP>3221226061</IP><Dqjcsj>2026-11-01</Dqjcsj><Sssh>310000</Sssh><Yys>1</Yys></Wbawz_xx></WBAWZLB></ICP>`))
	c.exchange()
	third := c.task(t, store.TaskUnfiledSite, &again)
	require.NoError(t, c.answerUnfiled(ctx, third, again, "已停止接入"))
	for range 2 {
		c.exchange()
	}
	require.EqualValues(t, 5005, result(third).Code.Int64)
	require.Equal(t, []string{store.TaskAnswerRefused}, c.tasks())
}

// An unreported address is refused with 1063; once its block is reported, ahead of the filing, the filing passes.
func TestReportedBlockLetsAFilingPass(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{ReportedIPs: []string{}})
	dossier := func() filing.Dossier {
		d := filingtest.Dossier()
		d.Site = filingtest.Site("www.example.com", "192.0.2.10")
		return d
	}
	require.Equal(t, 1063, c.code(t, c.addDossier(t, dossier())))

	id := c.addDossier(t, dossier()) // queued before the block, submitted after it
	c.report(t, source("192.0.2.0-192.0.2.255"))
	require.Equal(t, store.BlockWaiting, c.blocks(t)[0].State)
	require.Equal(t, bureau.CodeApproved, c.code(t, id))
	b := c.blocks(t)[0]
	require.Equal(t, store.BlockReported, b.State)
	require.NotZero(t, b.BureauID.Int64)
	require.Equal(t, "机房一", b.Remark)
	require.False(t, b.UnderWay())
}

// A block is changed and removed by the bureau's ID; a refused operation leaves it as it was, and a refused report
// can be repeated.
func TestBlocksAreChangedAndRemoved(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	use := store.BlockValues{Use: bureau.UsedByProvider, Assignment: bureau.StaticAddresses,
		Since: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	use.From, use.To = source("192.0.2.0-192.0.2.255").From, source("192.0.2.0-192.0.2.255").To
	c.report(t, source("192.0.2.0-192.0.2.255"), source("198.51.100.0-198.51.100.255"), use)
	for range 2 {
		c.exchange()
	}
	require.EqualValues(t, 1, c.stand.Load().Sequence(), "three blocks share a file")
	list := c.blocks(t)
	require.Len(t, list, 3)
	used, first := list[0], list[2]
	for _, b := range list {
		require.Equal(t, store.BlockReported, b.State)
	}
	require.Equal(t, use.Since, used.Since)

	smaller := source("192.0.2.0-192.0.2.127")
	require.NoError(t, c.db.ChangeBlock(ctx, first.ID, smaller, "support:a"))
	require.ErrorIs(t, c.db.RemoveBlock(ctx, first.ID, "support:a"), store.ErrConflict, "one operation at a time")
	require.ErrorIs(t, c.db.ChangeBlock(ctx, used.ID, smaller, "support:a"), store.ErrConflict,
		"a use doesn't become a source")
	require.NoError(t, c.db.ChangeBlock(ctx, list[1].ID, source("192.0.2.100-192.0.2.200"), "support:a"))
	require.NoError(t, c.db.RemoveBlock(ctx, used.ID, "support:a"))
	for range 2 {
		c.exchange()
	}
	list = c.blocks(t)
	require.Len(t, list, 2, "the use is removed")
	require.Equal(t, smaller.To, list[1].To)
	require.EqualValues(t, 2003, list[0].Latest.Code.Int64)
	require.Equal(t, store.BlockReported, list[0].State)
	require.Equal(t, source("198.51.100.0-198.51.100.255").From, list[0].From, "a refused change changes nothing")
	require.Equal(t, []string{store.TaskAddresses}, c.tasks())

	c.report(t, source("192.0.2.0-192.0.2.63"))
	for range 2 {
		c.exchange()
	}
	refused := c.blocks(t)[0]
	require.Equal(t, store.BlockRefused, refused.State)
	require.NoError(t, c.db.ChangeBlock(ctx, refused.ID, source("203.0.113.0-203.0.113.63"), "support:a"))
	for range 2 {
		c.exchange()
	}
	require.Equal(t, store.BlockReported, c.blocks(t)[0].State)

	c.report(t, source("203.0.113.128-203.0.113.255"))
	require.NoError(t, c.db.RemoveBlock(ctx, c.blocks(t)[0].ID, "support:a"), "it hasn't been submitted")
	sequence := c.stand.Load().Sequence()
	c.exchange()
	require.Equal(t, sequence, c.stand.Load().Sequence())
}

// A record that can't be written is refused here and reported; the others continue. Halving finds the one that
// makes the bureau refuse a whole file.
func TestBadStaffRecordsAreSetAside(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{SchemaBreaks: "坏记录"})
	var blocks []store.BlockValues
	for n := range 6 {
		b := source(fmt.Sprintf("192.0.2.%d", n+1))
		if n == 2 {
			b.Remark = "坏记录"
		}
		if n == 4 {
			b.Remark = "😀"
		}
		blocks = append(blocks, b)
	}
	c.report(t, blocks...)
	for n := range 5 {
		require.NoError(t, c.stand.Load().PushUnfiledSite(fmt.Sprintf("u%d.example.com", n), "192.0.2.77"))
	}
	for range 6 {
		c.exchange()
	}
	states := map[string]int{}
	for _, b := range c.blocks(t) {
		states[fmt.Sprint(b.State, b.Latest.Code.Int64)]++
	}
	require.Equal(t, map[string]int{"reported2998": 4, "refused5001": 1, "refused5008": 1}, states)

	for n := range 5 {
		var f bureau.FoundSite
		opinion := "已停止接入"
		if n == 3 {
			opinion = "坏记录"
		}
		require.NoError(t, c.answerUnfiled(t.Context(), c.task(t, store.TaskUnfiledSite, &f), f, opinion))
	}
	for range 8 {
		c.exchange()
	}
	require.Equal(t, map[int]int{bureau.CodeApproved: 4}, c.taken(kindUnfiled))
	kinds := map[string]int{}
	for _, k := range c.tasks() {
		kinds[k]++
	}
	require.Equal(t, map[string]int{store.TaskAddresses: 2, store.TaskAnswerRefused: 1}, kinds)
}

// loseStaffs makes the database forget every data file after one.
func (c *counterpart) loseStaffs(t *testing.T, after int64) {
	c.lose(t, after)
	for _, query := range []string{
		`UPDATE address_blocks b JOIN staff_records r ON r.block_id = b.id SET b.state = 'waiting', b.bureau_id = NULL
			WHERE r.sequence > ?`,
		`UPDATE staff_records SET sequence = NULL, result_code = NULL, result_at = NULL, sealed_opinion = NULL
			WHERE sequence > ?`,
	} {
		_, err := c.db.DB().ExecContext(t.Context(), query, after)
		require.NoError(t, err)
	}
}

// A lost file of staff records is recovered from the bureau; what may have been in one that nobody can see waits
// for staff, and is then submitted under a new ID.
func TestLostFilesOfStaffRecords(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	var found bureau.FoundSite
	require.NoError(t, c.stand.Load().PushUnfiledSite("u.example.com", "192.0.2.77"))
	c.exchange()
	require.NoError(t, c.answerUnfiled(ctx, c.task(t, store.TaskUnfiledSite, &found), found, "已停止接入"))
	c.exchange() // 1
	c.report(t, source("192.0.2.1"))
	c.exchange() // 2
	require.EqualValues(t, 2, c.stand.Load().Sequence())

	c.loseStaffs(t, 0) // of the two, the bureau shows the newest
	for range 3 {
		c.exchange()
	}
	require.EqualValues(t, 2, c.stand.Load().Sequence(), "nothing was submitted again")
	accounts, err := c.db.Accounts(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, accounts[0].LastSequence)
	require.Equal(t, 1, accounts[0].Doubtful, "the answer")
	require.True(t, c.blocks(t)[0].Latest.Accepted, "the block was recognised")
	require.NoError(t, c.db.ReleaseDoubtful(ctx, c.account))
	for range 2 {
		c.exchange()
	}
	require.Equal(t, map[int]int{bureau.CodeApproved: 1, 5006: 1}, c.taken(kindUnfiled))
	require.Equal(t, []string{store.TaskResynchronised}, c.tasks())

	// Another block was added under the ID of one of our blocks.
	c.report(t, source("192.0.2.2"))
	old := c.blocks(t)[0].Latest.ID
	c.exchange()
	c.loseStaffs(t, 3)
	require.NoError(t, c.db.RemoveBlock(ctx, c.blocks(t)[0].ID, "support:a"))
	_, err = c.db.DB().ExecContext(ctx, fmt.Sprintf(`ALTER TABLE staff_records AUTO_INCREMENT = %d`, old))
	require.NoError(t, err)
	c.report(t, source("192.0.2.3"))
	require.Equal(t, old, c.blocks(t)[0].Latest.ID)
	c.exchange()
	require.True(t, c.blocks(t)[0].Latest.Doubtful)
	require.NoError(t, c.db.ReleaseDoubtful(ctx, c.account))
	require.Greater(t, c.blocks(t)[0].Latest.ID, old)
	for range 2 {
		c.exchange()
	}
	require.Equal(t, store.BlockReported, c.blocks(t)[0].State)
}

// Whatever faults the bureau shows, staff records and filings share one sequence: nothing twice, nothing left out.
func TestStaffRecordsKeepTheSequenceUnderFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newCounterpart(t)
		blocks := 0
		for range rapid.IntRange(1, 4).Draw(r, "rounds") {
			for range rapid.IntRange(0, 2).Draw(r, "blocks") {
				blocks++
				c.report(r, source(fmt.Sprintf("192.0.2.%d", blocks)))
			}
			if rapid.Bool().Draw(r, "filing") {
				c.add(t, "读书笔记")
			}
			for range rapid.IntRange(0, 2).Draw(r, "faults") {
				c.stand.Load().Faults.Set(rapid.SampledFrom([]fault.Fault{
					{Operation: "isp_upload", Mode: fault.Lose, Times: 1},
					{Operation: "isp_upload", Mode: fault.Fail, Code: "901", Times: 1},
					{Operation: "isp_upload", Mode: fault.Fail, Code: "gap", Times: 1},
					{Operation: "isp_download", Mode: fault.Lose, Times: 1},
					{Operation: "isp_downloadack", Mode: fault.Lose, Times: 4},
				}).Draw(r, "fault"))
			}
			c.exchange()
		}
		c.settled(t)
		list := c.blocks(r)
		require.Len(r, list, blocks)
		for _, b := range list {
			require.Equal(r, store.BlockReported, b.State)
		}
	})
}

// A paper of an existing filing is submitted on its own, and its result finds it, even next to a verification of
// the same holder.
func TestPapersByThemselves(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	_, err := c.db.SubjectOfOrder(ctx, "D1")
	require.ErrorIs(t, err, store.ErrNotFound)
	c.add(t, "读书笔记")
	for range 2 {
		c.exchange()
	}
	filed, err := c.db.SubjectOfOrder(ctx, "D1")
	require.NoError(t, err)
	require.Equal(t, c.account, filed.AccountID)
	d, err := c.db.LatestDecision(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, c.stand.Load().PushVerificationTask(d.HolderNumber))
	c.exchange()
	var asked bureau.Verification
	task := c.task(t, store.TaskVerify, &asked.Task)
	asked.Passed, asked.Who, asked.Opinion, asked.At = true, "林核实", "信息真实", c.now
	key := fmt.Sprint(filed.HolderID)
	paper := bureau.PaperOf{Paper: bureau.Paper{Format: 1, Purpose: 1, Content: []byte("sheet")},
		Subject: filing.Subject{HolderID: filed.HolderID}}
	require.NoError(t, c.db.QueuePaper(ctx, c.account, key, paper, "support:a"))
	require.NoError(t, c.db.AnswerTask(ctx,
		store.Answer{TaskID: task, Kind: store.StaffVerification, ResultKey: key, Data: asked, Actor: "support:a"}))
	paper.Subject.HolderID = 4711
	require.NoError(t, c.db.QueuePaper(ctx, c.account, "4711", paper, "support:a"))
	for range 3 {
		c.exchange()
	}
	const kindPapers = 35
	require.Equal(t, map[int]int{1060: 1, 1016: 1}, c.taken(kindPapers))
	answer, err := c.db.LatestAnswer(ctx, task)
	require.NoError(t, err)
	require.True(t, answer.Accepted)
	require.False(t, answer.Code.Valid, "1060 is the paper's")
	codes := map[int64]bool{}
	list, err := c.db.StaffAnswers(ctx, c.account, 10)
	require.NoError(t, err)
	for _, r := range list {
		if r.Kind == store.StaffPapers {
			codes[r.Code.Int64] = r.Refused
		}
	}
	require.Equal(t, map[int64]bool{1060: false, 1016: true}, codes)
	require.Equal(t, []string{store.TaskAnswerRefused}, c.tasks())
}
