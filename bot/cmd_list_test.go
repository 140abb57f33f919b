package bot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestNamesHaveOneBlockForEachNamespace holds that for an adopted directory as well, whose own files stand between those of the ones below it.
func TestNamesHaveOneBlockForEachNamespace(t *testing.T) {
	t.Parallel()
	var entries []rules.Entry
	for _, path := range []string{"a.yml", "ops/mine.yaml", "sp.yml", "sub/b.yaml"} {
		entries = append(entries, rules.Entry{Ref: rules.Ref{Ruler: "prometheus", Path: path}})
	}
	entries[1].Held = true
	got := names(entries, func(r rules.Ref) string { return r.Path }, func(rules.Ref) bool { return false })
	want := []string{"**prometheus** (2): `a.yml`, `sp.yml`", "**prometheus/ops** (1): `ops/mine.yaml` (held)", "**prometheus/sub** (1): `sub/b.yaml`"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
