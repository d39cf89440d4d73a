package cli

import (
	"context"
	"fmt"
	"net"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/build"
	"github.com/beian/beian/internal/config"
)

type panelCommand struct {
	config.Base      `embed:""`
	config.Provider  `embed:"" prefix:"provider-"`
	config.Panel     `embed:"" prefix:"panel-"`
	config.Retention `embed:"" prefix:"keep-"`
	config.Status    `embed:"" prefix:"status-"`
}

// Help shows an example.
func (panelCommand) Help() string {
	return "Example: BEIAN_DATABASE=… beian panel --key-file keys.json --panel-listen :8080"
}

// Run serves until it is stopped.
func (c *panelCommand) Run(ctx context.Context) error {
	if err := config.LoadSecrets(&c.Base, &c.Provider, &c.Panel, &c.Retention, &c.Status); err != nil {
		return err
	}
	p, closeAll, err := app.Connect(ctx, "beian-panel", &c.Base)
	if err != nil {
		return err
	}
	defer closeAll()
	l, err := net.Listen("tcp", c.Panel.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_LISTEN: %w", err)
	}
	p.Logger.Info("panel started", "address", l.Addr().String(), "build", build.ID())
	return app.RunPanel(ctx, l, app.Settings{Base: c.Base, Provider: c.Provider, Panel: c.Panel,
		Retention: c.Retention, Status: c.Status}, p)
}
