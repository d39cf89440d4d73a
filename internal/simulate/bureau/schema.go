package bureau

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// validate parses a data file; broken means that it violates upload-data.xsd, err that this can't be determined.
func (s *Server) validate(content []byte) (file *node, broken bool, err error) {
	if s.options.Schema != "" {
		if broken, err = breaksSchema(s.options.Schema, content); err != nil || broken {
			return nil, broken, err
		}
	}
	if s.options.SchemaBreaks != "" {
		if text, err := decodeGBK(content); err != nil || strings.Contains(text, s.options.SchemaBreaks) {
			return nil, true, nil
		}
	}
	file, err = parse(content)
	if err != nil {
		return nil, true, nil
	}
	return file, s.options.Schema == "" && breaksRules(file), nil
}

// breaksSchema runs xmllint.
func breaksSchema(schema string, content []byte) (bool, error) {
	command := exec.Command("xmllint", "--nonet", "--huge", "--noout", "--schema", schema, "-")
	command.Stdin = bytes.NewReader(content)
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && exit.ExitCode() != schemaUnreadable:
		return true, nil
	}
	return false, fmt.Errorf("xmllint: %w: %s", err, bytes.TrimSpace(out[:min(len(out), 500)]))
}

// schemaUnreadable is xmllint's exit code for a schema that it can't use.
const schemaUnreadable = 5

// schemaRules are the most important of upload-data.xsd's rules: blocks of paths below UploadData, then one rule a line
// for every element there: name or path, minimum count, then "s" with a text's lengths or "n" with a number's bounds.
// A rule with a path applies to every element at its path without the last name.
//
//go:embed data/schema_rules.txt
var schemaRules string

// breaksRules applies schemaRules.
func breaksRules(file *node) bool {
	if file.Name != "UploadData" || len(file.Kids) != 1 || len(file.Kids[0].Kids) < 2 {
		return true
	}
	for block := range strings.SplitSeq(strings.TrimSpace(schemaRules), "\n\n") {
		paths, rules, _ := strings.Cut(block, "\n")
		for path := range strings.FieldsSeq(paths) {
			for _, n := range file.all(path) {
				for rule := range strings.Lines(rules) {
					if n.breaks(strings.Fields(rule)) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (n *node) breaks(rule []string) bool {
	parents, name := []*node{n}, rule[0]
	if i := strings.LastIndex(name, "/"); i >= 0 {
		parents, name = n.all(name[:i]), name[i+1:]
	}
	return slices.ContainsFunc(parents, func(p *node) bool {
		found := p.all(name)
		return rule[1] == "1" && len(found) == 0 || len(rule) == 5 &&
			slices.ContainsFunc(found, func(f *node) bool { return !f.within(rule[2], rule[3], rule[4]) })
	})
}

// within checks a text's length or a number's value; an upper bound of 0 means none.
func (n *node) within(kind, low, high string) bool {
	from, _ := strconv.ParseInt(low, 10, 64) // from the table above
	to, _ := strconv.ParseInt(high, 10, 64)
	value := int64(utf8.RuneCountInString(n.Text))
	if kind == "n" {
		var err error
		if value, err = strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64); err != nil {
			return false
		}
	}
	return value >= from && (high == "0" || value <= to)
}
