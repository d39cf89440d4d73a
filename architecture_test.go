package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/beian/beian"
	// mostLines limits a package's length, excluding tests and generated templates. The store may be longer: its
	// transactions and sealing tie it together.
	mostLines  = 6000
	longByPlan = "internal/store"
)

// goPackage is a package in the output of `go list`.
type goPackage struct {
	Dir, ImportPath  string
	GoFiles, Imports []string
}

// path is the package's path within the module, as in the table.
func path(importPath string) string {
	if importPath == module {
		return "main.go"
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=Dir,ImportPath,GoFiles,Imports", "./...").Output()
	require.NoError(t, err)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		list = append(list, p)
	}
}

// layout is the table in docs/architecture.md of what each folder's packages may import. A folder that ends in "/..."
// covers all packages below it, which may import each other.
type layout map[string][]string

var (
	quoted    = regexp.MustCompile("`([^`]+)`")
	inherited = regexp.MustCompile("what `([^`]+)` may")
)

func readLayout(t *testing.T) layout {
	t.Helper()
	page, err := os.ReadFile("docs/architecture.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| folder | what it is for | may import |\n")
	require.True(t, found, "docs/architecture.md has no table of folders")
	table, _, _ = strings.Cut(table, "\n\n")
	rows, likes := layout{}, map[string][]string{}
	for _, line := range strings.Split(table, "\n")[1:] {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		require.Len(t, cells, 3, line)
		folder := quoted.FindStringSubmatch(cells[0])
		require.NotNil(t, folder, line)
		require.NotContains(t, rows, folder[1], "the table names it twice")
		for _, like := range inherited.FindAllStringSubmatch(cells[2], -1) {
			likes[folder[1]] = append(likes[folder[1]], like[1])
		}
		rows[folder[1]] = []string{}
		for _, name := range quoted.FindAllStringSubmatch(inherited.ReplaceAllString(cells[2], ""), -1) {
			rows[folder[1]] = append(rows[folder[1]], name[1])
		}
	}
	for folder, names := range rows {
		for i, name := range names {
			full := rows.named(name)
			require.NotEmpty(t, full, "%s may import %s, which no row describes", folder, name)
			names[i] = full
		}
	}
	for folder, others := range likes { // no inheritance over two steps
		for _, other := range others {
			require.Contains(t, rows, other)
			require.NotContains(t, likes, other)
			rows[folder] = append(rows[folder], rows[other]...)
		}
	}
	return rows
}

// named finds the row for a name in the third column, where "internal/" may be omitted; empty: none.
func (l layout) named(name string) string {
	for _, full := range []string{name, "internal/" + name, "internal/" + name + "/..."} {
		if _, ok := l[full]; ok {
			return full
		}
	}
	return ""
}

// row finds the row of a package; empty: none.
func (l layout) row(pkg string) string {
	if _, ok := l[pkg]; ok {
		return pkg
	}
	for above := filepath.Dir(pkg); above != "."; above = filepath.Dir(above) {
		if _, ok := l[above+"/..."]; ok {
			return above + "/..."
		}
	}
	return ""
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	rows := readLayout(t)
	for _, p := range packages(t) {
		pkg := path(p.ImportPath)
		row := rows.row(pkg)
		if row == "" {
			t.Errorf("%s: docs/architecture.md has no row for it", pkg)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module+"/") {
				continue
			}
			other := rows.row(path(imported))
			if other != "" && other != row && !slices.Contains(rows[row], other) {
				t.Errorf("%s imports %s, which docs/architecture.md doesn't allow", pkg, path(imported))
			}
		}
	}
}

func TestNoPackageIsTooLong(t *testing.T) {
	for _, p := range packages(t) {
		lines := 0
		for _, file := range p.GoFiles {
			if strings.HasSuffix(file, "_templ.go") {
				continue
			}
			source, err := os.ReadFile(filepath.Join(p.Dir, file))
			require.NoError(t, err)
			lines += bytes.Count(source, []byte("\n"))
		}
		if pkg := path(p.ImportPath); lines > mostLines && pkg != longByPlan {
			t.Errorf("%s has %d lines, more than %d: split it", pkg, lines, mostLines)
		}
	}
}
