package dossierview

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// DraftKind keeps which kind of filing was chosen, with the holder's document
// that the bureau was asked about and what it said.
const DraftKind = "kind"

// DocumentFields are what the bureau is asked about a holder: typed once, they
// fill the holder's form.
var DocumentFields = []string{"nature", "document_type", "document_number", "province"}

const ValueKind = "kind"

// Chosen is the draft of the kind's choice; empty before there is one.
func (v *View) Chosen(ctx context.Context, cur Current) (url.Values, error) {
	values := url.Values{}
	err := v.Store.Draft(ctx, cur.Filing.ID, DraftKind, &values)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return values, err
}

// KindOf is the kind of a filing: a follow-up's is fixed, another's is as chosen.
func (v *View) KindOf(ctx context.Context, cur Current) (filing.Kind, error) {
	if cur.Filing.Kind.FollowsUp() {
		return cur.Filing.Kind, nil
	}
	values, err := v.Chosen(ctx, cur)
	if kind := filing.Kind(values.Get(ValueKind)); slices.Contains(filing.Beginnings, kind) {
		return kind, err
	}
	return filing.KindNew, err
}
