package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
)

// While the record that broke a file is searched for, other news about a holder doesn't remove a change of that
// holder from the search.
func TestBadChangeIsFoundDespiteOtherNewsOfItsHolder(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{SchemaBreaks: "坏记录"})
	own := c.addDossier(t,
		filing.Dossier{Holder: filingtest.PersonHolder(), Site: filingtest.Site("own.example.com", "192.0.2.10")})
	require.Equal(t, bureau.CodeApproved, c.code(t, own))
	d, err := c.db.LatestDecision(t.Context(), own)
	require.NoError(t, err)
	change := filing.Dossier{
		Kind: filing.KindChange, Holder: filingtest.PersonHolder(), Site: filingtest.Site("own.example.com", "192.0.2.11"),
		Subject: filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber, SiteID: d.SiteID,
			SiteNumber: d.SiteNumber, AccessID: d.AccessID},
	}
	change.Site.Name = "坏记录"
	require.NoError(t, c.stand.Load().PushSync(d.HolderNumber)) // comes before the file's refusal
	bad := c.addDossier(t, change)
	c.add(t, "读书笔记")
	require.Equal(t, bureau.CodeApproved, c.code(t, bad+1), "the other record of its file isn't to blame")
	require.Equal(t, bureau.CodeSchema, c.code(t, bad))
	require.Equal(t, c.stand.Load().Sequence(), int64(4), "one file, both records, then each alone")
}

// The refusal of a file may come before we know that the file was accepted.
func TestRefusalOfAFileWhoseAnswerWasLost(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{SchemaBreaks: "坏记录"})
	c.add(t, "坏记录")
	c.add(t, "读书笔记")
	ctx := t.Context()
	sequence, err := c.bureau.PackNext(ctx, activities.AccountRef{AccountID: c.account})
	require.NoError(t, err)
	require.NoError(t, c.db.UploadAttempt(ctx, c.account, sequence, "a process that dies"))
	file, err := c.db.Upload(ctx, c.account, sequence)
	require.NoError(t, err)
	_, err = c.bureau.Accounts[c.account].Client.Upload(ctx, sequence, file.File)
	require.NoError(t, err)
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_querypreviousupload", Mode: fault.Fail, Code: "999", Times: 1})
	for range 6 {
		c.exchange()
	}
	require.Equal(t, map[string]int{"D1": bureau.CodeSchema, "D2": bureau.CodeApproved}, c.decisions())
	require.Zero(t, c.unsettled())
}
