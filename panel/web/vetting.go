package web

import (
	"time"
)

// defaultCheckLease is how long a dossier stays a reviewer's who does nothing about it.
const defaultCheckLease = 30 * time.Minute
