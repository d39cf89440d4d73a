package filing

import (
	"slices"
	"strconv"
	"time"

	"github.com/beian/beian/internal/textnorm"
)

// The forms of records that staff submit themselves (interface 3.0, 4-1-1-7, 4-1-1-8, 4-1-2). Days have the format of
// date fields, "2026-11-24".

// The lengths of upload-data.xsd.
const (
	maxVerifier       = 128
	maxVerification   = 1024
	maxFaults         = 4000
	maxOutcomeOpinion = 255
	maxBlockRemark    = 512
	maxBlocks         = 1000
)

// Day parses a day; ok is false if it is invalid.
func Day(text string) (day time.Time, ok bool) {
	day, err := time.Parse(time.DateOnly, text)
	return day, err == nil
}

// day checks a day that must not be after another (empty: any).
func (p *Problems) day(field, text, last string) {
	switch _, ok := Day(text); {
	case text == "":
		p.add(field, "required")
	case !ok:
		p.add(field, "day_invalid")
	case last != "" && text > last:
		p.add(field, "day_in_future")
	}
}

// VerificationForm is the result of a verification task (核实结果).
type VerificationForm struct {
	// Who verified it, and on which Day.
	Who, Day string
	// Passed is "yes", "no", or empty: not chosen yet.
	Passed          string
	Opinion, Faults string
}

// Validate checks the form; today is a day.
func (f VerificationForm) Validate(today string) Problems {
	var p Problems
	p.text("who", f.Who, true, maxVerifier)
	p.day("day", f.Day, today)
	if f.Passed != "yes" && f.Passed != "no" {
		p.add("passed", "choose")
	}
	p.text("opinion", f.Opinion, true, maxVerification)
	p.text("faults", f.Faults, f.Passed == "no", maxFaults)
	return p
}

// OutcomeForm is what was done about an unfiled site (未备案处理结果).
type OutcomeForm struct {
	Result  int
	Opinion string
	// Listed is when the site was listed, Due the deadline for dealing with it.
	Listed, Due string
	// Operator is the carrier's number, Province a GB/T 2260 code as sent by the bureau.
	Operator, Province string
}

// Validate checks the form; today is a day.
func (f OutcomeForm) Validate(t Tables, today string) Problems {
	var p Problems
	p.choice("result", t.Outcomes, f.Result)
	p.text("opinion", f.Opinion, true, maxOutcomeOpinion)
	p.day("listed", f.Listed, today)
	p.day("due", f.Due, "")
	if f.Due != "" && f.Due < f.Listed && p.For("due") == nil {
		p.add("due", "due_before_listed")
	}
	p.digits("operator", f.Operator)
	p.digits("province", f.Province)
	return p
}

func (p *Problems) digits(field, text string) {
	if text == "" {
		p.add(field, "required")
	} else if UnitNumber(text) < 1 {
		p.add(field, "digits_only")
	}
}

// UnitNumber parses one of the bureau's numbers; 0 if it is invalid.
func UnitNumber(text string) int64 {
	n, err := strconv.ParseInt(textnorm.Code(text), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// The kinds of reports on address blocks: where they come from (来源), or how they are used: by the provider itself (自用),
// or reserved (预留).
const (
	BlockSource   = "source"
	BlockOwnUse   = "own"
	BlockReserved = "reserved"
)

// BlockForm reports address blocks, one per line.
type BlockForm struct {
	Kind   string
	Ranges []string
	// Unit is the number of the source unit.
	Unit string
	// Assignment is Syfs (1 static, 2 dynamic, 3 unknown), Since the date of first use.
	Assignment    int
	Since, Remark string
}

// Validate checks the form; today is a day.
func (f BlockForm) Validate(t Tables, today string) Problems {
	var p Problems
	f.ranges(&p)
	switch f.Kind {
	case BlockSource:
		p.digits("unit", f.Unit)
		if len(t.Units) > 0 && p.For("unit") == nil && !containsCode(t.Units, int(UnitNumber(f.Unit))) {
			p.add("unit", "unit_unknown")
		}
	case BlockOwnUse: // all three are required (4-1-2-1)
		if f.Assignment < 1 || f.Assignment > 3 {
			p.add("assignment", "choose")
		}
		p.day("since", f.Since, today)
	case BlockReserved:
	default:
		p.add("kind", "choose")
	}
	p.text("remark", f.Remark, false, maxBlockRemark)
	return p
}

func (f BlockForm) ranges(p *Problems) {
	switch {
	case len(f.Ranges) == 0:
		p.add("ranges", "required")
	case len(f.Ranges) > maxBlocks:
		p.add("ranges", "too_many", "max", maxBlocks)
		return
	}
	type line struct {
		IPRange
		number int
	}
	var lines []line
	for i, text := range f.Ranges {
		r, key := ParseIPBlock(text)
		if key != "" {
			p.add("ranges", key, "line", i+1)
			continue
		}
		lines = append(lines, line{r, i + 1})
	}
	slices.SortFunc(lines, func(a, b line) int { return a.From.Compare(b.From) })
	for i := 1; i < len(lines); i++ {
		if a, b := lines[i-1], lines[i]; b.From.Compare(a.To) <= 0 {
			p.add("ranges", "blocks_overlap", "line", max(a.number, b.number), "other", min(a.number, b.number))
		} // if any two overlap, so do two neighbours
	}
}

// Blocks are the ranges of a valid form.
func (f BlockForm) Blocks() []IPRange {
	list := make([]IPRange, 0, len(f.Ranges))
	for _, text := range f.Ranges {
		if r, key := ParseIPBlock(text); key == "" {
			list = append(list, r)
		}
	}
	return list
}
