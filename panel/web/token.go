package web

import (
	"crypto/rand"
	"database/sql"
	"encoding/hex"
)

// NewToken identifies one rendering of a form, so that sending it twice creates only one row.
func NewToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// ValidToken reports whether a text has the form of a token from NewToken.
func ValidToken(token string) bool {
	raw, err := hex.DecodeString(token)
	return err == nil && len(raw) == 16
}

// NullID is an ID that may be missing (0).
func NullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }
