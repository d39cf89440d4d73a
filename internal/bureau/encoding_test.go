package bureau_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/bureau"
)

// Rare characters in names take four bytes in GB 18030, in files declared as GBK.
func TestRareCharactersAreRead(t *testing.T) {
	content, err := simplifiedchinese.GB18030.NewEncoder().String(
		`<?xml version="1.0" encoding="GBK"?><DownloadData><ICP><XGTZ><Tzxx><Tzlb>0</Tzlb><Tznr>𠮷先生</Tznr></Tzxx></XGTZ></ICP></DownloadData>`)
	require.NoError(t, err)
	d, err := bureau.ParseDownload([]byte(content))
	require.NoError(t, err)
	require.False(t, d.Damaged)
	require.Equal(t, "𠮷先生", d.Notices[0].Text)
	d, err = bureau.ParseDownload(bytes.Replace([]byte(content), []byte("</Tznr>"), []byte("\xff\xfe\x80</Tznr>"), 1))
	require.NoError(t, err)
	require.True(t, d.Damaged)
}
