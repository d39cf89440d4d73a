package web

// CorrectionsShown bounds the list.
const CorrectionsShown = 20
