package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestNamesAreInTheReadersLanguage(t *testing.T) {
	nature, known := filing.CodeByID(filing.Natures, filing.NaturePerson)
	require.True(t, known)
	require.Equal(t, "个人", nature.In("zh"))
	require.Equal(t, "Individual", nature.In("en"))
	require.Equal(t, "个人", nature.In(""), "Chinese is the default")
	refusal, known := filing.RefusalByCode(1020)
	require.True(t, known)
	require.Equal(t, refusal.Chinese, refusal.In("zh"))
	require.Equal(t, refusal.English, refusal.In("en"))
}
