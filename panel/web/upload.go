package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/picture"
)

// maxPapersBody limits one submission of the papers page: a dozen phone pictures.
const maxPapersBody = 100 << 20

// MaxParts limits the parts of a form.
const MaxParts = 100

// uploadTime is how long a slow phone may take.
const uploadTime = 10 * time.Minute

// maxDecoding limits concurrent decoding of pictures: each may take 250 MB.
const maxDecoding = 2

// PartError blames the sender for a form that breaks off.
func PartError(err error) error {
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return err
	}
	return ErrBadRequest
}

// Decode prepares a file's pictures; it limits how many files are decoded at once.
func (k *Kit) Decode(ctx context.Context, raw []byte, limits picture.Limits, most int) ([]picture.Prepared, error) {
	if err := k.decoding.acquire(ctx); err != nil {
		return nil, err
	}
	defer k.decoding.release()
	return picture.Prepare(raw, limits, most)
}

// maxPicture bounds a picture that only we look at, after it is encoded again, in bytes.
const maxPicture = 1 << 20

// Pictures encodes the pictures of a field's file, at most so many, or says what is wrong with it.
func (k *Kit) Pictures(ctx context.Context, field string, raw []byte, most int) ([][]byte, *filing.Problem, error) {
	pages, err := k.Decode(ctx, raw, picture.Limits{MaxBytes: maxPicture}, most)
	if key, ok := picture.KeyOf(err); ok {
		args := map[string]any{"long": 0, "short": 0, "mb": picture.MaxUpload >> 20, "max": most}
		return nil, &filing.Problem{Field: field, Key: key, Args: args}, nil
	}
	var pictures [][]byte
	for _, p := range pages {
		pictures = append(pictures, p.Content)
	}
	return pictures, nil, err
}

// maxUpload limits the body of a form with a file. It is far above any file's limit, so that a file that is too large
// gets an error page rather than a broken connection.
const maxUpload = 32 << 20

// bodyLimits are the limits of the forms that carry files.
var bodyLimits = map[string]int64{
	"/support/dossiers/:record/approved": maxUpload, registerPath: maxUpload,
	// the form that corrects one address of a contact
	"/support/filings/:number/contact/:channel": maxUpload,
	// the customers' forms of questions and complaints; a stranger's carries no file
	"/tickets/ask": maxUpload, "/tickets/complain": maxUpload, "/tickets/:id": maxUpload,
	"/support/tickets/:id/answer": maxUpload,
	// the papers page, and where its script sends a single picture
	"/orders/:number/filing/papers": maxPapersBody, "/orders/:number/filing/papers/picture": maxUpload,
}

// bodyLimit is how much of a request's body a route reads.
func bodyLimit(route string) int64 { return cmp.Or(bodyLimits[route], MaxBody) }

// postFormTexts reads the typed fields of a form whose files are discarded, and names the fields with files.
func postFormTexts(c *gin.Context) (values url.Values, files []string) {
	allowSlowUpload(c)
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return PostForm(c), nil
	}
	values = url.Values{}
	left := int64(MaxBody)
	for range MaxParts {
		part, err := parts.NextPart()
		if err != nil { // the end, or the form broke off: use what arrived
			break
		}
		name := part.FormName()
		if part.Header.Get("Content-Type") != "" { // browsers set it for files only
			if part.FileName() != "" && !slices.Contains(files, name) {
				files = append(files, name)
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, left))
		if err != nil {
			break
		}
		left -= int64(len(text))
		values.Add(name, Clean(name, string(text)))
	}
	return values, files
}

// allowSlowUpload gives a phone enough time to send pictures.
func allowSlowUpload(c *gin.Context) {
	if bodyLimit(PageRoute(c)) > MaxBody {
		// without a deadline to extend, there is none to cut the upload short
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime))
	}
}

// Drain reads a body to its end, within its limit: a browser that is still sending may show a broken connection instead
// of an early answer.
func Drain(c *gin.Context) {
	if c.Request.Body != nil {
		_, _ = io.Copy(io.Discard, c.Request.Body) // a failed read ends it just as well
	}
}

// Upload is a posted form with a file.
type Upload struct {
	Values url.Values
	// Name and File describe the file. File is nil if none was chosen, and one byte longer than the limit if it is too
	// big.
	Name string
	File []byte
}

// PostFormWithFile reads a form and the file of one field, of which it keeps at most one byte more than the limit.
func PostFormWithFile(c *gin.Context, field string, limit int64) (u Upload, err error) {
	u.Values = url.Values{}
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		u.Values = PostForm(c)
		return u, nil
	} else if err != nil {
		return u, err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return u, nil
		} else if err != nil {
			return u, err
		}
		bound := int64(MaxBody)
		if part.FormName() == field {
			bound = limit
		}
		content, err := io.ReadAll(io.LimitReader(part, bound+1))
		if err == nil {
			_, err = io.Copy(io.Discard, part)
		}
		if err != nil {
			return u, err
		}
		switch {
		case part.FormName() != field:
			u.Values.Add(part.FormName(), Clean(part.FormName(), string(content)))
		case part.FileName() != "":
			u.Name, u.File = part.FileName(), content
		}
	}
}
