// Package deploycheck checks the deployment files against what reads them: Compose's own loader, the types of
// Kubernetes, and the product's settings. It is a module of its own, so that the product doesn't get its
// dependencies.
package deploycheck

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

const root = "../.."

// settings are the names in docs/settings.md, which one of the product's tests keeps true; secrets can also come
// from a file.
func settings(t *testing.T) (names []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs/settings.md"))
	require.NoError(t, err)
	for _, row := range regexp.MustCompile("(?m)^\\| `(BEIAN_[A-Z_]+)` \\|(.*)$").FindAllStringSubmatch(string(page), -1) {
		names = append(names, row[1])
		if strings.Contains(row[2], row[1]+"_FILE") {
			names = append(names, row[1]+"_FILE")
		}
	}
	require.Greater(t, len(names), 50)
	return names
}

// queues are the values of `beian worker --queues`.
var queues = []string{"filing", "message", "bureau", "website"}

// example are the variables of deploy/example.env, each with a value.
func example(t *testing.T) (list []string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(root, "deploy/example.env"))
	require.NoError(t, err)
	for _, line := range strings.Split(string(file), "\n") {
		name, value, found := strings.Cut(line, "=")
		if !found || strings.HasPrefix(line, "#") {
			continue
		}
		if value == "" {
			value = "filled-in"
		}
		list = append(list, name+"="+value)
	}
	return list
}

func compose(t *testing.T, environment []string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithName("beian"),
		cli.WithEnv(environment), cli.WithResolvedPaths(true))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

// Compose accepts the file with the example's variables, and refuses it without any of the required ones, so
// nothing secret has a default.
func TestComposeTakesTheFile(t *testing.T) {
	all := example(t)
	project, err := compose(t, all)
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	demanded := map[string]bool{}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+):\?`).FindAllStringSubmatch(string(source), -1) {
		demanded[m[1]] = true
	}
	for _, secret := range []string{"MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD", "TEMPORAL_DATABASE_PASSWORD",
		"GRAFANA_PASSWORD", "BEIAN_KEY_FILE", "BEIAN_ACCESS_MODE", "BEIAN_SERVER_PLACE",
		"BEIAN_BUREAU_PASSWORD_FILE", "BEIAN_MAIL_PASSWORD_FILE", "BEIAN_SMS_ACCESS_KEY_SECRET_FILE"} {
		require.True(t, demanded[secret], secret)
	}
	for name := range demanded {
		_, err := compose(t,
			slices.DeleteFunc(slices.Clone(all), func(v string) bool { return strings.HasPrefix(v, name+"=") }))
		require.ErrorContains(t, err, name)
	}
	known := settings(t)
	var taken []string
	for name, service := range project.Services {
		for variable := range service.Environment {
			if strings.HasPrefix(variable, "BEIAN_") && name != "proxy" { // the proxy's own variable is the site's name
				require.Contains(t, known, variable, "%s has a setting that there isn't", name)
			}
		}
		if slices.Contains(service.Command, "--queues") {
			taken = append(taken, service.Command[len(service.Command)-1])
		}
		ends := service.Restart != "" && strings.HasPrefix(service.Restart, "on-failure") // runs once
		require.True(t, ends || service.HealthCheck != nil, "%s has no health check", name)
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				_, err := os.Stat(volume.Source)
				require.NoError(t, err, "%s mounts what isn't there", name)
			}
		}
		for _, port := range service.Ports {
			require.True(t, name == "proxy" || port.HostIP == "127.0.0.1", "%s is open to the world", name)
		}
	}
	require.ElementsMatch(t, queues, taken, "a worker for each queue")
}

// Kubernetes' own types accept each manifest, without unknown fields.
func TestKubernetesTakesTheManifests(t *testing.T) {
	known := settings(t)
	files, err := filepath.Glob(filepath.Join(root, "deploy/kubernetes/*.yaml"))
	require.NoError(t, err)
	configs := map[string]corev1.ConfigMap{}
	pods := map[string]corev1.PodTemplateSpec{}
	var policies []networkingv1.NetworkPolicy
	images := map[string]string{}
	for _, path := range files {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			var kind struct {
				Kind string `json:"kind"`
			}
			require.NoError(t, strict.Unmarshal(document, &kind), path)
			read := func(into any) { require.NoError(t, strict.UnmarshalStrict(document, into), path) }
			switch kind.Kind {
			case "ConfigMap":
				var c corev1.ConfigMap
				read(&c)
				configs[c.Name] = c
			case "Deployment":
				var d appsv1.Deployment
				read(&d)
				require.Equal(t, d.Spec.Selector.MatchLabels, d.Spec.Template.Labels, d.Name)
				pods[d.Name] = d.Spec.Template
			case "Job":
				var j batchv1.Job
				read(&j)
				pods[j.Name] = j.Spec.Template
			case "Service":
				read(&corev1.Service{})
			case "PodDisruptionBudget":
				read(&policyv1.PodDisruptionBudget{})
			case "Ingress":
				read(&networkingv1.Ingress{})
			case "NetworkPolicy":
				var p networkingv1.NetworkPolicy
				read(&p)
				policies = append(policies, p)
			case "Kustomization":
				var k struct {
					Resources []string `json:"resources"`
					Images    []struct {
						Name   string `json:"name"`
						NewTag string `json:"newTag"`
					} `json:"images"`
				}
				require.NoError(t, strict.Unmarshal(document, &k))
				require.Len(t, k.Resources, len(files)-1, "every manifest is applied")
				for _, image := range k.Images {
					images[image.Name] = image.Name + ":" + image.NewTag
				}
			default:
				require.Fail(t, "unknown kind", "%s in %s", kind.Kind, path)
			}
		}
	}
	var taken []string
	require.Len(t, pods, len(queues)+2)
	for name, template := range pods {
		pod := template.Spec
		c := pod.Containers[0]
		requireLeastPod(t, name, pod, images)
		requireIsolatedPod(t, name, template, policies)
		if c.Name != "migrate" {
			require.NotNil(t, c.ReadinessProbe, name)
			require.NotNil(t, c.LivenessProbe, name)
		}
		if slices.Contains(c.Args, "--queues") {
			taken = append(taken, c.Args[len(c.Args)-1])
		}
		given := map[string]string{}
		for _, from := range c.EnvFrom {
			config, exists := configs[from.ConfigMapRef.Name]
			require.True(t, exists, from.ConfigMapRef.Name)
			for variable, value := range config.Data {
				given[variable] = value
			}
		}
		for _, variable := range c.Env {
			given[variable.Name] = variable.Value
		}
		if queue, is := strings.CutPrefix(name, "beian-worker-"); is {
			var secrets []string
			for _, volume := range pod.Volumes {
				if volume.Projected != nil {
					for _, source := range volume.Projected.Sources {
						secrets = append(secrets, source.Secret.Name)
					}
				}
			}
			require.ElementsMatch(t, append(kubernetesSecrets[queue], "beian-keys", "beian-database"), secrets, name)
			requireOwnSettings(t, queue, slices.Collect(maps.Keys(given)))
		}
		mounted := map[string]bool{}
		for _, volume := range pod.Volumes {
			if volume.Projected == nil {
				continue
			}
			for _, source := range volume.Projected.Sources {
				for _, item := range source.Secret.Items {
					mounted[c.VolumeMounts[0].MountPath+"/"+item.Path] = true
				}
			}
		}
		for variable, value := range given {
			require.Contains(t, known, variable, "%s has a setting that there isn't", name)
			if strings.HasSuffix(variable, "_FILE") {
				require.True(t, mounted[value], "%s: %s isn't mounted", name, value)
			}
		}
	}
	require.ElementsMatch(t, queues, taken, "a worker for each queue")
}

// What a worker of each queue has besides what every worker has: internal/app/queue_settings_test.go proves that it needs
// no more.
var (
	composeSecrets = map[string][]string{
		"filing": {}, "message": {"sms_access_key_id", "sms_access_key_secret", "mail_password"},
		"bureau": {"bureau_password"}, "website": {},
	}
	kubernetesSecrets = map[string][]string{
		"filing": {}, "message": {"beian-message"}, "bureau": {"beian-bureau"}, "website": {},
	}
	queueSettings = map[string]*regexp.Regexp{
		"filing":  regexp.MustCompile(`^$`),
		"message": regexp.MustCompile(`^BEIAN_(SMS_\w+|MAIL_\w+|STAFF_\w+|MESSAGE_LANGUAGE|PANEL_URL)$`),
		"bureau":  regexp.MustCompile(`^BEIAN_(BUREAU_\w+|EXCHANGE_EVERY|KEEP_\w+)$`),
		"website": regexp.MustCompile(`^BEIAN_(WEBSITE_\w+|FTP_\w+)$`),
	}
)

// requireOwnSettings fails if a worker has another queue's settings.
func requireOwnSettings(t *testing.T, queue string, given []string) {
	t.Helper()
	for _, setting := range given {
		for other, of := range queueSettings {
			require.False(t, other != queue && of.MatchString(setting), "the worker of %s has %s", queue, setting)
		}
	}
}

func TestComposeGivesWorkersTheirOwnSecrets(t *testing.T) {
	project, err := compose(t, example(t))
	require.NoError(t, err)
	for queue, want := range composeSecrets {
		service, exists := project.Services["worker-"+queue]
		require.True(t, exists, queue)
		var secrets []string
		for _, s := range service.Secrets {
			secrets = append(secrets, s.Source)
		}
		require.ElementsMatch(t, append(want, "keys"), secrets, queue)
		requireOwnSettings(t, queue, slices.Collect(maps.Keys(service.Environment)))
	}
}
