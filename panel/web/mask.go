package web

import "strings"

// MaskMobile leaves enough of a mobile number for people to recognise their own.
func MaskMobile(mobile string) string {
	if len(mobile) < 11 {
		return ""
	}
	return mobile[:3] + "****" + mobile[len(mobile)-4:]
}

// MaskEmail is MaskMobile for a mail address.
func MaskEmail(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok {
		return ""
	}
	first := []rune(name)
	return string(first[:min(1, len(first))]) + "***@" + domain
}
