package app

import (
	"fmt"
	"slices"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

// ofQueue are the groups of settings that a queue's activities work with, besides those of every worker. A worker has
// only those of its queues: one that talks to strangers' sites holds no secret of the bureau, SMS or mail.
func (s *Settings) ofQueue(queue string) []any {
	switch queue {
	case workflows.QueueFiling:
		return []any{&s.Provider}
	case workflows.QueueMessage:
		return []any{&s.SMS, &s.Mail, &s.Staff}
	case workflows.QueueBureau:
		return []any{&s.Bureau}
	case workflows.QueueWebsite:
		return []any{&s.Provider, &s.Website}
	}
	return nil
}

// serves reports whether a worker with these settings takes a queue's tasks.
func (s *Settings) serves(queue string) bool {
	return len(s.Worker.Queues) == 0 || slices.Contains(s.Worker.Queues, queue)
}

// LoadWorkerSecrets reads the secrets that a worker needs for its queues, and no others.
func (s *Settings) LoadWorkerSecrets() error {
	queues, err := worker.Queues(s.Worker.Queues)
	if err != nil {
		return fmt.Errorf("BEIAN_QUEUES: %w", err)
	}
	groups := []any{&s.Base, &s.Worker, &s.Status}
	for _, queue := range queues {
		for _, group := range s.ofQueue(queue) {
			if !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return config.LoadSecrets(groups...)
}
