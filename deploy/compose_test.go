package deploy_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/deploy/local"
)

const composeFile = "compose/compose.yml"

// composition is what these tests look at of a compose file.
type composition struct {
	Services map[string]service `yaml:"services"`
	Volumes  map[string]any     `yaml:"volumes"`
}

type service struct {
	Image       string   `yaml:"image"`
	Ports       []string `yaml:"ports"`
	Volumes     []string `yaml:"volumes"`
	EnvFile     []string `yaml:"env_file"`
	DependsOn   any      `yaml:"depends_on"`
	Privileged  bool     `yaml:"privileged"`
	NetworkMode string   `yaml:"network_mode"`
	PID         string   `yaml:"pid"`
}

// mount is one entry of a service's volumes.
type mount struct {
	source, target string
}

func (s service) mounts() []mount {
	var all []mount
	for _, text := range s.Volumes {
		text = strings.Replace(text, "${LOG_DIR:-./logs}", "./logs", 1)
		parts := strings.Split(text, ":")
		all = append(all, mount{parts[0], parts[1]})
	}
	return all
}

// target returns where the service sees the volume; "" when it does not.
func (s service) target(volume string) string {
	for _, m := range s.mounts() {
		if m.source == volume {
			return m.target
		}
	}
	return ""
}

func readComposition(t *testing.T) composition {
	t.Helper()
	var c composition
	readYAML(t, composeFile, &c)
	if len(c.Services) == 0 {
		t.Fatalf("%s has no services", composeFile)
	}
	return c
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestComposeHasEveryProgram(t *testing.T) {
	t.Parallel()
	want := []string{"alertmanager", "alertsmith", "alloy", "blackbox_exporter", "grafana", "loki", "mattermost", "node_exporter", "postgres", "prometheus"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(readComposition(t).Services))); diff != "" {
		t.Error(diff)
	}
}

// What a configuration calls a program by must be the name of a service, at a port where that is published.
func TestConfigurationsNameServicesThatExist(t *testing.T) {
	t.Parallel()
	services := readComposition(t).Services
	address := regexp.MustCompile(`\b([a-z][a-z_-]*):([0-9]{4,5})\b`)
	for _, file := range []string{
		"prometheus/prometheus.yml",
		"loki/loki.yml",
		"grafana/provisioning/datasources/datasources.yml",
		"alloy/config.alloy",
		"alertsmith/alertsmith.yml",
	} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		found := address.FindAllStringSubmatch(string(content), -1)
		if len(found) == 0 {
			t.Errorf("%s names no service at all: is the expression of this test still right?", file)
		}
		for _, match := range found {
			s, ok := services[match[1]]
			if !ok {
				t.Errorf("%s names %s, which is no service", file, match[0])
			} else if len(s.Ports) > 0 && !slices.ContainsFunc(s.Ports, func(port string) bool { return strings.HasSuffix(port, ":"+match[2]) }) {
				t.Errorf("%s names %s; the service publishes %v", file, match[0], s.Ports)
			}
		}
	}
}

func TestComposeMountsFilesThatExist(t *testing.T) {
	t.Parallel()
	secrets := makeSecrets(t)
	c := readComposition(t)
	used := map[string]bool{}
	for name, s := range c.Services {
		sources := slices.Clone(s.EnvFile)
		for _, m := range s.mounts() {
			sources = append(sources, m.source)
		}
		for _, source := range sources {
			path := filepath.Join("compose", source)
			switch secret, isSecret := strings.CutPrefix(source, "./secrets/"); {
			case isSecret:
				path = filepath.Join(secrets, secret)
			case source == "/" && name == "node_exporter": // the host, which it looks at
				path = "/"
			case !strings.Contains(source, "/"):
				used[source] = true
				if _, declared := c.Volumes[source]; !declared {
					t.Errorf("%s: the volume %s is not declared", name, source)
				}
				continue
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for volume := range c.Volumes {
		if !used[volume] {
			t.Errorf("nobody uses the volume %s", volume)
		}
	}
}

// makeSecrets runs secrets.sh in a directory of its own and returns where the secrets are.
func makeSecrets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	script, err := os.ReadFile("compose/secrets.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secrets.sh"), script, 0o755); err != nil {
		t.Fatal(err)
	}
	secrets := filepath.Join(dir, "secrets")
	if err := os.Mkdir(secrets, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "sh", filepath.Join(dir, "secrets.sh"))
	return secrets
}

func TestSecretsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	secrets := makeSecrets(t)
	before := readTree(t, secrets)
	if password := before["postgres-password"]; len(password) < 24 || !strings.Contains(before["mattermost.env"], ":"+password+"@") {
		t.Errorf("Mattermost's database address does not hold PostgreSQL's password of %d characters", len(password))
	}
	run(t, "sh", filepath.Join(filepath.Dir(secrets), "secrets.sh"))
	if diff := cmp.Diff(before, readTree(t, secrets)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(secrets); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory of the secrets: %v, %v; want mode 0700", info.Mode(), err)
	}
}

func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestComposeIsPinnedAndClosed(t *testing.T) {
	t.Parallel()
	services := readComposition(t).Services
	pinned := regexp.MustCompile(`^(docker\.io/[a-z0-9/_-]+|localhost/alertsmith):v?[0-9]+\.[0-9]+[a-z0-9.-]*$`)
	for name, s := range services {
		if !pinned.MatchString(s.Image) {
			t.Errorf("%s: the image %q is not a full name with a version", name, s.Image)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s: the port %s is open to other machines", name, port)
			}
		}
		if s.Privileged || s.NetworkMode != "" || s.PID != "" {
			t.Errorf("%s asks for more of the host than a container needs", name)
		}
		if slices.ContainsFunc(s.mounts(), func(m mount) bool { return strings.HasSuffix(m.source, ".sock") }) {
			t.Errorf("%s mounts a socket of the host: that works with one engine only, and hands it the host", name)
		}
		for _, needed := range dependencies(t, s) {
			if _, ok := services[needed]; !ok {
				t.Errorf("%s depends on %s, which is no service", name, needed)
			}
		}
	}
}

func dependencies(t *testing.T, s service) []string {
	t.Helper()
	var names []string
	switch d := s.DependsOn.(type) {
	case nil:
	case []any:
		for _, name := range d {
			names = append(names, name.(string))
		}
	case map[string]any:
		names = slices.Collect(maps.Keys(d))
	default:
		t.Fatalf("depends_on is a %T", d)
	}
	return names
}

// Alertsmith must write where the rulers read.
func TestRulesDirectoriesAreShared(t *testing.T) {
	t.Parallel()
	services := readComposition(t).Services
	var prometheus struct {
		RuleFiles []string `yaml:"rule_files"`
	}
	readYAML(t, "prometheus/prometheus.yml", &prometheus)
	var loki struct {
		RulerStorage struct {
			Local struct {
				Directory string `yaml:"directory"`
			} `yaml:"local"`
		} `yaml:"ruler_storage"`
	}
	readYAML(t, "loki/loki.yml", &loki)
	var alertsmith struct {
		Rulers []struct {
			Name     string `yaml:"name"`
			RulesDir string `yaml:"rules_dir"`
		} `yaml:"rulers"`
	}
	readYAML(t, "alertsmith/alertsmith.yml", &alertsmith)

	rulesDir := map[string]string{}
	for _, r := range alertsmith.Rulers {
		rulesDir[r.Name] = r.RulesDir
	}
	for _, file := range prometheus.RuleFiles {
		if got, want := filepath.Dir(file), services["prometheus"].target("prometheus-rules"); got != want {
			t.Errorf("Prometheus reads rules in %s, and the shared volume is at %s", got, want)
		}
	}
	if got, want := rulesDir["prometheus"], services["alertsmith"].target("prometheus-rules"); got != want {
		t.Errorf("Alertsmith writes Prometheus's rules to %s, and the shared volume is at %s", got, want)
	}
	if got, want := loki.RulerStorage.Local.Directory, services["loki"].target("loki-rules"); got != want {
		t.Errorf("Loki reads rules in %s, and the shared volume is at %s", got, want)
	}
	if got, want := rulesDir["loki"], services["alertsmith"].target("loki-rules")+"/"+local.Tenant; got != want {
		t.Errorf("Alertsmith writes Loki's rules to %s, and the tenant's directory is %s", got, want)
	}
}

// What the example of a sink writes must be what the log collector reads, as the job that the rules and the dashboard ask for.
func TestJournalLinesAreCollected(t *testing.T) {
	t.Parallel()
	services := readComposition(t).Services
	alertsmith, collector := readFile(t, "alertsmith/alertsmith.yml"), readFile(t, "alloy/config.alloy")
	example := regexp.MustCompile(`(?m)^#    file: (\S+)$`).FindStringSubmatch(alertsmith)
	if example == nil {
		t.Fatal("the configuration has no example of a file for lines")
	}
	if got, want := filepath.Dir(example[1]), services["alertsmith"].target("alertsmith-log"); got != want {
		t.Errorf("Alertsmith writes lines in %s, and the shared volume is at %s", got, want)
	}
	if read := fmt.Sprintf(`"%s/*.log"`, services["alloy"].target("alertsmith-log")); !strings.Contains(collector, read) {
		t.Errorf("the log collector does not read %s", read)
	}
	job := strings.TrimSuffix(filepath.Base(example[1]), ".log")
	for _, file := range []string{"alertsmith-loki-rules.yaml", "grafana-dashboard.json"} {
		if content := strings.ReplaceAll(readFile(t, file), `\"`, `"`); !strings.Contains(content, fmt.Sprintf("{job=%q}", job)) {
			t.Errorf("%s does not ask for the job %s", file, job)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestProgramsAcceptTheirConfigurations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		program string
		args    []string
	}{
		{"promtool", []string{"check", "config", "prometheus/prometheus.yml"}},
		{"amtool", []string{"check-config", "alertmanager/alertmanager.yml"}},
		{"loki", []string{"-verify-config", "-config.file=loki/loki.yml"}},
	} {
		t.Run(test.program, func(t *testing.T) {
			t.Parallel()
			path, err := local.Find(test.program)
			if err != nil && os.Getenv("CI") != "" {
				t.Fatal(err)
			} else if err != nil {
				t.Skip("NOT CHECKED:", err)
			}
			run(t, path, test.args...)
		})
	}
}

func run(t *testing.T, program string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, output.String())
	}
}
