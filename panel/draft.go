package panel

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
)

// The hidden fields of a form that has a draft: the draft's version when the page
// was made, and the page's own name.
const (
	fieldDraftVersion = "draft_version"
	fieldDraftTab     = "draft_tab"
)

// draftState is what a page carries of its draft.
type draftState struct {
	Version int64
	Tab     string
	// Key seals what the browser keeps of the form while it can't be saved.
	Key string
	// Conflict: another page saved since this one was made; Lines are the fields
	// that differ.
	Conflict bool
	Lines    []conflictLine
}

// conflictLine is a field that two pages filled differently; Label is its name where
// that isn't the text of the Key.
type conflictLine struct{ Key, Label, Mine, Theirs string }

// draftSuffix is where the drafts of an order's form go, before there is a filing.
const draftSuffix = "/draft"

// rowOf is where a form's draft is kept: with its filing, or, before there is one,
// with the order.
func rowOf(cur current, name string) store.DraftRow {
	if cur.Filing.ID == 0 {
		return store.OrderDraft(cur.Order.ID, cur.Order.CustomerID, name)
	}
	return store.FilingDraft(cur.Filing.ID, name)
}

// markOf reads a page's mark; false where it has none, whose saves win.
func markOf(values url.Values) (store.DraftMark, bool) {
	version, err := strconv.ParseInt(values.Get(fieldDraftVersion), 10, 64)
	tab := values.Get(fieldDraftTab)
	return store.DraftMark{Version: version, Writer: tab}, err == nil && tab != "" && len(tab) <= 32
}

// draftState marks a page that shows values, or, where they are nil, the draft:
// to be called before the draft is read.
func (s *Server) draftState(ctx context.Context, cur current, name string, values url.Values) (draftState, error) {
	key, err := s.cfg.Store.LocalDraftKey(cur.Order.CustomerID, rowOf(cur, name))
	if err != nil {
		return draftState{}, err
	}
	state := draftState{Key: base64.StdEncoding.EncodeToString(key)}
	if mark, ok := markOf(values); ok {
		state.Version, state.Tab = mark.Version, mark.Writer
		return state, nil
	}
	state.Tab = rand.Text()
	state.Version, err = s.cfg.Store.DraftVersion(ctx, rowOf(cur, name))
	return state, err
}

// saveDraft keeps a form while it is typed, and tells the script what became of it.
func (s *Server) saveDraft(c *gin.Context, cur current) {
	name := c.Param("form")
	if !draftForms[name] || cur.Filing.Stage.Final() {
		s.fail(c, errBadRequest)
		return
	}
	s.answerDraft(c, cur, name)
}

func (s *Server) answerDraft(c *gin.Context, cur current, name string) {
	version, err := s.keepDraft(c.Request.Context(), cur, name, posted(c))
	switch {
	case errors.Is(err, store.ErrConflict):
		c.JSON(http.StatusConflict, gin.H{"conflict": true})
	case err != nil:
		s.fail(c, err)
	default:
		c.JSON(http.StatusOK, gin.H{"version": version, "at": time.Now().In(china).Format("15:04")})
	}
}

// keepDraft keeps a form as it was typed and returns the draft's version;
// store.ErrConflict when another page saved something else meanwhile. A filing
// password that was given before stays where the field was left empty: pages
// don't show it again.
func (s *Server) keepDraft(ctx context.Context, cur current, name string, values url.Values) (int64, error) {
	if name == formHolder {
		if err := s.fillPerson(ctx, cur, values); err != nil {
			return 0, err
		}
	}
	mark, marked := markOf(values)
	kept := withoutSecrets(values)
	if name == formClaim {
		if values.Get("password") == "" {
			before, err := s.draft(ctx, cur, name)
			if err != nil {
				return 0, err
			}
			if before.Get("password") != "" && (before.Get("number") == values.Get("number") || !values.Has("number")) {
				values.Set("password", before.Get("password"))
			}
		}
		kept = url.Values{"number": {values.Get("number")}, "password": {values.Get("password")}}
	}
	row := rowOf(cur, name)
	if name == formPapers {
		d, err := s.dossier(ctx, cur)
		if err != nil {
			return 0, err
		}
		if kept = onlyNumbers(values, s.neededPapers(d)); len(kept) == 0 { // a page that asks for no number
			return s.cfg.Store.DraftVersion(ctx, row)
		}
	}
	if !marked {
		return 0, s.cfg.Store.SaveDraftAt(ctx, row, kept)
	}
	version, err := s.cfg.Store.SaveDraftOver(ctx, row, mark, kept)
	if !errors.Is(err, store.ErrConflict) {
		return version, err
	}
	// the same from two pages is no conflict
	now, versionErr := s.cfg.Store.DraftVersion(ctx, row)
	if versionErr != nil {
		return 0, versionErr
	}
	stored := url.Values{}
	if readErr := s.cfg.Store.DraftAt(ctx, row, &stored); readErr != nil {
		return 0, readErr
	}
	if reflect.DeepEqual(stored, kept) {
		return now, nil
	}
	return 0, err
}

// conflict readies a form whose page was overtaken: it shows what was typed, what
// the other page saved, and takes the next save as the person's choice.
func (s *Server) conflict(ctx context.Context, t *locale.Localizer, cur current, name string, values url.Values, fields func(url.Values) []field, mine *form) error {
	state, err := s.draftState(ctx, cur, name, nil)
	if err != nil {
		return err
	}
	state.Tab, state.Conflict = values.Get(fieldDraftTab), true
	stored := url.Values{}
	if err := s.cfg.Store.DraftAt(ctx, rowOf(cur, name), &stored); err != nil {
		return err
	}
	if stored.Get("provider") == "" {
		stored.Set("provider", values.Get("provider"))
	}
	theirs := build(t, name, fields(stored), stored, nil)
	texts := map[string]string{}
	for _, f := range theirs.Fields {
		texts[f.Name] = shown(t, f)
	}
	mine.Draft = state
	for _, f := range mine.Fields {
		if f.Type != "password" && shown(t, f) != texts[f.Name] {
			mine.Draft.Lines = append(mine.Draft.Lines, conflictLine{Key: "field." + name + "." + f.Name, Mine: shown(t, f), Theirs: texts[f.Name]})
		}
	}
	return nil
}
