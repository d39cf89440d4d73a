package orderfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strconv"
	"strings"

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

func (s *Summary) refuse(bad RowError) {
	s.Refused++
	if len(s.Errors) < maxReported {
		s.Errors = append(s.Errors, bad)
	}
}

// Import reads orders and stores the good ones; bad rows are reported and skipped. With strict, one bad row or an error
// of the database refuses the whole file. The file is read twice, so it must be seekable: first to find numbers that
// are in it more than once, all of whose rows are refused, because nobody knows which is meant.
func Import(ctx context.Context, s *store.Store, file io.ReadSeeker, strict bool) (Summary, error) {
	var seen numbers
	check, err := each(file, func(line int, o store.OrderImport) error {
		seen.add(o.Number, line)
		return nil
	})
	if err != nil {
		return check, err
	}
	seen.find()
	if !strict {
		return importEach(file, &seen, func(o store.OrderImport) (bool, error) { return s.ImportOrder(ctx, o) })
	}
	var sum Summary
	errRefused := errors.New("rows were refused")
	err = s.ImportOrders(ctx, func(importOne func(store.OrderImport) (bool, error)) error {
		var err error
		if sum, err = importEach(file, &seen, importOne); err == nil && sum.Refused > 0 {
			err = errRefused
		}
		return err
	})
	if err != nil {
		sum.Created, sum.Updated = 0, 0
	}
	if errors.Is(err, errRefused) {
		err = nil
	}
	return sum, err
}

// importEach imports a file's good rows.
func importEach(file io.ReadSeeker, seen *numbers,
	importOne func(store.OrderImport) (bool, error)) (sum Summary, err error) {
	var created, updated int
	sum, err = each(file, func(line int, o store.OrderImport) error {
		if others := seen.others(o.Number, line); others != "" {
			return RowError{line, "number", "is also on line " + others + "; want each order once"}
		}
		isNew, err := importOne(o)
		switch {
		case errors.Is(err, store.ErrOtherCustomer):
			return RowError{line, "customer", "is not the order's customer; an import never changes that: " +
				"use `beian orders transfer NUMBER --to CUSTOMER`"}
		case errors.Is(err, store.ErrNotCustomer):
			return RowError{line, "customer", "is a login of staff, who can't have orders"}
		case errors.Is(err, store.ErrIncomplete):
			return RowError{line, "number", "is of a new order, which needs a customer, a product and domains"}
		case err != nil:
			return fmt.Errorf("line %d: %w", line, err)
		case isNew:
			created++
		default:
			updated++
		}
		return nil
	})
	sum.Created, sum.Updated = created, updated
	return sum, err
}

// each reads a file from its start and passes on the good rows, which handle may still refuse with a RowError.
func each(file io.ReadSeeker, handle func(line int, o store.OrderImport) error) (sum Summary, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return sum, err
	}
	f, err := NewReader(file)
	if err != nil {
		return sum, err
	}
	for {
		o, err := f.Next()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err == nil {
			err = handle(f.Line(), o)
		} else if _, bad := errors.AsType[RowError](err); !bad {
			err = fmt.Errorf("reading the file: %w", err)
		}
		if bad, ok := errors.AsType[RowError](err); ok {
			sum.refuse(bad)
		} else if err != nil {
			return sum, err
		}
	}
}

// numbers finds order numbers that a file has more than once. It keeps 16 bytes for each row, in place of the number a
// hash: two of a million different numbers collide once in thirty million files.
type numbers struct {
	seed maphash.Seed
	rows []numberRow
	// twice are the lines of the numbers that are there more than once, ordered.
	twice map[uint64][]int
}

type numberRow struct {
	hash uint64
	line int
}

func (n *numbers) add(number string, line int) {
	if len(n.rows) == 0 {
		n.seed = maphash.MakeSeed()
	}
	n.rows = append(n.rows, numberRow{maphash.String(n.seed, number), line})
}

// find fills twice and drops the rest.
func (n *numbers) find() {
	slices.SortFunc(n.rows, func(a, b numberRow) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.line, b.line))
	})
	n.twice = map[uint64][]int{}
	for i, row := range n.rows {
		if i > 0 && n.rows[i-1].hash == row.hash || i+1 < len(n.rows) && n.rows[i+1].hash == row.hash {
			n.twice[row.hash] = append(n.twice[row.hash], row.line)
		}
	}
	n.rows = nil
}

// maxOthers bounds how many other lines an error names.
const maxOthers = 5

// others names the other lines with a number; empty if there are none.
func (n *numbers) others(number string, line int) string {
	if len(n.twice) == 0 {
		return ""
	}
	var list []string
	for _, other := range n.twice[maphash.String(n.seed, number)] {
		if other == line {
			continue
		}
		if len(list) == maxOthers {
			list = append(list, "…")
			break
		}
		list = append(list, strconv.Itoa(other))
	}
	return strings.Join(list, ", ")
}
