package customer

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// maxPartText bounds a text beside the pictures.
const maxPartText = 4 << 10

// uploadPapers keeps each picture that is right as it comes, so that a wrong one, or a
// lost connection, loses nothing but itself, and the numbers that were typed beside
// them, whatever became of the pictures.
func (p *Pages) uploadPapers(c *gin.Context, cur dossierview.Current) error {
	web.AllowSlowUpload(c)
	kind, ok := p.formOf(c, cur, web.FormPapers)
	if !ok {
		return nil
	}
	ctx := c.Request.Context()
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return err
	}
	values, problems, err := p.takeParts(c, cur, p.NeededPapers(d))
	kept := p.saveNumbers(ctx, cur, values, err != nil)
	var tooBig *http.MaxBytesError
	from := web.ReturnTo(c, values)
	shown := papersShown{status: http.StatusUnprocessableEntity, values: values, problems: problems}
	if errors.As(err, &tooBig) {
		shown.note, err = p.Texts.For(p.Lang(c)).T("papers.too_much", nil), nil
	}
	switch {
	case errors.Is(err, store.ErrConflict):
		return p.FinishUpdate(c, err, "")
	case err != nil:
		return err
	case errors.Is(kept, store.ErrConflict):
		shown.status, shown.overtaken = http.StatusConflict, true
		return p.showPapers(c, cur, shown)
	case kept != nil:
		return kept
	case shown.note != "":
		return p.showPapers(c, cur, shown)
	}
	shown.showProblems = values.Get("action") == "next"
	if shown.showProblems && len(problems) == 0 {
		if d, err = p.Dossier(ctx, cur); err == nil {
			problems, err = p.PaperProblems(ctx, cur, d)
		}
	}
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return p.showPapers(c, cur, shown)
	case shown.showProblems:
		return web.Redirect(c, web.FilingPath(c)+"/"+nextForm(kind, web.FormPapers, from))
	default:
		p.Flash(c, "flash.saved")
		return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/"+web.FormPapers, from))
	}
}

// uploadPicture keeps what the page's script sends, one picture at a time, and
// answers with the page, of which the script shows the paper's part.
func (p *Pages) uploadPicture(c *gin.Context, cur dossierview.Current) error {
	web.AllowSlowUpload(c)
	if _, ok := p.formOf(c, cur, web.FormPapers); !ok {
		return nil
	}
	d, err := p.Dossier(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	_, problems, err := p.takeParts(c, cur, p.NeededPapers(d))
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) { // the script sends no such file
		err = web.ErrBadRequest
	}
	if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.showPapers(c, cur, papersShown{status: status, problems: problems})
}

// saveNumbers keeps what was typed beside the pictures. Of a form that broke off, what
// didn't arrive stays as it was, also when its sender is gone.
func (p *Pages) saveNumbers(ctx context.Context, cur dossierview.Current, values url.Values, brokeOff bool) error {
	if brokeOff {
		ctx = context.WithoutCancel(ctx)
		before, err := p.Draft(ctx, cur, web.FormPapers)
		if err != nil {
			return err
		}
		values = maps.Clone(values)
		for name, v := range before {
			if !values.Has(name) {
				values[name] = v
			}
		}
	}
	_, err := p.storeDraft(ctx, cur, web.FormPapers, values)
	return err
}

// takeParts reads the form part by part: pictures never lie in a file of ours unsealed.
func (p *Pages) takeParts(c *gin.Context, cur dossierview.Current, needed []filing.NeededPaper) (values url.Values, problems filing.Problems, err error) {
	values = url.Values{}
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) { // no file was there to send
		return web.PostForm(c), nil, nil
	} else if err != nil {
		return values, nil, web.ErrBadRequest
	}
	for range web.MaxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, problems, nil
		} else if err != nil {
			return values, problems, web.PartError(err)
		}
		name := part.FormName()
		i := slices.IndexFunc(needed, func(n filing.NeededPaper) bool { return n.Field() == name })
		if i < 0 {
			text, err := io.ReadAll(io.LimitReader(part, maxPartText))
			if err != nil {
				return values, problems, web.PartError(err)
			}
			values.Add(name, string(text))
			continue
		}
		problem, err := p.takePicture(c.Request.Context(), cur, needed[i], part)
		if err != nil {
			return values, problems, err
		}
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	return values, problems, web.ErrBadRequest
}

// onlyNumbers leaves out what the page doesn't ask for.
func onlyNumbers(values url.Values, needed []filing.NeededPaper) url.Values {
	kept := url.Values{}
	for _, n := range needed {
		if field := filing.ApprovalField(n.Item); n.Item != 0 && values.Has(field) {
			kept.Set(field, values.Get(field))
		}
	}
	return kept
}

// takePicture keeps one picture, or tells what is wrong with it.
func (p *Pages) takePicture(ctx context.Context, cur dossierview.Current, n filing.NeededPaper, part *multipart.Part) (*filing.Problem, error) {
	raw, err := io.ReadAll(io.LimitReader(part, picture.MaxUpload+1))
	if err != nil {
		return nil, web.PartError(err)
	}
	if len(raw) == 0 && part.FileName() == "" { // a field that was left alone
		return nil, nil
	}
	pages, err := p.prepare(ctx, raw, n)
	if key, ok := picture.KeyOf(err); ok {
		return &filing.Problem{Field: n.Field(), Key: key, Args: map[string]any{"long": n.MinLong, "short": n.MinShort, "mb": picture.MaxUpload >> 20, "max": n.Max}}, nil
	} else if err != nil {
		return nil, err
	}
	for _, prepared := range pages {
		_, err = p.Store.AddPaper(ctx, store.NewPaper{
			FilingID: cur.Filing.ID, Key: n.Key, Item: n.Item, Format: p.Tables(ctx).JPEGFormat(),
			Content: prepared.Content, Thumb: prepared.Thumb, Width: prepared.Width, Height: prepared.Height, Max: n.Max,
		})
		if errors.Is(err, store.ErrTooManyPapers) {
			return &filing.Problem{Field: n.Field(), Key: "paper_too_many", Args: map[string]any{"max": n.Max}}, nil
		} else if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// prepare makes a paper's pictures fit.
func (p *Pages) prepare(ctx context.Context, raw []byte, n filing.NeededPaper) ([]picture.Prepared, error) {
	return p.Decode(ctx, raw, picture.Limits{MaxBytes: n.MaxBytes(), MinLong: n.MinLong, MinShort: n.MinShort}, n.Max)
}
