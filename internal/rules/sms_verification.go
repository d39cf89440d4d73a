package rules

import (
	"slices"
	"strconv"

	"github.com/beian/beian/internal/filing"
)

// Items of the facts about the SMS verification that code reads (sms.tsv).
const (
	smsWho     = "who_verifies"
	smsTries   = "wrong_tries_max"
	smsResends = "resends_max"
)

// SMSRoles are the managers who verify filings of a kind by SMS. A change is verified by those whose part it touches;
// whoever may be asked is among them.
func (b *Book) SMSRoles(kind filing.Kind) (roles []filing.SMSRole) {
	who := map[filing.SMSRole]string{filing.SMSHolderManager: "holder_manager", filing.SMSSiteManager: "site_manager"}
	for _, role := range []filing.SMSRole{filing.SMSHolderManager, filing.SMSSiteManager} {
		if slices.ContainsFunc(b.Verified(smsWho, string(kind.OrNew())), func(v Verification) bool {
			return slices.Contains(v.Who, who[role])
		}) {
			roles = append(roles, role)
		}
	}
	return roles
}

// SMSLimits are how many wrong entries the SMS verification allows (the next one returns the filing) and how often the
// code can be sent again, with where that comes from; 0: nobody says.
func (b *Book) SMSLimits(kind filing.Kind) (tries, resends int, origins []Origin) {
	read := func(item string) int {
		facts := b.Verified(item, string(kind.OrNew()))
		if len(facts) == 0 {
			return 0
		}
		n, err := strconv.Atoi(facts[0].Value)
		if err != nil {
			return 0
		}
		origins = append(origins, facts[0].Origin)
		return n
	}
	tries, resends = read(smsTries), read(smsResends)
	return tries, resends, origins
}
