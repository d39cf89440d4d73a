package dossierview

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
)

// HolderProblems are the rules' and whether the provider can file in the
// holder's province at all. When the database doesn't answer, the rules' alone:
// the filing finds its account, or is told, when it is submitted.
func (v *View) HolderProblems(c *gin.Context, h filing.Holder, codes filing.Tables) filing.Problems {
	return v.Served(c.Request.Context(), h.Province, h.Validate(codes))
}

// Served adds to a form's problems that the provider can't file in its province.
func (v *View) Served(ctx context.Context, province string, problems filing.Problems) filing.Problems {
	if served, err := v.Store.ServesProvince(ctx, province); err == nil && !served && problems.For("province") == nil {
		problems = append(problems, filing.Problem{Field: "province", Key: "province_not_served"})
	}
	return problems
}
