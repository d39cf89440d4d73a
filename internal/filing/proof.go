package filing

// Proofs are what staff may have seen before they correct a contact for a customer who
// lost a number or an address: keys of the locale files below "proof.".
var Proofs = []string{"identity_document", "business_licence", "sealed_letter", "video_call", "payment", "other"}
