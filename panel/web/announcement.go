package web

import (
	"html/template"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
)

// NoticesOnHelp are shown on the first page of the help centre, noticesOnOrders
// above the orders.
const NoticesOnHelp, NoticesOnOrders = 5, 2

// NoticeShown is a notice in the reader's language.
type NoticeShown struct {
	ID     int64
	Title  string
	Pinned bool
	At     time.Time
	HTML   template.HTML
}

// InLanguage picks a language of a notice, for below a title of a level; what isn't
// translated is Chinese.
func InLanguage(n store.Notice, lang string, title int) (NoticeShown, error) {
	shown := NoticeShown{ID: n.ID, Title: n.TitleZH, Pinned: n.Pinned, At: n.PublishedAt}
	body := n.BodyZH
	if lang == "en" && n.TitleEN != "" {
		shown.Title = n.TitleEN
		if n.BodyEN != "" {
			body = n.BodyEN
		}
	}
	var err error
	shown.HTML, err = help.Notice(body, title)
	return shown, err
}

// Notices are the provider's notices that are up now.
func (k *Kit) Notices(c *gin.Context, limit int) ([]NoticeShown, error) {
	list, err := k.Store.NoticesShown(c.Request.Context(), limit)
	shown := make([]NoticeShown, len(list))
	for i := 0; err == nil && i < len(list); i++ {
		shown[i], err = InLanguage(list[i], k.Texts.For(k.Lang(c)).Lang(), 2)
	}
	return shown, err
}
