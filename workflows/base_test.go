package workflows_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/store"
)

// The base reflects what the bureau files, changes and deregisters; changing one of a holder's sites changes that
// site's number.
func TestBaseFollowsTheBureau(t *testing.T) {
	c, ctx := newCounterpart(t), t.Context()
	c.with(stand.Options{})
	first := c.addDossier(t,
		filing.Dossier{Holder: filingtest.CompanyHolder(), Site: filingtest.Site("one.example.com", "192.0.2.10")})
	require.Equal(t, bureau.CodeApproved, c.code(t, first))
	d, err := c.db.LatestDecision(ctx, first)
	require.NoError(t, err)
	two := filing.Dossier{
		Kind: filing.KindNewSite, Holder: filingtest.CompanyHolder(), Site: filingtest.Site("two.example.com", "192.0.2.11"),
		OwnershipProof: filing.OwnershipProof{Number: d.HolderNumber, Password: c.stand.Load().PasswordOf(d.HolderNumber)},
	}
	two.Site.Name = "另一个网站"
	require.Equal(t, bureau.CodeApproved, c.code(t, c.addDossier(t, two)))
	found, err := c.db.FiledByDomain(ctx, "two.example.com")
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Len(t, found[0].Sites, 2)
	require.Equal(t, c.account, found[0].AccountID)
	require.Equal(t, filingtest.CompanyHolder().Name, found[0].Holder.Name)

	change := filing.Dossier{
		Kind: filing.KindChange, Holder: filingtest.CompanyHolder(), Site: filingtest.Site("one.example.com", "192.0.2.12"),
		Subject: filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber, SiteID: d.SiteID,
			SiteNumber: d.SiteNumber, AccessID: d.AccessID},
	}
	change.Site.Domains = append(change.Site.Domains, "more.example.com")
	changed := c.addDossier(t, change)
	require.Equal(t, bureau.CodeApproved, c.code(t, changed))
	after, err := c.db.LatestDecision(ctx, changed)
	require.NoError(t, err)
	require.Equal(t, d.HolderNumber+"-1", after.Number(), "not that of the holder's last site")
	require.Equal(t, d.SiteID, after.SiteID)
	_, err = c.db.FiledByDomain(ctx, "more.example.com")
	require.NoError(t, err)

	require.NoError(t, c.stand.Load().PushDeregistration(d.HolderNumber+"-2"))
	c.exchange()
	_, err = c.db.FiledByDomain(ctx, "two.example.com")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = c.db.FiledByDomain(ctx, "one.example.com")
	require.NoError(t, err)
	require.NoError(t, c.stand.Load().PushDeregistration(d.HolderNumber))
	c.exchange()
	_, err = c.db.FiledByNumber(ctx, d.HolderNumber)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// A file that both files and deregisters a holder leaves nothing, however often it is applied.
func TestOneFileFilesFirstAndEndsAfter(t *testing.T) {
	c, ctx := newCounterpart(t), t.Context()
	holder := func(id int64) string {
		return fmt.Sprintf(
			`<Baxx><Zt_xx><Ztid>%d</Ztid><Dwmc>样例</Dwmc><Baxh>沪ICP备0500000%d号</Baxh></Zt_xx><Wz_xx><Wzid>%d1</Wzid><Ym_xx><Ymid>1</Ymid><Ym>h%d.example.com</Ym></Ym_xx></Wz_xx></Baxx>`, id, id, id, id)
	}
	file := `<DownloadData><ICP><ZXSJ><Zxxx><Zxlb>0</Zxlb><Jlid>7</Jlid></Zxxx></ZXSJ><BASJ>` + holder(7) + holder(8) +
		`</BASJ></ICP></DownloadData>`
	for n := range 2 {
		_, err := c.db.StoreDownload(ctx, c.account, fmt.Sprintf("file%d", n), []byte(file))
		require.NoError(t, err)
		require.NoError(t, c.bureau.Apply(ctx, activities.AccountRef{AccountID: c.account}))
		_, err = c.db.FiledByDomain(ctx, "h7.example.com")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = c.db.FiledByDomain(ctx, "h8.example.com")
		require.NoError(t, err)
	}
}
