package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/app"
	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

type historyCommand struct {
	Show historyShowCommand `cmd:"" help:"Print the history of a filing's workflow with its payloads opened."`
}

type historyShowCommand struct {
	config.Base `embed:""`
	Ref         string `arg:"" help:"the order's number; ORDER/2 for its second filing"`
	RunID       string `help:"a run of the workflow; empty: the last one"`
	Reason      string `help:"why, for the audit log"`
}

// Help shows an example.
func (historyShowCommand) Help() string {
	return "The output is one JSON object a line, and holds what is sealed elsewhere: don't keep it in logs or tickets. Example: beian history show D20260001/2 --key-file keys.json | less"
}

// Run prints the history, after an audit entry.
func (c *historyShowCommand) Run(ctx context.Context) error {
	if err := config.LoadSecrets(&c.Base); err != nil {
		return err
	}
	p, closeAll, err := app.Connect(ctx, "beian-history", &c.Base)
	if err != nil {
		return err
	}
	defer closeAll()
	keys, err := c.Keys()
	if err != nil {
		return err
	}
	if _, err := p.Store.Audit(ctx, store.AuditEntry{By: commandLine, Action: "history.show", Kind: "filing",
		Object: c.Ref, Reason: c.Reason}); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "beian: what follows is sealed everywhere else. Don't keep it in logs, tickets or mails.")
	foreign, err := showHistory(ctx, os.Stdout, p.Temporal, keys, c.Ref, c.RunID)
	if missing := (*serviceerror.NotFound)(nil); errors.As(err, &missing) {
		return fmt.Errorf("no workflow of a filing %s is in Temporal: want an order's number, or ORDER/2 for its second filing",
			c.Ref)
	}
	if err == nil && foreign > 0 {
		fmt.Fprintf(os.Stderr, "beian: %d payloads aren't sealed with this key file; they are printed as they are\n", foreign)
	}
	return err
}

// showHistory prints a filing's events as JSON, one a line, and returns how many of their payloads can't be opened.
func showHistory(ctx context.Context, to io.Writer, temporal client.Client, keys *seal.Keys, ref, run string) (int,
	error) {
	all, reader := 0, history.NewReader(keys, workflows.FilingWorkflowID(ref), workflows.LocalActivities...)
	events := temporal.GetWorkflowHistory(ctx, workflows.FilingWorkflowID(ref), run, false,
		enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return all, err
		}
		foreign, err := reader.Reveal(ctx, event)
		if err != nil {
			return all, fmt.Errorf("event %d: %w", event.GetEventId(), err)
		}
		all += foreign
		line, err := history.JSON(event)
		if err != nil {
			return all, fmt.Errorf("event %d: %w", event.GetEventId(), err)
		}
		if _, err := fmt.Fprintf(to, "%s\n", line); err != nil {
			return all, err
		}
	}
	return all, nil
}
