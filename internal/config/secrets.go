package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// LoadSecrets fills the fields that no flag sets (kong:"-") from the environment or the file that NAME_FILE names,
// in every group of settings. It reports everything that is missing at once.
func LoadSecrets(groups ...any) error {
	var missing []error
	for _, g := range groups {
		v := reflect.ValueOf(g).Elem()
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name := f.Tag.Get("env")
			if name == "" {
				continue
			}
			if f.Tag.Get("secret") != "" {
				value, err := secret(name)
				if err != nil {
					return err
				}
				v.Field(i).SetString(value)
			}
			if f.Tag.Get("required") != "" && v.Field(i).IsZero() {
				missing = append(missing, fmt.Errorf("%s is not set: %s", name, f.Tag.Get("help")))
			}
		}
	}
	return errors.Join(missing...)
}

func secret(name string) (string, error) {
	if path := os.Getenv(name + "_FILE"); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("%s_FILE: %w", name, err)
		}
		return strings.TrimSpace(string(raw)), nil
	}
	return os.Getenv(name), nil
}
