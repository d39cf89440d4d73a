package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
)

func TestNumberForms(t *testing.T) {
	for text, want := range map[string]filing.Number{
		"沪ICP备05000940号":        {Sign: "沪", Kind: "备", Serial: "05000940"},
		"沪ICP备05000940号-2":      {Sign: "沪", Kind: "备", Serial: "05000940", Site: 2},
		"沪icp备 2023012345 号－12": {Sign: "沪", Kind: "备", Serial: "2023012345", Site: 12},
		"京ICP证030173号":          {Sign: "京", Kind: "证", Serial: "030173"},
		"京ICP证20231234号":        {Sign: "京", Kind: "证", Serial: "20231234"},
	} {
		n, err := filing.ParseNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n)
	}
	for _, text := range []string{
		"沪ICP备0500094号", "沪ICP备050009401号", "沪ICP备202301234号", "沪ICP备20230123456号", "沪ICP备1923012345号", "沪ICP备050094号",
		"京ICP证0301731号", "京ICP证03017号", "沪ICP备05000940号-0", "沪ICP备05000940", "申ICP备05000940号", "",
	} {
		_, err := filing.ParseNumber(text)
		require.ErrorIs(t, err, filing.ErrNumber, text)
	}
}

func TestACertificateNamesItsNumber(t *testing.T) {
	number, err := filing.ParseNumber("沪ICP备05000940号-1")
	require.NoError(t, err)
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte("备案号：沪ICP备05000941号"))
	require.NoError(t, err)
	for content, other := range map[string]string{
		"BAZU\x00\x01沪ICP备05000940号\x00\xff\xfe": "", "BAZU\x00\x01沪ICP备05000941号\x00\xff": "沪ICP备05000941号",
		string(gbk): "沪ICP备05000941号", "\x30\x82 signed, no number": "", "": "",
	} {
		require.Equal(t, other, number.OtherNumberIn([]byte(content)), content)
	}
}
