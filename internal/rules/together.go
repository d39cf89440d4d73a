package rules

import "github.com/beian/beian/internal/filing"

// SitesTogether is how many sites a new filing's province takes at once; 0: any number. A nil book is the built-in one.
// A rule counts here however well it is known: more sites only wait, which is never wrong.
func SitesTogether(b *Book, d filing.Dossier) int {
	if b == nil {
		b = BuiltIn()
	}
	r, ok := b.One(CaseOf(d), SitesAtOnce)
	if !ok {
		return 0
	}
	return r.AtOnce(0)
}
