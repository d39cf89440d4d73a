package bureau

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/xml"
	"errors"
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

// soap answers the calls of one service.
func (s *Server) soap(v service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		method, params, err := readCall(io.LimitReader(r.Body, maxEnvelope))
		if err == nil && !v.has(method) {
			err = fmt.Errorf("%s has no method %q", v.name, method)
		}
		if err != nil {
			soapFault(w, err)
			return
		}
		s.call(w, method, params)
	}
}

func (s *Server) call(w http.ResponseWriter, method string, params map[string]string) {
	f, faulty := s.Faults.Take(method)
	if !faulty {
		f, faulty = s.misbehave(method)
	}
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	}
	how := ""
	if faulty && f.Mode == fault.Fail {
		if method == "isp_download" && downloadFaults[f.Code] || method == "isp_upload" && f.Code == "gap" {
			how = f.Code
		} else {
			reply(w, method, answer(f.Code, "模拟错误", ""))
			return
		}
	}
	result := s.locked(method, params, how)
	if faulty && f.Mode == fault.Lose {
		fault.DropConnection(w)
	}
	reply(w, method, result)
}

func (s *Server) locked(method string, params map[string]string, how string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := s.authenticated(params)
	if result == "" {
		result = s.dispatch(method, params, how)
	}
	if err := s.save(); err != nil {
		return answer("999", "系统错误", "")
	}
	return result
}

func (s *Server) dispatch(method string, params map[string]string, how string) string {
	switch method {
	case "isp_upload":
		return s.upload(params, how != "")
	case "isp_download":
		return s.download(how)
	case "isp_downloadack":
		return s.acknowledge(params["fileName"])
	case "isp_querypreviousupload":
		return s.previous()
	case "isp_querybeianstatus":
		return s.queryStatus(params)
	case "isp_verifybamm":
		return s.verifyPassword(params)
	}
	return answer("999", "没有这个方法", "")
}

// authenticated returns an answer if the credentials are wrong.
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
		if errors.Is(err, io.EOF) {
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
	return `<?xml version="1.0" encoding="UTF-8"?><return version="V.3.0"><msg_code>` + code + `</msg_code><msg>` +
		message + `</msg>` + rest + `</return>`
}

func reply(w http.ResponseWriter, method, result string) {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(result)) // a buffer never fails
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	fmt.Fprintf(w,
		`<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>`+
			`<ns2:%[1]sResponse xmlns:ns2="%[2]s"><return>%[3]s</return></ns2:%[1]sResponse></S:Body></S:Envelope>`, method,
		namespace, b.String())
}

func soapFault(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprintf(w,
		`<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>`+
			`<S:Fault><faultcode>S:Client</faultcode><faultstring>%s</faultstring></S:Fault></S:Body></S:Envelope>`,
		escape(err.Error()))
}
