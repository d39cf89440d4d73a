package web

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
)

// AnnouncementsOnHelp and AnnouncementsOnOrders are how many the help centre's first page and the
// order list show.
const AnnouncementsOnHelp, AnnouncementsOnOrders = 5, 2

// ShownAnnouncement is an announcement in one language.
type ShownAnnouncement struct {
	ID     int64
	Title  string
	Pinned bool
	At     time.Time
	// HTML is what help.RenderAnnouncement made of the text: no raw HTML is in it.
	HTML string
}

// InLanguage renders an announcement in a language, or in Chinese where it isn't translated. title
// is the level of the heading above it.
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

// Announcements are the newest announcements that are shown now.
func (k *Kit) Announcements(c *gin.Context, limit int) ([]ShownAnnouncement, error) {
	list, err := k.Store.ShownAnnouncements(c.Request.Context(), limit)
	shown := make([]ShownAnnouncement, len(list))
	for i := 0; err == nil && i < len(list); i++ {
		shown[i], err = InLanguage(list[i], k.Texts.For(k.Lang(c)).Lang(), 2)
	}
	return shown, err
}
