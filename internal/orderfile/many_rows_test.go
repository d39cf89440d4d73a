package orderfile_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

const (
	// fewRows are imported if BEIAN_ROWS doesn't say how many.
	fewRows = 300
	// mostMemory and mostPerRow bound the memory that an import adds to a process, in bytes. A row needs 16 of them
	// (numbers in import.go), while slices grow and the garbage collector waits four times as many.
	mostMemory = 96 << 20
	mostPerRow = 64
)

// Orders are imported one by one: a file of a million takes hardly more memory than its numbers. BEIAN_ROWS=1000000
// imports as many.
func TestManyOrdersAreImportedInLittleMemory(t *testing.T) {
	rows := fewRows
	if text := os.Getenv("BEIAN_ROWS"); text != "" {
		var err error
		rows, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	db := testdb.New(t)
	for _, run := range []struct {
		name   string
		strict bool
		want   orderfile.Summary
	}{
		{"new orders", false, orderfile.Summary{Created: rows}},
		{"known orders", false, orderfile.Summary{Updated: rows}},
		{"known orders in one transaction", true, orderfile.Summary{Updated: rows}},
	} {
		before, start := peakMemory(t), time.Now()
		sum, err := orderfile.Import(t.Context(), db, &generated{rows: rows}, run.strict)
		require.NoError(t, err)
		require.Equal(t, run.want, sum, run.name)
		took, grown := time.Since(start), peakMemory(t)-before
		t.Logf("%s: %d rows in %s (%.0f a second), %d MB more at most, %d MB in all", run.name, rows,
			took.Round(time.Millisecond), float64(rows)/took.Seconds(), grown>>20, (before+grown)>>20)
		require.Less(t, grown, mostMemory+mostPerRow*rows, run.name)
	}
	owner, err := db.UserByLogin(t.Context(), "demo")
	require.NoError(t, err)
	order, err := db.OrderOf(t.Context(), owner.ID, "D"+strconv.Itoa(rows))
	require.NoError(t, err)
	require.Equal(t, []string{"www.example.com"}, order.Domains)
	require.Equal(t, store.RoleCustomer, owner.Role)
}

// peakMemory is the most memory that this process has had, in bytes.
func peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, peak)
	kB, err := strconv.Atoi(string(peak[1]))
	require.NoError(t, err)
	return kB << 10
}
