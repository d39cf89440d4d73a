package bureau

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// commandedOpinion is the bureau's opinion in a result requested by a tester.
const commandedOpinion = "按测试要求给出的结果"

// maxCommanded bounds how many records one command decides.
const maxCommanded = 100000

// alongTheWay are intermediate successes, which decide nothing: the record continues to its review.
var alongTheWay = []int{1060, 1062, 2998, 3998, 5006}

// commandedIn finds a code requested by a record's own text.
var commandedIn = regexp.MustCompile(`结果([1-9]\d{3})`)

// CommandVerdicts decides the next count records with a result code of the interface (3-5), whatever they contain;
// address blocks too. A record can request one itself: its site name, remark (Wz_Bz) or remark on a deregistration
// (Zxlybz) contains "结果1023".
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

// obey finds the result requested by a tester. An approval or a refusal comes from the review, in its time;
// anything else is given at once.
func (s *Server) obey(r *record) verdict {
	r.Commanded = s.commanded(r)
	switch {
	case slices.Contains(alongTheWay, r.Commanded):
		told := *r
		told.Code, told.Opinion = r.Commanded, commandedOpinion
		s.post(s.results([]*record{&told}))
	case r.Commanded != codeApproved && r.Commanded != codeRefused && r.Commanded != 0:
		return verdict{r.Commanded, commandedOpinion}
	}
	return verdict{}
}

// queued takes the next code of CommandVerdicts; 0 if there is none.
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
	find := func(texts ...string) int {
		for _, text := range texts {
			if m := commandedIn.FindStringSubmatch(text); m != nil {
				code, _ := strconv.Atoi(m[1]) // four digits
				return code
			}
		}
		return 0
	}
	if sites := r.Entry.all("Wz_xx"); r.Kind == newFiling && len(sites) > 1 {
		for _, w := range sites {
			if code := find(w.text("Wzmc"), w.text("Wz_Bz")); code != 0 {
				r.RefusedSite = w.number("IspWzid")
				return code
			}
		}
	}
	return find(r.SiteName, r.Entry.text("Wz_xx/Wz_Bz"), r.Entry.text("Zxlybz"))
}
