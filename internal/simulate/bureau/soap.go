package bureau

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/simulate/fault"
)

const (
	namespace   = "http://webservice.isp.miitbeian.gov.cn/"
	maxEnvelope = 80 << 20
	randLength  = 20
)

// soap answers one call.
func (s *Server) soap(w http.ResponseWriter, r *http.Request) {
	method, params, err := readCall(io.LimitReader(r.Body, maxEnvelope))
	if err != nil {
		http.Error(w, "not a SOAP call of the interface", http.StatusInternalServerError)
		return
	}
	f, faulty := s.Faults.Take(method)
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	}
	if faulty && f.Mode == fault.Fail && !downloadFaults[f.Code] {
		reply(w, method, answer(f.Code, "模拟错误", ""))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result := s.authenticated(params)
	if result == "" {
		result = s.dispatch(method, params, f.Code)
	}
	if err := s.save(); err != nil {
		result = answer("999", "系统错误", "")
	}
	if faulty && f.Mode == fault.Lose {
		fault.DropConnection(w)
	}
	reply(w, method, result)
}

func (s *Server) dispatch(method string, params map[string]string, fault string) string {
	switch method {
	case "isp_upload":
		return s.upload(params)
	case "isp_download":
		return s.download(fault)
	case "isp_downloadack":
		return s.acknowledge(params["fileName"])
	case "isp_querypreviousupload":
		return s.previous()
	case "isp_querybeianstatus":
		return s.query(params)
	case "isp_verifybamm":
		return s.verify(params)
	}
	return answer("999", "没有这个方法", "")
}

// authenticated returns an answer when the credentials are wrong.
func (s *Server) authenticated(p map[string]string) string {
	if p["userName"] != s.options.UserName || p["ispId"] != fmt.Sprint(s.options.ISPID) {
		return answer("4", "用户名错误", "")
	}
	if len(p["randVal"]) < randLength {
		return answer("16", "认证错误，随机数小于20个字符", "")
	}
	if p["hashAlgorithm"] != "0" {
		return answer("10", "Hash算法类型错误", "")
	}
	raw, err := simplifiedchinese.GBK.NewEncoder().String(s.options.Password + p["randVal"])
	sum := md5.Sum([]byte(raw)) //nolint:gosec // see above
	if err != nil || p["pwdHash"] != base64.StdEncoding.EncodeToString(sum[:]) {
		return answer("5", "密码错误", "")
	}
	return ""
}

// readCall finds the method and its parameters in an envelope.
func readCall(body io.Reader) (method string, params map[string]string, err error) {
	params = map[string]string{}
	d := xml.NewDecoder(body)
	inBody, name := false, ""
	var text strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			return method, params, nil
		} else if err != nil {
			return "", nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch {
			case t.Name.Local == "Body":
				inBody = true
			case inBody && method == "":
				method = t.Name.Local
				if t.Name.Space != namespace {
					return "", nil, fmt.Errorf("namespace %q", t.Name.Space)
				}
			default:
				name = t.Name.Local
				text.Reset()
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if t.Name.Local == name {
				params[name] = text.String()
				name = ""
			}
		}
	}
}

// answer is the XML string that every method returns.
func answer(code, message, rest string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><return version="V.3.0"><msg_code>` + code + `</msg_code><msg>` + message + `</msg>` + rest + `</return>`
}

func reply(w http.ResponseWriter, method, result string) {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(result)) // a buffer takes everything
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>`+
		`<ns2:%[1]sResponse xmlns:ns2="%[2]s"><return>%[3]s</return></ns2:%[1]sResponse></S:Body></S:Envelope>`, method, namespace, b.String())
}
