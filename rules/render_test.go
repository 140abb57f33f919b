package rules

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRenderFile(t *testing.T) {
	t.Parallel()
	offset := 30 * time.Second
	g := group{
		Name: "web: all", Interval: 90 * time.Second, QueryOffset: &offset, Limit: 3, Labels: map[string]string{"team": "web"},
		Rules: []placedRule{
			{Rule: Rule{
				Alert: "Slow", Expr: "a\n  > b", For: 5 * time.Minute, KeepFiringFor: time.Hour,
				Labels:      map[string]string{"area": "web", "severity": "page", "zone": "1"},
				Annotations: map[string]string{"runbook_url": "https://example.org/#x", "description": "first\nsecond\n", "summary": "{{ $value }} is slow"},
			}},
			{Rule: Rule{Record: "job:up:sum", Expr: `sum by (job) (up{a="#"})`}},
		},
	}
	want := `groups:
  - name: 'web: all'
    interval: 1m30s
    query_offset: 30s
    limit: 3
    labels:
      team: web
    rules:
      - alert: Slow
        expr: |-
          a
            > b
        for: 5m
        keep_firing_for: 1h
        labels:
          severity: page
          area: web
          zone: "1"
        annotations:
          summary: '{{ $value }} is slow'
          description: |
            first
            second
          runbook_url: https://example.org/#x
      - record: job:up:sum
        expr: sum by (job) (up{a="#"})
`
	if diff := cmp.Diff(want, string(renderFile(g))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// hostileTexts are texts that YAML could take for something else.
var hostileTexts = []string{
	"", " ", "\n", "a\n", "\na", "a\n\n", " a\nb", "a\n b\n", "a\n\tb", "a \nb", "a\r\nb", "\r", "\t", "- a", "a: b", "a #b", "#", "'", `"`, "''", "\\", "{}", "[a", "*a", "&a", "!a", "%a", "@a", "`a`", "|", ">-", "?",
	"null", "~", "true", "yes", "on", "1", "0x1", "1e3", "1:30", "2020-01-01", ".inf", "=", "<<", "---", "...", "a\n---\nb", "a\n...\n",
	"x\ngroups:\n- name: y", "a\u2028b", "a\u0085b", "\ufeffa", "\u0000", "\u001b[31m", "\u202eabc", "日本語\nの説明", "🙂", "a\u00a0b\nc", "#\n#\n", "\n#", "  \n  ",
}

func TestRenderReadsBack(t *testing.T) {
	t.Parallel()
	for _, text := range hostileTexts {
		requireReadsBack(t, text, "up", "k", text)
		requireReadsBack(t, "n", text, text, "v")
	}
}

// FuzzRender holds that a rule reads back as it was written: no text makes another rule, key or value.
func FuzzRender(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add("name", text, "key", text)
		f.Add(text, "up", text, "value")
	}
	f.Fuzz(requireReadsBackFuzzed)
}

func requireReadsBackFuzzed(t *testing.T, name, expression, key, value string) {
	for _, s := range []string{name, expression, key, value} {
		if checkText("x", s) != nil {
			t.Skip("refused before it is written")
		}
	}
	requireReadsBack(t, name, expression, key, value)
}

func requireReadsBack(t *testing.T, name, expression, key, value string) {
	t.Helper()
	if name == "" {
		name = "n"
	}
	want := group{Name: name, Rules: []placedRule{{Rule: Rule{
		Alert: name, Expr: expression, Labels: map[string]string{key: value}, Annotations: map[string]string{key: value, "b": name},
	}}}}
	content := renderFile(want)
	d, err := readDocument(content)
	if err != nil {
		t.Fatalf("%q, %q, %q, %q: %v\n%s", name, expression, key, value, err, content)
	}
	got := d.readGroups()
	if len(got) != 1 || !sameGroup(got[0], want) {
		t.Errorf("%q, %q, %q, %q reads back as %+v\n%s", name, expression, key, value, got, content)
	}
}
