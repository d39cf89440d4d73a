package web

import (
	"html/template"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
)

// AnnouncementsOnHelp are shown on the first page of the help centre, noticesOnOrders
// above the orders.
const AnnouncementsOnHelp, AnnouncementsOnOrders = 5, 2

// ShownAnnouncement is a notice in the reader's language.
type ShownAnnouncement struct {
	ID     int64
	Title  string
	Pinned bool
	At     time.Time
	HTML   template.HTML
}

// InLanguage picks a language of a notice, for below a title of a level; what isn't
// translated is Chinese.
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

// Announcements are the provider's notices that are up now.
func (k *Kit) Announcements(c *gin.Context, limit int) ([]ShownAnnouncement, error) {
	list, err := k.Store.ShownAnnouncements(c.Request.Context(), limit)
	shown := make([]ShownAnnouncement, len(list))
	for i := 0; err == nil && i < len(list); i++ {
		shown[i], err = InLanguage(list[i], k.Texts.For(k.Lang(c)).Lang(), 2)
	}
	return shown, err
}
