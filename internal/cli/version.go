package cli

import (
	"fmt"

	"github.com/beian/beian/internal/build"
)

type versionCommand struct{}

// Help shows an example.
func (versionCommand) Help() string { return "Example: beian version" }

// Run tells the build.
func (versionCommand) Run() error {
	_, err := fmt.Println(version())
	return err
}

// version is the build's ID and the Go that it was built with.
func version() string { return "beian " + build.ID() + " " + build.Go() }
