package filing

// Proofs are the kinds of proof that staff may see before they correct a contact for a customer who lost a number or an
// address: keys in the locale files below "contact_correction_proof.".
var Proofs = []string{"identity_document", "business_licence", "sealed_letter", "video_call", "payment", "other"}
