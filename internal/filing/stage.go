// Package filing is the domain of ICP filing (备案): the filing and its stages, the holder, the site, the rules of every
// field and the code tables. It does no I/O and doesn't depend on Temporal.
package filing

import "slices"

// Stage is the stage of a filing. The table of stages is in docs/architecture.md.
type Stage string

const (
	// Contact waits for the legal notice and the contact's details (登记联系人).
	Contact Stage = "contact"
	// Verifying waits for the SMS code and the mail code (身份验证).
	Verifying Stage = "verifying"
	// Preparing waits for the holder's and the site's forms (填写备案信息).
	Preparing Stage = "preparing"
	// Vetting waits for the provider's own reviewer (初审).
	Vetting Stage = "vetting"
	// Submitting waits for a data file with the record to be accepted (上报管局).
	Submitting Stage = "submitting"
	// Reviewing waits for the bureau's decision (管局审核).
	Reviewing Stage = "reviewing"
	// Correcting waits for the customer to correct what was refused (驳回待修改).
	Correcting Stage = "correcting"
	// Installing installs the certificate on the site and waits for the number in its footer (安装证书).
	Installing Stage = "installing"
	// Filed: complete, with the number on the order (已备案).
	Filed Stage = "filed"
	// Withdrawn: ended without a number (已撤销).
	Withdrawn Stage = "withdrawn"
	// Deregistered: ended by the bureau after completion (已注销).
	Deregistered Stage = "deregistered"
)

// Stages lists the stages in the order of a filing's life.
var Stages = []Stage{Contact, Verifying, Preparing, Vetting, Submitting, Reviewing, Correcting, Installing, Filed,
	Withdrawn, Deregistered}

// Final reports whether a filing in this stage is over.
func (s Stage) Final() bool { return s == Filed || s == Withdrawn || s == Deregistered }

// Withdrawable reports whether a customer may still withdraw: after the record was submitted, only the bureau can end
// it.
func (s Stage) Withdrawable() bool {
	return slices.Contains([]Stage{Contact, Verifying, Preparing, Vetting, Correcting}, s)
}
