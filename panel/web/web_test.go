package web_test

import (
	"bytes"
	"testing"

	"github.com/a-h/templ"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

func page(t *testing.T, lang string) *web.Page {
	t.Helper()
	texts, err := locale.New()
	require.NoError(t, err)
	return &web.Page{Title: "orders.title", T: texts.For(lang), Lang: lang, FieldHelp: func(form, name string) string { return "/help/fields#" + form + "-" + name }}
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.Render(t.Context(), &b))
	return b.String()
}

func TestAddressesAreEscaped(t *testing.T) {
	require.Equal(t, "/orders/a%2Fb%3Fc/filing", web.URL("/orders/%s/filing", "a/b?c"))
	require.Equal(t, "/x/1?serial=2&to=a%26b%3D", web.URL("/x/%d?serial=%d&to=%s", 1, 2, "a&b="))
}

func TestTablesKeepTheirRoles(t *testing.T) {
	p := page(t, "en")
	table := web.TableSpec[string]{Class: "x", Empty: "orders.none", Columns: []web.Column[string]{
		{Key: "orders.number", RowHead: true, Cell: func(_ *web.Page, s string) templ.Component { return web.Text(s) }},
		{Key: "orders.stage", Cell: func(_ *web.Page, s string) templ.Component { return web.Text(s) }},
		{Key: "orders.actions", Actions: true, Cell: func(_ *web.Page, s string) templ.Component { return web.Text(s) }},
	}}
	number, stage, actions := p.Text("orders.number"), p.Text("orders.stage"), p.Text("orders.actions")
	head := `<table class="list x" role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">` + number +
		`</th><th scope="col" role="columnheader">` + stage + `</th><th scope="col" role="columnheader"><span class="unseen">` + actions +
		`</span></th></tr></thead> <tbody role="rowgroup"><tr role="row">`
	require.Equal(t, head+`<th scope="row" role="rowheader">&lt;</th><td role="cell" data-label="`+stage+`">&lt;</td><td role="cell" class="act">&lt;</td></tr></tbody></table>`,
		render(t, web.Table(p, table, []string{"<"})))
	require.Equal(t, head+`<td role="cell" colspan="3">`+p.Text("orders.none")+`</td></tr></tbody></table>`, render(t, web.Table(p, table, nil)))
}

func TestFieldsAreDescribed(t *testing.T) {
	form := web.Form{Fields: []web.Field{{Name: "mail", Form: "contact", Type: "email", Required: true, Maxlength: 9, Hint: "h", Problem: "p", Values: []string{`"`}}}}
	html := render(t, web.Fields(page(t, "en"), form))
	require.Contains(t, html, `<input id="f-mail" name="mail" type="email" value="&#34;" maxlength="9" aria-required="true" aria-invalid="true" aria-describedby="e-mail h-mail">`)
	require.Contains(t, html, `field.contact.mail<span class="need" aria-hidden="true">*</span>`)
	require.Regexp(t, `</label>\s+<a class="whatis" href="/help/fields#contact-mail"`, html)
}

func TestChineseIsMarkedOnEnglishPages(t *testing.T) {
	require.NotEmpty(t, page(t, "en").LangOf("管局"))
	require.Empty(t, page(t, "en").LangOf("bureau"))
	require.Empty(t, page(t, "zh").LangOf("管局"))
}
