package website_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/website"
)

// testdata/footers.txt says of each footer what is to be found; a number that is there, or another one in its
// place, never gets a second one next to it.
func TestFootersAsPeopleWriteThem(t *testing.T) {
	file, err := os.ReadFile("testdata/footers.txt")
	require.NoError(t, err)
	records := strings.Split(string(file), "\n= ")[1:]
	require.Greater(t, len(records), 60)
	names := strings.NewReplacer("N", number, "H", strings.TrimSuffix(number, "-1"), "P", "沪公网安备31010102000001号")
	for _, record := range records {
		head, page, _ := strings.Cut(record, "\n")
		f := strings.Split(head, " | ")
		require.Len(t, f, 3, head)
		want, wanted, name := f[0], f[1], f[2]
		if len(wanted) == 1 {
			wanted = names.Replace(wanted)
		}
		line := website.Line{Number: wanted, Targets: targets}
		if strings.Contains(wanted, "公网安备") {
			line = both[1]
		}
		t.Run(name, func(t *testing.T) {
			shown, linked := line.On([]byte(page), "text/html; charset=utf-8")
			require.Equal(t, want == "linked" || want == "shown", shown, "shown")
			require.Equal(t, want == "linked", linked, "linked")
			edited, _, err := website.PutFooter([]byte(page), "", []website.Line{line})
			switch want {
			case "linked":
				requireUnfit(t, website.UnfitShown, err)
			case "shown":
				requireUnfit(t, website.UnfitUnlinked, err)
			case "rival":
				requireUnfit(t, website.UnfitOther, err)
			case "absent":
				require.NoError(t, err)
				_, linked := line.On(edited, "")
				require.True(t, linked)
			default:
				t.Fatalf("%q expects %q", name, want)
			}
		})
	}
}

// Pages that are made to take long don't.
func TestNestedPagesAreReadQuickly(t *testing.T) {
	read := func(unit string) time.Duration {
		page := []byte(strings.Repeat(unit, (2<<20)/len(unit)))
		start := processorTime(t)
		_, _ = website.FindNumber(page, "text/html", number, targets)
		_ = website.Foot(page, 5)
		return processorTime(t) - start
	}
	plain := read("<p>line</p>\n")
	for _, tag := range []string{"<div>", "<b>", "<a href=x>", "<b><p>", "<i><table>", "<li>", "<table>", "<font color=a><p>",
		"<button><p>", "</p>", "<template>", "<p hidden>", "<a>沪ICP备", "沪 "} {
		require.Less(t, read(tag), 8*plain, tag) // with a tree it was up to thirty times
	}
	page := strings.Repeat("<div><font>", 2000) + website.Snippet(number, targets[0])
	_, linked := website.FindNumber([]byte(page), "", number, targets)
	require.True(t, linked, "old pages never close their tags")
}

// processorTime is what the process has used: others on the machine don't count.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
