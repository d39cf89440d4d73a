// Package devcli holds the commands that only development needs: dev, demo and simulate. They start stand-ins, so
// they are separate from the commands that production runs.
package devcli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
)

// Dev runs everything on this machine.
type Dev struct {
	stack.Ports `embed:""`
	Dir         string        `env:"BEIAN_DEV_DIR" default:".beian/dev" help:"folder for data kept between runs"`
	ReviewAfter time.Duration `env:"BEIAN_DEV_REVIEW_AFTER" default:"20s" help:"how long the stand-in bureau reviews; negative: reviewed on its page only"`
	Edition     string        `name:"bureau-edition" env:"BEIAN_DEV_BUREAU" enum:"today,2005" default:"today" help:"how the stand-in bureau works: as bureaus do today, or as in 2005, with certificates"`
	Vetting     bool          `env:"BEIAN_VETTING" help:"own staff vet dossiers before they go to the bureau (初审)"`
	Manual      bool          `env:"BEIAN_DEV_MANUAL" help:"staff submit dossiers by hand, as with a bureau without an interface"`
	StaffTOTP   string        `env:"BEIAN_STAFF_TOTP" enum:"required,optional" default:"optional" help:"whether staff must sign in with a second factor"`
	Samples     string        `default:"samples/orders.csv" help:"orders to import"`
	LogLevel    string        `env:"BEIAN_LOG_LEVEL" default:"warn" help:"debug, info, warn or error"`
}

// Help shows an example.
func (Dev) Help() string { return "Example: beian dev --panel 8090" }

// Run brings everything up and waits for Ctrl-C.
func (c *Dev) Run(ctx context.Context) error {
	s, err := stack.Start(ctx, stack.Options{
		Dir: c.Dir, Ports: c.Ports, BureauEdition: bureau.Edition(c.Edition), ReviewAfter: c.ReviewAfter,
		Vetting: c.Vetting, Manual: c.Manual, StaffTOTP: c.StaffTOTP,
		Logger: app.NewLogger(c.LogLevel),
	})
	if err != nil {
		return err
	}
	defer s.Stop()
	if err := importSamples(ctx, s, c.Samples); err != nil {
		return err
	}
	var staff strings.Builder
	for _, role := range stack.DemoStaff {
		fmt.Fprintf(&staff, "    %-19s %s / %s\n", role, role, stack.DemoStaffPassword(role))
	}
	local := func(port int) string { return fmt.Sprintf("http://127.0.0.1:%d/", port) }
	fmt.Printf(`
Beian 备案 is running. Ctrl-C stops it; the next run finds the same data.

  面板 panel            %s
    客户 customer       %s / %s
    管理员 administrator %s / %s
%s  短信与邮件 inbox      %s
  管局 bureau           %s
  网站空间 web space    %s
  Temporal              %s

`, local(c.Panel), stack.DemoCustomer, stack.DemoCustomerPassword, stack.DemoSupport, stack.DemoSupportPassword,
		staff.String(),
		local(c.Inbox), local(c.Bureau), local(c.Space), local(c.TemporalUI))
	select {
	case <-ctx.Done():
		fmt.Println("stopping …")
		return nil
	case err := <-s.Failed():
		return err
	}
}

// importSamples imports orders and points their web spaces to the stack's, whatever its port.
func importSamples(ctx context.Context, s *stack.Stack, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // run elsewhere: import orders with `beian orders import`
	} else if err != nil {
		return err
	}
	defer file.Close()
	sum, err := orderfile.Import(ctx, s.Store, demo.WithPort(file, s.Options.Ports.FTP), true)
	if err == nil && sum.Refused > 0 {
		err = errors.Join(sum.Errors...)
	}
	return err
}

// Demo files orders unattended.
type Demo struct {
	Edition  string `name:"bureau-edition" enum:"today,2005" default:"today" help:"how the stand-in bureau works: as bureaus do today, or as in 2005, with certificates"`
	Filings  int    `default:"1" help:"how many orders to file (1 to 5)"`
	JSON     bool   `name:"json" help:"print JSON lines"`
	Samples  string `default:"samples/orders.csv" help:"orders to import"`
	LogLevel string `env:"BEIAN_LOG_LEVEL" default:"error" help:"debug, info, warn or error"`
}

// Help shows an example.
func (Demo) Help() string { return "Example: beian demo --filings 2 --json" }

// Run files orders on a throwaway stack.
func (c *Demo) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "beian-demo-")
	if err != nil {
		return err
	}
	s, err := stack.Start(ctx, stack.Options{
		Dir: filepath.Join(dir, "stack"), Throwaway: true, BureauEdition: bureau.Edition(c.Edition), ReviewAfter: 2 * time.Second,
		ExchangeEvery: time.Second, Logger: app.NewLogger(c.LogLevel),
	})
	defer os.RemoveAll(dir)
	if err != nil {
		return err
	}
	defer s.Stop()
	if err := importSamples(ctx, s, c.Samples); err != nil {
		return err
	}
	report := demo.Text
	if c.JSON {
		report = demo.JSON
	}
	return demo.Run(ctx, s, c.Filings, report(os.Stdout))
}
