package filing

// Attention is what needs the customer's attention besides the stage; its page text is "attention.<value>".
type Attention string

// The values.
const (
	// AttentionSMSRecipient and AttentionMailRecipient: a code couldn't be delivered.
	AttentionSMSRecipient  Attention = "sms_recipient"
	AttentionMailRecipient Attention = "mail_recipient"
	// AttentionSentBack: vetting sent the dossier back.
	AttentionSentBack Attention = "sent_back"
	// AttentionRefused: the bureau refused it for a reason that the customer must fix.
	AttentionRefused Attention = "refused"
	// AttentionRefusedOurs: the bureau refused it for a reason that the provider must fix.
	AttentionRefusedOurs Attention = "refused_ours"
	// AttentionSMSVerification: the bureau waits for its own SMS code; AttentionSMSVerificationExpired: its time limit
	// has passed.
	AttentionSMSVerification        Attention = "sms_verification"
	AttentionSMSVerificationExpired Attention = "sms_verification_expired"
	// AttentionSMSVerificationReturned: the bureau returned the filing because nobody answered in time; nothing else is
	// wrong with it.
	AttentionSMSVerificationReturned Attention = "sms_verification_returned"
	// AttentionReturnedTogether: the bureau returned the filing only because of another site of the same record, with
	// which it is submitted again.
	AttentionReturnedTogether Attention = "returned_together"
	// What the site lacks in the stage Installing.
	AttentionFooterMissing      Attention = "footer_missing"
	AttentionCertificateMissing Attention = "certificate_missing"
	AttentionInstallByHand      Attention = "install_by_hand"
)

// Attentions lists the values, without the empty one.
var Attentions = []Attention{
	AttentionSMSRecipient, AttentionMailRecipient, AttentionSentBack, AttentionRefused, AttentionRefusedOurs,
	AttentionSMSVerification, AttentionSMSVerificationExpired, AttentionSMSVerificationReturned,
	AttentionReturnedTogether, AttentionFooterMissing, AttentionCertificateMissing, AttentionInstallByHand,
}

// Turn is who must act next on a filing.
type Turn string

// The values; their page texts are "turn.<value>".
const (
	TurnNobody   Turn = ""
	TurnCustomer Turn = "customer"
	TurnStaff    Turn = "support"
	TurnSystem   Turn = "system"
	TurnBureau   Turn = "bureau"
)

// TurnOf decides whose turn it is. Staff come first: while a step is stuck, or the provider must fix a refusal, the
// customer can't move the filing.
func TurnOf(stage Stage, attention Attention, stuck bool) Turn {
	switch {
	case stage == "" || stage.Final():
		return TurnNobody
	case stuck, attention == AttentionRefusedOurs:
		return TurnStaff
	case attention == AttentionSMSVerification:
		return TurnCustomer
	case attention == AttentionReturnedTogether:
		return TurnSystem // the other site's filing has the turn
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
