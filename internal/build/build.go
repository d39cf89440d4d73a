// Package build identifies this build of the product.
package build

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"sync"
)

// id is set when the binary is linked:
//
//	go build -ldflags "-X github.com/beian/beian/internal/build.id=2026.11.2"
var id string

// revisionLength is the length of a build's ID that is derived from a commit.
const revisionLength = 12

// ID is the build's name: set by the linker, or else its commit ("-dirty" if files differed), or "dev".
var ID = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	return cmp.Or(id, revision(info), "dev")
})

func revision(info *debug.BuildInfo) (name string) {
	if info == nil {
		return ""
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			name = s.Value[:min(len(s.Value), revisionLength)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if name == "" {
		return ""
	}
	return name + dirty
}

// Go is the version of Go that it was built with.
func Go() string { return runtime.Version() }
