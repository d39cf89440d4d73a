package bureau

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

// upload takes one data file: exactly the next one.
func (s *Server) upload(p map[string]string) string {
	if s.options.Hours != "" && !s.open4business() {
		return answer("20", "请您在规定的时间段内进行报备，报备时间为："+s.options.Hours, "")
	}
	sequence, err := strconv.ParseInt(p["dataSequence"], 10, 64)
	if err != nil || sequence < 1 {
		return answer("999", "数据编号错误", "")
	}
	if sequence <= s.state.Sequence {
		return answer("999", "该数据编号已受理", "")
	}
	content, name, code := s.open(p)
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
	if s.options.SchemaBreaks != "" && s.breaksSchema(content) {
		s.state.Sequence = sequence
		s.push(fmt.Sprintf(`<ICP><BAJG><Jg_xx><Jgxx><Jgdm>5001</Jgdm><Dmms>%s</Dmms></Jgxx><Czlx>1</Czlx></Jg_xx></BAJG></ICP>`, escape(name)))
		return answer("0", "操作成功", "")
	}
	entries, err := readEntries(content, s.options.ISPID)
	if err != nil {
		return answer("999", "数据文件不符合规范", "")
	}
	s.state.Sequence = sequence
	for _, e := range entries {
		s.take(e, sequence)
	}
	return answer("0", "操作成功", "")
}

func (s *Server) take(e entry, sequence int64) {
	if i := slices.IndexFunc(s.state.Records, func(r *record) bool { return r.ID == e.ID }); i >= 0 {
		s.state.Records[i].Times++
		return
	}
	r := &record{ID: e.ID, Sequence: sequence, SiteName: e.Wz.Wzmc, Province: e.Zt.Shengid, Entry: e.Inner, At: time.Now(), Times: 1}
	r.Code, r.Opinion = e.fault()
	s.state.Records = append(s.state.Records, r)
}

// open undoes the provider's packing; code is a msg_code when it can't.
func (s *Server) open(p map[string]string) (content []byte, name, code string) {
	if p["compressionFormat"] != "0" {
		return nil, "", "11"
	}
	raw, err := base64.StdEncoding.DecodeString(p["beianInfo"])
	if err != nil {
		return nil, "", "7"
	}
	switch p["encryptAlgorithm"] {
	case "0":
	case "1":
		if raw, err = s.decrypt(raw); err != nil {
			return nil, "", "6"
		}
	default:
		return nil, "", "9"
	}
	sum := md5.Sum(raw) //nolint:gosec // see above
	if p["beianInfoHash"] != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, "", "7"
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, "", "8"
	}
	if len(z.File) != 1 {
		return nil, "", "17"
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, "", "8"
	}
	defer f.Close()
	content, err = io.ReadAll(io.LimitReader(f, 50<<20+1))
	if err != nil {
		return nil, "", "8"
	}
	if len(content) > 50<<20 {
		return nil, "", "18"
	}
	return content, z.File[0].Name, ""
}

func (s *Server) decrypt(raw []byte) ([]byte, error) {
	block, err := aes.NewCipher(s.options.Key)
	if err != nil || len(raw) == 0 || len(raw)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("not decryptable")
	}
	plain := make([]byte, len(raw))
	cipher.NewCBCDecrypter(block, s.options.IV).CryptBlocks(plain, raw)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil, fmt.Errorf("not decryptable")
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

// entry is a Baxx, as far as the bureau looks into it.
type entry struct {
	ID    int64  `xml:"-"`
	Inner string `xml:",innerxml"`
	Zt    struct {
		IspZtid int64  `xml:"IspZtid"`
		Dwmc    string `xml:"Dwmc"`
		Dwxz    int    `xml:"Dwxz"`
		Shengid string `xml:"Txdz>Shengid"`
		Shiid   string `xml:"Txdz>Shiid"`
		Zjlx    int    `xml:"Zj>Zjlx"`
		Zjhm    string `xml:"Zj>Zjhm"`
		Zjzs    string `xml:"Zj>Zjzs"`
		Sjhm    string `xml:"Fzr>Fzr_sjhm"`
		Dzyj    string `xml:"Fzr>Fzr_dzyj"`
		Dhhm    string `xml:"Fzr>Fzr_dhhm"`
	} `xml:"Zt_xx"`
	Wz struct {
		Wzmc    string `xml:"Wzmc"`
		Domains []struct {
			Ym string `xml:"Ym"`
		} `xml:"Ym_xx"`
		Syurl string   `xml:"Syurl"`
		Jrfs  []int    `xml:"Jr_xx>Wzjrfs>Jrfs"`
		Fbdd  []int    `xml:"Jr_xx>Wzfb>Fbdd"`
		Qsip  []uint32 `xml:"Jr_xx>Ip_xx>Qsip"`
		Zzip  []uint32 `xml:"Jr_xx>Ip_xx>Zzip"`
	} `xml:"Wz_xx"`
}

func readEntries(content []byte, ispID int64) ([]entry, error) {
	var file struct {
		XMLName xml.Name `xml:"UploadData"`
		Version string   `xml:"version,attr"`
		Entries []entry  `xml:"ICP>XZBA>Baxx"`
		Qqdwid  int64    `xml:"ICP>Qqdwid"`
	}
	d := xml.NewDecoder(bytes.NewReader(content))
	d.CharsetReader = charset.NewReaderLabel
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	if file.Version != "V.3.0" || file.Qqdwid != ispID || len(file.Entries) == 0 || len(file.Entries) > 1000 {
		return nil, fmt.Errorf("version, provider or count")
	}
	for i := range file.Entries {
		file.Entries[i].ID = file.Entries[i].Zt.IspZtid
	}
	return file.Entries, nil
}

// fault is the first rule that a record breaks, as a result code.
func (e entry) fault() (code int, opinion string) {
	z, w := e.Zt, e.Wz
	switch {
	case z.IspZtid < 1 || z.Dwmc == "" || z.Zjhm == "" || z.Zjzs == "" || w.Wzmc == "" || len(w.Domains) == 0 || len(w.Qsip) == 0 || len(w.Qsip) != len(w.Zzip):
		return 5001, "数据文件不符合XSD规范"
	case signs[z.Shengid[:min(2, len(z.Shengid))]] == "" || len(z.Shiid) != 6:
		return 1019, "省市县代码错误"
	case z.Dwxz < 1 || z.Dwxz > 6:
		return 1014, "无效主办单位性质"
	case z.Zjlx < 1 || z.Zjlx > 12:
		return 1008, "无效证件"
	case len(z.Sjhm) != 11:
		return 1011, "无效手机号码"
	case !strings.Contains(z.Dzyj, "@"):
		return 1009, "无效邮箱"
	case z.Dwxz != 5 && len(z.Dhhm) < 11:
		return 1010, "无效办公电话"
	case len(w.Jrfs) == 0 || w.Jrfs[0] > 4:
		return 1035, "无效网站接入方式"
	case len(w.Fbdd) == 0:
		return 1036, "无效服务器放置地点"
	}
	home, err := url.Parse(w.Syurl)
	if err != nil {
		return 1022, "网站首页地址格式错误"
	}
	for _, listed := range w.Domains {
		d := listed.Ym
		if host := home.Hostname(); host == d || host == "www."+d || strings.HasPrefix(d, "*") && strings.HasSuffix(host, d[1:]) {
			return 0, ""
		}
	}
	return 1041, "网站首页URL中必须包含域名中的其中一项"
}

// readEntry reads one kept entry again.
func readEntry(inner string) (e entry, err error) {
	err = xml.Unmarshal([]byte("<Baxx>"+inner+"</Baxx>"), &e)
	return e, err
}

// breaksSchema tells whether a file holds what Options.SchemaBreaks names.
func (s *Server) breaksSchema(content []byte) bool {
	text, err := charset.NewReaderLabel("GBK", bytes.NewReader(content))
	if err != nil {
		return false
	}
	decoded, err := io.ReadAll(text)
	return err == nil && strings.Contains(string(decoded), s.options.SchemaBreaks)
}

// open4business tells whether it is within the hours of filing.
func (s *Server) open4business() bool {
	from, to, _ := strings.Cut(s.options.Hours, "-")
	clock := s.now().In(china).Format("15:04")
	return clock >= from && clock < to
}

func (s *Server) now() time.Time {
	if s.options.Clock != nil {
		return s.options.Clock()
	}
	return time.Now()
}
