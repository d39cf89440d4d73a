package filing

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
)

// Limits of the list: what a form can show, and how large a filing may be in a data file.
const (
	maxPaperCount = 10
	maxPaperKB    = 2048
)

// ParsePapers parses a list and applies another to it, if there is one. Errors name the paper and its part.
func ParsePapers(base, own []byte) (PaperList, error) {
	list, err := parsePapers(base)
	if err != nil || len(own) == 0 {
		return list, err
	}
	change, err := parsePapers(own)
	if err != nil {
		return list, err
	}
	list.Papers = change.onto(list.Papers)
	if list.Provinces == nil {
		list.Provinces = map[string]PaperChange{}
	}
	for province, c := range change.Provinces {
		list.Provinces[province] = c
	}
	return list, nil
}

func parsePapers(raw []byte) (PaperList, error) {
	var list PaperList
	if err := yaml.UnmarshalWithOptions(raw, &list, yaml.Strict()); err != nil {
		return list, errors.New(yaml.FormatError(err, false, true))
	}
	if err := list.PaperChange.validate(); err != nil {
		return list, err
	}
	for province, c := range list.Provinces {
		if ProvinceSign(province) == "" {
			return list, fmt.Errorf("provinces: %q is not a province code such as 310000", province)
		}
		if err := c.validate(); err != nil {
			return list, fmt.Errorf("province %s: %w", province, err)
		}
	}
	return list, nil
}

func (c PaperChange) validate() error {
	seen := map[string]bool{}
	for _, p := range c.Papers {
		if seen[p.Key] {
			return fmt.Errorf("duplicate paper %q", p.Key)
		}
		seen[p.Key] = true
		if err := p.validate(); err != nil {
			return fmt.Errorf("paper %q: %w", p.Key, err)
		}
	}
	return nil
}

// paperKeyForm makes keys usable as a form field, a column and a page anchor.
var paperKeyForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

func (p Paper) validate() error {
	wrong := func(n Kind) bool { return n.Operation() == 0 || n == "" || n.Ends() }
	switch {
	case !paperKeyForm.MatchString(p.Key):
		return errors.New("key: want lower-case letters, digits and _, at most 32")
	case p.Name.Chinese == "" || p.Name.English == "" || p.Help.Chinese == "" || p.Help.English == "":
		return errors.New("name and help: want zh and en")
	case len(p.Kinds) == 0 || slices.ContainsFunc(p.Kinds, wrong):
		return errors.New("kinds: want some of new, new_site, new_access, change")
	case slices.ContainsFunc(p.Required, func(k Kind) bool { return !slices.Contains(p.Kinds, k) }):
		return errors.New("required: contains a kind that isn't in kinds")
	case p.Max < 1 || p.Max > maxPaperCount:
		return fmt.Errorf("max: want 1 to %d", maxPaperCount)
	case p.MaxKB < 20 || p.MaxKB > maxPaperKB:
		return fmt.Errorf("max_kb: want 20 to %d", maxPaperKB)
	case p.MinShort < 1 || p.MinLong < p.MinShort || p.MinLong > 2000:
		return errors.New("min_long, min_short: want pixels, the long side first, at most 2000")
	case p.Each != "" && p.Each != EachPreApproval:
		return errors.New("each: want pre_approval or nothing")
	case p.Each != "" && len(p.Uses) > 0:
		return errors.New("uses: a paper of each pre-approval goes with its content")
	case p.Rule != "" && !paperKeyForm.MatchString(p.Rule):
		return errors.New("rule: want the name of a province's rule such as plan_document, or nothing")
	case p.Print != "" && p.Print != PrintLetter && p.Print != PrintSheet:
		return errors.New("print: want letter, sheet or nothing")
	}
	for _, u := range p.Uses {
		if u.Purpose < 1 || u.Of != "holder" && u.Of != "site" {
			return errors.New("uses: want purpose (Fjyt) and of: holder or site")
		}
	}
	return nil
}
