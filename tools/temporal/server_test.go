package main

import (
	"reflect"
	"testing"

	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
)

// The server must see the numbers that it is given, not its defaults.
func TestDynamicNumbersReachTheServer(t *testing.T) {
	values, err := dynamicValues([]string{
		"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2", "limit.maxIDLength=77",
		"frontend.persistenceMaxQPS=1.5", "frontend.enableCancelWorkerPollsOnShutdown=true",
		`system.forceSearchAttributesCacheRefreshOnRead={"a":[1,2.5,"x"]}`,
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute": 2, "limit.maxIDLength": 77,
		"frontend.persistenceMaxQPS": 1.5, "frontend.enableCancelWorkerPollsOnShutdown": true,
		"system.forceSearchAttributesCacheRefreshOnRead": map[string]any{"a": []any{1, 2.5, "x"}},
	} {
		if got := values[dynamicconfig.MakeKey(key)]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v (%T), want %v (%T)", key, got, got, want, want)
		}
	}
	collection := dynamicconfig.NewCollection(values, log.NewNoopLogger())
	if got := dynamicconfig.MaxIDLengthLimit.Get(collection)(); got != 77 {
		t.Errorf("the server reads %d, want 77", got)
	}
	if _, err := dynamicValues([]string{"no value"}); err == nil {
		t.Error("a value without = is taken")
	}
}
