package bureau

import (
	"context"
	"crypto/md5" //nolint:gosec // the interface's hash of filing passwords
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// ConditionDomain queries by domain; the other condition types are the values of the document types 1 to 11 (3-3-5-4).
const ConditionDomain = 0

// maxCondition is the highest condition type that the interface defines.
const maxCondition = 11

// Askable reports whether a bureau can be asked by a type of condition: one that the interface defines, or a document
// type of the bureau's own table.
func Askable(condition int) bool {
	return condition >= ConditionDomain && (condition <= maxCondition || filing.OwnDocument(condition))
}

type status struct {
	SiteName     string `xml:"Wzmc"`
	HolderNumber string `xml:"Ztbah"`
	SiteNumber   string `xml:"Wzbah"`
	State        string `xml:"Bazt"`
}

// QueryStatus queries whether a domain or a holder is filed (isp_querybeianstatus, 3-3-5).
func (c *Client) QueryStatus(ctx context.Context, condition int, value string) (filing.Status, Answer, error) {
	const method = "isp_querybeianstatus"
	if !Askable(condition) {
		return filing.Status{}, Answer{}, fmt.Errorf("%s: the interface has no condition type %d", method, condition)
	}
	a, r, err := c.call(ctx, c.cfg.Mapping.QueryPath, method, []parameter{
		{"hashAlgorithm", hashMD5}, {"queryConditionType", strconv.Itoa(condition)}, {"queryCondition", value},
	})
	if err != nil || a.Action() != GoOn {
		return filing.Status{}, a, err
	}
	if r.Status == nil {
		return filing.Status{}, a, errors.New(method + ": the answer has no StatusInfo")
	}
	s := filing.Status{
		SiteName: strings.TrimSpace(r.Status.SiteName), HolderNumber: strings.TrimSpace(r.Status.HolderNumber),
		SiteNumber: strings.TrimSpace(r.Status.SiteNumber),
	}
	switch strings.TrimSpace(r.Status.State) {
	case "0":
		s.Filed = true
		return s, a, nil
	case "1":
		return filing.Status{}, a, nil
	}
	return filing.Status{}, a, errors.New(method + ": Bazt is neither 0 nor 1")
}

// VerifyPassword queries whether a filing password belongs to a filing number (isp_verifybamm, 3-3-6). The bureau
// limits the attempts: beyond that the answer's code is CodeTooManyTries.
func (c *Client) VerifyPassword(ctx context.Context, number, password string) (right bool, a Answer, err error) {
	const method = "isp_verifybamm"
	a, r, err := c.call(ctx, c.cfg.Mapping.VerifyPath, method, []parameter{
		{"hashAlgorithm", hashMD5}, {"baxh", number}, {"bamm", password},
	})
	if err != nil || a.Action() != GoOn {
		return false, a, err
	}
	switch strings.TrimSpace(r.Verified) {
	case "0":
		return true, a, nil
	case "1":
		return false, a, nil
	}
	return false, a, errors.New(method + ": VerifyRes is neither 0 nor 1")
}

// hashedPassword is a filing password as it appears in records: the MD5 in hexadecimal (ICPmm, 4-1-1-2).
func hashedPassword(password string) string {
	if password == "" {
		return ""
	}
	sum := md5.Sum([]byte(password)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
