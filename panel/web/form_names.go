package web

import (
	"github.com/beian/beian/internal/filing"
)

// DraftContact names the draft of the contact form.
const DraftContact = "contact"

// The forms of a dossier. Papers have their own page (资料上传).
const (
	FormHolder    = filing.FormHolder
	FormSite      = filing.FormSite
	FormOwnership = filing.FormOwnership
	FormEnding    = filing.FormEnding
	FormPapers    = filing.FormPapers
)

const (
	// FormRegister registers an existing filing number.
	FormRegister = "register"
	registerPath = "/orders/:number/register"
)
