// Package deploytest reads what deploy/ gives to Prometheus and Grafana, for
// tests that hold it against the metrics that there are.
package deploytest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// Expression is a query of the dashboard or of an alert.
type Expression struct {
	// Where is the panel's title or the alert's name.
	Where string
	Text  string
}

// grafanaInterval is Grafana's own variable in a range; any range parses alike.
const grafanaInterval = "$__rate_interval"

// Expressions lists all of them.
func Expressions() ([]Expression, error) {
	dashboard, err := fromDashboard()
	if err != nil {
		return nil, fmt.Errorf("the dashboard: %w", err)
	}
	alerts, err := fromAlerts()
	if err != nil {
		return nil, fmt.Errorf("the alerts: %w", err)
	}
	return append(dashboard, alerts...), nil
}

// target are labels that Prometheus adds to what it scrapes, and le, which is of
// every histogram.
var target = []string{"job", "instance", "le"}

// Metrics parses the query and names the metrics that it reads, each with the
// labels that it chooses or groups by.
func (e Expression) Metrics() (map[string][]string, error) {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(strings.ReplaceAll(e.Text, grafanaInterval, "5m"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Where, err)
	}
	metrics := map[string][]string{}
	parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
		s, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		asked := metrics[s.Name]
		for _, m := range s.LabelMatchers {
			asked = append(asked, m.Name)
		}
		for _, above := range path {
			if a, ok := above.(*parser.AggregateExpr); ok {
				asked = append(asked, a.Grouping...)
			}
		}
		metrics[s.Name] = slices.DeleteFunc(asked, func(label string) bool {
			return label == model.MetricNameLabel || slices.Contains(target, label)
		})
		return nil
	})
	return metrics, nil
}

// file is one below deploy/.
func file(parts ...string) ([]byte, error) {
	_, here, _, _ := runtime.Caller(0)
	return os.ReadFile(filepath.Join(append([]string{filepath.Dir(filepath.Dir(here))}, parts...)...))
}

func fromDashboard() (list []Expression, err error) {
	content, err := file("grafana", "dashboards", "beian.json")
	if err != nil {
		return nil, err
	}
	var d struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	for _, p := range d.Panels {
		if seen[p.ID] {
			return nil, fmt.Errorf("two panels have the ID %d", p.ID)
		}
		seen[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			return nil, fmt.Errorf("the panel %q asks for nothing", p.Title)
		}
		for _, t := range p.Targets {
			list = append(list, Expression{Where: p.Title, Text: t.Expr})
		}
	}
	return list, nil
}

func fromAlerts() (list []Expression, err error) {
	content, err := file("prometheus", "alerts.yml")
	if err != nil {
		return nil, err
	}
	var f struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert       string
				Expr        string
				For         string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(content, &f, yaml.Strict()); err != nil {
		return nil, err
	}
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			if r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
				return nil, fmt.Errorf("%s lacks a summary or a severity", r.Alert)
			}
			list = append(list, Expression{Where: r.Alert, Text: r.Expr})
		}
	}
	return list, nil
}
