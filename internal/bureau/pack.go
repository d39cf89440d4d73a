package bureau

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm 0
	"crypto/subtle"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"
)

const (
	// MaxRecords per data file (3-3-1-3).
	MaxRecords = 1000
	// MaxFileSize of a data file, also by 3-3-1-3.
	MaxFileSize = 50 << 20
	// maxUnzipped limits the unzipped size of a download.
	maxUnzipped = 4 * MaxFileSize
	// maxDepth limits the nesting of XML elements; the schemas nest 8 deep.
	maxDepth = 32
)

// ErrHash: the file's hash doesn't match, so it didn't arrive intact.
var ErrHash = errors.New("the data file's hash doesn't match")

// ErrTooBig: the data file exceeds MaxFileSize.
var ErrTooBig = errors.New("the data file is over 50 MB")

// Pack zips an XML file as the interface requires: with one entry. The result contains its name, of letters and digits,
// if the whole file violates the schema (Dmms of code 5001).
func Pack(name string, content []byte) ([]byte, error) {
	if len(content) > MaxFileSize {
		return nil, ErrTooBig
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name + ".xml")
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// FileName names an account's data file: letters and digits (3-3-1-3), with the sequence number to identify it.
func FileName(ispID, sequence int64) string { return fmt.Sprintf("ISP%dS%010d", ispID, sequence) }

var fileNameForm = regexp.MustCompile(`^ISP\d+S(\d{10})(\.xml)?$`)

// SequenceOf returns the sequence number in a data file's name.
func SequenceOf(fileName string) (sequence int64, ok bool) {
	m := fileNameForm.FindStringSubmatch(strings.TrimSpace(fileName))
	if m == nil {
		return 0, false
	}
	sequence, err := strconv.ParseInt(m[1], 10, 64)
	return sequence, err == nil && sequence > 0
}

// Digest is the hash sent with a zip: base64 of its MD5.
func Digest(zipped []byte) string {
	sum := md5.Sum(zipped) //nolint:gosec // the interface's hash algorithm 0
	return base64.StdEncoding.EncodeToString(sum[:])
}

// open reverses base64 and encryption and verifies the hash.
func (c *Client) open(f fileInfo) (zipped []byte, err error) {
	if zipped, err = fromBase64(f.BeianInfo); err != nil {
		return nil, ErrHash
	}
	switch strings.TrimSpace(f.EncryptAlgorithm) {
	case encryptAES:
		if zipped, err = decrypt(c.cfg.Key, c.cfg.IV, zipped); err != nil {
			return nil, err
		}
	case encryptNone, "":
	default:
		return nil, errors.New("the bureau used a cipher that the interface doesn't define")
	}
	return zipped, compareHash(zipped, f.BeianInfoHash)
}

func compareHash(zipped []byte, hash string) error {
	want, err := fromBase64(hash)
	sum := md5.Sum(zipped) //nolint:gosec // see above
	if err != nil || subtle.ConstantTimeCompare(want, sum[:]) != 1 {
		return ErrHash
	}
	return nil
}

// Unzip opens a zip, of ours or the bureau's, whose hash was already verified.
func Unzip(zipped []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(zipped), int64(len(zipped)))
	if err != nil {
		return nil, errors.New("the data file is not a zip")
	}
	if len(z.File) != 1 {
		return nil, fmt.Errorf("the data file has %d entries, not one", len(z.File))
	}
	r, err := z.File[0].Open()
	if err != nil {
		return nil, errors.New("the data file's zip is damaged")
	}
	defer r.Close()
	content, err := io.ReadAll(io.LimitReader(r, maxUnzipped+1))
	switch {
	case err != nil:
		return nil, errors.New("the data file's zip is damaged")
	case len(content) > maxUnzipped:
		return nil, errors.New("the data file is too big")
	}
	return content, nil
}

func fromBase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// encrypt is encryptAlgorithm 1: AES in CBC mode with PKCS#5 padding.
func encrypt(key, iv, plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != block.BlockSize() {
		return nil, errors.New("the bureau's key and IV must be 16 bytes each")
	}
	pad := block.BlockSize() - len(plain)%block.BlockSize()
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded, nil
}

func decrypt(key, iv, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != block.BlockSize() {
		return nil, errors.New("the bureau's key and IV must be 16 bytes each")
	}
	if len(sealed) == 0 || len(sealed)%block.BlockSize() != 0 {
		return nil, ErrHash
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > block.BlockSize() {
		return nil, ErrHash
	}
	return plain[:len(plain)-pad], nil
}

// newDecoder reads XML in any charset that a bureau sends; encoding/xml doesn't support external entities or entity
// definitions.
func newDecoder(content []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(content))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(label) {
		case "gbk", "gb2312": // GB 18030 is a superset, with the rare characters of names
			label = "gb18030"
		}
		return charset.NewReaderLabel(label, in)
	}
	return d
}

var errDepth = errors.New("the XML is nested too deep or has a document type")

// decodeXML reads a document into v, within limits.
func decodeXML(content []byte, v any) error {
	if _, err := walkXML(content); err != nil {
		return err
	}
	return newDecoder(content).Decode(v)
}

// walkXML checks a document's limits; damaged reports bytes that are invalid in its encoding.
func walkXML(content []byte) (damaged bool, err error) {
	err = walk(content, func(token xml.Token) {
		if text, is := token.(xml.CharData); is {
			damaged = damaged || bytes.ContainsRune(text, '\uFFFD')
		}
	})
	return damaged, err
}

// walk visits a document's tokens, within limits.
func walk(content []byte, visit func(xml.Token)) error {
	depth := 0
	for d := newDecoder(content); ; {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errDepth
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errDepth
		}
		visit(token)
	}
}
