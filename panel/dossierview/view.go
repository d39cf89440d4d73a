// Package dossierview shows a dossier, its timeline, its refusals and its pre-check, to the customer who
// fills it in and to the staff who vet it.
package dossierview

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// View shows dossiers. Wings embed it.
type View struct {
	*web.Kit
	reviews reviewCache
}

// New makes a view.
func New(k *web.Kit) *View {
	return &View{Kit: k, reviews: reviewCache{known: map[reviewGroup]knownReviews{}}}
}

// Current is the filing that a page is about, with its order.
type Current struct {
	// Order is the order as the filing's site sees it, with its host names and numbers only.
	Order  store.Order
	Filing store.Filing
	// Site is one of Sites, those of the order.
	Site  store.Site
	Sites []store.Site
	// FollowUp is the kind of the open filing that is to change or end this one; empty: there is none.
	FollowUp filing.Kind
}

// Over tells that the filing has ended, and the order has no other.
func (cur Current) Over() bool {
	return cur.Filing.Stage == filing.Withdrawn || cur.Filing.Stage == filing.Deregistered
}

// Several tells that the order has several sites, each with filings of its own.
func (cur Current) Several() bool { return len(cur.Sites) > 1 }

// ChangePath is where a field is changed. The form then leads back to the review page.
func ChangePath(c *gin.Context, form, field string) string {
	return formPath(c, form) + "#f-" + field
}

// formPath is a form that leads back to the review page.
func formPath(c *gin.Context, form string) string {
	return web.WithReturnTo(web.FilingPath(c)+"/"+form, web.ReturnToReview)
}
