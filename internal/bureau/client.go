package bureau

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm 0
	"crypto/rand"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beian/beian/internal/extcall"
	"github.com/beian/beian/internal/textnorm"
)

const (
	// randomLength of randVal: the interface requires 20 (3-3-1-4).
	randomLength = 20
	// maxAnswer limits an answer: a 50 MB file in base64, and its envelope.
	maxAnswer = MaxFileSize/3*4 + 1<<20
	// maxCertificate limits a certificate file; real ones are a few KB.
	maxCertificate = 1 << 20
	// callTimeout limits one call; 50 MB take a while.
	callTimeout = 4 * time.Minute
)

// Config is a provider's account with a bureau.
type Config struct {
	// BaseURL is the scheme and host of the bureau's services.
	BaseURL            string
	ISPID              int64
	UserName, Password string
	// Encrypt enables AES-CBC with Key and IV (16 bytes each) for files.
	Encrypt bool
	Key, IV []byte
	HTTP    *http.Client
	Mapping Mapping
}

// Client calls the bureau. It is safe for concurrent use, but the interface requires one writer per account, which the
// exchange ensures.
type Client struct{ cfg Config }

// New returns a client for an account.
func New(cfg Config) *Client {
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: callTimeout}
	}
	if cfg.Mapping == (Mapping{}) {
		cfg.Mapping = DefaultMapping()
	}
	return &Client{cfg}
}

// ISPID is the provider's number, which also appears in data files.
func (c *Client) ISPID() int64 { return c.cfg.ISPID }

// Version is the interface version for data files.
func (c *Client) Version() string { return c.cfg.Mapping.Version }

// Upload submits one zipped data file (isp_upload, 3-3-1).
func (c *Client) Upload(ctx context.Context, sequence int64, zipped []byte) (Answer, error) {
	body, algorithm := zipped, encryptNone
	if c.cfg.Encrypt {
		var err error
		if body, err = encrypt(c.cfg.Key, c.cfg.IV, zipped); err != nil {
			return Answer{}, err
		}
		algorithm = encryptAES
	}
	sum := md5.Sum(zipped) //nolint:gosec // see above
	a, _, err := c.call(ctx, c.cfg.Mapping.ReportPath, "isp_upload", []parameter{
		{"beianInfo", base64.StdEncoding.EncodeToString(body)},
		{"beianInfoHash", base64.StdEncoding.EncodeToString(sum[:])},
		{"dataSequence", strconv.FormatInt(sequence, 10)},
		{"encryptAlgorithm", algorithm},
		{"hashAlgorithm", hashMD5},
		{"compressionFormat", compressionZip},
	})
	return a, err
}

// DownloadedFile is a data file that arrived intact.
type DownloadedFile struct {
	Name string
	XML  []byte
}

// Download fetches the next data file (isp_download, 3-3-2); nil if the bureau has none. ErrHash means that it didn't
// arrive intact: it must not be acknowledged, so that the bureau sends it again.
func (c *Client) Download(ctx context.Context) (*DownloadedFile, Answer, error) {
	a, r, err := c.call(ctx, c.cfg.Mapping.ReportPath, "isp_download", []parameter{{"hashAlgorithm", hashMD5}})
	if err != nil || a.Action() != GoOn || len(r.FileInfo) == 0 || r.FileInfo[0].BeianInfo == "" {
		return nil, a, err
	}
	zipped, err := c.open(r.FileInfo[0])
	if err != nil {
		return nil, a, err
	}
	content, err := Unzip(zipped)
	if err != nil {
		return nil, a, err
	}
	return &DownloadedFile{Name: strings.TrimSpace(r.FileInfo[0].FileName), XML: content}, a, nil
}

// DownloadAck acknowledges a file (isp_downloadack, 3-3-3).
func (c *Client) DownloadAck(ctx context.Context, fileName string) (Answer, error) {
	a, _, err := c.call(ctx, c.cfg.Mapping.ReportPath, "isp_downloadack",
		[]parameter{{"hashAlgorithm", hashMD5}, {"fileName", fileName}})
	return a, err
}

// PreviousUpload is the data file that the bureau last accepted.
type PreviousUpload struct {
	// Sequence is 0 if nothing was ever submitted.
	Sequence int64
	FileName string
	// Zipped is the file as it was submitted, Digest its hash (base64 of MD5).
	Zipped []byte
	Digest string
}

// QueryPreviousUpload returns the last accepted file, from which a provider can resynchronise after a failure
// (isp_querypreviousupload, 3-3-4).
func (c *Client) QueryPreviousUpload(ctx context.Context) (PreviousUpload, Answer, error) {
	a, r, err := c.call(ctx, c.cfg.Mapping.ReportPath, "isp_querypreviousupload", []parameter{{"hashAlgorithm", hashMD5}})
	if err != nil || a.Action() != GoOn || len(r.FileInfo) == 0 || strings.TrimSpace(r.FileInfo[0].DataSequence) == "" {
		return PreviousUpload{}, a, err
	}
	f := r.FileInfo[0]
	p := PreviousUpload{FileName: strings.TrimSpace(f.FileName), Digest: strings.TrimSpace(f.BeianInfoHash)}
	if p.Sequence, err = strconv.ParseInt(strings.TrimSpace(f.DataSequence), 10, 64); err != nil || p.Sequence < 0 {
		return PreviousUpload{}, a, errors.New("isp_querypreviousupload: dataSequence is not a number")
	}
	if p.Sequence == 0 || f.BeianInfo == "" {
		return p, a, nil
	}
	p.Zipped, err = c.open(f)
	return p, a, err
}

// FetchCertificate fetches a certificate file from the location in a filing's data (Zslj): a path on the bureau's host,
// or a whole URL there.
func (c *Client) FetchCertificate(ctx context.Context, path string) (content []byte, err error) {
	ctx, done := extcall.Begin(ctx, extcall.Bureau, "certificate")
	defer func() { done(result(Answer{}, err)) }()
	base, err := url.Parse(c.cfg.BaseURL)
	if err != nil {
		return nil, errors.New("the bureau's base URL is malformed")
	}
	target, err := base.Parse(path)
	if err != nil || target.Host != base.Host {
		return nil, errors.New("the certificate's path is on another host")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	response, err := c.cfg.HTTP.Do(request)
	if err != nil {
		return nil, errors.New("the bureau can't be reached for a certificate")
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the bureau answered %d for a certificate", response.StatusCode)
	}
	content, err = io.ReadAll(io.LimitReader(response.Body, maxCertificate+1))
	switch {
	case err != nil:
		return nil, errors.New("a certificate's transfer was interrupted")
	case len(content) == 0 || len(content) > maxCertificate:
		return nil, errors.New("a certificate file is empty or too big")
	}
	return content, nil
}

type parameter struct{ name, value string }

// result is a call's outcome for the metrics: its code, unless it succeeded.
func result(a Answer, err error) string {
	_, listed := actions[a.Code]
	switch {
	case err != nil:
		return "failed"
	case a.Action() == GoOn:
		return extcall.OK
	case listed:
		return fmt.Sprintf("code_%d", a.Code)
	}
	return "code_unlisted"
}

// call makes one SOAP 1.1 call with the account's credentials.
func (c *Client) call(ctx context.Context, path, method string,
	parameters []parameter) (a Answer, r returned, err error) {
	ctx, done := extcall.Begin(ctx, extcall.Bureau, method)
	defer func() { done(result(a, err)) }()
	random := rand.Text()[:randomLength]
	hash, err := passwordHash(c.cfg.Password, random)
	if err != nil {
		return Answer{}, returned{}, err
	}
	all := append([]parameter{
		{"ispId", strconv.FormatInt(c.cfg.ISPID, 10)},
		{"userName", c.cfg.UserName},
		{"randVal", random},
		{"pwdHash", hash},
	}, parameters...)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.cfg.BaseURL, "/")+path,
		c.envelope(method, all))
	if err != nil {
		return Answer{}, returned{}, err
	}
	request.Header.Set("Content-Type", `text/xml; charset=utf-8`)
	request.Header.Set("SOAPAction", `""`)
	response, err := c.cfg.HTTP.Do(request)
	if err != nil {
		return Answer{}, returned{}, fmt.Errorf("%s: the bureau can't be reached", method)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, returned{}, fmt.Errorf("%s: the answer was interrupted", method)
	case len(body) > maxAnswer:
		return Answer{}, returned{}, fmt.Errorf("%s: the answer is too big", method)
	}
	text, err := c.result(body)
	switch {
	case errors.Is(err, ErrFault): // SOAP 1.1 requires HTTP 500, but some servers send 200
	case response.StatusCode != http.StatusOK:
		err = fmt.Errorf("the bureau answered HTTP %d", response.StatusCode)
	}
	if err != nil {
		return Answer{}, returned{}, fmt.Errorf("%s: %w", method, err)
	}
	a, r, err = parseReturn(text)
	if err != nil {
		return a, returned{}, fmt.Errorf("%s: %w", method, err)
	}
	return a, r, nil
}

// passwordHash is pwdHash (3-3-1-3): the password followed by the random string, as GBK bytes, hashed, in base64.
func passwordHash(password, random string) (string, error) {
	raw, err := textnorm.GBK(password + random)
	if err != nil {
		return "", errors.New("the bureau's password has characters that are not in GBK")
	}
	sum := md5.Sum(raw) //nolint:gosec // the interface's hash algorithm 0
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

func (c *Client) envelope(method string, parameters []parameter) io.Reader {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:isp="` +
		c.cfg.Mapping.Namespace + `"><soapenv:Body><isp:` + method + `>`)
	for _, p := range parameters {
		b.WriteString("<" + p.name + ">")
		_ = xml.EscapeText(&b, []byte(p.value)) // writing to a buffer can't fail
		b.WriteString("</" + p.name + ">")
	}
	b.WriteString(`</isp:` + method + `></soapenv:Body></soapenv:Envelope>`)
	return &b
}

// ErrFault: the bureau's SOAP library rejected the call itself.
var ErrFault = errors.New("the bureau answered with a SOAP fault")

// faultCode matches a fault's code. The fault's text isn't used, because it may repeat what was sent.
var faultCode = regexp.MustCompile(`^[A-Za-z.]{1,40}$`)

// fault returns a Fault's code, without its prefix.
func fault(decoder *xml.Decoder, start xml.StartElement) error {
	var f struct {
		Code string `xml:"faultcode"`
	}
	if err := decoder.DecodeElement(&f, &start); err != nil {
		return ErrFault
	}
	code := f.Code[strings.LastIndex(f.Code, ":")+1:]
	if !faultCode.MatchString(code) {
		return ErrFault
	}
	return fmt.Errorf("%w: %s", ErrFault, code)
}

// result finds the method's string in a SOAP envelope, with any prefixes.
func (c *Client) result(body []byte) (string, error) {
	decoder := newDecoder(body)
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", errors.New("the answer is not a SOAP envelope with a result")
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "Fault":
			return "", fault(decoder, start)
		case c.cfg.Mapping.Return:
			var text string
			if err := decoder.DecodeElement(&text, &start); err != nil {
				return "", errors.New("the result is not a string")
			}
			return text, nil
		}
	}
}
