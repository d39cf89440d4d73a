package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// staffLogin restricts staff's logins, which appear in logs and timelines.
var staffLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

type staffAccountsData struct {
	web.Form
	Accounts []accountRow
}

type accountRow struct {
	store.StaffAccount
	// Mine is the reader's own account, which has no buttons that shut them out.
	Mine bool
}

const pathAccounts = "/support/staff"

// staffAccounts lists the staff with the actions that an administrator has for each.
func (p *Pages) staffAccounts(c *gin.Context) error {
	return p.showStaffAccounts(c, http.StatusOK, url.Values{"role": {string(store.StaffAgent)}}, nil)
}

func (p *Pages) showStaffAccounts(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	accounts, err := p.Store.StaffAccounts(c.Request.Context())
	if err != nil {
		return err
	}
	data := staffAccountsData{Form: p.Form(c, "staff_account", staffAccountFields(p.T(c)), values, problems)}
	for _, a := range accounts {
		data.Accounts = append(data.Accounts, accountRow{a, a.ID == p.UserID(c)})
	}
	return p.Render(c, status, web.Page{Title: "staff_accounts.title"}, web.With(accountsPage, data))
}

func staffAccountFields(t *locale.Localizer) []web.Field {
	return []web.Field{{Name: "login", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "role", Type: "select", Required: true,
			Options: web.TextOptions(t, "staff_account_role.", store.StaffRoles...)}}
}

// newFirstPassword makes a first password: 80 random bits in groups that are easy to read out.
func newFirstPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}

// addStaff adds an account and shows its first password, only once.
func (p *Pages) addStaff(c *gin.Context) error {
	values := web.PostForm(c)
	login, role := strings.TrimSpace(values.Get("login")), store.StaffRole(values.Get("role"))
	var problems filing.Problems
	if !staffLogin.MatchString(login) {
		problems = append(problems, filing.Problem{Field: "login", Key: "staff_login"})
	}
	if !slices.Contains(store.StaffRoles, role) {
		problems = append(problems, filing.Problem{Field: "role", Key: "choose"})
	}
	if len(problems) > 0 {
		return p.showStaffAccounts(c, http.StatusUnprocessableEntity, values, problems)
	}
	err := p.giveFirst(c, login, p.AuditEntry(c, "staff.add", "login", login, string(role)),
		func(ctx context.Context, hash string) error {
			_, err := p.Store.AddStaff(ctx, login, role, hash)
			return err
		})
	if errors.Is(err, store.ErrTaken) {
		return p.showStaffAccounts(c, http.StatusUnprocessableEntity, values,
			filing.Problems{{Field: "login", Key: "login_taken"}})
	}
	return err
}

// giveFirst gives an account a first password and shows it; it is stored only as a hash.
func (p *Pages) giveFirst(
	c *gin.Context, login string, entry store.AuditEntry, save func(ctx context.Context, hash string) error,
) error {
	password := newFirstPassword()
	hash, err := p.Passwords.Hash(c.Request.Context(), password)
	if err == nil {
		err = p.Audited(c, entry, func(ctx context.Context) error { return save(ctx, hash) })
	}
	if err != nil {
		return err
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "staff_accounts.first_title"}, func(page *web.Page) templ.Component {
		return firstPasswordPage(page, login, password)
	})
}

// staffAction does something to an account; its owner then signs in again.
func (p *Pages) staffAction(action string, act func(context.Context, int64) error) web.Handler {
	return web.WithID("id", p.Store.StaffAccount, func(c *gin.Context, a store.StaffAccount) error {
		entry := p.AuditEntry(c, action, "user", web.IdText(a.ID), "")
		return p.staffAct(c, entry, func(ctx context.Context) error { return act(ctx, a.ID) })
	})
}

func (p *Pages) setStaffRole(c *gin.Context, a store.StaffAccount) error {
	role := store.StaffRole(c.PostForm("role"))
	if !slices.Contains(store.StaffRoles, role) {
		return web.ErrBadRequest
	}
	entry := p.AuditEntry(c, "staff.role", "user", web.IdText(a.ID), string(a.StaffRole)+" → "+string(role))
	return p.staffAct(c, entry, func(ctx context.Context) error { return p.Store.SetStaffRole(ctx, a.ID, role) })
}

func (p *Pages) staffAct(c *gin.Context, entry store.AuditEntry, act func(context.Context) error) error {
	return p.Finish(c, p.Audited(c, entry, act), pathAccounts, "flash.done",
		web.Refusals{store.ErrLastAdministrator: "flash.last_administrator"})
}

// giveFirstPassword replaces a forgotten password.
func (p *Pages) giveFirstPassword(c *gin.Context, a store.StaffAccount) error {
	entry := p.AuditEntry(c, "staff.password", "user", web.IdText(a.ID), "")
	return p.giveFirst(c, a.Login, entry, func(ctx context.Context, hash string) error {
		return p.Store.GiveFirstPassword(ctx, a.ID, hash)
	})
}
