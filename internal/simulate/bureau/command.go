package bureau

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// commandedOpinion is the bureau's word on a result that a tester asked for.
const commandedOpinion = "按测试要求给出的结果"

// maxCommanded bounds how many records one command decides.
const maxCommanded = 100000

// alongTheWay are results that tell of a success and decide nothing: the record
// goes on to its review.
var alongTheWay = []int{1060, 1062, 2998, 3998, 5006}

// commandedIn finds a code that a record's own text asks for.
var commandedIn = regexp.MustCompile(`结果([1-9]\d{3})`)

// CommandVerdicts decides the next count records with a result code of the
// interface (3-5), whatever they hold; address blocks too. A record can ask for one itself: its site
// name, remark (Wz_Bz) or remark on a deregistration (Zxlybz) has "结果1023".
func (s *Server) CommandVerdicts(code, count int) error {
	if code < 1001 || code > 9999 || count < 1 || count > maxCommanded {
		return fmt.Errorf("no code %d for %d records", code, count)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Verdicts = append(s.state.Verdicts, slices.Repeat([]int{code}, count)...)
	s.changed()
	return s.save()
}

// obey finds the result that a tester asked for. An approval and a refusal are
// the review's to give, in its time; the rest is given at once.
func (s *Server) obey(r *record) (code int, opinion string) {
	r.Commanded = s.commanded(r)
	switch {
	case slices.Contains(alongTheWay, r.Commanded):
		told := *r
		told.Code, told.Opinion = r.Commanded, commandedOpinion
		s.post(s.results([]*record{&told}))
	case r.Commanded != codeApproved && r.Commanded != codeRefused && r.Commanded != 0:
		return r.Commanded, commandedOpinion
	}
	return 0, ""
}

// queued takes the next code of CommandVerdicts; 0: there is none.
func (s *Server) queued() (code int) {
	if len(s.state.Verdicts) > 0 {
		code, s.state.Verdicts = s.state.Verdicts[0], s.state.Verdicts[1:]
		s.changed()
	}
	return code
}

func (s *Server) commanded(r *record) int {
	if code := s.queued(); code != 0 {
		return code
	}
	texts := []string{r.SiteName, r.Entry.text("Wz_xx/Wz_Bz"), r.Entry.text("Zxlybz")}
	for _, text := range texts {
		if m := commandedIn.FindStringSubmatch(text); m != nil {
			code, _ := strconv.Atoi(m[1]) // four digits
			return code
		}
	}
	return 0
}
