package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type blockData struct {
	web.Form
	Block blockRow
}

// withBlock finds the block that a page is about.
func (p *Pages) withBlock(handle func(*gin.Context, store.AddressBlock) error) web.Handler {
	return func(c *gin.Context) error {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			return web.ErrBadRequest
		}
		b, err := p.Store.Block(c.Request.Context(), id)
		if err != nil {
			return err
		}
		return handle(c, b)
	}
}

// blockPage is the form that changes a block, or reports a refused one again.
func (p *Pages) blockPage(c *gin.Context, b store.AddressBlock) error {
	v := url.Values{
		"ranges": {filing.RangeOf(b.From, b.To).String()}, "kind": {kindOfBlock(b.BlockValues)}, "unit": {unitText(b.Source)},
		"remark": {b.Remark}, "assignment": {strconv.Itoa(b.Assignment)}, "since": {dayOf(b.Since)},
	}
	return p.showBlock(c, b, v, nil)
}

func (p *Pages) showBlock(c *gin.Context, b store.AddressBlock, v url.Values, problems filing.Problems) error {
	t, status := p.Texts.For(p.Lang(c)), http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	data := blockData{Block: blockRowOf(t, b, p.Tables(c.Request.Context()).Units)}
	if !data.Block.Changes {
		p.Flash(c, "flash.moved_on")
		return web.Redirect(c, "/support/addresses")
	}
	fields, kind := []web.Field{{Name: "ranges", Type: "text", Required: true, Autocomplete: "off"}}, filing.BlockSource
	if b.Source == 0 { // how a block is used may change; where it comes from can't
		fields = append(fields, web.Field{Name: "kind", Type: "select", Required: true, Options: []web.Option{
			{Value: filing.BlockOwnUse, Label: t.T("address_block_kind.own", nil)},
			{Value: filing.BlockReserved, Label: t.T("address_block_kind.reserved", nil)},
		}})
		kind = filing.BlockOwnUse
	}
	data.Form = web.Build(t, "address_block", append(fields, blockFields(t, kind)...), v, problems)
	return p.Render(c, status, web.Page{Title: "address_blocks.change_title"}, func(page *web.Page) templ.Component {
		return addressBlockPage(page, data)
	})
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
	switch {
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	case err != nil:
		return err
	default:
		p.Logger.Info("staff acted on an address block", "action", action, "block", b.ID, "account", b.AccountID, "actor",
			p.Actor(c))
		p.Flash(c, flash)
	}
	return web.Redirect(c, "/support/addresses")
}
