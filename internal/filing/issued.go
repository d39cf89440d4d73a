package filing

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/beian/beian/internal/textnorm"
)

const (
	// maxFilingPassword limits 备案密码; the bureaus' own are far shorter.
	maxFilingPassword = 64
	// MaxCertificate limits bazu.cert, in bytes; the bureau's has a few kilobytes.
	MaxCertificate = 1 << 20
)

// CertificateName is the usual name of the bureau's certificate file. Some bureaus call it bazs.cert.
const CertificateName = "bazu.cert"

// CertificatePath is where the bureau wants the certificate file on a site (安装说明: the cert folder below the document
// root); an empty name is CertificateName.
func CertificatePath(name string) string { return "cert/" + cmp.Or(name, CertificateName) }

// ValidCertificateName reports whether a file can be called so on every web space.
func ValidCertificateName(name string) bool { return certificateName.MatchString(name) }

var certificateName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$`)

// Issued is what the bureau issues with an approval, as typed by staff if no interface delivers it.
type Issued struct {
	// HolderNumber and SiteNumber are 主体备案号 and 网站备案号.
	HolderNumber, SiteNumber string
	// Password is 备案密码; not every filing gets one.
	Password string
	// Certificate is bazu.cert.
	Certificate []byte
}

// Normalise converts numbers to their standard form; invalid ones stay as typed for Validate to report. The holder's
// number is derived from the site's.
func (i *Issued) Normalise() {
	for _, text := range []*string{&i.HolderNumber, &i.SiteNumber} {
		*text = textnorm.Line(*text)
		if n, err := ParseNumber(*text); err == nil {
			*text = n.String()
		}
	}
	if site, err := ParseNumber(i.SiteNumber); err == nil && site.Site > 0 && i.HolderNumber == "" {
		i.HolderNumber = site.Holder()
	}
	i.Password = strings.TrimSpace(textnorm.Clean(i.Password))
}

// Validate checks what was issued for a dossier: it must be complete, because nothing else will deliver the rest. A
// deregistration needs nothing.
func (i Issued) Validate(d Dossier) Problems {
	var p Problems
	if d.Kind.Ends() {
		return p
	}
	if i.HolderNumber == "" && i.SiteNumber == "" {
		p.add("site_number", "required")
	}
	p.number("site_number", i.SiteNumber, true, d)
	site, err := ParseNumber(i.SiteNumber)
	switch {
	case err != nil || site.Site == 0:
		p.number("holder_number", i.HolderNumber, false, d)
	case i.HolderNumber != site.Holder():
		if p.number("holder_number", i.HolderNumber, false, d); len(p) == 0 {
			p.add("site_number", "numbers_differ")
		}
	}
	p.text("password", i.Password, false, maxFilingPassword)
	switch {
	case len(i.Certificate) > MaxCertificate:
		p.add("certificate", "certificate_big", "max", MaxCertificate>>20)
	case i.Certificate != nil && len(i.Certificate) == 0:
		p.add("certificate", "certificate_empty")
	case err == nil && site.OtherNumberIn(i.Certificate) != "":
		p.add("certificate", "certificate_other_number", "number", site.OtherNumberIn(i.Certificate))
	}
	return p
}

// number checks a filing number issued for a dossier: its format, its province, and, if the holder was filed before,
// that it is the holder's.
func (p *Problems) number(field, text string, ofSite bool, d Dossier) {
	if text == "" {
		return
	}
	n, err := ParseNumber(text)
	switch {
	case err != nil:
		p.add(field, "filing_number")
		return
	case ofSite && (n.Site == 0 || n.App != ""):
		p.add(field, "filing_number_of_site")
		return
	case !ofSite && n.Site != 0:
		p.add(field, "filing_number_of_holder")
		return
	}
	if province := d.Bureau(); province != "" && n.Sign != "" && n.Province() != province {
		p.add(field, "filing_number_province", "sign", ProvinceSign(province))
		return
	}
	if known, err := ParseNumber(d.KnownNumber()); err == nil && known.Holder() != n.Holder() {
		p.add(field, "filing_number_other", "number", known.Holder())
	}
}

// KnownNumber is the filing number that a dossier is about: the site's, or else the holder's; empty for a holder that
// is filed for the first time.
func (d Dossier) KnownNumber() string { return cmp.Or(d.Subject.Number(), d.OwnershipProof.Number) }
