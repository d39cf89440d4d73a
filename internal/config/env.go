package config

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"time"
)

// Environment turns groups of settings into the environment of another process.
func Environment(groups ...any) []string {
	var list []string
	for _, g := range groups {
		v := reflect.ValueOf(g)
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag
			// A zero value is one that nobody set, except where false switches off what is on by default.
			off := tag.Get("default") == "true"
			if name := tag.Get("env"); name != "" && (off || !v.Field(i).IsZero()) {
				list = append(list, name+"="+text(v.Field(i).Interface()))
			}
		}
	}
	return list
}

func text(value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ",")
	case map[string]string:
		var pairs []string
		for k, to := range v {
			pairs = append(pairs, k+"="+to)
		}
		sort.Strings(pairs)
		return strings.Join(pairs, ";")
	case time.Duration:
		return v.String()
	}
	return fmt.Sprint(value)
}
