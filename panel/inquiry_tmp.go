package panel

import (
	"context"
	"errors"

	"github.com/beian/beian/internal/filing"
)

var errNotAsked = errors.New("not asked")

const conditionDomain = 0

type passwordAnswer int

const (
	passwordNotKnown passwordAnswer = iota
	passwordWrong
	passwordTooMany
)

func (s *Server) bureauStatus(ctx context.Context, province string, condition int, value string) (filing.Status, error) {
	return filing.Status{}, errNotAsked
}

func (s *Server) passwordRight(ctx context.Context, filingID int64, number, password string) (passwordAnswer, error) {
	return passwordNotKnown, nil
}
