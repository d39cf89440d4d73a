package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// reached are the tests that enter each function; a mutant of a function needs no others. A function that runs before
// a package's first test is entered by one without a name.
type reached map[function]map[test]bool

// test is a test of a package, by its import path.
type test struct{ pkg, name string }

// function is known by its line, which no mutant before it moves.
type function struct {
	file string
	line int
}

// overlay describes changed and additional files to the go command.
type overlay map[string][]byte

func (o overlay) write(dir string) (string, error) {
	replace, i := map[string]string{}, 0
	for path, text := range o {
		name := filepath.Join(dir, strconv.Itoa(i)+".go")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return "", err
		}
		replace[path] = name
		i++
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, text, 0o600)
}

// hitCode goes to the packages to change. It appends each function that a test enters to a file. The environment says
// which test runs, as tests may be in another package.
const hitCode = `package %s

import (
	mutantsos "os"
	mutantssync "sync"
)

var mutantsSeen mutantssync.Map

func mutantsHit(function string) {
	line := mutantsos.Getenv("MUTANTS_PACKAGE") + "\t" + mutantsos.Getenv("MUTANTS_TEST") + "\t" + function + "\n"
	if _, seen := mutantsSeen.LoadOrStore(line, true); seen {
		return
	}
	f, err := mutantsos.OpenFile(mutantsos.Getenv("MUTANTS_HITS"),
		mutantsos.O_APPEND|mutantsos.O_CREATE|mutantsos.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := f.WriteString(line); err != nil {
		panic(err)
	}
}
`

const testCode = `package %s

import mutantsos "os"

func mutantsTest(name string) {
	if err := mutantsos.Setenv("MUTANTS_TEST", name); err != nil {
		panic(err)
	}
}
`

// instrument overlays packages and their tests with code that says which test enters which function. It also returns
// the tests that run at the same time as others, whose functions can't be told apart.
func instrument(packages, tests []goPackage) (o overlay, parallel []test, err error) {
	o = overlay{}
	for _, p := range packages {
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			text, functions, err := functionsOf(path)
			if err != nil {
				return nil, nil, err
			}
			o[path] = insert(text, functions, func(f *ast.FuncDecl, line int) string {
				return fmt.Sprintf("mutantsHit(%q);", path+":"+strconv.Itoa(line))
			})
		}
		o[filepath.Join(p.Dir, "mutants_hit.go")] = fmt.Appendf(nil, hitCode, p.Name)
	}
	for _, p := range tests {
		for name, files := range map[string][]string{p.Name: p.TestGoFiles, p.Name + "_test": p.XTestGoFiles} {
			for _, file := range files {
				path := filepath.Join(p.Dir, file)
				text, functions, err := functionsOf(path)
				if err != nil {
					return nil, nil, err
				}
				functions = slices.DeleteFunc(functions, func(f placed) bool { return !isTest(f.decl) })
				o[path] = insert(text, functions, func(f *ast.FuncDecl, _ int) string {
					return fmt.Sprintf("mutantsTest(%q);", f.Name.Name)
				})
				for _, f := range functions {
					if bytes.Contains(text[f.begin:f.end], []byte("\n\tt.Parallel()")) {
						parallel = append(parallel, test{p.ImportPath, f.decl.Name.Name})
					}
				}
			}
			if len(files) > 0 {
				o[filepath.Join(p.Dir, "mutants_"+name+".go")] = fmt.Appendf(nil, testCode, name)
			}
		}
	}
	return o, parallel, nil
}

// placed is a function with its line and the offsets of its body.
type placed struct {
	decl             *ast.FuncDecl
	line, begin, end int
}

// functionsOf lists a file's functions with a body; none of a generated file.
func functionsOf(path string) (text []byte, functions []placed, err error) {
	if text, err = os.ReadFile(path); err != nil {
		return nil, nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(parsed) {
		return text, nil, err
	}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			functions = append(functions, placed{f, fset.Position(f.Pos()).Line,
				fset.Position(f.Body.Lbrace).Offset + 1, fset.Position(f.Body.Rbrace).Offset})
		}
	}
	return text, functions, nil
}

// insert adds code at the beginning of functions.
func insert(text []byte, functions []placed, code func(*ast.FuncDecl, int) string) []byte {
	var b bytes.Buffer
	from := 0
	for _, f := range functions {
		b.Write(text[from:f.begin])
		b.WriteString(code(f.decl, f.line))
		from = f.begin
	}
	b.Write(text[from:])
	return b.Bytes()
}

// isTest reports whether "go test" runs a function by itself.
func isTest(f *ast.FuncDecl) bool {
	name := f.Name.Name
	return f.Recv == nil && name != "TestMain" && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") ||
		strings.HasPrefix(name, "Example"))
}

// reach runs the tests without any change: they must pass.
func (j *judge) reach(packages []goPackage) error {
	o, parallel, err := instrument(packages, j.tests)
	if err != nil {
		return err
	}
	hits := filepath.Join(j.dir, "hits")
	switch v, err := j.run(context.Background(), o, func(string) (string, bool) { return "", true }, hits); {
	case err != nil:
		return err
	case v == notCompiled:
		return fmt.Errorf("the tests don't compile:\n%s", j.output)
	case v != survived:
		return fmt.Errorf("the tests fail without any change:\n%s", j.output)
	}
	text, err := os.ReadFile(hits)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(string(text)) {
		hit := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		i := strings.LastIndexByte(hit[2], ':')
		at, err := strconv.Atoi(hit[2][i+1:])
		if err != nil {
			return err
		}
		f := function{hit[2][:i], at}
		if j.reached[f] == nil {
			j.reached[f] = map[test]bool{}
			for _, t := range parallel {
				j.reached[f][t] = true
			}
		}
		j.reached[f][test{hit[0], hit[1]}] = true
	}
	return nil
}

// pattern matches the tests of a package that reach a mutant: "" matches all, and none is false.
func (j *judge) pattern(m Mutant, pkg string) (pattern string, some bool) {
	if m.function == 0 {
		return "", true
	}
	var names []string
	for t := range j.reached[function{m.path, m.function}] {
		switch {
		case t.pkg == pkg && t.name == "":
			return "", true
		case t.pkg == pkg:
			names = append(names, t.name)
		}
	}
	slices.Sort(names)
	return "^(" + strings.Join(names, "|") + ")$", len(names) > 0
}
