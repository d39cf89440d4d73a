package bureau

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kinds of record by Czlx, as in results; papers (35) have no value that download-data.xsd allows.
const (
	newFiling      = 1
	newSite        = 2
	newAccess      = 3
	change         = 4
	cancelAccess   = 5
	dropHolder     = 6
	dropSite       = 7
	papers         = 35
	taskResult     = 36 // HSJG: no Czlx of its own
	unfiledOutcome = 37 // WBACLJG: no Czlx of its own
)

const (
	codeApproved = 1001
	codeRefused  = 1002
)

// record is one operation of a data file, as the bureau holds it.
type record struct {
	ID       int64  `json:"id"` // see Truth.RecordID
	Kind     int    `json:"kind"`
	Sequence int64  `json:"sequence"`
	Bs       string `json:"bs"`
	// Jlids go into reviews: one, or one for each new site.
	Jlids []int64 `json:"jlids"`
	// RefusedSite is the site of several (IspWzid) that a refusal names instead; 0: none.
	RefusedSite int64     `json:"refused_site,omitempty"`
	SiteName    string    `json:"site_name"`
	Province    string    `json:"province"`
	Entry       *node     `json:"entry,omitempty"` // until it is decided
	At          time.Time `json:"at"`
	// Code is 0 while under review, then a result code.
	Code    int    `json:"code"`
	Opinion string `json:"opinion"`
	Number  string `json:"number"`
	Holder  int64  `json:"holder,omitempty"` // whose BASJ an approval sends
	// Times is how often it was accepted: more than 1 is the provider's mistake.
	Times int `json:"times"`
	// Held stays under review for ever (RefuseSiteNames with 0).
	Held bool `json:"held,omitempty"`
	// Commanded is the result code requested by a tester; 0: none.
	Commanded int `json:"commanded,omitempty"`
	// Verifiers must all enter their codes until VerifyUntil.
	Verifiers   []*verifier `json:"verifiers,omitempty"`
	VerifyUntil time.Time   `json:"verify_until,omitzero"`
	// Forgotten was in a file that the fault "gap" lost, and doesn't count until the file comes again.
	Forgotten bool `json:"forgotten,omitempty"`
}

func (r *record) key() string { return fmt.Sprintf("%d/%d", r.Kind, r.ID) }

// decideDue decides every record whose time has come; callers hold the lock.
func (s *Server) decideDue() {
	now := s.now()
	if s.options.SMSVerification > 0 {
		for _, i := range s.pending {
			s.returnUnverified(i, now)
		}
	}
	if s.options.ReviewAfter < 0 {
		return
	}
	var later []int
	for n, i := range s.pending {
		r := s.state.Records[i]
		if r.Code != 0 || r.Held {
			continue
		}
		if s.options.SMSVerification > 0 && (r.unverified() || now.Sub(r.At) < s.options.ReviewAfter) {
			later = append(later, i) // those that were verified earlier aren't in front
			continue
		}
		if now.Sub(r.At) < s.options.ReviewAfter { // and the same holds for all later ones
			later = append(later, s.pending[n:]...)
			break
		}
		switch {
		case now.Sub(r.At) < s.reviewTime(r):
			later = append(later, i)
		case !r.Forgotten:
			s.decide(i)
		}
	}
	s.pending = later
}

// reviewTime is how long a record's review takes.
func (s *Server) reviewTime(r *record) time.Duration {
	if s.options.ReviewUpTo <= s.options.ReviewAfter {
		return s.options.ReviewAfter
	}
	const shares = 97
	spread := s.options.ReviewUpTo - s.options.ReviewAfter
	return s.options.ReviewAfter + spread*time.Duration((r.ID*31+r.Sequence)%shares)/shares
}

func (s *Server) decide(i int) {
	r := s.state.Records[i]
	if r.Commanded == codeRefused {
		s.settle(i, codeRefused, commandedOpinion)
		return
	}
	sites := r.Entry.all("Wz_xx")
	for _, part := range slices.Sorted(maps.Keys(s.options.RefuseSiteNames)) {
		at := slices.IndexFunc(sites, func(w *node) bool { return strings.Contains(w.text("Wzmc"), part) })
		if at < 0 && !strings.Contains(r.SiteName, part) {
			continue
		}
		if s.options.RefuseSiteNames[part] == 0 {
			r.Held = true
			s.changed()
			return
		}
		if r.Kind == newFiling && len(sites) > 1 && at >= 0 {
			r.RefusedSite = sites[at].number("IspWzid")
		}
		s.settle(i, s.options.RefuseSiteNames[part], "网站名称不符合要求，请修改后重新提交")
		return
	}
	s.approve(i)
}

// approve checks again, because the base may have changed during the review.
func (s *Server) approve(i int) {
	r := s.state.Records[i]
	s.mark(r, false)
	if v := s.check(r); v != (verdict{}) {
		s.settle(i, v.code, v.opinion)
		return
	}
	s.apply(r)
	s.settle(i, codeApproved, "同意")
}

// settle records a verdict and queues it for a download.
func (s *Server) settle(i, code int, opinion string) {
	r := s.state.Records[i]
	if r.Entry != nil {
		s.mark(r, false)
	}
	r.Code, r.Opinion, r.Entry = code, opinion, nil
	s.state.Ready = append(s.state.Ready, i)
	s.changed()
}

// Accepted counts how often each new filing (IspZtid) was accepted.
func (s *Server) Accepted() map[int64]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := map[int64]int{}
	for _, r := range s.state.Records {
		if r.Kind == newFiling && r.Times > 0 {
			times[r.ID] += r.Times
		}
	}
	return times
}

// AcceptedKeys counts "Czlx/key" of every record taken, where key is Truth.RecordID.
func (s *Server) AcceptedKeys() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := map[string]int{}
	for _, r := range s.state.Records {
		if r.Times > 0 {
			times[r.key()] += r.Times
		}
	}
	return times
}

// Truth is the bureau's state of one record.
type Truth struct {
	// RecordID is the provider's key of a new filing (IspZtid), site (IspWzid) or access (IspJrid), or else the Ztid,
	// Wzid or Jrid that was sent.
	RecordID int64
	// Kind is the Czlx (35 for papers, 36 for HSJG, 37 for WBACLJG).
	Kind int
	// Code is 0 while under review.
	Code     int
	Number   string
	Sequence int64
	// Held: it stays under review for ever.
	Held bool
}

// Truth lists every record taken, in order.
func (s *Server) Truth() []Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Truth, 0, len(s.state.Records))
	for _, r := range s.state.Records {
		if !r.Forgotten {
			list = append(list, Truth{r.ID, r.Kind, r.Code, r.Number, r.Sequence, r.Held})
		}
	}
	return list
}
