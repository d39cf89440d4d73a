package staff

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type vettingFiguresData struct {
	Days    int
	Periods []int
	Rows    []vettingFiguresRow
	// Everybody: the figures are of all reviewers, not only the reader's.
	Everybody bool
}

type vettingFiguresRow struct {
	store.VettingFigures
	// Submission and Taking are the median times until the verdict.
	Submission, Taking string
}

type vettingFiguresChoice struct {
	days int
	// reviewer is 0 for everybody.
	reviewer int64
}

func (p *Pages) vettingFiguresOf(ctx context.Context, choice vettingFiguresChoice) ([]store.VettingFigures, error) {
	now := p.Store.Now()
	return p.vettingFigureCache.get(choice, now, func() ([]store.VettingFigures, error) {
		return p.Store.VettingFigures(ctx, now.AddDate(0, 0, -choice.days), choice.reviewer)
	})
}

// figuresOf are the figures that the reader may see, for the chosen period.
func (p *Pages) figuresOf(c *gin.Context) (days int, everybody bool, list []store.VettingFigures, err error) {
	days = web.QueryNumber(c, "days")
	if !slices.Contains(figurePeriods, days) {
		days = figurePeriods[0]
	}
	reviewer := p.UserID(c)
	if everybody = p.Allowed(c, web.CanManageVetting); everybody {
		reviewer = 0
	}
	list, err = p.vettingFiguresOf(c.Request.Context(), vettingFiguresChoice{days, reviewer})
	return days, everybody, list, err
}

// vettingFiguresPage shows what each reviewer did; reviewers see only their own.
func (p *Pages) vettingFiguresPage(c *gin.Context) error {
	t := p.Texts.For(p.Lang(c))
	data := vettingFiguresData{Periods: slices.Sorted(slices.Values(figurePeriods))}
	var list []store.VettingFigures
	var err error
	if data.Days, data.Everybody, list, err = p.figuresOf(c); err != nil {
		return err
	}
	for _, f := range list {
		data.Rows = append(data.Rows, vettingFiguresRow{f, tookText(t, f.FromSubmission), tookText(t, f.FromTaking)})
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "vetting_figures.title"}, func(page *web.Page) templ.Component {
		return vettingFiguresPage(page, data)
	})
}

// tookText is a duration in the largest unit that it fills.
func tookText(t *locale.Localizer, took time.Duration) string {
	now := time.Time{}.Add(took)
	return ageText(t, time.Time{}, now)
}

// exportVettingFigures sends the same figures as CSV.
func (p *Pages) exportVettingFigures(c *gin.Context) error {
	days, _, list, err := p.figuresOf(c)
	if err == nil {
		err = p.AuditView(c, "vetting.figures", "filter", "days="+strconv.Itoa(days))
	}
	if err != nil {
		return err
	}
	c.Header("Content-Type", web.CsvType)
	c.Header("Content-Disposition", `attachment; filename="vettings.csv"`)
	out := web.NewSheet(c.Writer, "reviewer", "days", "vettings", "passed", "sent_back", "refused_later",
		"median_submission_to_verdict_s", "median_taking_to_verdict_s")
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	for _, f := range list {
		if err == nil {
			err = out.Row(
				f.Login, strconv.Itoa(days), strconv.Itoa(f.Vettings), strconv.Itoa(f.Passed), strconv.Itoa(f.SentBack),
				strconv.Itoa(f.Refused), seconds(f.FromSubmission), seconds(f.FromTaking))
		}
	}
	if err == nil {
		err = out.End()
	}
	if err != nil { // half a file must not look whole
		p.Logger.Error("the export of the vetting figures broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}
