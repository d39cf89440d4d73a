package rules

import "github.com/beian/beian/internal/filing"

// FooterSuffices is the part of a site's number that its province wants in the footer instead of the whole: the
// holder's number; empty: the province wants the whole. The whole is accepted everywhere. A nil book has no rules.
func (b *Book) FooterSuffices(number string) string {
	n, err := filing.ParseNumber(number)
	if b == nil || err != nil || n.Site == 0 {
		return ""
	}
	if r, ok := b.One(Case{Province: n.Province()}, FooterNumberKind); !ok || r.Value != "holder" {
		return ""
	}
	return n.Holder()
}
