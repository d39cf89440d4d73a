package staff

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	pathAddresses  = "/support/addresses"
	blocksPerPage  = 100
	uncoveredShown = 50
)

type addressesData struct {
	web.Form
	Blocks    []blockRow
	Next      int64
	Uncovered []store.Uncovered
	// NoAccount: there is no bureau to report to.
	NoAccount bool
}

// blockRow is a block as its list shows it.
type blockRow struct {
	store.AddressBlock
	Range, Account, Unit string
	// Way is a key of "address_block_kind.", State one of "address_block_state.".
	Way, State string
	// Result is why the bureau refused the latest record, NewRange what a pending change makes of the block.
	Result, NewRange string
	// Changes and Removes tell whether the block can be changed and removed now.
	Changes, Removes bool
}

// stateClass is the style of a state's badge.
func (b blockRow) stateClass() string {
	switch b.State {
	case store.BlockReported:
		return "s-filed"
	case store.BlockRefused:
		return "s-correcting"
	}
	return ""
}

// change is the key of what the reader can do about the block's values.
func (b blockRow) change() string {
	return cmp.Or(web.When(b.State == store.BlockRefused, "address_blocks.again"), "address_blocks.change")
}

// addresses lists the address blocks with their states, shows which addresses of orders aren't
// reported, and has the form that reports more.
func (p *Pages) addresses(c *gin.Context) error { return p.showAddresses(c, nil, nil) }

func (p *Pages) showAddresses(c *gin.Context, values url.Values, problems filing.Problems) error {
	ctx, t, status := c.Request.Context(), p.T(c), http.StatusOK
	var accounts []store.Account
	var blocks []store.AddressBlock
	var uncovered []store.Uncovered
	if err := web.AtOnce(
		func() (err error) { accounts, err = p.Store.Accounts(ctx); return err },
		func() (err error) {
			blocks, err = p.Store.Blocks(ctx, web.QueryID(c, "before"), blocksPerPage+1)
			return err
		},
		func() (err error) { uncovered, err = p.Store.UncoveredRanges(ctx, uncoveredShown); return err },
	); err != nil {
		return err
	}
	if values != nil {
		status = http.StatusUnprocessableEntity
	} else {
		values = url.Values{"since": {p.today()}, "assignment": {strconv.Itoa(bureau.StaticAddresses)}}
	}
	open := exchanging(accounts)
	form := web.Build(t, "address_block", reportFields(t, open), values, problems)
	data := addressesData{NoAccount: len(open) == 0, Form: form, Uncovered: uncovered}
	blocks, data.Next = web.Paged(blocks, blocksPerPage, func(last store.AddressBlock) int64 { return last.ID })
	names := map[int64]string{}
	for _, a := range accounts {
		if len(accounts) > 1 {
			names[a.ID] = a.Name
		}
	}
	units := p.Tables(ctx).Units
	for _, b := range blocks {
		row := blockRowOf(t, b, units)
		row.Account = names[b.AccountID]
		data.Blocks = append(data.Blocks, row)
	}
	return p.Render(c, status, web.Page{Title: "address_blocks.title"}, web.With(addressesPage, data))
}

// exchanging are the accounts with an interface: blocks are reported through one.
func exchanging(accounts []store.Account) []store.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a store.Account) bool { return !a.Exchanges() })
}

// reportFields are those of the form that reports blocks, to one of the accounts.
func reportFields(t *locale.Localizer, accounts []store.Account) (fields []web.Field) {
	if len(accounts) > 1 {
		var options []web.Option
		for _, a := range accounts {
			options = append(options, web.Option{Value: web.IdText(a.ID), Label: a.Name})
		}
		fields = append(fields, web.Field{Name: "account", Type: "select", Required: true, Options: web.Choose(t, options)})
	}
	kinds := web.TextOptions(t, "address_block_kind.", filing.BlockSource, filing.BlockOwnUse, filing.BlockReserved)
	fields = append(fields,
		web.Field{Name: "ranges", Type: "textarea", Required: true},
		web.Field{Name: "kind", Type: "select", Required: true, Options: web.Choose(t, kinds)})
	return append(fields, blockFields(t, "")...)
}

func blockRowOf(t *locale.Localizer, b store.AddressBlock, units []filing.Code) blockRow {
	row := blockRow{AddressBlock: b, Range: filing.RangeOf(b.From, b.To).String(), Way: kindOfBlock(b.BlockValues),
		State: b.State}
	if b.Source != 0 {
		row.Unit = web.NumberText(b.Source)
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

// blockFields are the fields of a kind of block; all of them for "".
func blockFields(t *locale.Localizer, kind string) []web.Field {
	var list []web.Field
	if kind == "" || kind == filing.BlockSource {
		list = append(list, web.Field{Name: "unit", Type: "text", Autocomplete: "off", Required: kind != ""})
	}
	if kind != filing.BlockSource {
		ways := web.TextOptions(t, "address_block_assignment.", strconv.Itoa(bureau.StaticAddresses),
			strconv.Itoa(bureau.DynamicAddresses), strconv.Itoa(bureau.UnknownAddresses))
		list = append(list, web.Field{Name: "assignment", Type: "select", Options: web.Choose(t, ways)},
			web.Field{Name: "since", Type: "date"})
	}
	return append(list, web.Field{Name: "remark", Type: "text"})
}

func blockForm(v url.Values) filing.BlockForm {
	return filing.BlockForm{
		Kind: v.Get("kind"), Ranges: filing.ParseLines(v.Get("ranges")), Unit: web.Trimmed(v, "unit"),
		Assignment: web.Number(v, "assignment"), Since: v.Get("since"), Remark: web.Trimmed(v, "remark"),
	}
}

// blocksOf are the blocks of a valid form.
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

// blockProblems are a form's, with those of lines that overlap a block, unless it is the excepted one.
func (p *Pages) blockProblems(
	ctx context.Context, account int64, f filing.BlockForm, except int64,
) (filing.Problems, error) {
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
			problems = append(problems, filing.Problem{Field: "ranges", Key: "block_reported",
				Args: map[string]any{"line": i + 1, "range": filing.RangeOf(other.From, other.To).String()}})
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
	open, account := exchanging(accounts), int64(web.Number(values, "account"))
	var problems filing.Problems
	switch {
	case len(open) == 0:
		return web.ErrBadRequest
	case len(open) == 1:
		account = open[0].ID
	case !slices.ContainsFunc(open, func(a store.Account) bool { return a.ID == account }):
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
	entry := p.AuditEntry(c, "address.report", "account", web.IdText(account), "")
	if err := p.Audited(c, entry, func(ctx context.Context) error {
		return p.Store.ReportBlocks(ctx, account, blocks, p.Actor(c))
	}); err != nil {
		return err
	}
	p.Logger.Info("address blocks queued", "account", account, "blocks", len(blocks), "actor", p.Actor(c))
	return p.RedirectWith(c, pathAddresses, "flash.blocks_queued")
}

type blockData struct {
	web.Form
	Block blockRow
}

// blockPage is the form that changes a block, or reports a refused one again.
func (p *Pages) blockPage(c *gin.Context, b store.AddressBlock) error {
	v := url.Values{
		"ranges": {filing.RangeOf(b.From, b.To).String()}, "kind": {kindOfBlock(b.BlockValues)},
		"unit":   {web.NumberText(b.Source)},
		"remark": {b.Remark}, "assignment": {strconv.Itoa(b.Assignment)}, "since": {dayOf(b.Since)},
	}
	return p.showBlock(c, b, v, nil)
}

func (p *Pages) showBlock(c *gin.Context, b store.AddressBlock, v url.Values, problems filing.Problems) error {
	t := p.T(c)
	data := blockData{Block: blockRowOf(t, b, p.Tables(c.Request.Context()).Units)}
	if !data.Block.Changes {
		return p.RedirectWith(c, pathAddresses, "flash.moved_on")
	}
	fields, kind := []web.Field{{Name: "ranges", Type: "text", Required: true, Autocomplete: "off"}}, filing.BlockSource
	if b.Source == 0 { // how a block is used may change; where it comes from can't
		fields = append(fields, web.Field{Name: "kind", Type: "select", Required: true,
			Options: web.TextOptions(t, "address_block_kind.", filing.BlockOwnUse, filing.BlockReserved)})
		kind = filing.BlockOwnUse
	}
	data.Form = web.Build(t, "address_block", append(fields, blockFields(t, kind)...), v, problems)
	page := web.Page{Title: "address_blocks.change_title"}
	return p.Render(c, web.StatusOf(problems), page, web.With(addressBlockPage, data))
}

// changeBlock queues a block's new values.
func (p *Pages) changeBlock(c *gin.Context, b store.AddressBlock) error {
	ctx, values := c.Request.Context(), web.PostForm(c)
	f := blockForm(values)
	if b.Source != 0 {
		f.Kind = filing.BlockSource
	} else if f.Kind == filing.BlockSource {
		f.Kind = ""
	}
	problems, err := p.blockProblems(ctx, b.AccountID, f, b.ID)
	if err != nil {
		return err
	}
	if len(f.Ranges) > 1 {
		problems = append(problems, filing.Problem{Field: "ranges", Key: "one_range"})
	}
	if len(problems) > 0 {
		return p.showBlock(c, b, values, problems)
	}
	return p.actOnBlock(c, b, "address.change", "flash.block_changed", func(ctx context.Context) error {
		return p.Store.ChangeBlock(ctx, b.ID, blocksOf(f)[0], p.Actor(c))
	})
}

// removeBlock queues a block's removal.
func (p *Pages) removeBlock(c *gin.Context, b store.AddressBlock) error {
	return p.actOnBlock(c, b, "address.remove", "flash.block_removed", func(ctx context.Context) error {
		return p.Store.RemoveBlock(ctx, b.ID, p.Actor(c))
	})
}

func (p *Pages) actOnBlock(
	c *gin.Context, b store.AddressBlock, action, flash string, act func(context.Context) error,
) error {
	err := p.Audited(c, p.AuditEntry(c, action, "address_block", web.IdText(b.ID), ""), act)
	if err == nil {
		p.Logger.Info("address block updated by staff", "action", action, "block", b.ID, "account", b.AccountID, "actor",
			p.Actor(c))
	}
	return p.Finish(c, err, pathAddresses, flash, web.MovedOn)
}
