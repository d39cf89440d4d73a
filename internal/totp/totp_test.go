package totp_test

import (
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/totp"
)

// The codes of RFC 6238, appendix B (SHA-1), with six digits.
func TestCodesOfTheStandard(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for seconds, code := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924",
		20000000000: "353130"} {
		step, ok := totp.Match(secret, code, time.Unix(seconds, 0), 0)
		require.True(t, ok, seconds)
		require.Equal(t, seconds/30, step)
	}
}

func TestCodeIsGoodAroundItsTimeAndOnce(t *testing.T) {
	secret, at := totp.NewSecret(), time.Unix(1_800_000_000, 0)
	code, err := totp.Code(secret, at)
	require.NoError(t, err)
	step, ok := totp.Match(secret, code, at, 0)
	require.True(t, ok)
	for _, off := range []time.Duration{-30 * time.Second, 0, 59 * time.Second} {
		_, ok := totp.Match(secret, code, at.Add(off), 0)
		require.True(t, ok, off)
	}
	for _, off := range []time.Duration{-31 * time.Second, 60 * time.Second, time.Hour} {
		_, ok := totp.Match(secret, code, at.Add(off), 0)
		require.False(t, ok, off)
	}
	_, ok = totp.Match(secret, code, at, step)
	require.False(t, ok, "used")
	_, ok = totp.Match(totp.NewSecret(), code, at, 0)
	require.False(t, ok, "another's")
	for _, wrong := range []string{"", "12345", "abcdef", code + "0"} {
		_, ok := totp.Match(secret, wrong, at, 0)
		require.False(t, ok, wrong)
	}
}

func TestWhatIsTypedIsRead(t *testing.T) {
	for typed, want := range map[string]string{" 123 456": "123456", "abcde-fghij": "ABCDEFGHIJ",
		"ABCDE FGHIJ": "ABCDEFGHIJ", "0bcde1ghij": "OBCDEIGHIJ"} {
		code, _ := totp.Normalise(typed)
		require.Equal(t, want, code, typed)
	}
	for _, code := range totp.RecoveryCodes() {
		read, recovery := totp.Normalise(strings.ToLower(totp.ShowRecovery(code)))
		require.True(t, recovery)
		require.Equal(t, code, read)
	}
	_, recovery := totp.Normalise("123456")
	require.False(t, recovery)
	require.Equal(t, "ABCD EFGH IJ", totp.ShowSecret("ABCDEFGHIJ"))
}

func TestPictureEnrols(t *testing.T) {
	url, err := totp.URL("网站备案", "wang", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	require.NoError(t, err)
	require.Regexp(t, regexp.MustCompile(`^otpauth://totp/.*wang.*secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`), url)
	code, err := totp.NewQR(url)
	require.NoError(t, err)
	dark := map[[2]int]bool{}
	for part := range strings.SplitSeq(strings.TrimSuffix(code.Path, "z"), "z") {
		var x, y int
		_, err := fmt.Sscanf(part, "M%d %dh1v1h-1", &x, &y)
		require.NoError(t, err)
		require.True(t, x >= 4 && y >= 4 && x < code.Size-4 && y < code.Size-4, "the quiet zone")
		dark[[2]int{x, y}] = true
	}
	for i := range 7 { // a finder pattern's edge
		require.True(t, dark[[2]int{4 + i, 4}])
	}
}
