// Command beian files websites with the bureau (ICP 备案) for a hosting provider's customers.
package main

import (
	"os"

	"github.com/beian/beian/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
