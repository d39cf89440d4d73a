package panel

import (
	"context"
	"crypto/rand"
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
	// Conflict: another page saved since this one was made; Lines are the fields
	// that differ.
	Conflict bool
	Lines    []conflictLine
}

// conflictLine is a field that two pages filled differently.
type conflictLine struct{ Key, Mine, Theirs string }

// markOf reads a page's mark; false for pages of before there were marks, whose
// saves win as they did then.
func markOf(values url.Values) (store.DraftMark, bool) {
	version, err := strconv.ParseInt(values.Get(fieldDraftVersion), 10, 64)
	tab := values.Get(fieldDraftTab)
	return store.DraftMark{Version: version, Writer: tab}, err == nil && tab != "" && len(tab) <= 32
}

// draftState marks a page that shows values, or, where they are nil, the draft:
// to be called before the draft is read.
func (s *Server) draftState(ctx context.Context, cur current, name string, values url.Values) (draftState, error) {
	if mark, ok := markOf(values); ok {
		return draftState{Version: mark.Version, Tab: mark.Writer}, nil
	}
	version, err := s.cfg.Store.DraftVersion(ctx, cur.Filing.ID, name)
	return draftState{Version: version, Tab: rand.Text()}, err
}

// saveDraft keeps a form while it is typed, and tells the script what became of it.
func (s *Server) saveDraft(c *gin.Context, cur current) {
	name := c.Param("form")
	if !draftForms[name] || cur.Filing.Stage.Final() {
		s.fail(c, errBadRequest)
		return
	}
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
	if !marked {
		return 0, s.cfg.Store.SaveDraft(ctx, cur.Filing.ID, name, kept)
	}
	version, err := s.cfg.Store.SaveDraftOver(ctx, cur.Filing.ID, name, mark, kept)
	if !errors.Is(err, store.ErrConflict) {
		return version, err
	}
	// the same from two pages is no conflict
	now, versionErr := s.cfg.Store.DraftVersion(ctx, cur.Filing.ID, name)
	if versionErr != nil {
		return 0, versionErr
	}
	stored := url.Values{}
	if readErr := s.cfg.Store.Draft(ctx, cur.Filing.ID, name, &stored); readErr != nil {
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
	version, err := s.cfg.Store.DraftVersion(ctx, cur.Filing.ID, name)
	if err != nil {
		return err
	}
	stored := url.Values{}
	if err := s.cfg.Store.Draft(ctx, cur.Filing.ID, name, &stored); err != nil {
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
	mine.Draft = draftState{Version: version, Tab: values.Get(fieldDraftTab), Conflict: true}
	for _, f := range mine.Fields {
		if f.Type != "password" && shown(t, f) != texts[f.Name] {
			mine.Draft.Lines = append(mine.Draft.Lines, conflictLine{Key: "field." + name + "." + f.Name, Mine: shown(t, f), Theirs: texts[f.Name]})
		}
	}
	return nil
}
