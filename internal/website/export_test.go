package website

import (
	"errors"
	"net/textproto"

	"github.com/pkg/sftp"
)

// ReplyReason is what an FTP server's reply at a step means.
func ReplyReason(step string, code int, text string) string {
	return reasonOf(problem(step, &textproto.Error{Code: code, Msg: text}))
}

// StatusReason is what an SFTP server's status at a step means.
func StatusReason(step string, code uint32, writing bool) string {
	var err error = &sftp.StatusError{Code: code}
	if writing {
		err = errors.Join(errWriting, err)
	}
	return reasonOf(problem(step, err))
}

func reasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// SystemOf is the system that generates a page with files next to it.
func SystemOf(page []byte, names []string) string { return systemOf(page, names) }
