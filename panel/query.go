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
// forgiven), or else a holder's name. The problem is a key below "problem.".
func parseQuestion(text string) (q question, problem string) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return q, "query_empty"
	case len(text) > maxName:
		return q, "query_long"
	}
	if n, err := filing.ParseNumber(text); err == nil {
		return question{Number: n}, ""
	}
	if strings.Contains(filing.NormaliseNumber(text), "ICP备") {
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
		return q, "query_domain" // no holder is called that
	}
	return question{Name: text}, ""
}

type queryData struct {
	form
	Answer *queryAnswer
}

// keyAnswered is a keyed hash of what this session asked last and had answered:
// to read the answer in the other language is no new query.
const keyAnswered = "answered"

// queryForm is 是否备案查询, for everybody.
func (s *Server) queryForm(c *gin.Context) {
	values := s.keptValues(c)
	answer, err := s.answeredAgain(c, values.Get("asked"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showQuery(c, http.StatusOK, values, nil, answer)
}

// answeredAgain answers what was answered last; nil for anything else.
func (s *Server) answeredAgain(c *gin.Context, asked string) (*queryAnswer, error) {
	mark, err := s.cfg.Store.QueryMark(asked)
	if err != nil || asked == "" || s.sessions.GetString(c.Request.Context(), keyAnswered) != mark || !s.mayQuery(c) {
		return nil, err
	}
	q, problem := parseQuestion(asked)
	if problem != "" {
		return nil, nil
	}
	answer, err := s.answerQuery(c, q)
	return &answer, err
}

func (s *Server) showQuery(c *gin.Context, status int, values url.Values, problems filing.Problems, answer *queryAnswer) {
	fields := []field{{Name: "asked", Type: "text", Required: true, Autocomplete: "off"}}
	if s.queryNeedsCaptcha(c) {
		fields = append(fields, s.captchaField(c))
	}
	data := queryData{build(s.texts.For(s.lang(c)), "query", fields, values, problems), answer}
	s.render(c, status, "query", page{Title: "query.title", Data: data})
}

// query answers. What was asked is posted, so that it stands in no address and
// no log, and the answer is the page itself.
func (s *Server) query(c *gin.Context) {
	values := posted(c)
	if captchaAgain(c) {
		s.showQuery(c, http.StatusOK, values, nil, nil)
		return
	}
	q, problem := parseQuestion(values.Get("asked"))
	if problem != "" {
		s.showQuery(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: "asked", Key: problem}}, nil)
		return
	}
	if !s.mayQuery(c) {
		c.Header("Retry-After", "60")
		s.showQuery(c, http.StatusTooManyRequests, values, filing.Problems{{Field: "asked", Key: "query_often"}}, nil)
		return
	}
	if s.queryNeedsCaptcha(c) {
		if problems := s.captchaProblems(c); problems != nil {
			s.showQuery(c, http.StatusUnprocessableEntity, values, problems, nil)
			return
		}
	}
	s.countQuery(c)
	answer, err := s.answerQuery(c, q)
	if err != nil {
		s.fail(c, err)
		return
	}
	mark, err := s.cfg.Store.QueryMark(values.Get("asked"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Put(c.Request.Context(), keyAnswered, mark)
	s.showQuery(c, http.StatusOK, values, nil, &answer)
}
