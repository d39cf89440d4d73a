package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/beian/beian/internal/store"
)

// QueuePolls asks Temporal when workers last polled task queues for activities; a zero time: nobody does. Temporal
// remembers a poller for five minutes.
func QueuePolls(ctx context.Context, service workflowservice.WorkflowServiceClient, namespace string,
	queues ...string) ([]store.QueuePoll, error) {
	var list []store.QueuePoll
	for _, queue := range queues {
		answer, err := service.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: namespace,
			TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: enums.TASK_QUEUE_TYPE_ACTIVITY})
		if err != nil {
			return nil, fmt.Errorf("describing the queue %s: %w", queue, err)
		}
		var last time.Time
		for _, p := range answer.GetPollers() {
			if at := p.GetLastAccessTime().AsTime(); at.After(last) {
				last = at
			}
		}
		list = append(list, store.QueuePoll{Queue: queue, PolledAt: last})
	}
	return list, nil
}
