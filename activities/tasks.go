package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beian/beian/internal/message"
)

// MailTasks mails staff the number of new tasks of each kind, once: the mail carries no personal data, the page
// does. It also starts pending alerts.
func (a *Message) MailTasks(ctx context.Context) error {
	return errors.Join(a.startPendingAlerts(ctx), a.mailTasks(ctx))
}

func (a *Message) mailTasks(ctx context.Context) error {
	newest, byKind, err := a.Store.PendingTaskMails(ctx)
	if err != nil || newest == 0 {
		return err
	}
	if a.StaffAddress != "" {
		var lines []string
		for kind, n := range byKind {
			lines = append(lines, fmt.Sprintf("%s: %d", kind, n))
		}
		slices.Sort(lines)
		// The key makes a repeated mail the same mail.
		if _, err := a.mail(ctx, fmt.Sprintf("tasks-%d", newest), a.StaffAddress, message.Tasks,
			map[string]string{"tasks": strings.Join(lines, "; ")}); err != nil {
			return messageFailed(err)
		}
	}
	return a.Store.TaskMailsSent(ctx, newest)
}
