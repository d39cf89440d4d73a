package web

import "github.com/beian/beian/internal/filing"

// DraftForms are the forms that are saved while people type.
var DraftForms = map[string]bool{FormHolder: true, FormSite: true, FormOwnership: true, FormEnding: true,
	FormPapers: true, DraftContact: true}

// The hidden fields of a form with a draft: the draft's version when the page was rendered, and the page's own ID.
const (
	FieldDraftVersion = "draft_version"
	FieldDraftTab     = "draft_tab"
)

// DraftState is what a page knows about its draft.
type DraftState struct {
	Version int64
	Tab     string
	// Key encrypts what the browser keeps of the form while it can't be saved.
	Key string
	// Conflict is set when another page saved after this one was rendered; Lines are the fields that differ.
	Conflict bool
	Lines    []ConflictLine
}

// ConflictLine is a field with different values on two pages. Label is its name if that isn't the text of Key.
type ConflictLine struct{ Key, Label, Mine, Theirs string }

// draftSuffix is the path of the drafts of an order's form before there is a filing.
const draftSuffix = "/draft"

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
