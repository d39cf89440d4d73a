package workflows_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/store"
)

// listedCodes are the result codes of the interface, section 3-5.
func listedCodes() (codes []int) {
	for _, r := range [][2]int{{1001, 1068}, {1999, 1999}, {2001, 2056}, {2998, 2999}, {3001, 3037}, {3998, 3999},
		{5001, 5011}, {5999, 5999}} {
		for code := r[0]; code <= r[1]; code++ {
			codes = append(codes, code)
		}
	}
	return codes
}

// Every listed code decides its record here too, tells the customer or staff which field or fact it concerns, and
// becomes a task if only staff can fix it.
func TestEveryListedCodeReachesItsFiling(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{})
	codes := append(listedCodes(), 4321) // plus one that isn't listed
	for _, code := range codes {
		c.add(t, fmt.Sprintf("样例网站 结果%d", code))
	}
	for range 3 {
		c.exchange()
	}
	open, err := c.db.OpenTasks(t.Context(), 0, 1000)
	require.NoError(t, err)
	tasks := map[int64]string{}
	for _, task := range open {
		require.True(t, task.FilingID.Valid)
		require.Empty(t, tasks[task.FilingID.Int64], "one task for each")
		tasks[task.FilingID.Int64] = task.Kind
	}
	for i, code := range codes {
		filingID := int64(i + 1)
		decision, err := c.db.LatestDecision(t.Context(), filingID)
		require.NoError(t, err, "code %d", code)
		refusal, known := filing.RefusalByCode(code)
		require.Equal(t, code != 4321, known, "code %d", code)
		if refusal.Done {
			require.Equal(t, bureau.CodeApproved, decision.Code, "code %d decides nothing: the review does", code)
			require.True(t, decision.Approved)
			require.Empty(t, tasks[filingID], "code %d", code)
			continue
		}
		require.Equal(t, code, decision.Code)
		require.False(t, decision.Approved, "code %d", code)
		require.NotEmpty(t, decision.Opinion, "code %d", code)
		want := ""
		switch {
		case !known:
			want = store.TaskUnknownCode
		case refusal.Staff:
			want = store.TaskProviderActs
		}
		require.Equal(t, want, tasks[filingID], "code %d", code)
		if known {
			require.NotEmpty(t, refusal.Chinese, "code %d", code)
			require.NotEmpty(t, refusal.English, "code %d", code)
			require.Equal(t, refusal.Form == "", refusal.Field == "", "code %d", code)
			require.False(t, refusal.Staff && refusal.Field != "", "code %d: fields are for the customer", code)
		}
	}
}

// The result of a record of any kind finds its filing, whether it comes from the bureau's machine or its
// reviewers.
func TestResultsOfEveryKindOnCommand(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{})
	seed(t, c.stand.Load())
	own := c.addDossier(t,
		filing.Dossier{Holder: filingtest.PersonHolder(), Site: filingtest.Site("own.example.com", "192.0.2.10")})
	require.Equal(t, bureau.CodeApproved, c.code(t, own))
	d, err := c.db.LatestDecision(t.Context(), own)
	require.NoError(t, err)
	subject := filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber, SiteID: d.SiteID,
		SiteNumber: d.SiteNumber, AccessID: d.AccessID}
	for _, code := range []int{1999, bureau.CodeRefused, 1012} {
		for _, kind := range slices.Concat(filing.Beginnings, filing.FollowUps) {
			// Leave out of the record what isn't part of its kind.
			dossier := filing.Dossier{
				Kind: kind, Holder: filingtest.PersonHolder(), Site: filingtest.Site("next.example.com", "192.0.2.10"),
				Subject: subject, Ending: filing.Ending{Reason: 4},
			}
			switch kind {
			case filing.KindNew:
				dossier.Holder.DocumentType, dossier.Holder.DocumentNumber = filing.DocumentPassport, "P12345678"
			case filing.KindNewSite:
				dossier.OwnershipProof = filing.OwnershipProof{Number: "沪ICP备05000940号", Password: "right"}
			case filing.KindNewAccess:
				dossier.OwnershipProof = filing.OwnershipProof{Number: "沪ICP备05000940号-1", Password: "right"}
			case filing.KindEndHolder, filing.KindCancelAccess:
				dossier.OwnershipProof.Password = c.stand.Load().PasswordOf(d.HolderNumber)
			}
			if kind == filing.KindCancelAccess && code == bureau.CodeRefused {
				continue // the only access: refused by machine before the review
			}
			require.NoError(t, c.stand.Load().CommandVerdicts(code, 1))
			require.Equal(t, code, c.code(t, c.addDossier(t, dossier)), "%s", kind)
		}
	}
}
