package deploycheck

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	strict "sigs.k8s.io/yaml"
)

// metricsFile lists the metrics, with their labels, that the dashboard and the alerts read. It connects this test,
// which has PromQL's parser, with the end-to-end test, which looks for each metric in running processes.
const metricsFile = "deploy/metrics.tsv"

var update = flag.Bool("update", false, "write "+metricsFile)

// expression is a query of the dashboard or of an alert.
type expression struct {
	// where is the panel's title or the alert's name.
	where string
	text  string
}

// grafanaInterval is Grafana's own variable in a range; any range parses the same.
const grafanaInterval = "$__rate_interval"

// target lists labels that Prometheus adds when scraping, and le, which every histogram has.
var target = []string{"job", "instance", "le"}

// metrics parses the query and returns the metrics that it reads, each with the labels that it selects or groups
// by.
func (e expression) metrics() (map[string][]string, error) {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(strings.ReplaceAll(e.text, grafanaInterval, "5m"))
	if err != nil {
		return nil, err
	}
	metrics := map[string][]string{}
	parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
		s, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		labels := metrics[s.Name]
		for _, m := range s.LabelMatchers {
			labels = append(labels, m.Name)
		}
		for _, above := range path {
			if a, ok := above.(*parser.AggregateExpr); ok {
				labels = append(labels, a.Grouping...)
			}
		}
		metrics[s.Name] = slices.DeleteFunc(labels, func(label string) bool {
			return label == model.MetricNameLabel || slices.Contains(target, label)
		})
		return nil
	})
	return metrics, nil
}

func dashboard(t *testing.T) (list []expression) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "deploy/grafana/dashboards/beian.json"))
	require.NoError(t, err)
	var d struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(content, &d))
	seen := map[int]bool{}
	for _, p := range d.Panels {
		require.False(t, seen[p.ID], "two panels have the ID %d", p.ID)
		seen[p.ID] = true
		require.True(t, p.Type == "row" || len(p.Targets) > 0, "the panel %q asks for nothing", p.Title)
		for _, q := range p.Targets {
			list = append(list, expression{p.Title, q.Expr})
		}
	}
	return list
}

func alerts(t *testing.T) (list []expression) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "deploy/prometheus/alerts.yml"))
	require.NoError(t, err)
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
	require.NoError(t, strict.UnmarshalStrict(content, &f))
	for _, g := range f.Groups {
		for _, r := range g.Rules {
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			require.NotEmpty(t, r.Labels["severity"], r.Alert)
			list = append(list, expression{r.Alert, r.Expr})
		}
	}
	return list
}

// An end-to-end test checks that the metrics exist on a running panel and worker.
func TestEveryExpressionParses(t *testing.T) {
	list := append(dashboard(t), alerts(t)...)
	require.Greater(t, len(list), 40)
	labels := map[string]map[string]bool{}
	for _, e := range list {
		metrics, err := e.metrics()
		require.NoError(t, err, e.where)
		require.NotEmpty(t, metrics, e.where)
		for name, of := range metrics {
			if labels[name] == nil {
				labels[name] = map[string]bool{}
			}
			for _, label := range of {
				labels[name][label] = true
			}
		}
	}
	_, err := expression{"x", "sum by (a (b)"}.metrics()
	require.Error(t, err)

	var table strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		fields := append([]string{name}, slices.Sorted(maps.Keys(labels[name]))...)
		table.WriteString(strings.Join(fields, "\t") + "\n")
	}
	path := filepath.Join(root, metricsFile)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(table.String()), 0o644))
	}
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, table.String(), string(written), "run `go test -update` in tools/deploycheck")
}
