package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

type filingsCommand struct {
	Restart restartCommand `cmd:"" help:"Start the workflow of every open filing that has none, after Temporal's database was lost or restored."`
}

type restartCommand struct {
	config.Base `embed:""`
	// Vetting is required: if it were forgotten, dossiers would go to the bureau without vetting.
	Vetting     bool `env:"BEIAN_VETTING" required:"" negatable:"" help:"own staff vet dossiers before they go to the bureau (初审); set it as on the panels"`
	Rate        int  `help:"filings per second" default:"50"`
	FromScratch bool `help:"also replace running workflows, because Temporal was restored from a backup and the database is newer"`
}

// Help shows an example.
func (restartCommand) Help() string {
	return "A filing whose workflow runs is left as it is. Example: BEIAN_DATABASE=… beian filings restart --key-file keys.json --no-vetting"
}

const (
	// restartPage is how many filings are read at once.
	restartPage = 500
	// aftercareFor is how long after its end a filing may need aftercare: the public-security filing is due within
	// thirty days of an approval (公安部令第33号 article 12).
	aftercareFor = 60 * 24 * time.Hour
)

// Run restarts filings at a rate that leaves Temporal room for its other work.
func (c *restartCommand) Run(ctx context.Context) error {
	if err := config.LoadSecrets(&c.Base); err != nil {
		return err
	}
	p, closeAll, err := app.Connect(ctx, "beian-filings", &c.Base)
	if err != nil {
		return err
	}
	defer closeAll()
	filings := workflows.NewClient(p.Temporal, c.Vetting)
	open := filings.Open
	if c.FromScratch {
		open = filings.Replace
	}
	every := time.NewTicker(time.Second / time.Duration(max(c.Rate, 1)))
	defer every.Stop()
	asked := 0
	for after := int64(0); ; {
		list, err := p.Store.OpenFilings(ctx, p.Store.Now().Add(-aftercareFor), after, restartPage)
		if err != nil {
			return err
		}
		for _, f := range list {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-every.C:
			}
			switch {
			case f.Stage == filing.Filed && (f.Kind.FollowsUp() || f.Kind.Registers()):
				// the filing that they follow has the aftercare
			case f.Stage == filing.Filed:
				err = filings.StartAftercare(ctx, f.Ref(), workflows.AftercareInput{FilingID: f.ID})
			default:
				err = open(ctx, f.Ref(), workflows.InputOf(f.ID, f.OrderNumber, f.Position()))
			}
			if err != nil {
				return err
			}
			asked, after = asked+1, f.ID
		}
		if len(list) < restartPage {
			break
		}
	}
	fmt.Printf("%d filings have a workflow.\n", asked)
	return nil
}
