package gitsync

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

func FuzzPatch(f *testing.F) {
	f.Add([]byte(""), []byte(""))
	f.Add([]byte("a page"), []byte("a page with one more entry"))
	f.Add([]byte("a directory of files"), []byte("a directory with files"))
	f.Add([]byte("aaa"), []byte("aaaaa"))
	f.Add([]byte("aaaaa"), []byte("aaa"))
	f.Add(bytes.Repeat([]byte("x"), 3*maxCopied+1), append(bytes.Repeat([]byte("x"), 3*maxCopied), "y"...))
	f.Add([]byte("x"), bytes.Repeat([]byte("y"), 3*maxInsertion+1))
	f.Fuzz(func(t *testing.T, base, content []byte) {
		if len(base) == 0 || len(content) == 0 {
			t.Skip("nothing that short is told as a difference")
		}
		patched, err := packfile.PatchDelta(base, patchOf(base, content))
		if err != nil || !bytes.Equal(patched, content) {
			t.Errorf("%q became %q, %v; want %q", base, patched, err, content)
		}
	})
}

// TestPackTellsVersionsAsDifferences holds that many versions of a page take little more room than the last one, stand on no more
// than so many others, and are what they were to git.
func TestPackTellsVersionsAsDifferences(t *testing.T) {
	t.Parallel()
	b := &builder{}
	var page []byte
	contents := map[plumbing.Hash]string{}
	for i := range 100 {
		page = append(bytes.Clone(page), fmt.Sprintf("%d: %s\n", i, strings.Repeat(fmt.Sprint(i*i), 60))...)
		contents[b.blob(page)] = string(page)
		other := fmt.Appendf(nil, "%s in file %d %s", strings.Repeat("u", 300), i, strings.Repeat("d", 300))
		contents[b.blob(other)] = string(other)
	}
	p, err := newPack(b.made)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.data) > len(page) {
		t.Errorf("the pack has %d bytes, the last page alone %d", len(p.data), len(page))
	}
	dir := t.TempDir()
	run := func(stdin []byte, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Stdin = bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	run(nil, "init", "--quiet", "--bare")
	run(p.data, "index-pack", "--strict", "--stdin")
	for hash, content := range contents {
		if got := run(nil, "cat-file", "blob", hash.String()); got != content {
			t.Fatalf("git reads %s as %q, want %q", hash, got, content)
		}
	}
	packs, err := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	deepest := 0
	for line := range strings.Lines(run(nil, "verify-pack", "-v", packs[0])) {
		var hash, kind, base string
		var size, packed, at, depth int
		if n, _ := fmt.Sscan(line, &hash, &kind, &size, &packed, &at, &depth, &base); n == 7 {
			deepest = max(deepest, depth)
		}
	}
	if deepest == 0 || deepest > maxPatches {
		t.Errorf("an object stands on %d others, at most %d are allowed", deepest, maxPatches)
	}
}
