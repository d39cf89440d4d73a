// Package config is the product's settings: one struct, read from flags and the
// environment by the command line, documented in docs/settings.md from the same
// tags. Secrets come from the environment or a file, never from a flag.
package config

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/seal"
)

// Base is what every process of the product needs.
type Base struct {
	Database  string `env:"BEIAN_DATABASE" kong:"-" help:"database: user:password@tcp(host:port)/name" secret:"yes" required:"yes"`
	KeyFile   string `env:"BEIAN_KEY_FILE" help:"file with the keys that seal personal data (beian keys generate)" placeholder:"FILE" required:"yes"`
	Temporal  string `env:"BEIAN_TEMPORAL" help:"Temporal frontend, host:port" default:"127.0.0.1:7233"`
	Namespace string `env:"BEIAN_TEMPORAL_NAMESPACE" help:"Temporal namespace" default:"default"`
	LogLevel  string `env:"BEIAN_LOG_LEVEL" help:"debug, info, warn or error" enum:"debug,info,warn,error" default:"info"`
}

// Keys loads the key file.
func (b Base) Keys() (*seal.Keys, error) {
	raw, err := os.ReadFile(b.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_KEY_FILE: %w", err)
	}
	return seal.Load(raw)
}

// Provider is the hosting provider that runs the product.
type Provider struct {
	Name        string   `env:"BEIAN_PROVIDER_NAME" help:"the access provider's name, as the forms show it" default:"本公司"`
	AccessMode  int      `env:"BEIAN_ACCESS_MODE" help:"access mode filled in: 1 dedicated line, 2 server hosting, 3 virtual host, 4 other" default:"3"`
	ServerPlace int      `env:"BEIAN_SERVER_PLACE" help:"server place filled in: a province's place in GB/T 2260's order" default:"9"`
	LinkTargets []string `env:"BEIAN_LINK_TARGETS" help:"sites that the number may link to, the preferred one first" default:"https://beian.miit.gov.cn/,https://www.miibeian.gov.cn/"`
	// PoliceTarget is where a public-security filing number links to.
	PoliceTarget string `env:"BEIAN_POLICE_TARGET" help:"where a public-security filing number links to; its digits follow" default:"https://beian.mps.gov.cn/#/query/webSearch?code="`
	Reviewed     bool   `env:"BEIAN_REVIEWED" help:"own staff check dossiers before they go to the bureau (初审)"`
}

// Panel is the web panel.
type Panel struct {
	Listen         string        `env:"BEIAN_LISTEN" help:"address that the panel listens on" default:"127.0.0.1:8080"`
	DNS            string        `env:"BEIAN_DNS" help:"name server that the pre-check asks where domains lead, host:port; empty is the system's"`
	Papers         string        `env:"BEIAN_PAPERS" help:"file laid over the built-in list of papers that filings need (docs/papers.md)" placeholder:"FILE"`
	SecureCookies  bool          `env:"BEIAN_SECURE_COOKIES" help:"send cookies over HTTPS only" default:"true" negatable:""`
	StaffTOTP      string        `env:"BEIAN_STAFF_TOTP" help:"whether staff must sign in with a second factor, or may (docs/staff.md)" enum:"required,optional" default:"required"`
	TrustedProxies []string      `env:"BEIAN_TRUSTED_PROXIES" help:"addresses or ranges of reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8; none believes nobody"`
	TemporalUI     string        `env:"BEIAN_TEMPORAL_UI" help:"Temporal's own UI, such as https://temporal.example.com, which pages for staff link to; empty: they don't"`
	CheckLease     time.Duration `env:"BEIAN_CHECK_LEASE" help:"how long a dossier that a reviewer took stays theirs while they do nothing about it" default:"30m"`
	SecondCheck    []string      `env:"BEIAN_SECOND_CHECK" help:"which dossiers pass our own check only by two reviewers: kinds of filing and numbers of holders' natures, such as end_holder,5 (docs/support.md)"`
	// FrameOrigins are checked by the panel when it starts.
	UnreadyFor   time.Duration `env:"BEIAN_UNREADY_FOR" help:"how long the panel goes on serving after a stop was asked for, not ready, so that proxies send nobody more" default:"5s"`
	FrameOrigins []string      `env:"BEIAN_FRAME_ORIGINS" help:"origins whose pages may show the panel in a frame (docs/embedding.md): https://my.example.com,…; none: nobody's"`
}

// TemporalNamespaceUI is the address of a namespace in Temporal's own UI; empty: there is none.
func (p Panel) TemporalNamespaceUI(namespace string) string {
	if p.TemporalUI == "" {
		return ""
	}
	return strings.TrimRight(p.TemporalUI, "/") + "/namespaces/" + url.PathEscape(namespace)
}

// PaperList is the list of papers with the provider's own laid over it.
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

// SecondChecks is which dossiers two reviewers check.
func (p Panel) SecondChecks() (filing.SecondCheck, error) {
	c, err := filing.ParseSecondCheck(p.SecondCheck)
	if err != nil {
		return c, fmt.Errorf("BEIAN_SECOND_CHECK: %w", err)
	}
	return c, nil
}

// SMS is the account with Aliyun's SMS service.
type SMS struct {
	AccessKeyID     string        `env:"BEIAN_SMS_ACCESS_KEY_ID" kong:"-" help:"Aliyun access key ID" secret:"yes" required:"yes"`
	AccessKeySecret string        `env:"BEIAN_SMS_ACCESS_KEY_SECRET" kong:"-" help:"Aliyun access key secret" secret:"yes" required:"yes"`
	Endpoint        string        `env:"BEIAN_SMS_ENDPOINT" help:"host[:port]; empty is Aliyun's own"`
	Scheme          string        `env:"BEIAN_SMS_SCHEME" help:"HTTPS, or HTTP for a stand-in" enum:"HTTPS,HTTP" default:"HTTPS"`
	Region          string        `env:"BEIAN_SMS_REGION" help:"Aliyun region" default:"cn-hangzhou"`
	SignName        string        `env:"BEIAN_SMS_SIGN_NAME" help:"approved signature of the messages"`
	Templates       string        `env:"BEIAN_SMS_TEMPLATES" help:"approved texts: contact_code=SMS_1,approved=SMS_2,refused=SMS_3,footer_needed=SMS_4,filed=SMS_5,bureau_check=SMS_6,ended=SMS_7,sent_back=SMS_8,police=SMS_9,password_code=SMS_10,reach_code=SMS_11,deregistered=SMS_12,refused_ours=SMS_13,waiting=SMS_14,contact_changed=SMS_15,withdrawn=SMS_16"`
	Timeout         time.Duration `env:"BEIAN_SMS_TIMEOUT" help:"longest wait for an answer" default:"15s"`
	PerSecond       float64       `env:"BEIAN_SMS_PER_SECOND" help:"most messages a second for all workers together; 0 is no bound" default:"20"`
}

// Mail is the account with a mail server.
type Mail struct {
	Host     string `env:"BEIAN_MAIL_HOST" help:"mail server" default:"localhost"`
	Port     int    `env:"BEIAN_MAIL_PORT" help:"its port" default:"587"`
	UserName string `env:"BEIAN_MAIL_USER" help:"user name; empty sends without signing in"`
	Password string `env:"BEIAN_MAIL_PASSWORD" kong:"-" help:"password" secret:"yes"`
	From     string `env:"BEIAN_MAIL_FROM" help:"sender's address" default:"beian@localhost"`
	FromName string `env:"BEIAN_MAIL_FROM_NAME" help:"sender's name" default:"网站备案"`
	TLS      string `env:"BEIAN_MAIL_TLS" help:"mandatory, opportunistic, implicit or none" enum:"mandatory,opportunistic,implicit,none" default:"mandatory"`
	CAFile   string `env:"BEIAN_MAIL_CA_FILE" help:"PEM file of the authority to trust; empty is the system's" placeholder:"FILE"`
	Language string `env:"BEIAN_MESSAGE_LANGUAGE" help:"language of messages: zh or en" enum:"zh,en" default:"zh"`
	Staff    string `env:"BEIAN_STAFF_ADDRESS" help:"mail address that is told when filings are stuck for a new cause, when an exchange stops, and of tasks and questions"`
	PanelURL string `env:"BEIAN_PANEL_URL" help:"where people reach the panel, such as https://beian.example.com; links in mails begin with it"`
}

// Staff is how staff are told of trouble, beside by mail.
type Staff struct {
	Webhook  string        `env:"BEIAN_STAFF_WEBHOOK_URL" help:"address that is posted to when filings are stuck for a new cause and when an exchange stops (docs/telling.md); empty: none is"`
	Secret   string        `env:"BEIAN_STAFF_WEBHOOK_SECRET" kong:"-" help:"secret that signs it, base64 of 24 bytes or more: openssl rand -base64 32" secret:"yes"`
	ClearFor time.Duration `env:"BEIAN_STAFF_CLEAR_FOR" help:"how long no filing must have been stuck for a cause before staff are told of it anew; 0 is the same" default:"30m"`
}

// Bureau is the account with the bureau.
type Bureau struct {
	URL        string        `env:"BEIAN_BUREAU_URL" help:"scheme and host of the bureau's services"`
	ISPID      int64         `env:"BEIAN_BUREAU_ISP_ID" help:"the provider's number"`
	UserName   string        `env:"BEIAN_BUREAU_USER" help:"user name given by the bureau"`
	Password   string        `env:"BEIAN_BUREAU_PASSWORD" kong:"-" help:"password given by the bureau" secret:"yes"`
	Key        string        `env:"BEIAN_BUREAU_KEY" kong:"-" help:"AES key agreed with the bureau (16 characters); empty sends unencrypted" secret:"yes"`
	IV         string        `env:"BEIAN_BUREAU_IV" kong:"-" help:"AES initialisation vector (16 characters)" secret:"yes"`
	Accounts   string        `env:"BEIAN_BUREAU_ACCOUNTS" help:"file of several accounts, one for each province or more (docs/accounts.md); the settings above are for one" placeholder:"FILE"`
	Driver     string        `env:"BEIAN_BUREAU_DRIVER" help:"interface, or manual: people hand dossiers in and record the results; then it needs no address and no password" enum:"interface,manual" default:"interface"`
	Account    string        `env:"BEIAN_BUREAU_ACCOUNT" help:"name of the account in our records" default:"default"`
	Every      time.Duration `env:"BEIAN_EXCHANGE_EVERY" help:"pause between exchanges" default:"5m"`
	Hours      string        `env:"BEIAN_BUREAU_HOURS" help:"when the bureau takes filings, China time: 09:00-17:30; empty is always"`
	SMSCheck   time.Duration `env:"BEIAN_BUREAU_SMS_CHECK" help:"how long the code is valid that the bureau itself sends to applicants by SMS: 24h; 0 is none"`
	Keep       time.Duration `env:"BEIAN_KEEP_FILES" help:"how long data files are kept, three months at least; default is six" default:"4392h"`
	KeepPapers time.Duration `env:"BEIAN_KEEP_PAPERS" help:"how long uploaded papers are kept after their filing is over; 0 is for ever" default:"4392h"`
}

// Website is how customers' sites are reached.
type Website struct {
	ConnectTo map[string]string `env:"BEIAN_CONNECT_TO" help:"development only: send connections for hosts elsewhere, *.example.com=127.0.0.1:8081"`
	Allow     []string          `env:"BEIAN_WEBSITE_ALLOW" help:"own ranges that may be reached although they are reserved, such as 10.1.0.0/16"`
	VerifyTLS bool              `env:"BEIAN_FTP_VERIFY_TLS" help:"refuse FTP servers whose certificate doesn't match"`
}

// Status is where a panel or worker is watched.
type Status struct {
	Listen string `env:"BEIAN_STATUS_LISTEN" help:"address of /healthz, /readyz and /metrics of a panel or worker, such as 10.0.0.5:9464; never a public one; empty serves none"`
}

// Worker is a worker process. Limits are pairs such as message=20, by comma.
type Worker struct {
	Queues      []string      `env:"BEIAN_QUEUES" help:"task queues to take: filing, message, bureau, website; none is all"`
	StopTimeout time.Duration `env:"BEIAN_STOP_TIMEOUT" help:"how long running activities may go on after a stop; in its last quarter, 5 s at most, they are handed back" default:"30s"`
	Slots       []string      `env:"BEIAN_WORKER_SLOTS" help:"most activities of a queue at once in this process, and most workflow tasks; those not named have workflows=200,filing=100,message=50,bureau=8,website=50"`
	Pollers     []string      `env:"BEIAN_WORKER_POLLERS" help:"long polls of a queue, and of workflow tasks, in this process: workflows=8,filing=4; those not named have 2"`
	Rates       []string      `env:"BEIAN_WORKER_RATES" help:"most activities of a queue a second in this process: website=5; those not named have no bound"`
	QueueRates  []string      `env:"BEIAN_QUEUE_RATES" help:"most activities of a queue a second for all workers together: website=20; that of message is BEIAN_SMS_PER_SECOND"`
	Versioning  bool          `env:"BEIAN_VERSIONING" help:"take only the tasks that Temporal gives to this build (docs/fleet.md)"`
	Deployment  string        `env:"BEIAN_DEPLOYMENT" help:"name of the deployment that the builds are of, with BEIAN_VERSIONING" default:"beian"`
	BuildID     string        `env:"BEIAN_BUILD_ID" help:"name of this build, with BEIAN_VERSIONING; empty is what it was linked with, or its commit"`
}
