package webspace

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/selfsigned"
)

const (
	idleSeconds       = 60
	connectionSeconds = 10
)

// driver implements ftpserverlib's callbacks.
type driver struct {
	server   *Server
	listener net.Listener
	tls      *tls.Config
}

func newDriver(s *Server, l net.Listener) (*driver, error) {
	d := &driver{server: s, listener: l}
	if s.options.NoTLS {
		return d, nil
	}
	certificate, err := selfsigned.Localhost("web space stand-in")
	d.tls = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return d, err
}

func (d *driver) GetSettings() (*ftpserver.Settings, error) {
	return &ftpserver.Settings{Listener: d.listener, IdleTimeout: idleSeconds, ConnectionTimeout: connectionSeconds,
		DisableActiveMode: true, DefaultTransferType: ftpserver.TransferTypeBinary}, nil
}

func (d *driver) ClientConnected(ftpserver.ClientContext) (string, error) { return "ready", nil }
func (d *driver) ClientDisconnected(ftpserver.ClientContext)              {}

func (d *driver) GetTLSConfig() (*tls.Config, error) {
	if d.tls == nil {
		return nil, errors.New("TLS is not offered")
	}
	return d.tls, nil
}

func (d *driver) AuthUser(_ ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	if _, err := d.server.misbehave("USER"); err != nil {
		return nil, err
	}
	a, ok := d.server.account(user)
	if !ok || a.Password != password {
		return nil, errors.New("login incorrect")
	}
	base := afero.NewBasePathFs(afero.NewOsFs(), filepath.Join(d.server.options.Dir, user))
	return &files{Fs: base, server: d.server, user: user}, nil
}

// misbehave applies a fault; lose means to do the work and lose the answer.
func (s *Server) misbehave(operation string) (lose bool, err error) {
	f, faulty := s.Faults.Take(operation)
	if !faulty {
		return false, nil
	}
	switch f.Mode {
	case fault.Slow:
		time.Sleep(f.Delay())
		return false, nil
	case fault.Lose:
		return true, nil
	}
	switch f.Code {
	case "552":
		return false, ftpserver.ErrStorageExceeded
	case "553":
		return false, ftpserver.ErrFileNameNotAllowed
	}
	return false, fmt.Errorf("simulated %s", f.Code)
}

// files is an account's folder as FTP shows it.
type files struct {
	afero.Fs
	server *Server
	user   string
}

func (f *files) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		if _, err := f.server.misbehave("RETR"); err != nil {
			return nil, err
		}
		return f.Fs.OpenFile(name, flag, perm)
	}
	lose, err := f.server.misbehave("STOR")
	if err != nil {
		return nil, err
	}
	f.count(name)
	file, err := f.Fs.OpenFile(name, flag, perm)
	if err == nil && lose {
		return &lossy{file}, nil
	}
	return file, err
}

// lossy writes everything and then reports a failure.
type lossy struct{ afero.File }

func (l *lossy) Close() error {
	return errors.Join(l.File.Close(), errors.New("simulated: the answer is lost"))
}

func (f *files) Mkdir(name string, perm os.FileMode) error {
	if _, err := f.server.misbehave("MKD"); err != nil {
		return err
	}
	return f.Fs.Mkdir(name, perm)
}

func (f *files) Rename(from, to string) error {
	lose, err := f.server.misbehave("RNFR")
	if err != nil {
		return err
	}
	if _, err := f.Fs.Stat(to); err == nil && f.server.options.NoOverwrite {
		return errors.New("overwrite permission denied")
	}
	if err := f.Fs.Rename(from, to); err != nil {
		return err
	}
	f.count(to)
	if lose {
		return errors.New("simulated: the answer is lost")
	}
	return nil
}

func (f *files) count(name string) {
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	f.server.stores[f.user+":"+strings.TrimPrefix(path.Clean(name), "/")]++
}
