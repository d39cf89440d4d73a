package web

import (
	"time"
)

// defaultVettingLease is how long a dossier stays a reviewer's who does nothing about it.
const defaultVettingLease = 30 * time.Minute
