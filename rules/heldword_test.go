package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// Whoever changes a file that is held reads that it is held, because of which push and by whom, and what is to be mended there: not the line
// that it would have after the change, and not the words of another command.
func TestAChangeOfAHeldFileSaysThatItIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "three of them", map[string][]byte{"prometheus/ops/ext.yaml": fileOf("up == 0", "ext1", "ext2", "ext3"), "prometheus/ops/live.yaml": fileOf("up == 0", "live")})
	b.Moved(t.Context())
	b.waitPush(t)
	if out := b.Apply(t.Context(), request("p"), pause("old", "p")); out.Err != nil {
		t.Fatal(out.Err)
	}
	bad := strings.Replace(string(fileOf("up == 0", "ext1", "ext2", "ext3")), "alert: ext3\n        expr: up == 0", "alert: ext3\n        expr: up ==", 1)
	pushed := b.push(t, "break it", map[string][]byte{"prometheus/ops/ext.yaml": []byte(bad), "prometheus/ops/old.yaml": fileOf("up == 7", "old"), "prometheus/ops/live.yaml": fileOf("up == 7", "live")})
	b.Moved(t.Context())
	b.waitPush(t)

	held := `.yaml is held, because of what carol pushed (` + pushed[:min(7, len(pushed))] + `), which would not be taken: prometheus/ops/ext.yaml, line 9: `
	beside := nodeDown("ext4")
	beside.Options.Group = "ext1"
	for _, c := range []struct {
		name   string
		intent rules.Intent
		want   []string
		not    string
	}{
		{"pause", pause("ext2", "2"), []string{"ext" + held, "has to mend that", "command status"}, "line 7"},
		{"an edit of a good file to what was pushed", rules.Edit{Address: "live", Alteration: rules.Alteration{Expr: "up == 7"}},
			[]string{"live" + held, "Before that is mended or taken back"}, "so already"},
		{"edit", rules.Edit{Address: "ext2", Alteration: rules.Alteration{Expr: "up == 3"}}, []string{"ext" + held}, "There are"},
		{"an add to it", beside, []string{"ext" + held}, "line 7"},
		{"an edit that brings another mistake", rules.Edit{Address: "ext2", Alteration: rules.Alteration{Options: rules.Options{Labels: map[string]string{"a": "{{ $valu }}"}}}},
			[]string{"would not take", "Besides, prometheus/ops/ext" + held}, "has to mend that"},
		{"resume", rules.Resume{Address: "old"}, []string{"old" + held, "Before that is mended or taken back"}, "taken back by itself"},
	} {
		for when, out := range map[string]rules.Outcome{"draft": b.Draft(t.Context(), c.intent), "apply": b.Apply(t.Context(), request(c.name), c.intent)} {
			var e *rules.Error
			if !errors.As(out.Err, &e) {
				t.Errorf("%s, %s: %+v, want it refused", c.name, when, out)
				continue
			}
			for _, part := range c.want {
				if !strings.Contains(e.Text, part) {
					t.Errorf("%s, %s: %q, want %q in it", c.name, when, e.Text, part)
				}
			}
			if strings.Contains(e.Text, c.not) {
				t.Errorf("%s, %s: %q says %q", c.name, when, e.Text, c.not)
			}
		}
	}
	if out := b.Apply(t.Context(), request("mend"), rules.Edit{Address: "ext3", Alteration: rules.Alteration{Expr: "up == 3"}}); out.State != rules.Live {
		t.Errorf("a change that mends the file: %+v, want it live", out)
	}
}

// Who reads that a file is held reads what is wrong in it, or else in what its own push brought; where that was good, whose push was not.
func TestAHeldFileNamesTheProblemThatConcernsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "good", map[string][]byte{
		"prometheus/ops/b.yaml": fileOf("up == 0", "b"), "prometheus/ops/c.yaml": fileOf("up == 0", "c"), "prometheus/ops/d.yaml": fileOf("up == 0", "d"),
	})
	b.Moved(t.Context())
	b.waitPush(t)
	first := rules.ShortRevision(b.push(t, "one", map[string][]byte{"prometheus/ops/a.yaml": []byte("groups: [")}))
	second := rules.ShortRevision(b.push(t, "two", map[string][]byte{"prometheus/ops/b.yaml": nil, "prometheus/ops/z.yaml": fileOf("up ==", "z")}))
	third := rules.ShortRevision(b.push(t, "three", map[string][]byte{"prometheus/ops/c.yaml": nil}))
	fourth := rules.ShortRevision(b.push(t, "four", map[string][]byte{"prometheus/ops/d.yaml": []byte("groups: {")}))
	b.Moved(t.Context())
	b.waitPush(t)
	for name, want := range map[string]string{
		"b": "prometheus/ops/b.yaml is held, because of what carol pushed (" + second + "), which would not be taken: prometheus/ops/z.yaml, line 5: ",
		"c": "prometheus/ops/c.yaml, which carol changed (" + third + "), is held, because of what carol pushed (" + first + "), which would not be taken: prometheus/ops/a.yaml, line 1: ",
		"d": "prometheus/ops/d.yaml is held, because of what carol pushed (" + fourth + "), which would not be taken: prometheus/ops/d.yaml, line 1: ",
	} {
		out := b.Draft(t.Context(), rules.Edit{Address: name, Alteration: rules.Alteration{Expr: "up == 3"}})
		if out.Err == nil || !strings.Contains(out.Err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, out.Err, want)
		}
	}
}

// The rules of a held file that cannot be read are live as they were: they are known, and whoever wants to change one or to take its name reads that
// its file is held, because of which push and by whom. Taking that push back mends it.
func TestTheRulesOfAHeldFileThatCannotBeReadAreKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	good, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pushed := b.push(t, "break it", map[string][]byte{"prometheus/ops/old.yaml": []byte("groups: [")})
	b.Moved(t.Context())
	b.waitPush(t)
	bad, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if entry, err := bad.Find("old"); err != nil || !entry.Held || entry.Rule.Expr != "up == 0" {
		t.Errorf("found %+v, %v, want the rule that is live, held", entry, err)
	}
	held := "prometheus/ops/old.yaml is held, because of what carol pushed (" + pushed[:min(7, len(pushed))] + ")"
	second := nodeDown("old")
	second.Options.Namespace = "ops"
	for name, intent := range map[string]rules.Intent{
		"edit": rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 3"}}, "delete": rules.Delete{Address: "old"}, "pause": pause("old", "p"),
		"rename": rules.Rename{Address: "old", Name: "new"}, "move": rules.Move{Address: "old", Namespace: "web"}, "add": second,
	} {
		for when, out := range map[string]rules.Outcome{"draft": b.Draft(t.Context(), intent), "apply": b.Apply(t.Context(), request(name), intent)} {
			if out.Result != rules.ValidationError || !strings.Contains(out.Err.Error(), held) {
				t.Errorf("%s, %s: %s, %v, want it refused as %s", name, when, out.Result, out.Err, held)
			}
		}
	}
	undo := rules.Undo{Commit: b.own(t, pushed).PastCommit, Before: good}
	if undo.After, err = b.BookAt(t.Context(), pushed); err != nil {
		t.Fatal(err)
	}
	if out := b.Apply(t.Context(), request("undo"), undo); out.State != rules.Live || len(out.Refs) != 1 {
		t.Errorf("taking the push back: %+v, want it live", out)
	}
	if book, err := b.Book(t.Context()); err != nil || b.Status(t.Context()).Held != nil {
		t.Errorf("still held, %v", err)
	} else if entry, err := book.Find("old"); err != nil || entry.Held {
		t.Errorf("after it %+v, %v", entry, err)
	}
}

// Where nothing is held, a resumption that another rule stands in the way of tells of the pause, not of a commit that is taken back.
func TestAResumptionThatClashesSpeaksOfThePause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	if out := b.Apply(t.Context(), request("p"), pause("old", "p")); out.Err != nil {
		t.Fatal(out.Err)
	}
	b.push(t, "another", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 7", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	var e *rules.Error
	out := b.Apply(t.Context(), request("r"), rules.Resume{Address: "old"})
	if !errors.As(out.Err, &e) || !strings.Contains(e.Text, "So the rule cannot be put back by itself.") || !strings.Contains(e.Detail, "after the pause") || strings.Contains(e.Detail, "that commit") {
		t.Errorf("refused with %+v", out.Err)
	}
}

// What is in conflict about a rule that was paused is told without a path that there is not, and with the path of its file where there is one.
func TestAClashOfAPausedRuleNamesNoFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ theirs, want string }{
		"changed while it is paused":    {"", "the same: the file paused/prometheus/old-"},
		"resumed by hand, then changed": {"prometheus/other/else.yaml", `the same: the rule "old", which was paused. `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			out := b.Apply(t.Context(), request("p"), pause("old", "p"))
			if out.State != rules.PausedState {
				t.Fatalf("outcome %+v", out)
			}
			own := b.own(t, out.Revision)
			files := map[string][]byte{}
			for _, f := range own.Files {
				content, err := own.After.Read(f.Path)
				if !strings.HasPrefix(f.Path, rules.PausedDir+"/") {
					continue
				}
				if files[f.Path] = []byte(strings.Replace(string(content), "up == 0", "up == 5", 1)); err != nil {
					t.Fatal(err)
				}
				if test.theirs != "" {
					files[f.Path], files[test.theirs] = nil, fileOf("up == 5", "old")
				}
			}
			b.push(t, "louder", files)
			undo := rules.Undo{Commit: own.PastCommit}
			var err error
			if undo.Before, err = b.BookAt(t.Context(), own.Parent); err == nil {
				undo.After, err = b.BookAt(t.Context(), own.Revision)
			}
			if err != nil {
				t.Fatal(err)
			}
			if refused := b.Apply(t.Context(), request("undo"), undo); refused.Err == nil || !strings.Contains(refused.Err.Error(), test.want) {
				t.Errorf("refused as %v, want %q in it", refused.Err, test.want)
			}
		})
	}
}

// benchWithMore returns a bench with a rule file that was pushed and is good, and the revision that has it.
func benchWithMore(t *testing.T) (b *bench, good string) {
	t.Helper()
	b = newBench(t)
	b.adopt(t)
	return b, b.pushed(t, "good", map[string][]byte{"prometheus/ops/more.yaml": fileOf("up == 0", "more")}).Head
}

// TestReplacedDirectoriesAreBroughtBackByGit has links pushed in place of directories that the service needs, and of one that it does not.
func TestReplacedDirectoriesAreBroughtBackByGit(t *testing.T) {
	b, good := benchWithMore(t)
	b.irregular = func(string) []rules.Problem {
		return []rules.Problem{
			{Path: "journal", Text: "this is a link", Replaced: true}, {Path: "prometheus", Text: "this is a link", Replaced: true},
			{Path: "prometheus/ops/x.yaml", Text: "this is a link"}, {Path: "loki", Text: "there are more entries here than are read"},
		}
	}
	b.push(t, "links", map[string][]byte{"prometheus/ops/more.yaml": nil})
	b.Moved(t.Context())
	held := b.waitPush(t).Held
	want := []string{"git pull", "git --literal-pathspecs rm -rq -- journal", "git --literal-pathspecs rm -rq -- prometheus", "git --literal-pathspecs checkout -q " + rules.ShortRevision(good) + " -- prometheus", "git commit -m 'bring journal, prometheus back'", "git push"}
	if held == nil {
		t.Fatal("nothing is held")
	}
	if diff := cmp.Diff(want, held.Mend); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(want, b.Status(t.Context()).Held.Mend); diff != "" {
		t.Errorf("in the status (-want +got):\n%s", diff)
	}
}

// TestLinksAreTakenAwayByGit has a link pushed in place of a rule file, which no command can change or bring back, and one beside it.
func TestLinksAreTakenAwayByGit(t *testing.T) {
	b, good := benchWithMore(t)
	b.irregular = func(string) []rules.Problem {
		return []rules.Problem{
			{Path: "prometheus/ops/beside.yaml", Text: "this is a link", Replaced: true}, {Path: "prometheus/ops/more.yaml", Text: "this is a link", Replaced: true},
		}
	}
	b.pushed(t, "links", map[string][]byte{"prometheus/ops/more.yaml": nil})
	want := []string{
		"git pull", "git --literal-pathspecs rm -rq -- prometheus/ops/beside.yaml", "git --literal-pathspecs rm -rq -- prometheus/ops/more.yaml",
		"git --literal-pathspecs checkout -q " + rules.ShortRevision(good) + " -- prometheus/ops/more.yaml",
		"git commit -m 'bring prometheus/ops/beside.yaml, prometheus/ops/more.yaml back'", "git push",
	}
	refused := b.Apply(t.Context(), request("edit"), rules.Edit{Address: "more", Alteration: rules.Alteration{Expr: "up == 1"}})
	e, ok := errors.AsType[*rules.Error](refused.Err)
	if !ok {
		t.Fatalf("refused as %v", refused.Err)
	}
	if diff := cmp.Diff(want, e.Shell); diff != "" {
		t.Errorf("the lines of Git (-want +got):\n%s", diff)
	}
	if len(e.Fixes) > 0 {
		t.Errorf("%q are offered, which would be refused", e.Fixes)
	}
}

// TestWhatWasFirstIsBroughtBack has what was pushed in place of a directory pushed once more: the lines of Git bring back the directory, not what came first.
func TestWhatWasFirstIsBroughtBack(t *testing.T) {
	b, good := benchWithMore(t)
	b.irregular = func(string) []rules.Problem {
		return []rules.Problem{{Path: "prometheus/ops", Text: "this is a file", Replaced: true}}
	}
	b.push(t, "a file", map[string][]byte{"prometheus/ops/more.yaml": nil, "prometheus/ops/old.yaml": nil, "prometheus/ops": []byte("x")})
	b.pushed(t, "another", map[string][]byte{"prometheus/ops": []byte("y")})
	want := []string{
		"git pull", "git --literal-pathspecs rm -rq -- prometheus/ops", "git --literal-pathspecs checkout -q " + rules.ShortRevision(good) + " -- prometheus/ops",
		"git commit -m 'bring prometheus/ops back'", "git push",
	}
	if diff := cmp.Diff(want, b.Status(t.Context()).Held.Mend); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
