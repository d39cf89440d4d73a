package filing

// Attention is what a customer must look at besides the stage; the pages' texts are
// "attention.<value>".
type Attention string

// The values.
const (
	// AttentionSMSRecipient and AttentionMailRecipient: a code could not be delivered.
	AttentionSMSRecipient  Attention = "sms_recipient"
	AttentionMailRecipient Attention = "mail_recipient"
	// AttentionSentBack: our own reviewers sent the dossier back.
	AttentionSentBack Attention = "sent_back"
	// AttentionRefused: the bureau refused it for something of the customer's.
	AttentionRefused Attention = "refused"
	// AttentionRefusedOurs: the bureau refused it for something that the provider must fix.
	AttentionRefusedOurs Attention = "refused_ours"
	// AttentionSMSVerification: the bureau awaits its own SMS code; AttentionSMSVerificationExpired: the
	// time for that is over.
	AttentionSMSVerification        Attention = "sms_verification"
	AttentionSMSVerificationExpired Attention = "sms_verification_expired"
	// What the site lacks while the certificate is installed.
	AttentionFooterMissing      Attention = "footer_missing"
	AttentionCertificateMissing Attention = "certificate_missing"
	AttentionInstallByHand      Attention = "install_by_hand"
)

// Attentions lists the values; the empty one is none of them.
var Attentions = []Attention{
	AttentionSMSRecipient, AttentionMailRecipient, AttentionSentBack, AttentionRefused, AttentionRefusedOurs,
	AttentionSMSVerification, AttentionSMSVerificationExpired, AttentionFooterMissing, AttentionCertificateMissing, AttentionInstallByHand,
}

// Turn is who must act next on a filing.
type Turn string

// The values; "turn.<value>" are the pages' texts.
const (
	TurnNobody   Turn = ""
	TurnCustomer Turn = "customer"
	TurnStaff    Turn = "support"
	TurnSystem   Turn = "system"
	TurnBureau   Turn = "bureau"
)

// TurnOf decides whose turn it is. Staff come first: while a step is stuck, or the provider
// must fix what the bureau refused, nothing that the customer does moves the filing.
func TurnOf(stage Stage, attention Attention, stuck bool) Turn {
	switch {
	case stage == "" || stage.Final():
		return TurnNobody
	case stuck, attention == AttentionRefusedOurs:
		return TurnStaff
	case attention == AttentionSMSVerification:
		return TurnCustomer
	}
	switch stage {
	case Contact, Verifying, Preparing, Correcting:
		return TurnCustomer
	case Vetting:
		return TurnStaff
	case Reviewing:
		return TurnBureau
	case Installing:
		if attention != "" {
			return TurnCustomer
		}
	}
	return TurnSystem
}
