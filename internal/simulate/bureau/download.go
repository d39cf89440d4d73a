package bureau

import (
	"archive/zip"
	"bytes"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxResults in one download file.
const maxResults = 1000

// download gives the next file with results: the same one until it is
// acknowledged.
func (s *Server) download(fault string) string {
	if n := len(s.state.Acknowledged); fault == "duplicate" && n > 0 {
		if content, found := s.contentOf(s.state.Acknowledged[n-1]); found {
			return s.send(s.state.Acknowledged[n-1], content, "")
		}
	}
	if file, found := s.pushed(); found {
		return s.send(file.Name, file.Content, fault)
	}
	s.decideDue(time.Now())
	file, records := s.pending()
	if file == "" {
		return answer("2", "目前服务器端没有可以下载的数据", "")
	}
	return s.send(file, s.results(records), fault)
}

// contentOf makes a file's content again.
func (s *Server) contentOf(name string) (string, bool) {
	for _, f := range s.state.Outbox {
		if f.Name == name {
			return f.Content, true
		}
	}
	var records []*record
	for _, r := range s.state.Records {
		if r.File == name {
			records = append(records, r)
		}
	}
	return s.results(records), len(records) > 0
}

// send packs a file, rightly or wrongly.
func (s *Server) send(file, content, fault string) string {
	info, err := s.fileInfo(file, 0, content, fault)
	if err != nil {
		return answer("999", "系统错误", "")
	}
	code := "0"
	if s.more(file) {
		code = "3"
	}
	return answer(code, "操作成功", info)
}

// pending finds the oldest unacknowledged file, or makes one of the results
// that are in none yet.
func (s *Server) pending() (file string, records []*record) {
	for _, r := range s.state.Records {
		if r.File != "" && !slices.Contains(s.state.Acknowledged, r.File) && (file == "" || r.File == file) {
			file = r.File
			records = append(records, r)
		}
	}
	if file != "" {
		return file, records
	}
	for _, r := range s.state.Records {
		if r.Code != 0 && r.File == "" && len(records) < maxResults {
			if file == "" {
				s.state.Files++
				file = fmt.Sprintf("DOWN%08d", s.state.Files)
			}
			r.File = file
			records = append(records, r)
		}
	}
	return file, records
}

func (s *Server) more(file string) bool {
	return slices.ContainsFunc(s.state.Records, func(r *record) bool {
		return r.Code != 0 && r.File != file && !slices.Contains(s.state.Acknowledged, r.File)
	})
}

func (s *Server) acknowledge(file string) string {
	if file == "" {
		return answer("21", "回调响应文件名称不能为空", "")
	}
	if !slices.Contains(s.state.Acknowledged, file) {
		s.state.Acknowledged = append(s.state.Acknowledged, file)
	}
	return answer("0", "操作成功", "")
}

// previous tells the last accepted data file's number.
func (s *Server) previous() string {
	if s.state.Sequence == 0 {
		return answer("0", "操作成功", `<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>0</encryptAlgorithm><dataSequence>0</dataSequence><return_FileName></return_FileName><beianInfo></beianInfo><beianInfoHash></beianInfoHash></fileInfos>`)
	}
	var inner strings.Builder
	for _, r := range s.state.Records {
		if r.Sequence == s.state.Sequence {
			inner.WriteString("<Baxx>" + r.Entry + "</Baxx>")
		}
	}
	content := fmt.Sprintf(`<UploadData version="V.3.0"><ICP><XZBA>%s</XZBA><Qqdwid>%d</Qqdwid></ICP></UploadData>`, inner.String(), s.options.ISPID)
	info, err := s.fileInfo(fmt.Sprintf("UP%08d", s.state.Sequence), s.state.Sequence, content, "")
	if err != nil {
		return answer("999", "系统错误", "")
	}
	return answer("0", "操作成功", info)
}

// fileInfo packs a file as the interface wants it: GBK, zip, hash, cipher, base64.
func (s *Server) fileInfo(name string, sequence int64, content, fault string) (string, error) {
	encoded, err := simplifiedchinese.GBK.NewEncoder().String(content)
	if err != nil {
		return "", err
	}
	if fault == "encoding" {
		encoded = strings.Replace(encoded, ">", "> \xff\xff", 3)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name + ".xml")
	if err != nil {
		return "", err
	}
	if _, err := w.Write([]byte(`<?xml version="1.0" encoding="GBK"?>` + encoded)); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	if fault == "truncated" { // and hashed as it is: whole, but no zip
		b.Truncate(b.Len() / 2)
	}
	sum, body, algorithm := md5.Sum(b.Bytes()), b.Bytes(), 0 //nolint:gosec // see above
	if len(s.options.Key) > 0 {
		if body, err = s.encrypt(body); err != nil {
			return "", err
		}
		algorithm = 1
	}
	if fault == "hash" {
		sum[0] ^= 1
	}
	sequenceElement := ""
	if sequence > 0 {
		sequenceElement = fmt.Sprintf("<dataSequence>%d</dataSequence>", sequence)
	}
	return fmt.Sprintf(`<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>%d</encryptAlgorithm>%s<return_FileName>%s</return_FileName><beianInfo>%s</beianInfo><beianInfoHash>%s</beianInfoHash></fileInfos>`,
		algorithm, sequenceElement, name, base64.StdEncoding.EncodeToString(body), base64.StdEncoding.EncodeToString(sum[:])), nil
}

// results is the XML of a download file: filing data of the approved, and the
// verdicts of all.
func (s *Server) results(records []*record) string {
	var filed, reviews, faults strings.Builder
	for _, r := range records {
		switch {
		case r.Code == 1001:
			filed.WriteString(s.filed(r))
			fmt.Fprintf(&reviews, review, r.At.In(china).Format(time.DateTime), escape(r.Opinion), 1, r.ID)
		case r.Code == 1002:
			fmt.Fprintf(&reviews, review, r.At.In(china).Format(time.DateTime), escape(r.Opinion), 0, r.ID)
		default:
			fmt.Fprintf(&faults, `<Jg_xx><Jgxx><Jgdm>%d</Jgdm><Dmms>%s</Dmms></Jgxx><Czlx>1</Czlx><Bs>%d</Bs></Jg_xx>`, r.Code, escape(r.Opinion), r.ID)
		}
	}
	icp := ""
	if filed.Len() > 0 {
		icp = "<BASJ>" + filed.String() + "</BASJ>"
	}
	icp += "<BAJG>" + faults.String()
	if reviews.Len() > 0 {
		icp += "<GJSHS>" + reviews.String() + "</GJSHS>"
	}
	return `<DownloadData version="V.3.0"><ICP>` + icp + `</BAJG></ICP></DownloadData>`
}

const review = `<Gjsh><Shsj>%s</Shsj><Shyj>%s</Shyj><Shjg>%d</Shjg><Czlx>1</Czlx><Jlid>%d</Jlid></Gjsh>`

var china = time.FixedZone("CST", 8*3600)

// filed is an approved record as the bureau keeps it: what was handed in, with
// the bureau's IDs, times and numbers.
func (s *Server) filed(r *record) string {
	at := r.At.In(china).Format(time.DateTime)
	inner := r.Entry
	inner = strings.Replace(inner, "</IspZtid>", fmt.Sprintf("</IspZtid><Ztid>%d</Ztid>", 900000+r.ID), 1)
	inner = strings.Replace(inner, "<Bbfs>1</Bbfs>", fmt.Sprintf(
		"<Baxh>%s</Baxh><Bbyhlx>1</Bbyhlx><Scbbsj>%s</Scbbsj><Zjxgsj>%s</Zjxgsj><Zslj>/certificates/%d/bazu.cert</Zslj><Zsxh>%d</Zsxh><Shsj>%s</Shsj>",
		r.Number, at, at, r.ID, r.ID, at), 1)
	inner = withOwnIDs(inner, "Wz", r.ID)
	inner = withOwnIDs(inner, "Ym", r.ID)
	inner = withOwnIDs(inner, "Jr", r.ID)
	inner = strings.ReplaceAll(inner, "</Jrid>", fmt.Sprintf("</Jrid><Ispid>%d</Ispid>", s.options.ISPID))
	inner = withOwnIDs(inner, "Ip", r.ID)
	number := fmt.Sprintf("<Scbbsj>%s</Scbbsj><Zjxgsj>%s</Zjxgsj><Baxh>%s-1</Baxh></Wz_xx>", at, at, r.Number)
	return "<Baxx>" + strings.Replace(inner, "</Wz_xx>", number, 1) + "</Baxx>"
}

// withOwnIDs puts the bureau's ID behind each of the provider's.
func withOwnIDs(inner, kind string, base int64) string {
	parts := strings.Split(inner, "</Isp"+kind+"id>")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i < len(parts)-1 {
			fmt.Fprintf(&b, "</Isp%[1]sid><%[1]sid>%[2]d</%[1]sid>", kind, base*10000+int64(i)+1)
		}
	}
	return b.String()
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}
