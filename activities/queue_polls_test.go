package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func (s *temporalStub) DescribeTaskQueue(_ context.Context, in *workflowservice.DescribeTaskQueueRequest,
	_ ...grpc.CallOption) (*workflowservice.DescribeTaskQueueResponse, error) {
	polls, there := s.polls[in.GetTaskQueue().GetName()]
	if !there || in.GetNamespace() != "default" || in.GetTaskQueueType() != enums.TASK_QUEUE_TYPE_ACTIVITY {
		return nil, errors.New("asked for something else")
	}
	answer := &workflowservice.DescribeTaskQueueResponse{}
	for _, at := range polls {
		answer.Pollers = append(answer.Pollers, &taskqueue.PollerInfo{LastAccessTime: timestamppb.New(at)})
	}
	return answer, nil
}

func TestQueuesWithoutWorkersAreFound(t *testing.T) {
	first := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	last := first.Add(time.Minute)
	server := &temporalStub{polls: map[string][]time.Time{"filing": {first, last, first}, "bureau": nil}}
	polls, err := activities.QueuePolls(t.Context(), server, "default", "filing", "bureau")
	require.NoError(t, err)
	require.Equal(t, []store.QueuePoll{{Queue: "filing", PolledAt: last}, {Queue: "bureau"}}, polls)
	_, err = activities.QueuePolls(t.Context(), server, "default", "message")
	require.ErrorContains(t, err, "message")
}

// One queue that can't be described doesn't hide broken code.
func TestTheSweepRecordsWhatItCan(t *testing.T) {
	s := testdb.New(t)
	server := crowdOf(t, 3, "filing/0001")
	server.reports = true
	sweep := &activities.Broken{Store: s, Finder: activities.NewBrokenFinder(server, "default"), Queues: []string{"filing"}}
	_, err := sweep.CheckBroken(t.Context())
	require.ErrorContains(t, err, "describing the queue filing")
	broken, err := s.BrokenExecutions(t.Context(), "", "", 0)
	require.NoError(t, err)
	require.Equal(t, []string{"filing/0001"}, brokenIDs(broken))

	at := s.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	server.polls = map[string][]time.Time{"filing": {at}}
	_, err = sweep.CheckBroken(t.Context())
	require.NoError(t, err)
	f, err := s.Figures(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, []store.QueuePoll{{Queue: "filing", PolledAt: at}}, f.Queues)
}
