// Package totp is staff's second factor: time-based one-time passwords (RFC 6238) of six digits and thirty
// seconds, which every authenticator supports, the QR code that enrols a device, and recovery codes for a lost
// one.
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

	"github.com/beian/beian/internal/textnorm"
)

const (
	// Period is how long a code is shown.
	Period = 30 * time.Second
	// Skew is how many periods a device's clock may be off, either way.
	Skew = 1
	// secretBytes is RFC 4226's recommendation (4, R6).
	secretBytes = 20
	// recoveryCodes is how many are issued at once; each has 50 bits.
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

// URL is the otpauth URL that enrols a device.
func URL(issuer, login, secret string) (string, error) {
	raw, err := encoding.DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("creating a secret: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: login, Secret: raw})
	if err != nil {
		return "", err
	}
	return key.URL(), nil
}

// Match finds the time step of a code, among those around now that are later than the last one used.
func Match(secret, code string, now time.Time, used int64) (step int64, ok bool) {
	here := now.Unix() / int64(Period.Seconds())
	for step := here - Skew; step <= here+Skew; step++ {
		if step <= used {
			continue
		}
		right, err := hotp.ValidateCustom(code, uint64(step), secret,
			hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && right {
			return step, true
		}
	}
	return 0, false
}

// Code is the code for a time, for tests and demonstrations.
func Code(secret string, at time.Time) (string, error) { return totp.GenerateCode(secret, at) }

// QR is a QR code (ISO/IEC 18004) for drawing on a page.
type QR struct {
	// Size is the width of its square with the quiet zone, in modules; Path is an SVG path of the dark modules.
	Size int
	Path string
}

// quietZone is the empty border that the standard requires, in modules.
const quietZone = 4

// NewQR encodes a text.
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

// RecoveryCodes makes codes to write down, in Normalise's form.
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

// Normalise reads typed input: spaces, hyphens and case don't count, and 0 and 1, which base32 lacks, are read as
// O and I.
func Normalise(typed string) (code string, recovery bool) {
	code = strings.ToUpper(strings.ReplaceAll(textnorm.Code(typed), "-", ""))
	if len(code) != recoveryChars {
		return code, false
	}
	return strings.NewReplacer("0", "O", "1", "I").Replace(code), true
}
