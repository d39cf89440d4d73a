package panel

import (
	"html/template"
)

// helpFuncs are what templates need of the help centre.
func (s *Server) helpFuncs() template.FuncMap {
	return template.FuncMap{
		"fieldHelp": s.FieldHelp,
		"add":       func(a, b int) int { return a + b },
		"minus":     func(a, b int) int { return a - b },
	}
}
