package filing

import (
	"maps"
	"slices"
)

// entered has the kinds of a timeline's lines that tell of a new stage.
var entered = map[string]Stage{
	"opened": Contact, "contact_given": Verifying, "verified": Preparing, "follow_up_opened": Preparing, "handed_in": Checking, "submitting": Submitting,
	"accepted": Reviewing, "refused": Correcting, "sent_back": Correcting, "approved": Installing, "register_installing": Installing, "filed": Filed,
	"ended": Deregistered, "deregistered": Deregistered, "taken_off": Deregistered, "withdrawn": Withdrawn,
}

// StageEntered is the stage that a kind of a timeline's line tells of; false for kinds that
// leave a filing in its stage.
func StageEntered(kind string) (Stage, bool) {
	stage, ok := entered[kind]
	return stage, ok
}

// StageKinds are the kinds of a timeline's lines that tell of a new stage.
func StageKinds() []string { return slices.Sorted(maps.Keys(entered)) }
