package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
)

// A file with bytes that are invalid in its encoding may have lost a result: it isn't acknowledged, and counts
// once it comes whole.
func TestDamagedFileComesAgain(t *testing.T) {
	c := newCounterpart(t)
	c.step = 20 * time.Minute
	c.add(t, "违规网站")
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: "encoding", Times: 2})
	c.exchange()
	c.exchange()
	require.Empty(t, c.decisions(), "what can't be read reliably decides nothing")
	c.exchange()
	require.Equal(t, map[string]int{"D1": 1020}, c.decisions())
	require.Empty(t, c.tasks(), "it came whole in the end")
}

// A file that stays damaged is accepted as it is after a while, and staff are alerted.
func TestDamagedFileHoldsNobodyUpForLong(t *testing.T) {
	c := newCounterpart(t)
	c.step = 20 * time.Minute
	c.add(t, "违规网站")
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: "encoding", Times: 4})
	for range 4 {
		require.Empty(t, c.tasks())
		c.exchange()
	}
	require.Equal(t, []string{store.TaskUnreadable}, c.tasks())
	c.add(t, "读书笔记")
	c.exchange()
	c.exchange()
	require.Equal(t, bureau.CodeApproved, c.decisions()["D2"])
	require.Equal(t, []string{store.TaskUnreadable}, c.tasks(), "once")
}
