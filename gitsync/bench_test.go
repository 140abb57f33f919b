package gitsync

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// benchFile is a rule file with ten rules, as it is after its nth change.
func benchFile(i, n int) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "groups:\n  - name: g%d\n    rules:\n", i)
	for r := range 10 {
		fmt.Fprintf(&b, "      - alert: Rule%dx%d\n        expr: rate(http_requests_total{job=\"svc%d\",code=~\"5..\"}[5m]) > %d\n        for: 5m\n        labels:\n          severity: warning\n", i, r, i, n)
	}
	return []byte(b.String())
}

// benchPath returns where the ith of 1,000 files is, in one of 100 directories.
func benchPath(i int) string {
	return fmt.Sprintf("prometheus/ns%d/file%d.yaml", i%100, i%1000)
}

// benchBook returns a rulebook of 10,000 rules in 1,000 files in 100 directories: the one that GITSYNC_BENCH_REPO names, which is changed,
// or a new one.
func benchBook(b *testing.B) *Rulebook {
	b.Helper()
	dir := os.Getenv("GITSYNC_BENCH_REPO")
	if dir == "" {
		dir = filepath.Join(b.TempDir(), "rulebook.git")
	}
	r, err := Open(b.Context(), Options{Dir: dir, Committer: service, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Close() })
	if head, err := r.Head(b.Context()); err != nil || head.Revision() == "" {
		files := map[string][]byte{}
		for i := range 1000 {
			files[benchPath(i)] = benchFile(i, 0)
		}
		update(b, r, files)
	}
	var keeping sync.WaitGroup
	b.Cleanup(keeping.Wait)
	keeping.Go(func() { r.KeepHouse(b.Context()) })
	return r
}

// BenchmarkCommit is the durable commit of one change, a rule file and the journal's page: by us, alone and from 16 clients, and by
// `git add` and `git commit` in a worktree with core.fsync=all.
func BenchmarkCommit(b *testing.B) {
	stamp := time.Now().UnixNano()
	page := []byte(strings.Repeat("## change\n\nResult: success\n", 200))
	files := func(i int) map[string][]byte {
		return map[string][]byte{benchPath(i): benchFile(i, int(stamp)+i), "journal/2026/11/2026-11-21.md": fmt.Appendf(slices.Clip(page), "entry %d of %d\n", i, stamp)}
	}
	b.Run("alone", func(b *testing.B) {
		r := benchBook(b)
		for i := 0; b.Loop(); i++ {
			update(b, r, files(i))
		}
	})
	b.Run("from 16 clients", func(b *testing.B) {
		r := benchBook(b)
		var clients sync.WaitGroup
		next := make(chan int)
		for range 16 {
			clients.Go(func() {
				for i := range next {
					update(b, r, files(i))
				}
			})
		}
		for i := 0; b.Loop(); i++ {
			next <- 100_000 + i
		}
		close(next)
		clients.Wait()
	})
	b.Run("git", func(b *testing.B) {
		work := outsider(b, benchBook(b).dir)
		runGit(b, work, "config", "core.fsync", "all")
		runGit(b, work, "config", "gc.auto", "0")
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			for path, content := range files(200_000 + i) {
				write(b, work, path, content)
			}
			b.StartTimer()
			runGit(b, work, "add", ".")
			runGit(b, work, "commit", "-q", "-m", "change")
		}
	})
}

// BenchmarkReindex is what an object costs that is looked for in a fresh index, with as many packs as there are.
func BenchmarkReindex(b *testing.B) {
	r := benchBook(b)
	head, err := r.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := r.objects.refresh(); err != nil {
			b.Fatal(err)
		}
		if _, err := r.At(b.Context(), head.Revision()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(r.house.packs.Load()), "packs")
}
