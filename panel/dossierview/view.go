// Package dossierview shows a dossier, its timeline, its refusals and its pre-check, for the
// customer who fills it in and for the staff who look at it.
package dossierview

import "github.com/beian/beian/panel/web"

// View shows dossiers. Wings embed it.
type View struct {
	*web.Kit
	reviews reviewCache
}

// New makes a view.
func New(k *web.Kit) *View { return &View{Kit: k} }
