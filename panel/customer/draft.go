package customer

import (
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

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// draftMarkOf reads a page's mark; false where it has none, whose saves win.
func draftMarkOf(values url.Values) (store.DraftMark, bool) {
	version, err := strconv.ParseInt(values.Get(web.FieldDraftVersion), 10, 64)
	tab := values.Get(web.FieldDraftTab)
	return store.DraftMark{Version: version, Writer: tab}, err == nil && tab != "" && len(tab) <= 32
}

// draftState marks a page that shows values, or, where they are nil, the draft:
// to be called before the draft is read.
func (p *Pages) draftState(ctx context.Context, cur dossierview.Current, name string, values url.Values) (web.DraftState, error) {
	key, err := p.Store.LocalDraftKey(cur.Order.CustomerID, dossierview.RowOf(cur, name))
	if err != nil {
		return web.DraftState{}, err
	}
	state := web.DraftState{Key: base64.StdEncoding.EncodeToString(key)}
	if mark, ok := draftMarkOf(values); ok {
		state.Version, state.Tab = mark.Version, mark.Writer
		return state, nil
	}
	state.Tab = rand.Text()
	state.Version, err = p.Store.DraftVersion(ctx, dossierview.RowOf(cur, name))
	return state, err
}

// saveDraft keeps a form while it is typed, and tells the script what became of it.
func (p *Pages) saveDraft(c *gin.Context, cur dossierview.Current) error {
	name := c.Param("form")
	if !web.DraftForms[name] || cur.Filing.Stage.Final() {
		return web.ErrBadRequest
	}
	return p.answerDraft(c, cur, name)
}

func (p *Pages) answerDraft(c *gin.Context, cur dossierview.Current, name string) error {
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

// storeDraft keeps a form as it was typed and returns the draft's version;
// store.ErrConflict when another page saved something else meanwhile. A filing
// password that was given before stays where the field was left empty: pages
// don't show it again.
func (p *Pages) storeDraft(ctx context.Context, cur dossierview.Current, name string, values url.Values) (int64, error) {
	if name == web.FormHolder {
		if err := p.FillPerson(ctx, cur, values); err != nil {
			return 0, err
		}
	}
	mark, marked := draftMarkOf(values)
	kept := web.WithoutSecrets(values)
	if name == web.FormOwnership {
		if values.Get("password") == "" {
			before, err := p.Draft(ctx, cur, name)
			if err != nil {
				return 0, err
			}
			if before.Get("password") != "" && (before.Get("number") == values.Get("number") || !values.Has("number")) {
				values.Set("password", before.Get("password"))
			}
		}
		kept = url.Values{"number": {values.Get("number")}, "password": {values.Get("password")}}
	}
	row := dossierview.RowOf(cur, name)
	if name == web.FormPapers {
		d, err := p.Dossier(ctx, cur)
		if err != nil {
			return 0, err
		}
		if kept = onlyNumbers(values, p.NeededPapers(d)); len(kept) == 0 { // a page that asks for no number
			return p.Store.DraftVersion(ctx, row)
		}
	}
	if !marked {
		return 0, p.Store.SaveDraftAt(ctx, row, kept)
	}
	version, err := p.Store.SaveDraftOver(ctx, row, mark, kept)
	if !errors.Is(err, store.ErrConflict) {
		return version, err
	}
	// the same from two pages is no conflict
	now, versionErr := p.Store.DraftVersion(ctx, row)
	if versionErr != nil {
		return 0, versionErr
	}
	stored := url.Values{}
	if readErr := p.Store.DraftAt(ctx, row, &stored); readErr != nil {
		return 0, readErr
	}
	if reflect.DeepEqual(stored, kept) {
		return now, nil
	}
	return 0, err
}

// conflict readies a form whose page was overtaken: it shows what was typed, what
// the other page saved, and takes the next save as the person's choice.
func (p *Pages) conflict(ctx context.Context, t *locale.Localizer, cur dossierview.Current, name string, values url.Values, fields func(url.Values) []web.Field, mine *web.Form) error {
	state, err := p.draftState(ctx, cur, name, nil)
	if err != nil {
		return err
	}
	state.Tab, state.Conflict = values.Get(web.FieldDraftTab), true
	stored := url.Values{}
	if err := p.Store.DraftAt(ctx, dossierview.RowOf(cur, name), &stored); err != nil {
		return err
	}
	if stored.Get("provider") == "" {
		stored.Set("provider", values.Get("provider"))
	}
	theirs := web.Build(t, name, fields(stored), stored, nil)
	texts := map[string]string{}
	for _, f := range theirs.Fields {
		texts[f.Name] = dossierview.Shown(t, f)
	}
	mine.Draft = state
	for _, f := range mine.Fields {
		if f.Type != "password" && dossierview.Shown(t, f) != texts[f.Name] {
			mine.Draft.Lines = append(mine.Draft.Lines, web.ConflictLine{Key: "field." + name + "." + f.Name, Mine: dossierview.Shown(t, f), Theirs: texts[f.Name]})
		}
	}
	return nil
}
