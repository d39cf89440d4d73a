package activities

import (
	"net/url"

	"github.com/beian/beian/internal/message"
)

// pagesOfFilings are the pages below a filing's that messages are about; the others are about the filing's page itself,
// which leads on to what is to be done.
var pagesOfFilings = map[message.Template]string{
	message.ContactCode: "/verify", message.Approved: "/result", message.FooterNeeded: "/result",
	message.Filed: "/result", message.Police: "/police",
}

// PageOf is the path of the page that a message about an order's filing, or about an account, is about. It has nothing
// personal in it.
func PageOf(name message.Template, order string) string {
	switch name {
	case message.PasswordCode:
		return "/sign-in/forgotten/code"
	case message.FirstPassword:
		return "/sign-in/first"
	case message.PasswordChanged:
		return "/sign-in/forgotten"
	case message.ContactAddressCode, message.AccountChanged:
		return "/account"
	case message.TicketAnswered:
		return "/help/ask"
	}
	return filingPage(order, pagesOfFilings[name])
}

func filingPage(order, page string) string {
	return "/orders/" + url.PathEscape(order) + "/filing" + page
}
