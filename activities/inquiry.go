package activities

import (
	"context"
	"fmt"

	"github.com/beian/beian/internal/store"
)

// InquiryRef identifies an inquiry to a bureau.
type InquiryRef struct{ InquiryID int64 }

// Ask sends a stored inquiry to a bureau and stores the answer. An answered inquiry stays as it is. A password is
// asked for only once: the bureau limits the attempts, so if the answer is lost, nobody knows whether the password
// was right.
func (a *Bureau) Ask(ctx context.Context, r InquiryRef) error {
	q, err := a.Store.Inquiry(ctx, r.InquiryID)
	if err != nil || q.Answered {
		return purged(err)
	}
	account, known := a.Accounts[q.AccountID]
	if !known {
		return failed(ReasonNoAccount, fmt.Errorf("account %d is not in this worker's settings", q.AccountID), false, 0)
	}
	if q.Kind == store.InquiryPassword {
		return a.askPassword(ctx, account, q)
	}
	status, answer, err := account.Client.QueryStatus(ctx, q.ConditionType, q.Value)
	if err != nil {
		return unreachable(err)
	}
	return a.Store.AnswerStatus(ctx, q.ID, answer.Code, status)
}

func (a *Bureau) askPassword(ctx context.Context, account BureauAccount, q store.Inquiry) error {
	mine, err := a.Store.TryInquiry(ctx, q.ID)
	if err != nil || !mine {
		return err
	}
	right, answer, err := account.Client.VerifyPassword(ctx, q.Value, q.Password)
	if err != nil {
		return failed(ReasonUnreachable, err, true, 0)
	}
	return a.Store.AnswerPassword(ctx, q.ID, answer.Code, right)
}
