package dossierview

import (
	"context"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/web"
)

// ownershipProblems are the rules' and whether the provider can file where the
// number was given.
func (v *View) ownershipProblems(ctx context.Context, d filing.Dossier) filing.Problems {
	problems := d.OwnershipProof.Validate(d.Kind)
	if !d.Kind.ProvesOwnership() || problems.For("number") != nil {
		return problems
	}
	if served, err := v.Store.ServesProvince(ctx, filing.ProvinceOfNumber(d.OwnershipProof.Number)); err == nil && !served {
		problems = append(problems, filing.Problem{Field: "number", Key: "number_not_served"})
	}
	return problems
}

// ProveClaim asks the bureau whether the filing password belongs to the number.
// Where it can't be asked, the record itself carries the proof.
func (v *View) ProveClaim(ctx context.Context, cur Current, claim filing.OwnershipProof) (filing.Problems, error) {
	number := claim.Number
	if number == "" { // a follow-up's is that of the filing it is about
		if claim.Password == "" {
			return nil, nil
		}
		base, err := v.Based(ctx, cur)
		if err != nil {
			return nil, err
		}
		number = base.Subject.HolderNumber
	}
	answer, err := v.PasswordRight(ctx, cur.Filing.ID, number, claim.Password)
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
