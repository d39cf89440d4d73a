package panel

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
)

// maxUpload bounds the body of a form with a file. It is far above what any file
// may have, so that a wrong one is answered with a page that says so instead of a
// connection that breaks.
const maxUpload = 32 << 20

// uploadRoutes are the forms that carry a file.
var uploadRoutes = map[string]bool{"/support/dossiers/:record/approved": true, registerPath: true, correctionRoute: true}

// bodyLimit is how much of a request's body is read on a route.
func bodyLimit(route string) int64 {
	switch {
	case uploadRoutes[route]:
		return maxUpload
	case route == papersRoute:
		return maxPapersBody
	case route == papersRoute+pictureSuffix:
		return maxUpload
	}
	return maxBody
}

// postedTexts reads what was typed of a form whose files nobody takes, and names the
// fields that carry one.
func postedTexts(c *gin.Context) (values url.Values, files []string) {
	slowly(c)
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return posted(c), nil
	}
	values = url.Values{}
	left := int64(maxBody)
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil { // the end, or a form that breaks off: what came counts
			break
		}
		name := part.FormName()
		if part.Header.Get("Content-Type") != "" { // browsers give files one, and fields none
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
		values.Add(name, string(text))
	}
	return values, files
}

// slowly gives a phone the time that it needs to send pictures.
func slowly(c *gin.Context) {
	if bodyLimit(c.FullPath()) > maxBody {
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadTime)) // where there is none to set, none ends it
	}
}

// drain reads a body to its end, within its limit: a browser that is still sending
// may show a broken connection instead of an answer that comes early.
func drain(c *gin.Context) {
	if c.Request.Body != nil {
		_, _ = io.Copy(io.Discard, c.Request.Body) // what can't be read needn't be
	}
}

// upload is a posted form with a file.
type upload struct {
	values url.Values
	// name and file are the file's; file is nil where none was chosen, and longer
	// than it may be, by one byte, where it is too big.
	name string
	file []byte
}

// postedWithFile reads a form as it was typed, with the file of one field, of
// which it keeps at most one byte more than the limit.
func postedWithFile(c *gin.Context, field string, limit int64) (u upload, err error) {
	u.values = url.Values{}
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		u.values = posted(c)
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
		bound := int64(maxBody)
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
			u.values.Add(part.FormName(), string(content))
		case part.FileName() != "":
			u.name, u.file = part.FileName(), content
		}
	}
}
