package message

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dysmsapi"

	"github.com/beian/beian/internal/extcall"
	"github.com/beian/beian/internal/filing"
)

const (
	// maxParam is Aliyun's limit for a template's variable, in characters.
	maxParam = 35
	// detailPages limits the search among a day's messages to one phone: Aliyun sends at most 40 a day, and a page
	// holds 50.
	detailPageSize = 50
	// statusFailed and statusDelivered are QuerySendDetails' SendStatus for a message that the carrier refused or
	// delivered; 1 waits for the carrier's receipt.
	statusFailed    = 2
	statusDelivered = 3
	// detailDays is how many days QuerySendDetails can look back, including today (支持查询最近 30 天的记录).
	detailDays = 30
)

// SMSConfig is an account with Aliyun's SMS service.
type SMSConfig struct {
	AccessKeyID     string
	AccessKeySecret string
	// Endpoint is host[:port]; empty means Aliyun's own.
	Endpoint string
	// Scheme defaults to HTTPS; the SDK's own default is plain HTTP.
	Scheme   string
	Region   string
	SignName string
	// TemplateCodes are Aliyun's codes for the approved texts.
	TemplateCodes map[Template]string
	Timeout       time.Duration
	TLS           *tls.Config
}

// SMS sends text messages through Aliyun. Safe for concurrent use.
type SMS struct {
	cfg       SMSConfig
	transport http.RoundTripper
}

// NewSMS makes a sender.
func NewSMS(cfg SMSConfig) (*SMS, error) {
	if cfg.Scheme == "" {
		cfg.Scheme = "HTTPS"
	}
	if cfg.Region == "" {
		cfg.Region = "cn-hangzhou"
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	s := &SMS{cfg: cfg,
		transport: &http.Transport{TLSClientConfig: cfg.TLS, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}}
	// The SDK fills shared tables when the first client is made; doing it here keeps concurrent first sends from
	// racing.
	_, err := s.client(context.Background())
	return s, err
}

// SMSMessage is one text message.
type SMSMessage struct {
	// Key identifies the message permanently; it is sent as OutId.
	Key      string
	To       string
	Template Template
	Params   map[string]string
	// Retry means that an earlier attempt may have been sent although its answer was lost, so Aliyun is asked first.
	Retry bool
	// Begun is when the first attempt began, if known: Aliyun is then asked about that day and every day since,
	// otherwise about today and yesterday.
	Begun time.Time
}

// Receipt confirms that a message was handed over.
type Receipt struct {
	// ProviderID is the provider's ID of the message.
	ProviderID string
	// Already means that an earlier attempt had sent it.
	Already bool
}

// Send sends a text message, at most once per Key.
func (s *SMS) Send(ctx context.Context, m SMSMessage) (_ Receipt, err error) {
	ctx, done := extcall.Begin(ctx, extcall.SMS, string(m.Template))
	defer func() { done(result(err)) }()
	if m.Retry {
		found, err := s.sent(ctx, m)
		if err != nil || found {
			return Receipt{Already: found}, err
		}
	}
	code, ok := s.cfg.TemplateCodes[m.Template]
	if !ok {
		return Receipt{}, &Error{Kind: Operator, Code: "template_not_configured"}
	}
	params := make(map[string]string, len(m.Params))
	for k, v := range m.Params {
		params[k] = shorten(v, maxParam)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return Receipt{}, err
	}
	client, err := s.client(ctx)
	if err != nil {
		return Receipt{}, err
	}
	request := dysmsapi.CreateSendSmsRequest()
	s.address(request.RpcRequest)
	request.PhoneNumbers, request.SignName, request.TemplateCode = m.To, s.cfg.SignName, code
	request.TemplateParam, request.OutId = string(body), m.Key
	response, err := client.SendSms(request)
	if err != nil {
		return Receipt{}, transportError(err)
	}
	// Business errors arrive with err == nil, as does an empty body.
	if response.Code != "OK" {
		return Receipt{}, businessError(response.Code, response.Message)
	}
	return Receipt{ProviderID: response.BizId}, nil
}

// china is the time zone of Aliyun's days.
var china = time.FixedZone("CST", 8*3600)

func sendDate(at time.Time) string { return at.In(china).Format("20060102") }

// daysSince lists the days in China from the message's first attempt to today, in SendDate's format: at least yesterday
// and today, and no further back than Aliyun's records. The first attempt's day is the likeliest, so it comes first.
func daysSince(begun, now time.Time) (days []string) {
	first := now.AddDate(0, 0, -1)
	if !begun.IsZero() && begun.Before(first) {
		first = begun
	}
	for ago := detailDays - 1; ago >= 0; ago-- {
		if day := sendDate(now.AddDate(0, 0, -ago)); day >= sendDate(first) {
			days = append(days, day)
		}
	}
	return days
}

// sent asks Aliyun whether a message with this key has gone to this phone since its first attempt without being refused
// by the carrier.
func (s *SMS) sent(ctx context.Context, m SMSMessage) (found bool, err error) {
	err = s.details(ctx, m, func(d dysmsapi.SmsSendDetailDTO) bool {
		found = d.SendStatus != statusFailed
		return found
	})
	return found, err
}

// Outcome asks Aliyun what became of a message, by its Key, To and Begun. It is unknown if Aliyun doesn't know the
// message. If an attempt was refused and another wasn't, the other counts.
func (s *SMS) Outcome(ctx context.Context, m SMSMessage) (out filing.Delivery, err error) {
	ctx, done := extcall.Begin(ctx, extcall.SMS, "QuerySendDetails")
	defer func() { done(result(err)) }()
	out.Outcome = filing.OutcomeUnknown
	err = s.details(ctx, m, func(d dysmsapi.SmsSendDetailDTO) bool {
		at, err := time.ParseInLocation(time.DateTime, d.ReceiveDate, china)
		if err != nil {
			at = time.Time{}
		}
		switch d.SendStatus {
		case statusDelivered:
			out = smsDelivery(true, d.ErrCode, "", at)
		case statusFailed:
			if out.Outcome == filing.OutcomeUnknown {
				out = smsDelivery(false, d.ErrCode, "", at)
			}
		default:
			out = filing.Delivery{Outcome: filing.OutcomePending}
		}
		return d.SendStatus == statusDelivered
	})
	return out, err
}

// details asks Aliyun for the messages with a message's key that went to its phone since its first attempt, until one
// is enough.
func (s *SMS) details(ctx context.Context, m SMSMessage, enough func(dysmsapi.SmsSendDetailDTO) bool) error {
	for _, day := range daysSince(m.Begun, time.Now()) {
		client, err := s.client(ctx)
		if err != nil {
			return err
		}
		request := dysmsapi.CreateQuerySendDetailsRequest()
		s.address(request.RpcRequest)
		request.PhoneNumber, request.SendDate = m.To, day
		request.PageSize, request.CurrentPage = requests.NewInteger(detailPageSize), requests.NewInteger(1)
		response, err := client.QuerySendDetails(request)
		if err != nil {
			return transportError(err)
		}
		if response.Code != "OK" {
			return businessError(response.Code, response.Message)
		}
		for _, d := range response.SmsSendDetailDTOs.SmsSendDetailDTO {
			if d.OutId == m.Key && enough(d) {
				return nil
			}
		}
	}
	return nil
}

// nobody is a mobile number of the right form that the check of an account asks about.
const nobody = "13000000000"

// CheckAccount asks Aliyun about messages that were never sent: it answers only if it takes the access key.
func (s *SMS) CheckAccount(ctx context.Context) error {
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	request := dysmsapi.CreateQuerySendDetailsRequest()
	s.address(request.RpcRequest)
	request.PhoneNumber, request.SendDate = nobody, sendDate(time.Now())
	request.PageSize, request.CurrentPage = requests.NewInteger(1), requests.NewInteger(1)
	response, err := client.QuerySendDetails(request)
	if err != nil {
		return transportError(err)
	}
	if response.Code != "OK" {
		return businessError(response.Code, response.Message)
	}
	return nil
}

func (s *SMS) address(request *requests.RpcRequest) {
	request.Scheme = s.cfg.Scheme
	if s.cfg.Endpoint != "" {
		request.SetDomain(s.cfg.Endpoint)
	}
}

// client makes a client per call, because a shared one has data races. The transport is shared and uses the call's
// context.
func (s *SMS) client(ctx context.Context) (*dysmsapi.Client, error) {
	config := sdk.NewConfig().
		WithAutoRetry(false). // a retry after a slow answer would send twice
		WithTimeout(s.cfg.Timeout).
		WithScheme(s.cfg.Scheme)
	config.Transport = withContext{ctx, s.transport}
	client, err := dysmsapi.NewClientWithOptions(s.cfg.Region, config,
		credentials.NewAccessKeyCredential(s.cfg.AccessKeyID, s.cfg.AccessKeySecret))
	if err != nil {
		return nil, &Error{Kind: Operator, Code: "client"}
	}
	return client, nil
}

type withContext struct {
	ctx  context.Context
	next http.RoundTripper
}

func (t withContext) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(r.WithContext(t.ctx))
}

// transportError keeps the kind of an SDK error and drops its text, which contains the whole URL with phone, code,
// key ID and signature.
func transportError(err error) error {
	var server *sdkerrors.ServerError
	if errors.As(err, &server) {
		if server.HttpStatus() >= http.StatusInternalServerError {
			status := "http_" + strconv.Itoa(server.HttpStatus()) // a proxy's page has no code
			return &Error{Kind: Temporary, Code: cmp.Or(server.ErrorCode(), status)}
		}
		return businessError(server.ErrorCode(), "")
	}
	return &Error{Kind: Temporary, Code: "network"}
}

// limitPause works out which rolling limit was reached (分钟级, 小时级, 天级).
func limitPause(message string) time.Duration {
	switch {
	case strings.Contains(message, "天级"):
		return 24 * time.Hour
	case strings.Contains(message, "小时级"):
		return time.Hour
	default:
		return time.Minute
	}
}

func shorten(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return string(r[:max-1]) + "…"
	}
	return s
}
