package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func TestReports(t *testing.T) {
	t.Parallel()
	eve := rules.PastCommit{Found: rules.Found{Revision: "9f8e7d6c5b", Subject: "tidy @here"}, Author: rules.Person{Name: "Eve *Hacker*"}}
	bob := rules.PastCommit{Found: rules.Found{Revision: "1f8e7d6c5b", Subject: "more"}, Author: rules.Person{Name: "Bob"}}
	own := rules.PastCommit{Author: rules.Person{Name: "Ann", ID: "u1"}, Found: rules.Found{Revision: "2f8e7d6c5b", Subject: "add x", Trailers: []rules.Trailer{{Key: "Action", Value: "add"}, {Key: "Request-Id", Value: "7f3a"}}}}
	standIn := own
	standIn.Trailers = []rules.Trailer{{Key: "Action", Value: rules.ConflictAction}, {Key: "Request-Id", Value: "7f3a"}}
	tests := []struct {
		name string
		got  Reply
		want string
	}{
		{"applied", External(rules.ExternalPush{
			Commits: []rules.PastCommit{eve, bob, eve},
			Rulers: []rules.ExternalChange{
				{Ruler: "prometheus", Rules: []rules.PushedRule{
					{Ref: rules.Ref{Name: "disk-full"}, New: true, State: rules.Live}, {Ref: rules.Ref{Name: "old"}, Gone: true, State: rules.Live}, {Ref: rules.Ref{Name: "up"}, New: true, State: rules.Live},
					{Ref: rules.Ref{Name: "stays"}, Gone: true, State: rules.NotLoaded, Reason: `prometheus still runs "stays" as it was`}, {Ref: rules.Ref{Name: "off"}, Gone: true, State: rules.PausedState},
				}},
				{Ruler: "eu", Rules: []rules.PushedRule{
					{Ref: rules.Ref{Path: "a.yaml", Group: "g", Name: "x"}, To: rules.Ref{Path: "b.yaml", Group: "g", Name: "x"}, Gone: true, State: rules.Live},
					{Ref: rules.Ref{Path: "b.yaml", Group: "g", Name: "x"}, From: rules.Ref{Path: "a.yaml", Group: "g", Name: "x"}, State: rules.Live},
					{Ref: rules.Ref{Path: "b.yaml", Group: "g", Name: "y"}, From: rules.Ref{Path: "b.yaml", Group: "g", Name: "z"}, State: rules.Live},
					{Ref: rules.Ref{Path: "b.yaml", Group: "g", Name: "z"}, To: rules.Ref{Path: "b.yaml", Group: "g", Name: "y"}, Gone: true, State: rules.NotLoaded, Reason: "eu runs it"},
					{Ref: rules.Ref{Path: "c.yaml", Group: "h", Name: "w"}, From: rules.Ref{Path: "b.yaml", Group: "g", Name: "v"}, State: rules.Live},
				}},
				{Ruler: "loki", Rules: []rules.PushedRule{{Ref: rules.Ref{Name: "bans"}, State: rules.Pending, Reason: "Loki does not\nanswer."}, {Ref: rules.Ref{Name: "more"}, State: rules.NotLoaded, Reason: "no"}}},
				{Ruler: "mimir", Rules: []rules.PushedRule{{Ref: rules.Ref{Name: "loud"}, Back: true, State: rules.Live}}},
			},
		}), "Eve \\*Hacker\\*, Bob pushed to the rulebook.\n- 3 pushed:\n" +
			"    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here\n    - `1f8e7d6` by Bob: more\n    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here\n" +
			"**disk-full, up** in prometheus: added, live.\n**old** in prometheus: gone.\n**stays** in prometheus: not gone yet: prometheus still runs \"stays\" as it was.\n**off** in prometheus: paused.\n" +
			"**x** in eu: moved to `b.yaml, group g`, live.\n**y** in eu: renamed from `z`, live.\n**z** in eu: not gone yet: eu runs it.\n" +
			"**w** in eu: moved to `c.yaml, group h` and renamed from `v`, live.\n" +
			"**bans, more** in loki: changed, not live yet: Loki does not answer.\n**loud** in mimir: no longer paused, live."},
		{"applied, and found by lint", External(rules.ExternalPush{
			Commits: []rules.PastCommit{bob}, Unlinted: 7, Worst: "ops/g/a `b`", Findings: []rules.Finding{
				{Check: "template-size", Severity: rules.SeverityError, Ref: rules.Ref{Name: "a `b`"}, Text: "the template of @all, password: abcd1234secretxyz, may write\nmore"},
				{Check: "group-interval", Severity: rules.SeverityWarning, Ref: rules.Ref{Group: "g"}, Text: "too often.", Fix: "interval=1m"},
			},
		}), "Bob pushed to the rulebook.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more\n- 2 found by lint, in force all the same:\n" +
			"    - `` a `b` ``: Error `template-size`: the template of @" + apart + "all, password: ***, may write more.\n    - `group g`: Warning `group-interval`: too often. Instead: `interval=1m`\n" +
			"A command with such an error would have been refused. Why: `` /alert lint \"ops/g/a `b`\" ``\n7 rules more were not looked at: `/alert lint all`"},
		{"held", External(rules.ExternalPush{
			Commits: []rules.PastCommit{eve},
			Held:    &rules.HeldPush{Problems: []rules.Problem{{Path: "loki/x.yaml", Line: 3, Column: 7, Text: "no expression"}}, Paths: []string{"loki/x.yaml"}},
		}), "**Not applied**: what Eve \\*Hacker\\* pushed to the rulebook would not be taken. The files that it changed stay in force as they were.\n" +
			"- 1 to be mended:\n    - `loki/x.yaml:3:7`: no expression\n" + noRuleFiles + "- 1 pushed:\n    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here"},
		{"mended", External(rules.ExternalPush{
			Commits: []rules.PastCommit{bob}, Mended: "7f3a", Rulers: []rules.ExternalChange{{Ruler: "eu", Rules: []rules.PushedRule{{Ref: rules.Ref{Name: "x"}, State: rules.Live}}}},
		}), "Bob pushed to the rulebook. It was held, as it would not be taken; the request `7f3a` mended that, and so it is applied now.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more\n**x** in eu: changed, live."},
		{"paused rules gone", External(rules.ExternalPush{Good: "3f8e7d6c5b", Commits: []rules.PastCommit{bob}, PausedGone: []rules.PausedGone{{Address: "x", Revision: "3f8e7d6c5b"}, {Address: "a b", Revision: "3f8e7d6c5b"}}, Rulers: []rules.ExternalChange{{Ruler: "eu", Rules: []rules.PushedRule{
			{Ref: rules.Ref{Path: "paused/eu/x.paused", Name: "x"}, Gone: true, State: rules.PausedState}, {Ref: rules.Ref{Path: "paused/eu/y.paused", Name: "a b"}, Gone: true, State: rules.PausedState},
		}}}}), "Bob pushed to the rulebook.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more\n**x, a b** in eu: gone while paused.\n" +
			"- 2 can be put back, paused as before:\n    - `/alert restore x@3f8e7d6`\n    - `/alert restore \"a b@3f8e7d6\"`"},
		{"paused rules changed", External(rules.ExternalPush{Commits: []rules.PastCommit{bob}, Rulers: []rules.ExternalChange{{Ruler: "eu", State: rules.PausedState, Rules: []rules.PushedRule{
			{Ref: rules.Ref{Path: "paused/eu/x.paused", Name: "a*b"}, State: rules.PausedState},
		}}}}), "Bob pushed to the rulebook.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more\n**a\\*b** in eu: changed, paused."},
		{"taken back", External(rules.ExternalPush{Commits: []rules.PastCommit{bob}, Mended: "7f3a"}),
			"Bob pushed to the rulebook. It was held, as it would not be taken; the request `7f3a` mended that, and nothing of it is left to be applied.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more"},
		{"held where the branch was set back", External(rules.ExternalPush{Held: &rules.HeldPush{Problems: []rules.Problem{{Path: "loki", Text: "a link"}}}}),
			"**Not applied**: what the rulebook's branch was set back to would not be taken. The files that it changed stay in force as they were.\n- 1 to be mended:\n    - `loki`: a link"},
		{"set back", External(rules.ExternalPush{
			Head: "3f8e7d6c5b", Elsewhere: &rules.Elsewhere{From: "9f8e7d6c5b4a3f2e", Gone: []rules.PastCommit{eve}, Back: []string{"x", "a b"}, Kept: []string{"refs/alertsmith/kept/1-9f8e7d6c5b4a"}}, Rulers: []rules.ExternalChange{{Ruler: "eu", Rules: []rules.PushedRule{
				{Ref: rules.Ref{Name: "x"}, Gone: true, State: rules.Live}, {Ref: rules.Ref{Name: "y"}, State: rules.Live}, {Ref: rules.Ref{Name: "z"}, Gone: true, State: rules.NotLoaded, Reason: "eu runs it"},
			}}},
		}), "**The rulebook's branch was put elsewhere**: it is at `3f8e7d6` now, and `9f8e7d6` is not part of it.\n- 1 not part of it any more:\n    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here\n" +
			"- 1 to be removed in the rulebook's repository where what it had must not stay there:\n    - `git update-ref -d refs/alertsmith/kept/1-9f8e7d6c5b4a`\n" +
			"**x** in eu: gone.\n**y** in eu: changed, live.\n**z** in eu: not gone yet: eu runs it.\n" +
			"- 2 can be put back as before:\n    - `/alert restore x@9f8e7d6c5b4a`\n    - `/alert restore \"a b@9f8e7d6c5b4a\"`"},
		{"mended, and changed here meanwhile", External(rules.ExternalPush{Commits: []rules.PastCommit{bob}, Mended: "9c1d", Rulers: []rules.ExternalChange{{Ruler: "eu", Rules: []rules.PushedRule{
			{Ref: rules.Ref{Name: "x"}, Gone: true, State: rules.Live, By: rules.Request{ID: "7f3a", Actor: rules.Person{Name: "al*ce"}}}, {Ref: rules.Ref{Name: "y"}, State: rules.Live},
			{Ref: rules.Ref{Name: "z"}, State: rules.NotLoaded, Reason: "eu does not list it", By: rules.Request{ID: "7f3b", Actor: rules.Person{Name: "Ann"}}},
		}}}}), "Bob pushed to the rulebook. It was held, as it would not be taken; the request `9c1d` mended that, and so it is applied now.\n- 1 pushed:\n    - `1f8e7d6` by Bob: more\n" +
			"**x** in eu: gone, as the request `7f3a` of al\\*ce left it.\n**y** in eu: changed, live.\n**z** in eu: changed, not live yet, as the request `7f3b` of Ann left it: eu does not list it."},
		{"set back from what was held", External(rules.ExternalPush{Head: "3f8e7d6c5b", Elsewhere: &rules.Elsewhere{From: "9f8e7d6c5b", WasHeld: true, Gone: []rules.PastCommit{bob}}}),
			"**The rulebook's branch was put elsewhere**: it is at `3f8e7d6` now, and `9f8e7d6` is not part of it. Nothing is held any more.\n- 1 not part of it any more:\n" +
				"    - `1f8e7d6` by Bob: more\nNo rule that is live was changed by that."},
		{"lost", External(rules.ExternalPush{Head: "3f8e7d6c5b", Elsewhere: &rules.Elsewhere{From: "9f8e7d6c5b", Lost: true}}),
			"**The rulebook's branch was put elsewhere**: it is at `3f8e7d6` now, and `9f8e7d6` is not part of it. Nobody has that commit any more, so what changed cannot be told: what is there now is taken as it is."},
		{"set back to what is held", External(rules.ExternalPush{
			Head: "3f8e7d6c5b", Held: &rules.HeldPush{Problems: []rules.Problem{{Path: "loki", Text: "a link"}}},
			Elsewhere: &rules.Elsewhere{From: "9f8e7d6c5b", Gone: []rules.PastCommit{bob}, Stay: []rules.Ref{{Name: "x"}}},
		}), "**The rulebook's branch was put elsewhere**: it is at `3f8e7d6` now, and `9f8e7d6` is not part of it.\n- 1 not part of it any more:\n    - `1f8e7d6` by Bob: more\n" +
			"**Not applied**: what the rulebook's branch was set back to would not be taken. The files that it changed stay in force as they were.\n- 1 to be mended:\n    - `loki`: a link\n" +
			"- **x** is live and not in the rulebook any more: it goes when that is mended"},
		{"held, and taken in part", External(rules.ExternalPush{
			Commits: []rules.PastCommit{bob}, Held: &rules.HeldPush{Problems: []rules.Problem{{Path: "loki", Text: "a link"}}},
			Taken: []rules.Taken{{Request: rules.Request{ID: "7f3a", Actor: rules.Person{Name: "al*ce"}, Command: "edit x for=5m"}, Released: rules.Released{Refs: []rules.Ref{{Name: "y"}}}}},
		}), "**Not applied**: what Bob pushed to the rulebook would not be taken. The files that it changed stay in force as they were, but for what changes that were planned again on top of it took with them.\n" +
			"- 1 planned again:\n    - the request `7f3a` of al\\*ce (`edit x for=5m`) took in force as pushed: **y**\n- 1 to be mended:\n    - `loki`: a link\n- 1 pushed:\n    - `1f8e7d6` by Bob: more"},
		{"took", Took(rules.Record{Request: rules.Request{Actor: rules.Person{Name: "alice"}}, Outcome: rules.Outcome{Action: "edit", Refs: []rules.Ref{{Name: "x"}}}},
			rules.Taken{Revision: "1a2b3c4d5e", Released: rules.Released{Refs: []rules.Ref{{Name: "y"}}, Commits: []rules.PastCommit{bob}}}),
			"**x**, edited by alice, is committed as `1a2b3c4` now: it was planned again on top of what was pushed meanwhile.\nWith it, 1 change of what Bob pushed (`1f8e7d6`) that was held is applied now: **y**."},
		{"held for a link", External(rules.ExternalPush{
			Commits: []rules.PastCommit{eve},
			Held:    &rules.HeldPush{Problems: []rules.Problem{{Path: "loki", Text: "a link"}}, Paths: []string{"loki/x.yaml"}},
		}), "**Not applied**: what Eve \\*Hacker\\* pushed to the rulebook would not be taken. The files that it changed stay in force as they were.\n" +
			"- 1 to be mended:\n    - `loki`: a link\n- 1 pushed:\n    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here"},
		{"rewritten", Rewritten(rules.Rewritten{Was: "1f8e7d6c5b", Now: "9f8e7d6c5b"}), "**The history on the Git server was rewritten**: its newest commit is `9f8e7d6`, and `1f8e7d6` " +
			"is not part of it. Nothing is fetched or pushed. Push the old history back, or accept the new one with `git.accept_rewritten: 9f8e7d6c5b` in the configuration and a restart."},
		{"rewritten to what was accepted once", Rewritten(rules.Rewritten{Was: "1f8e7d6c5b", Now: "9f8e7d6c5b", Used: true}), "**The history on the Git server was rewritten**: its newest " +
			"commit is `9f8e7d6`, and `1f8e7d6` is not part of it. Nothing is fetched or pushed. Push the old history back, or accept the new one: `git.accept_rewritten: 9f8e7d6c5b` " +
			"was used already, and accepts once. Start once without it, and then with it again."},
		{"followed again", Followed(), "**The Git server is followed again**: the old history is back, or the new one was accepted."},
		{"gone", Rewritten(rules.Rewritten{Was: "1f8e7d6c5b"}), "**The history on the Git server was rewritten**: the branch is gone, which had `1f8e7d6`. Nothing is fetched or pushed. " +
			"Push the old history back, or accept the new one with `git.accept_rewritten: 0000000000000000000000000000000000000000` in the configuration and a restart."},
		{"refused", PushRefused(rules.PushRefusal{Commit: own, Reason: "pre-receive hook declined", Said: []string{"no `tabs`"}, Behind: 2}, "https://git.example.org/r.git"),
			"**The Git server** `https://git.example.org/r.git` **refuses a commit**: `2f8e7d6` by Ann, add x, request `7f3a`. The server says: `pre-receive hook declined` `` no `tabs` ``. " +
				"Because of it 2 commits behind it cannot be pushed either. Nothing is lost: all changes are in the rulebook here and at the rulers. " +
				"Let the server take it, and it is pushed without help; or give the change up with `/alert undo 7f3a`, after later changes of the same rule, which are to be taken back first: a few minutes later all others are pushed without it."},
		{"refused whatever it is", PushRefused(rules.PushRefusal{Commit: standIn, Reason: "protected branch hook declined"}, "https://git.example.org/r.git"),
			"**The Git server** `https://git.example.org/r.git` **refuses a commit**: `2f8e7d6` by Ann, add x, request `7f3a`. The server says: `protected branch hook declined`. " +
				"Nothing is lost: all changes are in the rulebook here and at the rulers. It has nothing of a rule, and stands in place of a change that was refused: " +
				"so the server refuses whatever is pushed. Let the server take it, and it is pushed without help."},
		{"left", Left(eve, "refs/alertsmith/kept/1"), "The commit `9f8e7d6` by Eve \\*Hacker\\* (tidy @" + apart + "here) is not in the rulebook any more: " +
			"it was made here, past Alertsmith, and does not fit on top of what the Git server has. It is kept as `refs/alertsmith/kept/1`; `/alert restore NAME@9f8e7d6c5b` puts a rule back as that commit has it."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(Reply{Text: tt.want, InChannel: true}, tt.got, cmp.AllowUnexported(Reply{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A change that releases what was held says what and whose that is.
// An undo that changes a file and no rule of it, as that cannot be read or says the same, names the file.
func TestOutcomeOfAChangeOfNoRuleNamesItsFiles(t *testing.T) {
	t.Parallel()
	for diff, name := range map[string]string{
		"--- a/ops/exp.yml\n+++ b/ops/exp.yml\n@@ -1 +1,2 @@\n groups: []\n----\n":                                               "ops/exp.yml",
		"--- a/gone.yml\n+++ /dev/null\n@@ -1 +0,0 @@\n-groups: 7\n--- /dev/null\n+++ b/new_x.yml\n@@ -0,0 +1 @@\n+groups: []\n": "gone.yml, new\\_x.yml",
		"": "No rule",
	} {
		got, _, _ := strings.Cut(outcomeText(rules.Person{Name: "ann"}, rules.Outcome{Action: "undo", Revision: "1a2b3c4d", Diff: diff}), "`")
		if want := "**" + name + "** undone by ann, committed as"; !strings.HasPrefix(got, want) {
			t.Errorf("%q, want it to begin with %q", got, want)
		}
	}
}

func TestOutcomeSaysWhatItReleased(t *testing.T) {
	t.Parallel()
	got := outcomeText(rules.Person{Name: "alice"}, rules.Outcome{
		Action: "edit", Refs: []rules.Ref{{Name: "bad"}}, Revision: "1a2b3c4d", Ruler: "prometheus", State: rules.Live,
		Released: &rules.Released{Refs: []rules.Ref{{Name: "a_b"}, {Name: "gone"}}, Commits: []rules.PastCommit{{Found: rules.Found{Revision: "9f8e7d6c5b"}, Author: rules.Person{Name: "Eve"}}}},
	})
	want := "**bad** edited by alice, committed as `1a2b3c4`, live in prometheus after 0 ms.\n" +
		"With it, 2 changes of what Eve pushed (`9f8e7d6`) that were held are applied now: **a\\_b, gone**."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = outcomeText(rules.Person{Name: "alice"}, rules.Outcome{
		Action: "restore", Refs: []rules.Ref{{Name: "a_b"}}, Revision: "1a2b3c4d", Ruler: "prometheus", State: rules.PausedState,
		Released: &rules.Released{
			Paused:  []rules.Paused{{Ref: rules.Ref{Name: "a_b"}, Until: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), By: "bob", Reason: "it is loud"}},
			Commits: []rules.PastCommit{{Found: rules.Found{Revision: "9f8e7d6c5b"}, Author: rules.Person{Name: "Eve"}}},
		},
	})
	want = "**a\\_b** restored by alice, committed as `1a2b3c4`, paused: prometheus runs what it ran.\n" +
		"With it, **a\\_b** is paused as what Eve pushed (`9f8e7d6`) says, which was held: until 2031-01-01 00:00:00 UTC, by bob: it is loud."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The status tells of what else is wrong with the Git server than that it refuses a commit, and of that once.
func TestStatusOfARefusalSaysWhatElseIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"the Git server r refused the push: hook declined\nno tabs": 0,
		"the Git server r refuses connections":                      1,
	} {
		var b strings.Builder
		writeRemote(&b, rules.RemoteStatus{
			URL: "r", Err: &rules.Error{Text: text, Cause: context.Canceled}, Refusal: &rules.PushRefusal{Reason: "hook declined", Said: []string{"no tabs"}},
		}, true, time.Unix(1, 0))
		if got := b.String(); strings.Count(got, "- the commit that is refused") != 1 || strings.Count(got, "- trouble: ") != want {
			t.Errorf("of %q:\n%s", text, got)
		}
	}
}

// What an undo in part leaves is named as far as there is room: the lines after it are what is of use.
func TestWhatAnUndoLeavesIsNamedInPart(t *testing.T) {
	t.Parallel()
	undo := rules.Undo{Before: rules.NewBook(nil)}
	for i := range 2000 {
		undo.Leave = append(undo.Leave, rules.Ref{Path: "prometheus/ops/a.yaml", Group: "g", Name: fmt.Sprintf("rule%d", i+1)})
	}
	got := (&call{}).leftText(undo)
	if !strings.HasSuffix(got, "`rule19`, `rule20` and 1980 more.") {
		t.Errorf("left is told as %d bytes that end with %q", len(got), got[len(got)-50:])
	}
}

// A change that is displaced as the Git server refuses one before it is not said to have come after somebody else's push.
func TestOutcomeSaysWhatAChangeLacks(t *testing.T) {
	t.Parallel()
	got := outcomeText(rules.Person{Name: "alice"}, rules.Outcome{
		Action: "edit", Refs: []rules.Ref{{Name: "bad"}}, Revision: "1a2b3c4d", Undone: "2a2b3c4d", State: rules.Displaced,
		Reason: "the Git server refuses a change before it, without which this does not fit: there is no rule",
	})
	want := "The change **bad** (edit) by alice is not kept: the Git server refuses a change before it, without which this does not fit: there is no rule. " +
		"The commit `2a2b3c4` says so in its place."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
