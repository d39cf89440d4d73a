package worker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/worker"
	"github.com/beian/beian/workflows"
)

func TestLimitsAreRead(t *testing.T) {
	names := append([]string{worker.WorkflowTasks}, workflows.Queues...)
	l, err := worker.ParseLimits([]string{"message=20", " bureau=2", "workflows=400"}, true, names...)
	require.NoError(t, err)
	require.Equal(t, worker.Limits{"message": 20, "bureau": 2, "workflows": 400}, l)
	l, err = worker.ParseLimits([]string{"website=0.5"}, false, names...)
	require.NoError(t, err)
	require.Equal(t, worker.Limits{"website": 0.5}, l)
	for pair, want := range map[string]string{
		"message":     "want QUEUE=NUMBER",
		"message=":    "want QUEUE=NUMBER",
		"message=0":   "want QUEUE=NUMBER",
		"message=-1":  "want QUEUE=NUMBER",
		"message=NaN": "want QUEUE=NUMBER",
		"message=1.5": "want QUEUE=NUMBER",
		"mesage=2":    "unknown queue; want any of workflows, filing",
		"workflows=1": "want 2 at least",
	} {
		_, err := worker.ParseLimits([]string{pair}, true, names...)
		require.ErrorContains(t, err, want, pair)
	}
	_, err = worker.ParseLimits([]string{"message=1", "message=2"}, true, names...)
	require.ErrorContains(t, err, "twice")
}

func TestQueuesAreKnownBeforeAnythingStarts(t *testing.T) {
	all, err := worker.Queues(nil)
	require.NoError(t, err)
	require.Equal(t, workflows.Queues, all)
	_, err = worker.Queues([]string{"filing", "mesage"})
	require.ErrorContains(t, err, `unknown queue "mesage": want any of [filing message bureau website]`)
	_, err = worker.Queues([]string{"filing", "filing"})
	require.ErrorContains(t, err, "twice")
}
