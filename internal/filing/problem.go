package filing

// Problem is one thing that is wrong with a form, for a person to read. Key
// names a text of the locale files ("problem.<key>"), so that the same rule
// speaks Chinese and English.
type Problem struct {
	// Field is the form's field, as in its JSON name ("mobile", "domains").
	Field string `json:"field"`
	// Key is the text's key below "problem." ("required", "mobile_invalid").
	Key string `json:"key"`
	// Args fill the text's placeholders. Never personal data: they may be logged.
	Args map[string]any `json:"args,omitempty"`
}

// Problems is what a validation returns; none means that the form is right.
type Problems []Problem

// For returns the first problem of a field, for the message beside it.
func (p Problems) For(field string) *Problem {
	for i := range p {
		if p[i].Field == field {
			return &p[i]
		}
	}
	return nil
}

func (p *Problems) add(field, key string, args ...any) {
	problem := Problem{Field: field, Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if problem.Args == nil {
			problem.Args = map[string]any{}
		}
		problem.Args[args[i].(string)] = args[i+1]
	}
	*p = append(*p, problem)
}
