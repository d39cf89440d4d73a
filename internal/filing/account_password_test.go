package filing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestAccountPasswords(t *testing.T) {
	for _, c := range []struct {
		password string
		staff    bool
		want     string
	}{
		{"", false, "required"},
		{"k7-Wq9z", false, "password_short"},
		{"k7-Wq9zx", false, ""},
		{"密码要够长八字", false, "password_short"},
		{"密码要够长满八字", false, ""},
		{"k7-Wq9zxHu2", true, "password_short"},
		{"k7-Wq9zxHu2t", true, ""},
		{"password", false, "password_common"},
		{"Passw0rd2026", true, "password_common"},
		{"qwertyuiop12", true, "password_common"},
		{"aaaaaaaaaaaaa", true, "password_common"},
		{"1234567890123", true, "password_common"},
		{"wang123456", false, "password_common"},
		{"lang-er-name", false, "password_is_user_name"},
	} {
		login := "wang"
		if c.want == "password_is_user_name" {
			login = "Lang-Er-Name"
		}
		p := filing.ValidateAccountPassword(c.password, c.password, login, c.staff).For("password")
		if c.want == "" {
			require.Nil(t, p, c.password)
		} else {
			require.NotNil(t, p, c.password)
			require.Equal(t, c.want, p.Key, c.password)
		}
	}
	require.NotNil(t, filing.ValidateAccountPassword("k7-Wq9zx", "k7-Wq9zy", "", false).For("password_again"))
}

// A long password takes no longer to check.
func TestLongPasswordsAreCheckedQuickly(t *testing.T) {
	begin := time.Now()
	filing.ValidateAccountPassword(strings.Repeat("aB3$", 1<<18), "", "wang", false)
	filing.ValidateAccountPassword(strings.Repeat("abc1", 16), "", "wang", false)
	require.Less(t, time.Since(begin), 5*time.Second)
}
