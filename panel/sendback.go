package panel

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// formSendBack is staff's form for what they send back (初审退回).
const formSendBack = "send_back"

// sendBackForm asks why a dossier is sent back: reasons of the list that are about
// what it has, staff's own words, and the fields that those are about.
func (s *Server) sendBackForm(c *gin.Context, d filing.Dossier, values url.Values, problems filing.Problems) form {
	t := s.texts.For(s.lang(c))
	groups := s.sendable(c, d)
	fields := []field{
		{Name: "reasons", Type: "checkboxes", Options: reasonOptions(t, groups)},
		{Name: "text", Type: "textarea"},
	}
	for _, group := range groups {
		fields = append(fields, field{Name: group.form, Type: "checkboxes", Options: group.options})
	}
	return build(t, formSendBack, fields, values, problems)
}

// sendable are the fields that sending back can be about: as for a refusal, and
// the papers.
func (s *Server) sendable(c *gin.Context, d filing.Dossier) []refusableFields {
	groups := s.refusable(c, d)
	papers := refusableFields{form: formPapers}
	for _, n := range s.neededPapers(d) {
		papers.options = append(papers.options, option{Value: n.Field(), Label: s.paperLabel(c, n)})
	}
	if len(papers.options) == 0 {
		return groups
	}
	return append(groups, papers)
}

// reasonOptions are the reasons of the list that are about one of the fields.
func reasonOptions(t *locale.Localizer, groups []refusableFields) (options []option) {
	for _, r := range filing.SendBackReasons() {
		fits := r.Form == "" || slices.ContainsFunc(groups, func(g refusableFields) bool {
			return g.form == r.Form && slices.ContainsFunc(g.options, func(o option) bool { return o.Value == r.Field })
		})
		if fits {
			options = append(options, option{Value: r.Key, Label: reasonText(t, r)})
		}
	}
	return options
}

// readSendBack reads the form; only what it offers is taken.
func (s *Server) readSendBack(c *gin.Context, d filing.Dossier, values url.Values) (b store.SendBack, problems filing.Problems) {
	groups := s.sendable(c, d)
	b.Text = trimmed(values, "text")
	about := func(name string) {
		if name != "" && !slices.Contains(b.Fields, name) {
			b.Fields = append(b.Fields, name)
		}
	}
	for _, o := range reasonOptions(s.texts.For(s.lang(c)), groups) {
		if slices.Contains(values["reasons"], o.Value) {
			b.Reasons = append(b.Reasons, o.Value)
			reason, _ := filing.SendBackByKey(o.Value)
			about(reason.About())
		}
	}
	for _, group := range groups {
		for _, o := range group.options {
			if slices.Contains(values[group.form], o.Value) {
				about(group.form + "." + o.Value)
			}
		}
	}
	switch {
	case b.Text == "" && len(b.Reasons) == 0:
		problems = filing.Problems{{Field: "text", Key: "reason_required"}}
	case utf8.RuneCountInString(b.Text) > maxOpinion:
		problems = filing.Problems{{Field: "text", Key: "too_long", Args: map[string]any{"max": maxOpinion}}}
	}
	return b, problems
}

// sendBack returns a dossier to the customer, with the reason: written first, then
// told. Only its place in the database goes to the filing.
func (s *Server) sendBack(c *gin.Context) {
	ctx := c.Request.Context()
	verdict := s.verdict(c)
	serial := max(1, number(posted(c), "serial"))
	f, err := s.cfg.Store.FilingBySerial(ctx, c.Param("number"), serial)
	if err != nil {
		s.fail(c, err)
		return
	}
	d, err := s.cfg.Store.Dossier(ctx, f.ID, verdict.Revision)
	if errors.Is(err, store.ErrNotFound) { // nonsense, or of an old page
		s.supported(c, workflows.ErrWrongStage)
		return
	} else if err != nil {
		s.fail(c, err)
		return
	}
	values := posted(c)
	b, problems := s.readSendBack(c, d, values)
	if len(problems) > 0 && f.Stage == filing.Checking && f.Revision == verdict.Revision {
		s.showSupportDossier(c, http.StatusUnprocessableEntity, f, values, problems)
		return
	}
	b.Revision, b.Actor = verdict.Revision, verdict.Actor
	reason := strings.TrimSpace(strings.Join(append(slices.Clone(b.Reasons), b.Text), " "))
	s.supported(c, s.asked(c, s.deed(c, "filing.send_back", "filing", f.Ref(), reason), func() error {
		if err := s.cfg.Store.SaveSendBack(ctx, f.ID, b); errors.Is(err, store.ErrConflict) {
			return workflows.ErrWrongStage
		} else if err != nil {
			return err
		}
		_, err := s.cfg.Filings.SendBack(ctx, f.Ref(), verdict)
		return err
	}))
}
