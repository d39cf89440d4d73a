package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/rules"
)

func TestTheHoldersNumberSufficesWhereAProvinceWantsIt(t *testing.T) {
	for number, want := range map[string]string{
		"粤ICP备2023012345号-1": "粤ICP备2023012345号", "粤B2-20090059-18": "粤B2-20090059",
		"粤ICP备2023012345号": "", "沪ICP备2023012345号-1": "", "A2.B1.B2-20090001-2": "", "no number": "", "": "",
	} {
		require.Equal(t, want, rules.BuiltIn().FooterSuffices(number), number)
	}
	require.Empty(t, (*rules.Book)(nil).FooterSuffices("粤ICP备2023012345号-1"))
	own, err := rules.Load([]byte("rule\t440000\t*\t*\tfooter_number_kind\tsite\tsure\tus\t2026\n"))
	require.NoError(t, err)
	require.Empty(t, own.FooterSuffices("粤ICP备2023012345号-1"), "a provider knows better")
}
