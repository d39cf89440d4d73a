package filing

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

// The shortest passwords of the panel's accounts, in characters; staff see everybody's data.
const (
	minCustomerPassword = 8
	minStaffPassword    = 12
)

const (
	// weakestPassword is the lowest of zxcvbn's scores (0 to 4) that isn't in a list of common passwords, or nearly.
	weakestPassword = 2
	// scoredPassword is how much of a password is scored: the effort grows with the square of the length.
	scoredPassword = 48
)

// ValidateAccountPassword checks a new password for the panel: long enough for whom it is for, and not one that is
// tried first because many people have it.
func ValidateAccountPassword(password, again, login string, staff bool) Problems {
	least := minCustomerPassword
	if staff {
		least = minStaffPassword
	}
	var p Problems
	switch {
	case password == "":
		p.add("password", "required")
	case utf8.RuneCountInString(password) < least:
		p.add("password", "password_short", "min", least)
	case len(password) > maxPassword:
		p.add("password", "too_long", "max", maxPassword)
	case strings.EqualFold(password, login):
		p.add("password", "password_is_user_name")
	case common(password, login):
		p.add("password", "password_common")
	}
	if password != again {
		p.add("password_again", "password_differs")
	}
	return p
}

// common reports whether a password is a common one, or one varied a little, or made of the login.
func common(password, login string) bool {
	start := []rune(password)
	start = start[:min(len(start), scoredPassword)]
	known := slices.DeleteFunc([]string{login, "beian", "icp", "备案"}, func(word string) bool { return word == "" })
	return zxcvbn.PasswordStrength(string(start), known).Score < weakestPassword
}
