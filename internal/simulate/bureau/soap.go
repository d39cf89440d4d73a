package bureau

import (
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

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
		name, params, err := readCall(io.LimitReader(r.Body, maxEnvelope))
		i := slices.IndexFunc(v.methods, func(m method) bool { return m.name == name })
		if err == nil && i < 0 {
			err = fmt.Errorf("%s has no method %q", v.name, name)
		}
		if err != nil {
			writeEnvelope(w, http.StatusInternalServerError,
				"<S:Fault><faultcode>S:Client</faultcode><faultstring>"+escape(err.Error())+"</faultstring></S:Fault>")
			return
		}
		s.call(w, v.methods[i], params)
	}
}

func (s *Server) call(w http.ResponseWriter, m method, params map[string]string) {
	f, faulty := s.Faults.Take(m.name)
	if !faulty {
		f, faulty = s.misbehave(m.name)
	}
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	}
	how := ""
	if faulty && f.Mode == fault.Fail {
		if m.name == "isp_download" && downloadFaults[f.Code] || m.name == "isp_upload" && f.Code == "gap" {
			how = f.Code
		} else {
			reply(w, m.name, answer(f.Code, "模拟错误", ""))
			return
		}
	}
	result := s.locked(m, params, how)
	if faulty && f.Mode == fault.Lose {
		fault.DropConnection(w)
	}
	reply(w, m.name, result)
}

func (s *Server) locked(m method, params map[string]string, how string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := s.authenticated(params)
	if result == "" {
		result = m.answer(s, params, how)
	}
	if err := s.save(); err != nil {
		return answer("999", "系统错误", "")
	}
	return result
}

// authenticated returns an answer if the credentials are wrong.
func (s *Server) authenticated(p map[string]string) string {
	sum := md5.Sum([]byte(encodeGBK(s.options.Password + p["randVal"]))) //nolint:gosec // see above
	switch {
	case p["userName"] != s.options.UserName || p["ispId"] != fmt.Sprint(s.options.ISPID):
		return answer("4", "用户名错误", "")
	case len(p["randVal"]) < randLength:
		return answer("16", "认证错误，随机数小于20个字符", "")
	case p["hashAlgorithm"] != "0":
		return answer("10", "Hash算法类型错误", "")
	case p["pwdHash"] != base64.StdEncoding.EncodeToString(sum[:]):
		return answer("5", "密码错误", "")
	}
	return ""
}

// readCall finds the method and its parameters in an envelope.
func readCall(body io.Reader) (method string, params map[string]string, err error) {
	var envelope struct {
		Body struct {
			Call struct {
				XMLName xml.Name
				Params  []struct {
					XMLName xml.Name
					Text    string `xml:",chardata"`
				} `xml:",any"`
			} `xml:",any"`
		}
	}
	if err := xml.NewDecoder(body).Decode(&envelope); err != nil {
		return "", nil, err
	}
	call := envelope.Body.Call
	if call.XMLName.Space != namespace {
		return "", nil, fmt.Errorf("namespace %q", call.XMLName.Space)
	}
	params = map[string]string{}
	for _, p := range call.Params {
		params[p.XMLName.Local] = p.Text
	}
	return call.XMLName.Local, params, nil
}

// answer is the XML string that every method returns.
func answer(code, message, rest string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><return version="V.3.0"><msg_code>` + code + `</msg_code><msg>` +
		message + `</msg>` + rest + `</return>`
}

func reply(w http.ResponseWriter, method, result string) {
	writeEnvelope(w, http.StatusOK, fmt.Sprintf(
		`<ns2:%[1]sResponse xmlns:ns2="%[2]s"><return>%[3]s</return></ns2:%[1]sResponse>`, method, namespace, escape(result)))
}

func writeEnvelope(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprint(w, xml.Header, `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>`, body,
		"</S:Body></S:Envelope>")
}
