package staff

import (
	"net/http"
	"slices"
	"strconv"
	"time"

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
	now := p.Store.Now()
	choice := vettingFiguresChoice{days, reviewer}
	list, err = p.vettingFigureCache.get(choice, now, func() ([]store.VettingFigures, error) {
		return p.Store.VettingFigures(c.Request.Context(), now.AddDate(0, 0, -days), reviewer)
	})
	return days, everybody, list, err
}

// vettingFiguresPage shows what each reviewer did; reviewers see only their own.
func (p *Pages) vettingFiguresPage(c *gin.Context) error {
	t := p.T(c)
	data := vettingFiguresData{Periods: slices.Sorted(slices.Values(figurePeriods))}
	var list []store.VettingFigures
	var err error
	if data.Days, data.Everybody, list, err = p.figuresOf(c); err != nil {
		return err
	}
	for _, f := range list {
		data.Rows = append(data.Rows, vettingFiguresRow{f, tookText(t, f.FromSubmission), tookText(t, f.FromTaking)})
	}
	return p.Render(c, http.StatusOK, web.Page{Title: "vetting_figures.title"}, web.With(vettingFiguresPage, data))
}

// tookText is a duration in the largest unit that it fills.
func tookText(t *locale.Localizer, took time.Duration) string {
	return ageText(t, time.Time{}, time.Time{}.Add(took))
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
	columns := []string{"reviewer", "days", "vettings", "passed", "sent_back", "refused_later",
		"median_submission_to_verdict_s", "median_taking_to_verdict_s"}
	return p.SendCSV(c, "vettings.csv", columns, func(row web.WriteRow) error {
		seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
		for _, f := range list {
			if err := row(f.Login, strconv.Itoa(days), strconv.Itoa(f.Vettings), strconv.Itoa(f.Passed),
				strconv.Itoa(f.SentBack), strconv.Itoa(f.Refused), seconds(f.FromSubmission), seconds(f.FromTaking),
			); err != nil {
				return err
			}
		}
		return nil
	})
}
