package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpreadsheetsRunNothing(t *testing.T) {
	for _, cell := range []string{"=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A1"} {
		require.Equal(t, "'"+cell, plainCell(cell))
	}
	for _, cell := range []string{"", "0", "a=b", "林=", "D2026-1", " ", "'="} {
		require.Equal(t, cell, plainCell(cell))
	}
}
