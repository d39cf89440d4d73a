package activities

import (
	"context"
	"net/url"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// pagesOfFilings are the pages below a filing's that messages are about; the others are about the filing's page itself,
// which leads on to what is to be done.
var pagesOfFilings = map[message.Template]string{
	message.ContactCode: "/verify", message.Approved: "/result", message.FooterNeeded: "/result",
	message.Filed: "/result", message.Police: "/police",
}

// PageOf is the path of the page that a message about a filing, or about an account, is about. It has nothing personal
// in it.
func PageOf(name message.Template, at SitePlace) string {
	switch name {
	case message.PasswordCode:
		return "/sign-in/forgotten/code"
	case message.FirstPassword:
		return "/sign-in/first"
	case message.PasswordChanged:
		return "/sign-in/forgotten"
	case message.ContactAddressCode, message.ProofCode, message.AccountChanged:
		return "/account"
	case message.TicketAnswered:
		return "/help/ask"
	}
	return at.filingPage(pagesOfFilings[name])
}

// SitePlace is the site that a message is about; without a domain, the order's only one.
type SitePlace struct {
	Order, Domain string
	// All: it is about several sites of the order, whose page shows them.
	All bool
}

func (at SitePlace) filingPage(page string) string {
	order := "/orders/" + url.PathEscape(at.Order)
	switch {
	case at.All:
		return order
	case at.Domain != "":
		return order + "/sites/" + url.PathEscape(at.Domain) + "/filing" + page
	}
	return order + "/filing" + page
}

// placeOf is where a message about filings of one order leads, and the domains that it names: none of an order's only
// site.
func (a *Message) placeOf(ctx context.Context, about ...store.Filing) (at SitePlace, domains []string, err error) {
	at = SitePlace{Order: about[0].OrderNumber, All: len(about) > 1}
	several, err := a.Store.Several(ctx, about[0].OrderID)
	if err != nil || !several && !at.All {
		return at, nil, err
	}
	at.Domain = about[0].Domain
	for _, f := range about {
		if f.Domain != "" {
			domains = append(domains, filing.DisplayDomain(f.Domain))
		}
	}
	return at, domains, nil
}
