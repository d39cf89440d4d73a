package staff

import (
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type filingsData struct {
	web.Form
	Filings []store.FoundFiling
	// Holder asks for a holder's name or document, and isn't in the address.
	Holder web.Form
	// HolderChosen tells that the list is of a holder.
	HolderChosen string
	// Filtered tells that something is searched for, Cut that more was found than is looked at.
	Filtered, Cut bool
	// Next is the next page's address, CSV what exports the search, Bulk what tries it dry for a
	// bulk job.
	Next, CSV, Bulk string
}
