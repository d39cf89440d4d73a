package filing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func keys(p filing.Problems) map[string]string {
	m := map[string]string{}
	for _, x := range p {
		if m[x.Field] == "" {
			m[x.Field] = x.Key
		}
	}
	return m
}

func TestIPBlocks(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.0/24": "192.0.2.0-192.0.2.255", "192.0.2.0 — 192.0.2.255": "192.0.2.0-192.0.2.255", "１９２.0.2.9": "192.0.2.9",
		"10.0.0.0/8": "10.0.0.0-10.255.255.255", "192.0.2.7/32": "192.0.2.7",
	} {
		r, key := filing.ParseIPBlock(text)
		require.Empty(t, key, text)
		require.Equal(t, want, r.String())
		from, to := r.Numbers()
		require.Equal(t, r, filing.RangeOf(from, to))
	}
	for text, want := range map[string]string{
		"192.0.2.0/33": "ip_invalid", "192.0.2.1/24": "cidr_not_first", "2001:db8::/32": "ipv6_not_carried",
		"0.0.0.0/0": "ip_not_usable", "10.0.0.0/7": "ip_range_too_big", "192.0.2.9-192.0.2.1": "ip_range_backwards",
		"": "ip_invalid",
	} {
		_, key := filing.ParseIPBlock(text)
		require.Equal(t, want, key, text)
	}
	_, key := filing.ParseIPRange("10.0.0.0/24")
	require.Equal(t, "ip_invalid", key, "a site has ranges only")
}

func TestStaffsForms(t *testing.T) {
	const today = "2026-11-24"
	codes := filing.BuiltIn()
	good := filing.VerificationForm{Who: "林核实", Day: today, Passed: "yes", Opinion: "信息真实"}
	require.Empty(t, good.Validate(today))
	require.Equal(t,
		map[string]string{"who": "required", "day": "day_in_future", "passed": "choose", "opinion": "too_long"},
		keys(filing.VerificationForm{Day: "2026-11-25", Passed: "?", Opinion: strings.Repeat("长", 1025)}.Validate(today)))
	require.Equal(t, map[string]string{"day": "day_invalid", "faults": "required", "who": "not_gbk"},
		keys(filing.VerificationForm{Who: "😀", Day: "24.11.", Passed: "no", Opinion: "x"}.Validate(today)))

	outcome := filing.OutcomeForm{Result: 2, Opinion: "已停止接入", Listed: "2026-11-01", Due: "2026-11-30", Operator: "1",
		Province: "310000"}
	require.Empty(t, outcome.Validate(codes, today))
	outcome.Result, outcome.Due, outcome.Operator, outcome.Province = 99, "2026-10-31", "x", ""
	require.Equal(t, map[string]string{"result": "choose", "due": "due_before_listed", "operator": "digits_only",
		"province": "required"}, keys(outcome.Validate(codes, today)))

	block := filing.BlockForm{Kind: filing.BlockSource, Ranges: []string{"192.0.2.0/24", "198.51.100.0/25"}, Unit: "100"}
	require.Empty(t, block.Validate(codes, today))
	require.Len(t, block.Blocks(), 2)
	codes.Units = []filing.Code{{ID: 7, Name: "x"}}
	block.Ranges = []string{"192.0.2.128/25", "nonsense", "192.0.2.0/24"}
	p := block.Validate(codes, today)
	require.Equal(t, map[string]string{"ranges": "ip_invalid", "unit": "unit_unknown"}, keys(p))
	require.Contains(t, p,
		filing.Problem{Field: "ranges", Key: "blocks_overlap", Args: map[string]any{"line": 3, "other": 1}})
	require.Equal(t, map[string]string{"ranges": "required", "kind": "choose"},
		keys(filing.BlockForm{}.Validate(codes, today)))
	require.Equal(t, map[string]string{"assignment": "choose", "since": "required"},
		keys(filing.BlockForm{Kind: filing.BlockOwnUse, Ranges: []string{"192.0.2.1"}}.Validate(codes, today)))
	require.Empty(t, filing.BlockForm{Kind: filing.BlockReserved, Ranges: []string{"192.0.2.1"}}.Validate(codes, today))
}

func TestPapers(t *testing.T) {
	codes := filing.BuiltIn()
	png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...)
	good := filing.PaperForm{Order: "D1", Use: 1, Whose: "holder", Content: png}
	require.Empty(t, good.Validate(codes))
	require.Equal(t, 3, good.Format(codes))
	require.Equal(t, 1, filing.PaperForm{Content: []byte("\xff\xd8\xff\xe0")}.Format(codes))
	require.Equal(t, map[string]string{"order": "required", "use": "choose", "whose": "choose", "file": "required"},
		keys(filing.PaperForm{}.Validate(codes)))
	good.Content = []byte("%PDF-1.7")
	require.Equal(t, map[string]string{"file": "paper_no_image"}, keys(good.Validate(codes)))
	require.Equal(t, 115_200, filing.MaxPaper, "150 KB in base64")
	good.Content = append(png, make([]byte, filing.MaxPaper-len(png))...)
	require.Empty(t, good.Validate(codes))
	good.Content = append(good.Content, 0)
	require.Equal(t, map[string]string{"file": "paper_too_big"}, keys(good.Validate(codes)))
}
