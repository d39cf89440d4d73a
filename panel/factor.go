package panel

import "github.com/beian/beian/internal/store"

// factorsGiven tells whether a session's person gave all that their account wants: of
// staff a second factor where one is enrolled, or where everybody must have one. A
// session that a process of before this began, without asking, isn't enough.
func (s *Server) factorsGiven(state store.SessionState) bool {
	return state.StaffRole == "" || state.SecondFactor || !state.Enrolled && !s.cfg.RequireTOTP
}
