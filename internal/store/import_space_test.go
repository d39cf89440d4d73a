package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// An order that comes again changes in everything but the web space, unless the provider says something new about that:
// what staff corrected stays until then.
func TestImportedWebSpaces(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	first := store.WebSpace{Protocol: "ftp", Host: "h", Port: 21, User: "u", Password: "first", DocumentRoot: "www"}
	imports := func(product string, space *store.WebSpace, change func(*store.OrderImport)) {
		t.Helper()
		in := store.OrderImport{Number: "D1", Customer: "demo", Product: product, Domains: []string{"www.example.com"},
			WebSpace: space}
		if change != nil {
			change(&in)
		}
		_, err := s.ImportOrder(ctx, in)
		require.NoError(t, err)
	}
	order := func() store.Order {
		o, err := s.OrderByNumber(ctx, "D1")
		require.NoError(t, err)
		return o
	}
	has := func(product string, want *store.WebSpace, why string) {
		t.Helper()
		o := order()
		require.Equal(t, product, o.Product, why)
		got, err := s.WebSpaceOf(ctx, o.ID)
		require.NoError(t, err, why)
		require.Equal(t, want, got, why)
	}
	imports("p", &first, nil)
	has("p", &first, "the first time")
	imports("q", &first, nil)
	has("q", &first, "the rest of the order changes")
	corrected := first
	corrected.Password = "corrected"
	require.NoError(t, s.CorrectWebSpace(ctx, order(), corrected))
	imports("r", &first, nil)
	has("r", &corrected, "the provider says nothing new")
	imports("s", nil, nil)
	has("s", &corrected, "nor here")

	second := first
	second.Password = "second"
	imports("t", &second, nil)
	has("t", &second, "the provider's newer one")
	keep := func(in *store.OrderImport) { in.KeepPassword, in.KeepDocumentRoot = true, true }
	elsewhere := store.WebSpace{Protocol: "ftp", Host: "other", Port: 21, User: "u"}
	imports("v", &elsewhere, keep)
	has("v", &elsewhere, "a password is for one account")
	imports("w", &first, nil)
	same := first
	same.Password, same.DocumentRoot = "", ""
	imports("x", &same, keep)
	has("x", &first, "nothing was said of password and folder")
	imports("y", nil, func(in *store.OrderImport) { in.NoWebSpace = true })
	has("y", nil, "it has none any more")
}
