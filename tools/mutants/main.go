// Command mutants measures how many small faults the tests of a package notice. It draws mutants, each the package
// with one change, builds the tests over each and runs those that reach the change; a mutant that no test fails for
// survives.
//
//	go run ./tools/mutants [-n 40] [-seed 1] [-json report.json] [-at FILE:LINE] ./internal/filing …
//	go run ./tools/mutants -tests ./panel -args '-rapid.checks=10' ./panel/web ./panel/customer …
//
// Gremlins (github.com/go-gremlins/gremlins) changes all operators in copies of the whole module. It draws no samples,
// and leaves constants, tables, results and statements alone, where most of our survivors were.
//
// The same seed on the same code draws the same mutants. The working tree isn't touched: the go command overlays the
// changed file. An interrupt ends it with a report of what was judged so far.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The least time that the tests of a mutant get, and how many times as long as they took without it; a change may make
// a loop endless. Both are generous, so that a busy machine doesn't change the score.
const (
	minTimeout    = time.Minute
	timeoutFactor = 3
)

// Report is the result for one package, or for several that the same tests are for.
type Report struct {
	Package string `json:"package"`
	Seed    uint64 `json:"seed"`
	// Candidates is how many mutants there are to draw from.
	Candidates int `json:"candidates"`
	Killed     int `json:"killed"`
	// TimedOut mutants are among the killed ones.
	TimedOut int `json:"timed_out"`
	Survived int `json:"survived"`
	// NotCompiled mutants don't count.
	NotCompiled int `json:"not_compiled"`
	// Score is the percentage killed.
	Score     float64  `json:"score"`
	Survivors []Mutant `json:"survivors"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run measures, until it is done or interrupted.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	n := flags.Int("n", 40, "mutants to judge in each package")
	seed := flags.Uint64("seed", 1, "draws the mutants")
	file := flags.String("json", "", "also write the reports to this file")
	at := flags.String("at", "", "judge only the mutants of FILE or FILE:LINE, such as holder.go:87")
	tests := flags.String("tests", "", "judge all packages as one, by the tests of these (with commas) and not each by its own")
	testArgs := flags.String("args", "", "more arguments of the tests, such as '-test.short -rapid.checks=5'")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name a package, such as ./internal/filing")
	}
	packages, err := list(flags.Args())
	if err != nil {
		return err
	}
	groups := [][2][]goPackage{}
	if *tests == "" {
		for _, p := range packages {
			groups = append(groups, [2][]goPackage{{p}, {p}})
		}
	} else {
		others, err := list(strings.Split(*tests, ","))
		if err != nil {
			return err
		}
		groups = append(groups, [2][]goPackage{packages, others})
	}
	reports := []Report{}
	for _, g := range groups {
		r, err := measure(ctx, g[0], g[1], *n, *seed, *at, strings.Fields(*testArgs), out)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	if *file == "" {
		return nil
	}
	text, err := json.MarshalIndent(reports, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*file, append(text, '\n'), 0o600)
}

// goPackage is what the go command says about a package.
type goPackage struct {
	Dir, ImportPath, Name              string
	GoFiles, TestGoFiles, XTestGoFiles []string
	TestImports, XTestImports          []string
}

func list(patterns []string) (packages []goPackage, err error) {
	out, err := exec.Command("go", append([]string{"list", "-json", "--"}, patterns...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
}

// measure judges mutants of packages by the tests of packages until n of them compiled.
func measure(ctx context.Context, packages, tests []goPackage, n int, seed uint64, at string, args []string,
	out io.Writer) (Report, error) {
	var mutants []Mutant
	var names []string
	for _, p := range packages {
		of, err := mutantsOf(p)
		if err != nil {
			return Report{}, err
		}
		mutants, names = append(mutants, of...), append(names, p.ImportPath)
	}
	r := Report{Package: strings.Join(names, " "), Seed: seed, Candidates: len(mutants), Survivors: []Mutant{}}
	if at != "" {
		mutants = slices.DeleteFunc(mutants, func(m Mutant) bool {
			return m.File != at && m.File+":"+strconv.Itoa(m.Line) != at
		})
		n = len(mutants)
	}
	random := rand.New(rand.NewPCG(seed, 0)) // repeatable, not secret
	random.Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
	j, err := newJudge(packages, tests, args)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", r.Package, err)
	}
	defer os.RemoveAll(j.dir)
	for _, m := range mutants {
		if r.Killed+r.Survived >= n {
			break
		}
		v, err := j.judge(m)
		if ctx.Err() != nil {
			break // the interrupt may have killed it
		}
		if err != nil {
			return Report{}, err
		}
		switch v {
		case notCompiled:
			r.NotCompiled++
		case timedOut:
			r.TimedOut++
			r.Killed++
		case killed:
			r.Killed++
		case survived:
			r.Survived++
			r.Survivors = append(r.Survivors, m)
			fmt.Fprintf(out, "%s/%s:%d: %s\n%s", m.Package, m.File, m.Line, m.Kind, m.Diff)
		}
	}
	if judged := r.Killed + r.Survived; judged > 0 {
		r.Score = float64(r.Killed) * 100 / float64(judged)
	}
	fmt.Fprintf(out, "%s: %.0f %% of %d killed (%d survived, %d timed out, %d not compiled; seed %d, %d candidates)\n",
		r.Package, r.Score, r.Killed+r.Survived, r.Survived, r.TimedOut, r.NotCompiled, seed, r.Candidates)
	return r, nil
}

type verdict int

const (
	killed verdict = iota
	timedOut
	survived
	notCompiled
)

// judge builds tests over mutants and runs them.
type judge struct {
	tests   []goPackage
	dir     string
	args    []string
	timeout time.Duration
	reached reached
	// output is what the compiler, or else the tests, said last.
	output string
}

// newJudge runs the tests without any change: they must pass, and the time they take limits the mutants'.
func newJudge(packages, tests []goPackage, args []string) (*judge, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	j := &judge{tests: tests, dir: dir, args: args, timeout: time.Hour, reached: reached{}}
	begin := time.Now()
	if err := j.reach(packages); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	j.timeout = max(minTimeout, timeoutFactor*time.Since(begin))
	return j, nil
}

// judge runs the tests that reach a mutant.
func (j *judge) judge(m Mutant) (verdict, error) {
	ctx, cancel := context.WithTimeout(context.Background(), j.timeout)
	defer cancel()
	return j.run(ctx, overlay{m.path: m.text}, func(pkg string) (string, bool) { return j.pattern(m, pkg) }, "")
}

// run builds the tests over an overlay and runs those of each package that match a pattern. hits is the file that code
// in the overlay writes, if any.
func (j *judge) run(ctx context.Context, o overlay, patternOf func(pkg string) (pattern string, some bool),
	hits string) (verdict, error) {
	file, err := o.write(j.dir)
	if err != nil {
		return 0, err
	}
	for _, p := range j.tests {
		pattern, some := patternOf(p.ImportPath)
		if !some {
			continue
		}
		binary := filepath.Join(j.dir, "test")
		build := command(context.Background(), p.Dir, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary,
			"-overlay", file, ".")
		// "go test -c" builds nothing if a package has no tests.
		if err := os.Remove(binary); err != nil && !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		if out, err := build.CombinedOutput(); err != nil {
			j.output = string(out)
			return notCompiled, nil
		}
		if _, err := os.Stat(binary); err != nil {
			continue
		}
		args := []string{"-test.failfast"}
		if slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid") {
			args = append(args, "-rapid.seed=1", "-rapid.nofailfile")
		}
		c := command(ctx, p.Dir, binary, slices.Concat(args, []string{"-test.run", pattern}, j.args)...)
		c.Env = append(os.Environ(), "MUTANTS_HITS="+hits, "MUTANTS_PACKAGE="+p.ImportPath)
		out, err := c.CombinedOutput()
		j.output = string(out)
		switch {
		case ctx.Err() != nil:
			return timedOut, nil
		case err != nil:
			return killed, nil
		}
	}
	return survived, nil
}

// command is a program in a folder; it dies with the context, and its output ends with it.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.WaitDelay = dir, time.Second
	return c
}

// diff shows the lines that a change touches, before and after.
func diff(before, after string) string {
	var b strings.Builder
	for _, side := range []struct{ sign, text string }{{"-", before}, {"+", after}} {
		for line := range strings.Lines(strings.TrimRight(side.text, "\n") + "\n") {
			b.WriteString("\t" + side.sign + strings.TrimPrefix(line, "\t"))
		}
	}
	return b.String()
}
