package panel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// noTemporal is a Temporal that can't be reached.
type noTemporal struct {
	panel.Filings
	exchanged []int64
	// sentBack is what a verdict does; nil if sending back is not possible, or no longer.
	sentBack  func(context.Context, workflows.Verdict) error
	verdicts  []workflows.Verdict
	submitted []workflows.Submission
	opened    []string
	footers   []workflows.FooterInput
}

func (n *noTemporal) ExchangeNow(_ context.Context, accountID int64) error {
	n.exchanged = append(n.exchanged, accountID)
	return errors.New("unreachable")
}

// desk is a panel over a database with a manual account and a staff member.
type desk struct {
	db       *store.Store
	account  int64
	temporal *noTemporal
	url      string
	support  *demo.Walker
	made     int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{db: testdb.New(t), temporal: &noTemporal{}}
	var err error
	d.account, err = d.db.EnsureAccount(t.Context(), "by hand")
	require.NoError(t, err)
	require.NoError(t, d.db.SetDriver(t.Context(), d.account, store.DriverManual))
	p, err := panel.New(panel.Config{Store: d.db, Filings: d.temporal, Resolver: website.NewResolver("127.0.0.1:1"),
		Provider: panel.Provider{LinkTargets: []string{"https://beian.miit.gov.cn/"}}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	d.url = server.URL
	d.support = d.signedIn(t, "a")
	return d
}

func (d *desk) signedIn(t *testing.T, login string) *demo.Walker {
	t.Helper()
	return d.signedInAs(t, store.RoleSupport, login)
}

// customer signs in as the owner of the orders that add makes.
func (d *desk) customer(t *testing.T) *demo.Walker {
	t.Helper()
	return d.signedInAs(t, store.RoleCustomer, "demo")
}

func (d *desk) signedInAs(t *testing.T, role store.Role, login string) *demo.Walker {
	t.Helper()
	hash := testdb.PasswordHash(t, "password-"+login)
	id, err := d.db.EnsureUser(t.Context(), role, login, hash)
	require.NoError(t, err)
	require.NoError(t, d.db.SetPassword(t.Context(), id, hash)) // importing an order creates a customer without a password
	w, err := demo.NewWalker(d.url, "")
	require.NoError(t, err)
	require.NoError(t, w.SignIn(t.Context(), login, "password-"+login))
	return w
}

// add queues a dossier and returns the path of its page.
func (d *desk) add(t *testing.T, dossier filing.Dossier) (path string) {
	t.Helper()
	ctx := t.Context()
	d.made++
	number := fmt.Sprintf("D%d", d.made)
	_, err := d.db.ImportOrder(ctx,
		store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := d.db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := d.db.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	f, err := d.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	consent(t, d.db, f)
	require.NoError(t, d.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	revision, err := d.db.SaveDossier(ctx, f.ID, dossier)
	require.NoError(t, err)
	require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Submitting,
		Revision: revision, EventKind: "submitting", Actor: "test"}))
	require.NoError(t, d.db.QueueRecord(ctx,
		store.NewRecord{AccountID: d.account, FilingID: f.ID, Revision: revision, Operation: dossier.Kind.Operation()}))
	return fmt.Sprintf("/support/dossiers/%d", d.made) // each filing here has one record
}

func (d *desk) page(t *testing.T, path string) *goquery.Document {
	t.Helper()
	page, err := d.support.Page(t.Context(), path)
	require.NoError(t, err)
	return page
}

// The page shows what a dossier's kind has, and asks for what that kind produces.
func TestManualPagesOfEveryKind(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	site := d.add(t, filing.Dossier{Kind: filing.KindNewSite, Site: filingtest.Site("a.example.com", "192.0.2.10"),
		OwnershipProof: filing.OwnershipProof{Number: "沪ICP备05000940号", Password: "ownership-password"}})
	page := d.page(t, site)
	require.Equal(t, "沪ICP备05000940号", page.Find("#v-ownership-number").Text())
	require.Equal(t, "ownership-password", page.Find("#v-ownership-password").Text(), "staff type it at the bureau")
	require.True(t, page.Find("#v-ownership-password").Closest("div").HasClass("screen"), "and it isn't printed")
	require.Zero(t, page.Find("#v-holder-nature").Length(), "this kind has no holder")
	_, err := d.support.Post(ctx, site+"/submitted", nil)
	require.NoError(t, err)
	page = d.page(t, site)
	require.Equal(t, "沪ICP备05000940号", page.Find("[name=holder_number]").AttrOr("value", ""), "known before")
	require.Zero(t, page.Find("#refused [name=holder][value=nature]").Length())
	require.NotZero(t, page.Find("#refused [name=holder][value=manager_name]").Length(), "it has a manager")
	require.NotZero(t, page.Find("#refused [name=ownership][value=password]").Length(),
		"a refusal can be about the password")
	_, err = d.support.Upload(ctx, site+"/approved",
		url.Values{"holder_number": {"沪ICP备05000940号"}, "site_number": {"沪ICP备05000941号-2"}}, "certificate", "", nil)
	require.ErrorContains(t, err, "应以 沪ICP备05000940号 开头")
	_, err = d.support.Upload(ctx, site+"/approved", url.Values{"site_number": {"沪ICP备05000940号-2"}},
		"certificate", "", nil)
	require.NoError(t, err, "no certificate is needed")

	end := d.add(t, filing.Dossier{Kind: filing.KindEndSite, Subject: filing.Subject{SiteID: 7,
		SiteNumber: "沪ICP备05000940号-2", HolderNumber: "沪ICP备05000940号"}, Ending: filing.Ending{Reason: 2, Note: "转让"}})
	page = d.page(t, end)
	require.Equal(t, "域名到期或转让", page.Find("#v-ending-reason").Text())
	require.Equal(t, "沪ICP备05000940号-2", page.Find("#v-subject-site").Text())
	_, err = d.support.Post(ctx, end+"/submitted", nil)
	require.NoError(t, err)
	require.Zero(t, d.page(t, end).Find("#approved input").Length(), "one click is enough")
	page, err = d.support.Post(ctx, end+"/approved", nil)
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("[data-state=decided]").Length())
	require.Equal(t, []int64{d.account, d.account, d.account, d.account}, d.temporal.exchanged,
		"an exchange was requested each time, and its failure blocked nobody")
}

// Two staff members have the same page open: the second sees what the first did.
func TestManualSecondSeesWhatTheFirstDid(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	other := d.signedIn(t, "b")
	path := d.add(t, filingtest.Dossier())
	_, err := d.support.Post(ctx, path+"/submitted", nil)
	require.NoError(t, err)
	page, err := other.Post(ctx, path+"/submitted", nil)
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-state=submitted]").Text(), "客服 a")
	_, err = d.support.Post(ctx, path+"/refused", url.Values{"opinion": {"证件过期"}, "holder": {"document_number"}})
	require.NoError(t, err)
	page, err = other.Upload(ctx, path+"/approved", url.Values{"site_number": {"沪ICP备2026000001号-1"}}, "certificate",
		"bazu.cert", []byte("certificate"))
	require.NoError(t, err)
	require.Contains(t, page.Find(".flash").Text(), "已经变化")
	require.Contains(t, page.Find("[data-state=decided]").Text(), "证件过期")
	require.NotContains(t, page.Find("[data-state=decided]").Text(), "2026000001", "nothing from the second is stored")
}

// withoutTable makes every statement fail that uses a table, until it is called back.
func withoutTable(t *testing.T, db *store.Store, table string) (back func()) {
	t.Helper()
	rename := func(from, to string) {
		_, err := db.DB().ExecContext(context.WithoutCancel(t.Context()), `ALTER TABLE `+from+` RENAME TO `+to)
		require.NoError(t, err)
	}
	rename(table, table+"_away")
	return func() { rename(table+"_away", table) }
}

// What couldn't be recorded isn't reported as done, and leaves no trace of success.
func TestManualFailureIsShown(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	path := d.add(t, filingtest.Dossier())
	for _, c := range []struct {
		form, table string
		values      url.Values
	}{{"/submitted", "signals", nil}, {"/refused", "decisions", url.Values{"opinion": {"证件过期"}, "holder": {"document_number"}}}} {
		mend := withoutTable(t, d.db, c.table)
		_, err := d.support.Post(ctx, path+c.form, c.values)
		require.ErrorContains(t, err, "500", c.form)
		mend()
		require.Empty(t, d.temporal.exchanged, "no exchange is started for what wasn't recorded")
		page := d.page(t, path)
		require.Zero(t, page.Find("[data-state=submitted],[data-state=decided]").Length(), c.form)
		entries, err := d.db.AuditRows(ctx, store.AuditFilter{Action: "record."}, 0, 50)
		require.NoError(t, err)
		require.Empty(t, entries, "an entry stands for what was recorded")
	}
}

// A code that no table has any more is shown as a number, never as nothing.
func TestManualPageKeepsUnknownCodes(t *testing.T) {
	d := newDesk(t)
	dossier := filingtest.Dossier()
	dossier.Site.Services = []int{2, 93}
	dossier.Holder.City = "319900"
	page := d.page(t, d.add(t, dossier))
	require.Equal(t, "博客/个人空间、93", page.Find("#v-site-services").Text())
	require.Equal(t, "319900", page.Find("#v-holder-city").Text())
}

// Each page of the list has fifty of a group, oldest first.
func TestManualListIsPaged(t *testing.T) {
	d := newDesk(t)
	for range 53 {
		d.add(t, filingtest.Dossier())
	}
	page := d.page(t, "/support/dossiers")
	require.Equal(t, 50, page.Find("[data-group=to_submit] [data-order]").Length())
	require.Equal(t, "D1", page.Find("[data-order]").First().AttrOr("data-order", ""))
	next := page.Find("[data-group=to_submit] p a").AttrOr("href", "")
	page = d.page(t, next)
	require.Equal(t, 3, page.Find("[data-group=to_submit] [data-order]").Length())
	require.Zero(t, page.Find("[data-group=submitted]").Length())
	require.Zero(t, d.page(t, fmt.Sprintf("/support/dossiers?account=%d", d.account+1)).Find("[data-order]").Length())
	_, err := d.support.Page(t.Context(), "/support/dossiers/999")
	require.ErrorContains(t, err, "404")
}

// Only the form with a file accepts more than the usual limit of a form.
func TestOnlyUploadsMayBeBig(t *testing.T) {
	d := newDesk(t)
	path := d.add(t, filingtest.Dossier())
	_, err := d.support.Post(t.Context(), path+"/submitted", nil)
	require.NoError(t, err)
	big := bytes.Repeat([]byte("x"), 300<<10)
	page, err := d.support.Post(t.Context(), path+"/refused", url.Values{"opinion": {string(big)}})
	require.Error(t, err)
	require.Equal(t, "请填写此项。", page.Find("#e-opinion").Text(), "the body wasn't read to the end")
	page, err = d.support.Upload(t.Context(), path+"/approved", url.Values{"site_number": {"沪ICP备2026000001号-1"}},
		"certificate", "bazu.cert", big)
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-state=decided]").Text(), fmt.Sprint(len(big)))
}
