package bureau

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxFile     = 50 << 20
	maxRecords  = 1000
	keptUploads = 3
)

// upload takes one data file: exactly the next one.
func (s *Server) upload(p map[string]string, forget bool) string {
	if text := s.closed(); text != "" {
		return answer("20", "请您在规定的时间段内进行报备，报备时间为："+text, "")
	}
	sequence, err := strconv.ParseInt(p["dataSequence"], 10, 64)
	if err != nil || sequence < 1 {
		return answer("999", "数据编号错误", "")
	}
	if forget {
		s.forget()
	}
	if sequence <= s.state.Sequence {
		return answer("999", "该数据编号已受理", "")
	}
	name, content, code := s.open(p)
	if code != "" {
		return answer(code, "文件错误", "")
	}
	if sequence > s.state.Sequence+1 {
		var missing strings.Builder
		for n := s.state.Sequence + 1; n < sequence; n++ {
			fmt.Fprintf(&missing, "<dataSequence>%d</dataSequence>", n)
		}
		return answer("14", "本次上载没有受理，请首先上载漏报的数据", "<dataSequences>"+missing.String()+"</dataSequences>")
	}
	file, broken, err := s.validate(content)
	if err != nil {
		if s.options.Logger != nil {
			s.options.Logger.Error("the schema can't be checked", "error", err)
		}
		return answer("999", "系统错误", "")
	}
	if !broken && countRecords(file) > maxRecords {
		return answer("999", "数据文件超过1000条记录", "")
	}
	if !broken && file.first("YM") != nil {
		return answer("19", "没有域名报备权限", "")
	}
	s.accept(sequence, content)
	switch {
	case broken:
		s.refuseWhole(name, content)
	case file.first("IP") != nil:
		s.takeIP(file)
	default:
		s.takeICP(file, sequence)
	}
	return answer("0", "操作成功", "")
}

func (s *Server) accept(sequence int64, content []byte) {
	s.state.Sequence = sequence
	s.state.Uploads[sequence] = content
	delete(s.state.Uploads, sequence-keptUploads)
	s.changed()
}

// forget loses the last accepted file (fault "gap"): its number is missing again, and its undecided records are
// gone until it comes again.
func (s *Server) forget() {
	lost := s.state.Sequence
	if lost == 0 {
		return
	}
	for i := len(s.state.Records) - 1; i >= 0 && s.state.Records[i].Sequence >= lost; i-- {
		s.state.Records[i].Forgotten, s.state.Records[i].Times = true, 0
	}
	for _, a := range s.state.Addresses {
		a.Forgotten = a.Forgotten || a.Sequence == lost
	}
	delete(s.state.Uploads, lost)
	s.state.Sequence--
	s.changed()
}

// refuseWhole answers a file that breaks the schema: one result with the file's name and no record (without Bs).
func (s *Server) refuseWhole(name string, content []byte) {
	if bytes.Contains(content, []byte("<IP>")) && !bytes.Contains(content, []byte("<ICP>")) {
		s.post(fmt.Sprintf("<IP><BAJG><Lyjg><Jgxx><Jgdm>5001</Jgdm><Dmms>%s</Dmms></Jgxx><Czlx>1</Czlx></Lyjg></BAJG></IP>",
			escape(name)))
		return
	}
	s.post(fmt.Sprintf(
		"<ICP><BAJG><Jg_xx><Jgxx><Jgdm>5001</Jgdm><Dmms>%s</Dmms></Jgxx><Czlx>%d</Czlx></Jg_xx></BAJG></ICP>", escape(name),
		kindOf(content)))
}

// kindOf guesses the Czlx of an unreadable file.
func kindOf(content []byte) int {
	for _, known := range []struct {
		text string
		kind int
	}{{"<XZBA", newFiling}, {"<XZWZ", newSite}, {"<XZJR", newAccess}, {"<BGBA", change}, {"<Zxlb>0<", dropHolder},
		{"<Zxlb>1<", dropSite}, {"<ZXBA", cancelAccess}} {
		if bytes.Contains(content, []byte(known.text)) {
			return known.kind
		}
	}
	return newFiling
}

func countRecords(file *node) (count int) {
	for _, root := range file.Kids {
		for _, operation := range root.Kids {
			count += len(operation.Kids)
		}
	}
	return count
}

// open unpacks the provider's file; code is a msg_code if it can't.
func (s *Server) open(p map[string]string) (name string, content []byte, code string) {
	if p["compressionFormat"] != "0" {
		return "", nil, "11"
	}
	raw, err := base64.StdEncoding.DecodeString(p["beianInfo"])
	if err != nil {
		return "", nil, "7"
	}
	switch p["encryptAlgorithm"] {
	case "0":
	case "1":
		if raw, err = s.decrypt(raw); err != nil {
			return "", nil, "6"
		}
	default:
		return "", nil, "9"
	}
	sum := md5.Sum(raw) //nolint:gosec // see above
	if p["beianInfoHash"] != base64.StdEncoding.EncodeToString(sum[:]) {
		return "", nil, "7"
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return "", nil, "8"
	}
	if len(z.File) != 1 {
		return "", nil, "17"
	}
	f, err := z.File[0].Open()
	if err != nil {
		return "", nil, "8"
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", nil, "8"
	}
	if len(content) > maxFile {
		return "", nil, "18"
	}
	return z.File[0].Name, content, ""
}

func (s *Server) decrypt(raw []byte) ([]byte, error) {
	block, err := aes.NewCipher(s.options.Key)
	if err != nil || len(raw) == 0 || len(raw)%aes.BlockSize != 0 {
		return nil, errors.New("not decryptable")
	}
	plain := make([]byte, len(raw))
	cipher.NewCBCDecrypter(block, s.options.IV).CryptBlocks(plain, raw)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, errors.New("not decryptable")
	}
	return plain[:len(plain)-pad], nil
}

func (s *Server) encrypt(plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(s.options.Key)
	if err != nil {
		return nil, err
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, s.options.IV).CryptBlocks(padded, padded)
	return padded, nil
}
