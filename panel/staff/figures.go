package staff

import (
	"context"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

const (
	formFigures = "figures"
	// figuresFor is how long figures are kept in memory: today's are counted for each.
	figuresFor = time.Minute
	// reasonsPlotted and reasonsListed bound how many reasons a plot and a table have; the
	// file has all.
	reasonsPlotted, reasonsListed = 8, 20
)

// figurePeriods are the periods that can be chosen, in days with today; the first is meant
// where none is.
var figurePeriods = []int{30, 7, 90, 365}

type figuresData struct {
	web.Form
	Figures store.PeriodFigures
	// Province is the one that is chosen; empty: all.
	Province string
	// Refusals less those that the table doesn't have: Others, of so many reasons.
	Reasons         []refusalLine
	Others, OtherOf int
	Causes          []causeLine
	Plots           map[string]web.Plot
	query           string
}

// CSV is the address of a figure's file.
func (d figuresData) CSV(name string) string { return "/support/figures/" + name + ".csv?" + d.query }

// Share is n of all, as people read it.
func (figuresData) Share(n, all int) string { return shareText(n, all) }

func shareText(n, all int) string {
	if all == 0 {
		return "–"
	}
	return strconv.FormatFloat(web.Share(float64(n), float64(all)), 'f', -1, 64) + "%"
}

// refusalLine is a reason in the reader's language.
type refusalLine struct {
	store.RefusalFigure
	// By is a key: bureau or ours. Mark is the code or key, Text what it says.
	By, Mark, Text string
	// Share is how many of all it is.
	Share string
}

type causeLine struct {
	store.CauseFigure
	What string
	// Href leads to those that are stuck now.
	Href string
}

// figureCache keeps figures for a while, by what they are of.
type figureCache[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]cachedFigures[V]
}

type cachedFigures[V any] struct {
	figures V
	at      time.Time
}

// get counts what isn't known, or not any more.
func (c *figureCache[K, V]) get(of K, now time.Time, count func() (V, error)) (V, error) {
	c.mu.Lock() // whoever asks meanwhile waits for the same
	defer c.mu.Unlock()
	maps.DeleteFunc(c.known, func(_ K, kept cachedFigures[V]) bool { return now.Sub(kept.at) >= figuresFor })
	if kept, ok := c.known[of]; ok {
		return kept.figures, nil
	}
	figures, err := count()
	if err != nil {
		return figures, err
	}
	if c.known == nil {
		c.known = map[K]cachedFigures[V]{}
	}
	c.known[of] = cachedFigures[V]{figures, now}
	return figures, nil
}

type figureChoice struct {
	days     int
	province string
}

func (p *Pages) periodFigures(ctx context.Context, choice figureChoice) (store.PeriodFigures, error) {
	return p.figures.get(choice, p.Store.Now(), func() (store.PeriodFigures, error) {
		return p.Store.PeriodFigures(ctx, choice.days, choice.province)
	})
}

// figureFields are what figures are chosen by, as the page's address has it.
func figureFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	period := web.Field{Name: "days", Type: "select"}
	for _, days := range slices.Sorted(slices.Values(figurePeriods)) {
		period.Options = append(period.Options, web.Option{Value: strconv.Itoa(days), Label: t.T("figures.period", map[string]any{"n": days})})
	}
	province := web.Field{Name: "province", Type: "select", Options: []web.Option{{Label: t.T("support.all", nil)}}}
	province.Options = append(province.Options, web.RegionOptions(codes.Regions.Provinces())...)
	return []web.Field{period, province}
}

// figureChoiceOf reads what is chosen from an address, with what is wrong with it.
func (p *Pages) figureChoiceOf(q url.Values) (choice figureChoice, values url.Values, problems filing.Problems) {
	values = url.Values{"days": {strconv.Itoa(figurePeriods[0])}}
	fields := figureFields(p.Texts.For("zh"), filing.BuiltIn()) // values are the same in every language
	for _, field := range fields {
		value := strings.TrimSpace(q.Get(field.Name))
		if value == "" {
			continue
		}
		values.Set(field.Name, value)
		if !slices.ContainsFunc(field.Options, func(o web.Option) bool { return o.Value == value }) {
			problems = append(problems, filing.Problem{Field: field.Name, Key: "search_choice"})
		}
	}
	return figureChoice{web.Number(values, "days"), values.Get("province")}, values, problems
}

// figuresPage is how filings fare: how long, how many, and what keeps them.
func (p *Pages) figuresPage(c *gin.Context) error {
	ctx, t := c.Request.Context(), p.Texts.For(p.Lang(c))
	choice, values, problems := p.figureChoiceOf(c.Request.URL.Query())
	data := figuresData{Form: web.Build(t, formFigures, figureFields(t, p.Tables(ctx)), values, problems), Province: choice.province, query: values.Encode()}
	if len(problems) > 0 {
		return p.RenderTemplate(c, http.StatusUnprocessableEntity, "figures", web.Page{Title: "figures.title", Data: data})
	}
	figures, err := p.periodFigures(ctx, choice)
	if err != nil {
		return err
	}
	data.Figures = figures
	data.Reasons = refusalLines(t, figures.Refusals)
	if len(data.Reasons) > reasonsListed {
		for _, line := range data.Reasons[reasonsListed:] {
			data.Others += line.N
		}
		data.OtherOf, data.Reasons = len(data.Reasons)-reasonsListed, data.Reasons[:reasonsListed]
	}
	data.Causes = causeLines(t, figures.Stuck)
	data.Plots = p.figurePlots(ctx, t, data)
	return p.RenderTemplate(c, http.StatusOK, "figures", web.Page{Title: "figures.title", Data: data})
}

// refusalLines are reasons with their texts, and with how many of all each is.
func refusalLines(t *locale.Localizer, list []store.RefusalFigure) []refusalLine {
	all := 0
	for _, r := range list {
		all += r.N
	}
	lines := make([]refusalLine, len(list))
	for i, r := range list {
		line := refusalLine{RefusalFigure: r, By: "bureau", Mark: strconv.Itoa(r.Code), Share: shareText(r.N, all)}
		switch {
		case r.Ours:
			line.By, line.Mark = "ours", r.Key
			if reason, known := filing.SendBackByKey(r.Key); known {
				line.Text = reason.In(t.Lang())
			} else {
				line.Text = textOr(t, "figures.ours_", r.Key)
			}
		case r.Code == 0:
			line.Text = t.T("figures.no_code", nil)
		default:
			line.Text = dossierview.DecisionText(t, store.Decision{Code: r.Code})
		}
		lines[i] = line
	}
	return lines
}

func causeLines(t *locale.Localizer, list []store.CauseFigure) []causeLine {
	lines := make([]causeLine, len(list))
	for i, c := range list {
		lines[i] = causeLine{c, causeText(t, c.Cause), "/support/filings?" + url.Values{"step": {c.Step}, "reason": {c.Reason}}.Encode()}
	}
	return lines
}

// causeText is why filings are stuck.
func causeText(t *locale.Localizer, c store.Cause) string {
	return t.T("today.cause", map[string]any{"step": textOr(t, "stuck.", c.Step), "reason": textOr(t, "reason.", c.Reason)})
}

// SpanText is how long something took, in a unit in which it is a small number.
func SpanText(t *locale.Localizer, d time.Duration) string {
	in := func(unit time.Duration, key string) string {
		n := math.Round(float64(d)/float64(unit)*10) / 10
		if n >= 10 {
			n = math.Round(n)
		}
		return t.T("figures."+key, map[string]any{"n": strconv.FormatFloat(n, 'f', -1, 64)})
	}
	switch {
	case d >= 24*time.Hour:
		return in(24*time.Hour, "days")
	case d >= time.Hour:
		return in(time.Hour, "hours")
	case d >= time.Minute:
		return in(time.Minute, "minutes")
	}
	return in(time.Second, "seconds")
}

// daily are what a day's count has, in the order of a filing's life.
var daily = []struct {
	key string
	of  func(store.DayCount) int
}{
	{"opened", func(d store.DayCount) int { return d.Opened }}, {"submitted", func(d store.DayCount) int { return d.Submitted }}, {"approved", func(d store.DayCount) int { return d.Approved }},
	{"refused", func(d store.DayCount) int { return d.Refused }}, {"filed", func(d store.DayCount) int { return d.Filed }},
}

// figurePlots are the page's pictures by their figures; a figure without numbers has none.
func (p *Pages) figurePlots(ctx context.Context, t *locale.Localizer, d figuresData) map[string]web.Plot {
	plots := map[string]web.Plot{}
	named := func(id string) web.Plot {
		return web.Plot{ID: "plot-" + id, Title: t.T("figures."+id, nil), Desc: t.T("figures."+id+"_desc", nil)}
	}
	put := func(id string, thePlot web.Plot, any bool) {
		if any {
			plots[id] = thePlot
		}
	}
	put("stays", staysPlot(t, named("stays"), d.Figures.Stays), slices.ContainsFunc(d.Figures.Stays, func(f store.StayFigure) bool { return f.N > 0 }))
	put("daily", dailyPlot(t, named("daily"), d), slices.ContainsFunc(d.Figures.Days, func(day store.DayCount) bool { return day != store.DayCount{Day: day.Day} }))
	var bars []web.PlotBar
	for _, r := range d.Reasons[:min(reasonsPlotted, len(d.Reasons))] {
		bars = append(bars, web.BarOf(t.T("figures.by_"+r.By, nil)+" "+r.Mark+" "+r.Text, strconv.Itoa(r.N), float64(r.N), float64(d.Reasons[0].N)))
	}
	put("refusals", web.BarPlot(named("refusals"), bars), len(bars) > 0)
	bars = nil
	for _, c := range d.Causes[:min(reasonsPlotted, len(d.Causes))] {
		if c.N > 0 {
			bars = append(bars, web.BarOf(c.What, strconv.Itoa(c.N), float64(c.N), float64(d.Causes[0].N)))
		}
	}
	put("stuck", web.BarPlot(named("stuck"), bars), len(bars) > 0)
	var decided, reviews []web.PlotBar
	var longest time.Duration
	for _, provinceFigure := range d.Figures.Provinces {
		longest = max(longest, provinceFigure.Median)
	}
	for _, provinceFigure := range d.Figures.Provinces {
		name := p.Tables(ctx).Regions.Name(provinceFigure.Province)
		if provinceFigure.Decided() > 0 {
			approved := web.Share(float64(provinceFigure.Approved), float64(provinceFigure.Decided()))
			decided = append(decided, web.PlotBar{Label: name, Value: shareText(provinceFigure.Approved, provinceFigure.Decided()), Parts: []web.PlotPart{{X: 0, Width: approved, Class: "good"}, {X: approved, Width: 100 - approved, Class: "bad"}}})
		}
		if provinceFigure.Reviewed > 0 {
			reviews = append(reviews, web.BarOf(name, SpanText(t, provinceFigure.Median), float64(provinceFigure.Median), float64(longest)))
		}
	}
	put("decided", web.BarPlot(named("decided"), decided), len(decided) > 0)
	put("reviews", web.BarPlot(named("reviews"), reviews), len(reviews) > 0)
	return plots
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
			Label: t.T("stage."+string(f.Stage), nil), Value: SpanText(t, f.Median) + " / " + SpanText(t, f.Most),
			Parts: []web.PlotPart{{X: 0, Width: median, Class: "first"}, {X: median, Width: max(0, most-median), Class: "second"}},
		})
	}
	p.Ticks = scale.Ticks(func(d time.Duration) string { return SpanText(t, d) })
	return web.BarPlot(p, bars)
}

func dailyPlot(t *locale.Localizer, p web.Plot, d figuresData) web.Plot {
	var series []web.PlotSeries
	var values [][]int
	for _, what := range daily {
		if what.key == "opened" && d.Province != "" {
			continue
		}
		list, sum := make([]int, len(d.Figures.Days)), 0
		for i, day := range d.Figures.Days {
			list[i] = what.of(day)
			sum += list[i]
		}
		series = append(series, web.PlotSeries{
			Label: t.T("figures."+what.key, nil), Value: t.T("figures.sum", map[string]any{"n": sum, "most": slices.Max(list)}),
		})
		values = append(values, list)
	}
	p.Ticks = []web.PlotTick{{X: 0, Label: d.Figures.From.String(), Anchor: "start"}, {X: 100, Label: d.Figures.Until.String(), Anchor: "end"}}
	return web.SeriesPlot(p, series, values)
}
