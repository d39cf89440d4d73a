// Package totp is staff's second factor: one-time passwords by time (RFC 6238) of six
// digits and thirty seconds, as every authenticator has them, the picture that enrols
// a device, and recovery codes for when it is lost.
package totp

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"image/color"
	"strings"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	// Period is how long a code is shown.
	Period = 30 * time.Second
	// Skew is how many periods a device's clock may be off, either way.
	Skew = 1
	// secretBytes is what RFC 4226 recommends (4, R6).
	secretBytes = 20
	// recoveryCodes are given at once; each has 50 bits.
	recoveryCodes = 10
	recoveryChars = 10
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes a secret, in base32.
func NewSecret() string {
	secret := make([]byte, secretBytes)
	rand.Read(secret) //nolint:errcheck // never fails since Go 1.24
	return encoding.EncodeToString(secret)
}

// URL is what a device is enrolled by.
func URL(issuer, login, secret string) (string, error) {
	raw, err := encoding.DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("a second factor's secret: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, Secret: raw})
	if err != nil {
		return "", err
	}
	return key.URL(), nil
}

// Match finds the step whose code it is, among those around now that come after one
// that was used already.
func Match(secret, code string, now time.Time, used int64) (step int64, ok bool) {
	here := now.Unix() / int64(Period.Seconds())
	for step := here - Skew; step <= here+Skew; step++ {
		if step <= used {
			continue
		}
		right, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right {
			return step, true
		}
	}
	return 0, false
}

// Code is the code of a time, for tests and demonstrations.
func Code(secret string, at time.Time) (string, error) { return totp.GenerateCode(secret, at) }

// QR is a QR code (ISO/IEC 18004) as a page draws it.
type QR struct {
	// Size is the width of its square with the quiet zone, in modules; Path the dark
	// modules, in SVG's words.
	Size int
	Path string
}

// quietZone is what the standard wants around the code, in modules.
const quietZone = 4

// NewQR draws a text.
func NewQR(text string) (QR, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return QR{}, err
	}
	side := code.Bounds().Dx()
	var path strings.Builder
	for y := range side {
		for x := range side {
			if color.GrayModel.Convert(code.At(x, y)).(color.Gray).Y == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quietZone, y+quietZone)
			}
		}
	}
	return QR{side + 2*quietZone, path.String()}, nil
}

// RecoveryCodes makes codes to write down, in the form that NormaliseRecovery gives.
func RecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = rand.Text()[:recoveryChars]
	}
	return codes
}

// ShowRecovery groups a recovery code for reading.
func ShowRecovery(code string) string {
	return code[:recoveryChars/2] + "-" + code[recoveryChars/2:]
}

// ShowSecret groups a secret for typing.
func ShowSecret(secret string) string {
	var groups []string
	for len(secret) > 4 {
		groups, secret = append(groups, secret[:4]), secret[4:]
	}
	return strings.Join(append(groups, secret), " ")
}

// Normalise reads what was typed: spaces, hyphens and case don't count, and where a
// base32 text has none of them, 0 and 1 are O and I.
func Normalise(typed string) (code string, recovery bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "　", "").Replace(typed))
	if len(code) != recoveryChars {
		return code, false
	}
	return strings.NewReplacer("0", "O", "1", "I").Replace(code), true
}
