package panel

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
)

// maxUpload bounds the body of a form with a file. It is far above what any file
// may have, so that a wrong one is answered with a page that says so instead of a
// connection that breaks.
const maxUpload = 32 << 20

// uploadRoutes are the forms that carry a file.
var uploadRoutes = map[string]bool{"/support/dossiers/:record/approved": true, registerPath: true}

// bodyLimit is how much of a request's body is read on a route.
func bodyLimit(route string) int64 {
	switch {
	case uploadRoutes[route]:
		return maxUpload
	case route == papersRoute:
		return maxPapersBody
	}
	return maxBody
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
