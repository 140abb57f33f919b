package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wanted is how a fixture says which error it is to make.
var wanted = regexp.MustCompile(`(?m)^# want: (.*)$`)

func TestInvalidConfigurations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid-*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, m := range wanted.FindAllStringSubmatch(string(content), -1) {
				want = append(want, m[1])
			}
			_, err = parseConfig(filepath.Base(file), content)
			if err == nil {
				t.Fatal("the configuration was taken")
			}
			if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Error("the error tells a secret")
			}
		})
	}
}

const sample = "../../deploy/alertsmith/alertsmith.yml"

func TestSampleConfiguration(t *testing.T) {
	t.Parallel()
	cfg, err := loadConfig(sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Rulers) != 2 || cfg.Mattermost.URL == "" || cfg.Live.Timeout != 2*time.Minute {
		t.Errorf("the sample is not what it says: %+v", cfg)
	}
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range sections {
		for _, key := range yamlKeys(reflect.TypeOf(section)) {
			if !strings.Contains(string(content), key+":") {
				t.Errorf("%s does not show the key %s", sample, key)
			}
		}
	}
}

func TestEmptyConfigurationIsTheDefault(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "", "comment": "# nothing yet\n", "null": "rulers:\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := parseConfig("alertsmith.yml", []byte(content))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&config{}, cfg); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRelativePathsAreRelativeToTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "alertsmith.yml")
	content := `
rulers:
  - name: prometheus
    kind: prometheus
    url: http://127.0.0.1:9090
    rules_dir: rules
    http_config:
      basic_auth: {username: alertsmith, password_file: password}
mattermost:
  url: http://127.0.0.1:8065
  token_files: [tokens, /run/tokens]
  bot_token_file: bot
`
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	got := append([]string{cfg.Rulers[0].RulesDir, cfg.Rulers[0].HTTP.BasicAuth.PasswordFile, cfg.Mattermost.BotTokenFile}, cfg.Mattermost.TokenFiles...)
	want := []string{filepath.Join(dir, "rules"), filepath.Join(dir, "password"), filepath.Join(dir, "bot"), filepath.Join(dir, "tokens"), "/run/tokens"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
