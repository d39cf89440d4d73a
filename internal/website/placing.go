package website

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/beian/beian/internal/extcall"
)

// Placing is an edit of a home page that the customer agreed to.
type Placing struct {
	// ID distinguishes the temporary files of edits.
	ID int64
	// Name is the file's path below the document root.
	Name string
	// Original is the file as the customer saw it; Edited is what it becomes.
	Original, Edited []byte
	// Backup is the name under which the original is kept next to it.
	Backup string
}

// BackupName is the name under which an original is kept.
func BackupName(name string, at time.Time) string {
	return name + ".beian-backup-" + at.Format("20060102150405")
}

func (p Placing) temporary() string { return fmt.Sprintf("%s.beian-%d.tmp", p.Name, p.ID) }
func (p Placing) aside() string     { return fmt.Sprintf("%s.beian-%d.old", p.Name, p.ID) }

// Place writes an edited home page: the original is kept next to it; the new one is uploaded under a temporary
// name, read back, and replaces it. Run again after a crash at any point, it continues from there; UnfitChanged
// says that the page is no longer the original.
func Place(ctx context.Context, space Space, policy Policy, p Placing) error {
	return exchange(ctx, space, policy, p, p.Original, p.Edited,
		func(s *session) error { return s.keep(p.Backup, p.Original) })
}

// Restore undoes Place: it restores the original and removes the copy. UnfitChanged says that the page was changed
// since.
func Restore(ctx context.Context, space Space, policy Policy, p Placing) error {
	return exchange(ctx, space, policy, p, p.Edited, p.Original, func(*session) error { return nil })
}

// exchange replaces one content of a page with another, and nothing else.
func exchange(ctx context.Context, space Space, policy Policy, p Placing, from, to []byte,
	before func(*session) error) (err error) {
	ctx, done := extcall.Begin(ctx, extcall.WebSpace, "write_page")
	defer func() { done(result(err)) }()
	s, end, err := open(ctx, space, policy)
	if err != nil {
		return err
	}
	defer end()
	present, err := s.read(p.Name)
	var u *Unfit
	switch {
	case errors.As(err, &u):
		return unfit(UnfitChanged)
	case errors.Is(err, errMissing):
		// Removed by somebody, or by us: a crash between the two renames.
		if !s.holds(p.aside(), from) {
			return unfit(UnfitChanged)
		}
	case err != nil:
		return err
	case bytes.Equal(present, to):
		s.clear(p, to)
		return nil
	case !bytes.Equal(present, from):
		return unfit(UnfitChanged)
	}
	if err := before(s); err != nil {
		return err
	}
	if err := upload(s.c, p.temporary(), to); err != nil {
		_ = s.c.Delete(p.temporary())
		return err
	}
	if err := s.swap(p); err != nil {
		_ = s.c.Delete(p.temporary())
		return err
	}
	if !s.holds(p.Name, to) {
		return &Error{Step: "verify", Reason: "unreachable"} // try again
	}
	s.clear(p, to)
	return nil
}

// keep writes a copy of the original, once, whole or not at all.
func (s *session) keep(name string, content []byte) error {
	if s.holds(name, content) {
		return nil
	}
	if err := upload(s.c, name, content); err != nil {
		_ = s.c.Delete(name)
		return err
	}
	return nil
}

// swap renames the temporary file to the page's name. If the server refuses to rename over a file, the old one is
// moved aside first, and moved back if that fails.
func (s *session) swap(p Placing) error {
	err := s.c.Rename(p.temporary(), p.Name)
	if err == nil {
		return nil
	}
	if asideErr := s.c.Rename(p.Name, p.aside()); asideErr != nil && !s.has(p.aside()) {
		return problem("rename", err)
	}
	if err := s.c.Rename(p.temporary(), p.Name); err != nil {
		_ = s.c.Rename(p.aside(), p.Name)
		return problem("rename", err)
	}
	return nil
}

// clear removes what the exchange left next to the page: the file moved aside, and the copy once the page is the
// original again.
func (s *session) clear(p Placing, now []byte) {
	_ = s.c.Delete(p.aside())
	if bytes.Equal(now, p.Original) && s.holds(p.Backup, p.Original) {
		_ = s.c.Delete(p.Backup)
	}
}

// holds reports whether a file has exactly this content.
func (s *session) holds(name string, content []byte) bool {
	same, err := has(s.c, name, content)
	return err == nil && same
}

// has reports whether a file exists.
func (s *session) has(name string) bool {
	_, err := s.c.FileSize(name)
	return err == nil
}
