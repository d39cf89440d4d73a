package orderfile

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/beian/beian/internal/store"
)

// maxReported bounds how many bad rows are reported individually.
const maxReported = 1000

// Summary is the result of an import.
type Summary struct {
	Created, Updated, Refused int
	// Errors are the first of the refused rows.
	Errors []error
}

// Import reads orders and stores the good ones; bad rows are reported and skipped. With strict, one bad row
// refuses the whole file: it is read twice, so it must be seekable.
func Import(ctx context.Context, s *store.Store, file io.ReadSeeker, strict bool) (Summary, error) {
	if strict {
		check, err := each(file, func(store.OrderImport) error { return nil })
		if err != nil || check.Refused > 0 {
			return check, err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return Summary{}, err
		}
	}
	var sum Summary
	read, err := each(file, func(o store.OrderImport) error {
		created, err := s.ImportOrder(ctx, o)
		if created {
			sum.Created++
		} else if err == nil {
			sum.Updated++
		}
		return err
	})
	read.Created, read.Updated = sum.Created, sum.Updated
	return read, err
}

func each(r io.Reader, keep func(store.OrderImport) error) (sum Summary, err error) {
	f, err := NewReader(r)
	if err != nil {
		return sum, err
	}
	for {
		o, err := f.Next()
		var bad RowError
		switch {
		case errors.Is(err, io.EOF):
			return sum, nil
		case errors.As(err, &bad):
			sum.Refused++
			if len(sum.Errors) < maxReported {
				sum.Errors = append(sum.Errors, bad)
			}
		case err != nil:
			return sum, fmt.Errorf("reading the file: %w", err)
		default:
			if err := keep(o); err != nil {
				return sum, err
			}
		}
	}
}
