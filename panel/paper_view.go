package panel

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// viewPaper shows the owner a picture; that it was looked at is noted.
func (s *Server) viewPaper(c *gin.Context, cur current) { s.sendPaper(c, cur.Filing, "owner") }

// viewPaperAsStaff shows staff a picture of any filing.
func (s *Server) viewPaperAsStaff(c *gin.Context) {
	f, err := s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), queryNumber(c, "serial"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if c.Query("thumb") == "" { // previews are part of the dossier's page, which was noted
		d := s.deed(c, "paper.view", "paper", c.Param("paper"), "")
		c.Request = c.Request.WithContext(store.WithDeed(c.Request.Context(), &d))
	}
	s.sendPaper(c, f, "staff/"+string(f.Stage))
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
		reason += "/preview"
	}
	content, err := s.cfg.Store.ViewPaper(c.Request.Context(), f.ID, id, thumb, s.actor(c), reason)
	if errors.Is(err, store.ErrPurged) {
		err = store.ErrNotFound
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", fmt.Sprintf(`inline; filename="paper-%d.jpg"`, id))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Data(http.StatusOK, "image/jpeg", content)
}
