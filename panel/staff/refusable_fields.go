package staff

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

type refusableFields struct {
	form    string
	options []web.Option
}

// refusable are the fields that a refusal can be about: those of the dossier's forms that the customer fills in.
func (p *Pages) refusable(c *gin.Context, d filing.Dossier) (groups []refusableFields, err error) {
	t := p.T(c)
	if d.PasswordPolicy, err = p.Store.PasswordPolicy(c.Request.Context(), d.Bureau()); err != nil {
		return nil, err
	}
	for _, f := range dossierview.FilledForms(d) {
		group := refusableFields{form: f.Name}
		for _, field := range p.Fields(t, filing.BuiltIn(), d, f.Name, f.Values) {
			if field.Type != "fixed" {
				group.options = append(group.options,
					web.Option{Value: field.Name, Label: t.T("field."+f.Name+"."+field.Name, nil)})
			}
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// fieldLabels are the labels of fields named "form.field".
func fieldLabels(t *locale.Localizer, fields []string) (labels []string) {
	for _, f := range fields {
		labels = append(labels, t.T("field."+f, nil))
	}
	return labels
}

// maxOpinion bounds a refusal's reason, in characters: sealed, it must fit its column.
const maxOpinion = 1000
