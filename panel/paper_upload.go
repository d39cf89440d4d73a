package panel

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
	"github.com/beian/beian/internal/store"
)

const (
	// papersRoute alone takes more than maxBody.
	papersRoute = "/orders/:number/filing/papers"
	// pictureSuffix is where the page's script sends one picture.
	pictureSuffix = "/picture"
	// maxPapersBody bounds one sending of the page of papers: a dozen phone pictures.
	maxPapersBody = 100 << 20
	// maxParts bounds the parts of a form.
	maxParts = 100
	// maxPartText bounds a text beside the pictures.
	maxPartText = 4 << 10
	// uploadTime is how long a slow phone may take.
	uploadTime = 10 * time.Minute
	// maxDecoding bounds how many pictures are decoded at once: each may take 250 MB.
	maxDecoding = 2
)

// uploadPapers keeps each picture that is right as it comes, so that a wrong one, or a
// lost connection, loses nothing but itself, and the numbers that were typed beside
// them, whatever became of the pictures.
func (s *Server) uploadPapers(c *gin.Context, cur current) {
	slowly(c)
	kind, ok := s.formOf(c, cur, formPapers)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	d, err := s.dossier(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	values, problems, err := s.takeParts(c, cur, s.neededPapers(d))
	kept := s.keepNumbers(ctx, cur, values, err != nil)
	var tooBig *http.MaxBytesError
	from := opened(c, values)
	shown := papersShown{status: http.StatusUnprocessableEntity, values: values, problems: problems}
	if errors.As(err, &tooBig) {
		shown.note, err = s.texts.For(s.lang(c)).T("papers.too_much", nil), nil
	}
	switch {
	case errors.Is(err, store.ErrConflict):
		s.moveOn(c, err, "")
		return
	case err != nil:
		s.fail(c, err)
		return
	case errors.Is(kept, store.ErrConflict):
		shown.status, shown.overtaken = http.StatusConflict, true
		s.showPapers(c, cur, shown)
		return
	case kept != nil:
		s.fail(c, kept)
		return
	case shown.note != "":
		s.showPapers(c, cur, shown)
		return
	}
	shown.check = values.Get("action") == "next"
	if shown.check && len(problems) == 0 {
		if d, err = s.dossier(ctx, cur); err == nil {
			problems, err = s.paperProblems(ctx, cur, d)
		}
	}
	switch {
	case err != nil:
		s.fail(c, err)
	case len(problems) > 0:
		s.showPapers(c, cur, shown)
	case shown.check:
		to(c, filingPath(c)+"/"+nextForm(kind, formPapers, from))
	default:
		s.flash(c, "flash.saved")
		to(c, withFrom(filingPath(c)+"/"+formPapers, from))
	}
}

// uploadPicture keeps what the page's script sends, one picture at a time, and
// answers with the page, of which the script shows the paper's part.
func (s *Server) uploadPicture(c *gin.Context, cur current) {
	slowly(c)
	if _, ok := s.formOf(c, cur, formPapers); !ok {
		return
	}
	d, err := s.dossier(c.Request.Context(), cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	_, problems, err := s.takeParts(c, cur, s.neededPapers(d))
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) { // the script sends no such file
		err = errBadRequest
	}
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	status := http.StatusOK
	if len(problems) > 0 {
		status = http.StatusUnprocessableEntity
	}
	s.showPapers(c, cur, papersShown{status: status, problems: problems})
}

// keepNumbers keeps what was typed beside the pictures. Of a form that broke off, what
// didn't arrive stays as it was, also when its sender is gone.
func (s *Server) keepNumbers(ctx context.Context, cur current, values url.Values, brokeOff bool) error {
	if brokeOff {
		ctx = context.WithoutCancel(ctx)
		before, err := s.draft(ctx, cur, formPapers)
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
	_, err := s.keepDraft(ctx, cur, formPapers, values)
	return err
}

// takeParts reads the form part by part: pictures never lie in a file of ours unsealed.
func (s *Server) takeParts(c *gin.Context, cur current, needed []filing.NeededPaper) (values url.Values, problems filing.Problems, err error) {
	values = url.Values{}
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) { // no file was there to send
		return posted(c), nil, nil
	} else if err != nil {
		return values, nil, errBadRequest
	}
	for range maxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, problems, nil
		} else if err != nil {
			return values, problems, partError(err)
		}
		name := part.FormName()
		i := slices.IndexFunc(needed, func(n filing.NeededPaper) bool { return n.Field() == name })
		if i < 0 {
			text, err := io.ReadAll(io.LimitReader(part, maxPartText))
			if err != nil {
				return values, problems, partError(err)
			}
			values.Add(name, string(text))
			continue
		}
		problem, err := s.takePicture(c.Request.Context(), cur, needed[i], part)
		if err != nil {
			return values, problems, err
		}
		if problem != nil {
			problems = append(problems, *problem)
		}
	}
	return values, problems, errBadRequest
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

// partError: a form that ends in the middle is the sender's.
func partError(err error) error {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return err
	}
	return errBadRequest
}

// takePicture keeps one picture, or tells what is wrong with it.
func (s *Server) takePicture(ctx context.Context, cur current, n filing.NeededPaper, part *multipart.Part) (*filing.Problem, error) {
	raw, err := io.ReadAll(io.LimitReader(part, picture.MaxUpload+1))
	if err != nil {
		return nil, partError(err)
	}
	if len(raw) == 0 && part.FileName() == "" { // a field that was left alone
		return nil, nil
	}
	pages, err := s.prepare(ctx, raw, n)
	if key, ok := picture.KeyOf(err); ok {
		return &filing.Problem{Field: n.Field(), Key: key, Args: map[string]any{"long": n.MinLong, "short": n.MinShort, "mb": picture.MaxUpload >> 20, "max": n.Max}}, nil
	} else if err != nil {
		return nil, err
	}
	for _, p := range pages {
		_, err = s.cfg.Store.AddPaper(ctx, store.NewPaper{
			FilingID: cur.Filing.ID, Key: n.Key, Item: n.Item, Format: s.tables(ctx).JPEGFormat(),
			Content: p.Content, Thumb: p.Thumb, Width: p.Width, Height: p.Height, Max: n.Max,
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
func (s *Server) prepare(ctx context.Context, raw []byte, n filing.NeededPaper) ([]picture.Prepared, error) {
	return s.decode(ctx, raw, picture.Limits{MaxBytes: n.MaxBytes(), MinLong: n.MinLong, MinShort: n.MinShort}, n.Max)
}

// decode makes a file's pictures fit, so many files at a time.
func (s *Server) decode(ctx context.Context, raw []byte, limits picture.Limits, most int) ([]picture.Prepared, error) {
	select {
	case s.decoding <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-s.decoding }()
	return picture.Prepare(raw, limits, most)
}
