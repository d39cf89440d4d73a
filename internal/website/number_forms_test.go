package website_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/website"
)

func TestEveryFormOfNumbersIsFoundOnPages(t *testing.T) {
	for _, c := range filingtest.Numbers() {
		for _, page := range []string{website.Snippet(c.Text, targets[0]), website.Snippet(c.Want, targets[0]) + " All rights"} {
			shown, linked := website.FindNumber([]byte("<p>"+page), "text/html; charset=utf-8", c.Want, targets)
			require.True(t, shown && linked, "%s on %s", c.Want, page)
			shown, linked = website.FindNumber([]byte("<p>"+page), "text/html; charset=utf-8", c.Holder, targets)
			require.True(t, shown && linked, "%s on %s", c.Holder, page)
		}
		line := website.Line{Number: c.Want, Targets: targets}
		if c.Want != c.Holder {
			holders := []byte("<p>" + website.Snippet(c.Holder, targets[0]))
			shown, _ := line.On(holders, "")
			require.False(t, shown, "the holder's is another")
			line.Suffices = c.Holder
			shown, linked := line.On(holders, "")
			require.True(t, shown && linked, "where the holder's suffices")
			_, err := website.Missing(holders, "", []website.Line{line})
			requireUnfit(t, website.UnfitShown, err)
			whole := []byte(website.Snippet(c.Want, targets[0]))
			shown, linked = line.On(whole, "")
			require.True(t, shown && linked, "the whole is right as well")
		}
		require.Contains(t, website.FootSnippet([]website.Line{line}), ">"+c.Want+"<", "we write the whole")
	}
}

// Two kinds of numbers with the same digits are two numbers.
func TestNumbersThatBeginAlikeDiffer(t *testing.T) {
	for _, c := range []struct {
		wanted, page string
		shown        bool
	}{
		{"京ICP备2023012345号-3", "京ICP备2023012345号-3A", false},
		{"京ICP备2023012345号-3", "京ICP备2023012345号-3x", false},
		{"京ICP备2023012345号-3", "京ICP备2023012345号-3 A公司", true},
		{"京ICP备2023012345号-3", "京ICP备2023012345号-3All rights reserved", true},
		{"京ICP备2023012345号-3A", "京ICP备2023012345号-3", false},
		{"京ICP备2023012345号-3A", "京ICP备2023012345号-3X", false},
		{"京ICP备2023012345号-3", "京ICP备2023012345号-3A 京ICP备2023012345号-3", true},
		{"粤B2-20090059-1", "粤B2-20090059-18", false},
		{"粤B2-20090059-1", "粤B2-20090059-1K", false},
		{"京ICP证030173号", "京ICP备030173号", false},
	} {
		shown, _ := website.FindNumber([]byte("<p>"+c.page), "text/html; charset=utf-8", c.wanted, targets)
		require.Equal(t, c.shown, shown, "%s on %s", c.wanted, c.page)
	}
}

// A site's number is put next to its app's, but not next to another site's or holder's.
func TestOtherNumbersOnAPage(t *testing.T) {
	line := []website.Line{{Number: "京A2.B1.B2-20090001-2", Targets: targets}}
	for page, other := range map[string]bool{
		"京A2.B1.B2-20090001-3": true, "A2.B1.B2-20090001": true, "粤B2-20090059": true,
		"京A2.B1.B2-20090001-2A": false, "京ICP备2023012345号-3": false,
	} {
		_, err := website.Missing([]byte("<p>"+page), "text/html; charset=utf-8", line)
		if other {
			requireUnfit(t, website.UnfitOther, err)
		} else {
			require.NoError(t, err, page)
		}
	}
	line[0].Number = "京ICP备2023012345号-3"
	_, err := website.Missing([]byte("<p>京ICP备2023012345号-4A"), "text/html; charset=utf-8", line)
	require.NoError(t, err)
	_, err = website.Missing([]byte("<p>京ICP备2023012345号-4"), "text/html; charset=utf-8", line)
	requireUnfit(t, website.UnfitOther, err)
}
