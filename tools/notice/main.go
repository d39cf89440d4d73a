// Command notice writes NOTICE: the licence of every module that the product's binary links. A text that several
// modules share appears once, after their copyright lines.
//
//	go run ./tools/notice [-check]
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const path = "NOTICE"

// head is what no module's own files say. PDFium's licences don't come with the module that embeds it; both texts
// are below.
const head = `Beian 备案
Copyright 2026 the Beian authors

Licensed under the Apache License, Version 2.0 (LICENSE). The binary is linked with the modules
below, each under its own licence. github.com/klippa-app/go-pdfium embeds PDFium, Copyright 2014
The PDFium Authors, under BSD-3-Clause and Apache-2.0. "make notice" writes this file.
`

// known identifies licences by a phrase in their text; the first match counts. A licence that isn't listed must be
// reviewed before its module is used.
var known = []struct{ name, phrase string }{
	{"MPL-2.0", "Mozilla Public License"},
	{"Apache-2.0", "Apache License"},
	{"BSD-3-Clause", "may be used to endorse or promote"},
	{"BSD-2-Clause", "Redistributions of source code must retain"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"ISC", "Permission to use, copy, modify, and"},
	{"Unlicense", "released into the public domain"},
	{"CC0-1.0", "CC0 1.0"},
}

// unstated are modules without a licence file. Temporal's API links this one; the same project's sdk-go is under
// MIT.
var unstated = []string{"github.com/nexus-rpc/nexus-proto-annotations"}

var (
	licenceName   = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-][a-z0-9]+)?$`)
	copyrightLine = regexp.MustCompile(`(?im)^[ \t*#/]*(copyright (\(c\)|©|\d)|\(c\) \d).*$\n?`)
)

// licence is one text and the modules under it.
type licence struct {
	name    string
	text    string
	holders map[string][]string // copyright lines by module
}

func main() {
	check := flag.Bool("check", false, "fail where NOTICE isn't up to date, and write nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	list := map[string]*licence{}
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		if err := read(list, name, modules[name]); err != nil {
			return err
		}
	}
	notice := write(list)
	if !check {
		return os.WriteFile(path, notice, 0o600)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, notice) {
		return errors.Join(err, errors.New("NOTICE is out of date: run `make notice`"))
	}
	return nil
}

// linked are the modules that the binary links, each with its folder.
func linked() (map[string]string, error) {
	command := exec.Command("go", "list", "-deps", "-tags", "nomsgpack", "-json=Module", ".")
	command.Stderr = os.Stderr
	// For one platform, so that NOTICE is the same wherever it is generated.
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := command.Output()
	if err != nil {
		return nil, err
	}
	modules := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				Path, Dir string
				Main      bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			modules[p.Module.Path] = p.Module.Dir
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	modules["the Go standard library"] = strings.TrimSpace(string(goroot))
	return modules, err
}

// read adds a module's licence files.
func read(list map[string]*licence, module, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, f := range files {
		if f.IsDir() || filepath.Ext(f.Name()) == ".csv" || !licenceName.MatchString(f.Name()) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		text := strings.TrimSpace(strings.ReplaceAll(string(content), "\r\n", "\n"))
		var holders []string
		name := "Notice"
		if !strings.HasPrefix(strings.ToLower(f.Name()), "notice") {
			found = true
			if name, err = classify(text); err != nil {
				return fmt.Errorf("%s of %s: %w", f.Name(), module, err)
			}
			for _, line := range copyrightLine.FindAllString(text, -1) {
				holders = append(holders, strings.Trim(line, " \t\n*#/"))
			}
			text = strings.TrimSpace(copyrightLine.ReplaceAllString(text, ""))
		}
		key := strings.Join(strings.Fields(text), " ")
		if list[key] == nil {
			list[key] = &licence{name: name, text: text, holders: map[string][]string{}}
		}
		list[key].holders[module] = append(list[key].holders[module], holders...)
	}
	if !found && !slices.Contains(unstated, module) {
		return fmt.Errorf("%s has no licence file", module)
	}
	return nil
}

// classify returns a licence's SPDX name.
func classify(text string) (string, error) {
	words := strings.Join(strings.Fields(text), " ")
	for _, l := range known {
		if strings.Contains(words, l.phrase) {
			return l.name, nil
		}
	}
	return "", errors.New("unknown licence; review it and add it to known")
}

func write(list map[string]*licence) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	sorted := slices.SortedFunc(maps.Values(list), func(x, y *licence) int {
		return strings.Compare(x.name+"\n"+x.text, y.name+"\n"+y.text)
	})
	for _, l := range sorted {
		fmt.Fprintf(&b, "\n%s\n%s\n\n", strings.Repeat("=", 80), l.name)
		for _, module := range slices.Sorted(maps.Keys(l.holders)) {
			fmt.Fprintf(&b, "%s\n", module)
			for _, holder := range l.holders[module] {
				fmt.Fprintf(&b, "    %s\n", holder)
			}
		}
		fmt.Fprintf(&b, "\n%s\n", l.text)
	}
	return b.Bytes()
}
