package staff

import (
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// figureFile is a figure as CSV: codes next to their names in the reader's language.
type figureFile struct {
	columns []string
	rows    func(s *Pages, c *gin.Context, t *locale.Localizer, f store.PeriodFigures) [][]string
}

// figureFiles are the figures by their names in addresses.
var figureFiles = map[string]figureFile{
	"stays": {[]string{"stage", "name", "count", "median_seconds", "p95_seconds"},
		func(_ *Pages, _ *gin.Context, t *locale.Localizer, f store.PeriodFigures) (rows [][]string) {
			for _, stay := range f.Stays {
				rows = append(rows, []string{
					string(stay.Stage), t.T("stage."+string(stay.Stage), nil), strconv.Itoa(stay.N),
					secondsCell(stay.N, stay.Median), secondsCell(stay.N, stay.Most),
				})
			}
			return rows
		}},
	"daily": {[]string{"day", "opened", "submitted", "approved", "refused", "filed"},
		func(_ *Pages, c *gin.Context, _ *locale.Localizer, f store.PeriodFigures) (rows [][]string) {
			for _, day := range f.Days {
				row := []string{day.Day.String()}
				for _, count := range daily {
					row = append(row, strconv.Itoa(count.of(day)))
				}
				if c.Query("province") != "" {
					row[1] = "" // unknown: a filing has no province yet when it is opened
				}
				rows = append(rows, row)
			}
			return rows
		}},
	"refusals": {[]string{"by", "reason", "text", "count"},
		func(_ *Pages, _ *gin.Context, t *locale.Localizer, f store.PeriodFigures) (rows [][]string) {
			for _, line := range refusalLines(t, f.Refusals) {
				rows = append(rows, []string{line.By, line.Mark, line.Text, strconv.Itoa(line.N)})
			}
			return rows
		}},
	"stuck": {[]string{"step", "reason", "text", "stuck", "resumed", "median_seconds", "stuck_now"},
		func(_ *Pages, _ *gin.Context, t *locale.Localizer, f store.PeriodFigures) (rows [][]string) {
			for _, line := range causeLines(t, f.Stuck) {
				rows = append(rows, []string{
					line.Step, line.Reason, line.What, strconv.Itoa(line.N), strconv.Itoa(line.Resumed),
					secondsCell(line.Resumed, line.Median), line.Now.Text(),
				})
			}
			return rows
		}},
	"provinces": {
		[]string{"province", "name", "submitted", "approved", "refused", "approved_percent", "refused_percent", "reviews",
			"review_median_seconds"},
		func(s *Pages, c *gin.Context, _ *locale.Localizer, f store.PeriodFigures) (rows [][]string) {
			regions := s.Tables(c.Request.Context()).Regions
			for _, p := range f.Provinces {
				rows = append(rows, []string{
					p.Province, regions.Name(p.Province),
					strconv.Itoa(p.Submitted), strconv.Itoa(p.Approved), strconv.Itoa(p.Refused),
					percentCell(p.Approved, p.Decided()), percentCell(p.Refused, p.Decided()), strconv.Itoa(p.Reviewed),
					secondsCell(p.Reviewed, p.Median),
				})
			}
			return rows
		}},
}

// secondsCell is how long n of something took; empty where there is none.
func secondsCell(n int, d time.Duration) string {
	return web.When(n != 0, strconv.Itoa(int(d.Seconds())))
}

func percentCell(n, all int) string {
	return web.When(all != 0, strings.TrimSuffix(shareText(n, all), "%"))
}

// figureCSV sends a figure of the page as a file.
func (p *Pages) figureCSV(c *gin.Context) error {
	name, isFile := strings.CutSuffix(c.Param("figure"), ".csv")
	file, known := figureFiles[name]
	if !isFile || !known {
		return store.ErrNotFound
	}
	choice, _, problems := p.figureChoiceOf(c.Request.URL.Query())
	if len(problems) > 0 {
		return p.figuresPage(c) // which shows what is wrong
	}
	figures, err := p.periodFigures(c.Request.Context(), choice)
	if err != nil {
		return err
	}
	return p.SendCSV(c, name+".csv", file.columns, func(row web.WriteRow) error {
		for _, cells := range file.rows(p, c, p.T(c), figures) {
			if err := row(cells...); err != nil {
				return err
			}
		}
		return nil
	})
}
