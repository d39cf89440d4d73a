package bureau

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// validate parses a data file; broken means that it violates upload-data.xsd, err that this can't be determined.
func (s *Server) validate(content []byte) (file *node, broken bool, err error) {
	if s.options.Schema != "" {
		if broken, err = breaksSchema(s.options.Schema, content); err != nil || broken {
			return nil, broken, err
		}
	}
	if s.options.SchemaBreaks != "" {
		if text, err := simplifiedchinese.GBK.NewDecoder().Bytes(content); err != nil ||
			strings.Contains(string(text), s.options.SchemaBreaks) {
			return nil, true, nil
		}
	}
	file, err = parse(content)
	if err != nil {
		return nil, true, nil
	}
	return file, s.options.Schema == "" && breaksRules(file), nil
}

// breaksSchema runs xmllint.
func breaksSchema(schema string, content []byte) (bool, error) {
	command := exec.Command("xmllint", "--nonet", "--huge", "--noout", "--schema", schema, "-")
	command.Stdin = bytes.NewReader(content)
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && exit.ExitCode() != schemaUnreadable:
		return true, nil
	}
	return false, fmt.Errorf("xmllint: %w: %s", err, bytes.TrimSpace(out[:min(len(out), 500)]))
}

// schemaUnreadable is xmllint's exit code for a schema that it can't use.
const schemaUnreadable = 5

// The most important of upload-data.xsd's rules, one per line: path, minimum count, then "s" with a text's lengths
// or "n" with a number's bounds. A line applies to every element at its path without the last name.
const (
	managerRules = `
Fzr_sjhm 1 s 11 128
Fzr_dzyj 1 s 6 128
Fzr_dhhm 0 s 11 128
Fzr_zjlx 0 n 1 999
Fzr_zjhm 0 s 1 255`
	holderRules = `
Dwmc 1 s 1 255
Dwxz 0 n 1 999
Tzr 0 s 1 255
Txdz 1
Txdz/Shengid 1 n 100000 999999
Txdz/Shiid 1 n 100000 999999
Txdz/Xianid 0 n 100000 999999
Txdz/Xxdz 0 s 1 1024
Zj 1
Zj/Zjlx 1 n 1 999
Zj/Zjhm 1 s 1 255
Zj/Zjzs 1 s 1 1024
Fzr 1
Fzr/Fzr_xm 0 s 1 128`
	accessRules = `
Wzfb 1
Wzfb/Fbdd 1 n 1 64
Wzjrfs 1
Wzjrfs/Jrfs 1 n 1 64
Ip_xx 1
Ip_xx/IspIpid 1 n 1 0
Ip_xx/Qsip 1 n 1 4294967295
Ip_xx/Zzip 1 n 1 4294967295`
	siteRules = `
Wzmc 1 s 1 512
Fwnr 1
Fwnr/Fwnr_id 1 n 1 64
Yylb 1
Yylb/Yylb_id 1 n 1 64
Ym_xx 1
Ym_xx/IspYmid 1 n 1 0
Ym_xx/Ym 1 s 4 128
Jr_xx 1
Wz_Fzr 1
Wz_Fzr/Fzr_xm 1 s 1 128
Syurl 0 s 4 512
Wz_Bz 0 s 1 1024`
	attachmentRules = `
Fjwjgs 1 n 1 0
Fjyt 1 n 1 0
Fjnr 1 s 1 0
Fjssdx 1
Fjssdx/Ssdxlx 1 n 1 10
Fjssdx/Ssdxbs 1`
)

// ruleSets are applied to every element at their path below UploadData.
var ruleSets = []struct{ path, rules string }{
	{"ICP/XZBA", "Baxx 1"},
	{"ICP/XZBA/Baxx", "Zt_xx 1\nWz_xx 1"},
	{"ICP/XZBA/Baxx/Zt_xx", holderRules + "\nIspZtid 1 n 1 0\nBbfs 1 n 0 1"},
	{"ICP/XZBA/Baxx/Zt_xx/Fzr", managerRules},
	{"ICP/XZBA/Baxx/Wz_xx", siteRules + "\nIspWzid 1 n 1 0"},
	{"ICP/XZBA/Baxx/Wz_xx/Wz_Fzr", managerRules},
	{"ICP/XZBA/Baxx/Wz_xx/Jr_xx", accessRules + "\nIspJrid 1 n 1 0"},
	{"ICP/XZBA/Baxx/Fj/Fjxx", attachmentRules},
	{"ICP/XZWZ/Xzxx", "Zt_xx 1\nWz_xx 1\nICPmm 0 s 1 32"},
	{"ICP/XZWZ/Xzxx/Wz_xx", siteRules + "\nIspWzid 1 n 1 0"},
	{"ICP/XZWZ/Xzxx/Wz_xx/Wz_Fzr", managerRules},
	{"ICP/XZWZ/Xzxx/Wz_xx/Jr_xx", accessRules + "\nIspJrid 1 n 1 0"},
	{"ICP/XZWZ/Xzxx/Fj/Fjxx", attachmentRules},
	{"ICP/XZJR/Xzxx", accessRules + "\nWz_xx 1\nIspJrid 1 n 1 0\nICPmm 1 s 1 32"},
	{"ICP/XZJR/Xzxx/Fj/Fjxx", attachmentRules},
	{"ICP/BGBA/Bgxx", "Zt_xx 1\nWz_xx 1\nICPmm 0 s 1 32"},
	{"ICP/BGBA/Bgxx/Zt_xx", holderRules + "\nZtid 1 n 1 0\nBaxh 1 s 1 128"},
	{"ICP/BGBA/Bgxx/Zt_xx/Fzr", managerRules},
	{"ICP/BGBA/Bgxx/Wz_xx", siteRules + "\nWzid 1 n 1 0\nBaxh 1 s 1 128"},
	{"ICP/BGBA/Bgxx/Wz_xx/Wz_Fzr", managerRules},
	{"ICP/BGBA/Bgxx/Wz_xx/Jr_xx", accessRules + "\nJrid 1 n 1 0"},
	{"ICP/BGBA/Bgxx/Fj/Fjxx", attachmentRules},
	{"ICP/ZXBA/Zx_xx", "Zxlb 1 n 0 2\nJlid 1 n 1 0\nZxly 1 n 1 999\nZxlybz 0 s 1 1000\nICPmm 0 s 1 32"},
	{"ICP/XZHYD/Fjxx", attachmentRules},
	{"ICP/HSJG/Hsjgxx",
		"Hsjg 1 n 0 1\nHsrxm 1 s 1 128\nHssj 1 s 10 10\nBbdw 1 n 1 0\nHsyj 1 s 1 1024\nBaxx 1\nBaxx/Zt_xx 1\nBaxx/Wz_xx 1"},
	{"ICP/WBACLJG/Clxx",
		"Ym 1 s 4 128\nIP 1 n 1 4294967295\nYys 1 n 1 0\nJrs 1 n 1 0\nShengid 1 n 1 0\nCljg 1 n 1 999\nClyj 1 s 1 255\nRbsj 1 s 10 10\nClsx 1 s 10 10"},
	{"ICP", "Qqdwid 1 n 1 0"},
	{"IP", "Qqdwid 1 n 1 0"},
}

// breaksRules applies ruleSets.
func breaksRules(file *node) bool {
	if file.Name != "UploadData" || len(file.Kids) != 1 || len(file.Kids[0].Kids) < 2 {
		return true
	}
	for _, set := range ruleSets {
		for _, n := range file.all(set.path) {
			for _, line := range strings.Split(strings.TrimSpace(set.rules), "\n") {
				if n.breaks(strings.Fields(line)) {
					return true
				}
			}
		}
	}
	return false
}

func (n *node) breaks(rule []string) bool {
	parents, name := []*node{n}, rule[0]
	if i := strings.LastIndex(name, "/"); i >= 0 {
		parents, name = n.all(name[:i]), name[i+1:]
	}
	for _, p := range parents {
		found := p.all(name)
		if rule[1] == "1" && len(found) == 0 {
			return true
		}
		for _, f := range found {
			if len(rule) == 5 && !f.within(rule[2], rule[3], rule[4]) {
				return true
			}
		}
	}
	return false
}

// within checks a text's length or a number's value; an upper bound of 0 means none.
func (n *node) within(kind, low, high string) bool {
	from, _ := strconv.ParseInt(low, 10, 64) // from the table above
	to, _ := strconv.ParseInt(high, 10, 64)
	value := int64(utf8.RuneCountInString(n.Text))
	if kind == "n" {
		var err error
		if value, err = strconv.ParseInt(strings.TrimSpace(n.Text), 10, 64); err != nil {
			return false
		}
	}
	return value >= from && (high == "0" || value <= to)
}
