package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// Account is one account with a province's bureau, as in the accounts file.
type Account struct {
	// Name identifies it in our records and on staff's pages.
	Name string `yaml:"name"`
	// Driver is interface, the default, or manual: people submit dossiers and record the results.
	Driver string `yaml:"driver"`
	// Provinces are GB/T 2260 codes; an account without any serves all that no other account names.
	Provinces []string `yaml:"provinces"`
	URL       string   `yaml:"url"`
	ISPID     int64    `yaml:"isp_id"`
	UserName  string   `yaml:"user"`
	// The Env fields name environment variables (or, with the suffix _FILE, files), so that the accounts file holds no
	// secrets.
	PasswordEnv string `yaml:"password_env"`
	KeyEnv      string `yaml:"key_env"`
	IVEnv       string `yaml:"iv_env"`
	// Hours in which the bureau accepts filings, China time: 09:00-17:30; empty means always.
	Hours string `yaml:"hours"`
	// SMSVerification is how long the bureau's own code to applicants is valid, to be entered on its site; 0: it sends
	// none.
	SMSVerification time.Duration `yaml:"sms_verification"`
	// FilingPassword is FilingPasswordRequired where the bureau still wants filing passwords; else FilingPasswordNone or
	// empty.
	FilingPassword string `yaml:"filing_password"`
	// ICPmm is what a new access has instead of a filing password's hash, since the interface requires the element.
	ICPmm string `yaml:"icp_mm"`
	// EmergencyPhone is where the bureau takes the managers' emergency phones: msn, or empty for nowhere.
	EmergencyPhone string `yaml:"emergency_phone"`

	password, key, iv string
}

// The values of an account's FilingPassword.
const (
	FilingPasswordNone     = "none"
	FilingPasswordRequired = "required"
)

// smsVerificationDefault is the ministry's limit since 17 August 2020.
const smsVerificationDefault = 24 * time.Hour

// UnmarshalYAML reads an account of the accounts file, with its defaults.
func (a *Account) UnmarshalYAML(unmarshal func(any) error) error {
	type plain Account
	read := plain{SMSVerification: smsVerificationDefault}
	err := unmarshal(&read)
	*a = Account(read)
	return err
}

// AccountList is every account in the settings.
func (b Bureau) AccountList() ([]Account, error) {
	if b.Accounts == "" {
		one := Account{Name: b.Account, Driver: b.Driver, URL: b.URL, ISPID: b.ISPID, UserName: b.UserName, Hours: b.Hours,
			SMSVerification: b.SMSVerification, FilingPassword: b.FilingPassword, ICPmm: b.ICPmm,
			EmergencyPhone: b.EmergencyPhone,
			password:       b.Password, key: b.Key, iv: b.IV}
		if b.Password == "" && one.reaches() {
			return nil, errors.New("BEIAN_BUREAU_PASSWORD is not set: password given by the bureau")
		}
		return []Account{one}, one.check()
	}
	raw, err := os.ReadFile(b.Accounts)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_BUREAU_ACCOUNTS: %w", err)
	}
	list, err := readAccounts(raw)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_BUREAU_ACCOUNTS: %s: %w", b.Accounts, err)
	}
	return list, nil
}

func readAccounts(raw []byte) ([]Account, error) {
	var file struct {
		Accounts []Account `yaml:"accounts"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&file); err != nil {
		return nil, err
	}
	if len(file.Accounts) == 0 {
		return nil, errors.New("no accounts; want a list \"accounts:\"")
	}
	names, provinces := map[string]bool{}, map[string]string{}
	var problems []error
	for i := range file.Accounts {
		a := &file.Accounts[i]
		if names[a.Name] {
			problems = append(problems, fmt.Errorf("account %q is listed twice", a.Name))
		}
		names[a.Name] = true
		for _, p := range a.Provinces {
			if other, taken := provinces[p]; taken {
				problems = append(problems, fmt.Errorf("province %s belongs to both account %q and account %q", p, other, a.Name))
			}
			provinces[p] = a.Name
		}
		problems = append(problems, a.secrets(), a.check())
	}
	return file.Accounts, errors.Join(problems...)
}

func (a *Account) secrets() error {
	for _, s := range []struct {
		env   string
		value *string
	}{{a.PasswordEnv, &a.password}, {a.KeyEnv, &a.key}, {a.IVEnv, &a.iv}} {
		if s.env == "" {
			continue
		}
		value, err := secret(s.env)
		if err != nil {
			return err
		}
		if value == "" {
			return fmt.Errorf("account %q: %s is not set", a.Name, s.env)
		}
		*s.value = value
	}
	return nil
}

// maxICPmm is upload-data.xsd's limit.
const maxICPmm = 32

// check reports everything that is wrong with an account.
func (a Account) check() error {
	var problems []error
	wrong := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("account %q: "+format, append([]any{a.Name}, args...)...))
	}
	if a.Name == "" {
		wrong("no name")
	}
	if a.Driver != "" && a.Driver != store.DriverInterface && a.Driver != store.DriverManual {
		wrong("unknown driver %q; want %s or %s", a.Driver, store.DriverInterface, store.DriverManual)
	}
	if a.reaches() {
		if a.URL == "" {
			wrong("no url; want the scheme and host of the bureau's services")
		}
		if a.ISPID < 1 {
			wrong("no isp_id; want the provider's number")
		}
		if a.UserName == "" {
			wrong("no user; want the user name given by the bureau")
		}
		if a.password == "" {
			wrong("no password_env; want the name of a variable that holds the password")
		}
	}
	for _, p := range a.Provinces {
		if filing.ProvinceSign(p) == "" {
			wrong("%q is not a province's code; want one such as 310000", p)
		}
	}
	if a.key != "" && (len(a.key) != 16 || len(a.iv) != 16) {
		wrong("key and IV must have 16 characters each")
	}
	if a.SMSVerification < 0 || a.SMSVerification%time.Hour != 0 {
		wrong("sms_verification must be whole hours, such as 24h")
	}
	if !slices.Contains([]string{"", FilingPasswordNone, FilingPasswordRequired}, a.FilingPassword) {
		wrong("unknown filing_password %q; want %s or %s", a.FilingPassword, FilingPasswordNone, FilingPasswordRequired)
	}
	if !slices.Contains([]string{string(bureau.EmergencyNowhere), string(bureau.EmergencyInMsn)}, a.EmergencyPhone) {
		wrong("unknown emergency_phone %q; want %s, or leave it out", a.EmergencyPhone, bureau.EmergencyInMsn)
	}
	if len(a.ICPmm) > maxICPmm {
		wrong("icp_mm is too long; want at most %d characters", maxICPmm)
	}
	if _, err := bureau.ParseHours(a.Hours); err != nil {
		wrong("hours: %w", err)
	}
	return errors.Join(problems...)
}

// Manual reports whether people submit the account's dossiers.
func (a Account) Manual() bool { return a.Driver == store.DriverManual }

// reaches reports whether the account must have the settings of an interface: a manual one may leave out all of
// them, but not some.
func (a Account) reaches() bool {
	return !a.Manual() || a.URL != "" || a.ISPID != 0 || a.UserName != "" || a.password != "" || a.key != "" || a.iv != ""
}

// Client makes the account's client, nil for a manual one, and its hours.
func (a Account) Client() (*bureau.Client, bureau.Hours) {
	hours, _ := bureau.ParseHours(a.Hours) // checked when read
	if a.Manual() {
		return nil, hours
	}
	return bureau.New(bureau.Config{
		BaseURL: a.URL, ISPID: a.ISPID, UserName: a.UserName, Password: a.password, Encrypt: a.key != "", Key: []byte(a.key),
		IV: []byte(a.iv),
	}), hours
}
