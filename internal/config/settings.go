// Package config is the product's settings: one struct, read from flags and the
// environment by the command line, documented in docs/settings.md from the same
// tags. Secrets come from the environment or a file, never from a flag.
package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
)

// Base is what every process of the product needs.
type Base struct {
	Database  string `env:"BEIAN_DATABASE" kong:"-" help:"database: user:password@tcp(host:port)/name" secret:"yes" required:"yes"`
	KeyFile   string `env:"BEIAN_KEY_FILE" help:"key file that encrypts personal data (beian keys generate)" placeholder:"FILE" required:"yes"`
	Temporal  string `env:"BEIAN_TEMPORAL" help:"Temporal frontend, host:port" default:"127.0.0.1:7233"`
	Namespace string `env:"BEIAN_TEMPORAL_NAMESPACE" help:"Temporal namespace" default:"default"`

	TemporalTLS        bool   `env:"BEIAN_TEMPORAL_TLS" help:"connect to Temporal with TLS; also on if any of the settings below is there" negatable:""`
	TemporalCAFile     string `env:"BEIAN_TEMPORAL_CA_FILE" help:"PEM file of the certificate authority that Temporal's certificate is from; empty: the system's" placeholder:"FILE"`
	TemporalServerName string `env:"BEIAN_TEMPORAL_SERVER_NAME" help:"name in Temporal's certificate; empty: the host of BEIAN_TEMPORAL"`
	TemporalCertFile   string `env:"BEIAN_TEMPORAL_CERT_FILE" help:"PEM file of our own certificate, for mutual TLS" placeholder:"FILE"`
	TemporalKeyFile    string `env:"BEIAN_TEMPORAL_KEY_FILE" help:"PEM file of that certificate's private key" placeholder:"FILE"`
	TemporalBoundOnly  bool   `env:"BEIAN_TEMPORAL_BOUND_ONLY" help:"refuse payloads that aren't bound to their workflow, as those of v0.1.0: once no workflow of that version is left (docs/operate.md)"`
	TemporalAPIKey     string `env:"BEIAN_TEMPORAL_API_KEY" kong:"-" help:"Temporal's API key, such as Temporal Cloud's" secret:"yes"`

	SMSPerDay    int64 `env:"BEIAN_SMS_PER_DAY" help:"codes by SMS a day for all customers together, beyond which none is sent (docs/messages.md); 0: no limit" default:"5000"`
	APIPerMinute int64 `env:"BEIAN_API_PER_MINUTE" help:"requests to the API a minute with each key (docs/plug-in.md); 0: no limit" default:"6000"`
	// Development permits settings that would harm customers.
	Development bool `env:"BEIAN_DEVELOPMENT" help:"permit settings that are for development only; never on a machine that serves customers"`

	LogLevel string `env:"BEIAN_LOG_LEVEL" help:"debug, info, warn or error" enum:"debug,info,warn,error" default:"info"`
}

// Keys loads the key file.
func (b Base) Keys() (*seal.Keys, error) {
	raw, err := os.ReadFile(b.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("BEIAN_KEY_FILE: there is no file %s: name the one that the data is sealed with, or make one for"+
			" a new installation with `beian keys generate`", b.KeyFile)
	case err != nil:
		return nil, fmt.Errorf("BEIAN_KEY_FILE: %w: it must be a file that user %d may read", err, os.Getuid())
	}
	keys, err := seal.Load(raw)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_KEY_FILE: %s: %w", b.KeyFile, err)
	}
	return keys, nil
}

// TLS is how to connect to Temporal; nil in clear.
func (b Base) TLS() (*tls.Config, error) {
	if !b.TemporalTLS && b.TemporalCAFile == "" && b.TemporalServerName == "" && b.TemporalCertFile == "" &&
		b.TemporalKeyFile == "" && b.TemporalAPIKey == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: b.TemporalServerName}
	if b.TemporalCAFile != "" {
		pem, err := os.ReadFile(b.TemporalCAFile)
		if err != nil {
			return nil, fmt.Errorf("BEIAN_TEMPORAL_CA_FILE: %w", err)
		}
		if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("BEIAN_TEMPORAL_CA_FILE: %s has no certificate; want PEM", b.TemporalCAFile)
		}
	}
	if b.TemporalCertFile == "" && b.TemporalKeyFile == "" {
		return c, nil
	}
	if b.TemporalCertFile == "" || b.TemporalKeyFile == "" {
		return nil, errors.New("BEIAN_TEMPORAL_CERT_FILE and BEIAN_TEMPORAL_KEY_FILE belong together: want both or neither")
	}
	own, err := tls.LoadX509KeyPair(b.TemporalCertFile, b.TemporalKeyFile)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_TEMPORAL_CERT_FILE, BEIAN_TEMPORAL_KEY_FILE: %w", err)
	}
	c.Certificates = []tls.Certificate{own}
	return c, nil
}

// Provider is the hosting provider that runs the product.
type Provider struct {
	Name        string   `env:"BEIAN_PROVIDER_NAME" help:"name of the access provider, as shown in the forms" default:"本公司"`
	AccessMode  int      `env:"BEIAN_ACCESS_MODE" help:"access mode to pre-fill: 1 dedicated line, 2 server hosting, 3 virtual host, 4 other" default:"3"`
	ServerPlace int      `env:"BEIAN_SERVER_PLACE" help:"server place to pre-fill: the province's position in the order of GB/T 2260" default:"9"`
	LinkTargets []string `env:"BEIAN_LINK_TARGETS" help:"sites that the filing number may link to, preferred one first" default:"https://beian.miit.gov.cn/,https://www.miibeian.gov.cn/"`
	// PanelURL is where customers whose launch is over find a new one.
	PanelURL string `env:"BEIAN_PROVIDER_PANEL_URL" help:"address of the provider's own panel, to which a page leads back when a sign-on link no longer works; empty: no link"`
	// PoliceTarget is the address that a public-security filing number links to.
	PoliceTarget string `env:"BEIAN_POLICE_TARGET" help:"where a public-security filing number links to; its digits are appended" default:"https://beian.mps.gov.cn/#/query/webSearch?code="`
	// CertificateName is the name of the bureau's certificate file on sites, where a bureau still issues one.
	CertificateName string `env:"BEIAN_CERTIFICATE_NAME" help:"name of the bureau's certificate file in a site's folder cert, where the bureau issues one" default:"bazu.cert"`
	Rules           string `env:"BEIAN_RULES" help:"file that overlays the built-in rules by province, suffixes and words of site names (docs/rules.md)" placeholder:"FILE"`
	// PrivacyContact is required by 个人信息保护法, article 17.
	PrivacyContact string `env:"BEIAN_PRIVACY_CONTACT" help:"whom people ask about their personal data, as the privacy notice names it, such as a mail address; empty: the help centre"`
	Vetting        bool   `env:"BEIAN_VETTING" help:"our own staff vet dossiers before they go to the bureau (初审)"`
}

// CheckCertificateName refuses a name that a file can't have on every web space.
func (p Provider) CheckCertificateName() error {
	if p.CertificateName != "" && !filing.ValidCertificateName(p.CertificateName) {
		return fmt.Errorf("BEIAN_CERTIFICATE_NAME: %q can't be a file's name on every web space; want %s",
			p.CertificateName, filing.CertificateName)
	}
	return nil
}

// Panel is the web panel.
type Panel struct {
	Listen         string        `env:"BEIAN_LISTEN" help:"address the panel listens on" default:"127.0.0.1:8080"`
	DNS            string        `env:"BEIAN_DNS" help:"name server that the pre-check asks where domains lead, host:port; empty: the system's"`
	RDAP           string        `env:"BEIAN_RDAP" help:"list of domain registries that the pre-check asks about registrants and expiry dates (RFC 9224); empty: it asks none" default:"https://data.iana.org/rdap/"`
	SiteLooks      bool          `env:"BEIAN_SITE_LOOKS" help:"the pre-check looks whether a site opens before its approval, and what the holder's filed sites show" default:"true" negatable:""`
	Papers         string        `env:"BEIAN_PAPERS" help:"file that overlays the built-in list of required papers (docs/papers.md)" placeholder:"FILE"`
	SecureCookies  bool          `env:"BEIAN_SECURE_COOKIES" help:"send cookies over HTTPS only" default:"true" negatable:""`
	HSTS           time.Duration `env:"BEIAN_HSTS" help:"for how long browsers that have opened the panel over HTTPS open it in no other way (Strict-Transport-Security); 0: not sent, as without BEIAN_SECURE_COOKIES" default:"4320h"`
	SessionIdle    time.Duration `env:"BEIAN_SESSION_IDLE" help:"how long nobody may use a session before it ends; 0: twelve hours after sign-in, as every session" default:"2h"`
	StaffTOTP      string        `env:"BEIAN_STAFF_TOTP" help:"whether a second factor is required or optional for staff (docs/staff.md)" enum:"required,optional" default:"required"`
	TrustedProxies []string      `env:"BEIAN_TRUSTED_PROXIES" help:"addresses or ranges of reverse proxies whose X-Forwarded-For is trusted, such as 10.0.0.0/8; empty: none"`
	TemporalUI     string        `env:"BEIAN_TEMPORAL_UI" help:"Temporal's web UI, such as https://temporal.example.com, to link to from staff pages; empty: no links"`
	VettingLease   time.Duration `env:"BEIAN_VETTING_LEASE" help:"how long a reviewer keeps a dossier without working on it" default:"30m"`
	SecondVetting  []string      `env:"BEIAN_SECOND_VETTING" help:"dossiers that need two reviewers: kinds of filing and numbers of holders' natures, such as end_holder,5 (docs/support.md)"`
	ReportSecret   string        `env:"BEIAN_REPORT_SECRET" kong:"-" help:"secret part of the paths at which Aliyun and mail servers report what became of messages, 20 letters and digits or more: openssl rand -hex 20 (docs/messages.md); empty: nobody may report" secret:"yes"`
	// The panel checks FrameOrigins when it starts.
	UnreadyFor   time.Duration `env:"BEIAN_UNREADY_FOR" help:"how long the panel keeps serving, marked unready, after it is told to stop, so that proxies stop sending requests" default:"5s"`
	FrameOrigins []string      `env:"BEIAN_FRAME_ORIGINS" help:"origins whose pages may show the panel in a frame, such as https://my.example.com,… (docs/embedding.md); empty: none"`
}

// TemporalNamespaceUI is the address of a namespace in Temporal's own UI; empty if there is none.
func (p Panel) TemporalNamespaceUI(namespace string) string {
	if p.TemporalUI == "" {
		return ""
	}
	return strings.TrimRight(p.TemporalUI, "/") + "/namespaces/" + url.PathEscape(namespace)
}

// PaperList is the built-in list of papers, with the provider's changes applied.
func (p Panel) PaperList() (*filing.PaperList, error) {
	if p.Papers == "" {
		return nil, nil
	}
	own, err := os.ReadFile(p.Papers)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_PAPERS: %w", err)
	}
	list, err := filing.LoadPapers(own)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_PAPERS: %s: %w", p.Papers, err)
	}
	return &list, nil
}

// Reports returns the secret of the reports' paths.
func (p Panel) Reports() (string, error) {
	if p.ReportSecret != "" && !reportSecret.MatchString(p.ReportSecret) {
		return "", errors.New("BEIAN_REPORT_SECRET: want 20 letters and digits or more, because it is part of an address")
	}
	return p.ReportSecret, nil
}

var reportSecret = regexp.MustCompile(`^[A-Za-z0-9_-]{20,200}$`)

// RuleBook is the built-in rules by province, with the provider's changes applied; nil if there are none.
func (p Provider) RuleBook() (*rules.Book, error) {
	if p.Rules == "" {
		return nil, nil
	}
	own, err := os.ReadFile(p.Rules)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_RULES: %w", err)
	}
	book, err := rules.Load(own)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_RULES: %s: %w", p.Rules, err)
	}
	return book, nil
}

// SecondVettingRule says which dossiers two reviewers check.
func (p Panel) SecondVettingRule() (filing.SecondVetting, error) {
	c, err := filing.ParseSecondVetting(p.SecondVetting)
	if err != nil {
		return c, fmt.Errorf("BEIAN_SECOND_VETTING: %w", err)
	}
	return c, nil
}

// SMS is the account with Aliyun's SMS service.
type SMS struct {
	AccessKeyID     string        `env:"BEIAN_SMS_ACCESS_KEY_ID" kong:"-" help:"Aliyun access key ID" secret:"yes" required:"yes"`
	AccessKeySecret string        `env:"BEIAN_SMS_ACCESS_KEY_SECRET" kong:"-" help:"Aliyun access key secret" secret:"yes" required:"yes"`
	Endpoint        string        `env:"BEIAN_SMS_ENDPOINT" help:"host[:port]; empty: Aliyun's own"`
	Scheme          string        `env:"BEIAN_SMS_SCHEME" help:"HTTPS; HTTP is for simulators (BEIAN_DEVELOPMENT)" enum:"HTTPS,HTTP" default:"HTTPS"`
	Region          string        `env:"BEIAN_SMS_REGION" help:"Aliyun region" default:"cn-hangzhou"`
	SignName        string        `env:"BEIAN_SMS_SIGN_NAME" help:"approved SMS signature"`
	Templates       string        `env:"BEIAN_SMS_TEMPLATES" help:"codes of the approved templates: contact_code=SMS_1,approved=SMS_2,refused=SMS_3,footer_needed=SMS_4,filed=SMS_5,sms_verification=SMS_6,ended=SMS_7,sent_back=SMS_8,police=SMS_9,password_code=SMS_10,contact_address_code=SMS_11,deregistered=SMS_12,refused_ours=SMS_13,waiting=SMS_14,contact_changed=SMS_15,withdrawn=SMS_16,account_changed=SMS_17,proof_code=SMS_18"`
	Timeout         time.Duration `env:"BEIAN_SMS_TIMEOUT" help:"how long to wait for an answer" default:"15s"`
	PerSecond       float64       `env:"BEIAN_SMS_PER_SECOND" help:"messages a second for all workers together; 0: no limit" default:"20"`
}

// Mail is the account with a mail server.
type Mail struct {
	Host     string `env:"BEIAN_MAIL_HOST" help:"mail server" default:"localhost"`
	Port     int    `env:"BEIAN_MAIL_PORT" help:"port of the mail server" default:"587"`
	UserName string `env:"BEIAN_MAIL_USER" help:"user name; empty: send without authentication"`
	Password string `env:"BEIAN_MAIL_PASSWORD" kong:"-" help:"password" secret:"yes"`
	From     string `env:"BEIAN_MAIL_FROM" help:"sender address" default:"beian@localhost"`
	FromName string `env:"BEIAN_MAIL_FROM_NAME" help:"sender name" default:"网站备案"`
	TLS      string `env:"BEIAN_MAIL_TLS" help:"mandatory, opportunistic, implicit or none" enum:"mandatory,opportunistic,implicit,none" default:"mandatory"`
	CAFile   string `env:"BEIAN_MAIL_CA_FILE" help:"PEM file of the certificate authority to trust; empty: the system's" placeholder:"FILE"`
	Language string `env:"BEIAN_MESSAGE_LANGUAGE" help:"language of messages: zh or en" enum:"zh,en" default:"zh"`
	Staff    string `env:"BEIAN_STAFF_ADDRESS" help:"mail address for staff alerts: a new cause of stuck filings, a stopped exchange, new tasks and questions"`
	PanelURL string `env:"BEIAN_PANEL_URL" help:"public address of the panel, such as https://beian.example.com; links in mails and sign-on links start with it"`
}

// Staff is how staff are alerted, besides by mail.
type Staff struct {
	Webhook          string        `env:"BEIAN_STAFF_WEBHOOK_URL" help:"webhook for staff alerts: a new cause of stuck filings, a stopped exchange (docs/messages.md); empty: none"`
	Secret           string        `env:"BEIAN_STAFF_WEBHOOK_SECRET" kong:"-" help:"secret that signs the webhook, base64 of 24 bytes or more: openssl rand -base64 32" secret:"yes"`
	AlertQuietPeriod time.Duration `env:"BEIAN_STAFF_ALERT_QUIET_PERIOD" help:"how long a cause must have no stuck filings before it alerts staff again; 0: the default" default:"30m"`
}

// Bureau is the account with the bureau.
type Bureau struct {
	URL             string        `env:"BEIAN_BUREAU_URL" help:"scheme and host of the bureau's services"`
	ISPID           int64         `env:"BEIAN_BUREAU_ISP_ID" help:"the provider's number at the bureau"`
	UserName        string        `env:"BEIAN_BUREAU_USER" help:"user name given by the bureau"`
	Password        string        `env:"BEIAN_BUREAU_PASSWORD" kong:"-" help:"password given by the bureau" secret:"yes"`
	Key             string        `env:"BEIAN_BUREAU_KEY" kong:"-" help:"AES key agreed with the bureau (16 characters); empty: send unencrypted" secret:"yes"`
	IV              string        `env:"BEIAN_BUREAU_IV" kong:"-" help:"AES initialisation vector (16 characters)" secret:"yes"`
	Accounts        string        `env:"BEIAN_BUREAU_ACCOUNTS" help:"file with several accounts, one or more provinces each (docs/accounts.md); the settings above describe a single one" placeholder:"FILE"`
	Driver          string        `env:"BEIAN_BUREAU_DRIVER" help:"interface, or manual: people submit dossiers and record the results, and address and password aren't needed" enum:"interface,manual" default:"interface"`
	Account         string        `env:"BEIAN_BUREAU_ACCOUNT" help:"name of the account in our records" default:"default"`
	Every           time.Duration `env:"BEIAN_EXCHANGE_EVERY" help:"interval between exchanges" default:"5m"`
	Hours           string        `env:"BEIAN_BUREAU_HOURS" help:"hours in which the bureau accepts filings, China time, such as 09:00-17:30; empty: always"`
	SMSVerification time.Duration `env:"BEIAN_BUREAU_SMS_VERIFICATION" help:"how long the code of the ministry's SMS verification is valid, such as 24h; 0: there is none" default:"24h"`
	FilingPassword  string        `env:"BEIAN_BUREAU_FILING_PASSWORD" help:"required: the bureau still wants filing passwords (备案密码) of new sites, accesses, changes and deregistrations; none: it has abolished them" enum:"none,required" default:"none"`
	ICPmm           string        `env:"BEIAN_BUREAU_ICP_MM" help:"what a new access has instead of a filing password, where the bureau wants a fixed value; empty: an empty element"`
	EmergencyPhone  string        `env:"BEIAN_BUREAU_EMERGENCY_PHONE" help:"where the bureau takes the emergency phones of the people responsible: msn (the element Msn); empty: nowhere, they stay with us"`
}

// Retention is how long data are kept; 0 keeps them for ever. docs/privacy.md says which setting is about which table.
type Retention struct {
	Files   time.Duration `env:"BEIAN_KEEP_FILES" help:"how long data files are kept, at least three months; the default is six; 0: forever" default:"4392h"`
	Papers  time.Duration `env:"BEIAN_KEEP_PAPERS" help:"how long uploaded papers are kept after their filing ends; 0: forever" default:"4392h"`
	Drafts  time.Duration `env:"BEIAN_KEEP_DRAFTS" help:"how long drafts, and copies of edited home pages, are kept after their filing ends; 0: forever" default:"720h"`
	Filings time.Duration `env:"BEIAN_KEEP_FILINGS" help:"how long contact, dossier and messages of a filing are kept after it is withdrawn, deregistered or replaced, and staff's tasks after they are done; 0: forever" default:"26280h"`
	Tickets time.Duration `env:"BEIAN_KEEP_TICKETS" help:"how long questions and complaints are kept after they are closed; 0: forever" default:"8760h"`
	Audit   time.Duration `env:"BEIAN_KEEP_AUDIT" help:"how long entries of the audit log are kept, at least six months; 0: forever" default:"26280h"`
}

const (
	// minKeepFiles is how long the interface requires data files to be kept (3-3-1-3).
	minKeepFiles = 92 * 24 * time.Hour
	// minKeepAudit is how long the Cybersecurity Law (网络安全法) requires logs to be kept: six months.
	minKeepAudit = 183 * 24 * time.Hour
)

// Periods are the periods, provided that they are long enough.
func (r Retention) Periods() (store.Retention, error) {
	for _, p := range []struct {
		setting     string
		keep, least time.Duration
		rule        string
	}{
		{"BEIAN_KEEP_FILES", r.Files, minKeepFiles, "the interface requires three months"},
		{"BEIAN_KEEP_PAPERS", r.Papers, 0, ""}, {"BEIAN_KEEP_DRAFTS", r.Drafts, 0, ""},
		{"BEIAN_KEEP_FILINGS", r.Filings, 0, ""}, {"BEIAN_KEEP_TICKETS", r.Tickets, 0, ""},
		{"BEIAN_KEEP_AUDIT", r.Audit, minKeepAudit, "the Cybersecurity Law requires six months"},
	} {
		switch {
		case p.keep < 0:
			return store.Retention{}, fmt.Errorf("%s: %s is negative; want a time such as 720h, or 0 for ever", p.setting,
				p.keep)
		case p.keep != 0 && p.keep < p.least:
			return store.Retention{}, fmt.Errorf("%s: %s is too short; %s, %s", p.setting, p.keep, p.rule, p.least)
		}
	}
	return store.Retention(r), nil
}

// Website is how customers' sites are reached.
type Website struct {
	ConnectTo map[string]string `env:"BEIAN_CONNECT_TO" help:"development only (BEIAN_DEVELOPMENT): redirect connections, *.example.com=127.0.0.1:8081"`
	Allow     []string          `env:"BEIAN_WEBSITE_ALLOW" help:"reserved ranges of our own that may be reached, such as 10.1.0.0/16"`
	VerifyTLS string            `env:"BEIAN_FTP_VERIFY_TLS" help:"certificates of FTP servers: strict accepts valid ones; pin also one that isn't, if it has the key of the first use, and staff accept another; off accepts any" enum:"strict,pin,off" default:"pin"`
	TLSOnly   bool              `env:"BEIAN_FTP_TLS_ONLY" help:"reject FTP servers that would get the password or a file without TLS"`
}

// Status is where a panel or worker is observed.
type Status struct {
	Listen string `env:"BEIAN_STATUS_LISTEN" help:"address for /healthz, /readyz and /metrics of a panel or worker, such as 10.0.0.5:9464; never a public one; empty: none"`
}

// Worker is a worker process. Limits are comma-separated pairs such as message=20.
type Worker struct {
	Queues      []string      `env:"BEIAN_QUEUES" help:"task queues to take: filing, message, bureau, website; empty: all"`
	StopTimeout time.Duration `env:"BEIAN_STOP_TIMEOUT" help:"how long running activities may continue after a stop; in the last quarter, at most 5 s, they are handed back" default:"30s"`
	Slots       []string      `env:"BEIAN_WORKER_SLOTS" help:"concurrent activities by queue, and concurrent workflow tasks, in this process; defaults: workflows=200,filing=100,message=50,bureau=8,website=50"`
	Pollers     []string      `env:"BEIAN_WORKER_POLLERS" help:"long polls by queue, and for workflow tasks, in this process: workflows=8,filing=4; default 2 each"`
	Rates       []string      `env:"BEIAN_WORKER_RATES" help:"activities a second by queue in this process: website=5; default: no limit"`
	QueueRates  []string      `env:"BEIAN_QUEUE_RATES" help:"activities a second by queue for all workers together: website=20; for message use BEIAN_SMS_PER_SECOND"`
	// The worker checks AbandonedAfter when it starts.
	AbandonedAfter time.Duration `env:"BEIAN_ABANDONED_AFTER" help:"after how long a filing that nobody touches is withdrawn before it goes to the bureau, following notices 30 and 7 days ahead; 60 days (1440h) or more; 0: never" default:"8760h"`
	Versioning     bool          `env:"BEIAN_VERSIONING" help:"take only tasks that Temporal assigns to this build (docs/fleet.md)"`
	Deployment     string        `env:"BEIAN_DEPLOYMENT" help:"deployment that the builds belong to, with BEIAN_VERSIONING" default:"beian"`
	BuildID        string        `env:"BEIAN_BUILD_ID" help:"name of this build, with BEIAN_VERSIONING; empty: the name it was linked with, or its commit"`
}

// minAbandonedAfter leaves time for both notices.
const minAbandonedAfter = 60 * 24 * time.Hour

// CheckAbandonedAfter refuses a time in which nobody could react.
func (w Worker) CheckAbandonedAfter() error {
	if w.AbandonedAfter != 0 && w.AbandonedAfter < minAbandonedAfter {
		return fmt.Errorf("BEIAN_ABANDONED_AFTER: %s is too short; want 1440h (60 days) or more, or 0 for never",
			w.AbandonedAfter)
	}
	return nil
}
