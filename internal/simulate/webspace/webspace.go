// Package webspace is a stand-in for a hosting provider's machine: an FTP server with explicit TLS and an HTTP
// server over the same folders, one per account, so that a certificate really travels.
package webspace

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/simulate/fault"
)

// Account is a customer's web space.
type Account struct {
	User, Password string
	// Domains that the HTTP server answers for; "*.example.com" for any below.
	Domains []string
	// DocumentRoot is the served folder below the account's home.
	DocumentRoot string
	// GBK writes the first home page in GBK, as on old sites.
	GBK bool
}

// Options configures the folders and what the server offers.
type Options struct {
	// Dir holds a folder for each account.
	Dir      string
	Accounts []Account
	// NoTLS offers plain FTP only.
	NoTLS bool
	// NoOverwrite refuses to rename over a file, as proftpd does by default.
	NoOverwrite bool
	Logger      *slog.Logger
}

// Server is the stand-in. Its Faults take the FTP operations USER, MKD, STOR, RETR
// and RNFR (the code of a Fail is the reply's: 530, 550, 552) and the HTTP
// operation GET (the code is a status, "huge" or "loop").
type Server struct {
	Faults  fault.Board
	options Options

	mu     sync.Mutex
	ftp    *ftpserver.FtpServer
	stores map[string]int
}

// New creates the folders and a first home page for each account; existing files stay.
func New(o Options) (*Server, error) {
	s := &Server{options: o, stores: map[string]int{}}
	for _, a := range o.Accounts {
		root := filepath.Join(o.Dir, a.User, a.DocumentRoot)
		if err := os.MkdirAll(root, 0o755); err != nil {
			return nil, err
		}
		index := filepath.Join(root, "index.html")
		if _, err := os.Stat(index); err == nil {
			continue
		}
		if err := os.WriteFile(index, homePage(a, ""), 0o644); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// ServeFTP answers on a listener until Close.
func (s *Server) ServeFTP(l net.Listener) error {
	d, err := newDriver(s, l)
	if err != nil {
		return err
	}
	server := ftpserver.NewFtpServer(d)
	if err := server.Listen(); err != nil {
		return err
	}
	s.mu.Lock()
	s.ftp = server
	s.mu.Unlock()
	return server.Serve()
}

// Close ends the FTP server.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ftp == nil {
		return nil
	}
	return s.ftp.Stop()
}

// Stores counts the writes to an account's path.
func (s *Server) Stores(user, path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stores[user+":"+path]
}

// SetFile puts a file into an account's document root, as its owner does.
func (s *Server) SetFile(user, name string, content []byte) error {
	file, err := s.file(user, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}

// RemoveFile removes a file from an account's document root.
func (s *Server) RemoveFile(user, name string) error {
	file, err := s.file(user, name)
	if err != nil {
		return err
	}
	return os.Remove(file)
}

// Files maps the names in an account's document root to their contents, without folders.
func (s *Server) Files(user string) (map[string][]byte, error) {
	root, err := s.file(user, "")
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !e.IsDir() {
			if files[e.Name()], err = os.ReadFile(filepath.Join(root, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

func (s *Server) file(user, name string) (string, error) {
	a, ok := s.account(user)
	if !ok {
		return "", fmt.Errorf("no account %s", user)
	}
	return filepath.Join(s.options.Dir, a.User, a.DocumentRoot, filepath.FromSlash(name)), nil
}

func (s *Server) account(user string) (Account, bool) {
	return s.find(func(a Account) bool { return a.User == user })
}

func (s *Server) find(is func(Account) bool) (Account, bool) {
	if i := slices.IndexFunc(s.options.Accounts, is); i >= 0 {
		return s.options.Accounts[i], true
	}
	return Account{}, false
}

func (s *Server) byHost(host string) (Account, bool) {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	return s.find(func(a Account) bool {
		return slices.ContainsFunc(a.Domains, func(d string) bool {
			suffix, wildcard := strings.CutPrefix(d, "*")
			return d == host || host == "www."+d || wildcard && strings.HasSuffix(host, suffix)
		})
	})
}

// ServeHTTP serves the customers' sites, selected by the Host header.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s.byHost(r.Host)
	if !ok {
		http.Error(w, "no such site", http.StatusNotFound)
		return
	}
	f, faulty := s.Faults.Take(r.Method)
	switch {
	case faulty && f.Mode == fault.Slow:
		time.Sleep(f.Delay())
	case faulty && f.Mode == fault.Lose:
		fault.DropConnection(w)
	case faulty && f.Code == "loop":
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return
	case faulty && f.Code == "huge":
		for range 4 << 10 {
			if _, err := w.Write(bytes.Repeat([]byte("<p>…</p>"), 128)); err != nil {
				return
			}
		}
		return
	case faulty:
		http.Error(w, "simulated", http.StatusInternalServerError)
		return
	}
	if a.GBK {
		w.Header().Set("Content-Type", "text/html") // without its encoding, as old sites do
	}
	http.FileServer(http.Dir(filepath.Join(s.options.Dir, a.User, a.DocumentRoot))).ServeHTTP(w, r)
}

// Control is the stand-in's own page: the accounts, and a button that acts as the customer and puts the linked
// number on the home page (POST /accounts/USER/footer with number and link). Faults are at /faults.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/faults", &s.Faults)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = controlPage.Execute(w, s.options.Accounts)
	})
	mux.HandleFunc("POST /accounts/{user}/footer", func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.account(r.PathValue("user"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		page := homePage(a, r.PostFormValue("snippet"))
		if err := os.WriteFile(filepath.Join(s.options.Dir, a.User, a.DocumentRoot, "index.html"), page, 0o644); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	return mux
}

func homePage(a Account, snippet string) []byte {
	page := fmt.Sprintf(`<!doctype html><html lang="zh-CN"><head><title>示例网站</title></head><body><h1>%s</h1>
<p>欢迎光临。这里是示例网站的首页。</p><footer>%s</footer></body></html>`,
		template.HTMLEscapeString(strings.Join(a.Domains, " ")), snippet)
	if !a.GBK {
		return []byte(strings.Replace(page, "<head>", `<head><meta charset="utf-8">`, 1))
	}
	encoded, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(page))
	if err != nil {
		return []byte(page)
	}
	return encoded
}

//go:embed control.html
var controlHTML string

var controlPage = template.Must(template.New("").Parse(controlHTML))
