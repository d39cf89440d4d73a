package customer

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

func TestOrderListShowsWhatCanBeDone(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	p := &web.Page{Title: "orders.title", T: texts.For("en"), Lang: "en", Role: store.RoleCustomer, Path: "/orders"}
	d := ordersData{Orders: []orderLine{
		{OrderRow: store.OrderRow{Order: store.Order{Number: "D/1"}}, Action: actionStart},
		{OrderRow: store.OrderRow{Order: store.Order{Number: "D2"}}, Action: "view"},
	}, Next: "after=1-2&q=x"}
	var b bytes.Buffer
	require.NoError(t, ordersPage(p, d).Render(t.Context(), &b))
	doc, err := goquery.NewDocumentFromReader(&b)
	require.NoError(t, err)
	require.Equal(t, 2, doc.Find("[data-order]").Length())
	require.Equal(t, 1, doc.Find(`form[action="/orders/D%2F1/filing"]`).Length())
	require.Equal(t, 1, doc.Find(`.button.plain[href="/orders/D2/filing"]`).Length())
	require.Equal(t, 1, doc.Find(`[rel=next][href="/orders?after=1-2&q=x"]`).Length())
}
