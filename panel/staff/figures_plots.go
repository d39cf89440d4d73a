package staff

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// figurePlots are the page's plots by their names; a figure without numbers has none.
func (p *Pages) figurePlots(ctx context.Context, t *locale.Localizer, d figuresData) map[string]web.Plot {
	plots := map[string]web.Plot{}
	named := func(id string) web.Plot {
		return web.Plot{ID: "plot-" + id, Title: t.T("figures."+id, nil), Desc: t.T("figures."+id+"_desc", nil)}
	}
	if slices.ContainsFunc(d.Figures.Stays, func(f store.StayFigure) bool { return f.N > 0 }) {
		plots["stays"] = staysPlot(t, named("stays"), d.Figures.Stays)
	}
	if slices.ContainsFunc(d.Figures.Days, func(day store.DayCount) bool { return day != store.DayCount{Day: day.Day} }) {
		plots["daily"] = dailyPlot(t, named("daily"), d)
	}
	decided, reviews := provinceBars(t, p.Tables(ctx).Regions, d.Figures.Provinces)
	for id, bars := range map[string][]web.PlotBar{
		"refusals": refusalBars(t, d.Reasons), "stuck": causeBars(d.Causes), "decided": decided, "reviews": reviews,
	} {
		if len(bars) > 0 {
			plots[id] = web.BarPlot(named(id), bars)
		}
	}
	return plots
}

func refusalBars(t *locale.Localizer, reasons []refusalLine) (bars []web.PlotBar) {
	for _, r := range reasons[:min(reasonsPlotted, len(reasons))] {
		label := t.T("figures.by_"+r.By, nil) + " " + r.Mark + " " + r.Text
		bars = append(bars, web.BarOf(label, strconv.Itoa(r.N), float64(r.N), float64(reasons[0].N)))
	}
	return bars
}

func causeBars(causes []causeLine) (bars []web.PlotBar) {
	for _, c := range causes[:min(reasonsPlotted, len(causes))] {
		if c.N > 0 {
			bars = append(bars, web.BarOf(c.What, strconv.Itoa(c.N), float64(c.N), float64(causes[0].N)))
		}
	}
	return bars
}

// provinceBars are how many were approved and how long reviews took, by province.
func provinceBars(
	t *locale.Localizer, regions filing.Regions, list []store.ProvinceFigure,
) (decided, reviews []web.PlotBar) {
	var longest time.Duration
	for _, f := range list {
		longest = max(longest, f.Median)
	}
	for _, f := range list {
		name := regions.Name(f.Province)
		if f.Decided() > 0 {
			approved := web.Share(float64(f.Approved), float64(f.Decided()))
			decided = append(decided, web.PlotBar{
				Label: name, Value: shareText(f.Approved, f.Decided()),
				Parts: []web.PlotPart{{X: 0, Width: approved, Class: "good"}, {X: approved, Width: 100 - approved, Class: "bad"}},
			})
		}
		if f.Reviewed > 0 {
			reviews = append(reviews, web.BarOf(name, spanText(t, f.Median), float64(f.Median), float64(longest)))
		}
	}
	return decided, reviews
}

func staysPlot(t *locale.Localizer, p web.Plot, stays []store.StayFigure) web.Plot {
	var longest time.Duration
	for _, f := range stays {
		longest = max(longest, f.Most)
	}
	scale := web.NewSpanScale(longest)
	var bars []web.PlotBar
	for _, f := range stays {
		if f.N == 0 {
			continue
		}
		median, most := scale.X(f.Median), scale.X(f.Most)
		bars = append(bars, web.PlotBar{
			Label: t.T("stage."+string(f.Stage), nil), Value: spanText(t, f.Median) + " / " + spanText(t, f.Most),
			Parts: []web.PlotPart{
				{X: 0, Width: median, Class: "first"}, {X: median, Width: max(0, most-median), Class: "second"},
			},
		})
	}
	p.Ticks = scale.Ticks(func(d time.Duration) string { return spanText(t, d) })
	return web.BarPlot(p, bars)
}

func dailyPlot(t *locale.Localizer, p web.Plot, d figuresData) web.Plot {
	var series []web.PlotSeries
	var values [][]int
	for _, count := range dailyOf(d.Province) {
		list, sum := make([]int, len(d.Figures.Days)), 0
		for i, day := range d.Figures.Days {
			list[i] = count.of(day)
			sum += list[i]
		}
		series = append(series, web.PlotSeries{
			Label: t.T("figures."+count.key, nil), Value: t.T("figures.sum", map[string]any{"n": sum, "most": slices.Max(list)}),
		})
		values = append(values, list)
	}
	p.Ticks = []web.PlotTick{{X: 0, Label: d.Figures.From.String(), Anchor: "start"},
		{X: 100, Label: d.Figures.Until.String(), Anchor: "end"}}
	return web.SeriesPlot(p, series, values)
}
