package help

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFlowChartsLinesFit(t *testing.T) {
	require.Equal(t, []string{"保持电话畅通。部", "分省会发。"}, wrap("保持电话畅通。部分省会发。", 14*8))
	require.Equal(t, []string{"one two", "three"}, wrap("one two three", 7*8))
	require.Equal(t, []string{"接受声明填写用户", "名、手机和邮箱。"}, balanced("接受声明填写用户名、手机和邮箱。", 14*15))
}
