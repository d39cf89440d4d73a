// Command temporal is the Temporal server for development and tests: all four services in one process, on SQLite,
// with the web UI. It accepts the flags of `temporal server start-dev` that the SDK's testsuite.StartDevServer
// passes, so it replaces the official CLI, which the Go module proxy can't build. It is a module of its own so
// that the product's go.mod stays free of the server's dependencies.
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/worker"
)

func main() {
	// Else the server's own workers read this whole binary at each start, for a checksum that nobody looks at.
	worker.SetBinaryChecksum("development")
	root := &cobra.Command{Use: "temporal", SilenceUsage: true}
	server := &cobra.Command{Use: "server", Short: "Run a Temporal server"}
	root.AddCommand(server)
	server.AddCommand(startDevCommand())
	if err := root.Execute(); err != nil {
		os.Exit(1)
	}
}

func startDevCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "start-dev",
		Short:   "Run a development server on SQLite",
		Example: "  temporal server start-dev --port 7233 --ui-port 8233 --db-filename temporal.db",
		RunE: func(cmd *cobra.Command, args []string) error {
			stop := make(chan os.Signal, 1)
			signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
			s, err := start(o)
			if err != nil {
				return fmt.Errorf("temporal did not start: %w", err)
			}
			<-stop
			s.Stop()
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.IP, "ip", "127.0.0.1", "address that the frontend binds to")
	f.IntVar(&o.Port, "port", 7233, "port of the gRPC frontend")
	f.IntVar(&o.UIPort, "ui-port", 0, "port of the web UI (default: the frontend's port + 1000)")
	f.BoolVar(&o.Headless, "headless", false, "run without the web UI")
	f.StringVar(&o.Database, "db-filename", "", "SQLite file; empty keeps everything in memory")
	f.StringArrayVar(&o.Namespaces, "namespace", nil, "namespace to create besides \"default\"; may be repeated")
	f.StringArrayVar(&o.DynamicConfig, "dynamic-config-value", nil, "KEY=JSON, may be repeated")
	f.StringVar(&o.LogLevel, "log-level", "warn", "debug, info, warn, error or never")
	f.String("log-format", "pretty", "accepted and ignored: the log is always text")
	if err := f.MarkHidden("log-format"); err != nil {
		log.Fatal(err)
	}
	return cmd
}
