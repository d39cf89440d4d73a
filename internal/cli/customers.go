package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

type customersCommand struct {
	Export exportCommand `cmd:"" help:"Write everything that is held about a customer to a ZIP file."`
	Erase  eraseCommand  `cmd:"" help:"Delete what is held about a customer, except what must be kept."`
}

// customer is the account that a command is about.
type customer struct {
	config.Base `embed:""`
	Customer    string `arg:"" help:"the customer's login, or the account's number"`
	Reason      string `help:"why, for the audit log"`
}

// with finds the customer and does something with an audit entry. The entry has the account's number: a login may be a
// person's name.
func (c *customer) with(ctx context.Context, action string,
	act func(context.Context, *store.Store, store.User) error) error {
	db, err := app.OpenStore(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	user, err := db.CustomerNamed(ctx, c.Customer)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there is no customer %q: want a login or an account's number", c.Customer)
	case errors.Is(err, store.ErrNotCustomer):
		return fmt.Errorf("%s is an account of staff: want a customer's", c.Customer)
	case err != nil:
		return err
	}
	entry := store.AuditEntry{By: commandLine, Action: action, Kind: "customer", Object: strconv.FormatInt(user.ID, 10),
		Reason: c.Reason}
	return act(store.WithAudit(ctx, &entry), db, user)
}

type exportCommand struct {
	customer `embed:""`
	File     string `help:"file to write; it must not exist; default: customer-NUMBER.zip" placeholder:"FILE"`
}

// Help shows an example.
func (exportCommand) Help() string {
	return "The file is readable by anybody: hand it over safely, then delete it. Example: beian customers export wang --key-file keys.json"
}

// Run writes the file, with an audit entry.
func (c *exportCommand) Run(ctx context.Context) error {
	return c.with(ctx, "customer.export", func(ctx context.Context, db *store.Store, user store.User) error {
		name := cmp.Or(c.File, fmt.Sprintf("customer-%d.zip", user.ID))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("--file: %w", err)
		}
		err = errors.Join(db.ExportCustomerZIP(ctx, user.ID, f), f.Close())
		if err != nil {
			return errors.Join(err, os.Remove(name))
		}
		fmt.Printf("%s has everything about customer %d.\n", name, user.ID)
		return nil
	})
}

type eraseCommand struct {
	customer `embed:""`
}

// Help shows an example.
func (eraseCommand) Help() string {
	return "What must be kept goes by itself when it needn't be any more; docs/privacy.md has the rules. Example: beian customers erase wang --reason 'letter of 3 May' --key-file keys.json"
}

// Run erases the customer, with an audit entry, and prints what was deleted and what stays.
func (c *eraseCommand) Run(ctx context.Context) error {
	return c.with(ctx, "customer.erase", func(ctx context.Context, db *store.Store, user store.User) error {
		done, err := db.EraseCustomer(ctx, user.ID)
		if errors.Is(err, store.ErrFilingOpen) {
			return fmt.Errorf("customer %d has an open filing: withdraw it on its page, or wait until it is complete", user.ID)
		} else if err != nil {
			return err
		}
		texts, err := locale.New()
		if err != nil {
			return err
		}
		t := texts.For("en")
		for _, part := range []struct {
			head  string
			parts []store.ErasedPart
		}{{"Deleted:", done.Deleted}, {"Kept:", done.Kept}} {
			fmt.Println(part.head)
			lines := []string{}
			for _, p := range part.parts {
				if line := p.In(t.T); !slices.Contains(lines, line) {
					lines = append(lines, line)
				}
			}
			if len(lines) == 0 {
				lines = []string{t.T("erasure.nothing", nil)}
			}
			for _, line := range lines {
				fmt.Println("  " + line)
			}
		}
		return nil
	})
}
