// Package bureau is a stand-in for a provincial communications administration: the provider interface 3.0 over
// SOAP, strict about credentials, hashes, sequence numbers and records, with a base of holders, sites and
// accesses, a review that approves or refuses, numbers in the province's style, and certificate files. It shares
// no code with the client: only the protocol.
package bureau

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
)

// Edition is how a bureau works.
type Edition string

// The editions. Bureaus differ: some still work as in 2005.
const (
	Edition2005  Edition = "2005"
	EditionToday Edition = "today"
)

// Options configures the provider's account and how the bureau decides.
type Options struct {
	ISPID              int64
	UserName, Password string
	// Key and IV decrypt encrypted files and, when set, encrypt downloads.
	Key, IV []byte
	// ReviewAfter is how long a review takes; negative leaves it to a person on the page. Errors found by machine are
	// answered at once.
	ReviewAfter time.Duration
	// ReviewUpTo, if longer, spreads the review times evenly between ReviewAfter and it.
	ReviewUpTo time.Duration
	// RefuseSiteNames refuses records whose site name contains a key, with its result code; 0 leaves the record under
	// review for ever.
	RefuseSiteNames map[string]int
	// UniqueSiteNames refuses a site name that another filed site has (1020).
	UniqueSiteNames bool
	// MaxChanges limits the changes of one holder in 24 hours (1051); 0: no limit.
	MaxChanges int
	// Edition is how the bureau works: EditionToday issues no certificates, ignores filing passwords, and files a site
	// with one domain, the registrable one. Empty: Edition2005.
	Edition Edition
	// SMSVerification is how long the managers have to verify a record before its review; 0: nobody has to. The
	// ministry's page is at /verify.
	SMSVerification time.Duration
	// Province is the bureau's own, as a six-digit code; empty accepts every province.
	Province string
	// ReportedIPs are the addresses or ranges ("192.0.2.1-192.0.2.9") reported by the provider (code 1063); nil
	// accepts every address.
	ReportedIPs []string
	// Seeded are filings made through other providers.
	Seeded []SeedFiling
	// CheckPapers requires pictures that can be opened and, with a new filing, the holder's document (code 5010).
	CheckPapers bool
	// Schema is the path of upload-data.xsd for xmllint; if empty, rules derived from it are used.
	Schema string
	// SchemaBreaks makes any file that contains this text break the schema.
	SchemaBreaks string
	// Hours limits uploads to these hours, China time: "09:00-17:30"; empty means always.
	Hours string
	// Random causes occasional faults.
	Random *RandomFaults
	// Clock returns the time; nil is time.Now.
	Clock func() time.Time
	// StateFile keeps everything across restarts; empty keeps it in memory.
	StateFile string
	Logger    *slog.Logger
}

type state struct {
	Sequence int64 `json:"sequence"`
	// Uploads keeps the newest files as received (isp_querypreviousupload).
	Uploads map[int64][]byte `json:"uploads"`
	Records []*record        `json:"taken"`
	Ready   []int            `json:"ready"` // decided, in no parcel yet
	Holders []*holder        `json:"holders"`
	// Serial numbers the filings, LastID the parts of the base.
	Serial int   `json:"serial"`
	LastID int64 `json:"last_id"`

	BlackDomains map[string]bool   `json:"black_domains"`
	BlackHolders map[string]bool   `json:"black_holders"`
	Unfiled      map[string]string `json:"unfiled"` // domain → what the provider did
	Addresses    []*address        `json:"addresses"`
	Papers       []*node           `json:"papers"` // XZHYD and HSJG, without their scans

	// Verdicts decide the next records (CommandVerdicts).
	Verdicts []int `json:"verdicts,omitempty"`

	Files  int       `json:"files"`
	Outbox []*parcel `json:"outbox"`
	Last   *parcel   `json:"last"` // the newest acknowledged
}

// tries counts wrong filing passwords since a time.
type tries struct {
	wrong int
	since time.Time
}

// Server is the stand-in. Its Faults take the methods' names and "certificate";
// the code of a Fail is a msg_code, for isp_download also one of
// downloadFaults, for isp_upload also "gap" (forgets the last accepted file).
type Server struct {
	Faults  fault.Board
	options Options
	mux     *http.ServeMux
	ranges  [][2]int64
	random  *rand.Rand // guarded by mu

	mu      sync.Mutex
	state   state
	index   index
	byKey   map[string][]int // "Czlx/key" → records
	pending []int            // under review, oldest first
	tries   map[string]*tries
	dirty   bool
}

// New makes a bureau with the contents of its state file.
func New(o Options) (*Server, error) {
	s := &Server{options: o, tries: map[string]*tries{}, byKey: map[string][]int{}}
	s.state = state{
		Uploads: map[int64][]byte{}, LastID: 900000,
		BlackDomains: map[string]bool{}, BlackHolders: map[string]bool{}, Unfiled: map[string]string{},
	}
	if err := jsonfile.Load(o.StateFile, &s.state); err != nil {
		return nil, err
	}
	for _, text := range o.ReportedIPs {
		r, err := parseRange(text)
		if err != nil {
			return nil, err
		}
		s.ranges = append(s.ranges, r)
	}
	if o.Edition != "" && o.Edition != Edition2005 && o.Edition != EditionToday {
		return nil, fmt.Errorf("no edition %q; want %s or %s", o.Edition, Edition2005, EditionToday)
	}
	if _, _, err := parseHours(o.Hours); err != nil {
		return nil, err
	}
	if o.Province != "" && signOf(o.Province) == "" {
		return nil, fmt.Errorf("no province %q", o.Province)
	}
	if o.Random != nil {
		s.random = rand.New(rand.NewPCG(o.Random.Seed, 0)) //nolint:gosec // repeatable, not secret
	}
	s.index = newIndex(s.state.Holders)
	for i, r := range s.state.Records {
		s.byKey[r.key()] = append(s.byKey[r.key()], i)
		if r.Code == 0 {
			s.pending = append(s.pending, i)
		}
	}
	for _, f := range o.Seeded {
		s.seed(f)
	}
	s.routes()
	err := s.save()
	return s, err
}

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.mux.Handle("/faults", &s.Faults)
	for _, v := range services {
		s.mux.HandleFunc("POST "+v.path, s.soap(v))
		s.mux.HandleFunc("GET "+v.path, v.wsdl)
	}
	s.mux.HandleFunc("GET /certificates/{record}/bazu.cert", s.certificate)
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /verify", s.verifyPage)
	s.mux.HandleFunc("POST /verify", s.verifyPage)
	s.mux.HandleFunc("POST /records/{record}/{verdict}", s.byHand)
	s.mux.HandleFunc("POST /commands/{command}", s.command)
}

// ServeHTTP serves the SOAP endpoints, certificates, the page and the faults.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Sequence is the number of the last accepted data file.
func (s *Server) Sequence() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Sequence
}

func (s *Server) now() time.Time {
	if s.options.Clock != nil {
		return s.options.Clock()
	}
	return time.Now()
}

var china = time.FixedZone("CST", 8*3600)

// stamp is the present time in the form of data files.
func (s *Server) stamp() string { return s.now().In(china).Format(time.DateTime) }

// changed makes the next save write; callers hold the lock.
func (s *Server) changed() { s.dirty = true }

// save writes the state if it changed; callers hold the lock.
func (s *Server) save() error {
	if !s.dirty {
		return nil
	}
	if err := jsonfile.Save(s.options.StateFile, &s.state); err != nil {
		return err
	}
	s.dirty = false
	return nil
}

func (s *Server) saveLogged() {
	if err := s.save(); err != nil && s.options.Logger != nil {
		s.options.Logger.Error("the bureau's state is not kept", "error", err)
	}
}

func (s *Server) nextID() int64 {
	s.state.LastID++
	return s.state.LastID
}

func (s *Server) nextNumber(province string) string {
	s.state.Serial++
	return fmt.Sprintf("%sICP备%d%06d号", signOf(province), s.now().In(china).Year(), s.state.Serial)
}
