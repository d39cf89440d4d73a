package bureau

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Action is what an answer asks of the provider.
type Action int

// The actions.
const (
	// GoOn: done.
	GoOn Action = iota
	// FillGap: earlier data files are missing.
	FillGap
	// TryLater: maintenance, hours, a full queue.
	TryLater
	// TellStaff: credentials, rights, configuration or a programming fault;
	// trying again can't help.
	TellStaff
	// Rebuild: the file didn't arrive whole; send it again.
	Rebuild
)

// Call-level codes (3-4) that the exchange treats by name.
const (
	CodeDone     = 0
	CodeFinished = 1
	CodeNothing  = 2
	CodeMore     = 3
	CodeGap      = 14
)

// Answer is what every method returns.
type Answer struct {
	Code    int
	Message string
	// Missing are the sequence numbers to hand in first (code 14).
	Missing []int64
}

// Action sorts the code by what to do.
func (a Answer) Action() Action {
	switch a.Code {
	case CodeDone, CodeFinished, CodeNothing, CodeMore:
		return GoOn
	case CodeGap:
		return FillGap
	case 6, 7, 8:
		return Rebuild
	case 15, 20, 901, 902, 999:
		return TryLater
	}
	return TellStaff
}

type fileInfo struct {
	HashAlgorithm     string `xml:"hashAlgorithm"`
	CompressionFormat string `xml:"compressionFormat"`
	EncryptAlgorithm  string `xml:"encryptAlgorithm"`
	DataSequence      string `xml:"dataSequence"`
	FileName          string `xml:"return_FileName"`
	BeianInfo         string `xml:"beianInfo"`
	BeianInfoHash     string `xml:"beianInfoHash"`
}

type returned struct {
	XMLName  xml.Name   `xml:"return"`
	Code     string     `xml:"msg_code"`
	Message  string     `xml:"msg"`
	Missing  []string   `xml:"dataSequences>dataSequence"`
	FileInfo []fileInfo `xml:"fileInfos"`
}

func parseReturn(text string) (Answer, []fileInfo, error) {
	var r returned
	if err := decodeXML([]byte(text), &r); err != nil {
		return Answer{}, nil, errors.New("the bureau's answer is not the XML of the interface")
	}
	code, err := strconv.Atoi(strings.TrimSpace(r.Code))
	if err != nil {
		return Answer{}, nil, errors.New("the bureau's answer has no msg_code")
	}
	a := Answer{Code: code, Message: strings.TrimSpace(r.Message)}
	for _, m := range r.Missing {
		for _, part := range strings.FieldsFunc(m, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
			n, err := strconv.ParseInt(part, 10, 64)
			if err != nil || n < 1 {
				return a, nil, fmt.Errorf("code %d names a sequence number that is none", code)
			}
			a.Missing = append(a.Missing, n)
		}
	}
	return a, r.FileInfo, nil
}
