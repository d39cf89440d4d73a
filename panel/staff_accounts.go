package panel

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
)

// staffLogin is what a member of staff's login may be: it stands in logs and timelines.
var staffLogin = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,31}$`)

type staffAccountsData struct {
	form
	Accounts []store.StaffAccount
	Roles    []store.StaffRole
	// Me is the reader's, whose own account has no buttons that shut them out.
	Me int64
}

// staffAccounts lists the staff, with what an administrator can do about each.
func (s *Server) staffAccounts(c *gin.Context) {
	s.showStaffAccounts(c, http.StatusOK, url.Values{"role": {string(store.StaffAgent)}}, nil)
}

func (s *Server) showStaffAccounts(c *gin.Context, status int, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	data := staffAccountsData{form: build(t, "staff_account", staffAccountFields(t), values, problems), Roles: store.StaffRoles, Me: s.userID(c)}
	var err error
	if data.Accounts, err = s.cfg.Store.StaffAccounts(c.Request.Context()); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "staff_accounts", page{Title: "staff_accounts.title", Data: data})
}

func staffAccountFields(t *locale.Localizer) []field {
	var roles []option
	for _, role := range store.StaffRoles {
		roles = append(roles, option{Value: string(role), Label: t.T("staff_role."+string(role), nil)})
	}
	return []field{{Name: "login", Type: "text", Required: true, Autocomplete: "off"}, {Name: "role", Type: "select", Required: true, Options: roles}}
}

// newFirstPassword makes a first password: 80 bits, in groups that can be read out.
func newFirstPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}

// addStaff makes an account and shows its first password, this once.
func (s *Server) addStaff(c *gin.Context) {
	values := posted(c)
	login, role := strings.TrimSpace(values.Get("login")), store.StaffRole(values.Get("role"))
	var problems filing.Problems
	if !staffLogin.MatchString(login) {
		problems = append(problems, filing.Problem{Field: "login", Key: "staff_login"})
	}
	if !slices.Contains(store.StaffRoles, role) {
		problems = append(problems, filing.Problem{Field: "role", Key: "choose"})
	}
	if len(problems) > 0 {
		s.showStaffAccounts(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	password := newFirstPassword()
	hash, err := s.passwords.hash(c.Request.Context(), password)
	if err == nil {
		err = s.did(c, s.deed(c, "staff.add", "login", login, string(role)), func(ctx context.Context) error {
			_, err := s.cfg.Store.AddStaff(ctx, login, role, hash)
			return err
		})
	}
	switch {
	case errors.Is(err, store.ErrTaken):
		s.showStaffAccounts(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: "login", Key: "login_taken"}})
	case err != nil:
		s.fail(c, err)
	default:
		s.showFirst(c, login, password)
	}
}

// showFirst shows a first password, which stands nowhere else.
func (s *Server) showFirst(c *gin.Context, login, password string) {
	s.render(c, http.StatusOK, "staff_first", page{Title: "staff_accounts.first_title", Data: struct{ User, Password string }{login, password}})
}

// withStaff opens the account of a page.
func (s *Server) withStaff(handle func(*gin.Context, store.StaffAccount)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // nonsense isn't found
		account, err := s.cfg.Store.StaffAccount(c.Request.Context(), id)
		if err != nil {
			s.fail(c, err)
			return
		}
		handle(c, account)
	}
}

// staffAct does something to an account. What was in reach of its person before ends: they
// sign in anew.
func (s *Server) staffAct(c *gin.Context, a store.StaffAccount, action, reason string, act func(context.Context) error) {
	err := s.did(c, s.deed(c, action, "user", idText(a.ID), reason), act)
	switch {
	case errors.Is(err, store.ErrLastAdministrator):
		s.flash(c, "flash.last_administrator")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.flash(c, "flash.done")
	}
	to(c, "/support/staff")
}

func (s *Server) setStaffRole(c *gin.Context, a store.StaffAccount) {
	role := store.StaffRole(c.PostForm("role"))
	if !slices.Contains(store.StaffRoles, role) {
		s.fail(c, errBadRequest)
		return
	}
	s.staffAct(c, a, "staff.role", string(a.StaffRole)+" → "+string(role), func(ctx context.Context) error { return s.cfg.Store.SetStaffRole(ctx, a.ID, role) })
}

func (s *Server) disableStaff(c *gin.Context, a store.StaffAccount) {
	s.staffAct(c, a, "staff.disable", "", func(ctx context.Context) error { return s.cfg.Store.DisableStaff(ctx, a.ID) })
}

func (s *Server) enableStaff(c *gin.Context, a store.StaffAccount) {
	s.staffAct(c, a, "staff.enable", "", func(ctx context.Context) error { return s.cfg.Store.EnableStaff(ctx, a.ID) })
}

func (s *Server) resetStaffTOTP(c *gin.Context, a store.StaffAccount) {
	s.staffAct(c, a, "staff.reset_totp", "", func(ctx context.Context) error { return s.cfg.Store.ResetTOTP(ctx, a.ID) })
}

func (s *Server) endStaffSessions(c *gin.Context, a store.StaffAccount) {
	s.staffAct(c, a, "staff.end_sessions", "", func(ctx context.Context) error { return s.cfg.Store.EndStaffSessions(ctx, a.ID) })
}

// giveFirstPassword replaces a password that was forgotten.
func (s *Server) giveFirstPassword(c *gin.Context, a store.StaffAccount) {
	password := newFirstPassword()
	hash, err := s.passwords.hash(c.Request.Context(), password)
	if err == nil {
		err = s.did(c, s.deed(c, "staff.password", "user", idText(a.ID), ""), func(ctx context.Context) error {
			return s.cfg.Store.GiveFirstPassword(ctx, a.ID, hash)
		})
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showFirst(c, a.Login, password)
}

// accessRoutes are administrators': staff's accounts, and the log.
func (s *Server) accessRoutes(support staffRoutes) {
	support.GET("/staff", canManageStaff, s.staffAccounts)
	support.POST("/staff", canManageStaff, s.addStaff)
	support.POST("/staff/:id/role", canManageStaff, s.withStaff(s.setStaffRole))
	support.POST("/staff/:id/disable", canManageStaff, s.withStaff(s.disableStaff))
	support.POST("/staff/:id/enable", canManageStaff, s.withStaff(s.enableStaff))
	support.POST("/staff/:id/reset-totp", canManageStaff, s.withStaff(s.resetStaffTOTP))
	support.POST("/staff/:id/end-sessions", canManageStaff, s.withStaff(s.endStaffSessions))
	support.POST("/staff/:id/password", canManageStaff, s.withStaff(s.giveFirstPassword))
	support.GET("/audit", canReadAudit, s.auditPage)
	support.GET("/audit/export", canReadAudit, s.exportAudit)
}
