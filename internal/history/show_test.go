package history_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
)

func failedEvent(failure *failurepb.Failure) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventId: 7, Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
		ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{Failure: failure}}}
}

// Operators who hold the key read payloads and failures; without it, they stay sealed.
func TestHistoriesAreOpenedForOperators(t *testing.T) {
	keys := newKeys(t)
	options := history.Options(keys)
	started := func() *historypb.HistoryEvent {
		input, err := options.DataConverter.ToPayloads(message{"support:wang"})
		require.NoError(t, err)
		return &historypb.HistoryEvent{EventId: 1, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input}}}
	}
	failed := func() *historypb.HistoryEvent {
		return failedEvent(options.FailureConverter.ErrorToFailure(
			temporal.NewApplicationErrorWithCause("the mail server refuses", "operator", errors.New("5.7.1 policy"))))
	}
	text := func(keys *seal.Keys, event *historypb.HistoryEvent, foreign int) string {
		got, err := history.NewReader(keys, "filing/D1").Reveal(t.Context(), event)
		require.NoError(t, err)
		require.Equal(t, foreign, got)
		line, err := history.JSON(event)
		require.NoError(t, err)
		return string(line)
	}
	require.Contains(t, text(keys, started(), 0), "support:wang")
	require.Contains(t, text(keys, failed(), 0), "the mail server refuses")
	require.Contains(t, text(keys, failed(), 0), "5.7.1 policy", "the cause as well")
	other := newKeys(t)
	require.NotContains(t, text(other, started(), 1), "support:wang")
	require.NotContains(t, text(other, failed(), 2), "refuses")
}

// What an activity said is opened by the name that its scheduling has, and only in its own workflow.
func TestPayloadsOfActivitiesAreOpened(t *testing.T) {
	keys := newKeys(t)
	plain, err := converter.GetDefaultDataConverter().ToPayloads(message{"support:wang"})
	require.NoError(t, err)
	bound, err := history.Codec{Keys: keys}.WithSerializationContext(converter.ActivitySerializationContext{
		WorkflowID: "filing/D1", ActivityType: "SendCode"}).Encode(plain.GetPayloads())
	require.NoError(t, err)
	for workflow, foreign := range map[string]int{"filing/D1": 0, "filing/D2": 1} {
		reader := history.NewReader(keys, workflow)
		for _, event := range []*historypb.HistoryEvent{
			{EventId: 5, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
				ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
					ActivityType: &commonpb.ActivityType{Name: "SendCode"}, Input: &commonpb.Payloads{Payloads: bound}}}},
			{EventId: 7, Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
				ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
					Result: &commonpb.Payloads{Payloads: bound}}}},
		} {
			got, err := reader.Reveal(t.Context(), event)
			require.NoError(t, err)
			require.Equal(t, foreign, got, event.GetEventId())
		}
	}
}
