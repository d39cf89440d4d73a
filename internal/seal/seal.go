// Package seal protects personal data and credentials at rest: sealing (AEAD, bound to the row and column that hold the
// ciphertext), keyed hashes for look-ups, and the derivation of one-time codes. It is a thin layer over Tink, whose
// keysets make rotation a matter of adding a key.
package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// HashSize is the length of a keyed hash in bytes.
const HashSize = 32

// Keys seals, opens and hashes. It is safe for concurrent use.
type Keys struct {
	aead tink.AEAD
	prfs *prf.Set
}

// file is the format of a key file: two Tink keysets as JSON.
type file struct {
	Seal json.RawMessage `json:"seal"`
	Hash json.RawMessage `json:"hash"`
}

// Generate makes a new key file.
func Generate() ([]byte, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	hashing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, err
	}
	return write(sealing, hashing)
}

// Rotate adds a new primary sealing key to a key file: new data uses it, and old data still opens. The hashing key
// stays, because rows are looked up by it.
func Rotate(keyFile []byte) ([]byte, error) {
	sealing, hashing, err := read(keyFile)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(sealing)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, err
	}
	if sealing, err = m.Handle(); err != nil {
		return nil, err
	}
	return write(sealing, hashing)
}

// Load reads a key file made by Generate or Rotate.
func Load(keyFile []byte) (*Keys, error) {
	sealing, hashing, err := read(keyFile)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(sealing)
	if err != nil {
		return nil, fmt.Errorf("key file: seal: %w", err)
	}
	p, err := prf.NewPRFSet(hashing)
	if err != nil {
		return nil, fmt.Errorf("key file: hash: %w", err)
	}
	return &Keys{aead: a, prfs: p}, nil
}

// Seal encrypts plain; it only opens with the same additional data ("contacts/17").
func (k *Keys) Seal(aad string, plain []byte) ([]byte, error) {
	return k.aead.Encrypt(plain, []byte(aad))
}

// Open decrypts the output of Seal with the same additional data.
func (k *Keys) Open(aad string, sealed []byte) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(aad))
	if err != nil {
		return nil, fmt.Errorf("opening %s: wrong key, wrong additional data or damaged", aad)
	}
	return plain, nil
}

// SealJSON seals the JSON of v.
func (k *Keys) SealJSON(aad string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return k.Seal(aad, plain)
}

// OpenJSON opens the output of SealJSON into v.
func (k *Keys) OpenJSON(aad string, sealed []byte, v any) error {
	plain, err := k.Open(aad, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// Hash is the keyed hash of a value, for equality look-ups. Use separates kinds of values, so that equal values of
// different uses don't match.
func (k *Keys) Hash(use, value string) ([]byte, error) {
	return k.prfs.ComputePrimaryPRF(message(use, []byte(value)), HashSize)
}

// Same reports, in constant time, whether hash is the keyed hash of value.
func (k *Keys) Same(hash []byte, use, value string) (bool, error) {
	want, err := k.Hash(use, value)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(hash, want) == 1, nil
}

// Nonce returns random bytes for Digits.
func Nonce() []byte {
	nonce := make([]byte, 16)
	rand.Read(nonce) //nolint:errcheck // never fails since Go 1.24
	return nonce
}

// Digits derives a decimal code of n digits (at most 9) from a nonce. With the key it can be derived again, so that a
// retried message carries the same code without storing it; the nonce alone reveals nothing.
func (k *Keys) Digits(use string, nonce []byte, n int) (string, error) {
	modulus := uint64(1)
	for range n {
		modulus *= 10
	}
	raw, err := k.prfs.ComputePrimaryPRF(message("digits/"+use, nonce), HashSize)
	if err != nil {
		return "", err
	}
	// 64 bits modulo at most 10^9: the bias is below 2^-34.
	return fmt.Sprintf("%0*d", n, binary.BigEndian.Uint64(raw)%modulus), nil
}

// message encodes (use, value) unambiguously.
func message(use string, value []byte) []byte {
	m := binary.BigEndian.AppendUint32(nil, uint32(len(use)))
	return append(append(m, use...), value...)
}

func write(sealing, hashing *keyset.Handle) ([]byte, error) {
	s, err := encode(sealing)
	if err != nil {
		return nil, err
	}
	h, err := encode(hashing)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(file{Seal: s, Hash: h}, "", "  ")
}

func read(keyFile []byte) (sealing, hashing *keyset.Handle, err error) {
	var f file
	if err := json.Unmarshal(keyFile, &f); err != nil {
		return nil, nil, errors.New("key file: not JSON as written by `beian keys generate`")
	}
	if sealing, err = decode(f.Seal); err != nil {
		return nil, nil, fmt.Errorf("key file: seal: %w", err)
	}
	if hashing, err = decode(f.Hash); err != nil {
		return nil, nil, fmt.Errorf("key file: hash: %w", err)
	}
	return sealing, hashing, nil
}

func encode(h *keyset.Handle) (json.RawMessage, error) {
	var b bytes.Buffer
	err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b))
	return b.Bytes(), err
}

func decode(raw json.RawMessage) (*keyset.Handle, error) {
	if len(raw) == 0 {
		return nil, errors.New("missing")
	}
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil { // no keyset, or one without an enabled key
		return nil, errors.New("not a Tink keyset")
	}
	return h, nil
}
