package staff

import (
	"context"
	"maps"
	"math"
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
	// figuresFor is how long figures are cached: today's are counted from the filings themselves.
	figuresFor = time.Minute
	// reasonsPlotted and reasonsListed bound the reasons of a plot and of a table; the CSV has all.
	reasonsPlotted, reasonsListed = 8, 20
)

// figurePeriods are the periods on offer, in days including today; the first is the default.
var figurePeriods = []int{30, 7, 90, 365}

type figuresData struct {
	web.Form
	Figures store.PeriodFigures
	// Province is empty for all.
	Province string
	// Reasons are those of the table; the others are Others refusals for OtherOf reasons.
	Reasons         []refusalLine
	Others, OtherOf int
	Causes          []causeLine
	Plots           map[string]web.Plot
	query           string
}

// csv is the address of a figure's CSV.
func (d figuresData) csv(name string) string { return "/support/figures/" + name + ".csv?" + d.query }

// shareText is n of all, in percent.
func shareText(n, all int) string {
	if all == 0 {
		return "–"
	}
	return strconv.FormatFloat(web.Share(float64(n), float64(all)), 'f', -1, 64) + "%"
}

// refusalLine is a reason in the reader's language.
type refusalLine struct {
	store.RefusalFigure
	// By is "bureau" or "ours"; Mark the bureau's code or our key, Text its meaning.
	By, Mark, Text string
	// Share is its part of all refusals.
	Share string
}

type causeLine struct {
	store.CauseFigure
	What string
	// Href leads to the filings that are stuck now.
	Href string
}

// figureCache caches figures by what they are of.
type figureCache[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]cachedFigures[V]
}

type cachedFigures[V any] struct {
	figures V
	at      time.Time
}

// get counts what isn't cached or has expired.
func (c *figureCache[K, V]) get(of K, now time.Time, count func() (V, error)) (V, error) {
	c.mu.Lock() // whoever asks meanwhile waits for the same count
	defer c.mu.Unlock()
	maps.DeleteFunc(c.known, func(_ K, kept cachedFigures[V]) bool { return now.Sub(kept.at) >= figuresFor })
	if kept, ok := c.known[of]; ok {
		return kept.figures, nil
	}
	if c.known == nil {
		c.known = map[K]cachedFigures[V]{}
	}
	figures, err := count()
	if err == nil {
		c.known[of] = cachedFigures[V]{figures, now}
	}
	return figures, err
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

// figureFields are the form's: the parameters of the page's address.
func figureFields(t *locale.Localizer, codes filing.Tables) []web.Field {
	period := web.Field{Name: "days", Type: "select"}
	for _, days := range slices.Sorted(slices.Values(figurePeriods)) {
		period.Options = append(period.Options,
			web.Option{Value: strconv.Itoa(days), Label: t.T("figures.period", map[string]any{"n": days})})
	}
	return []web.Field{period, provinceField(t, codes)}
}

// figureChoiceOf reads the parameters, with what is wrong with them.
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

// figuresPage shows how many filings there are, how long they take and what holds them up.
func (p *Pages) figuresPage(c *gin.Context) error {
	ctx, t := c.Request.Context(), p.T(c)
	choice, values, problems := p.figureChoiceOf(c.Request.URL.Query())
	data := figuresData{
		Form:     web.Build(t, formFigures, figureFields(t, p.Tables(ctx)), values, problems),
		Province: choice.province, query: values.Encode(),
	}
	if len(problems) == 0 {
		var err error
		if data.Figures, err = p.periodFigures(ctx, choice); err != nil {
			return err
		}
		data.Reasons = refusalLines(t, data.Figures.Refusals)
		if len(data.Reasons) > reasonsListed {
			for _, line := range data.Reasons[reasonsListed:] {
				data.Others += line.N
			}
			data.OtherOf, data.Reasons = len(data.Reasons)-reasonsListed, data.Reasons[:reasonsListed]
		}
		data.Causes = causeLines(t, data.Figures.Stuck)
		data.Plots = p.figurePlots(ctx, t, data)
	}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "figures.title"}, web.With(figuresPage, data))
}

// refusalLines are reasons with their texts and shares.
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
		href := web.URL("/support/filings?reason=%s&step=%s", c.Reason, c.Step)
		lines[i] = causeLine{c, causeText(t, c.Cause), href}
	}
	return lines
}

// causeText is why filings are stuck.
func causeText(t *locale.Localizer, c store.Cause) string {
	return t.T("today.cause",
		map[string]any{"step": textOr(t, "stuck.", c.Step), "reason": textOr(t, "stuck_reason.", c.Reason)})
}

// spanText is a duration in the largest unit that it fills.
func spanText(t *locale.Localizer, d time.Duration) string {
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

// spanCell is how long n of something took, where there is any.
func spanCell(p *web.Page, n int, took time.Duration) string {
	if n == 0 {
		return "–"
	}
	return spanText(p.T, took)
}

// dailyCount is one of a day's counts; key is part of its text's key.
type dailyCount struct {
	key string
	of  func(store.DayCount) int
}

// daily are a day's counts, in the order of a filing's life.
var daily = []dailyCount{
	{"opened", func(d store.DayCount) int { return d.Opened }},
	{"submitted", func(d store.DayCount) int { return d.Submitted }},
	{"approved", func(d store.DayCount) int { return d.Approved }},
	{"refused", func(d store.DayCount) int { return d.Refused }},
	{"filed", func(d store.DayCount) int { return d.Filed }},
}

// dailyOf are the counts of a province, or of all: a filing has no province yet when it is opened.
func dailyOf(province string) []dailyCount {
	if province != "" {
		return daily[1:]
	}
	return daily
}
