package bureau

import (
	"strconv"
	"strings"
	"time"
)

// undefinedCondition is the document type that the interface's query omits.
const undefinedCondition = 12

// queryStatus answers whether a domain (0) or a holder, by document type and number, is filed.
func (s *Server) queryStatus(p map[string]string) string {
	s.decideDue()
	kind, err := strconv.ParseInt(p["queryConditionType"], 10, 64)
	condition := strings.TrimSpace(p["queryCondition"])
	if err != nil || kind != 0 && !isCode(documentTypes, kind) || kind == undefinedCondition || condition == "" {
		return answer("999", "查询条件错误", "")
	}
	var found string
	state := 1
	if kind == 0 {
		if w := s.index.siteByDomain[plainDomain(condition)]; w != nil {
			found, state = el("Wzmc", w.name())+el("Ztbah", w.holder.Number)+el("Wzbah", w.Number), 0
		}
	} else if h := s.index.holderByPaper[paperKey(kind, condition)]; h != nil {
		found, state = el("Ztbah", h.Number), 0
	}
	return answer("0", "操作成功", "<StatusInfo>"+el("Cxtjlx", kind)+el("Cxtj", condition)+found+el("Bazt", state)+
		"</StatusInfo>")
}

const (
	maxTries   = 5
	forgetting = 24 * time.Hour
)

// verifyPassword checks a filing password; a number allows five wrong ones a day.
func (s *Server) verifyPassword(p map[string]string) string {
	s.decideDue()
	number := strings.TrimSpace(p["baxh"])
	t := s.tries[number]
	if t == nil || s.now().Sub(t.since) >= forgetting {
		t = &tries{since: s.now()}
		s.tries[number] = t
	}
	if t.wrong >= maxTries {
		return answer("22", "备案密码校验超过5次，请仔细核对备案密码", "")
	}
	if h := s.holderOf(number); h != nil && h.Password == p["bamm"] {
		t.wrong = 0
		return answer("0", "操作成功", "<VerifyRes>0</VerifyRes>")
	}
	t.wrong++
	return answer("0", "操作成功", "<VerifyRes>1</VerifyRes>")
}
