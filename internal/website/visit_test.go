package website_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/website"
)

// Home pages that lead on, and what is found behind them.
func TestHomePagesThatLeadOn(t *testing.T) {
	link := website.Snippet(number, targets[0])
	serve := func(pages map[string]string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			page, ok := pages[r.URL.Path]
			if !ok {
				http.NotFound(w, r)
				return
			}
			_, _ = fmt.Fprint(w, page)
		}
	}
	to := func(content string) string { return `<meta http-equiv="Refresh" content="` + content + `">` }
	for name, c := range map[string]struct {
		pages map[string]string
		kind  string
	}{
		"refresh":                   {map[string]string{"/": to("0;url=/cn/"), "/cn/": link}, website.Seen},
		"refresh, relative":         {map[string]string{"/": to("1; URL='index.htm'"), "/index.htm": link}, website.Seen},
		"refresh, without url=":     {map[string]string{"/": to("0;index.htm"), "/index.htm": link}, website.Seen},
		"refresh, twice":            {map[string]string{"/": to("0;url=/a"), "/a": to("0;url=/b"), "/b": link}, website.Seen},
		"refresh to nowhere":        {map[string]string{"/": to("0;url=/gone")}, website.WrongStatus},
		"refresh in a circle":       {map[string]string{"/": to("0;url=/a"), "/a": to("0;url=/")}, website.TooManyHops},
		"refresh of itself":         {map[string]string{"/": to("5;url=/") + link}, website.Seen},
		"refresh, later":            {map[string]string{"/": to("300;url=/a") + link}, website.Seen},
		"number before it leads on": {map[string]string{"/": to("5;url=/a") + link, "/a": "x"}, website.Seen},
		"refresh in a comment":      {map[string]string{"/": "<!--" + to("0;url=/a") + "-->" + link}, website.Seen},
		"refresh without scripts": {map[string]string{"/": "<noscript>" + to("0;url=/a") + "</noscript>" + link},
			website.Seen},
		"refresh to a program": {map[string]string{"/": to("0;url=javascript:go()") + link}, website.Seen},
		"refresh inward":       {map[string]string{"/": to("0;url=http://127.0.0.1/")}, website.ReservedAddress},
		"refresh to a port":    {map[string]string{"/": to("0;url=http://1.1.1.1:8080/")}, website.OtherPort},
		"frameset": {map[string]string{"/": `<frameset rows="*"><frame src="/a"></frameset>`, "/a": link},
			website.NumberFramed},
		"inner frame":           {map[string]string{"/": `<iframe src="/a"></iframe>`, "/a": link}, website.NumberFramed},
		"inner frame, and link": {map[string]string{"/": `<iframe src="/a"></iframe>` + link}, website.Seen},
		"nothing":               {map[string]string{"/": "x"}, website.NumberMissing},
	} {
		t.Run(name, func(t *testing.T) {
			f := checker(t, serve(c.pages)).CheckHomePage(t.Context(), "http://www.example.com/", number, targets)
			require.Equal(t, c.kind, f.Kind, strings.Join(targets, " "))
		})
	}
}
