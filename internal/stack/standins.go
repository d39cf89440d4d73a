package stack

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/dns"
	"github.com/beian/beian/internal/simulate/inbox"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/internal/store"
)

// The stand-ins' accounts; they guard nothing.
const (
	standKeyID     = "stand-in"
	standKeySecret = "stand-in-secret"
	standSign      = "网站备案"
	standISPID     = 310001
	standUser      = "provider"
	standPassword  = "provider-password"
	standReports   = "stand-in-reports-secret"
)

// refusedNames makes the stand-in bureau refuse sites by name: 1020 is 网站名称冲突.
var refusedNames = map[string]int{"违规": 1020, "中国": 1020}

// Accounts are the web spaces of samples/orders.csv.
var Accounts = []webspace.Account{
	{User: "web1", Password: "web1-secret", Domains: []string{"www.example.com", "example.com"}, DocumentRoot: "wwwroot"},
	{User: "web2", Password: "web2-secret", Domains: []string{"www.example.net"}, DocumentRoot: "wwwroot", GBK: true},
	{User: "web3", Password: "web3-secret", Domains: []string{"www.example.org", "*.example.org"}, DocumentRoot: "htdocs"},
	{User: "web4", Password: "web4-secret", Domains: []string{"xn--fsq092h.xn--fiqs8s"}, DocumentRoot: "wwwroot"},
	{User: "web5", Password: "web5-secret", Domains: []string{"www.example.edu"}, DocumentRoot: "wwwroot"},
}

// addresses are where samples/orders.csv places the orders' web spaces.
var addresses = map[string]string{"web1": "192.0.2.10", "web2": "192.0.2.11", "web3": "192.0.2.20",
	"web4": "192.0.2.12", "web5": "192.0.2.14"}

// Spare is an additional web space of a stack with Options.Spares, numbered from one, and its address.
func Spare(n int) (webspace.Account, netip.Addr) {
	return webspace.Account{
		User: fmt.Sprintf("spare%d", n), Password: fmt.Sprintf("spare%d-secret", n),
		Domains: []string{fmt.Sprintf("www.example-spare%d.com", n)}, DocumentRoot: "wwwroot",
	}, netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})
}

// accounts are the stack's web spaces and their addresses, by user.
func (o Options) accounts() ([]webspace.Account, map[string]netip.Addr) {
	list, at := slices.Clone(Accounts), map[string]netip.Addr{}
	for user, address := range addresses {
		at[user] = netip.MustParseAddr(address)
	}
	for n := range o.Spares {
		spare, address := Spare(n + 1)
		list, at[spare.User] = append(list, spare), address
	}
	return list, at
}

// StandIns are the stand-ins for external systems.
type StandIns struct {
	SMS    *sms.Server
	Mail   *mail.Server
	Bureau *bureau.Server
	Space  *webspace.Server
	DNS    *dns.Server
}

func startStandIns(ctx context.Context, s *Stack) (*StandIns, error) {
	texts, err := message.NewTexts("zh")
	if err != nil {
		return nil, err
	}
	state := func(name string) string { return filepath.Join(s.Options.Dir, name) }
	stands := &StandIns{}
	stands.SMS, err = sms.New(sms.Options{
		AccessKeyID: standKeyID, AccessKeySecret: standKeySecret, SignName: standSign, StateFile: state("sms.jsonl"),
		ReportURL: s.reports("sms"),
		Render: func(code string, params map[string]string) string {
			params = maps.Clone(params)
			params[message.PageParam] = s.PanelURL + "/orders"
			text, err := texts.SMS(message.Template(strings.TrimPrefix(code, "SMS_")), params)
			if err != nil {
				return code
			}
			return text
		},
	})
	if err != nil {
		return nil, err
	}
	if stands.Mail, err = mail.New(state("mail.jsonl")); err != nil {
		return nil, err
	}
	stands.Mail.BounceURL = s.reports("mail")
	stands.Bureau, err = bureau.New(bureau.Options{
		ISPID: standISPID, UserName: standUser, Password: standPassword, ReviewAfter: s.Options.ReviewAfter,
		Edition: s.Options.BureauEdition, RefuseSiteNames: refusedNames, CheckPapers: true,
		SMSVerification: s.Options.standInVerification(),
		StateFile:       state("bureau.json"), Logger: s.Options.Logger,
	})
	if err != nil {
		return nil, err
	}
	accounts, at := s.Options.accounts()
	stands.Space, err = webspace.New(
		webspace.Options{Dir: filepath.Join(s.Options.Dir, "sites"), Accounts: accounts, Logger: s.Options.Logger})
	if err != nil {
		return nil, err
	}
	stands.DNS = dns.New()
	stands.DNS.Set("example.com") // where the sample customers read their mail
	stands.DNS.SetMail("example.com", "mail.example.com.")
	for _, a := range accounts {
		for _, d := range a.Domains {
			stands.DNS.Set(d, at[a.User])
		}
	}
	err = stands.serve(ctx, s)
	return stands, err
}

// reports is where stand-ins report to the panel.
func (s *Stack) reports(of string) string {
	return fmt.Sprintf("http://127.0.0.1:%d/reports/%s/%s", s.Options.Ports.Panel, standReports, of)
}

// serve serves each stand-in on its port.
func (st *StandIns) serve(ctx context.Context, s *Stack) error {
	p := s.Options.Ports
	overHTTP := func(h http.Handler) func(net.Listener) error {
		return func(l net.Listener) error { return app.Serve(ctx, l, h) }
	}
	for _, stand := range []struct {
		name  string
		port  int
		serve func(net.Listener) error
		close func() error // ends it with the context; nil if that does
	}{
		{"mail stand-in", p.SMTP, st.Mail.Serve, st.Mail.Close},
		{"FTP stand-in", p.FTP, st.Space.ServeFTP, st.Space.Close},
		{"SMS stand-in", p.SMS, overHTTP(st.SMS), nil},
		{"inbox", p.Inbox, overHTTP(inbox.New(st.SMS, st.Mail)), nil},
		{"bureau stand-in", p.Bureau, overHTTP(st.Bureau), nil},
		{"sites", p.Sites, overHTTP(st.Space), nil},
		{"web space page", p.Space, overHTTP(st.Space.Control()), nil},
	} {
		l, err := devserver.Listen(stand.port)
		if err != nil {
			return err
		}
		s.run(stand.name, func() error { return stand.serve(l) })
		if stand.close != nil {
			context.AfterFunc(ctx, func() {
				_ = stand.close()
				_ = l.Close() // closing it before it serves would leave it serving for ever
			})
		}
	}
	names, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", p.DNS))
	if err != nil {
		return err
	}
	s.run("DNS stand-in", func() error { return st.DNS.Serve(names) })
	context.AfterFunc(ctx, func() { _ = st.DNS.Close() })
	return nil
}

// standInVerification is how long the stand-in waits for the SMS verification: only that of today does.
func (o Options) standInVerification() time.Duration {
	if o.BureauEdition != bureau.EditionToday {
		return 0
	}
	return max(0, cmp.Or(o.SMSVerification, day))
}

// accountVerification is the account's setting, which takes whole hours.
func (o Options) accountVerification() time.Duration {
	wait := o.standInVerification()
	switch {
	case o.BureauEdition != bureau.EditionToday:
		return max(0, o.SMSVerification)
	case wait%time.Hour != 0:
		return day
	}
	return wait
}

const day = 24 * time.Hour

func (s *Stack) settings() app.Settings {
	p := s.Options.Ports
	local := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	var templates []string
	for _, t := range message.SMSTemplates {
		templates = append(templates, fmt.Sprintf("%s=SMS_%s", t, t))
	}
	connect := map[string]string{}
	accounts, _ := s.Options.accounts()
	for _, a := range accounts {
		for _, d := range a.Domains {
			connect[d] = local(p.Sites)
		}
	}
	every := s.Options.ExchangeEvery
	if every == 0 {
		every = 5 * time.Second
	}
	account := config.Bureau{URL: "http://" + local(p.Bureau), ISPID: standISPID, UserName: standUser,
		Password: standPassword}
	if s.Options.Manual {
		account = config.Bureau{Driver: store.DriverManual}
	}
	account.FilingPassword = config.FilingPasswordRequired
	if s.Options.BureauEdition == bureau.EditionToday {
		account.FilingPassword = config.FilingPasswordNone
	}
	account.Account, account.Every, account.SMSVerification = "default", every, s.Options.accountVerification()
	return app.Settings{
		Base: s.Settings.Base,
		Provider: config.Provider{Name: "样例主机", AccessMode: 3, ServerPlace: 9,
			LinkTargets:  []string{"https://beian.miit.gov.cn/", "https://www.miibeian.gov.cn/"},
			PoliceTarget: "https://beian.mps.gov.cn/#/query/webSearch?code=", Vetting: s.Options.Vetting},
		Panel: config.Panel{Listen: local(p.Panel), DNS: local(p.DNS), FrameOrigins: s.Options.FrameOrigins,
			SecureCookies: s.Options.SecureCookies, StaffTOTP: cmp.Or(s.Options.StaffTOTP, "optional"),
			SecondVetting: s.Options.SecondVetting, ReportSecret: standReports},
		SMS: config.SMS{AccessKeyID: standKeyID, AccessKeySecret: standKeySecret, Endpoint: local(p.SMS), Scheme: "HTTP",
			Region: "cn-hangzhou", SignName: standSign, Templates: strings.Join(templates, ","), Timeout: 10 * time.Second},
		Mail: config.Mail{Host: "localhost", Port: p.SMTP, From: "beian@example.com", FromName: "网站备案", TLS: "mandatory",
			Language: "zh",
			Staff:    "staff@example.com", CAFile: s.caFile(), PanelURL: s.PanelURL},
		Staff:     s.Options.Staff,
		MailRoots: s.StandIns.Mail.RootCAs(),
		Bureau:    account,
		Website:   config.Website{ConnectTo: connect, Allow: []string{"127.0.0.0/8"}, VerifyTLS: "off"},
		Worker:    config.Worker{StopTimeout: 5 * time.Second},
	}
}

func (s *Stack) caFile() string {
	path := filepath.Join(s.Options.Dir, "mail-ca.pem")
	if err := os.WriteFile(path, s.StandIns.Mail.CertificatePEM(), 0o600); err != nil {
		return ""
	}
	return path
}
