package staff

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	blocksPerPage  = 100
	uncoveredShown = 50
)

type addressesData struct {
	web.Form
	Blocks    []blockRow
	Next      int64
	Uncovered []store.Uncovered
	// NoAccount: there is nobody to report to.
	NoAccount bool
}

// blockRow is a block as its list shows it.
type blockRow struct {
	store.AddressBlock
	Range, Account, Unit string
	// Way is a key below "block_kind.", State one below "block_state.".
	Way, State string
	// Result is what the bureau said of what was refused last, NewRange what a
	// change that is under way makes of the block.
	Result, NewRange string
	// Changes and Removes tell what can be done now.
	Changes, Removes bool
}

// addresses is the page of address blocks: how each stands, what orders use that
// isn't reported, the form that reports more.
func (p *Pages) addresses(c *gin.Context) error { return p.showAddresses(c, nil, nil) }

func (p *Pages) showAddresses(c *gin.Context, values url.Values, problems filing.Problems) error {
	ctx, t, status := c.Request.Context(), p.Texts.For(p.Lang(c)), http.StatusOK
	accounts, err := p.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	if values != nil {
		status = http.StatusUnprocessableEntity
	} else {
		values = url.Values{"since": {p.today()}, "assignment": {strconv.Itoa(bureau.StaticAddresses)}}
	}
	var data addressesData
	fields, names := []web.Field{}, map[int64]string{}
	var open []web.Option
	for _, a := range accounts {
		names[a.ID] = a.Name
		if a.Exchanges() {
			open = append(open, web.Option{Value: strconv.FormatInt(a.ID, 10), Label: a.Name})
		}
	}
	if len(open) > 1 {
		fields = append(fields, web.Field{Name: "account", Type: "select", Required: true, Options: web.Choose(t, open)})
	}
	kinds := []web.Option{}
	for _, kind := range []string{filing.BlockSource, filing.BlockOwnUse, filing.BlockReserved} {
		kinds = append(kinds, web.Option{Value: kind, Label: t.T("block_kind."+kind, nil)})
	}
	fields = append(fields, web.Field{Name: "ranges", Type: "textarea", Required: true}, web.Field{Name: "kind", Type: "select", Required: true, Options: web.Choose(t, kinds)})
	data.NoAccount = len(open) == 0
	data.Form = web.Build(t, "block", append(fields, blockFields(t, "")...), values, problems)

	before, _ := strconv.ParseInt(c.Query("before"), 10, 64) // nonsense is the start
	blocks, err := p.Store.Blocks(ctx, before, blocksPerPage+1)
	if err == nil {
		data.Uncovered, err = p.Store.UncoveredRanges(ctx, uncoveredShown)
	}
	if err != nil {
		return err
	}
	if len(blocks) > blocksPerPage {
		blocks = blocks[:blocksPerPage]
		data.Next = blocks[blocksPerPage-1].ID
	}
	units := p.Tables(ctx).Units
	for _, b := range blocks {
		row := blockRowOf(t, b, units)
		if len(names) > 1 {
			row.Account = names[b.AccountID]
		}
		data.Blocks = append(data.Blocks, row)
	}
	return p.RenderTemplate(c, status, "addresses", web.Page{Title: "addresses.title", Data: data})
}

func blockRowOf(t *locale.Localizer, b store.AddressBlock, units []filing.Code) blockRow {
	row := blockRow{AddressBlock: b, Range: filing.RangeOf(b.From, b.To).String(), Way: kindOfBlock(b.BlockValues), State: b.State}
	if b.Source != 0 {
		row.Unit = strconv.FormatInt(b.Source, 10)
		if unit, ok := filing.CodeByID(units, int(b.Source)); ok {
			row.Unit += " " + unit.Name
		}
	}
	if b.State == store.BlockWaiting && b.Latest.Accepted {
		row.State = "submitted"
	}
	var o store.BlockOperation
	if b.UnderWay() && b.Latest.Operation == store.OperationChange && json.Unmarshal(b.Latest.Data, &o) == nil {
		row.NewRange = filing.RangeOf(o.From, o.To).String()
	}
	if b.Latest.Refused {
		row.Result = resultText(t, b.Latest)
	}
	reported := b.State == store.BlockReported && b.BureauID.Valid && !b.UnderWay()
	row.Changes = reported || b.State == store.BlockRefused
	row.Removes = row.Changes || b.State == store.BlockWaiting && !b.Latest.Sequence.Valid && !b.Latest.Doubtful
	return row
}

func kindOfBlock(v store.BlockValues) string {
	switch {
	case v.Source != 0:
		return filing.BlockSource
	case v.Use == bureau.UsedByProvider:
		return filing.BlockOwnUse
	}
	return filing.BlockReserved
}

// blockFields are those that go with a kind; all for none.
func blockFields(t *locale.Localizer, kind string) []web.Field {
	var list []web.Field
	if kind == "" || kind == filing.BlockSource {
		list = append(list, web.Field{Name: "unit", Type: "text", Autocomplete: "off", Required: kind != ""})
	}
	if kind != filing.BlockSource {
		var ways []web.Option
		for _, way := range []int{bureau.StaticAddresses, bureau.DynamicAddresses, bureau.UnknownAddresses} {
			ways = append(ways, web.Option{Value: strconv.Itoa(way), Label: t.T("assignment."+strconv.Itoa(way), nil)})
		}
		list = append(list, web.Field{Name: "assignment", Type: "select", Options: web.Choose(t, ways)}, web.Field{Name: "since", Type: "date"})
	}
	return append(list, web.Field{Name: "remark", Type: "text"})
}

func blockForm(v url.Values) filing.BlockForm {
	return filing.BlockForm{
		Kind: v.Get("kind"), Ranges: filing.ParseLines(v.Get("ranges")), Unit: web.Trimmed(v, "unit"), Assignment: web.Number(v, "assignment"), Since: v.Get("since"), Remark: web.Trimmed(v, "remark"),
	}
}

// blocksOf are the blocks of a form that is right.
func blocksOf(f filing.BlockForm) []store.BlockValues {
	var list []store.BlockValues
	for _, r := range f.Blocks() {
		v := store.BlockValues{Remark: f.Remark}
		v.From, v.To = r.Numbers()
		switch f.Kind {
		case filing.BlockSource:
			v.Source = filing.UnitNumber(f.Unit)
		case filing.BlockOwnUse:
			v.Use, v.Assignment = bureau.UsedByProvider, f.Assignment
			v.Since, _ = filing.Day(f.Since) // checked
		case filing.BlockReserved: // nothing else is reported of it (4-1-2-1)
			v.Use = bureau.Reserved
		}
		list = append(list, v)
	}
	return list
}

// blockProblems are a form's, and which of its lines meet a block that is there.
func (p *Pages) blockProblems(ctx context.Context, account int64, f filing.BlockForm, except int64) (filing.Problems, error) {
	problems := f.Validate(p.Tables(ctx), p.today())
	if problems.For("ranges") != nil || problems.For("kind") != nil {
		return problems, nil
	}
	for i, v := range blocksOf(f) {
		other, found, err := p.Store.Overlapping(ctx, account, v, except)
		if err != nil {
			return nil, err
		}
		if found {
			problems = append(problems, filing.Problem{Field: "ranges", Key: "block_reported", Args: map[string]any{"line": i + 1, "range": filing.RangeOf(other.From, other.To).String()}})
		}
	}
	return problems, nil
}

// reportAddresses queues blocks for the account's bureau.
func (p *Pages) reportAddresses(c *gin.Context) error {
	ctx, values := c.Request.Context(), web.PostForm(c)
	accounts, err := p.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	var open []int64
	account, chosen := int64(web.Number(values, "account")), false
	for _, a := range accounts {
		if a.Exchanges() {
			open = append(open, a.ID)
			chosen = chosen || a.ID == account
		}
	}
	var problems filing.Problems
	switch {
	case len(open) == 0:
		return web.ErrBadRequest
	case len(open) == 1:
		account = open[0]
	case !chosen:
		problems = append(problems, filing.Problem{Field: "account", Key: "choose"})
	}
	f := blockForm(values)
	more, err := p.blockProblems(ctx, account, f, 0)
	if problems = append(problems, more...); err != nil {
		return err
	}
	if len(problems) > 0 {
		return p.showAddresses(c, values, problems)
	}
	blocks := blocksOf(f)
	if err := p.Audited(c, p.AuditEntry(c, "address.report", "account", web.IdText(account), ""), func(ctx context.Context) error {
		return p.Store.ReportBlocks(ctx, account, blocks, p.Actor(c))
	}); err != nil {
		return err
	}
	p.Logger.Info("address blocks were queued", "account", account, "blocks", len(blocks), "actor", p.Actor(c))
	p.Flash(c, "flash.blocks_queued")
	return web.Redirect(c, "/support/addresses")
}
