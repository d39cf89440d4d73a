// Package jsonfile keeps a simulator's state across restarts: changing state in one JSON file that is always
// complete, a growing list in a file of lines.
package jsonfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Load reads path into v; a missing file leaves v alone. An empty path means no file.
func Load(path string, v any) error {
	raw, err := read(path)
	if err != nil || raw == nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// read reads a file; nil if there is none.
func read(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return raw, err
}

// Save writes v next to path, flushes it, and renames it over path.
func Save(path string, v any) error {
	if path == "" {
		return nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".state-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	if _, err = f.Write(raw); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Append appends an element to a list's file, as a line. It survives the death of the process; unlike Save it
// isn't flushed, for which a thousand messages would have to wait.
func Append(path string, v any) error {
	if path == "" {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	whole, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		if _, err = f.Write(append(line, '\n')); err != nil { // such as a full disk: the next element starts a new line
			err = errors.Join(err, f.Truncate(whole))
		}
	}
	return errors.Join(err, f.Close())
}

// List reads a list's file. It cuts off an incomplete last line, whose Append never returned.
func List[T any](path string) (list []T, err error) {
	raw, err := read(path)
	if err != nil {
		return nil, err
	}
	whole := bytes.LastIndexByte(raw, '\n') + 1
	if whole < len(raw) {
		if err := os.Truncate(path, int64(whole)); err != nil {
			return nil, err
		}
	}
	for lines := json.NewDecoder(bytes.NewReader(raw[:whole])); ; {
		var v T
		if err := lines.Decode(&v); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}
