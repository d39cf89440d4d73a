package filing

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// SMSVerificationSite is where the code of the ministry's SMS verification (短信核验) is entered, in every province since
// 17 August 2020: the managers of a filing get a code of six digits and enter it, before the bureau reviews the filing.
const SMSVerificationSite = "https://beian.miit.gov.cn/"

// VerifiedBySMS reports whether filings of the kind are verified: all but cancelling an access.
func (k Kind) VerifiedBySMS() bool { return k.Operation() != 0 && k.Spec().Ends != EndsAccess }

// SMSRole is in which role a person verifies.
type SMSRole string

// The roles: 主体负责人 and 网站负责人.
const (
	SMSHolderManager SMSRole = "holder"
	SMSSiteManager   SMSRole = "site"
)

// SMSVerifier is a person who must verify a filing.
type SMSVerifier struct {
	// Roles has both if the same person is both managers, who then gets one code.
	Roles []SMSRole
	// Manager is empty if we don't know the person: a new access is verified by the manager whom the bureau already has.
	Manager Manager
	// Domain is the site whose manager this is, if that site travels in the filing's record; empty: the filing's own.
	Domain string
}

// Key names the verifier within the filing, without naming the person.
func (v SMSVerifier) Key() string {
	var roles []string
	for _, role := range v.Roles {
		roles = append(roles, string(role))
	}
	key := strings.Join(roles, "+")
	if v.Domain != "" {
		key += "@" + v.Domain
	}
	return key
}

// SMSVerifierOf reads a Key: the roles as in one without a site, and the site's domain.
func SMSVerifierOf(key string) (roles, domain string) {
	roles, domain, _ = strings.Cut(key, "@")
	return roles, domain
}

// Is reports whether both are the same person, who gets one code.
func (v SMSVerifier) Is(o SMSVerifier) bool {
	return v.Manager.Mobile == o.Manager.Mobile && v.Manager.DocumentNumber == o.Manager.DocumentNumber
}

// SMSVerifiers are the people in some roles who must verify the dossier, each once; none if its kind isn't verified.
// rules.Book.SMSRoles are the roles of a kind.
func (d Dossier) SMSVerifiers(roles []SMSRole) (list []SMSVerifier) {
	switch {
	case !d.Kind.VerifiedBySMS():
		return nil
	case d.Kind == KindNewAccess: // by those who are filed, whom we may not know
		for _, role := range roles {
			list = append(list, SMSVerifier{Roles: []SMSRole{role}})
		}
		return list
	case d.Kind == KindNewSite && !d.TwoManagers(): // so is the holder's
		roles = slices.DeleteFunc(slices.Clone(roles), func(r SMSRole) bool { return r == SMSHolderManager })
	}
	for _, role := range roles {
		verifier := SMSVerifier{Roles: []SMSRole{role}, Manager: d.managerAs(role)}
		if same := slices.IndexFunc(list, verifier.Is); same >= 0 {
			list[same].Roles = append(list[same].Roles, role)
		} else {
			list = append(list, verifier)
		}
	}
	return list
}

// SMSVerifiersWith adds to those of a filing that carries others the managers of their sites, given by domain, who get
// codes of their own.
func (d Dossier) SMSVerifiersWith(roles []SMSRole, others map[string]Dossier) []SMSVerifier {
	list := d.SMSVerifiers(roles)
	for _, domain := range slices.Sorted(maps.Keys(others)) {
		for _, verifier := range others[domain].SMSVerifiers(roles) {
			if !slices.ContainsFunc(list, verifier.Is) {
				verifier.Domain = domain
				list = append(list, verifier)
			}
		}
	}
	return list
}

// managerAs is the manager in a role.
func (d Dossier) managerAs(role SMSRole) Manager {
	if role == SMSSiteManager {
		return d.SiteManager()
	}
	return d.Holder.Manager
}

// verificationReturned finds that an opinion is about the verification's time limit, in the words of bureaus: 未在规定时间内完成
// 短信核验, 短信核验超时, 逾期未核验.
var verificationReturned = regexp.MustCompile(
	`(短信)?(核验|验证)[^。；;]{0,12}(超时|逾期|超期|过期|超过)|(超时|逾期|未(在|按|能|及时|完成|进行|通过))[^。；;]{0,16}(短信(核验|验证|校验)|核验)`)

// VerificationRanOut reports whether the bureau's opinion says that it returns a filing only because nobody verified it
// in time, or the tries were used up.
func VerificationRanOut(opinion string) bool {
	return strings.Contains(opinion, "短信") && verificationReturned.MatchString(opinion)
}
