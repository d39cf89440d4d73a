package main

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mutant is one change of a file.
type Mutant struct {
	Package string `json:"package"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"`
	Diff    string `json:"diff"`
	text    []byte
	path    string
	// function is the line of the function that the change is in, if any.
	function int
}

// mutantsOf lists every mutant of a package's own code, in the order of its files and lines.
func mutantsOf(p goPackage) (all []Mutant, err error) {
	for _, name := range p.GoFiles {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		mutants, err := mutate(name, text)
		if err != nil {
			return nil, err
		}
		for i := range mutants {
			mutants[i].Package, mutants[i].path = p.ImportPath, filepath.Join(p.Dir, name)
		}
		all = append(all, mutants...)
	}
	return all, nil
}

// mutate lists the mutants of one file; none of a generated one.
func mutate(name string, text []byte) ([]Mutant, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(parsed) {
		return nil, err
	}
	f := &file{name: name, text: text, base: fset.File(parsed.Pos()), seen: map[string]bool{}}
	for _, d := range parsed.Decls {
		f.function = 0
		if _, ok := d.(*ast.FuncDecl); ok {
			f.function = f.base.Line(d.Pos())
		}
		f.walk(d, nil)
	}
	slices.SortStableFunc(f.changes, func(a, b change) int { return cmp.Compare(a.from, b.from) })
	mutants := make([]Mutant, len(f.changes))
	for i, c := range f.changes {
		mutants[i] = f.mutant(c)
	}
	return mutants, nil
}

// change replaces the bytes from one offset to another.
type change struct {
	from, to int
	kind     string
	with     string
	function int
}

// file collects the changes of a file.
type file struct {
	name    string
	text    []byte
	base    *token.File
	changes []change
	seen    map[string]bool
	// function is the line of the one that is being changed, if any.
	function int
}

func (f *file) mutant(c change) Mutant {
	text := slices.Concat(f.text[:c.from], []byte(c.with), f.text[c.to:])
	begin := bytes.LastIndexByte(f.text[:c.from], '\n') + 1
	end := len(f.text)
	if i := bytes.IndexByte(f.text[c.to:], '\n'); i >= 0 {
		end = c.to + i
	}
	before := string(f.text[begin:end])
	after := string(f.text[begin:c.from]) + c.with + string(f.text[c.to:end])
	return Mutant{File: f.name, Line: f.base.Line(f.base.Pos(c.from)), Kind: c.kind, Diff: diff(before, after), text: text,
		function: c.function}
}

func (f *file) offset(p token.Pos) int { return f.base.Offset(p) }

// replace adds a change of a part of the source, once.
func (f *file) replace(kind string, from, to token.Pos, with string) {
	c := change{f.offset(from), f.offset(to), kind, with, f.function}
	key := strconv.Itoa(c.from) + "-" + strconv.Itoa(c.to) + with
	if !f.seen[key] {
		f.seen[key] = true
		f.changes = append(f.changes, c)
	}
}

func (f *file) source(n ast.Node) string { return string(f.text[f.offset(n.Pos()):f.offset(n.End())]) }

// logs matches calls that only tell operators something: their texts and values aren't behaviour.
var logs = regexp.MustCompile(
	`(?i)^(slog|log|[\w.]*logger|(workflow|activity)\.GetLogger\(\w+\))\.(debug|info|warn|error|log|print)`)

func (f *file) isLog(call *ast.CallExpr) bool { return logs.MatchString(f.source(call.Fun)) }

// walk adds the changes of a node and of what is in it. results are the types that the enclosing function returns.
func (f *file) walk(n ast.Node, results *ast.FieldList) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				f.walk(n.Body, n.Type.Results)
			}
			return false
		case *ast.FuncLit:
			f.walk(n.Body, n.Type.Results)
			return false
		case *ast.CallExpr:
			if f.isLog(n) {
				return false
			}
		case *ast.ImportSpec, *ast.ArrayType, *ast.StructType, *ast.InterfaceType:
			return false
		case *ast.ReturnStmt:
			f.returned(n, results)
			if fails(n, results) {
				for _, e := range n.Results {
					if _, literal := e.(*ast.BasicLit); !literal { // nobody reads it
						f.walk(e, results)
					}
				}
				return false
			}
		}
		f.expression(n)
		f.statement(n)
		return true
	})
}

// expression changes operators, literals and tables.
func (f *file) expression(n ast.Node) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.UnaryExpr:
		switch n.Op {
		case token.NOT:
			f.replace("negation removed", n.Pos(), n.X.Pos(), "")
		case token.SUB:
			f.replace("sign", n.Pos(), n.X.Pos(), "")
		}
	case *ast.BasicLit:
		if n.Kind == token.INT {
			f.replace("constant", n.Pos(), n.End(), "("+n.Value+"+1)")
			f.replace("constant", n.Pos(), n.End(), "("+n.Value+"-1)")
		}
	case *ast.Ident:
		if other, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
			f.replace("boolean", n.Pos(), n.End(), other)
		}
	case *ast.SelectorExpr:
		f.duration(n)
	case *ast.CompositeLit:
		f.table(n)
	case *ast.IfStmt:
		f.condition(n.Cond)
	case *ast.ForStmt:
		f.condition(n.Cond)
	case *ast.CaseClause:
		for _, e := range n.List {
			if _, ok := e.(*ast.CallExpr); ok {
				f.condition(e)
			}
		}
	}
}

// operators are what each operator may become.
var operators = map[token.Token][]string{
	token.EQL: {"!="}, token.NEQ: {"=="},
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"},
	token.LAND: {"||"}, token.LOR: {"&&"},
	token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.REM: {"*"},
	token.AND: {"|"}, token.OR: {"&"}, token.XOR: {"&"}, token.SHL: {">>"}, token.SHR: {"<<"},
}

func (f *file) operator(n *ast.BinaryExpr) {
	if n.Op == token.ADD && (isText(n.X) || isText(n.Y)) {
		return
	}
	for _, other := range operators[n.Op] {
		f.replace("operator", n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), other)
	}
}

// isText reports whether an expression is evidently a string.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return isText(e.X) || isText(e.Y)
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		return ok && name.Name == "string"
	}
	return false
}

// condition negates what no operator of its own changes.
func (f *file) condition(e ast.Expr) {
	switch e.(type) {
	case *ast.CallExpr, *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		f.replace("condition", e.Pos(), e.End(), "!("+f.source(e)+")")
	}
}

var shorter = map[string]string{"Hour": "Minute", "Minute": "Second", "Second": "Millisecond", "Millisecond": "Second"}

func (f *file) duration(n *ast.SelectorExpr) {
	if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && shorter[n.Sel.Name] != "" {
		f.replace("duration", n.Pos(), n.End(), "time."+shorter[n.Sel.Name])
	}
}

// table removes the entries of lists, maps and structs.
func (f *file) table(n *ast.CompositeLit) {
	for i, e := range n.Elts {
		_, keyed := e.(*ast.KeyValueExpr)
		_, isArray := n.Type.(*ast.ArrayType)
		if !keyed && !isArray {
			continue // a struct without keys needs all its fields
		}
		to := e.End()
		if i+1 < len(n.Elts) {
			to = n.Elts[i+1].Pos()
			if f.base.Line(to) != f.base.Line(e.End()) { // keep what is between the lines
				to = e.End() + token.Pos(bytes.IndexByte(f.text[f.offset(e.End()):], ',')+1)
			}
		} else if rest := f.text[f.offset(to):]; rest[0] == ',' {
			to++
		}
		f.replace("entry removed", e.Pos(), to, "")
	}
}

// statement removes statements that declare nothing.
func (f *file) statement(n ast.Node) {
	switch n := n.(type) {
	case *ast.ExprStmt:
		if call, ok := n.X.(*ast.CallExpr); ok && (f.isLog(call) || f.source(call.Fun) == "panic") {
			return
		}
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			return
		}
		if op := n.Tok.String(); n.Tok != token.ASSIGN {
			for _, other := range operators[map[string]token.Token{"+=": token.ADD, "-=": token.SUB, "*=": token.MUL}[op]] {
				f.replace("operator", n.TokPos, n.TokPos+2, other+"=")
			}
		}
	case *ast.IncDecStmt, *ast.BranchStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
	default:
		return
	}
	f.replace("statement removed", n.Pos(), n.End(), "")
}

// returned replaces results by their zero values.
func (f *file) returned(n *ast.ReturnStmt, results *ast.FieldList) {
	if results == nil {
		return
	}
	var types []ast.Expr
	for _, field := range results.List {
		for range max(1, len(field.Names)) {
			types = append(types, field.Type)
		}
	}
	if len(types) != len(n.Results) {
		return // the results of a call
	}
	for i, r := range n.Results {
		if zero := f.zero(types[i]); zero != f.source(r) && !isZero(r) {
			f.replace("result", r.Pos(), r.End(), zero)
		}
	}
}

// fails reports whether a function evidently returns an error.
func fails(n *ast.ReturnStmt, results *ast.FieldList) bool {
	if results == nil || len(results.List) == 0 || len(n.Results) < 2 {
		return false
	}
	last, ok := results.List[len(results.List)-1].Type.(*ast.Ident)
	return ok && last.Name == "error" && !isZero(n.Results[len(n.Results)-1])
}

// zero is an expression for the zero value of a type.
func (f *file) zero(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr, *ast.ArrayType, *ast.MapType, *ast.FuncType, *ast.InterfaceType, *ast.ChanType:
		if a, ok := t.(*ast.ArrayType); !ok || a.Len == nil {
			return "nil"
		}
	case *ast.Ident:
		switch {
		case t.Name == "error", t.Name == "any":
			return "nil"
		case t.Name == "bool":
			return "false"
		case t.Name == "string":
			return `""`
		case strings.HasPrefix(t.Name, "int"), strings.HasPrefix(t.Name, "uint"),
			strings.HasPrefix(t.Name, "float"), t.Name == "byte", t.Name == "rune":
			return "0"
		}
	}
	return "*new(" + f.source(t) + ")"
}

// isZero reports whether an expression evidently is a zero value.
func isZero(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return e.Value == "0" || e.Value == `""`
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	}
	return false
}
