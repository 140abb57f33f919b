package ruler

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestKilledAtEveryStep publishes one set of files over another, looks at the disk after every step, and goes on from there as after a
// kill: forwards and back, and with somebody else's files put under every name that is free at that moment.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	before := map[string]string{"stays.yaml": "stays", "ops/changes.yaml": "old", "ops/goes.yaml": "goes", "goes.too.yml": "goes too", "old/deep/goes.yml": "x"}
	after := map[string]string{"stays.yaml": "stays", "ops/changes.yaml": "new", "ops/comes.yaml": "comes", "comes.too.yml": "comes too", "new/deep/comes.yml": "x"}
	for _, layout := range rules.Layouts {
		t.Run(string(layout), func(t *testing.T) {
			t.Parallel()
			killedAtEveryStep(t, layout, layout, before, after)
		})
	}
	t.Run("from flat to tree", func(t *testing.T) {
		t.Parallel()
		killedAtEveryStep(t, rules.FlatLayout, rules.TreeLayout, before, after)
	})
	t.Run("from tree to flat", func(t *testing.T) {
		t.Parallel()
		killedAtEveryStep(t, rules.TreeLayout, rules.FlatLayout, before, after)
	})
}

func killedAtEveryStep(t *testing.T, from, to rules.Layout, before, after map[string]string) {
	dir, state := filepath.Join(t.TempDir(), "live"), filepath.Join(t.TempDir(), "manifest.json")
	open := func(layout rules.Layout) *liveDir { return openTestDir(t, dir, layout, state) }
	mustPublish(t, open(from), before)

	type moment struct {
		live, state map[string]savedFile
		dirs        []string
	}
	snapshot := func() moment { return moment{save(t, dir), save(t, filepath.Dir(state)), directories(t, dir)} }
	goBack := func(m moment) {
		restore(t, dir, m.live, m.dirs)
		restore(t, filepath.Dir(state), m.state, nil)
	}
	moments := []moment{snapshot()}
	killed := open(to)
	killed.step = func() { moments = append(moments, snapshot()) }
	mustPublish(t, killed, after)
	moments = append(moments, snapshot())
	if len(moments) < 10 {
		t.Fatalf("only %d moments were seen", len(moments))
	}

	for i, m := range moments {
		for name, target := range map[string]struct {
			layout rules.Layout
			files  map[string]string
		}{"forwards": {to, after}, "back": {from, before}} {
			wanted := liveNames(target.layout, target.files)
			goBack(m)
			mustPublish(t, open(target.layout), target.files)
			if diff := cmp.Diff(wanted, contents(t, dir)); diff != "" {
				t.Errorf("moment %d, %s: in the directory (-want +got):\n%s", i, name, diff)
			}
			if diff := cmp.Diff(dirsAbove(wanted), directories(t, dir)); diff != "" {
				t.Errorf("moment %d, %s: directories (-want +got):\n%s", i, name, diff)
			}
			if again := mustPublish(t, open(target.layout), target.files); len(again.Changed) != 0 {
				t.Errorf("moment %d, %s: the second publication changed %v", i, name, again.Changed)
			}

			goBack(m)
			foreign := map[string]string{}
			for live := range merged(liveNames(from, before), liveNames(to, after)) {
				if _, taken := m.live[live]; !taken {
					foreign[live] = "theirs"
					write(t, filepath.Join(dir, live), "theirs")
				}
			}
			d := open(target.layout)
			published, err := d.publish(t.Context(), ruleFiles(target.files))
			if err != nil && rules.KindOf(err) != rules.Conflict {
				t.Errorf("moment %d, %s, with foreign files: %v", i, name, err)
			}
			read := []string{}
			for live := range foreign {
				if d.isRead(live) {
					read = append(read, live)
				}
			}
			slices.Sort(read)
			if diff := cmp.Diff(read, append([]string{}, published.Foreign...)); diff != "" {
				t.Errorf("moment %d, %s: foreign (-want +got):\n%s", i, name, diff)
			}
			if diff := cmp.Diff(merged(wanted, foreign), contents(t, dir)); diff != "" {
				t.Errorf("moment %d, %s, with foreign files: in the directory (-want +got):\n%s", i, name, diff)
			}
		}
	}
}

func TestPublishedFilesCanBeReadByTheRuler(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	before := syscall.Umask(0o077)
	defer syscall.Umask(before)
	mustPublish(t, openTestDir(t, dir, rules.FlatLayout, filepath.Join(t.TempDir(), "m.json")), map[string]string{"ops/a.yaml": "a"})
	for path, want := range map[string]fs.FileMode{dir: fs.ModeDir | 0o755, filepath.Join(dir, "ops.a.yaml"): 0o644} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %s", path, info.Mode(), err, want)
		}
	}
	tree := filepath.Join(t.TempDir(), "tree")
	mustPublish(t, openTestDir(t, tree, rules.TreeLayout, filepath.Join(t.TempDir(), "m.json")), map[string]string{"team/web/a.yaml": "a"})
	for path, want := range map[string]fs.FileMode{"team": fs.ModeDir | 0o755, "team/web": fs.ModeDir | 0o755, "team/web/a.yaml": 0o644} {
		if info, err := os.Stat(filepath.Join(tree, path)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %s", path, info.Mode(), err, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left in the directory: %v, %v", entries, err)
	}
}

func TestOddEntriesInTheDirectory(t *testing.T) {
	t.Parallel()
	dir, state, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "m.json"), filepath.Join(t.TempDir(), "elsewhere")
	write(t, elsewhere, "a")
	d := openTestDir(t, dir, rules.FlatLayout, state)
	link := func(name string) {
		if err := os.Symlink(elsewhere, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("ops.link.yaml")
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	published, err := d.publish(t.Context(), ruleFiles(map[string]string{"ops/link.yaml": "a", "ops/b.yaml": "b"}))
	if rules.KindOf(err) != rules.Conflict {
		t.Errorf("a link under our name, even to equal bytes: %v, want a conflict", err)
	}
	if diff := cmp.Diff(rules.Published{Changed: []string{"ops/b.yaml"}, Foreign: []string{"ops.link.yaml"}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	// Our own file, replaced by a link: put back, and what it led to is not written.
	if err := os.Remove(filepath.Join(dir, "ops.b.yaml")); err != nil {
		t.Fatal(err)
	}
	link("ops.b.yaml")
	mustPublish(t, d, map[string]string{"ops/b.yaml": "b"})
	if content, err := os.ReadFile(elsewhere); err != nil || string(content) != "a" {
		t.Errorf("written through a link: %q, %v", content, err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "ops.b.yaml")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("our file is %v, %v", info.Mode(), err)
	}
}

func TestAnUnwritableDirectoryChangesNothing(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("SKIPPED, NOT TESTED: root may write everywhere")
	}
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "m.json")
	d := openTestDir(t, dir, rules.FlatLayout, state)
	mustPublish(t, d, map[string]string{"a.yaml": "a"})
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if _, err := d.publish(t.Context(), ruleFiles(map[string]string{"a.yaml": "b"})); rules.KindOf(err) != rules.Unavailable {
		t.Errorf("publishing into an unwritable directory: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"a.yaml": "a"}, contents(t, dir)); diff != "" {
		t.Errorf("in the directory (-want +got):\n%s", diff)
	}
}

func TestAManifestOfAnotherDirectoryOwnsNothing(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "m.json")
	mustPublish(t, openTestDir(t, t.TempDir(), rules.FlatLayout, state), map[string]string{"a.yaml": "a"})
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "a.yaml"), "theirs")
	published := mustPublish(t, openTestDir(t, elsewhere, rules.FlatLayout, state), nil)
	if diff := cmp.Diff(rules.Published{Foreign: []string{"a.yaml"}}, published); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

func TestADamagedManifestIsToldWithItsRemedy(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "m.json")
	write(t, state, "{")
	if _, err := openLiveDir(t.TempDir(), rules.FlatLayout, state, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("a damaged manifest: %v", err)
	}
}

func openTestDir(t *testing.T, dir string, layout rules.Layout, state string) *liveDir {
	t.Helper()
	d, err := openLiveDir(dir, layout, state, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustPublish(t *testing.T, d *liveDir, files map[string]string) rules.Published {
	t.Helper()
	published, err := d.publish(t.Context(), ruleFiles(files))
	if err != nil {
		t.Fatal(err)
	}
	return published
}

func ruleFiles(files map[string]string) []rules.RuleFile {
	var list []rules.RuleFile
	for _, path := range slices.Sorted(maps.Keys(files)) {
		list = append(list, rules.RuleFile{Path: path, ID: files[path], Content: []byte(files[path])})
	}
	return list
}

func liveNames(layout rules.Layout, files map[string]string) map[string]string {
	named := map[string]string{}
	for path, content := range files {
		named[layout.LiveName(path)] = content
	}
	return named
}

func merged(a, b map[string]string) map[string]string {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

type savedFile struct {
	content string
	time    time.Time
}

// save returns every file below dir by its path.
func save(t *testing.T, dir string) map[string]savedFile {
	t.Helper()
	files := map[string]savedFile{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[name] = savedFile{string(content), info.ModTime()}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// directories returns the directories below dir, sorted.
func directories(t *testing.T, dir string) []string {
	t.Helper()
	found := []string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		found = append(found, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// dirsAbove returns the directories that files with these names are in, sorted.
func dirsAbove(files map[string]string) []string {
	dirs := map[string]bool{}
	for name := range files {
		for _, dir := range dirsOf(name) {
			dirs[dir] = true
		}
	}
	return append([]string{}, slices.Sorted(maps.Keys(dirs))...)
}

func restore(t *testing.T, dir string, files map[string]savedFile, dirs []string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range dirs {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range files {
		path := filepath.Join(dir, name)
		write(t, path, file.content)
		if err := os.Chtimes(path, file.time, file.time); err != nil {
			t.Fatal(err)
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, file := range save(t, dir) {
		found[name] = file.content
	}
	return found
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkPublishUnchanged is what every reconciliation costs: one stat a file, no read and no write.
func BenchmarkPublishUnchanged(b *testing.B) {
	d, err := openLiveDir(b.TempDir(), rules.FlatLayout, filepath.Join(b.TempDir(), "m.json"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	files := map[string]string{}
	for i := range 2000 {
		files[fmt.Sprintf("team-%d/rule-%d.yaml", i%50, i)] = strings.Repeat("x", 1000)
	}
	list := ruleFiles(files)
	if _, err := d.publish(b.Context(), list); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if published, err := d.publish(b.Context(), list); err != nil || len(published.Changed) != 0 {
			b.Fatal(published, err)
		}
	}
}

// TestWhatSomebodyDidIsFoundWhenNothingElseIsToDo publishes a change beside a file that somebody damaged: the next publication of the same
// files mends it.
func TestWhatSomebodyDidIsFoundWhenNothingElseIsToDo(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "m.json")
	d := openTestDir(t, dir, rules.FlatLayout, state)
	mustPublish(t, d, map[string]string{"a.yaml": "a", "b.yaml": "b", "c.yaml": "c"})
	write(t, filepath.Join(dir, "a.yaml"), "damaged")
	write(t, filepath.Join(dir, "foreign.yaml"), "foreign")
	after := map[string]string{"a.yaml": "a", "b.yaml": "changed", "d.yaml": "new"}
	if diff := cmp.Diff(rules.Published{Changed: []string{"b.yaml", "c.yaml", "d.yaml"}}, mustPublish(t, d, after)); diff != "" {
		t.Errorf("what differs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(rules.Published{Changed: []string{"a.yaml"}, Foreign: []string{"foreign.yaml"}}, mustPublish(t, d, after)); diff != "" {
		t.Errorf("the same again (-want +got):\n%s", diff)
	}
	after["foreign.yaml"] = "ours"
	published, err := d.publish(t.Context(), ruleFiles(after))
	if rules.KindOf(err) != rules.Conflict || !slices.Equal(published.Foreign, []string{"foreign.yaml"}) {
		t.Errorf("a name that is taken: %+v, %v, want a conflict", published, err)
	}
	if diff := cmp.Diff(map[string]string{"a.yaml": "a", "b.yaml": "changed", "d.yaml": "new", "foreign.yaml": "foreign"}, contents(t, dir)); diff != "" {
		t.Errorf("in the directory (-want +got):\n%s", diff)
	}
}

// TestAManifestOutlivesATornRecord cuts the manifest anywhere behind what was written as a whole, as a kill does.
func TestAManifestOutlivesATornRecord(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), filepath.Join(t.TempDir(), "m.json")
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("f%02d.yaml", i)] = "old"
	}
	mustPublish(t, openTestDir(t, dir, rules.FlatLayout, state), files)
	whole, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	d := openTestDir(t, dir, rules.FlatLayout, state)
	files["f00.yaml"] = "new"
	mustPublish(t, d, files)
	content, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(content, whole) || len(content) == len(whole) {
		t.Fatal("nothing was appended")
	}
	for end := len(whole); end <= len(content); end++ {
		if err := os.WriteFile(state, content[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		again := openTestDir(t, dir, rules.FlatLayout, state)
		if published := mustPublish(t, again, files); len(published.Changed) != 0 || len(published.Foreign) != 0 {
			t.Fatalf("cut at %d: %+v", end-len(whole), published)
		}
		files["f01.yaml"] = fmt.Sprint(end)
		mustPublish(t, again, files)
		if len(openTestDir(t, dir, rules.FlatLayout, state).manifest.Entries) != 20 {
			t.Fatalf("cut at %d: what was written after it is lost", end-len(whole))
		}
	}
}
