package bureau

import (
	"fmt"
	"strconv"
	"strings"
)

// maxPasswordTries is how often the bureau takes a wrong password for a number.
const maxPasswordTries = 5

// Filed is a holder with a site that is filed already, wherever.
type Filed struct {
	DocumentType   int    `json:"document_type"`
	DocumentNumber string `json:"document_number"`
	HolderNumber   string `json:"holder_number"`
	Password       string `json:"password"`
	Domain         string `json:"domain"`
	SiteName       string `json:"site_name"`
	SiteNumber     string `json:"site_number"`
	Tries          int    `json:"tries"`
}

// Seed adds a filing made elsewhere.
func (s *Server) Seed(f Filed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Filed = append(s.state.Filed, &f)
}

// file keeps what an approved record makes; callers hold the lock.
func (s *Server) file(r *record, e entry) {
	for _, domain := range e.Wz.Domains {
		s.state.Filed = append(s.state.Filed, &Filed{
			DocumentType: e.Zt.Zjlx, DocumentNumber: e.Zt.Zjhm, HolderNumber: r.Number, Password: fmt.Sprintf("Pw%06d", r.ID),
			Domain: domain.Ym, SiteName: r.SiteName, SiteNumber: r.Number + "-1",
		})
	}
}

// query is isp_querybeianstatus (3-3-5): by domain (0) or by document.
func (s *Server) query(p map[string]string) string {
	kind, err := strconv.Atoi(p["queryConditionType"])
	condition := p["queryCondition"]
	if err != nil || kind < 0 || kind > 11 || len(condition) < 4 {
		return answer("999", "查询条件错误", "")
	}
	head := fmt.Sprintf("<StatusInfo><Cxtjlx>%d</Cxtjlx><Cxtj>%s</Cxtj>", kind, escape(condition))
	for _, f := range s.state.Filed {
		switch {
		case kind == 0 && strings.EqualFold(f.Domain, condition):
			return answer("0", "操作成功", head+"<Wzmc>"+escape(f.SiteName)+"</Wzmc><Ztbah>"+f.HolderNumber+"</Ztbah><Wzbah>"+f.SiteNumber+"</Wzbah><Bazt>0</Bazt></StatusInfo>")
		case kind > 0 && f.DocumentType == kind && strings.EqualFold(f.DocumentNumber, condition):
			return answer("0", "操作成功", head+"<Ztbah>"+f.HolderNumber+"</Ztbah><Bazt>0</Bazt></StatusInfo>")
		}
	}
	return answer("0", "操作成功", head+"<Bazt>1</Bazt></StatusInfo>")
}

// verify is isp_verifybamm (3-3-6), with its limit of tries.
func (s *Server) verify(p map[string]string) string {
	for _, f := range s.state.Filed {
		if f.HolderNumber != p["baxh"] && f.SiteNumber != p["baxh"] {
			continue
		}
		if f.Tries >= maxPasswordTries {
			return answer("22", fmt.Sprintf("备案密码校验超过%d次，请仔细核对备案密码", maxPasswordTries), "")
		}
		if f.Password == p["bamm"] {
			f.Tries = 0
			return answer("0", "操作成功", "<VerifyRes>0</VerifyRes>")
		}
		f.Tries++
		break
	}
	return answer("0", "操作成功", "<VerifyRes>1</VerifyRes>")
}
