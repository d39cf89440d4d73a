package stack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFolder makes a folder this process's own until release is called or the process ends.
func lockFolder(dir string) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, readErr := io.ReadAll(io.LimitReader(file, 32))
		if errors.Is(err, syscall.EWOULDBLOCK) && readErr == nil {
			err = fmt.Errorf("already running in %s, process %s", dir, strings.TrimSpace(string(owner)))
		}
		return nil, errors.Join(err, file.Close())
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%-10d\n", os.Getpid()), 0)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
