package panel

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

// Why a picture was looked at is kept as these words with slashes between: as
// whom, staff at which stage, and whether it was the preview only.
const (
	viewedByOwner = "owner"
	viewedByStaff = "staff"
	viewedSmall   = "preview"
)

// viewReason says that for people; a word that nobody knows any more is shown as
// it is.
func viewReason(t *locale.Localizer, reason string) string {
	words := strings.Split(reason, "/")
	size := "whole"
	if last := len(words) - 1; words[last] == viewedSmall {
		words, size = words[:last], viewedSmall
	}
	var said []string
	for i, word := range append(words, size) {
		key := "support_dossier.view_" + word
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

// viewPaper shows the owner a picture; that it was looked at is noted.
func (s *Server) viewPaper(c *gin.Context, cur current) { s.sendPaper(c, cur.Filing, viewedByOwner) }

// viewPaperAsStaff shows staff a picture of any filing.
func (s *Server) viewPaperAsStaff(c *gin.Context) {
	f, err := s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), queryNumber(c, "serial"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.keepCheck(c, f); err != nil {
		s.fail(c, err)
		return
	}
	if c.Query("thumb") == "" { // previews are part of the dossier's page, which was noted
		d := s.deed(c, "paper.view", "paper", c.Param("paper"), "")
		c.Request = c.Request.WithContext(store.WithDeed(c.Request.Context(), &d))
	}
	s.sendPaper(c, f, viewedByStaff+"/"+string(f.Stage))
}

// queryNumber is a number of the query; nonsense is 0.
func queryNumber(c *gin.Context, name string) int {
	n, _ := strconv.Atoi(c.Query(name))
	return n
}

// sendPaper sends a picture as a picture and nothing else: never kept, never sniffed,
// and in a sandbox if it is opened by itself.
func (s *Server) sendPaper(c *gin.Context, f store.Filing, reason string) {
	id, err := strconv.ParseInt(c.Param("paper"), 10, 64)
	if err != nil {
		s.fail(c, store.ErrNotFound)
		return
	}
	thumb := c.Query("thumb") != ""
	if thumb {
		reason += "/" + viewedSmall
	}
	content, err := s.cfg.Store.ViewPaper(c.Request.Context(), f.ID, id, thumb, s.actor(c), reason)
	if errors.Is(err, store.ErrPurged) {
		err = store.ErrNotFound
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	sendPicture(c, fmt.Sprintf("paper-%d.jpg", id), content)
}

// sendPicture does so with a picture that is to be seen.
func sendPicture(c *gin.Context, name string, content []byte) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s"`, name))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Data(http.StatusOK, "image/jpeg", content)
}
