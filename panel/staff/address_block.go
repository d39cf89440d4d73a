package staff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type blockData struct {
	web.Form
	Block blockRow
}

// withBlock opens the block of a page.
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

// blockPage is the form that changes a block, or reports a refused one anew.
func (p *Pages) blockPage(c *gin.Context, b store.AddressBlock) error {
	v := url.Values{
		"ranges": {filing.RangeOf(b.From, b.To).String()}, "kind": {kindOfBlock(b.BlockValues)}, "unit": {unitText(b.Source)}, "remark": {b.Remark},
		"assignment": {strconv.Itoa(b.Assignment)}, "since": {dayOf(b.Since)},
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
	fields := []web.Field{{Name: "ranges", Type: "text", Required: true, Autocomplete: "off"}}
	if b.Source == 0 { // a use may become another; a source stays one
		fields = append(fields, web.Field{Name: "kind", Type: "select", Required: true, Options: []web.Option{
			{Value: filing.BlockOwnUse, Label: t.T("block_kind.own", nil)}, {Value: filing.BlockReserved, Label: t.T("block_kind.reserved", nil)},
		}})
	}
	kind := filing.BlockSource
	if b.Source == 0 {
		kind = filing.BlockOwnUse
	}
	data.Form = web.Build(t, "block", append(fields, blockFields(t, kind)...), v, problems)
	return p.RenderTemplate(c, status, "address_block", web.Page{Title: "addresses.change_title", Data: data})
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
	return p.blockDone(c, b, "changed", "flash.block_changed", p.Audited(c, p.AuditEntry(c, "address.change", "address_block", web.IdText(b.ID), ""), func(ctx context.Context) error {
		return p.Store.ChangeBlock(ctx, b.ID, blocksOf(f)[0], p.Actor(c))
	}))
}

// removeBlock queues a block's removal.
func (p *Pages) removeBlock(c *gin.Context, b store.AddressBlock) error {
	return p.blockDone(c, b, "removed", "flash.block_removed", p.Audited(c, p.AuditEntry(c, "address.remove", "address_block", web.IdText(b.ID), ""), func(ctx context.Context) error {
		return p.Store.RemoveBlock(ctx, b.ID, p.Actor(c))
	}))
}

func (p *Pages) blockDone(c *gin.Context, b store.AddressBlock, what, flash string, err error) error {
	switch {
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	case err != nil:
		return err
	default:
		p.Logger.Info("an address block was "+what, "block", b.ID, "account", b.AccountID, "actor", p.Actor(c))
		p.Flash(c, flash)
	}
	return web.Redirect(c, "/support/addresses")
}
