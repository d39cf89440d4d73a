package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/seal"
)

type ordersCommand struct {
	Import   importCommand   `cmd:"" help:"Import orders from a CSV file; its columns are in docs/orders.md."`
	Transfer transferCommand `cmd:"" help:"Transfer an order to another customer."`
}

type importCommand struct {
	config.Base `embed:""`
	Strict      bool   `help:"refuse the whole file if one row is bad"`
	File        string `arg:"" type:"existingfile" help:"CSV file"`
}

// Help shows an example.
func (importCommand) Help() string {
	return "Example: beian orders import samples/orders.csv --key-file keys.json"
}

// Run imports orders.
func (c *importCommand) Run(ctx context.Context) error {
	db, err := app.OpenStore(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	sum, err := orderfile.Import(ctx, db, file, c.Strict)
	for _, e := range sum.Errors {
		fmt.Fprintln(os.Stderr, e)
	}
	fmt.Printf("%d new, %d updated, %d refused\n", sum.Created, sum.Updated, sum.Refused)
	if err == nil && sum.Refused > 0 {
		err = fmt.Errorf("%d rows were refused", sum.Refused)
	}
	return err
}

type keysCommand struct {
	Generate generateCommand `cmd:"" help:"Create a key file."`
	Rotate   rotateCommand   `cmd:"" help:"Add a new sealing key to a key file; existing data can still be opened."`
}

type generateCommand struct {
	File string `arg:"" help:"file to write; it must not exist"`
}

// Help shows an example.
func (generateCommand) Help() string { return "Example: beian keys generate keys.json" }

// Run generates a key file.
func (c *generateCommand) Run() error {
	keys, err := seal.Generate()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(keys)
	return errors.Join(err, f.Close())
}

type rotateCommand struct {
	File string `arg:"" type:"existingfile" help:"key file to rotate"`
}

// Help shows an example.
func (rotateCommand) Help() string { return "Example: beian keys rotate keys.json" }

// Run rotates the keys: the new file is complete before it replaces the old one.
func (c *rotateCommand) Run() error {
	old, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	keys, err := seal.Rotate(old)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.File+".new", keys, 0o600); err != nil {
		return err
	}
	return os.Rename(c.File+".new", c.File)
}

type settingsCommand struct {
	Language string `enum:"en,zh" default:"en" help:"language of the table: en or zh"`
}

// Run prints the table.
func (c settingsCommand) Run() error {
	fmt.Print(config.Table(c.Language))
	return nil
}
