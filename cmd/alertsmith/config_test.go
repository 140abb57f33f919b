package main

import (
	"encoding"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
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
}

// TestSampleOfNotify holds that the rules of the sample that stand behind # are ones, and that the one about working hours is of changes alone.
func TestSampleOfNotify(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	_, commented, _ := strings.Cut(string(content), "\nnotify: []\n")
	var notify []journal.NotifyRule
	if err := yaml.Unmarshal([]byte(regexp.MustCompile(`(?m)^#`).ReplaceAllString(commented, "")), &notify); err != nil {
		t.Fatal(err)
	}
	hours := false
	for _, rule := range notify {
		rule.Check(bot.ActionNames(), func(key, format string, args ...any) { t.Errorf(rule.Name+": "+key+": "+format, args...) })
		hours = hours || rule.Outside != nil && slices.Equal(rule.Filter, []string{"changed=yes"})
	}
	if !hours || len(notify) < 4 {
		t.Errorf("the rules are %+v", notify)
	}
}

// TestSampleShowsEveryKey holds that the sample names each key in the section of the file that it belongs to, and that sections lists every type of them.
func TestSampleShowsEveryKey(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[reflect.Type]bool{}
	for _, section := range sections {
		listed[reflect.TypeOf(section)] = true
	}
	shown := map[string]string{} // what stands below each key of the first level
	begins := regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatchIndex(string(content), -1)
	for i, at := range begins {
		end := len(content)
		if i+1 < len(begins) {
			end = begins[i+1][0]
		}
		shown[string(content[at[2]:at[3]])] = string(content[at[1]:end])
	}
	var look func(of reflect.Type, path, text string)
	look = func(of reflect.Type, path, text string) {
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		ours := strings.HasPrefix(of.PkgPath(), "github.com/alertsmith/") // a test's package main has its whole path
		if of.Kind() != reflect.Struct || !ours || reflect.PointerTo(of).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			return
		}
		if !listed[of] {
			t.Errorf("%s is not among sections, so that an unknown key there is not explained", of)
		}
		for field := range of.Fields() {
			key := field.Tag.Get("yaml")
			if below, first := shown[key]; first && path == "" {
				look(field.Type, key, below)
				continue
			}
			if key == "" || !regexp.MustCompile(`(?m)(^[ #-]+|[{,] ?)`+key+`:`).MatchString(text) {
				t.Errorf("%s does not show the key %s.%s", sample, path, key)
			}
			look(field.Type, path+"."+key, text)
		}
	}
	look(reflect.TypeFor[config](), "", "")
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
