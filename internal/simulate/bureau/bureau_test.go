package bureau_test

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/simulate/bureau"
)

const (
	report = "/ISPWebService/upDownLoad"
	query  = "/BeianStatusWebService/queryBeianStatus"
	verify = "/BeianStatusWebService/verifyBamm"
	isp    = 310001
)

// provider is a client written for these tests.
type provider struct {
	t        *testing.T
	bureau   *bureau.Server
	url      string
	sequence int
}

func connect(t *testing.T, o bureau.Options) *provider {
	t.Helper()
	o.ISPID, o.UserName, o.Password = isp, "u", "p"
	s, err := bureau.New(o)
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &provider{t: t, bureau: s, url: server.URL}
}

var element = regexp.MustCompile(`(?s)<(\w+)>([^<]*)</\w+>`)

// try calls a method and returns the answer's elements.
func (p *provider) try(path, method string, params map[string]string) (map[string]string, error) {
	random := "abcdefghij0123456789"
	sum := md5.Sum([]byte("p" + random))
	all := map[string]string{"ispId": fmt.Sprint(isp), "userName": "u", "randVal": random,
		"pwdHash": base64.StdEncoding.EncodeToString(sum[:]), "hashAlgorithm": "0"}
	for k, v := range params {
		all[k] = v
	}
	var b strings.Builder
	for k, v := range all {
		fmt.Fprintf(&b, "<%s>%s</%s>", k, v, k)
	}
	envelope := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><w:` + method +
		` xmlns:w="http://webservice.isp.miitbeian.gov.cn/">` + b.String() + `</w:` + method + `></e:Body></e:Envelope>`
	r, err := http.Post(p.url+path, "text/xml", strings.NewReader(envelope))
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	var reply struct {
		Body struct {
			Inner struct {
				Return string `xml:"return"`
			} `xml:",any"`
		} `xml:"Body"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&reply); err != nil {
		return nil, err
	}
	answer := map[string]string{"": reply.Body.Inner.Return}
	for _, m := range element.FindAllStringSubmatch(reply.Body.Inner.Return, -1) {
		answer[m[1]] = m[2]
	}
	return answer, nil
}

func (p *provider) call(path, method string, params map[string]string) map[string]string {
	p.t.Helper()
	answer, err := p.try(path, method, params)
	require.NoError(p.t, err)
	return answer
}

func packed(t *testing.T, content string) map[string]string {
	t.Helper()
	encoded, err := simplifiedchinese.GBK.NewEncoder().String(`<?xml version="1.0" encoding="GBK"?>` + content)
	require.NoError(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("UPLOAD.xml")
	require.NoError(t, err)
	_, err = io.WriteString(w, encoded)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	sum := md5.Sum(b.Bytes())
	return map[string]string{"beianInfo": base64.StdEncoding.EncodeToString(b.Bytes()),
		"beianInfoHash": base64.StdEncoding.EncodeToString(sum[:]), "encryptAlgorithm": "0", "compressionFormat": "0"}
}

// upload submits an ICP part as the next file.
func (p *provider) upload(icp string) {
	p.t.Helper()
	p.send(`<UploadData version="V.3.0"><ICP>` + icp + fmt.Sprintf(`<Qqdwid>%d</Qqdwid></ICP></UploadData>`, isp))
}

func (p *provider) send(content string) {
	p.t.Helper()
	validate(p.t, "upload-data.xsd", content, false)
	p.sequence++
	params := packed(p.t, content)
	params["dataSequence"] = fmt.Sprint(p.sequence)
	require.Equal(p.t, "0", p.call(report, "isp_upload", params)["msg_code"])
}

// unpack returns the XML of a downloaded file, in UTF-8.
func unpack(t *testing.T, answer map[string]string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(answer["beianInfo"])
	require.NoError(t, err)
	sum := md5.Sum(raw)
	require.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), answer["beianInfoHash"])
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	f, err := z.File[0].Open()
	require.NoError(t, err)
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	text, err := simplifiedchinese.GBK.NewDecoder().String(string(content))
	require.NoError(t, err)
	return text[strings.Index(text, "?>")+2:]
}

// next downloads a file, validates it against the schema and acknowledges it.
func (p *provider) next() string {
	p.t.Helper()
	answer := p.call(report, "isp_download", nil)
	if answer["msg_code"] == "2" {
		return ""
	}
	content := unpack(p.t, answer)
	validate(p.t, "download-data.xsd", content, true)
	require.Equal(p.t, "0",
		p.call(report, "isp_downloadack", map[string]string{"fileName": answer["return_FileName"]})["msg_code"])
	return content
}

var schemas = "../../../../shared/bureau-spec/"

// needsSchema skips a test that needs one of the ministry's schemas, if it is missing.
func needsSchema(t *testing.T, schema string) {
	t.Helper()
	if _, err := os.Stat(schemas + schema); err != nil {
		t.Skip("skipped: the ministry's schemas are not next to the project (../shared/bureau-spec)")
	}
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("skipped: xmllint (Debian's libxml2-utils) is not installed")
	}
}

// validate runs xmllint if it and the ministry's schemas are available; otherwise TestPushedFiles reports that.
func validate(t *testing.T, schema, content string, must bool) {
	t.Helper()
	if _, err := os.Stat(schemas + schema); err != nil {
		return
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		return
	}
	file := filepath.Join(t.TempDir(), "data.xml")
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	out, err := exec.Command(lint, "--noout", "--schema", schemas+schema, file).CombinedOutput()
	if must {
		require.NoError(t, err, string(out)+content)
	} else if err != nil {
		t.Log(strings.ReplaceAll(string(out), content, ""))
	}
}

func icpmm(password string) string {
	sum := md5.Sum([]byte(password))
	return hex.EncodeToString(sum[:])
}

func person(name string) string {
	return "<Fzr_xm>" + name +
		"</Fzr_xm><Fzr_dhhm>021-55550123</Fzr_dhhm><Fzr_sjhm>13900001234</Fzr_sjhm><Fzr_dzyj>a@example.com</Fzr_dzyj>"
}

func accessXML(id int) string {
	return fmt.Sprintf(
		"<IspJrid>%d</IspJrid><Wzfb><Fbdd>1</Fbdd></Wzfb><Wzjrfs><Jrfs>3</Jrfs></Wzjrfs><Ip_xx><IspIpid>%d</IspIpid><Qsip>3221225994</Qsip><Zzip>3221225994</Zzip></Ip_xx>", id, id+1)
}

// siteXML is a site with one domain; id goes before the name in the site's element.
func siteXML(id, domain string, jr string) string {
	return id +
		"<Wzmc>样例网站</Wzmc><Fwnr><Fwnr_id>2</Fwnr_id></Fwnr><Yylb><Yylb_id>1</Yylb_id></Yylb><Ym_xx><IspYmid>9</IspYmid><Ym>" +
		domain + "</Ym></Ym_xx><Jr_xx>" + jr +
		"</Jr_xx><Wz_Fzr>" + person("林样例") + "</Wz_Fzr>"
}

func holderXML(id, document, more string) string {
	return "<Zt_xx>" + id + "<Dwmc>林样例</Dwmc>" + more +
		"<Dwxz>5</Dwxz><Txdz><Shengid>310000</Shengid><Shiid>310100</Shiid></Txdz><Zj><Zjlx>2</Zjlx><Zjhm>" + document +
		"</Zjhm><Zjzs>样例路</Zjzs></Zj><Fzr>" + person("林样例") + "</Fzr></Zt_xx>"
}

func newFiling(id int, document, domain string) string {
	return "<Baxx>" + holderXML(fmt.Sprintf("<IspZtid>%d</IspZtid>", id), document, "<Bbfs>1</Bbfs>") +
		"<Wz_xx>" + siteXML(fmt.Sprintf("<IspWzid>%d</IspWzid>", id*1000+1), domain, accessXML(id*1000+2)) +
		"<Syurl>http://" + domain + "</Syurl></Wz_xx></Baxx>"
}

func one(t *testing.T, content, name string) string {
	t.Helper()
	m := regexp.MustCompile("<" + name + ">([^<]*)</" + name + ">").FindStringSubmatch(content)
	require.NotNil(t, m, "%s in %s", name, content)
	return m[1]
}

// filed submits a new filing and returns its data as downloaded.
func (p *provider) filed(id int, document, domain string) string {
	p.t.Helper()
	p.upload("<XZBA>" + newFiling(id, document, domain) + "</XZBA>")
	content := p.next()
	require.Contains(p.t, content, fmt.Sprintf("<Shjg>1</Shjg><Czlx>1</Czlx><Jlid>%d</Jlid>", id))
	return content
}

func (p *provider) refused(code, kind int, bs string) {
	p.t.Helper()
	content := p.next()
	require.Contains(p.t, content, fmt.Sprintf("<Jgdm>%d</Jgdm>", code))
	require.Contains(p.t, content, fmt.Sprintf("<Czlx>%d</Czlx><Bs>%s</Bs>", kind, bs))
}

func seeded() []bureau.SeedFiling {
	return []bureau.SeedFiling{{HolderName: "他处公司", Nature: 4, DocumentType: 1, DocumentNumber: "91310101MA1FP1111X",
		Number: "沪ICP备2020000009号", Password: "secret12",
		SiteNumber: "沪ICP备2020000009号-1", SiteName: "他处网站", Domains: []string{"elsewhere.example"},
		HomePage: "http://elsewhere.example"}}
}

func clockAt(at string) func() time.Time {
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return when }
}
