package expr

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestEntryThroughMerges holds that an entry is looked for where the YAML reader would find it.
func TestEntryThroughMerges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"its own":                    {`{k: own}`, "own"},
		"none":                       {`{a: &a {x: 1}, <<: *a}`, ""},
		"merged":                     {`{a: &a {k: merged}, <<: *a}`, "merged"},
		"merged in place":            {`{<<: {k: merged}}`, "merged"},
		"its own before a merge":     {`{k: own, a: &a {k: merged}, <<: *a}`, "own"},
		"its own after a merge":      {`{a: &a {k: merged}, <<: *a, k: own}`, "own"},
		"the first of several":       {`{a: &a {k: first}, b: &b {k: second}, <<: [*a, *b]}`, "first"},
		"the only one of several":    {`{a: &a {x: 1}, b: &b {k: second}, <<: [*a, *b]}`, "second"},
		"in place among several":     {`{a: &a {x: 1}, <<: [*a, {k: second}]}`, "second"},
		"a merge within a merge":     {`{a: &a {k: deep}, b: &b {<<: *a, x: 1}, <<: *b}`, "deep"},
		"a merge beats a deeper one": {`{a: &a {k: deep}, b: &b {<<: *a, k: near}, <<: *b}`, "near"},
		"depth first":                {`{a: &a {k: deep}, b: &b {<<: *a}, c: &c {k: next}, <<: [*b, *c]}`, "deep"},
		"the same one twice":         {`{a: &a {x: 1}, b: &b {<<: *a, k: v}, <<: [*a, *b, *a]}`, "v"},
		"in double quotes":           {`{a: &a {k: merged}, "<<": *a}`, ""},
		"in single quotes":           {`{a: &a {k: merged}, '<<': *a}`, ""},
		"tagged as a text":           {`{a: &a {k: merged}, !!str <<: *a}`, ""},
		"tagged as a merge":          {`{a: &a {k: merged}, !!merge <<: *a}`, "merged"},
		"another key with the tag":   {`{a: &a {k: merged}, !!merge x: *a}`, ""},
		"an alias as the value":      {`{a: &a aliased, k: *a}`, "aliased"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var read struct{ K string }
			if err := yaml.Unmarshal([]byte(c.content), &read); err != nil || read.K != c.want {
				t.Fatalf("the YAML reader finds %q, %v; want %q", read.K, err, c.want)
			}
			var document yaml.Node
			if err := yaml.Unmarshal([]byte(c.content), &document); err != nil {
				t.Fatal(err)
			}
			got := ""
			if v := value(document.Content[0], "k"); v != nil {
				got = v.Value
			}
			if got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// TestEntryOfAMergeWithItself holds that the search ends: the YAML reader refuses such a file, and the refusal has to be placed.
func TestEntryOfAMergeWithItself(t *testing.T) {
	t.Parallel()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte("&a {x: &x {<<: *a}, <<: [*a, *x], k: own}"), &document); err != nil {
		t.Fatal(err)
	}
	root := document.Content[0]
	if v := value(root, "k"); v == nil || v.Value != "own" {
		t.Errorf("its own key was not found: %v", v)
	}
	if v := value(root, "none"); v != nil {
		t.Errorf("a key that is not there was found: %v", v)
	}
}
