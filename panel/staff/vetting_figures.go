package staff

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type checkFiguresData struct {
	Days    int
	Periods []int
	Rows    []checkFiguresRow
	// Everybody: the figures are of all reviewers, not of the reader alone.
	Everybody bool
}

type checkFiguresRow struct {
	store.CheckFigures
	// HandIn and Taking are the medians as people read them.
	HandIn, Taking string
}

type checkFiguresChoice struct {
	days int
	// reviewer is 0 for everybody.
	reviewer int64
}

func (p *Pages) checkFiguresOf(ctx context.Context, choice checkFiguresChoice) ([]store.CheckFigures, error) {
	now := p.Store.Now()
	return p.ofChecks.get(choice, now, func() ([]store.CheckFigures, error) {
		return p.Store.CheckFigures(ctx, now.AddDate(0, 0, -choice.days), choice.reviewer)
	})
}

// figuresOf are the figures that the reader may see, of the period that they ask for.
func (p *Pages) figuresOf(c *gin.Context) (days int, everybody bool, list []store.CheckFigures, err error) {
	days = web.QueryNumber(c, "days")
	if !slices.Contains(figurePeriods, days) {
		days = figurePeriods[0]
	}
	reviewer := p.UserID(c)
	if everybody = p.May(c, web.CanRunChecks); everybody {
		reviewer = 0
	}
	list, err = p.checkFiguresOf(c.Request.Context(), checkFiguresChoice{days, reviewer})
	return days, everybody, list, err
}

// checkFigures tells what each reviewer did; reviewers see their own.
func (p *Pages) checkFigures(c *gin.Context) error {
	t := p.Texts.For(p.Lang(c))
	data := checkFiguresData{Periods: slices.Sorted(slices.Values(figurePeriods))}
	var list []store.CheckFigures
	var err error
	if data.Days, data.Everybody, list, err = p.figuresOf(c); err != nil {
		return err
	}
	for _, f := range list {
		data.Rows = append(data.Rows, checkFiguresRow{f, tookText(t, f.FromHandIn), tookText(t, f.FromTaking)})
	}
	return p.Render(c, http.StatusOK, "check_figures", web.Page{Title: "check_figures.title", Data: data})
}

// tookText is how long something took, in the largest unit that it fills.
func tookText(t *locale.Localizer, took time.Duration) string {
	now := time.Time{}.Add(took)
	return ageText(t, time.Time{}, now)
}

// exportCheckFigures sends the same as CSV.
func (p *Pages) exportCheckFigures(c *gin.Context) error {
	days, _, list, err := p.figuresOf(c)
	if err == nil {
		err = p.Saw(c, "check.figures", "filter", "days="+strconv.Itoa(days))
	}
	if err != nil {
		return err
	}
	c.Header("Content-Type", web.CsvType)
	c.Header("Content-Disposition", `attachment; filename="checks.csv"`)
	out := web.NewSheet(c.Writer, "reviewer", "days", "checks", "passed", "sent_back", "refused_later", "median_hand_in_to_verdict_s", "median_taking_to_verdict_s")
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	for _, f := range list {
		if err == nil {
			err = out.Row(f.Login, strconv.Itoa(days), strconv.Itoa(f.Checks), strconv.Itoa(f.Passed), strconv.Itoa(f.SentBack), strconv.Itoa(f.Refused),
				seconds(f.FromHandIn), seconds(f.FromTaking))
		}
	}
	if err == nil {
		err = out.End()
	}
	if err != nil { // half a file must not look whole
		p.Logger.Error("the export of checks' figures broke off", "error", err)
		panic(http.ErrAbortHandler)
	}

	return nil
}
