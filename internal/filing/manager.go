package filing

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/beian/beian/internal/textnorm"
)

// Manager is a natural person who is responsible for a holder (主体负责人) or a site (网站负责人).
type Manager struct {
	Name           string `json:"name"`
	DocumentType   int    `json:"document_type"`
	DocumentNumber string `json:"document_number"`
	// OfficePhone is area code, hyphen, number: 021-12345678.
	OfficePhone string `json:"office_phone"`
	Mobile      string `json:"mobile"`
	Email       string `json:"email"`
	// EmergencyPhone (应急电话) reaches somebody when the manager can't be reached: a mobile, or a number like
	// OfficePhone. Empty: none.
	EmergencyPhone string `json:"emergency_phone,omitempty"`
	// LegalRepresentative says whether an organisation's manager is its legal representative (法定代表人): Yes, No, or
	// empty if nobody asked. It is asked about the holder's manager only.
	LegalRepresentative string `json:"legal_representative,omitempty"`
}

// Answers to a question of a form; empty: unanswered.
const (
	Yes = "yes"
	No  = "no"
)

// Normalise brings what was typed into its normal form.
func (m *Manager) Normalise() {
	m.Name, m.DocumentNumber = textnorm.Line(m.Name), DocumentNumberKey(m.DocumentNumber)
	m.OfficePhone = normaliseOfficePhone(m.OfficePhone)
	m.Mobile, m.Email = NormaliseMobile(m.Mobile), NormaliseEmail(m.Email)
	m.EmergencyPhone = normaliseEmergencyPhone(m.EmergencyPhone)
	m.LegalRepresentative = textnorm.Code(m.LegalRepresentative)
	if m.LegalRepresentative != Yes && m.LegalRepresentative != No {
		m.LegalRepresentative = ""
	}
}

func normaliseEmergencyPhone(text string) string {
	if mobile := NormaliseMobile(text); mobileForm.MatchString(mobile) {
		return mobile
	}
	return normaliseOfficePhone(text)
}

// EmergencyPhone is a text as an emergency phone; empty if it is none.
func EmergencyPhone(text string) string {
	phone := normaliseEmergencyPhone(text)
	if !mobileForm.MatchString(phone) && !officePhoneForm.MatchString(phone) {
		return ""
	}
	return phone
}

// Is reports whether both are the same person, by their documents.
func (m Manager) Is(o Manager) bool { return m.DocumentNumber == o.DocumentNumber }

// officePhone writes area code and extension with hyphens.
var officePhone = strings.NewReplacer("(", "", ")", "-", "转", "-")

var hyphens = regexp.MustCompile(`-{2,}`)

func normaliseOfficePhone(text string) string {
	return oneHyphen(officePhone.Replace(textnorm.Code(text)))
}

func oneHyphen(text string) string { return hyphens.ReplaceAllString(text, "-") }

var officePhoneForm = regexp.MustCompile(`^0\d{2,3}-\d{7,8}(-\d{1,6})?$`)

// manager checks a manager for a holder of a nature; the office phone is required for organisations (Fzr_dhhm).
func (p *Problems) manager(m Manager, nature int, today time.Time, t Tables) {
	p.text("manager_name", m.Name, true, maxPersonName)
	p.choice("manager_document_type", t.DocumentsFor(NaturePerson), m.DocumentType)
	p.document("manager_document_number", m.DocumentType, m.DocumentNumber, today)
	switch {
	case m.OfficePhone == "" && nature != NaturePerson:
		p.add("manager_office_phone", "required")
	case m.OfficePhone != "" && !officePhoneForm.MatchString(m.OfficePhone):
		p.add("manager_office_phone", "office_phone_invalid")
	}
	p.mobile("manager_mobile", m.Mobile)
	p.email("manager_email", m.Email)
	if e := m.EmergencyPhone; e != "" && EmergencyPhone(e) == "" {
		p.add("manager_emergency_phone", "emergency_phone_invalid")
	}
}

// managerOther is the site form's field that says whether the site has a manager of its own. The fields of that manager
// have the names of those of the holder's.
const managerOther = "manager_other"

// legalRepresentative is the holder form's field about its manager.
const legalRepresentative = "manager_legal_representative"

// isManagerField reports whether a field of the holder's or the site's form is a manager's own.
func isManagerField(field string) bool {
	return strings.HasPrefix(field, "manager_") && field != managerOther
}

// SiteManager is 网站负责人: the site's own manager, or else the holder's.
func (d Dossier) SiteManager() Manager {
	if d.Site.OtherManager {
		return d.Site.Manager
	}
	return d.Holder.Manager
}

// TwoManagers reports whether holder and site have different managers.
func (d Dossier) TwoManagers() bool {
	return d.Site.OtherManager && !d.Site.Manager.Is(d.Holder.Manager)
}

// ManagerIsLegalRepresentative says whether the manager in a role is the organisation's legal representative. Nobody is
// asked about a site's own manager: who isn't the holder's manager may be it only if that one isn't.
func (d Dossier) ManagerIsLegalRepresentative(role SMSRole) string {
	answer := d.Holder.Manager.LegalRepresentative
	if role == SMSSiteManager && d.TwoManagers() {
		return map[string]string{Yes: No}[answer]
	}
	return answer
}

// ValidateSite checks the site's form: a normalised site, and its own manager if it has one.
func (d Dossier) ValidateSite(t Tables) Problems { return d.ValidateSiteOn(time.Now(), t) }

// ValidateSiteOn checks the site's form as of a day.
func (d Dossier) ValidateSiteOn(today time.Time, t Tables) Problems {
	p := d.Site.Validate(t)
	if p.For("domains") == nil {
		p.siteDomains(d)
	}
	if d.Site.OtherManager {
		p.manager(d.Site.Manager, d.Holder.Nature, today, t)
	}
	return p
}

// takeManagers takes the managers that the bureau has: a site's own one if it says something else there than of the
// holder's. What it may not have (emergency phone, whether somebody is the legal representative) stays, for the same
// person, as does the site's manager if it has none.
func (d *Dossier) takeManagers(holder, site Manager) {
	before := []Manager{d.Holder.Manager, d.SiteManager()}
	taken := func(m Manager) Manager {
		for _, b := range before {
			if m.Is(b) {
				m.EmergencyPhone = cmp.Or(m.EmergencyPhone, b.EmergencyPhone)
				m.LegalRepresentative = cmp.Or(m.LegalRepresentative, b.LegalRepresentative)
			}
		}
		return m
	}
	d.Holder.Manager = taken(holder)
	if site == (Manager{}) {
		return
	}
	d.Site.OtherManager, d.Site.Manager = site.contradicts(holder), Manager{}
	if d.Site.OtherManager {
		d.Site.Manager = taken(site)
		d.Site.Manager.LegalRepresentative = ""
	}
}

// contradicts reports whether a value that both have differs.
func (m Manager) contradicts(o Manager) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	return differ(m.Name, o.Name) || differ(m.DocumentNumber, o.DocumentNumber) || differ(m.Mobile, o.Mobile) ||
		differ(m.Email, o.Email) || differ(m.OfficePhone, o.OfficePhone)
}

// ManagerFields are the fields of which managers a refusal is about, as "form.field": the code's table names one of the
// holder's manager. The opinion may say which of the two it is; otherwise both are asked to look.
func (d Dossier) ManagerFields(about, opinion string) []string {
	form, field, _ := strings.Cut(about, ".")
	if form != FormHolder || !isManagerField(field) || field == legalRepresentative || !d.Asks(FormSite, field) {
		return []string{about}
	}
	ofSite := FormSite + "." + field
	holders, sites := strings.Contains(opinion, "主体负责人"), strings.Contains(opinion, "网站负责人")
	switch {
	case sites && !holders:
		return []string{ofSite}
	case holders && !sites:
		return []string{about}
	}
	return []string{about, ofSite}
}
