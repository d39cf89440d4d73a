package filing

// Problem is an error in a form, for display. Key names a text in the locale files ("problem.<key>"), so that it exists
// in Chinese and English.
type Problem struct {
	// Field is the form's field, by its JSON name ("mobile", "domains").
	Field string `json:"field"`
	// Key is the text's key below "problem." ("required", "mobile_invalid").
	Key string `json:"key"`
	// Args fill the text's placeholders. They must not be personal data, because they may be logged.
	Args map[string]any `json:"args,omitempty"`
}

// Problems is the result of a validation; none: the form is valid.
type Problems []Problem

// For returns a field's first problem, to show next to it.
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
