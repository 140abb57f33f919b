package journal

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlainLinesKeepTheIndentation(t *testing.T) {
	t.Parallel()
	want := []string{"@@ -1 +1,2 @@", " groups:", "-  - name: a", "+      for: 5m", "+    tab and reversed"}
	if diff := cmp.Diff(want, plainLines("@@ -1 +1,2 @@\n groups:\n-  - name: a\r\n+      for: 5m\n+\ttab and \u202ereversed\x1b\n")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
