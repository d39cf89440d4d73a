package web

import (
	"cmp"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// keyRefused is the session's key, before a channel, of the refused address that its reader was told of.
const keyRefused = "refused_"

// RefusedAddresses says at their fields which typed addresses were refused for good. Who sends the same again says that
// it is right: then the refusal is forgotten. fields are those of the channels.
func (k *Kit) RefusedAddresses(c *gin.Context, to store.ContactAddresses,
	fields map[filing.Channel]string) (problems filing.Problems, err error) {
	ctx := c.Request.Context()
	for _, ch := range filing.Channels {
		field, typed, key := fields[ch], to.By(ch), keyRefused+string(ch)
		if field == "" || typed == "" {
			continue
		}
		r, refused, err := k.Store.RefusedAddress(ctx, ch, typed)
		switch {
		case err != nil:
			return nil, err
		case !refused:
		case k.Sessions.GetString(ctx, key) == typed:
			k.Sessions.Remove(ctx, key)
			if err := k.Store.ConfirmAddress(ctx, ch, typed); err != nil {
				return nil, err
			}
		default:
			k.Sessions.Put(ctx, key, typed)
			problems = append(problems, filing.Problem{Field: field, Key: "address_refused_" + string(ch),
				Args: map[string]any{"at": Date(r.At), "why": WhyRefused(r)}})
		}
	}
	return problems, nil
}

// WhyRefused are the other side's words about a refused address.
func WhyRefused(r store.RefusedAddress) string {
	return cmp.Or(Reason(filing.Delivery{Code: r.Code, Words: r.Words}), "–")
}
