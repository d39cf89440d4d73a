package filing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SecondVetting selects the dossiers that two reviewers must pass in vetting (初审); the zero value selects none.
type SecondVetting struct {
	Kinds []Kind
	// Natures are 单位性质 of the holder, values of Tables.Natures.
	Natures []int
}

// ParseSecondVetting parses kinds and natures, such as "end_holder" and "5".
func ParseSecondVetting(list []string) (c SecondVetting, err error) {
	vetted := slices.Concat(Beginnings, FollowUps)
	for _, text := range list {
		text = strings.TrimSpace(text)
		switch nature, err := strconv.Atoi(text); {
		case text == "":
		case slices.Contains(vetted, Kind(text)):
			c.Kinds = append(c.Kinds, Kind(text))
		case err == nil && nature > 0:
			c.Natures = append(c.Natures, nature)
		default:
			return SecondVetting{},
				fmt.Errorf("%q is neither a kind of filing nor the number of a nature; want one of %v, or a number such as 5 (个人)",
					text, vetted)
		}
	}
	return c, nil
}

// Requires reports whether a dossier of a kind needs two reviewers; nature is the holder's, 0: unknown.
func (c SecondVetting) Requires(kind Kind, nature int) bool {
	return slices.Contains(c.Kinds, kind.OrNew()) || nature != 0 && slices.Contains(c.Natures, nature)
}
