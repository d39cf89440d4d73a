package dossierview

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Why a picture was viewed is logged as these words, separated by slashes: as whom, for staff at which
// stage, and whether it was only the preview.
const (
	ViewedByOwner = "owner"
	ViewedByStaff = "staff"
	viewedSmall   = "preview"
)

// ViewReason is such a reason in the reader's language. Unknown words are shown as they are.
func ViewReason(t *locale.Localizer, reason string) string {
	words := strings.Split(reason, "/")
	size := "whole"
	if last := len(words) - 1; words[last] == viewedSmall {
		words, size = words[:last], viewedSmall
	}
	var said []string
	for i, word := range append(words, size) {
		key := "staff_dossier.view_" + word
		if i == 1 && i < len(words) {
			key = "stage." + word
		}
		if t.Has(key) {
			word = t.T(key, nil)
		}
		said = append(said, word)
	}
	return t.List(said)
}

// SendPaper sends a picture, and logs the view with its reason.
func (v *View) SendPaper(c *gin.Context, f store.Filing, reason string) error {
	id, err := strconv.ParseInt(c.Param("paper"), 10, 64)
	if err != nil {
		return store.ErrNotFound
	}
	thumb := c.Query("thumb") != ""
	if thumb {
		reason += "/" + viewedSmall
	}
	content, err := v.Store.ViewPaper(c.Request.Context(), f.ID, id, thumb, v.Actor(c), reason)
	if errors.Is(err, store.ErrPurged) {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	SendPicture(c, fmt.Sprintf("paper-%d.jpg", id), content)
	return nil
}

// SendPicture sends a picture so that browsers take it for nothing else, and sandbox it.
func SendPicture(c *gin.Context, name string, content []byte) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s"`, name))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Data(http.StatusOK, "image/jpeg", content)
}
