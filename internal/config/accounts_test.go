package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
)

func accounts(t *testing.T, text string) ([]config.Account, error) {
	t.Helper()
	file := t.TempDir() + "/accounts.yaml"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return config.Bureau{Accounts: file}.AccountList()
}

func TestAccountsAreReadFromTheirFile(t *testing.T) {
	t.Setenv("SH_PASSWORD", "secret")
	page, err := os.ReadFile("../../docs/accounts.md")
	require.NoError(t, err)
	_, example, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	example, _, _ = strings.Cut(example, "```")
	t.Setenv("ZJ_PASSWORD", "secret")
	t.Setenv("ZJ_KEY", "abcdefghijklmnop")
	t.Setenv("ZJ_IV", "0102030405060708")
	list, err := accounts(t, example)
	require.NoError(t, err, "the documentation's example works")
	require.Len(t, list, 3)
	c, hours := list[0].Client()
	require.EqualValues(t, 310001, c.ISPID())
	require.NotZero(t, hours)
}

func TestWrongAccountsAreNamedAtOnce(t *testing.T) {
	t.Setenv("SH_PASSWORD", "secret")
	_, err := accounts(t,
		"accounts:\n- {name: a, provinces: ['31'], hours: x}\n- {name: a, provinces: ['31'], url: http://b, isp_id: 1, password_env: SH_PASSWORD}\n")
	for _, text := range []string{`"a" is listed twice`, "no url", "no isp_id", "no password_env",
		`"31" is not a province's code`, "09:00-17:30", "province 31 belongs to both"} {
		require.ErrorContains(t, err, text)
	}
	_, err = accounts(t, "accounts: []")
	require.ErrorContains(t, err, "no accounts")
	_, err = accounts(t, "accounts:\n- {nmae: a}")
	require.ErrorContains(t, err, "nmae")
	_, err = accounts(t, "accounts:\n- {name: a, url: http://b, isp_id: 1, password_env: NOT_SET_ANYWHERE}")
	require.ErrorContains(t, err, "NOT_SET_ANYWHERE is not set")
	_, err = config.Bureau{Account: "a", URL: "http://b", ISPID: 1}.AccountList()
	require.ErrorContains(t, err, "BEIAN_BUREAU_PASSWORD is not set")
}

// What an account doesn't say is as bureaus do today: a code by SMS within a day, and no filing password.
func TestAccountsDefaultToTodaysProcedure(t *testing.T) {
	list, err := accounts(t, `accounts:
- {name: a, driver: manual, provinces: ['310000']}
- {name: b, driver: manual, provinces: ['330000'], sms_verification: 0s, filing_password: required, icp_mm: x, emergency_phone: msn}
- {name: c, driver: manual, sms_verification: 48h, filing_password: none}
`)
	require.NoError(t, err)
	require.Equal(t, []time.Duration{24 * time.Hour, 0, 48 * time.Hour},
		[]time.Duration{list[0].SMSVerification, list[1].SMSVerification, list[2].SMSVerification})
	require.Empty(t, list[0].FilingPassword+list[0].ICPmm)
	require.Equal(t, config.FilingPasswordRequired, list[1].FilingPassword)
	require.Equal(t, "x", list[1].ICPmm)
	require.Equal(t, []string{"", "msn"}, []string{list[0].EmergencyPhone, list[1].EmergencyPhone})
	_, err = accounts(t, "accounts:\n- {name: a, driver: manual, emergency_phone: qq}\n")
	require.ErrorContains(t, err, `unknown emergency_phone "qq"; want msn, or leave it out`)
	_, err = accounts(t, "accounts:\n- {name: a, driver: manual, filing_password: yes, icp_mm: "+strings.Repeat("1", 33)+"}\n")
	require.ErrorContains(t, err, `unknown filing_password "yes"; want none or required`)
	require.ErrorContains(t, err, "icp_mm is too long; want at most 32 characters")
	_, err = accounts(t, "accounts:\n- {name: a, driver: manual, filing_pasword: none}\n")
	require.ErrorContains(t, err, "filing_pasword")
}

// A manual account needs only a name; if it has settings of an interface, it must have all of them.
func TestManualAccountNeedsNoInterface(t *testing.T) {
	t.Setenv("SH_PASSWORD", "secret")
	list, err := accounts(t,
		"accounts:\n- {name: a, driver: manual, provinces: ['310000'], sms_verification: 24h}\n- {name: b, driver: manual, provinces: ['330000'], url: http://b, isp_id: 1, user: u, password_env: SH_PASSWORD}\n")
	require.NoError(t, err)
	for _, a := range list {
		require.True(t, a.Manual(), a.Name)
		c, _ := a.Client()
		require.Nil(t, c, a.Name)
	}
	_, err = accounts(t, "accounts:\n- {name: a, driver: manual, url: http://b}\n")
	for _, text := range []string{"no isp_id", "no user", "no password_env"} {
		require.ErrorContains(t, err, text)
	}
	_, err = accounts(t, "accounts:\n- {name: a, driver: by hand}\n")
	require.ErrorContains(t, err, `unknown driver "by hand"; want interface or manual`)
	list, err = config.Bureau{Account: "a", Driver: "manual"}.AccountList()
	require.NoError(t, err)
	require.True(t, list[0].Manual())
	_, err = config.Bureau{Account: "a", Driver: "manual", URL: "http://b"}.AccountList()
	require.ErrorContains(t, err, "BEIAN_BUREAU_PASSWORD is not set")
	_, err = config.Bureau{Account: "a"}.AccountList()
	require.Error(t, err, "interface is the default")
}
