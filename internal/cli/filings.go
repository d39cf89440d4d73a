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
	Restart restartCommand `cmd:"" help:"Start the workflow of every open filing that has none: after Temporal's database was lost or put back."`
}

type restartCommand struct {
	config.Base `embed:""`
	// Vetting must be said: forgotten, dossiers would go to the bureau unchecked.
	Vetting bool `env:"BEIAN_VETTING" required:"" negatable:"" help:"own staff vet dossiers before they go to the bureau (初审), as the panels have it"`
	Rate    int  `help:"filings a second" default:"50"`
	Anew    bool `help:"also in the place of workflows that run: Temporal was put back, and the database knows more"`
}

// Help shows an example.
func (restartCommand) Help() string {
	return "A filing whose workflow runs is left as it is. Example: BEIAN_DATABASE=… beian filings restart --key-file keys.json --no-vetting"
}

const (
	// restartPage is how many filings are read at once.
	restartPage = 500
	// aftercareFor is how long after its end a filing may be cared for: the public-security
	// filing is due within thirty days after an approval (公安部令第33号 article 12).
	aftercareFor = 60 * 24 * time.Hour
)

// Run starts them, at a rate that Temporal takes beside its other work.
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
	if c.Anew {
		open = filings.OpenAnew
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
			case f.Stage == filing.Filed && (f.Kind.FollowsUp() || f.Kind.Registers()): // what they follow has the aftercare
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
	fmt.Printf("%d filings have their workflow.\n", asked)
	return nil
}
