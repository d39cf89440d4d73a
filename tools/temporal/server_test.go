package main

import (
	"reflect"
	"testing"
)

func TestDynamicConfigTakesWholeNumbersAsInts(t *testing.T) {
	values, err := dynamicValues([]string{"history.maxTotalUpdates=2000", "history.x=0.5", `history.y={"a":[1]}`,
		"history.z=true"})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]any{}
	for key, value := range values {
		found[key.String()] = value
	}
	want := map[string]any{"history.maxtotalupdates": 2000, "history.x": 0.5, "history.y": map[string]any{"a": []any{1}},
		"history.z": true}
	if !reflect.DeepEqual(found, want) {
		t.Fatalf("%#v, want %#v", found, want)
	}
}
