package ruler

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// BenchmarkPublish publishes one changed file, and an unchanged tree, among few and among many files of ten rules each.
func BenchmarkPublish(b *testing.B) {
	for _, n := range []int{10, 1000} {
		dir := b.TempDir()
		live, err := openLiveDir(filepath.Join(dir, "live"), rules.FlatLayout, filepath.Join(dir, "published.json"), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		files := make([]rules.RuleFile, n)
		for i := range files {
			files[i] = rules.RuleFile{Path: fmt.Sprintf("ns%02d/f%03d.yaml", i/10, i), ID: fmt.Sprint(i), Content: fmt.Appendf(nil, "%02000d", i)}
		}
		publish := func(b *testing.B, changed int) {
			b.Helper()
			published, err := live.publish(b.Context(), files)
			if err != nil || len(published.Changed) != changed {
				b.Fatalf("%d of %d files changed, %v", len(published.Changed), changed, err)
			}
		}
		publish(b, n)
		b.Run(fmt.Sprintf("one of %d", n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				files[0].ID, files[0].Content = fmt.Sprint("changed", i), fmt.Appendf(nil, "changed %d %d", i, b.N)
				publish(b, 1)
			}
		})
		b.Run(fmt.Sprintf("none of %d", n), func(b *testing.B) {
			for b.Loop() {
				publish(b, 0)
			}
		})
	}
}
