package filing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SecondCheck is which dossiers the provider's own check (初审) passes only when two
// reviewers do; the zero value is none.
type SecondCheck struct {
	Kinds []Kind
	// Natures are 单位性质 of the holder, values of Tables.Natures.
	Natures []int
}

// ParseSecondCheck reads kinds and natures, such as "end_holder" and "5".
func ParseSecondCheck(list []string) (c SecondCheck, err error) {
	checked := slices.Concat(Beginnings, FollowUps)
	for _, text := range list {
		text = strings.TrimSpace(text)
		switch nature, err := strconv.Atoi(text); {
		case text == "":
		case slices.Contains(checked, Kind(text)):
			c.Kinds = append(c.Kinds, Kind(text))
		case err == nil && nature > 0:
			c.Natures = append(c.Natures, nature)
		default:
			return SecondCheck{}, fmt.Errorf("%q is neither a kind of filing nor the number of a holder's nature; want some of %v, or a number such as 5 (个人)", text, checked)
		}
	}
	return c, nil
}

// Wants tells whether a dossier of a kind wants two reviewers; nature is the holder's,
// 0 where its forms don't say.
func (c SecondCheck) Wants(kind Kind, nature int) bool {
	return slices.Contains(c.Kinds, kind.OrNew()) || nature != 0 && slices.Contains(c.Natures, nature)
}
