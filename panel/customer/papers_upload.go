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
	"github.com/beian/beian/panel/web"
)

// maxPartText bounds a text field of the upload.
const maxPartText = 4 << 10

// uploadPapers saves each valid picture as it arrives, so that an invalid one or a lost connection
// costs nothing but itself, and then the numbers of approvals, whatever became of the pictures.
func (p *Pages) uploadPapers(c *gin.Context, cur Current, blank filing.Dossier) error {
	ctx := c.Request.Context()
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return err
	}
	values, problems, err := p.takeParts(c, cur, d)
	saved := p.saveNumbers(ctx, cur, values, err != nil)
	var tooBig *http.MaxBytesError
	returnTo := web.ReturnTo(c, values)
	shown := shownForm{blank: blank, values: values, problems: problems}
	if errors.As(err, &tooBig) {
		shown.note, err = p.Texts.For(p.Lang(c)).T("papers.too_much", nil), nil
	}
	switch {
	case errors.Is(err, store.ErrConflict):
		return p.FinishUpdate(c, err, "")
	case err != nil:
		return err
	case errors.Is(saved, store.ErrConflict):
		shown.overtaken = true
		return p.showPapers(c, cur, shown)
	case saved != nil:
		return saved
	case shown.note != "":
		return p.showPapers(c, cur, shown)
	}
	shown.check = values.Get("action") == "next"
	if shown.check && len(problems) == 0 {
		if d, err = p.Dossier(ctx, cur); err == nil {
			problems, err = p.PaperProblems(c, cur, d)
		}
	}
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return p.showPapers(c, cur, shown)
	case shown.check:
		return web.Redirect(c, web.FilingPath(c)+"/"+nextForm(d, web.FormPapers, returnTo))
	default:
		p.Flash(c, "flash.saved")
		return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/"+web.FormPapers, returnTo))
	}
}

// uploadPicture saves one picture, which the page's script sends, and answers with the whole page. The
// script shows the paper's part of it.
func (p *Pages) uploadPicture(c *gin.Context, cur Current, blank filing.Dossier) error {
	d, err := p.Dossier(c.Request.Context(), cur)
	if err != nil {
		return err
	}
	_, problems, err := p.takeParts(c, cur, d)
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) { // the script sends no such file
		err = web.ErrBadRequest
	}
	if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	return p.showPapers(c, cur, shownForm{blank: blank, problems: problems})
}

// saveNumbers saves the numbers of approvals. If the upload broke off, numbers that didn't arrive keep
// their saved values; they are saved even if the client is gone.
func (p *Pages) saveNumbers(ctx context.Context, cur Current, values url.Values, brokeOff bool) error {
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

// takeParts reads the form part by part: a picture is never in a temporary file, unsealed.
func (p *Pages) takeParts(
	c *gin.Context, cur Current, d filing.Dossier,
) (values url.Values, problems filing.Problems, err error) {
	values = url.Values{}
	needed := p.NeededPapers(d)
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) { // there was no file to send
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
			values.Add(name, web.Clean(name, string(text)))
			continue
		}
		problem, err := p.takePicture(c.Request.Context(), uploadedFor{cur, d, needed[i]}, part)
		if err != nil {
			return values, problems, err
		}
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	return values, problems, web.ErrBadRequest
}

// onlyNumbers are the numbers of approvals that the page asks for.
func onlyNumbers(values url.Values, needed []filing.NeededPaper) url.Values {
	kept := url.Values{}
	for _, n := range needed {
		if field := filing.ApprovalField(n.Item); n.Item != 0 && values.Has(field) {
			kept.Set(field, values.Get(field))
		}
	}
	return kept
}

// uploadedFor is what a picture is uploaded for: a paper of a dossier.
type uploadedFor struct {
	Current
	dossier filing.Dossier
	filing.NeededPaper
}

// takePicture saves the pictures of one file, or tells what is wrong with it.
func (p *Pages) takePicture(ctx context.Context, n uploadedFor, part *multipart.Part) (*filing.Problem, error) {
	raw, err := io.ReadAll(io.LimitReader(part, picture.MaxUpload+1))
	if err != nil {
		return nil, web.PartError(err)
	}
	if len(raw) == 0 && part.FileName() == "" { // no file was chosen
		return nil, nil
	}
	limits := picture.Limits{MaxBytes: n.MaxBytes(), MinLong: n.MinLong, MinShort: n.MinShort}
	pages, err := p.Decode(ctx, raw, limits, n.Max)
	if key, ok := picture.KeyOf(err); ok {
		args := map[string]any{"long": n.MinLong, "short": n.MinShort, "mb": maxMB, "max": n.Max}
		return &filing.Problem{Field: n.Field(), Key: key, Args: args}, nil
	} else if err != nil {
		return nil, err
	}
	var states *store.Statement
	if n.Print != "" {
		now, err := p.States(ctx, n.Current, n.dossier, n.Print)
		if err != nil {
			return nil, err
		}
		states = &now
	}
	for _, prepared := range pages {
		_, err = p.Store.AddPaper(ctx, store.NewPaper{
			FilingID: n.Filing.ID, States: states, Key: n.Key, Item: n.Item, Format: p.Tables(ctx).JPEGFormat(),
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
