package rules

import (
	"regexp"
	"strconv"
	"strings"
)

// valueForms are the forms of the values that code reads, and what an author is told who writes another.
var valueForms = map[Name]valueForm{
	DomainValidity: {regexp.MustCompile(`^\d{1,2}$`), "a number of months such as 3"},
	SiteNameMinHan: {regexp.MustCompile(`^\d{1,2}$`), "a number of Chinese characters such as 3"},
	SitesTotalMax:  {regexp.MustCompile(`^\d{1,4}$`), "a number of sites such as 30"},
	SitesAtOnce:    {regexp.MustCompile(`^\d{1,4}( if filed>\d{1,4})?$`), "a number of sites such as 5, or 1 if filed>7"},
	PlanDocument:   {thresholdForm, "from how many sites on, such as >5 or >=30"},
	StatementRequired: {thresholdForm,
		"from how many sites on, such as >5 or >=30"},
	DomainCertRequired: {regexp.MustCompile(`^(yes|foreign_parent|person_to_unit|>=?\d{1,4})$`),
		"yes, >=4, foreign_parent or person_to_unit"},
	MinAge: {regexp.MustCompile(`^(\d{1,2}(\+(proof|proof_or_guardian|guardian))?(;\d{1,2})?(;under\d{1,2}\+proof)?` +
		`(;site_manager_max=\d{1,3})?|under\d{1,2}\+(proof|guardian)|max=\d{1,3}m/\d{1,3}f)$`),
		"an age such as 18, 16+proof, under18+guardian, 8+guardian;16 or 18;site_manager_max=65"},
	DistinctMobiles: {regexp.MustCompile(`^(\d|1p=\d;2p=\d)$`), "how many numbers, such as 2, or 1p=2;2p=3"},
	PersonNonlocal: {regexp.MustCompile(`^(yes|no|permit|permit_or_student_card|proof)$`),
		"yes, no, permit, permit_or_student_card or proof"},
	PersonForeign: {regexp.MustCompile(`^(no|permit\+passport)$`), "no or permit+passport"},
	ManagerLegalRep: {regexp.MustCompile(`^(yes|yes_or_letter|yes_or_shareholder|institution_or_letter|unclear)$`),
		"yes, yes_or_letter, yes_or_shareholder, institution_or_letter or unclear"},
	LetterRequired: {regexp.MustCompile(`^(holder_manager|site_manager|both_managers|none)$`),
		"holder_manager, site_manager, both_managers or none"},
	OwnerMustBeHolder: {regexp.MustCompile(`^holder(\|legal_rep(\+letter)?)?$`),
		"holder, holder|legal_rep or holder|legal_rep+letter"},
	FiledSitesState: {regexp.MustCompile(`^(open(\+number(\+link)?)?|number if open|number; closed while unfinished)$`),
		"open, open+number, open+number+link, number if open or number; closed while unfinished"},
	SiteClosed:            yesOrNo,
	EmptyHolderCanAddSite: yesOrNo,
}

// valueForm is a form of values, and what is wanted, for the error's text.
type valueForm struct {
	form *regexp.Regexp
	want string
}

func (f valueForm) fits(value string) bool { return f.form.MatchString(value) }

var (
	thresholdForm = regexp.MustCompile(`^>=?\d{1,4}$`)
	yesOrNo       = valueForm{regexp.MustCompile(`^(yes|no)$`), "yes or no"}
)

var digits = regexp.MustCompile(`\d+`)

// numbers are the numbers in a value, in its order.
func (r Rule) numbers() []int {
	var list []int
	for _, text := range digits.FindAllString(r.Value, -1) {
		n, _ := strconv.Atoi(text) // a few digits by the value's form
		list = append(list, n)
	}
	return list
}

// Number is the value of a rule that is a number; 0 for another.
func (r Rule) Number() int {
	if list := r.numbers(); len(list) > 0 {
		return list[0]
	}
	return 0
}

// AtOnce is how many sites may be submitted together by a holder with some filed ones; 0: any number.
func (r Rule) AtOnce(filed int) int {
	list := r.numbers()
	if len(list) == 0 || len(list) > 1 && filed <= list[1] {
		return 0
	}
	return list[0]
}

// From is the number of sites from which on something is asked: 6 for ">5"; 0 if the value is no threshold.
func (r Rule) From() int {
	switch n := r.Number(); {
	case strings.HasPrefix(r.Value, ">="):
		return n
	case strings.HasPrefix(r.Value, ">"):
		return n + 1
	}
	return 0
}

// Age are the ages that a MinAge rule names; 0: no such age.
type Age struct {
	// Refused is the age below which a person is refused, Free that from which on nothing more is asked.
	Refused, Free int
	// MostMan and MostWoman are the ages above which a site's manager is refused.
	MostMan, MostWoman int
}

// Age reads a MinAge rule.
func (r Rule) Age() (a Age) {
	value := r.Value
	if rest, most, ok := strings.Cut(value, ";site_manager_max="); ok {
		a.MostMan, _ = strconv.Atoi(most)
		a.MostWoman, value = a.MostMan, rest
	}
	r.Value = value
	list := r.numbers()
	switch {
	case strings.HasPrefix(value, "max="):
		a.MostMan, a.MostWoman = list[0], list[1]
	case strings.HasPrefix(value, "under"):
		a.Free = list[0]
	case len(list) == 2: // 8+guardian;16 and 18;under22+proof
		a.Refused, a.Free = list[0], list[1]
	case strings.HasSuffix(value, "_or_guardian"): // younger ones have their guardian's papers
		a.Free = fullAge
	case strings.Contains(value, "+"):
		a.Refused, a.Free = list[0], fullAge
	case len(list) == 1:
		a.Refused, a.Free = list[0], list[0]
	}
	return a
}

const fullAge = 18

// Numbers is how many different numbers DistinctMobiles asks of one manager, and of two.
func (r Rule) Numbers() (one, two int) {
	list := r.numbers()
	switch len(list) {
	case 1:
		return list[0], list[0]
	case 4:
		return list[1], list[3]
	}
	return 0, 0
}

// Parts are the alternatives of a value.
func (r Rule) Parts() []string { return strings.Split(r.Value, "|") }
