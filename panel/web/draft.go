package web

// DraftForms are the forms that are kept while they are typed.
var DraftForms = map[string]bool{FormHolder: true, FormSite: true, FormOwnership: true, FormEnding: true,
	FormPapers: true, DraftContact: true}

// The hidden fields of a form that has a draft: the draft's version when the page
// was made, and the page's own name.
const (
	FieldDraftVersion = "draft_version"
	FieldDraftTab     = "draft_tab"
)

// DraftState is what a page carries of its draft.
type DraftState struct {
	Version int64
	Tab     string
	// Key seals what the browser keeps of the form while it can't be saved.
	Key string
	// Conflict: another page saved since this one was made; Lines are the fields
	// that differ.
	Conflict bool
	Lines    []ConflictLine
}

// ConflictLine is a field that two pages filled differently; Label is its name where
// that isn't the text of the Key.
type ConflictLine struct{ Key, Label, Mine, Theirs string }

// draftSuffix is where the drafts of an order's form go, before there is a filing.
const draftSuffix = "/draft"
