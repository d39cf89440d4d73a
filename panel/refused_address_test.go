package panel_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// Customers see why nothing is sent to an address any more, and confirm or change it; staff see it too.
func TestCustomersConfirmRefusedAddresses(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	f := o.filing("R1", "owner")
	contact := filingtest.Contact()
	_, err := o.db.RegisterContact(ctx, f.CustomerID, f.ID, contact, "hash")
	require.NoError(t, err)
	refuse := func(mail string) {
		require.NoError(t, o.db.RefuseAddress(ctx, filing.Mail, mail, filing.Delivery{Code: "5.1.1", Words: "no such user"}))
	}
	refused := func(mail string) bool {
		_, refused, err := o.db.RefusedAddress(ctx, filing.Mail, mail)
		require.NoError(t, err)
		return refused
	}
	owner := o.caller("owner")
	require.Zero(t, owner.page("/orders/R1/filing").Find("[data-stopped]").Length())
	refuse(contact.Email)
	stopped := owner.page("/orders/R1/filing").Find("[data-stopped=mail]")
	require.Contains(t, stopped.Text(), "no such user (5.1.1)")
	require.Contains(t, o.caller("agent").page("/support/filings/R1").Find("[data-stopped=mail]").Text(), "5.1.1")
	path, _ := stopped.Find("form").Attr("action")
	require.Equal(t, http.StatusNotFound, o.caller("other").form(path, url.Values{"channel": {"mail"}}))
	require.True(t, refused(contact.Email))
	require.Equal(t, http.StatusSeeOther, owner.form(path, url.Values{"channel": {"mail"}}))
	require.False(t, refused(contact.Email))
	require.Zero(t, owner.page("/orders/R1/filing").Find("[data-stopped]").Length())

	// Typed anew, it is asked about once, at its field.
	refuse("gone@example.com")
	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Verifying, EventKind: "contact_given", Actor: "test"}))
	form := url.Values{"mobile": {contact.Mobile}, "email": {"gone@example.com"}}
	status, page, _ := owner.look("/orders/R1/filing/recover", form)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page.Find("#e-email").Text(), "no such user (5.1.1)")
	require.Zero(t, page.Find("#e-mobile").Length())
	require.True(t, refused("gone@example.com"))
	owner.form("/orders/R1/filing/recover", form)
	require.False(t, refused("gone@example.com"), "they say that it is right")
	changed, err := o.db.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "gone@example.com", changed.Details.Email)

	// So it is where the account's own address is set.
	refuse("mine@example.com")
	form = url.Values{"email": {"mine@example.com"}, "present_password": {officePassword}}
	status, page, _ = owner.look("/account/contact/mail", form)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page.Find("#e-email").Text(), "no such user (5.1.1)")
	require.Equal(t, http.StatusSeeOther, owner.form("/account/contact/mail", form))
	require.False(t, refused("mine@example.com"))
}
