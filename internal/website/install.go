package website

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"strings"
)

// Install puts a file below the document root, at a path such as cert/bazu.cert. It appears whole or not at all
// where the server can rename files: it is uploaded under a temporary name, read back, and renamed. If it is already
// there, nothing changes.
func Install(ctx context.Context, space Space, policy Policy, name string, content []byte) error {
	// The same names at each attempt, so that the next one finds what a killed one left. They don't begin with a dot,
	// which many servers forbid.
	sum := sha256.Sum256(content)
	base := path.Join(path.Dir(name), "beian-"+hex.EncodeToString(sum[:5]))
	f := replacement{name: name, temporary: base + ".tmp", aside: base + ".old", content: content}
	return converse(ctx, space, policy, "install", func(s *session) error {
		same, err := s.same(name, content)
		if same {
			s.temporary = append(s.temporary, f.temporary, f.aside)
			return nil
		}
		if err != nil {
			return err
		}
		full, err := s.makeDirs(path.Dir(name))
		if err != nil {
			return err
		}
		if err = s.replace(f); full != nil && refused(err) {
			return full
		}
		return err
	})
}

// makeDirs makes the folders of a path. Refusals are ignored: most folders are there, which servers say in many ways,
// and without one the upload is refused. full says that there is no space for one.
func (s *session) makeDirs(dir string) (full, err error) {
	made := ""
	for part := range strings.SplitSeq(dir, "/") {
		if part == "" || part == "." {
			continue
		}
		made = path.Join(made, part)
		err := s.makeDir(made)
		if err == nil {
			continue
		}
		var e *Error
		switch errors.As(problem("upload", err), &e); {
		case e.Reason == reasonQuota:
			full = e
		case e.Code == 0:
			return nil, e
		}
	}
	return full, nil
}

// replacement is a new content of a file.
type replacement struct {
	name string
	// temporary and aside are names next to it: the new file's before it is renamed, and the old one's meanwhile, where
	// servers don't rename over a file.
	temporary, aside string
	content          []byte
}

// replace gives a file its new content. The old one goes when the new one is there; on a server that can't rename,
// when the new one is known to fit.
func (s *session) replace(f replacement) error {
	s.temporary = append(s.temporary, f.temporary)
	err := s.upload(f.temporary, f.content)
	if err == nil {
		err = s.swap(f)
	}
	if refused(err) {
		err = s.overwrite(f)
	}
	if err == nil {
		s.temporary = append(s.temporary, f.aside)
	}
	return err
}

// refused reports whether a server doesn't want what was tried, so that something else may be.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code != 0 && (e.Reason == reasonRefused || e.Reason == reasonProtocol ||
		e.Step == "rename" && e.Reason == reasonUnreachable)
}

// upload writes a file and reads it back.
func (s *session) upload(name string, content []byte) error {
	if err := s.write(name, content); err != nil {
		return problem("upload", err)
	}
	got, err := s.read(name, len(content))
	switch {
	case errors.Is(err, errTooMuch), errors.Is(err, errMissing): // as in text mode
		return &Error{Step: "verify", Reason: reasonProtocol}
	case err != nil:
		return problem("verify", err)
	case len(got) < len(content): // cut off without an error, as full disks do
		return &Error{Step: "verify", Reason: reasonQuota}
	case !bytes.Equal(got, content):
		return &Error{Step: "verify", Reason: reasonProtocol}
	}
	return nil
}

// swap renames the temporary file to its name. If the server refuses to rename over a file, the old one is moved
// aside first, and moved back if that fails.
func (s *session) swap(f replacement) error {
	err := s.rename(f.temporary, f.name)
	if err == nil {
		return nil
	}
	if s.rename(f.name, f.aside) != nil && !s.has(f.aside) {
		return problem("rename", err)
	}
	if err := s.rename(f.temporary, f.name); err != nil {
		_ = s.rename(f.aside, f.name)
		return problem("rename", err)
	}
	return nil
}

// overwrite writes a file in its place, for servers that refuse to rename. If that fails, what was there is written
// back.
func (s *session) overwrite(f replacement) error {
	old, err := s.read(f.name, maxHomePage)
	missing := errors.Is(err, errMissing)
	if err != nil && !missing {
		return problem("upload", err)
	}
	if err = s.upload(f.name, f.content); err == nil {
		return nil
	}
	if missing {
		_ = s.remove(f.name)
	} else {
		_ = s.write(f.name, old)
	}
	return err
}

// same reports whether a file has exactly this content. An error is of the connection: a file that can't be read is
// another one.
func (s *session) same(name string, content []byte) (bool, error) {
	got, err := s.read(name, len(content))
	if err == nil {
		return bytes.Equal(got, content), nil
	}
	var e *Error
	if errors.Is(err, errMissing) || errors.Is(err, errTooMuch) || !errors.As(problem("read", err), &e) ||
		e.Reason == reasonRefused || e.Reason == reasonProtocol {
		return false, nil
	}
	return false, e
}

// holds is same without errors.
func (s *session) holds(name string, content []byte) bool {
	same, err := s.same(name, content)
	return err == nil && same
}

// has reports whether a file exists. SIZE wouldn't do: servers may not have it.
func (s *session) has(name string) bool {
	_, err := s.read(name, maxHomePage)
	return err == nil || errors.Is(err, errTooMuch)
}
