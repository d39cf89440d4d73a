package staff

import (
	"strings"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

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
