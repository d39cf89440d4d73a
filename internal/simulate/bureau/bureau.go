// Package bureau is a stand-in for a provincial communications administration:
// the provider interface 3.0 over SOAP, strict about credentials, hashes,
// sequence numbers and records, with a review that approves or refuses, numbers
// in the province's style, and certificate files. It shares no code with the
// client: only the wire.
package bureau

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
)

// Options is the account that the bureau knows and how it decides.
type Options struct {
	ISPID              int64
	UserName, Password string
	// Key and IV decrypt files that come encrypted, and encrypt downloads when set.
	Key, IV []byte
	// ReviewAfter is how long a review takes; negative leaves it to a person on
	// the page.
	ReviewAfter time.Duration
	// RefuseSiteNames refuses sites whose name contains a key, with its result code.
	RefuseSiteNames map[string]int
	// SchemaBreaks makes a file that contains this text break the schema as a
	// whole: code 5001, with the file's name and no record's.
	SchemaBreaks string
	// Hours in which uploads are taken, such as "09:00-17:30", by Clock; empty is always.
	Hours string
	// Clock tells the time; nil is the machine's.
	Clock func() time.Time
	// StateFile keeps everything across restarts; empty keeps it in memory.
	StateFile string
	Logger    *slog.Logger
}

// record is a filing in the bureau's hands.
type record struct {
	ID       int64     `json:"id"` // IspZtid
	Sequence int64     `json:"sequence"`
	SiteName string    `json:"site_name"`
	Province string    `json:"province"`
	Entry    string    `json:"entry"` // its XML, in UTF-8
	At       time.Time `json:"at"`
	// Code is 0 while under review, then a result code.
	Code    int    `json:"code"`
	Opinion string `json:"opinion"`
	Number  string `json:"number"`
	// File names the download file that its result went out in.
	File string `json:"file"`
	// Times is how often it was accepted: more than 1 is the provider's fault.
	Times int `json:"times"`
}

type state struct {
	Sequence int64     `json:"sequence"`
	Records  []*record `json:"records"`
	Serial   int       `json:"serial"`
	Files    int       `json:"files"`
	// Acknowledged lists download files that arrived.
	Acknowledged []string `json:"acknowledged"`
	// Outbox are files that carry no results: lists, notices, code tables, and
	// files that were refused as a whole.
	Outbox []outFile `json:"outbox"`
	// Filed is what the bureau answers queries from.
	Filed []*Filed `json:"filed"`
}

// Server is the stand-in. Its Faults take the methods' names and "certificate";
// the code of a Fail is a msg_code, and for isp_download also "hash" (a wrong
// hash), "truncated" (a zip cut short), "encoding" (bytes that aren't GBK) and
// "duplicate" (the last acknowledged file again).
type Server struct {
	Faults  fault.Board
	options Options

	mu    sync.Mutex
	state state
}

// New makes a bureau with what its state file holds.
func New(o Options) (*Server, error) {
	s := &Server{options: o}
	return s, jsonfile.Load(o.StateFile, &s.state)
}

// Accepted tells how often each record ID was accepted.
func (s *Server) Accepted() map[int64]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := map[int64]int{}
	for _, r := range s.state.Records {
		times[r.ID] = r.Times
	}
	return times
}

// Sequence is the last accepted data file's.
func (s *Server) Sequence() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Sequence
}

// ServeHTTP serves the SOAP endpoint, certificates, the page and the faults.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.Handle("/faults", &s.Faults)
	for _, v := range services {
		mux.HandleFunc("POST "+v.path, s.soap)
		mux.HandleFunc("GET "+v.path, v.wsdl)
	}
	mux.HandleFunc("POST /push", s.pushByHand)
	mux.HandleFunc("GET /certificates/{record}/bazu.cert", s.certificate)
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("POST /records/{record}/{verdict}", s.byHand)
	mux.ServeHTTP(w, r)
}

// save keeps the state; callers hold the lock.
func (s *Server) save() error { return jsonfile.Save(s.options.StateFile, s.state) }

// decideDue gives every record its verdict whose time has come; callers hold
// the lock.
func (s *Server) decideDue(now time.Time) {
	if s.options.ReviewAfter < 0 {
		return
	}
	for _, r := range s.state.Records {
		if r.Code == 0 && now.Sub(r.At) >= s.options.ReviewAfter {
			s.decide(r)
		}
	}
}

func (s *Server) decide(r *record) {
	for part, code := range s.options.RefuseSiteNames {
		if strings.Contains(r.SiteName, part) {
			r.Code, r.Opinion = code, "网站名称不符合要求，请修改后重新提交"
			return
		}
	}
	s.approve(r)
}

func (s *Server) approve(r *record) {
	s.state.Serial++
	defer func() {
		if e, err := readEntry(r.Entry); err == nil {
			s.file(r, e)
		}
	}()
	r.Code, r.Opinion = 1001, "同意"
	r.Number = fmt.Sprintf("%sICP备%d%06d号", signs[r.Province[:2]], time.Now().Year(), s.state.Serial)
}

// signs by the first two digits of the province's code.
var signs = map[string]string{
	"11": "京", "12": "津", "13": "冀", "14": "晋", "15": "蒙", "21": "辽", "22": "吉", "23": "黑", "31": "沪", "32": "苏", "33": "浙",
	"34": "皖", "35": "闽", "36": "赣", "37": "鲁", "41": "豫", "42": "鄂", "43": "湘", "44": "粤", "45": "桂", "46": "琼", "50": "渝",
	"51": "蜀", "52": "黔", "53": "滇", "54": "藏", "61": "陕", "62": "陇", "63": "青", "64": "宁", "65": "新",
}

// certificate serves an approved record's file: binary, and different for each.
func (s *Server) certificate(w http.ResponseWriter, r *http.Request) {
	f, faulty := s.Faults.Take("certificate")
	if faulty && f.Mode == fault.Slow {
		time.Sleep(f.Delay())
	} else if faulty {
		http.Error(w, "simulated", http.StatusServiceUnavailable)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := s.find(r.PathValue("record"))
	if rec == nil || rec.Number == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(certificateBytes(rec.Number))
}

// certificateBytes are a few KB that look like nothing but themselves.
func certificateBytes(number string) []byte {
	content := []byte("BAZU\x00\x01" + number + "\x00")
	block := sha256.Sum256([]byte(number))
	for i := range uint32(96) {
		block = sha256.Sum256(binary.BigEndian.AppendUint32(block[:], i))
		content = append(content, block[:]...)
	}
	return content
}

func (s *Server) find(id string) *record {
	i := slices.IndexFunc(s.state.Records, func(r *record) bool { return strconv.FormatInt(r.ID, 10) == id })
	if i < 0 {
		return nil
	}
	return s.state.Records[i]
}
