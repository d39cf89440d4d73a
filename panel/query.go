package panel

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
)

// question is what a query asks for: one of its fields is set.
type question struct {
	Domain string
	Number filing.Number
	Name   string
}

// maxName of a holder, in bytes (Dwmc takes 255 characters).
const maxName = 3 * 255

// parseQuestion tells what a text is: a filing number, a domain (a whole URL is
// forgiven), or else a holder's name. The problem is a key below "query.problem_".
func parseQuestion(text string) (q question, problem string) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return q, "empty"
	case len(text) > maxName:
		return q, "long"
	}
	if n, err := filing.ParseNumber(text); err == nil {
		return question{Number: n}, ""
	}
	if strings.Contains(filing.NormaliseNumber(text), "ICP备") {
		return q, "number"
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		text = u.Hostname()
	}
	domain, key := filing.NormaliseDomain(strings.TrimSuffix(text, "/"))
	if key == "" {
		return question{Domain: strings.TrimPrefix(domain, "*.")}, ""
	}
	if strings.ContainsAny(text, "./:") && !strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
		return q, "domain" // no holder is called that
	}
	return question{Name: text}, ""
}

type queryData struct {
	Asked string
	// Problem is a key below "query.problem_", Field the input that it is about,
	// where it is about one.
	Problem, Field string
	Captcha        bool
	Answer         *queryAnswer
}

// queryForm is 是否备案查询, for everybody.
func (s *Server) queryForm(c *gin.Context) { s.showQuery(c, http.StatusOK, queryData{}) }

func (s *Server) showQuery(c *gin.Context, status int, data queryData) {
	data.Captcha = s.queryNeedsCaptcha(c)
	s.render(c, status, "query", page{Title: "query.title", Data: data})
}

// query answers. What was asked is posted, so that it stands in no address and
// no log, and the answer is the page itself.
func (s *Server) query(c *gin.Context) {
	data := queryData{Asked: c.PostForm("asked")}
	q, problem := parseQuestion(data.Asked)
	if problem != "" {
		data.Problem, data.Field = problem, "asked"
		s.showQuery(c, http.StatusUnprocessableEntity, data)
		return
	}
	if !s.mayQuery(c) {
		data.Problem = "often"
		c.Header("Retry-After", "60")
		s.showQuery(c, http.StatusTooManyRequests, data)
		return
	}
	if s.queryNeedsCaptcha(c) && !s.captchaRight(c) {
		data.Problem, data.Field = "captcha", "captcha"
		s.showQuery(c, http.StatusUnprocessableEntity, data)
		return
	}
	s.countQuery(c)
	answer, err := s.answerQuery(c, q)
	if err != nil {
		s.fail(c, err)
		return
	}
	data.Answer = &answer
	s.showQuery(c, http.StatusOK, data)
}
