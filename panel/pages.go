package panel

import (
	"html/template"
)

// helpFuncs are what templates need of the help centre.
func (s *Server) helpFuncs() template.FuncMap {
	return template.FuncMap{
		"fieldHelp": s.FieldHelp,
	}
}
