package filing

// Unfit is why our own check left a record out of a data file: the bureau has never seen it. The zero value fits.
type Unfit struct {
	// Code is the result code that the bureau would answer.
	Code int
	// Field is what the record's customer can correct ("form.field"); empty: nothing, so staff must act.
	Field string
	// Character is the one that data files can't hold, if that is the reason.
	Character string
}

// ActorOwnCheck is who decides on a record that our own check left out of a data file.
const ActorOwnCheck = "check"
