// Command mutants measures how many small faults the tests of a package notice. It draws mutants, each the package
// with one change, builds the tests over each and runs them; a mutant that no test fails for survives.
//
//	go run ./tools/mutants [-n 40] [-seed 1] [-json report.json] [-at FILE:LINE] ./internal/filing …
//
// Gremlins (github.com/go-gremlins/gremlins) changes all operators in copies of the whole module. It draws no samples,
// and leaves constants, tables, results and statements alone, where most of our survivors were.
//
// The same seed on the same code draws the same mutants. The working tree isn't touched: the go command overlays the
// changed file.
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
	timeoutFactor = 10
)

// Report is the result for one package.
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
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	n := flags.Int("n", 40, "mutants to judge in each package")
	seed := flags.Uint64("seed", 1, "draws the mutants")
	file := flags.String("json", "", "also write the reports to this file")
	at := flags.String("at", "", "judge only the mutants of FILE or FILE:LINE, such as holder.go:87")
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
	reports := []Report{}
	for _, p := range packages {
		r, err := measure(p, *n, *seed, *at, out)
		if err != nil {
			return fmt.Errorf("%s: %w", p.ImportPath, err)
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
	Dir, ImportPath                    string
	GoFiles, TestImports, XTestImports []string
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

// measure judges mutants of a package until n of them compiled.
func measure(p goPackage, n int, seed uint64, at string, out io.Writer) (Report, error) {
	mutants, err := mutantsOf(p)
	if err != nil {
		return Report{}, err
	}
	r := Report{Package: p.ImportPath, Seed: seed, Candidates: len(mutants), Survivors: []Mutant{}}
	if at != "" {
		mutants = slices.DeleteFunc(mutants, func(m Mutant) bool {
			return m.File != at && m.File+":"+strconv.Itoa(m.Line) != at
		})
		n = len(mutants)
	}
	random := rand.New(rand.NewPCG(seed, 0)) // repeatable, not secret
	random.Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
	j, err := newJudge(p)
	if err != nil {
		return Report{}, err
	}
	defer os.RemoveAll(j.dir)
	for _, m := range mutants {
		if r.Killed+r.Survived >= n {
			break
		}
		v, err := j.judge(m)
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
			fmt.Fprintf(out, "%s/%s:%d: %s\n%s", p.ImportPath, m.File, m.Line, m.Kind, m.Diff)
		}
	}
	if judged := r.Killed + r.Survived; judged > 0 {
		r.Score = float64(r.Killed) * 100 / float64(judged)
	}
	fmt.Fprintf(out, "%s: %.0f %% of %d killed (%d survived, %d timed out, %d not compiled; seed %d, %d candidates)\n",
		p.ImportPath, r.Score, r.Killed+r.Survived, r.Survived, r.TimedOut, r.NotCompiled, seed, r.Candidates)
	return r, nil
}

type verdict int

const (
	killed verdict = iota
	timedOut
	survived
	notCompiled
)

// judge builds and runs the tests of a package.
type judge struct {
	p       goPackage
	dir     string
	args    []string
	timeout time.Duration
}

// newJudge runs the tests without any change: they must pass, and the time they take limits the mutants'.
func newJudge(p goPackage) (*judge, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	j := &judge{p: p, dir: dir, args: []string{"-test.failfast"}, timeout: time.Hour}
	if slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid") {
		j.args = append(j.args, "-rapid.seed=1", "-rapid.nofailfile")
	}
	begin := time.Now()
	v, err := j.judge(Mutant{})
	if err == nil && v != survived {
		err = errors.New("the tests fail without any change")
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	j.timeout = max(minTimeout, timeoutFactor*time.Since(begin))
	return j, nil
}

// judge builds the tests over a mutant and runs them.
func (j *judge) judge(m Mutant) (verdict, error) {
	binary := filepath.Join(j.dir, "test")
	build := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary}
	if m.text != nil {
		overlay, err := j.overlay(m)
		if err != nil {
			return 0, err
		}
		build = append(build, "-overlay", overlay)
	}
	// "go test -c" builds nothing if a package has no tests.
	if err := os.Remove(binary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	if out, err := command(context.Background(), j.p.Dir, "go", append(build, ".")...).CombinedOutput(); err != nil {
		if m.text == nil {
			return 0, fmt.Errorf("the tests don't compile:\n%s", out)
		}
		return notCompiled, nil
	}
	if _, err := os.Stat(binary); err != nil {
		return survived, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), j.timeout)
	defer cancel()
	switch err := command(ctx, j.p.Dir, binary, j.args...).Run(); {
	case ctx.Err() != nil:
		return timedOut, nil
	case err != nil:
		return killed, nil
	}
	return survived, nil
}

// command is a program in a folder; it dies with the context, and its output ends with it.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.WaitDelay = dir, time.Second
	return c
}

// overlay writes the changed file and the description that the go command reads.
func (j *judge) overlay(m Mutant) (string, error) {
	changed, overlay := filepath.Join(j.dir, "changed.go"), filepath.Join(j.dir, "overlay.json")
	text, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(j.p.Dir, m.File): changed}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(changed, m.text, 0o600), os.WriteFile(overlay, text, 0o600))
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
