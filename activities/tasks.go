package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// The kinds of tasks for staff: keys of the locale files below "task_kind.".
const (
	// TaskStopped: an account's exchange stopped until it is mended.
	TaskStopped = "stopped"
	// TaskResynchronised: the bureau was ahead of the database.
	TaskResynchronised = "resynchronised"
	// TaskUnreadable: a file came down that can't be read.
	TaskUnreadable = "unreadable"
	// TaskUnknownRecord: a result names a record that isn't ours.
	TaskUnknownRecord = "unknown_record"
	// TaskUnknownCode: a result code that the interface doesn't list.
	TaskUnknownCode = "unknown_code"
	// TaskProviderActs: a refusal that the provider must mend. The store makes it where
	// a record is refused here, before it travels.
	TaskProviderActs = "provider_acts"
	// TaskEnded: the bureau deregistered a holder or site.
	TaskEnded = "ended"
	// TaskUnfiledSite and TaskIllegalAccess: sites that shouldn't run.
	TaskUnfiledSite   = "unfiled_site"
	TaskIllegalAccess = "illegal_access"
	// TaskVerify: a filing that the provider must verify.
	TaskVerify = "verify"
	// TaskAnswerRefused: what staff answered to such a task was refused.
	TaskAnswerRefused = store.TaskKindAnswerRefused
	// TaskCheck: the bureau's own checks found something.
	TaskCheck = "check"
	// TaskNotice: the bureau asks for a correction.
	TaskNotice = "notice"
	// TaskAddresses: a reported address block was refused.
	TaskAddresses = "addresses"
	// TaskHandIn: dossiers wait to be handed in by hand. One for an account,
	// until none waits; the store makes it with the record.
	TaskHandIn = "hand_in"
)

// TaskKinds lists them.
var TaskKinds = []string{
	TaskAnswerRefused,
	TaskStopped, TaskResynchronised, TaskUnreadable, TaskUnknownRecord, TaskUnknownCode, TaskProviderActs, TaskEnded,
	TaskUnfiledSite, TaskIllegalAccess, TaskVerify, TaskCheck, TaskNotice, TaskAddresses, TaskHandIn,
}

// TellOfTasks mails staff how many tasks of each kind are new, once: the mail
// carries no personal data, the page does. Troubles that nobody was told of yet are.
func (a *Message) TellOfTasks(ctx context.Context) error {
	return errors.Join(a.startUntold(ctx), a.mailTasks(ctx))
}

func (a *Message) mailTasks(ctx context.Context) error {
	newest, byKind, err := a.Store.UntoldTasks(ctx)
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
		if _, err := a.mail(ctx, fmt.Sprintf("tasks-%d", newest), a.StaffAddress, message.Tasks, map[string]string{"tasks": strings.Join(lines, "; ")}); err != nil {
			return messageFailed(err)
		}
	}
	return a.Store.TasksTold(ctx, newest)
}
