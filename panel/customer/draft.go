package customer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// draftMarkOf reads the mark that a page carries; false if it has none. Its saves then always win.
func draftMarkOf(values url.Values) (store.DraftMark, bool) {
	version, err := strconv.ParseInt(values.Get(web.FieldDraftVersion), 10, 64)
	tab := values.Get(web.FieldDraftTab)
	return store.DraftMark{Version: version, Writer: tab}, err == nil && tab != "" && len(tab) <= 32
}

// draftState is the mark of a page that shows values or, if they are nil, the draft. Call it before
// reading the draft: a save in between then shows as a conflict instead of getting lost.
func (p *Pages) draftState(ctx context.Context, cur Current, name string, values url.Values) (web.DraftState, error) {
	row := dossierview.DraftRow(cur, name)
	key, err := p.Store.LocalDraftKey(cur.Order.CustomerID, row)
	if err != nil {
		return web.DraftState{}, err
	}
	state := web.DraftState{Key: base64.StdEncoding.EncodeToString(key)}
	if mark, ok := draftMarkOf(values); ok {
		state.Version, state.Tab = mark.Version, mark.Writer
		return state, nil
	}
	state.Tab = rand.Text()
	state.Version, err = p.Store.DraftVersion(ctx, row)
	return state, err
}

// saveDraft saves a form while it is typed and tells the script the outcome.
func (p *Pages) saveDraft(c *gin.Context, cur Current) error {
	name := c.Param("form")
	if !web.DraftForms[name] || cur.Filing.Stage.Final() {
		return web.ErrBadRequest
	}
	if may, err := p.mayDraft(c, cur); err != nil || !may {
		return cmp.Or(err, web.ErrBadRequest)
	}
	return p.answerDraft(c, cur, name)
}

func (p *Pages) answerDraft(c *gin.Context, cur Current, name string) error {
	version, err := p.storeDraft(c.Request.Context(), cur, name, web.PostForm(c))
	switch {
	case errors.Is(err, store.ErrConflict):
		c.JSON(http.StatusConflict, gin.H{"conflict": true})
	case err != nil:
		return err
	default:
		c.JSON(http.StatusOK, gin.H{"version": version, "at": time.Now().In(web.China).Format("15:04")})
	}
	return nil
}

// storeDraft saves a form as it was typed and returns the draft's version. It returns
// store.ErrConflict if another page has saved something else since.
func (p *Pages) storeDraft(ctx context.Context, cur Current, name string, values url.Values) (int64, error) {
	row := dossierview.DraftRow(cur, name)
	if name == web.FormHolder {
		if err := p.FillPerson(ctx, cur, values); err != nil {
			return 0, err
		}
	}
	kept := web.WithoutSecrets(values)
	switch name {
	case web.FormOwnership:
		if err := p.keepPassword(ctx, cur, values); err != nil {
			return 0, err
		}
		kept = url.Values{"number": {values.Get("number")}, "password": {values.Get("password")}}
	case web.FormPapers:
		d, err := p.Dossier(ctx, cur)
		if err != nil {
			return 0, err
		}
		if kept = onlyNumbers(values, p.NeededPapers(d)); len(kept) == 0 { // the page asks for no number
			return p.Store.DraftVersion(ctx, row)
		}
	}
	mark, marked := draftMarkOf(values)
	if !marked {
		return 0, p.Store.SaveDraftAt(ctx, row, kept)
	}
	version, err := p.Store.SaveDraftOver(ctx, row, mark, kept)
	if errors.Is(err, store.ErrConflict) {
		return p.sameDraft(ctx, row, kept)
	}
	return version, err
}

// keepPassword fills in a filing password that was given before: pages don't show it, so an empty
// field leaves it as it is, unless it belongs to another number.
func (p *Pages) keepPassword(ctx context.Context, cur Current, values url.Values) error {
	if values.Get("password") != "" {
		return nil
	}
	before, err := p.Draft(ctx, cur, web.FormOwnership)
	if err != nil {
		return err
	}
	sameNumber := before.Get("number") == values.Get("number") || !values.Has("number")
	if before.Get("password") != "" && sameNumber {
		values.Set("password", before.Get("password"))
	}
	return nil
}

// sameDraft is the draft's version if another page has saved the same, which is no conflict.
func (p *Pages) sameDraft(ctx context.Context, row store.DraftRow, values url.Values) (int64, error) {
	version, err := p.Store.DraftVersion(ctx, row)
	if err != nil {
		return 0, err
	}
	stored := url.Values{}
	if err := p.Store.DraftAt(ctx, row, &stored); err != nil {
		return 0, err
	}
	if !reflect.DeepEqual(stored, values) {
		return 0, store.ErrConflict
	}
	return version, nil
}

// drafted are a page's mark and values: what was typed or, without that, the draft.
func (p *Pages) drafted(ctx context.Context, cur Current, shown shownForm) (web.DraftState, url.Values, error) {
	state, err := p.draftState(ctx, cur, shown.name, shown.values)
	if err != nil || shown.values != nil {
		return state, shown.values, err
	}
	values, err := p.Draft(ctx, cur, shown.name)
	return state, values, err
}

// overtaken prepares a form for the choice if another page has overtaken it.
func (p *Pages) overtaken(
	c *gin.Context, cur Current, shown shownForm, f *web.Form, fields func(url.Values) []web.Field,
) error {
	if !shown.overtaken {
		return nil
	}
	return p.conflict(c, cur, f, shown.values, fields)
}

// draftedForm is a form with fixed fields and a draft.
func (p *Pages) draftedForm(c *gin.Context, cur Current, shown shownForm, fields []web.Field) (web.Form, error) {
	draft, values, err := p.drafted(c.Request.Context(), cur, shown)
	if err != nil {
		return web.Form{}, err
	}
	f := web.Build(p.Texts.For(p.Lang(c)), shown.name, fields, values, shown.problems)
	f.Draft = draft
	err = p.overtaken(c, cur, shown, &f, func(url.Values) []web.Field { return fields })
	return f, err
}

// conflict prepares a form that another page has overtaken. It shows what was typed next to what the
// other page saved; the next save is the person's choice.
func (p *Pages) conflict(
	c *gin.Context, cur Current, mine *web.Form, values url.Values, fields func(url.Values) []web.Field,
) error {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
	state, err := p.draftState(ctx, cur, mine.Name, nil)
	if err != nil {
		return err
	}
	state.Tab, state.Conflict = values.Get(web.FieldDraftTab), true
	stored := url.Values{}
	if err := p.Store.DraftAt(ctx, dossierview.DraftRow(cur, mine.Name), &stored); err != nil {
		return err
	}
	if stored.Get("provider") == "" {
		stored.Set("provider", values.Get("provider"))
	}
	theirs := map[string]string{}
	for _, f := range web.Build(t, mine.Name, fields(stored), stored, nil).Fields {
		theirs[f.Name] = dossierview.Shown(t, f)
	}
	for _, f := range mine.Fields {
		if text := dossierview.Shown(t, f); f.Type != "password" && text != theirs[f.Name] {
			line := web.ConflictLine{Key: "field." + mine.Name + "." + f.Name, Mine: text, Theirs: theirs[f.Name]}
			state.Lines = append(state.Lines, line)
		}
	}
	mine.Draft = state
	return nil
}
