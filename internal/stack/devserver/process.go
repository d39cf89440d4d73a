// Package devserver starts the servers of other makes that development and tests need: a private MariaDB and the
// development Temporal server. Tests of a part of the product need no more of the stack than this.
package devserver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// StartTimeout bounds the wait for a child to become ready on a busy machine.
	StartTimeout = 90 * time.Second
	// ReadyPause is the pause between two looks at whether something is ready.
	ReadyPause = 50 * time.Millisecond
	// stopTimeout is how long a child may take to end before it is killed.
	stopTimeout = 20 * time.Second
)

// process is a child process that ends with us.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
}

// start runs a program with its output in a log file; the kernel ends it if this process dies.
func start(name, logFile string, env []string, command string, args ...string) (*process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(command, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), env...)
	// A process group of its own shields it from the terminal's Ctrl-C: we stop it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait()
	}()
	return p, nil
}

// stop asks the child to end, and kills it if it doesn't.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		p.kill()
	}
}

// kill ends a child that has nothing to save.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// lastLine is the end of a log, where there is one.
func lastLine(logFile string) string {
	log, _ := os.ReadFile(logFile)
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	return lines[len(lines)-1]
}

// ready waits until check passes; if the child ends first, the error names its log.
func (p *process) ready(ctx context.Context, logFile string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, StartTimeout)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended early; see its log %s: %s", p.name, logFile, lastLine(logFile))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s is not ready; see its log %s", p.name, logFile), err)
		case <-time.After(ReadyPause):
		}
	}
}

// freePortsFrom and freePortsTo are below the range for outgoing connections (Linux: 32768): a port from that
// range may be taken again before anybody listens on it.
const (
	freePortsFrom = 10_000
	freePortsTo   = 32_000
	// portTries bounds the search; most of the range is free on any machine.
	portTries = 1000
)

// FreePorts finds n free loopback ports, which no other call finds as long as this process runs.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for range portTries {
		if len(ports) == n {
			return ports, nil
		}
		port := freePortsFrom + rand.IntN(freePortsTo-freePortsFrom)
		mine, err := reserve(port)
		if err != nil {
			return nil, err
		}
		if mine && CheckPort("", port) == nil {
			ports = append(ports, port)
		}
	}
	return nil, fmt.Errorf("only %d of %d free ports found", len(ports), n)
}

// reserved are the ports that this process was given. Other processes see them as locked bytes of a file, one for each
// port; the system unlocks them when the process ends.
var reserved = struct {
	sync.Mutex
	ports map[int]bool
	file  func() (*os.File, error)
}{ports: map[int]bool{}, file: sync.OnceValues(func() (*os.File, error) {
	name := fmt.Sprintf("beian-ports-%d", os.Getuid())
	return os.OpenFile(filepath.Join(os.TempDir(), name), os.O_CREATE|os.O_RDWR, 0o600)
})}

// reserve takes a port for this process: seconds pass before somebody listens at it, and tests of other processes
// choose ports meanwhile. It reports false for one that was given before, here or there.
func reserve(port int) (bool, error) {
	reserved.Lock()
	defer reserved.Unlock()
	file, err := reserved.file()
	if err != nil || reserved.ports[port] {
		return false, err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: int64(port), Len: 1}
	err = syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &lock)
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	reserved.ports[port] = err == nil
	return err == nil, err
}

// CheckPort checks, before anything is started, that a port is free; setting is where another can be chosen.
func CheckPort(setting string, port int) error {
	l, err := Listen(port)
	if err != nil {
		return fmt.Errorf("port %d is taken: choose another with %s, or stop what uses it", port, setting)
	}
	return l.Close()
}

// Listen listens on a loopback port.
func Listen(port int) (net.Listener, error) {
	return net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
}
