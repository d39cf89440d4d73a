package staff

import (
	"github.com/a-h/templ"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// numberTable is a table of figures, whose first column names its rows.
func numberTable[R any](row func(R) string, columns ...web.Column[R]) web.TableSpec[R] {
	columns[0].Unlabelled = true
	return web.TableSpec[R]{
		Class:   "numbers",
		Row:     func(r R) templ.OrderedAttributes { return web.Mark("data-row", row(r)) },
		Columns: columns,
	}
}

var stayTable = numberTable(
	func(f store.StayFigure) string { return string(f.Stage) },
	web.TextColumn("orders.stage", func(p *web.Page, f store.StayFigure) string {
		return p.Text("stage." + string(f.Stage))
	}),
	web.NumberColumn("figures.ended", func(f store.StayFigure) int { return f.N }),
	web.TextColumn("figures.median", func(p *web.Page, f store.StayFigure) string { return spanCell(p, f.N, f.Median) }),
	web.TextColumn("figures.p95", func(p *web.Page, f store.StayFigure) string { return spanCell(p, f.N, f.Most) }),
)

// dayTable is the daily counts' table, of a province or of all.
func dayTable(province string) web.TableSpec[store.DayCount] {
	columns := []web.Column[store.DayCount]{
		web.TextColumn("figures.day", func(_ *web.Page, d store.DayCount) string { return d.Day.String() }),
	}
	for _, count := range dailyOf(province) {
		columns = append(columns, web.NumberColumn("figures."+count.key, count.of))
	}
	return numberTable(func(d store.DayCount) string { return d.Day.String() }, columns...)
}

var refusalTable = numberTable(
	func(r refusalLine) string { return r.By + "-" + r.Mark },
	web.Column[refusalLine]{Key: "figures.reason", Cell: refusalReason},
	web.TextColumn("figures.by", func(p *web.Page, r refusalLine) string { return p.Text("figures.by_" + r.By) }),
	web.NumberColumn("figures.times", func(r refusalLine) int { return r.N }),
	web.TextColumn("figures.share", func(_ *web.Page, r refusalLine) string { return r.Share }),
)

var causeTable = numberTable(
	func(c causeLine) string { return c.Step + "-" + c.Reason },
	web.TextColumn("figures.cause", func(_ *web.Page, c causeLine) string { return c.What }),
	web.NumberColumn("figures.got_stuck", func(c causeLine) int { return c.N }),
	web.NumberColumn("figures.resumed", func(c causeLine) int { return c.Resumed }),
	web.TextColumn("figures.until_resumed", func(p *web.Page, c causeLine) string {
		return spanCell(p, c.Resumed, c.Median)
	}),
	web.Column[causeLine]{Key: "figures.now", Cell: stuckNow},
)

var provinceTable = numberTable(
	func(f store.ProvinceFigure) string { return f.Province },
	web.TextColumn("field.filing_search.province", func(p *web.Page, f store.ProvinceFigure) string {
		return p.Region(f.Province)
	}),
	web.NumberColumn("figures.submitted", func(f store.ProvinceFigure) int { return f.Submitted }),
	web.NumberColumn("figures.decided_n", store.ProvinceFigure.Decided),
	web.TextColumn("figures.approved", func(_ *web.Page, f store.ProvinceFigure) string {
		return shareText(f.Approved, f.Decided())
	}),
	web.TextColumn("figures.refused", func(_ *web.Page, f store.ProvinceFigure) string {
		return shareText(f.Refused, f.Decided())
	}),
	web.TextColumn("figures.review_median", func(p *web.Page, f store.ProvinceFigure) string {
		return spanCell(p, f.Reviewed, f.Median)
	}),
)
