package bureau

import (
	"archive/zip"
	"bytes"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// parcel is one file for the provider; Content is what is inside DownloadData.
type parcel struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// post queues a file.
func (s *Server) post(content string) {
	s.state.Files++
	s.state.Outbox = append(s.state.Outbox, &parcel{fmt.Sprintf("DOWN%08d", s.state.Files), content})
	s.changed()
}

// flush makes files of the results that aren't in one yet.
func (s *Server) flush() {
	for len(s.state.Ready) > 0 {
		n := min(len(s.state.Ready), maxRecords)
		records := make([]*record, n)
		for i, at := range s.state.Ready[:n] {
			records[i] = s.state.Records[at]
		}
		s.state.Ready = s.state.Ready[n:]
		s.post(s.results(records))
	}
}

// Ways in which a download goes wrong: the codes of a fault of isp_download.
const (
	badHash    = "hash"       // wrong hash
	truncated  = "truncated"  // zip cut short, hash of the cut bytes
	badBytes   = "encoding"   // declares GBK, contains invalid bytes
	bomb       = "bomb"       // zip of 300 MB
	depth      = "depth"      // XML nested 200 deep
	duplicate  = "duplicate"  // the last acknowledged file again
	late       = "late"       // holds results back
	outOfOrder = "outoforder" // the newest file first
)

var downloadFaults = map[string]bool{badHash: true, truncated: true, badBytes: true, bomb: true, depth: true,
	duplicate: true, late: true, outOfOrder: true}

// download returns the oldest file, the same one until it is acknowledged.
func (s *Server) download(how string) string {
	s.decideDue()
	if how != late {
		s.flush()
	}
	waiting := len(s.state.Outbox)
	var p *parcel
	switch {
	case how == duplicate && s.state.Last != nil:
		p = s.state.Last
		waiting++ // besides the sent one
	case how == bomb || how == depth || how == badBytes && waiting == 0:
		p = &parcel{Name: "FAULT" + how, Content: "<ICP><XGTZ><Tzxx><Tzlb>0</Tzlb><Tznr>样例</Tznr></Tzxx></XGTZ></ICP>"}
		waiting++
	case waiting == 0 || how == late:
		return answer("2", "目前服务器端没有可以下载的数据", "")
	case how == outOfOrder:
		p = s.state.Outbox[waiting-1]
	default:
		p = s.state.Outbox[0]
	}
	raw, err := zipped(p, how)
	if err != nil {
		return answer("999", "系统错误", "")
	}
	info, err := s.fileInfo(p.Name, 0, raw, how == badHash)
	if err != nil {
		return answer("999", "系统错误", "")
	}
	code := "0"
	if waiting > 1 {
		code = "3"
	}
	return answer(code, "操作成功", info)
}

func (s *Server) acknowledge(file string) string {
	if file == "" {
		return answer("21", "回调响应文件名称不能为空", "")
	}
	if i := slices.IndexFunc(s.state.Outbox, func(p *parcel) bool { return p.Name == file }); i >= 0 {
		s.state.Last = s.state.Outbox[i]
		s.state.Outbox = slices.Delete(s.state.Outbox, i, i+1)
		s.changed()
	}
	return answer("0", "操作成功", "")
}

// previous returns the last accepted data file's number and content.
func (s *Server) previous() string {
	if s.state.Sequence == 0 {
		return answer("0", "操作成功",
			`<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>0</encryptAlgorithm><dataSequence>0</dataSequence><return_FileName></return_FileName><beianInfo></beianInfo><beianInfoHash></beianInfoHash></fileInfos>`)
	}
	name := fmt.Sprintf("UP%08d", s.state.Sequence)
	raw, err := zipOf(name, s.state.Uploads[s.state.Sequence])
	if err != nil {
		return answer("999", "系统错误", "")
	}
	info, err := s.fileInfo(name, s.state.Sequence, raw, false)
	if err != nil {
		return answer("999", "系统错误", "")
	}
	return answer("0", "操作成功", info)
}

// zipped writes a parcel's file, in GBK, with the requested fault.
func zipped(p *parcel, how string) ([]byte, error) {
	switch how {
	case bomb:
		return zipBomb()
	case depth:
		p = &parcel{p.Name, strings.Repeat("<ICP>", 200) + strings.Repeat("</ICP>", 200)}
	}
	encoded := encodeGBK(`<?xml version="1.0" encoding="GBK"?><DownloadData version="V.3.0">` + p.Content +
		`</DownloadData>`)
	if how == badBytes {
		encoded = strings.Replace(encoded, "</", "\xff\xfe\x80</", 1)
	}
	raw, err := zipOf(p.Name, []byte(encoded))
	if how == truncated && err == nil {
		raw = raw[:len(raw)*2/3]
	}
	return raw, err
}

// zipBomb, 300 MB of zeros, is made once.
var zipBomb = sync.OnceValues(func() ([]byte, error) {
	return zipTimes("FAULTbomb", make([]byte, 1<<20), 300)
})

func zipOf(name string, content []byte) ([]byte, error) { return zipTimes(name, content, 1) }

// zipTimes zips a file that repeats its content.
func zipTimes(name string, content []byte, times int) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name + ".xml")
	if err != nil {
		return nil, err
	}
	for range times {
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return b.Bytes(), err
}

// fileInfo wraps a zipped file as the interface requires: hash, cipher, base64.
func (s *Server) fileInfo(name string, sequence int64, raw []byte, wrongHash bool) (string, error) {
	sum, algorithm := md5.Sum(raw), 0 //nolint:gosec // see above
	if len(s.options.Key) > 0 {
		var err error
		if raw, err = s.encrypt(raw); err != nil {
			return "", err
		}
		algorithm = 1
	}
	if wrongHash {
		sum[0] ^= 1
	}
	return fmt.Sprintf(
		`<fileInfos><hashAlgorithm>0</hashAlgorithm><compressionFormat>0</compressionFormat><encryptAlgorithm>%d</encryptAlgorithm>%s<return_FileName>%s</return_FileName><beianInfo>%s</beianInfo><beianInfoHash>%s</beianInfoHash></fileInfos>`,
		algorithm, elID("dataSequence", sequence), name, base64.StdEncoding.EncodeToString(raw),
		base64.StdEncoding.EncodeToString(sum[:])), nil
}
