package staff

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// staffLogin is what a member of staff's login may be: it stands in logs and timelines.
var staffLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

type staffAccountsData struct {
	web.Form
	Accounts []store.StaffAccount
	Roles    []store.StaffRole
	// Me is the reader's, whose own account has no buttons that shut them out.
	Me int64
}

// staffAccounts lists the staff, with what an administrator can do about each.
func (p *Pages) staffAccounts(c *gin.Context) error {
	return p.showStaffAccounts(c, http.StatusOK, url.Values{"role": {string(store.StaffAgent)}}, nil)
}

func (p *Pages) showStaffAccounts(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data := staffAccountsData{Form: web.Build(t, "staff_account", staffAccountFields(t), values, problems), Roles: store.StaffRoles, Me: p.UserID(c)}
	var err error
	if data.Accounts, err = p.Store.StaffAccounts(c.Request.Context()); err != nil {
		return err
	}
	return p.RenderTemplate(c, status, "staff_accounts", web.Page{Title: "staff_accounts.title", Data: data})
}

func staffAccountFields(t *locale.Localizer) []web.Field {
	var roles []web.Option
	for _, role := range store.StaffRoles {
		roles = append(roles, web.Option{Value: string(role), Label: t.T("staff_role."+string(role), nil)})
	}
	return []web.Field{{Name: "login", Type: "text", Required: true, Autocomplete: "off"}, {Name: "role", Type: "select", Required: true, Options: roles}}
}

// newFirstPassword makes a first password: 80 bits, in groups that can be read out.
func newFirstPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}

// addStaff makes an account and shows its first password, this once.
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
	password := newFirstPassword()
	hash, err := p.Passwords.Hash(c.Request.Context(), password)
	if err == nil {
		err = p.Audited(c, p.AuditEntry(c, "staff.add", "login", login, string(role)), func(ctx context.Context) error {
			_, err := p.Store.AddStaff(ctx, login, role, hash)
			return err
		})
	}
	switch {
	case errors.Is(err, store.ErrTaken):
		return p.showStaffAccounts(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: "login", Key: "login_taken"}})
	case err != nil:
		return err
	default:
		return p.showFirst(c, login, password)
	}
}

// showFirst shows a first password, which stands nowhere else.
func (p *Pages) showFirst(c *gin.Context, login, password string) error {
	return p.RenderTemplate(c, http.StatusOK, "staff_first", web.Page{Title: "staff_accounts.first_title", Data: struct{ User, Password string }{login, password}})
}

// withStaff opens the account of a page.
func (p *Pages) withStaff(handle func(*gin.Context, store.StaffAccount) error) web.Handler {
	return func(c *gin.Context) error {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
		account, err := p.Store.StaffAccount(c.Request.Context(), id)
		if err != nil {
			return err
		}
		return handle(c, account)
	}
}

// staffAct does something to an account. What was in reach of its person before ends: they
// sign in anew.
func (p *Pages) staffAct(c *gin.Context, a store.StaffAccount, action, reason string, act func(context.Context) error) error {
	err := p.Audited(c, p.AuditEntry(c, action, "user", web.IdText(a.ID), reason), act)
	switch {
	case errors.Is(err, store.ErrLastAdministrator):
		p.Flash(c, "flash.last_administrator")
	case err != nil:
		return err
	default:
		p.Flash(c, "flash.done")
	}
	return web.Redirect(c, "/support/staff")
}

func (p *Pages) setStaffRole(c *gin.Context, a store.StaffAccount) error {
	role := store.StaffRole(c.PostForm("role"))
	if !slices.Contains(store.StaffRoles, role) {
		return web.ErrBadRequest
	}
	return p.staffAct(c, a, "staff.role", string(a.StaffRole)+" → "+string(role), func(ctx context.Context) error { return p.Store.SetStaffRole(ctx, a.ID, role) })
}

func (p *Pages) disableStaff(c *gin.Context, a store.StaffAccount) error {
	return p.staffAct(c, a, "staff.disable", "", func(ctx context.Context) error { return p.Store.DisableStaff(ctx, a.ID) })
}

func (p *Pages) enableStaff(c *gin.Context, a store.StaffAccount) error {
	return p.staffAct(c, a, "staff.enable", "", func(ctx context.Context) error { return p.Store.EnableStaff(ctx, a.ID) })
}

func (p *Pages) resetStaffTOTP(c *gin.Context, a store.StaffAccount) error {
	return p.staffAct(c, a, "staff.reset_totp", "", func(ctx context.Context) error { return p.Store.ResetTOTP(ctx, a.ID) })
}

func (p *Pages) endStaffSessions(c *gin.Context, a store.StaffAccount) error {
	return p.staffAct(c, a, "staff.end_sessions", "", func(ctx context.Context) error { return p.Store.EndStaffSessions(ctx, a.ID) })
}

// giveFirstPassword replaces a password that was forgotten.
func (p *Pages) giveFirstPassword(c *gin.Context, a store.StaffAccount) error {
	password := newFirstPassword()
	hash, err := p.Passwords.Hash(c.Request.Context(), password)
	if err == nil {
		err = p.Audited(c, p.AuditEntry(c, "staff.password", "user", web.IdText(a.ID), ""), func(ctx context.Context) error {
			return p.Store.GiveFirstPassword(ctx, a.ID, hash)
		})
	}
	if err != nil {
		return err
	}
	return p.showFirst(c, a.Login, password)
}
