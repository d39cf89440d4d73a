package staff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

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
			passed := cmp.Or(web.When(a.Passed, "yes"), "no")
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
	province := web.NumberText(found.Province)
	return staffTask{
		Task: task, kind: store.StaffUnfiled,
		facts: []factGroup{{Title: "unfiled.site", Facts: factsOf(
			"unfiled.domain", found.Domain, "unfiled.ip", bureau.AddressText(found.IP),
			"unfiled.seen", dayOf(found.SeenAt), "field.site.remark", found.Remark,
		)}},
		values: url.Values{"listed": {dayOf(listed)}, "operator": {web.NumberText(found.Operator)}, "province": {province}},
		fields: func(t *locale.Localizer, codes filing.Tables) []web.Field { return unfiledFields(t, codes, province) },
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
				"operator": {web.NumberText(a.Operator)}, "province": {web.NumberText(a.Province)},
			}, err
		},
	}, nil
}

// unfiledFields are the form's; province is the bureau's, which its own list may have but not ours.
func unfiledFields(t *locale.Localizer, codes filing.Tables, province string) []web.Field {
	outcomes := web.Choose(t, web.CodeOptions(t.Lang(), codes.Outcomes))
	provinces := web.Choose(t, web.RegionOptions(filing.Provinces()))
	if filing.RegionName(province) == "" && province != "" {
		provinces = append(provinces, web.Option{Value: province, Label: province})
	}
	return []web.Field{
		{Name: "result", Type: "select", Required: true, Options: outcomes},
		{Name: "opinion", Type: "textarea", Required: true},
		{Name: "due", Type: "date", Required: true}, {Name: "listed", Type: "date", Required: true},
		{Name: "operator", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "province", Type: "select", Required: true, Options: provinces},
	}
}

// factsOf pairs labels' keys with texts and leaves out empty ones.
func factsOf(pairs ...string) []fact {
	var list []fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, fact{pairs[i], pairs[i+1]})
		}
	}
	return list
}

// filedFacts show the filing of a verification task: the holder, its manager and each site.
func filedFacts(t *locale.Localizer, codes filing.Tables, v bureau.Verification) []factGroup {
	name := func(table []filing.Code, ids ...int) string {
		var names []string
		for _, id := range ids {
			if c, ok := filing.CodeByID(table, id); ok {
				names = append(names, c.In(t.Lang()))
			}
		}
		return t.List(names)
	}
	f := v.Task
	h := f.Holder
	region := strings.Fields(strings.Join([]string{
		codes.Regions.Name(h.Province), codes.Regions.Name(h.City), codes.Regions.Name(h.County),
	}, " "))
	holder := factsOf(
		"field.holder.name", h.Name,
		"field.holder.nature", name(codes.Natures, h.Nature),
		"field.holder.document_type", name(codes.DocumentTypes, h.DocumentType),
		"field.holder.document_number", h.DocumentNumber,
		"field.holder.document_address", h.DocumentAddress,
		"field.holder.superior", h.Superior,
		"field.holder.address", strings.TrimSpace(strings.Join(region, " ")+" "+h.Address),
	)
	groups := []factGroup{{Title: "holder.title", Facts: append(holder, managerFacts(name, codes, h.Manager)...)}}
	for _, s := range f.Sites {
		var domains, ips []string
		for _, d := range s.Domains {
			domains = append(domains, filing.DisplayDomain(d.Name))
		}
		var modes, places []int
		for _, a := range s.Accesses {
			modes, places = append(modes, a.Modes...), append(places, a.Places...)
			for _, r := range a.Addresses {
				ips = append(ips, filing.RangeOf(r.From, r.To).String())
			}
		}
		site := factsOf(
			"field.site.name", s.Name,
			"field.site.home_page", s.HomePage,
			"field.site.domains", t.List(domains),
			"field.site.ips", t.List(ips),
			"field.site.access_mode", name(codes.AccessModes, modes...),
			"field.site.server_place", name(codes.ServerPlaces, places...),
			"field.site.services", name(codes.Services, s.Services...),
			"field.site.pre_approvals", name(codes.PreApprovals, s.PreApprovals...),
		)
		groups = append(groups, factGroup{Title: "site.title", Facts: append(site, managerFacts(name, codes, s.Manager)...)})
	}
	return groups
}

func managerFacts(name func([]filing.Code, ...int) string, codes filing.Tables, m filing.Manager) []fact {
	return factsOf(
		"field.holder.manager_name", m.Name,
		"field.holder.manager_document_type", name(codes.DocumentTypes, m.DocumentType),
		"field.holder.manager_document_number", m.DocumentNumber,
		"field.holder.manager_office_phone", m.OfficePhone,
		"field.holder.manager_mobile", m.Mobile,
		"field.holder.manager_email", m.Email,
	)
}
