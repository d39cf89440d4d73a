package deploycheck

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// pinned matches an image with its whole version.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z]+)?(@sha256:[0-9a-f]{64})?$`)

const (
	servers   = `temporal-(frontend|history|matching|system)`
	processes = `panel|worker-\w+`
)

// needed lists the capabilities that a service doesn't start without.
var needed = map[string][]string{"proxy": {"NET_BIND_SERVICE"}}

// members lists who may be in a network, and so reach its other members.
var members = map[string]*regexp.Regexp{
	"edge":       regexp.MustCompile(`^(proxy|panel)$`),
	"database":   regexp.MustCompile(`^(mysql|migrate|temporal-schema|` + servers + `|` + processes + `)$`),
	"temporal":   regexp.MustCompile(`^(temporal-namespace|temporal-ui|` + servers + `|` + processes + `)$`),
	"monitoring": regexp.MustCompile(`^(prometheus|grafana|` + servers + `|` + processes + `)$`),
	"outside":    regexp.MustCompile(`^worker-(message|bureau|website)$`),
	"local":      regexp.MustCompile(`^(temporal-ui|prometheus|grafana)$`),
}

func TestComposeGivesServicesTheLeast(t *testing.T) {
	project, err := compose(t, example(t))
	require.NoError(t, err)
	require.ElementsMatch(t, slices.Collect(maps.Keys(members)), slices.Collect(maps.Keys(project.Networks)))
	for _, network := range []string{"database", "temporal", "monitoring"} {
		require.True(t, project.Networks[network].Internal, "%s leads outside", network)
	}
	for name, service := range project.Services {
		require.NoError(t, least(name, service))
		for variable, value := range service.Environment {
			require.False(t, variable == "MYSQL_ROOT_PASSWORD" && name != "mysql", name)
			require.False(t, variable == "MYSQL_USER" && *value == "root", "%s is the database's root", name)
		}
	}

	// Each rule is noticed when it is broken.
	for what, breaks := range map[string]func(*types.ServiceConfig){
		"read_only":         func(s *types.ServiceConfig) { s.ReadOnly = false },
		"cap_drop":          func(s *types.ServiceConfig) { s.CapDrop = nil },
		"cap_add":           func(s *types.ServiceConfig) { s.CapAdd = []string{"SYS_ADMIN"} },
		"no-new-privileges": func(s *types.ServiceConfig) { s.SecurityOpt = nil },
		"privileged":        func(s *types.ServiceConfig) { s.Privileged = true },
		"mem_limit":         func(s *types.ServiceConfig) { s.MemLimit = 0 },
		"pids_limit":        func(s *types.ServiceConfig) { s.PidsLimit = 0 },
		"image":             func(s *types.ServiceConfig) { s.Build, s.Image = nil, "mysql:latest" },
		"no network":        func(s *types.ServiceConfig) { s.Networks = nil },
		"another's network": func(s *types.ServiceConfig) {
			s.Networks = map[string]*types.ServiceNetworkConfig{"local": nil}
		},
	} {
		service := project.Services["panel"]
		breaks(&service)
		require.Error(t, least("panel", service), what)
	}
}

// least says which of the rules a service of Compose breaks.
func least(name string, s types.ServiceConfig) error {
	var broken []string
	check := func(holds bool, rule string) {
		if !holds {
			broken = append(broken, rule)
		}
	}
	check(s.ReadOnly, "read_only")
	check(slices.Equal(s.CapDrop, []string{"ALL"}), "cap_drop: [ALL]")
	check(slices.Equal(s.CapAdd, needed[name]), "no more cap_add than needed")
	check(slices.Contains(s.SecurityOpt, "no-new-privileges:true"), "no-new-privileges")
	check(!s.Privileged, "not privileged")
	check(s.MemLimit > 0, "mem_limit")
	check(s.PidsLimit > 0, "pids_limit")
	check(s.Build != nil || pinned.MatchString(s.Image), "an image pinned by version")
	check(s.NetworkMode == "" && len(s.Networks) > 0, "networks")
	for network := range s.Networks {
		may, exists := members[network]
		check(exists && may.MatchString(name), "not in the network "+network)
	}
	if broken == nil {
		return nil
	}
	return errors.New(name + ": want " + strings.Join(broken, ", "))
}

func TestDockerfilePinsItsImages(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	require.NoError(t, err)
	images := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, images)
	for _, image := range images {
		require.True(t, image[1] == "scratch" || pinned.MatchString(image[1]), image[1])
	}
	require.Regexp(t, `(?m)^USER 65532:65532$`, string(content))
}

// The build context holds every file that the binary is built from, and no secret wherever it lies.
func TestSecretsStayOutOfTheBuildContext(t *testing.T) {
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	require.NoError(t, err)
	require.Equal(t, "*", patterns[0], "a list of what enters, not of what doesn't")
	matcher, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	excluded := func(path string) bool {
		out, err := matcher.MatchesOrParentMatches(path)
		require.NoError(t, err)
		return out
	}
	for _, secret := range []string{".env", ".env.production", "production.env", "secrets/keys.json",
		"secrets/mail_password", "keys.json", "tls.key", "beian.sql", "password.txt", "dsn", ".git/config",
		".beian/bin/beian", "deploy/example.env",
		"internal/.env", "panel/.env.local", "worker/secrets/keys.json", "internal/config/keys.json", "panel/tls.key",
		"workflows/client.pem", "schema/client.p12", "workflows/testdata/histories/keys.json"} {
		require.True(t, excluded(secret), "%s enters the build context", secret)
	}

	list := exec.Command("go", "list", "-deps", "-tags", "nomsgpack", "-json=Dir,GoFiles,EmbedFiles,Module", ".")
	list.Dir = root
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	output, err := list.Output()
	require.NoError(t, err)
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	count := 0
	for packages := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p struct {
			Dir                 string
			GoFiles, EmbedFiles []string
			Module              *struct{ Main bool }
		}
		if err := packages.Decode(&p); errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if p.Module == nil || !p.Module.Main {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.EmbedFiles) {
			path, err := filepath.Rel(top, filepath.Join(p.Dir, name))
			require.NoError(t, err)
			require.False(t, excluded(path), "the build needs %s", path)
			count++
		}
	}
	require.Greater(t, count, 300)
	for _, path := range []string{"go.mod", "go.sum", ".git/HEAD", ".git/objects/00/1"} {
		require.False(t, excluded(path), "the build needs %s", path)
	}
}

// requireLeastPod holds a pod to the restricted profile of Kubernetes' Pod Security Standards, and more.
func requireLeastPod(t *testing.T, name string, pod corev1.PodSpec, images map[string]string) {
	t.Helper()
	require.False(t, *pod.AutomountServiceAccountToken, name)
	require.True(t, *pod.SecurityContext.RunAsNonRoot, name)
	require.EqualValues(t, 65532, *pod.SecurityContext.RunAsUser, name)
	require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type, name)
	require.False(t, pod.HostNetwork || pod.HostPID || pod.HostIPC, name)
	for _, v := range pod.Volumes {
		require.Nil(t, v.HostPath, name)
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		require.NotNil(t, c.SecurityContext, name)
		require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, name)
		require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, name)
		require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, name)
		require.Empty(t, c.SecurityContext.Capabilities.Add, name)
		require.NotZero(t, c.Resources.Limits.Memory().MilliValue(), name)
		require.NotZero(t, c.Resources.Limits.Cpu().MilliValue(), name)
		image := c.Image
		if tagged, exists := images[image]; exists {
			image = tagged
		}
		require.Regexp(t, pinned, image, name)
	}
}

// requireIsolatedPod holds a pod to what the network policies should allow it.
func requireIsolatedPod(t *testing.T, name string, pod corev1.PodTemplateSpec, policies []networkingv1.NetworkPolicy) {
	t.Helper()
	component := pod.Labels["app.kubernetes.io/component"]
	var denied bool
	var accepts []string
	var public, database, temporal bool
	for _, p := range policies {
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		require.NoError(t, err)
		if !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		denied = denied || selector.Empty() && len(p.Spec.PolicyTypes) == 2 && p.Spec.Ingress == nil && p.Spec.Egress == nil
		for _, rule := range p.Spec.Ingress {
			require.NotEmpty(t, rule.From, "%s admits everybody", p.Name)
			require.NotEmpty(t, rule.Ports, "%s opens every port", p.Name)
			for _, from := range rule.From {
				require.NotEmpty(t, from.NamespaceSelector.MatchLabels, p.Name)
			}
			for _, port := range rule.Ports {
				accepts = append(accepts, port.Port.String())
			}
		}
		for _, rule := range p.Spec.Egress {
			require.NotEmpty(t, rule.To, "%s leads everywhere", p.Name)
			for _, port := range rule.Ports {
				database = database || port.Port.IntValue() == 3306
				temporal = temporal || port.Port.IntValue() == 7233
			}
			for _, to := range rule.To {
				if to.IPBlock != nil && strings.HasSuffix(to.IPBlock.CIDR, "/0") {
					public = true
					requirePublicOnly(t, p.Name, to.IPBlock)
				}
			}
		}
	}
	require.True(t, denied, "%s: nothing is denied by default", name)
	want := []string{"metrics"}
	if component == "panel" {
		want = []string{"http", "metrics"}
	}
	slices.Sort(accepts)
	require.Equal(t, want, accepts, name)
	require.True(t, database, "%s doesn't reach the database", name)
	require.Equal(t, component != "migrate", temporal, "%s and Temporal", name)
	speaks := []string{"worker-message", "worker-bureau", "worker-website"}
	require.Equal(t, slices.Contains(speaks, component), public, "%s and the world outside", name)
}

// requirePublicOnly keeps a rule for the whole internet from leading to the cluster or to a cloud's metadata.
func requirePublicOnly(t *testing.T, policy string, block *networkingv1.IPBlock) {
	t.Helper()
	all := netip.MustParsePrefix(block.CIDR)
	for _, private := range []string{"10.1.2.3", "100.100.100.200", "127.0.0.1", "169.254.169.254", "172.16.0.1",
		"192.168.0.1", "::1", "fd00::1", "fe80::1"} {
		address := netip.MustParseAddr(private)
		reached := all.Contains(address) && !slices.ContainsFunc(block.Except, func(except string) bool {
			return netip.MustParsePrefix(except).Contains(address)
		})
		require.False(t, reached, "%s leads to %s", policy, private)
	}
}

// Caddy runs no active health checks on upstreams that it finds by DNS: they would only look like a safeguard.
func TestProxyChecksPanelsPassively(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "deploy/caddy/Caddyfile"))
	require.NoError(t, err)
	require.Regexp(t, `(?m)^\s*dynamic a`, string(content))
	require.NotRegexp(t, `(?m)^\s*health_`, string(content))
	require.Regexp(t, `(?m)^\s*fail_duration`, string(content))
	require.NotRegexp(t, `(?m)^\s*unhealthy_status`, string(content))
}
