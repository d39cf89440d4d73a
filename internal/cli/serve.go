package cli

import (
	"context"
	"fmt"
	"net"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/stack"
)

type panelCommand struct {
	config.Base     `embed:""`
	config.Provider `embed:"" prefix:"provider-"`
	config.Panel    `embed:"" prefix:"panel-"`
}

// Help shows an example.
func (panelCommand) Help() string {
	return "Example: BEIAN_DATABASE=… beian panel --key-file keys.json --panel-listen :8080"
}

// Run serves until it is told to stop.
func (c *panelCommand) Run(ctx context.Context) error {
	if err := config.LoadSecrets(&c.Base, &c.Provider, &c.Panel); err != nil {
		return err
	}
	logger := newLogger(c.LogLevel)
	db, temporal, closeAll, err := connect(ctx, &c.Base, logger)
	if err != nil {
		return err
	}
	defer closeAll()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("BEIAN_LISTEN: %w", err)
	}
	logger.Info("panel started", "address", l.Addr().String())
	return stack.RunPanel(ctx, l, stack.Settings{Base: c.Base, Provider: c.Provider, Panel: c.Panel}, db, temporal, logger)
}

type workerCommand struct {
	config.Base     `embed:""`
	config.Provider `embed:"" prefix:"provider-"`
	config.SMS      `embed:"" prefix:"sms-"`
	config.Mail     `embed:"" prefix:"mail-"`
	config.Bureau   `embed:"" prefix:"bureau-"`
	config.Website  `embed:"" prefix:"website-"`
	config.Worker   `embed:""`
}

// Help shows an example.
func (workerCommand) Help() string {
	return "Example: BEIAN_DATABASE=… BEIAN_BUREAU_PASSWORD=… beian worker --key-file keys.json --queues filing,bureau"
}

// Run works until it is told to stop.
func (c *workerCommand) Run(ctx context.Context) error {
	if err := config.LoadSecrets(&c.Base, &c.Provider, &c.SMS, &c.Mail, &c.Bureau, &c.Website, &c.Worker); err != nil {
		return err
	}
	logger := newLogger(c.LogLevel)
	db, temporal, closeAll, err := connect(ctx, &c.Base, logger)
	if err != nil {
		return err
	}
	defer closeAll()
	return stack.RunWorker(ctx, stack.Settings{
		Base: c.Base, Provider: c.Provider, SMS: c.SMS, Mail: c.Mail, Bureau: c.Bureau, Website: c.Website, Worker: c.Worker,
	}, db, temporal, logger)
}
