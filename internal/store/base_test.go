package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// filedCompany is a company with two sites, as a bureau sends it.
func filedCompany() filing.FiledHolder {
	return filing.FiledHolder{
		HolderID: 11, Number: "沪ICP备05000940号", Holder: filingtest.CompanyHolder(),
		Sites: []filing.FiledSite{
			{ID: 21, Number: "沪ICP备05000940号-1", Name: "一", Domains: []filing.FiledDomain{{ID: 31, Name: "example.com"},
				{ID: 32, Name: "*.cdn.example.com"}, {ID: 33, Name: "not a domain"}, {ID: 34, Name: "EXAMPLE.com."}}},
			{ID: 22, Number: "沪ICP备05000940号-2", Name: "二", Domains: []filing.FiledDomain{{ID: 35, Name: "例子.cn"}}},
		},
	}
}

func baseAccount(t *testing.T, s *store.Store, name string) int64 {
	t.Helper()
	id, err := s.EnsureAccount(t.Context(), name)
	require.NoError(t, err)
	return id
}

func TestBaseIsLookedUpByEveryName(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, f := baseAccount(t, s, "a"), filedCompany()
	for range 2 { // the same file again
		require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{f}))
	}
	found := func(list []store.Filed, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, account, list[0].AccountID)
		require.Equal(t, f, list[0].FiledHolder)
	}
	none := func(_ []store.Filed, err error) {
		t.Helper()
		require.ErrorIs(t, err, store.ErrNotFound)
	}
	found(s.FiledByNumber(ctx, "沪icp备０5000940号"))
	found(s.FiledByNumber(ctx, "沪ICP备05000940号-2"))
	none(s.FiledByNumber(ctx, "沪ICP备05000940号-3"))
	for _, host := range []string{"example.com", "WWW.example.com", "a.cdn.example.com", "a.b.cdn.example.com", "例子.cn",
		"xn--fsqu00a.cn"} {
		found(s.FiledByDomain(ctx, host))
	}
	for _, host := range []string{"a.example.com", "cdn.example.com", "com", "", "example.com.cn"} {
		none(s.FiledByDomain(ctx, host))
	}
	found(s.FiledByName(ctx, " 上海样例网络科技有限公司"))
	none(s.FiledByName(ctx, "上海样例"))
	found(s.FiledByDocument(ctx, filing.DocumentBusinessLicence, "91310101ma1fp0000h "))
	none(s.FiledByDocument(ctx, filing.DocumentPassport, "91310101MA1FP0000H"))
	got, err := s.FiledHolder(ctx, account, 11)
	require.NoError(t, err)
	require.Equal(t, f, got)
	_, err = s.FiledHolder(ctx, account+1, 11)
	require.ErrorIs(t, err, store.ErrNotFound)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, f.Holder.Name)
	require.NotContains(t, dump, f.Holder.DocumentNumber)
}

// The latest data of a holder replace everything below it; other holders' data stay.
func TestBaseKeepsTheNewestWord(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, other, f := baseAccount(t, s, "a"), baseAccount(t, s, "b"), filedCompany()
	require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{f}))
	require.NoError(t, s.SaveFiled(ctx, other, []filing.FiledHolder{f}))
	f.Holder.Name, f.Sites = "改名公司", f.Sites[1:]
	f.Sites[0].Domains = []filing.FiledDomain{{ID: 36, Name: "example.net"}}
	moved := filing.FiledHolder{HolderID: 12, Number: "沪ICP备05000941号", Sites: []filing.FiledSite{
		{ID: 21, Number: "沪ICP备05000941号-1", Domains: []filing.FiledDomain{{ID: 31, Name: "moved.example.com"}}}}}
	require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{f, moved, {Number: "沪ICP备09999999号"}}))

	accounts := func(list []store.Filed, err error) (ids []int64) {
		t.Helper()
		if err != nil {
			require.ErrorIs(t, err, store.ErrNotFound)
		}
		for _, f := range list {
			ids = append(ids, f.AccountID)
		}
		return ids
	}
	require.Equal(t, []int64{other}, accounts(s.FiledByDomain(ctx, "example.com")))
	require.Equal(t, []int64{account}, accounts(s.FiledByDomain(ctx, "example.net")))
	require.Equal(t, []int64{other}, accounts(s.FiledByName(ctx, filedCompany().Holder.Name)))
	require.Equal(t, []int64{account}, accounts(s.FiledByName(ctx, "改名公司")))
	require.Equal(t, []int64{other}, accounts(s.FiledByNumber(ctx, "沪ICP备05000940号-1")))
	require.ElementsMatch(t, []int64{account, other}, accounts(s.FiledByNumber(ctx, "沪ICP备05000940号-2")))
	require.Equal(t, []int64{account}, accounts(s.FiledByDomain(ctx, "moved.example.com")))
	require.Empty(t, accounts(s.FiledByNumber(ctx, "沪ICP备09999999号")), "a holder without an ID")
}

func TestBaseForgetsWhatIsDeregistered(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, f := baseAccount(t, s, "a"), filedCompany()
	require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{f}))
	for range 2 {
		require.NoError(t, s.ForgetFiled(ctx, account, true, 21))
	}
	_, err := s.FiledByDomain(ctx, "example.com")
	require.ErrorIs(t, err, store.ErrNotFound)
	got, err := s.FiledHolder(ctx, account, 11)
	require.NoError(t, err)
	require.Equal(t, f.Sites[1:], got.Sites, "the other site stays")
	require.NoError(t, s.ForgetFiled(ctx, account, false, 21), "a holder's ID isn't a site's")
	_, err = s.FiledByDomain(ctx, "例子.cn")
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, s.ForgetFiled(ctx, account, false, 11))
	}
	for _, lookUp := range []func() ([]store.Filed, error){
		func() ([]store.Filed, error) { return s.FiledByDomain(ctx, "例子.cn") },
		func() ([]store.Filed, error) { return s.FiledByNumber(ctx, "沪ICP备05000940号-2") },
		func() ([]store.Filed, error) { return s.FiledByName(ctx, f.Holder.Name) },
	} {
		_, err := lookUp()
		require.ErrorIs(t, err, store.ErrNotFound)
	}
}

// A bureau writes numbers as it likes, and so does who searches.
func TestEveryFormOfNumbersIsFound(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := baseAccount(t, s, "a")
	for i, c := range filingtest.Numbers() {
		id := int64(i + 1)
		f := filing.FiledHolder{HolderID: id, Number: c.Holder, Holder: filingtest.CompanyHolder(),
			Sites: []filing.FiledSite{{ID: id, Number: c.Text, Domains: []filing.FiledDomain{}}}}
		require.NoError(t, s.SaveFiled(ctx, account, []filing.FiledHolder{f}))
		for _, asked := range []string{c.Text, c.Want, " " + c.Want} {
			found, err := s.FiledByNumber(ctx, asked)
			require.NoError(t, err, asked)
			require.True(t, slices.ContainsFunc(found, func(f store.Filed) bool { return f.HolderID == id }), asked)
		}

		v := store.Verdict{HolderNumber: c.Holder, SiteNumber: c.Text}
		if c.Want == c.Holder {
			v = store.Verdict{HolderNumber: c.Text}
		}

		_, opening := opened(t, s, fmt.Sprint("D", i), "demo")
		approved(t, s, account, opening, filingtest.Dossier(), v)
		_, err := s.RecordNumber(ctx,
			store.Progress{FilingID: opening.ID, Seq: 50, Stage: filing.Filed, EventKind: "filed", Actor: "system"})
		require.NoError(t, err)
		hits, err := s.SearchFilings(ctx, store.FilingSearch{Number: c.Want}, store.Cursor{}, 50)
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(hits.Rows, func(f store.FoundFiling) bool { return f.Number.String == c.Want }), c.Text)
		n, err := filing.ParseNumber(c.Text)
		require.NoError(t, err)
		orders, err := s.FiledOrdersByNumber(ctx, n)
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(orders, func(o store.FiledOrder) bool { return o.Number == c.Want }), c.Text)
	}
}
