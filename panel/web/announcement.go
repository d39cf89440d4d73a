package web

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
)

// AnnouncementsOnHelp and AnnouncementsOnOrders limit the announcements on the help centre's first page and on the
// order list.
const AnnouncementsOnHelp, AnnouncementsOnOrders = 5, 2

// ShownAnnouncement is an announcement in one language.
type ShownAnnouncement struct {
	ID     int64
	Title  string
	Pinned bool
	At     time.Time
	// HTML is rendered by help.RenderAnnouncement, which lets no raw HTML through.
	HTML string
}

// InLanguage renders an announcement in a language, falling back to Chinese where it isn't translated. title is the
// level of the heading above it.
func InLanguage(n store.Announcement, lang string, title int) (ShownAnnouncement, error) {
	shown := ShownAnnouncement{ID: n.ID, Title: n.TitleZH, Pinned: n.Pinned, At: n.PublishedAt}
	body := n.BodyZH
	if lang == "en" && n.TitleEN != "" {
		shown.Title = n.TitleEN
		if n.BodyEN != "" {
			body = n.BodyEN
		}
	}
	var err error
	shown.HTML, err = help.RenderAnnouncement(body, title)
	return shown, err
}

// Announcements returns the newest announcements that are currently shown.
func (k *Kit) Announcements(c *gin.Context, limit int) ([]ShownAnnouncement, error) {
	list, err := k.Store.ShownAnnouncements(c.Request.Context(), limit)
	shown := make([]ShownAnnouncement, len(list))
	for i := 0; err == nil && i < len(list); i++ {
		shown[i], err = InLanguage(list[i], k.T(c).Lang(), 2)
	}
	return shown, err
}
