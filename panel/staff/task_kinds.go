package staff

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// verificationTask is 核实任务: the provider verifies a filing for the bureau.
func (p *Pages) verificationTask(c *gin.Context, task store.Task, raw json.RawMessage) (staffTask, error) {
	var asked bureau.Verification
	if err := json.Unmarshal(raw, &asked.Task); err != nil {
		return staffTask{}, fmt.Errorf("decoding task %d failed", task.ID)
	}
	read := func(v url.Values) filing.VerificationForm {
		return filing.VerificationForm{
			Who: web.Trimmed(v, "who"), Day: v.Get("day"), Passed: v.Get("passed"),
			Opinion: web.Trimmed(v, "opinion"), Faults: web.Trimmed(v, "faults"),
		}
	}
	return staffTask{
		Task: task, kind: store.StaffVerification,
		facts:  filedFacts(p.T(c), p.Tables(c.Request.Context()), asked),
		values: url.Values{"day": {p.today()}},
		fields: func(t *locale.Localizer, _ filing.Tables) []web.Field {
			passed := []web.Option{
				{Value: "yes", Label: t.T("verification.passed", nil)}, {Value: "no", Label: t.T("verification.failed", nil)},
			}
			return []web.Field{
				{Name: "who", Type: "text", Required: true, Autocomplete: "off"},
				{Name: "day", Type: "date", Required: true},
				{Name: "passed", Type: "select", Required: true, Options: web.Choose(t, passed)},
				{Name: "opinion", Type: "textarea", Required: true},
				{Name: "faults", Type: "textarea"},
			}
		},
		validate: func(v url.Values, _ filing.Tables, today string) filing.Problems { return read(v).Validate(today) },
		answer: func(v url.Values) (string, any) {
			f := read(v)
			at, _ := filing.Day(f.Day) // checked
			return strconv.FormatInt(asked.Task.HolderID, 10), bureau.Verification{
				Passed: f.Passed == "yes", Who: f.Who, Opinion: f.Opinion, Faults: f.Faults, At: at, Task: asked.Task,
			}
		},
		reread: func(raw json.RawMessage) (url.Values, error) {
			var a bureau.Verification
			err := json.Unmarshal(raw, &a)
			passed := "no"
			if a.Passed {
				passed = "yes"
			}
			return url.Values{
				"who": {a.Who}, "day": {dayOf(a.At)}, "passed": {passed}, "opinion": {a.Opinion}, "faults": {a.Faults},
			}, err
		},
	}, nil
}

// unfiledTask is 未备案网站: an unfiled site on the provider's addresses.
func (p *Pages) unfiledTask(task store.Task, raw json.RawMessage) (staffTask, error) {
	var found bureau.FoundSite
	if err := json.Unmarshal(raw, &found); err != nil {
		return staffTask{}, fmt.Errorf("decoding task %d failed", task.ID)
	}
	listed := found.SeenAt
	if listed.IsZero() {
		listed = task.CreatedAt
	}
	read := func(v url.Values) filing.OutcomeForm {
		return filing.OutcomeForm{
			Result: web.Number(v, "result"), Opinion: web.Trimmed(v, "opinion"), Listed: v.Get("listed"), Due: v.Get("due"),
			Operator: web.Trimmed(v, "operator"), Province: web.Trimmed(v, "province"),
		}
	}
	province := unitText(found.Province)
	return staffTask{
		Task: task, kind: store.StaffUnfiled,
		facts: []factGroup{{Title: "unfiled.site", Facts: factsOf(
			"unfiled.domain", found.Domain, "unfiled.ip", bureau.AddressText(found.IP),
			"unfiled.seen", dayOf(found.SeenAt), "field.site.remark", found.Remark,
		)}},
		values: url.Values{"listed": {dayOf(listed)}, "operator": {unitText(found.Operator)}, "province": {province}},
		fields: func(t *locale.Localizer, codes filing.Tables) []web.Field {
			outcomes := web.Choose(t, web.CodeOptions(t.Lang(), codes.Outcomes))
			provinces := web.Choose(t, web.RegionOptions(filing.Provinces()))
			if filing.RegionName(province) == "" && province != "" { // of the bureau's own list
				provinces = append(provinces, web.Option{Value: province, Label: province})
			}
			return []web.Field{
				{Name: "result", Type: "select", Required: true, Options: outcomes},
				{Name: "opinion", Type: "textarea", Required: true},
				{Name: "due", Type: "date", Required: true},
				{Name: "listed", Type: "date", Required: true},
				{Name: "operator", Type: "text", Required: true, Autocomplete: "off"},
				{Name: "province", Type: "select", Required: true, Options: provinces},
			}
		},
		validate: func(v url.Values, codes filing.Tables, today string) filing.Problems {
			return read(v).Validate(codes, today)
		},
		answer: func(v url.Values) (string, any) {
			f := read(v)
			listed, _ := filing.Day(f.Listed) // checked
			due, _ := filing.Day(f.Due)
			return found.Domain, bureau.UnfiledResult{
				Domain: found.Domain, IP: found.IP, Operator: filing.UnitNumber(f.Operator),
				Province: filing.UnitNumber(f.Province), Result: f.Result, Opinion: f.Opinion, Listed: listed, Due: due,
			}
		},
		reread: func(raw json.RawMessage) (url.Values, error) {
			var a bureau.UnfiledResult
			err := json.Unmarshal(raw, &a)
			return url.Values{
				"result": {strconv.Itoa(a.Result)}, "opinion": {a.Opinion}, "listed": {dayOf(a.Listed)}, "due": {dayOf(a.Due)},
				"operator": {unitText(a.Operator)}, "province": {unitText(a.Province)},
			}, err
		},
	}, nil
}

// unitText is the bureau's number of a unit as a field shows it; empty for none.
func unitText(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
