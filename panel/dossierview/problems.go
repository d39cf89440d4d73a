package dossierview

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/web"
)

// Problems checks the fields of one form that the dossier's kind asks for.
func (v *View) Problems(
	c *gin.Context, cur Current, d filing.Dossier, form string, codes filing.Tables,
) (filing.Problems, error) {
	var all filing.Problems
	switch form {
	case web.FormHolder:
		var err error
		if all, err = v.HolderProblems(c, d.Holder, codes); err != nil {
			return nil, err
		}
		if d.Kind == filing.KindChange {
			before, err := v.Based(c.Request.Context(), cur)
			if err != nil {
				return nil, err
			}
			all = append(all, d.Holder.ValidateChange(before.Holder)...)
		}
	case web.FormSite:
		all = d.ValidateSite(codes)
	case web.FormPapers:
		return v.PaperProblems(c, cur, d)
	case web.FormOwnership:
		var err error
		if all, err = v.ownershipProblems(c.Request.Context(), d); err != nil {
			return nil, err
		}
	case web.FormEnding:
		all = d.Ending.Validate(codes)
	}
	return slices.DeleteFunc(all, func(p filing.Problem) bool { return !d.Asks(form, p.Field) }), nil
}

// HolderProblems checks a holder, and whether the provider files in the holder's province.
func (v *View) HolderProblems(c *gin.Context, h filing.Holder, codes filing.Tables) (filing.Problems, error) {
	return v.Served(c.Request.Context(), h.Province, h.Validate(codes))
}

// Served adds to a form's problems that the provider doesn't file in the province.
func (v *View) Served(ctx context.Context, province string, problems filing.Problems) (filing.Problems, error) {
	served, err := v.Store.ServesProvince(ctx, province)
	if err == nil && !served && problems.For("province") == nil {
		problems = append(problems, filing.Problem{Field: "province", Key: "province_not_served"})
	}
	return problems, err
}

// ownershipProblems checks a proof of ownership, and whether the provider files in the number's province.
func (v *View) ownershipProblems(ctx context.Context, d filing.Dossier) (filing.Problems, error) {
	problems := d.OwnershipProof.Validate(d.Kind, d.PasswordPolicy)
	if !d.Kind.ProvesOwnership() || problems.For("number") != nil {
		return problems, nil
	}
	served, err := v.Store.ServesProvince(ctx, filing.ProvinceOfNumber(d.OwnershipProof.Number))
	if err == nil && !served {
		problems = append(problems, filing.Problem{Field: "number", Key: "number_not_served"})
	}
	return problems, err
}

// ProveOwnership asks the bureau whether the filing password belongs to the number, if there is one. If the bureau
// can't be asked, it checks the password when it gets the record.
func (v *View) ProveOwnership(ctx context.Context, cur Current, d filing.Dossier) (filing.Problems, error) {
	number, password := d.OwnershipProof.Number, d.OwnershipProof.Password
	if password == "" || d.PasswordPolicy != filing.PasswordRequired {
		return nil, nil
	}
	if number == "" { // a follow-up's number is that of the filing it follows
		base, err := v.Based(ctx, cur)
		if err != nil {
			return nil, err
		}
		number = base.Subject.HolderNumber
	}
	answer, err := v.PasswordRight(ctx, cur.Filing.ID, number, password)
	if err != nil {
		return nil, err
	}
	switch answer {
	case web.PasswordIsWrong:
		return filing.Problems{{Field: "password", Key: "ownership_wrong"}}, nil
	case web.PasswordTooMany:
		return filing.Problems{{Field: "password", Key: "ownership_too_many"}}, nil
	}
	return nil, nil
}
