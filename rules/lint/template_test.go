package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestActions holds that a template is looked at as a whole where it is cut to its actions.
func TestActions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{{ $labels.job }}", "a {{ $labels.job }} b", "é\n{{- $labels.job -}}\n b {{ $value }} c", "}} {{ $value }} }", "{{ $labels.job }} b {{ $value", "a {{ $value", "{{/* }} */}} {{ $value }}",
		"a {{ if $value }}b{{ end }} c {{ query `x}}` }}",
	} {
		from, to := actions(text)
		cut := mentions(text[from:to])
		for i := range cut {
			cut[i].offset += from
		}
		if diff := cmp.Diff(mentions(text), cut, cmp.AllowUnexported(mention{})); diff != "" {
			t.Errorf("%q is cut to %q (-whole +cut):\n%s", text, text[from:to], diff)
		}
	}
}
