package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/beian/beian/panel/web"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

type usersCommand struct {
	Password  passwordCommand  `cmd:"" help:"Create an account, or set its password, read from standard input."`
	Role      roleCommand      `cmd:"" help:"Change the role of a member of staff."`
	ResetTOTP resetTOTPCommand `cmd:"" name:"reset-totp" help:"Remove a member of staff's lost second factor."`
}

// commandLine is the actor of the command line in the audit log.
var commandLine = store.Actor{Login: "command line"}

// asStaff changes an account, with an audit entry: who (Object), what and why.
func asStaff(ctx context.Context, base *config.Base, d store.AuditEntry,
	act func(context.Context, *store.Store) error) error {
	db, err := app.OpenStore(ctx, base)
	if err != nil {
		return err
	}
	defer db.Close()
	d.By, d.Kind = commandLine, "login"
	return act(store.WithAudit(ctx, &d), db)
}

type passwordCommand struct {
	config.Base `embed:""`
	Role        string `enum:"customer,viewer,agent,reviewer,administrator,support" default:"customer" help:"role of a new account: customer, or for staff viewer, agent, reviewer or administrator; support means administrator"`
	Login       string `arg:"" help:"login name"`
}

// Help shows an example.
func (passwordCommand) Help() string {
	return "Example: beian users password wang --role administrator --key-file keys.json < password.txt"
}

// Run sets the password.
func (c *passwordCommand) Run(ctx context.Context) error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return errors.Join(errors.New("no password on standard input"), err)
	}
	return asStaff(ctx, &c.Base, store.AuditEntry{Action: "staff.password", Object: c.Login},
		func(ctx context.Context, db *store.Store) error { return c.set(ctx, db, password) })
}

// set creates the account, or sets the password of the one that exists, by the rules of its role.
func (c *passwordCommand) set(ctx context.Context, db *store.Store, password string) error {
	user, err := db.UserByLogin(ctx, c.Login)
	fresh := errors.Is(err, store.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	staff := user.Role == store.RoleSupport || fresh && c.Role != string(store.RoleCustomer)
	if err := passwordProblems(password, c.Login, staff); err != nil {
		return err
	}
	hash, err := web.HashPassword(password)
	if err != nil {
		return err
	}
	if fresh {
		if user.ID, err = c.create(ctx, db, hash); err != nil {
			return err
		}
	}
	if err := db.SetPassword(ctx, user.ID, hash); err != nil {
		return err
	}
	if fresh {
		fmt.Printf("The account %s was created with the role %s and this password.\n", c.Login, c.Role)
		return nil
	}
	fmt.Printf("The password of the account %s (%s) was set, and its sessions have ended.\n", c.Login,
		cmp.Or(string(user.StaffRole), string(user.Role)))
	return nil
}

func (c *passwordCommand) create(ctx context.Context, db *store.Store, hash string) (int64, error) {
	switch role := store.Role(c.Role); role {
	case store.RoleCustomer, store.RoleSupport:
		return db.EnsureUser(ctx, role, c.Login, hash)
	}
	return db.EnsureStaff(ctx, store.StaffRole(c.Role), c.Login, hash)
}

// passwordProblems applies the rules of the pages, in their words.
func passwordProblems(password, login string, staff bool) error {
	texts, err := locale.New()
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range filing.ValidateAccountPassword(password, password, login, staff) {
		problems = append(problems, fmt.Errorf("the password: %s", texts.For("en").T("problem."+p.Key, p.Args)))
	}
	return errors.Join(problems...)
}

type roleCommand struct {
	config.Base `embed:""`
	Login       string `arg:"" help:"the account"`
	Role        string `arg:"" enum:"viewer,agent,reviewer,administrator" help:"viewer, agent, reviewer or administrator"`
}

// Help shows an example.
func (roleCommand) Help() string {
	return "Example: beian users role wang reviewer --key-file keys.json"
}

// Run changes the role; the last administrator can't lose it.
func (c *roleCommand) Run(ctx context.Context) error {
	return asStaff(ctx, &c.Base, store.AuditEntry{Action: "staff.role", Object: c.Login, Reason: "→ " + c.Role},
		func(ctx context.Context, db *store.Store) error {
			user, err := db.UserByLogin(ctx, c.Login)
			if err != nil {
				return err
			}
			return db.SetStaffRole(ctx, user.ID, store.StaffRole(c.Role))
		})
}

type resetTOTPCommand struct {
	config.Base `embed:""`
	Login       string `arg:"" help:"the account"`
}

// Help shows an example.
func (resetTOTPCommand) Help() string {
	return "Example: beian users reset-totp wang --key-file keys.json"
}

// Run removes the second factor.
func (c *resetTOTPCommand) Run(ctx context.Context) error {
	return asStaff(ctx, &c.Base, store.AuditEntry{Action: "staff.reset_totp", Object: c.Login},
		func(ctx context.Context, db *store.Store) error {
			user, err := db.UserByLogin(ctx, c.Login)
			if err != nil {
				return err
			}
			return db.ResetTOTP(ctx, user.ID)
		})
}

type auditCommand struct {
	Verify verifyCommand `cmd:"" help:"Verify that nothing in the audit log was changed, removed or inserted."`
}

type verifyCommand struct {
	config.Base `embed:""`
	Mark        string `help:"mark printed by an earlier verification, NUMBER:HASH; it must still be in the log"`
}

// Help shows an example.
func (verifyCommand) Help() string { return "Example: beian audit verify --key-file keys.json" }

// Run verifies the log, and prints the mark of its last entry.
func (c *verifyCommand) Run(ctx context.Context) error {
	var mark store.AuditMark
	var err error
	if c.Mark != "" {
		if mark, err = store.ParseAuditMark(c.Mark); err != nil {
			return fmt.Errorf("--mark: %w", err)
		}
	}
	db, err := app.OpenStore(ctx, &c.Base)
	if err != nil {
		return err
	}
	defer db.Close()
	end, err := db.VerifyAudit(ctx, mark)
	if err != nil {
		return err
	}
	fmt.Printf("%d entries verified; mark: %s\n", end.Seq, end)
	return nil
}
