package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

type apiKeysCommand struct {
	Create createKeyCommand `cmd:"" help:"Create a key and print its secret, once."`
	List   listKeysCommand  `cmd:"" help:"List the keys and when each was last used."`
	Rotate rotateKeyCommand `cmd:"" help:"Create a key's successor; the key itself ends after a while."`
	Revoke revokeKeyCommand `cmd:"" help:"End a key at once."`
}

// asKeyStaff changes a key, with an audit entry about the key (Object).
func asKeyStaff(ctx context.Context, base *config.Base, d store.AuditEntry,
	act func(context.Context, *store.Store) error) error {
	db, err := app.OpenStore(ctx, base)
	if err != nil {
		return err
	}
	defer db.Close()
	d.By, d.Kind = commandLine, "api_key"
	return act(store.WithAudit(ctx, &d), db)
}

type createKeyCommand struct {
	config.Base `embed:""`
	Name        string           `arg:"" help:"what staff call it, such as the panel that uses it"`
	Namespace   string           `name:"panel" default:"panel" help:"whose customer IDs it names: keys of the same panel share it"`
	Test        bool             `help:"make a test key, which reaches only what test keys made"`
	Scopes      []store.APIScope `help:"what it may do; default: everything"`
	Addresses   []string         `help:"addresses or ranges (192.0.2.0/24) from which it may be used; default: any"`
	Expires     string           `help:"last day on which it works, such as 2027-12-31; default: never"`
}

// Help shows an example.
func (createKeyCommand) Help() string {
	return "Example: beian api-keys create whmcs --panel whmcs --addresses 192.0.2.7 --key-file keys.json"
}

// Run creates the key.
func (c *createKeyCommand) Run(ctx context.Context) error {
	key := store.NewAPIKey{Name: c.Name, Namespace: c.Namespace, Sandbox: c.Test, Scopes: c.Scopes, Addresses: c.Addresses}
	if len(key.Scopes) == 0 {
		key.Scopes = slices.Clone(store.APIScopes)
	}
	if c.Expires != "" {
		day, err := time.ParseInLocation(time.DateOnly, c.Expires, time.Local)
		if err != nil {
			return errors.New("--expires: want a day such as 2027-12-31")
		}
		key.ExpiresAt = day.AddDate(0, 0, 1)
	}
	if err := keyProblems(&key); err != nil {
		return err
	}
	entry := store.AuditEntry{Action: "api_key.create", Object: c.Name}
	return asKeyStaff(ctx, &c.Base, entry, func(ctx context.Context, db *store.Store) error {
		secret, made, err := db.CreateAPIKey(ctx, key)
		if err == nil {
			printSecret(secret, made)
		}
		return err
	})
}

// keyProblems says what is wrong with a key to be made, in the words of the page.
func keyProblems(key *store.NewAPIKey) error {
	texts, err := locale.New()
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range key.Validate(time.Now()) {
		problems = append(problems, fmt.Errorf("%s: %s", p.Field, texts.For("en").T("problem."+p.Key, p.Args)))
	}
	return errors.Join(problems...)
}

// printSecret prints the secret alone on standard output, for scripts.
func printSecret(secret string, k store.APIKey) {
	fmt.Fprintf(os.Stderr, "Key %d (%s). Its secret is shown only now:\n", k.ID, k.Name)
	fmt.Println(secret)
}

type listKeysCommand struct {
	config.Base `embed:""`
}

// Run lists the keys, newest first.
func (c *listKeysCommand) Run(ctx context.Context) error {
	db, err := app.OpenStore(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := db.APIKeys(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tKEY\tNAMESPACE\tSCOPES\tADDRESSES\tENDS\tLAST USED\tFROM")
	for _, k := range keys {
		fmt.Fprintln(w, strings.Join([]string{strconv.FormatInt(k.ID, 10), k.Name, k.Label(), k.Namespace, k.ScopeList,
			orDash(k.AddressList), keyEnds(k), keyUsed(k, db.Now()), orDash(k.LastAddress)}, "\t"))
	}
	return w.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func keyEnds(k store.APIKey) string {
	switch {
	case k.RevokedAt.Valid:
		return "revoked " + k.RevokedAt.Time.Local().Format(time.DateTime)
	case k.ExpiresAt.Valid:
		return k.ExpiresAt.Time.Local().Format(time.DateTime)
	}
	return "-"
}

func keyUsed(k store.APIKey, now time.Time) string {
	used := "never"
	if k.LastUsedAt.Valid {
		used = k.LastUsedAt.Time.Local().Format(time.DateTime)
	}
	if k.Quiet(now) {
		used += " (silent for more than 24 hours)"
	}
	return used
}

type rotateKeyCommand struct {
	config.Base `embed:""`
	ID          int64         `arg:"" help:"the key's ID, as listed"`
	Overlap     time.Duration `default:"24h" help:"how long the old key still works"`
}

// Help shows an example.
func (rotateKeyCommand) Help() string {
	return "Example: beian api-keys rotate 3 --overlap 1h --key-file keys.json"
}

// Run makes the successor.
func (c *rotateKeyCommand) Run(ctx context.Context) error {
	entry := store.AuditEntry{Action: "api_key.rotate", Object: strconv.FormatInt(c.ID, 10)}
	return asKeyStaff(ctx, &c.Base, entry, func(ctx context.Context, db *store.Store) error {
		secret, next, err := db.RotateAPIKey(ctx, c.ID, c.Overlap)
		switch {
		case errors.Is(err, store.ErrConflict):
			return fmt.Errorf("key %d has ended, or its successor is live beside it: revoke one of them first", c.ID)
		case err == nil:
			printSecret(secret, next)
		}
		return err
	})
}

type revokeKeyCommand struct {
	config.Base `embed:""`
	ID          int64 `arg:"" help:"the key's ID, as listed"`
}

// Help shows an example.
func (revokeKeyCommand) Help() string { return "Example: beian api-keys revoke 3 --key-file keys.json" }

// Run ends the key.
func (c *revokeKeyCommand) Run(ctx context.Context) error {
	entry := store.AuditEntry{Action: "api_key.revoke", Object: strconv.FormatInt(c.ID, 10)}
	return asKeyStaff(ctx, &c.Base, entry, func(ctx context.Context, db *store.Store) error {
		if err := db.RevokeAPIKey(ctx, c.ID); err != nil {
			return err
		}
		fmt.Printf("key %d has ended\n", c.ID)
		return nil
	})
}
