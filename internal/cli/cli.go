// Package cli is the command line, one file for each command. The commands for development are in internal/devcli.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/beian/beian/internal/devcli"
)

type commands struct {
	Dev       devcli.Dev          `cmd:"" help:"Run everything on this machine, with stand-ins for external systems."`
	Panel     panelCommand        `cmd:"" help:"Run a web panel."`
	Worker    workerCommand       `cmd:"" help:"Run a worker; show and change which build's workers get tasks."`
	Migrate   migrateCommand      `cmd:"" help:"Bring the database to this build's version, or show its state."`
	Doctor    doctorCommand       `cmd:"" help:"Check everything that panels and workers depend on."`
	Orders    ordersCommand       `cmd:"" help:"Import orders, and transfer one to another customer."`
	Users     usersCommand        `cmd:"" help:"Manage accounts of the panel."`
	APIKeys   apiKeysCommand      `cmd:"" name:"api-keys" help:"Manage keys of the API for the provider's own panel."`
	Customers customersCommand    `cmd:"" help:"Export or erase what is held about a customer."`
	Filings   filingsCommand      `cmd:"" help:"Repair filings."`
	History   historyCommand      `cmd:"" help:"Show what the workflow of a filing did."`
	Audit     auditCommand        `cmd:"" help:"Verify the audit log of staff actions."`
	Keys      keysCommand         `cmd:"" help:"Create and rotate the keys that seal personal data."`
	Demo      devcli.Demo         `cmd:"" help:"File an order unattended on a throwaway stack."`
	Simulate  devcli.Simulate     `cmd:"" help:"Run a single stand-in."`
	Settings  settingsCommand     `cmd:"" help:"Print the table of settings."`
	SMS       smsTemplatesCommand `cmd:"" name:"sms-templates" help:"Print the SMS texts that Aliyun must approve."`
	Ready     readyCommand        `cmd:"" help:"Report whether a panel or worker is ready, for health checks."`
	Version   versionCommand      `cmd:"" help:"Print the build."`

	Build kong.VersionFlag `name:"version" help:"Print the build."`
}

// Main runs the command line and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("beian"),
		kong.Description(
			"Beian (备案) files websites with China's ICP bureau for a hosting provider's customers.\n\nExample: beian dev"),
		kong.Vars{"version": version()}, kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if err != nil {
		return usageError(parser, err)
	}
	if err := k.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "beian:", err)
		return 1
	}
	return 0
}

// usageError prints the error first and then where to find the usage, which for a panel or a worker fills more
// than a screen.
func usageError(parser *kong.Kong, err error) int {
	fmt.Fprintln(os.Stderr, "beian:", err)
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) {
		return 2
	}
	parser.Stdout = os.Stderr
	_ = kong.DefaultShortHelpPrinter(kong.HelpOptions{}, wrong.Context)
	return wrong.ExitCode()
}
