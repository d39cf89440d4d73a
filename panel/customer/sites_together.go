package customer

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// siblings is what a filing has to do with those of the order's other sites.
type siblings struct {
	// Carrier is the site whose filing has the contact and the holder; empty: this one has its own.
	Carrier string
	// Awaits: it is submitted when the holder has its number. NotBegun: it begins when the contact is verified.
	Awaits, NotBegun bool
	// Together are the sites in the same record, Missing those of them that the customer must still submit.
	Together, Missing []string
	// Planned: the holder isn't submitted yet, so the province may still take fewer at once.
	Planned bool
	// CanLetGo: the others can go without this one. Refused: the bureau refused it, and returned the others.
	CanLetGo, Refused bool
}

// siblingsOf is nil for a filing that is alone.
func siblingsOf(cur Current) *siblings {
	f := cur.Filing
	if !cur.Several() || !f.HolderID.Valid || f.Stage.Final() {
		return nil
	}
	s := &siblings{Awaits: f.AwaitsHolder, NotBegun: f.NotBegun(), Planned: !submitted(f.Stage)}
	if carrier := cur.Carrier(); carrier != nil {
		s.Carrier, s.Planned = carrier.Domain, !submitted(carrier.Stage)
	}
	record := f.ID
	if f.CarrierID.Valid {
		record = f.CarrierID.Int64
	}
	for _, w := range cur.Sites {
		o := w.Filing
		if o == nil || o.ID == f.ID || o.Stage.Final() || o.ID != record && o.CarrierID.Int64 != record {
			continue
		}
		s.Together = append(s.Together, filing.DisplayDomain(w.Domain))
		if isMissing(*o) {
			s.Missing = append(s.Missing, filing.DisplayDomain(w.Domain))
		}
	}
	if s.Carrier == "" && len(s.Together) == 0 {
		return nil
	}
	late := f.Attention == filing.AttentionSMSVerificationReturned // nothing is wrong with any of them
	s.Refused = f.Stage == filing.Correcting && f.Attention != filing.AttentionReturnedTogether && !late
	brings := f.Companion() || f.Stage == filing.Correcting // the others have a holder without it
	s.CanLetGo = len(s.Together) > 0 && brings && isMissing(f) && !late
	return s
}

// isMissing tells whether the record waits for the customer to submit this site.
func isMissing(f store.Filing) bool {
	return slices.Contains(editing, f.Stage) && f.Attention != filing.AttentionReturnedTogether
}

// letOthersGo takes a site out of those that travel together: the others go without it.
func (p *Pages) letOthersGo(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	err := p.Store.LetOthersGo(ctx, cur.Filing.ID)
	if errors.Is(err, store.ErrHolderMissing) {
		err = store.ErrConflict
	}
	if err == nil {
		err = p.startDue(ctx, cur.Order.ID)
	}
	return p.finish(c, err, "flash.others_go", web.FilingPath(c))
}

// startDue starts the workflows of an order's filings that can begin now. What else is due, the next exchange does.
func (p *Pages) startDue(ctx context.Context, orderID int64) error {
	due, err := p.Store.DueFilings(ctx, orderID, store.MaxTogether)
	for i := 0; err == nil && i < len(due); i++ {
		if due[i].Seq > 0 {
			continue
		}
		if err = p.startFiling(ctx, due[i]); err == nil {
			err = p.Store.Started(ctx, due[i])
		}
	}
	return err
}
