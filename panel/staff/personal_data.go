package staff

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// What people may ask of whoever holds data about them (个人信息保护法第四十五条、第四十七条): a copy, and erasure.

// keptByLaw are the parts of an erasure that stay, for the page that asks for it.
var keptByLaw = []string{store.KeptFilings, store.KeptAccount, store.KeptFiles, store.KeptAudit, store.KeptHistory,
	store.KeptTasks}

type personalData struct {
	Customer store.User
	// Gone: the account was erased and has no login any more.
	Gone          bool
	Export, Erase web.Form
	// Erased tells what an erasure just deleted and what stays; nil: there was none.
	Erased *erasedData
}

// erasedData are the lines of an erasure's report.
type erasedData struct{ Deleted, Kept []string }

// What a form on the page asks for, in the field fieldAct.
const (
	fieldAct  = "act"
	actExport = "export"
	actErase  = "erase"
)

// customerPath is the page about a customer's data.
func customerPath(id int64) string { return web.URL("/support/customers/%d", id) }

// customer finds the customer that a page is about; an account of staff is none.
func (p *Pages) customer(ctx context.Context, id int64) (store.User, error) {
	user, err := p.Store.User(ctx, id)
	if err == nil && user.Role != store.RoleCustomer {
		err = fmt.Errorf("customer %d: %w", id, store.ErrNotFound)
	}
	return user, err
}

// customerOfOrder leads to the page of an order's present customer.
func (p *Pages) customerOfOrder(c *gin.Context) error {
	order, err := p.Store.OrderByNumber(c.Request.Context(), c.Param("number"))
	if err != nil {
		return err
	}
	return web.Redirect(c, customerPath(order.CustomerID))
}

// personalPage offers a copy of everything that is held about a customer, and its erasure.
func (p *Pages) personalPage(c *gin.Context, user store.User) error {
	return p.showPersonal(c, user, personalForms{}, nil)
}

// personalForms are what was typed in one of the two forms and is wrong.
type personalForms struct{ export, erase filledForm }

func (p *Pages) showPersonal(c *gin.Context, user store.User, forms personalForms, erased *erasedData) error {
	reason := func(name string) web.Field { return web.Field{Name: name, Type: "textarea", Required: true} }
	confirm := web.Field{Name: "confirm", Type: "text", Required: true, Autocomplete: "off", Maxlength: maxLogin}
	data := personalData{Customer: user, Gone: user.Login == store.ErasedLogin(user.ID), Erased: erased,
		Export: p.Form(c, "personal_data", []web.Field{reason("reason")}, forms.export.values, forms.export.problems),
		Erase:  p.Form(c, "personal_data", []web.Field{reason(fieldWhy), confirm}, forms.erase.values, forms.erase.problems)}
	status := web.StatusOf(slices.Concat(forms.export.problems, forms.erase.problems))
	return p.Render(c, status, web.Page{Title: "personal_data.title"}, web.With(personalPage, data))
}

// handlePersonal does what a form on the page asks for.
func (p *Pages) handlePersonal(c *gin.Context, user store.User) error {
	switch web.PostForm(c).Get(fieldAct) {
	case actExport:
		return p.exportCustomer(c, user)
	case actErase:
		return p.eraseCustomer(c, user)
	}
	return web.ErrBadRequest
}

// exportsAtOnce: an export is made in memory, so that a slow download doesn't hold up the database.
const exportsAtOnce = 2

// exportCustomer sends a copy of everything that is held about a customer. The log has it before the first byte.
func (p *Pages) exportCustomer(c *gin.Context, user store.User) error {
	values := web.PostForm(c)
	reason, problems := staffReason(values, "reason", true)
	if len(problems) > 0 {
		return p.showPersonal(c, user, personalForms{export: filledForm{values, problems}}, nil)
	}
	select {
	case p.exports <- struct{}{}:
		defer func() { <-p.exports }()
	default:
		return web.ErrBusy
	}
	var file bytes.Buffer
	entry := p.AuditEntry(c, "customer.export", "customer", web.IdText(user.ID), reason)
	if err := p.Audited(c, entry, func(ctx context.Context) error {
		return p.Store.ExportCustomerZIP(ctx, user.ID, &file)
	}); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="customer-%d.zip"`, user.ID))
	c.Data(http.StatusOK, "application/zip", file.Bytes())
	return nil
}

// eraseCustomer deletes what is held about a customer, and tells what was deleted and what stays.
func (p *Pages) eraseCustomer(c *gin.Context, user store.User) error {
	values := web.PostForm(c)
	reason, problems := staffReason(values, fieldWhy, true)
	if web.Trimmed(values, "confirm") != user.Login {
		problems = append(problems, filing.Problem{Field: "confirm", Key: "erase_confirm"})
	}
	var done store.Erasure
	if len(problems) == 0 {
		entry := p.AuditEntry(c, "customer.erase", "customer", web.IdText(user.ID), reason)
		err := p.Audited(c, entry, func(ctx context.Context) (err error) {
			done, err = p.Store.EraseCustomer(ctx, user.ID)
			return err
		})
		if errors.Is(err, store.ErrFilingOpen) {
			problems = filing.Problems{{Field: "confirm", Key: "erase_open"}}
		} else if err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return p.showPersonal(c, user, personalForms{erase: filledForm{values, problems}}, nil)
	}
	user, err := p.Store.User(c.Request.Context(), user.ID)
	if err != nil {
		return err
	}
	t := p.T(c)
	return p.showPersonal(c, user, personalForms{}, &erasedData{erasedLines(t, done.Deleted), erasedLines(t, done.Kept)})
}

func erasedLines(t *locale.Localizer, parts []store.ErasedPart) (lines []string) {
	for _, part := range parts {
		if line := part.In(t.T); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		lines = []string{t.T("erasure.nothing", nil)}
	}
	return lines
}
