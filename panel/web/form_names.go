package web

import (
	"github.com/beian/beian/internal/filing"
)

// DraftContact is the draft of the contact's form.
const DraftContact = "contact"

// The forms that make a dossier; papers have a page of their own (资料上传).
const (
	FormHolder    = filing.FormHolder
	FormSite      = filing.FormSite
	FormOwnership = filing.FormOwnership
	FormEnding    = filing.FormEnding
	FormPapers    = filing.FormPapers
)

const (
	// FormRegister is the form that registers an existing number.
	FormRegister = "register"
	registerPath = "/orders/:number/register"
)
