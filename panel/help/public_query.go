package help

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/textnorm"
	"github.com/beian/beian/panel/web"
)

// question is the subject of a query; one of its fields is set.
type question struct {
	Domain string
	Number filing.Number
	Name   string
}

// maxName of a holder, in bytes (Dwmc takes 255 characters).
const maxName = 3 * 255

// parseQuestion takes a text as a filing number, a domain (also within a URL), or else a holder's
// name. The problem is a key below "problem.".
func parseQuestion(text string) (q question, problem string) {
	text = textnorm.Line(text)
	switch {
	case text == "":
		return q, "query_empty"
	case len(text) > maxName:
		return q, "query_long"
	}
	if n, err := filing.ParseNumber(text); err == nil {
		return question{Number: n}, ""
	}
	if filing.LooksLikeNumber(text) {
		return q, "query_number"
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		text = u.Hostname()
	}
	domain, key := filing.NormaliseDomain(strings.TrimSuffix(text, "/"))
	if key == "" {
		return question{Domain: strings.TrimPrefix(domain, "*.")}, ""
	}
	if strings.ContainsAny(text, "./:") && !strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		return q, "query_domain" // no holder has such a name
	}
	return question{Name: text}, ""
}

// keyAnswered is the session's key of a keyed hash of the last query that was answered: reading
// the answer in the other language is no new query.
const keyAnswered = "answered"

// queryForm is 是否备案查询, for everybody.
func (p *Pages) queryForm(c *gin.Context) error {
	values, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	answer, err := p.answeredAgain(c, values.Get("asked"))
	if err != nil {
		return err
	}
	return p.showQuery(c, http.StatusOK, values, nil, answer)
}

// answeredAgain repeats the last answer; it is nil for any other query.
func (p *Pages) answeredAgain(c *gin.Context, asked string) (*queryAnswer, error) {
	mark, err := p.Store.QueryMark(asked)
	if err != nil || asked == "" || p.Sessions.GetString(c.Request.Context(), keyAnswered) != mark || !p.CountedQuery(c) {
		return nil, err
	}
	q, problem := parseQuestion(asked)
	if problem != "" {
		return nil, nil
	}
	answer, err := p.answerQuery(c, q)
	return &answer, err
}

func (p *Pages) showQuery(
	c *gin.Context, status int, values url.Values, problems filing.Problems, answer *queryAnswer,
) error {
	fields := []web.Field{{Name: "asked", Type: "text", Required: true, Autocomplete: "off"}}
	captcha, err := p.QueryNeedsCaptcha(c)
	if err != nil {
		return err
	}
	if captcha {
		fields = append(fields, p.CaptchaField(c))
	}
	form := p.Form(c, "query", fields, values, problems)
	return p.Render(c, status, web.Page{Title: "query.title"}, func(page *web.Page) templ.Component {
		return queryPage(page, form, answer)
	})
}

// query answers. It is posted so that the question appears in no address and no log; the answer is the page itself.
func (p *Pages) query(c *gin.Context) error {
	values := web.PostForm(c)
	if web.CaptchaAgain(c) {
		return p.showQuery(c, http.StatusOK, values, nil, nil)
	}
	q, problem := parseQuestion(values.Get("asked"))
	if problem != "" {
		problems := filing.Problems{{Field: "asked", Key: problem}}
		return p.showQuery(c, http.StatusUnprocessableEntity, values, problems, nil)
	}
	if !p.CountedQuery(c) {
		c.Header("Retry-After", "60")
		problems := filing.Problems{{Field: "asked", Key: "query_often"}}
		return p.showQuery(c, http.StatusTooManyRequests, values, problems, nil)
	}
	captcha, err := p.QueryNeedsCaptcha(c)
	if err != nil {
		return err
	}
	if captcha {
		if problems, err := p.CaptchaProblems(c); err != nil {
			return err
		} else if problems != nil {
			return p.showQuery(c, http.StatusUnprocessableEntity, values, problems, nil)
		}
	}
	if err := p.CountQuery(c); err != nil {
		return err
	}
	answer, err := p.answerQuery(c, q)
	if err != nil {
		return err
	}
	mark, err := p.Store.QueryMark(values.Get("asked"))
	if err != nil {
		return err
	}
	p.Sessions.Put(c.Request.Context(), keyAnswered, mark)
	return p.showQuery(c, http.StatusOK, values, nil, &answer)
}
