package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

type blockData struct {
	form
	Block blockRow
}

// withBlock opens the block of a page.
func (s *Server) withBlock(handle func(*gin.Context, store.AddressBlock)) gin.HandlerFunc {
	return func(c *gin.Context) {
		id, err := strconv.ParseInt(c.Param("id"), 10, 64)
		if err != nil {
			s.fail(c, errBadRequest)
			return
		}
		b, err := s.cfg.Store.Block(c.Request.Context(), id)
		if err != nil {
			s.fail(c, err)
			return
		}
		handle(c, b)
	}
}

// blockPage is the form that changes a block, or reports a refused one anew.
func (s *Server) blockPage(c *gin.Context, b store.AddressBlock) {
	v := url.Values{
		"ranges": {filing.RangeOf(b.From, b.To).String()}, "kind": {kindOfBlock(b.BlockValues)}, "unit": {unitText(b.Source)}, "remark": {b.Remark},
		"assignment": {strconv.Itoa(b.Assignment)}, "since": {dayOf(b.Since)},
	}
	s.showBlock(c, b, v, nil)
}

func (s *Server) showBlock(c *gin.Context, b store.AddressBlock, v url.Values, problems filing.Problems) {
	t, status := s.texts.For(s.lang(c)), http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	data := blockData{Block: blockRowOf(t, b, s.tables(c.Request.Context()).Units)}
	if !data.Block.Changes {
		s.flash(c, "flash.moved_on")
		to(c, "/support/addresses")
		return
	}
	fields := []field{{Name: "ranges", Type: "text", Required: true, Autocomplete: "off"}}
	if b.Source == 0 { // a use may become another; a source stays one
		fields = append(fields, field{Name: "kind", Type: "select", Required: true, Options: []option{
			{Value: filing.BlockOwnUse, Label: t.T("block_kind.own", nil)}, {Value: filing.BlockReserved, Label: t.T("block_kind.reserved", nil)},
		}})
	}
	kind := filing.BlockSource
	if b.Source == 0 {
		kind = filing.BlockOwnUse
	}
	data.form = build(t, "block", append(fields, blockFields(t, kind)...), v, problems)
	s.render(c, status, "address_block", page{Title: "addresses.change_title", Data: data})
}

// changeBlock queues a block's new values.
func (s *Server) changeBlock(c *gin.Context, b store.AddressBlock) {
	ctx, values := c.Request.Context(), posted(c)
	f := blockForm(values)
	if b.Source != 0 {
		f.Kind = filing.BlockSource
	} else if f.Kind == filing.BlockSource {
		f.Kind = ""
	}
	problems, err := s.blockProblems(ctx, b.AccountID, f, b.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(f.Ranges) > 1 {
		problems = append(problems, filing.Problem{Field: "ranges", Key: "one_range"})
	}
	if len(problems) > 0 {
		s.showBlock(c, b, values, problems)
		return
	}
	s.blockDone(c, b, "changed", "flash.block_changed", s.did(c, s.deed(c, "address.change", "address_block", idText(b.ID), ""), func(ctx context.Context) error {
		return s.cfg.Store.ChangeBlock(ctx, b.ID, blocksOf(f)[0], s.actor(c))
	}))
}

// removeBlock queues a block's removal.
func (s *Server) removeBlock(c *gin.Context, b store.AddressBlock) {
	s.blockDone(c, b, "removed", "flash.block_removed", s.did(c, s.deed(c, "address.remove", "address_block", idText(b.ID), ""), func(ctx context.Context) error {
		return s.cfg.Store.RemoveBlock(ctx, b.ID, s.actor(c))
	}))
}

func (s *Server) blockDone(c *gin.Context, b store.AddressBlock, what, flash string, err error) {
	switch {
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.cfg.Logger.Info("an address block was "+what, "block", b.ID, "account", b.AccountID, "actor", s.actor(c))
		s.flash(c, flash)
	}
	to(c, "/support/addresses")
}
