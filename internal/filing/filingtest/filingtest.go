// Package filingtest has sample forms, of fictitious people and companies, for tests and the demonstration.
package filingtest

import "github.com/beian/beian/internal/filing"

// Contact is a sample contact; every personal value in it is easy to search for.
func Contact() filing.ContactDetails {
	return filing.ContactDetails{
		UserName: "测试用户_01", Province: "310000", Name: "林测试", Mobile: "13900001234",
		Email: "lin.ceshi@example.com", Remark: "备注无",
	}
}

// PersonHolder is an individual who holds a site.
func PersonHolder() filing.Holder {
	return filing.Holder{
		Name: "林测试", Nature: filing.NaturePerson, DocumentType: filing.DocumentResidentID,
		DocumentNumber: "310101199003070035", DocumentAddress: "上海市黄浦区样例路 100 号", Superior: "林测试",
		Province: "310000", City: "310100", County: "310101", Address: "样例路 100 号 2 单元 301 室",
		Manager: filing.Manager{
			Name: "林测试", DocumentType: filing.DocumentResidentID, DocumentNumber: "310101199003070035",
			OfficePhone: "021-55550123", Mobile: "13900001234", Email: "lin.ceshi@example.com",
			EmergencyPhone: "13700005678",
		},
	}
}

// CompanyHolder is a company that holds a site.
func CompanyHolder() filing.Holder {
	h := PersonHolder()
	h.Name, h.Superior = "上海样例网络科技有限公司", "上海样例网络科技有限公司"
	h.Nature, h.DocumentType, h.DocumentNumber = filing.NatureEnterprise, filing.DocumentBusinessLicence,
		"91310101MA1FP0000H"
	h.Manager.LegalRepresentative = filing.Yes
	return h
}

// SiteManager is somebody else than the holder's manager.
func SiteManager() filing.Manager {
	return filing.Manager{
		Name: "陈测试", DocumentType: filing.DocumentResidentID, DocumentNumber: "310101198505120042",
		OfficePhone: "021-55550124", Mobile: "13800005678", Email: "chen.ceshi@example.com",
		EmergencyPhone: "13600009012",
	}
}

// TwoManagers gives a company's dossier a manager for its site who isn't the holder's.
func TwoManagers(d filing.Dossier) filing.Dossier {
	d.Holder, d.Site.OtherManager, d.Site.Manager = CompanyHolder(), true, SiteManager()
	return d
}

// Site is a site with a domain and an address.
func Site(domain, ip string) filing.Site {
	return filing.Site{
		Name: "林测试的读书笔记", HomePage: "http://" + domain + "/", Provider: "样例主机", AccessMode: 3, ServerPlace: 9,
		Domains: []string{domain}, IPs: []string{ip}, Languages: []int{1}, Services: []int{2},
	}
}

// Dossier is an individual's dossier.
func Dossier() filing.Dossier {
	return filing.Dossier{Holder: PersonHolder(), Site: Site("www.example.com", "192.0.2.10")}
}
