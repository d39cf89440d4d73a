package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// The purposes (Fjyt) of the papers here: the stand-in wants the holder's document.
const (
	paperOfHolder = 2
	paperOfSite   = 5
)

// company is a company's order with several domains, whose sites are filed together.
type company struct {
	t       *testing.T
	s       *stack.Stack
	filings *workflows.Client
	holder  filing.Holder
	order   store.Order
	sites   []store.Site
	ids     []int64
}

// newCompany opens the filings of all sites; the first one's contact is verified over the panel.
func newCompany(t *testing.T, s *stack.Stack, number string) *company {
	t.Helper()
	ctx := t.Context()
	c := &company{t: t, s: s, filings: workflows.NewClient(s.Temporal, s.Options.Vetting).In(s.Settings.Base.Namespace),
		holder: filingtest.CompanyHolder()}
	_, err := s.Store.ImportOrder(ctx, store.OrderImport{Number: number, Customer: stack.DemoCustomer, Product: "虚拟主机",
		Domains: []string{"www.a-" + number + ".com", "b-" + number + ".com", "c-" + number + ".com"}, IPs: []string{"192.0.2.10"}})
	require.NoError(t, err)
	c.order, err = s.Store.OrderByNumber(ctx, number)
	require.NoError(t, err)
	c.sites, err = s.Store.SitesOf(ctx, c.order.ID)
	require.NoError(t, err)
	preparedSite(t, customer(t, s), number, c.sites[0].Domain)
	var ids []int64
	for _, w := range c.sites {
		ids = append(ids, w.ID)
	}
	list, err := s.Store.OpenSites(ctx, c.order.ID, ids...)
	require.NoError(t, err)
	for _, f := range list {
		c.ids = append(c.ids, f.ID)
	}
	return c
}

func (c *company) filing(i int) store.Filing {
	c.t.Helper()
	f, err := c.s.Store.Filing(c.t.Context(), c.ids[i])
	require.NoError(c.t, err)
	return f
}

// reaches waits until a site's filing is in a stage.
func (c *company) reaches(i int, stage filing.Stage) {
	c.t.Helper()
	require.Eventually(c.t, func() bool { return c.filing(i).Stage == stage }, 3*time.Minute, 100*time.Millisecond,
		"site %d: %s", i, stage)
}

// submit submits a site's dossier.
func (c *company) submit(i int, name string) {
	c.t.Helper()
	ctx := c.t.Context()
	require.Eventually(c.t, func() bool { return c.filing(i).Seq > 0 }, 3*time.Minute, 100*time.Millisecond,
		"its workflow starts by itself")
	d := filing.Dossier{Kind: filing.KindNew, Site: filingtest.Site(c.sites[i].Domain, "192.0.2.10")}
	d.Site.Name = name
	f := c.filing(i)
	purpose := paperOfSite
	switch {
	case f.Kind == filing.KindNewSite:
		h, err := c.s.Store.HolderByID(ctx, f.HolderID.Int64)
		require.NoError(c.t, err)
		d.Kind, d.OwnershipProof.Number, d.OwnershipProof.Password = f.Kind, h.Number, c.s.StandIns.Bureau.PasswordOf(h.Number)
		d.Holder.Manager = c.holder.Manager
	case !f.Companion():
		d.Holder, purpose = c.holder, paperOfHolder
	}
	picture := filingtest.Picture(200, 300, uint64(i)+1)
	paper, err := c.s.Store.AddPaper(ctx, store.NewPaper{FilingID: f.ID, Key: "document", Format: 1,
		Content: picture, Thumb: picture, Width: 200, Height: 300, Max: 1})
	require.NoError(c.t, err)
	revision, err := c.s.Store.SaveDossier(ctx, f.ID, d, store.SubmittedPaper{PaperID: paper, Purpose: purpose,
		OfSite: purpose == paperOfSite})
	require.NoError(c.t, err)
	c.sends(f, workflows.Submission{Revision: revision, Kind: d.Kind, Actor: "customer:demo"})
}

func (c *company) sends(f store.Filing, in workflows.Submission) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
		defer cancel()
		_, err := c.filings.Submit(ctx, f.Ref(), in)
		return err == nil
	}, 3*time.Minute, 100*time.Millisecond)
}

// number is what the bureau gave a site, with its certificate.
func (c *company) number(i int) string {
	c.t.Helper()
	d, err := c.s.Store.LatestDecision(c.t.Context(), c.ids[i])
	require.NoError(c.t, err)
	require.NotEmpty(c.t, d.Certificate)
	return d.Number()
}

// A company with three domains at a bureau of 2005: two are filed together, and the third by itself when the holder has
// a number, with the password that came with it. Each has a certificate.
func TestCompanyFilesSitesTogether(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 300 * time.Millisecond, BureauEdition: bureau.Edition2005})
	c := newCompany(t, s, "D30000001")
	c.submit(0, "样例公司网站")
	c.submit(1, "样例公司商城")
	require.NoError(t, s.Store.LetOthersGo(t.Context(), c.ids[2]))
	c.submit(2, "样例公司论坛")
	for i := range 2 {
		c.reaches(i, filing.Installing)
	}
	c.reaches(2, filing.Correcting)
	c.submit(2, "样例公司论坛")
	c.reaches(2, filing.Installing)
	holder, err := filing.ParseNumber(c.number(0))
	require.NoError(t, err)
	for i := range 3 {
		require.Equal(t, fmt.Sprintf("%s-%d", holder.Holder(), i+1), c.number(i))
	}
	require.Equal(t, filing.KindNewSite, c.filing(2).Kind)
	require.Equal(t, filing.KindNew, c.filing(1).Kind)
	for key, times := range s.StandIns.Bureau.AcceptedKeys() {
		require.Equal(t, 1, times, "record %s was submitted once", key)
	}
	require.Len(t, s.StandIns.Bureau.Accepted(), 1, "two sites are one record of a new filing")
}
