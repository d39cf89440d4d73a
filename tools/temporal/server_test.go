package main

import (
	"reflect"
	"strings"
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

func TestServicesListenWhereTheyAreTold(t *testing.T) {
	for list, want := range map[string]string{"1,2,3": "want 7 ports, not 3", "1,2,3,4,5,6,x": "BEIAN_TEMPORAL_PORTS"} {
		t.Setenv("BEIAN_TEMPORAL_PORTS", list)
		_, err := servicePorts()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", list, err, want)
		}
	}
	t.Setenv("BEIAN_TEMPORAL_PORTS", "11,12,13,14,15,16,17")
	conf, err := serverConfig(options{IP: "127.0.0.1", Port: 10}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := conf.Services["worker"].RPC; got.GRPCPort != 16 || got.MembershipPort != 17 {
		t.Errorf("the worker service listens at %d and %d", got.GRPCPort, got.MembershipPort)
	}
}
