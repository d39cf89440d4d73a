package website

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
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
	return exchange(ctx, space, policy, p, p.Original, p.Edited)
}

// Restore undoes Place: it restores the original and removes the copy. UnfitChanged says that the page was changed
// since.
func Restore(ctx context.Context, space Space, policy Policy, p Placing) error {
	return exchange(ctx, space, policy, p, p.Edited, p.Original)
}

// exchange replaces one content of a page with another, and nothing else.
func exchange(ctx context.Context, space Space, policy Policy, p Placing, from, to []byte) error {
	return converse(ctx, space, policy, "write_page", func(s *session) error {
		present, err := s.page(p.Name)
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
		case !bytes.Equal(present, from) && !s.halfWritten(p, present, to):
			return unfit(UnfitChanged)
		}
		if err := s.keep(p.Backup, p.Original); err != nil {
			return err
		}
		err = s.replace(replacement{p.Name, p.temporary(), p.aside(), to})
		if err == nil && !s.holds(p.Name, to) {
			err = &Error{Step: "verify", Reason: reasonUnreachable} // try again
		}
		if err != nil {
			if s.holds(p.Name, p.Original) { // nothing came of it, so nothing stays
				s.temporary = append(s.temporary, p.Backup)
			}
			return err
		}
		s.clear(p, to)
		return nil
	})
}

// halfWritten recognises a page that a kill cut off while it was written in its place. The copy proves that it was
// us.
func (s *session) halfWritten(p Placing, present, to []byte) bool {
	return bytes.HasPrefix(to, present) && s.holds(p.Backup, p.Original)
}

// keep writes a copy of the original, once, whole or not at all.
func (s *session) keep(name string, content []byte) error {
	if s.holds(name, content) {
		return nil
	}
	if err := s.upload(name, content); err != nil {
		s.temporary = append(s.temporary, name)
		return err
	}
	return nil
}

// clear removes what the exchange left next to the page: the file moved aside, and the copy once the page is the
// original again.
func (s *session) clear(p Placing, now []byte) {
	s.temporary = append(s.temporary, p.temporary(), p.aside())
	if bytes.Equal(now, p.Original) && s.holds(p.Backup, p.Original) {
		s.temporary = append(s.temporary, p.Backup)
	}
}
