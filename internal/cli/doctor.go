package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
)

type doctorCommand struct {
	config.Base      `embed:""`
	config.Provider  `embed:"" prefix:"provider-"`
	config.Panel     `embed:"" prefix:"panel-"`
	config.SMS       `embed:"" prefix:"sms-"`
	config.Mail      `embed:"" prefix:"mail-"`
	config.Staff     `embed:"" prefix:"staff-"`
	config.Bureau    `embed:"" prefix:"bureau-"`
	config.Retention `embed:"" prefix:"keep-"`
	config.Website   `embed:"" prefix:"website-"`
	config.Worker    `embed:""`
}

// Help shows an example.
func (doctorCommand) Help() string {
	return "Takes the settings of panel and worker; with BEIAN_QUEUES, it checks what these queues need. Exits with status 1 if a check fails. Example: beian doctor --key-file keys.json"
}

// Run checks everything and prints a table.
func (c *doctorCommand) Run(ctx context.Context) error {
	set := app.Settings{Base: c.Base, Provider: c.Provider, Panel: c.Panel, SMS: c.SMS, Mail: c.Mail, Staff: c.Staff,
		Bureau: c.Bureau, Retention: c.Retention, Website: c.Website, Worker: c.Worker}
	secrets := app.Finding{Check: "secrets", Detail: "set", Err: set.LoadWorkerSecrets()}
	list := app.Doctor(ctx, &set)
	return printFindings(os.Stdout, append([]app.Finding{secrets}, list...))
}

func printFindings(to io.Writer, list []app.Finding) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHECK\tSTATE\tDETAIL")
	failed := 0
	for _, f := range list {
		state, detail := "ok", f.Detail
		switch {
		case f.Err != nil:
			failed++
			state, detail = "FAILED", strings.ReplaceAll(f.Err.Error(), "\n", "; ")
		case f.Skipped:
			state = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Check, state, detail)
	}
	if err := w.Flush(); err != nil || failed == 0 {
		return err
	}
	return fmt.Errorf("%d of %d checks failed", failed, len(list))
}
