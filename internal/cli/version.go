package cli

import (
	"fmt"

	"github.com/beian/beian/internal/build"
)

type versionCommand struct{}

// Help shows an example.
func (versionCommand) Help() string { return "Example: beian version" }

// Run prints the build.
func (versionCommand) Run() error {
	_, err := fmt.Println(version())
	return err
}

// version is the build's ID and its Go version.
func version() string { return "beian " + build.ID() + " " + build.Go() }
