package bureau

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Action is what an answer requires of the provider.
type Action int

// The actions.
const (
	// GoOn: success.
	GoOn Action = iota
	// FillGap: earlier data files are missing.
	FillGap
	// TryLater: maintenance, hours, a full queue.
	TryLater
	// TellStaff: credentials, permissions, configuration or a programming error; retrying can't help.
	TellStaff
	// Rebuild: the file didn't arrive intact; send it again.
	Rebuild
	// TellCustomer: the request is wrong, the account is fine.
	TellCustomer
)

// Call-level codes (3-4) with special handling.
const (
	CodeDone         = 0
	CodeFinished     = 1
	CodeNothing      = 2
	CodeMore         = 3
	CodeGap          = 14
	CodeBusy         = 15
	CodeHours        = 20
	CodeTooManyTries = 22
	CodeOther        = 999
)

// actions classifies every code of the list in 3-4.
var actions = map[int]Action{
	CodeDone: GoOn, CodeFinished: GoOn, CodeNothing: GoOn, CodeMore: GoOn,
	4: TellStaff, 5: TellStaff, 6: Rebuild, 7: Rebuild, 8: Rebuild, 9: TellStaff, 10: TellStaff, 11: TellStaff,
	12: TellStaff, 13: TellStaff,
	CodeGap: FillGap, CodeBusy: TryLater, 16: TellStaff, 17: TellStaff, 18: TellStaff, 19: TellStaff, CodeHours: TryLater,
	21: TellStaff, CodeTooManyTries: TellCustomer, 901: TryLater, 902: TryLater, CodeOther: TryLater,
}

// Answer is the result of every method.
type Answer struct {
	Code    int
	Message string
	// Missing are the sequence numbers to submit first (code 14).
	Missing []int64
}

// Action classifies the code; one that the interface doesn't list is for staff.
func (a Answer) Action() Action {
	if action, listed := actions[a.Code]; listed {
		return action
	}
	return TellStaff
}

type fileInfo struct {
	EncryptAlgorithm string `xml:"encryptAlgorithm"`
	DataSequence     string `xml:"dataSequence"`
	FileName         string `xml:"return_FileName"`
	BeianInfo        string `xml:"beianInfo"`
	BeianInfoHash    string `xml:"beianInfoHash"`
}

type returned struct {
	XMLName  xml.Name   `xml:"return"`
	Code     string     `xml:"msg_code"`
	Message  string     `xml:"msg"`
	Missing  []string   `xml:"dataSequences>dataSequence"`
	FileInfo []fileInfo `xml:"fileInfos"`
	Status   *status    `xml:"StatusInfo"`
	Verified string     `xml:"VerifyRes"`
}

func parseReturn(text string) (Answer, returned, error) {
	var r returned
	if err := decodeXML([]byte(text), &r); err != nil {
		return Answer{}, returned{}, errors.New("the bureau's answer is not the XML of the interface")
	}
	code, err := strconv.Atoi(strings.TrimSpace(r.Code))
	if err != nil {
		return Answer{}, returned{}, errors.New("the bureau's answer has no msg_code")
	}
	a := Answer{Code: code, Message: strings.TrimSpace(r.Message)}
	for _, m := range r.Missing {
		for _, part := range strings.FieldsFunc(m, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
			n, err := strconv.ParseInt(part, 10, 64)
			if err != nil || n < 1 {
				return a, returned{}, fmt.Errorf("code %d: malformed sequence number", code)
			}
			a.Missing = append(a.Missing, n)
		}
	}
	return a, r, nil
}
