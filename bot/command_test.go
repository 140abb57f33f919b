package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// The table is complete and ordered, every name in it is unique, and every example does what it says.
func TestCommands(t *testing.T) {
	t.Parallel()
	order := []string{"add", "list", "delete", "edit", "rename", "move", "copy", "pause", "resume", "apply", "show", "history", "journal", "diff", "blame", "undo", "restore", "templates", "template", "lint", "status", "web", "help"}
	var names []string
	seen := map[string]bool{}
	for _, c := range Commands {
		names = append(names, c.Name)
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			if seen[name] || name != fold(name) {
				t.Errorf("%q is there twice or not in lower case", name)
			}
			seen[name] = true
		}
		if len(c.Usage) == 0 || c.Summary == "" || strings.HasSuffix(c.Summary, ".") || len(c.Examples) == 0 || c.Run == nil {
			t.Errorf("%s is not complete", c.Name)
		}
		for _, line := range append(slices.Clone(c.Usage), c.Examples...) {
			if strings.Fields(line)[0] != c.Name {
				t.Errorf("%q is no %s", line, c.Name)
			}
		}
		for _, name := range c.Options {
			if !isOption(name) {
				t.Errorf("%s takes the unknown option %s", c.Name, name)
			}
		}
		if !strings.Contains(CommandsTable(), c.Summary) || !strings.Contains(helpText(Commands, "/alert"), c.Summary) || !strings.Contains(c.help("/alert"), c.Examples[0]) {
			t.Errorf("%s is missing in the help or the table", c.Name)
		}
	}
	if diff := cmp.Diff(order, names); diff != "" {
		t.Error(diff)
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for _, command := range Commands {
		for _, example := range command.Examples {
			t.Run(example, func(t *testing.T) {
				t.Parallel()
				c := newChat(t, nil)
				if command.Name != "add" {
					c.say("add sshd-ban sshd Ban 5m namespace=ops group=ssh")
				}
				if command.Name == "restore" {
					example = strings.Replace(example, "1a2b3c4", short(c.head()), 1)
					c.say("delete sshd-ban")
				}
				if strings.HasPrefix(example, "edit disk-full ") || strings.HasPrefix(example, "copy disk-full ") {
					c.say("add disk-full template=disk-full")
				}
				switch command.Name {
				case "resume":
					c.say("pause sshd-ban")
				case "apply":
					example = "apply " + planOf(c.say("edit severity=warning where name=sshd-*").Text)
				default:
					c.now = c.now.Add(30 * 24 * time.Hour)
				}
				got := c.say(example)
				changes := command.Changes && !strings.Contains(example, " where ") && !strings.Contains(example, "--dry-run")
				if c.last().Outcome.Result != rules.Success || c.last().Action != command.Name || changes != (got.ResponseType == "in_channel") {
					t.Errorf("%s: %+v", c.last().Outcome.Result, got)
				}
			})
		}
	}
}

func TestOptionsTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range options {
		if seen[o.name] || o.name == "" || o.value == "" || o.summary == "" || strings.HasSuffix(o.summary, ".") {
			t.Errorf("%q is there twice or not complete", o.name)
		}
		seen[o.name] = true
		taken := 0
		for _, command := range Commands {
			takes := slices.Contains(command.Options, o.name)
			if takes {
				taken++
			}
			if takes != strings.Contains(command.help("/alert"), "`"+o.name+"=`") {
				t.Errorf("%s= in the help of %s: %v, want %v", o.name, command.Name, !takes, takes)
			}
		}
		if taken == 0 || o.set != nil != slices.Contains(addCommand.Options, o.name) {
			t.Errorf("%s= is taken by %d commands", o.name, taken)
		}
	}
}

// Whatever way an add is typed, the intent is the same.
func TestAddForms(t *testing.T) {
	t.Parallel()
	log := rules.Add{Name: "x", Log: &rules.LogForm{Label: "job=y", Pattern: "Ban", Time: "5m"}, Channel: "alerts"}
	with := func(change func(*rules.Add)) rules.Add {
		add := log
		change(&add)
		return add
	}
	severe := with(func(a *rules.Add) { a.Options.Labels = map[string]string{"severity": "critical"} })
	expression := func(e string) rules.Add { return rules.Add{Name: "x", Expr: e, Channel: "alerts"} }
	yaml := "- alert: x\n  expr: up == 0\n"
	pasted := rules.Add{YAML: yaml, Channel: "alerts"}
	for text, want := range map[string]rules.Add{
		`add x job=y "Ban" 5m`:                       log,
		`ADD x job=y Ban 5m`:                         log,
		`/alert add x job=y 'Ban' 5m`:                log,
		`/alert /ALERT add x job=y 'Ban' 5m`:         log,
		"ａｄｄ　x　job＝y　“Ban”　５ｍ":                       log,
		"add x `job=y` `Ban` `5m`":                   log,
		"add x\njob=y\n\"Ban\"\n5m":                  log,
		`add severity=critical x job=y Ban 5m`:       severe,
		`add x severity="critical" job=y Ban 5m`:     severe,
		`add x job=y Ban 5m SEVERITY=critical`:       severe,
		`add x job=y Ban 5m label.severity=critical`: severe,
		"add x job=y Ban 5m severity：critical":       severe,
		`add x job=y "/a b/" 5m`:                     with(func(a *rules.Add) { a.Log = &rules.LogForm{Label: "job=y", Pattern: "/a b/", Time: "5m"} }),
		`add x job=y /a b c/ 5m`:                     with(func(a *rules.Add) { a.Log = &rules.LogForm{Label: "job=y", Pattern: "/a b c/", Time: "5m"} }),
		`add x {job="y", host=“z z”} Ban 5m`: with(func(a *rules.Add) {
			a.Log = &rules.LogForm{Label: `{job="y", host="z z"}`, Pattern: "Ban", Time: "5m"}
		}),
		`add x job="a,b",host=c Ban 5m`:                 with(func(a *rules.Add) { a.Log = &rules.LogForm{Label: `job="a,b",host=c`, Pattern: "Ban", Time: "5m"} }),
		`add x job='a b' Ban 5m`:                        with(func(a *rules.Add) { a.Log = &rules.LogForm{Label: `job=a b`, Pattern: "Ban", Time: "5m"} }),
		`add x expr='up{job="y"} == 0'`:                 expression(`up{job="y"} == 0`),
		`add x expr="up{job=\"y\"} == 0"`:               expression(`up{job="y"} == 0`),
		`add x expr=“up{job=“y”} == 0”`:                 expression(`up{job="y"} == 0`),
		"add x expr=`up{job=\"y\"} == 0`":               expression(`up{job="y"} == 0`),
		"add x expr=```promql\nup{job=\"y\"} == 0\n```": expression(`up{job="y"} == 0`),
		`add x expr='x =~ "\d+\\.\w"'`:                  expression(`x =~ "\d+\\.\w"`),
		`add x expr＝up`:                                 expression(`up`),
		"add\n" + yaml:                                  pasted,
		"add\n```yaml\n" + yaml + "\n```":               pasted,
		"add ```yaml\n" + yaml + "\n```":                pasted,
		"add ```\n" + yaml + "\n``` reason=why":         {YAML: yaml, Channel: "alerts", Options: rules.Options{Reason: "why"}},
		"add - alert: x\n  expr: up == 0\n":             pasted,
		"追加\n" + yaml:                                   pasted,
		"create\n" + yaml:                               pasted,
		"add\n~~~yaml\n" + yaml + "\n~~~":               pasted,
		"add ~~~\n" + yaml + "\n~~~":                    pasted,
		"add\n" + yaml + "```":                          pasted,
		"ａｄｄ ｘ ｊｏｂ＝ｙ Ban 5m":                            with(func(a *rules.Add) { a.Name = "ｘ" }),
		"add reason=why\n" + yaml:                       {YAML: yaml, Channel: "alerts", Options: rules.Options{Reason: "why"}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			got := intent(t, c, text)
			if diff := cmp.Diff(rules.Intent(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// intent returns what a command asks for.
func intent(t *testing.T, c *chat, text string) (got rules.Intent) {
	t.Helper()
	c.handler.backend.Apply = func(_ context.Context, _ rules.Request, i rules.Intent) rules.Outcome {
		got = i
		return rules.Outcome{Result: rules.Success, Revision: "1a2b3c4", State: rules.Live}
	}
	if answer := c.say(text); got == nil {
		t.Fatalf("refused: %s", answer.Text)
	}
	return got
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	for channel, want := range map[string]string{
		"alerts": "alerts", "web-ops": "web-ops", "": "default", alice + "__" + channelID: "default", strings.Repeat("a1", 20): "default",
	} {
		if got := namespaceOf(rules.Place{Name: channel}); got != want {
			t.Errorf("%q: %q", channel, got)
		}
	}
}

// A mistake is shown in its place, with lines that do.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`add x job=y "Ban" 5mm`, "/alert add x job=y \"Ban\" 5mm\n                         ^"},
		{`add 漢字 job=y "パ" 5mm`, "/alert add 漢字 job=y \"パ\" 5mm\n                           ^"},
		{"add x\tjob=y Ban 5mm", "/alert add x job=y Ban 5mm\n                       ^"},
		{`add x job=y "Ban`, "/alert add x job=y \"Ban\n                   ^"},
		{`add x expr="up == 0 for=1m`, "Try:\n/alert add x expr=\"up == 0\" for=1m"},
		{`add x expr="up == " for=1m`, "/alert add x expr=\"up == \" for=1m\n                        ^"},
		{`add x expr="up{a=\"b\"} ==" for=1m`, "/alert add x expr=\"up{a=\\\"b\\\"} ==\" for=1m\n                                 ^"},
		{`add x expr='up' servity=critical`, "Did you mean severity=?\n/alert add x expr='up' servity=critical\n                       ^\nTry:\n/alert add x expr='up' severity=critical"},
		{`add x servity=critical job=y Ban 5m`, "Try:\n/alert add x severity=critical job=y Ban 5m"},
		{`add x job=y a=b 5m`, "Try:\n/alert add x job=y \"a=b\" 5m"},
		{`add x expr=up for=300`, "Try:\n/alert add x expr=up for=300m\n/alert add x expr=up for=300s"},
		{`add x expr=up==0 sevrity=critical`, "There is no option sevrity=. Did you mean severity=?\n/alert add x expr=up==0 sevrity=critical\n                        ^\n" +
			"Try:\n/alert add x expr=up==0 severity=critical"},
		{`add x expr=up==0 team=web`, "A label of the alert is given as label.team=.\n/alert add x expr=up==0 team=web\n                        ^\n" +
			"Try:\n/alert add x expr=up==0 label.team=web"},
		{`add x expr='up == 0' team=web`, "Try:\n/alert add x expr='up == 0' label.team=web"},
		{`add x expr=up == 0 sevrity=critical`, "needs quotes around it.\n/alert add x expr=up == 0 sevrity=critical\n                    ^\n" +
			"Try:\n/alert add x expr=\"up == 0\" severity=critical"},
		{`add x expr=up == 0 team=web for=1m`, "Try:\n/alert add x expr=\"up == 0\" label.team=web for=1m"},
		{`add x expr=1`, "Try:\n/alert add x expr=1 ruler=prometheus\n/alert add x expr=1 ruler=loki"},
		{`add x expr=up ruler=promtheus`, "Try:\n/alert add x expr=up ruler=prometheus"},
		{`add x job=y Failed password 5m`, "Try:\n/alert add x job=y \"Failed password\" 5m"},
		{`add x job=y Ban`, "After PATTERN comes TIME, the window to count lines in, such as 5m."},
		{`add x`, "After the name comes LABEL"},
		{`add`, "The name of the rule is missing."},
		{`add x expr=up for=1m for=2m`, "for= is given twice."},
		{`add x expr=up severity=a label.severity=b`, "severity is given twice."},
		{`add x expr=up threshold=many`, "threshold= takes a number"},
		{"add\n```yaml\n- alert: x\n  expr: up\n```\nplease severity=critical", "Beside the YAML only options can stand"},
		{"add\n```yaml\n- alert: x\n  expr: up\n```\n```yaml\n- alert: y\n  expr: up\n```", "Beside the YAML only options can stand"},
		{"add\nthese:\n```yaml\n- alert: x\n  expr: up\n```\nand\n```yaml\n- alert: y\n  expr: up\n```", "There is a second code fence"},
		{"add x\n- alert: x\n  expr: up", "leave this word out"},
		{"add expr=up\n- alert: x\n  expr: up", "leave out expr="},
		{"add\n- alert: x\n  expr: [", "Line 2: did not find expected node content.\n  expr: ["},
		{`delete sshd-bam`, "Try:\n/alert delete sshd-ban"},
		{`delete sshd-ban now`, "One name is enough"},
		{`delete sshd-ban raeson=x`, "Try:\n/alert delete sshd-ban reason=x"},
		{`delete sshd-ban for=1m`, "There is no option for="},
		{`delete`, "The name of the rule is missing."},
		{`list sshd-bam`, "Try:\n/alert list sshd-ban"},
		{`list page=x`, "page= takes a number"},
		{`list page=1 page=2`, "page= is given twice."},
		{`list page=1 pgae=2`, "Did you mean page=?"},
		{`list ruler=lokki`, "There is no ruler \"lokki\". There are: prometheus, loki.\n/alert list ruler=lokki\n                  ^\nTry:\n/alert list ruler=loki"},
		{`list ruler=elsewhere`, "There is no ruler \"elsewhere\"."},
		{`list namespace=alrets`, "There are no rules in the namespace \"alrets\". Did you mean \"alerts\"?\n/alert list namespace=alrets\n                      ^\n" +
			"Try:\n/alert list namespace=alerts"},
		{`delete elsewhere`, "\"list\" shows the names of all rules."},
		{`add x expr=up page=2`, "There is no option page="},
		{`lst all`, "Try:\n/alert list all"},
		{`status now`, "status takes nothing more."},
		{`help lits`, "Try:\n/alert help list"},
		{`nonsense`, "There is no such command. The commands are add, list, delete, "},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			chat := newChat(t, nil)
			chat.say("add sshd-ban sshd Ban 5m")
			got := chat.say(c.text)
			var plain []string // without the fences
			for line := range strings.SplitSeq(got.Text, "\n") {
				if !strings.HasPrefix(line, "```") {
					plain = append(plain, line)
				}
			}
			if !strings.Contains(strings.Join(plain, "\n"), c.want) || got.ResponseType != "ephemeral" || chat.last().Outcome.Result != rules.ValidationError {
				t.Errorf("%s %s:\n%s\nwant\n%s", chat.last().Outcome.Result, got.ResponseType, got.Text, c.want)
			}
		})
	}
}

func TestPointAtLongLine(t *testing.T) {
	t.Parallel()
	c := call{trigger: "/alert", text: strings.Repeat("漢", 500) + "X" + strings.Repeat("y", 500)}
	got := strings.Split(c.pointAt(1500), "\n")
	if len(got) != 2 || columns(got[0]) > 4*around || !strings.HasPrefix(got[0], "…") || !strings.HasSuffix(got[0], "…") {
		t.Fatalf("shown as %q", got)
	}
	before, _, _ := strings.Cut(got[0], "X")
	if columns(before) != len(got[1])-1 {
		t.Errorf("the caret stands at %d, the place at %d", len(got[1])-1, columns(before))
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	if got := c.say("list"); got.Text != "There are no rules." {
		t.Errorf("got %q", got.Text)
	}
	var yaml strings.Builder
	yaml.WriteString("add namespace=many ruler=prometheus\ngroups:\n- name: g\n  rules:\n")
	const many = 700
	for i := range many {
		yaml.WriteString("  - alert: AVeryLongNameOfARuleThatTakesItsPlace" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "_" + strings.Repeat("n", i/26) + "\n    expr: up == 0\n")
	}
	files := map[string][]byte{"prometheus/many/g.yaml": []byte(strings.SplitN(yaml.String(), "\n", 2)[1])}
	c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "many", Files: files})
	c.say("add sshd-ban sshd Ban 5m")
	c.say("add \"all\" sshd Ban 5m")
	for _, command := range []string{"list", "list all", "list namespace=many"} {
		count, pages := 0, 0
		for next := command; next != ""; pages++ {
			got := c.say(next)
			if runes(got.Text) > maxReply || got.ResponseType != "ephemeral" || pages > 100 {
				t.Fatalf("%s: %d runes, page %d", next, runes(got.Text), pages)
			}
			count += strings.Count(got.Text, "AVeryLongName")
			_, more, _ := strings.Cut(got.Text, "…and more: `/alert ")
			next = strings.TrimSuffix(more, "`")
		}
		want := many
		if command == "list all" {
			want = 2 * many // in the heading and in the rule
		}
		if count != want || pages < 2 {
			t.Errorf("%s: %d names on %d pages", command, count, pages)
		}
	}
	if got := c.say("list namespace=alerts"); got.Text != "**2 rules in alerts**\n**loki/alerts** (2): `all`, `sshd-ban`" {
		t.Errorf("got %q", got.Text)
	}
	for text, want := range map[string]string{
		"list loki": "**2 rules for loki**", "list alerts": "**2 rules in alerts**", "list loki/alerts": "**2 rules in alerts for loki**", "一覧 alerts": "**2 rules in alerts**",
	} {
		if got := c.say(text); !strings.HasPrefix(got.Text, want) {
			t.Errorf("%s: %q", text, got.Text)
		}
	}
	if got := c.say(`list "all"`); !strings.HasPrefix(got.Text, "**all**\n```yaml\n- alert: all") {
		t.Errorf("got %q", got.Text)
	}
	if got := c.say("list ruler=prometheus namespace=nowhere"); got.Text != "There are no rules in nowhere for prometheus." {
		t.Errorf("got %q", got.Text)
	}
}

func TestStatusText(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	many := make([]string, 12)
	for i := range many {
		many[i] = "f.yaml"
	}
	got := statusText(rules.Status{
		Revision: "1a2b3c4d5e", Rules: 3, Shallow: true,
		Problems: []rules.Problem{{Path: "loki/x.yaml", Line: 3, Text: "no @all expression"}},
		Rulers: []rules.RulerStatus{{
			Info: rules.RulerInfo{Name: "loki", Dialect: "logql"}, Files: 1, Rules: 2, Running: 1, Behind: true, Foreign: many, LastApply: c.now.Add(-90_000_000_000),
			NotLive: []rules.NotLive{{Ref: rules.Ref{Group: "g", Name: "x"}}},
			Err:     &rules.Error{Text: "Loki does not answer.", Cause: context.Canceled},
		}, {Info: rules.RulerInfo{Name: "prometheus", Dialect: "promql"}, Err: context.Canceled}},
		Waiting: []rules.Waiting{{Outcome: rules.Outcome{Action: "add", Refs: []rules.Ref{{Name: "x"}}, Reason: "Loki is down"}, Since: c.now}},
	}, c.now)
	want := "**Rulebook** at `1a2b3c4`, 3 rules\n- 1 not published:\n    - `loki/x.yaml:3`: no @" + apart + "all expression\n" +
		"- a shallow clone: who changed a rule before it begins, and when, is not in it; complete it with `git fetch --unshallow` there, while the service is stopped\n" +
		"**loki** (logql): 1 of 2 rules live, in 1 file; last applied 90 s ago, last seen never since the start\n- newer commits changed its files: they are on their way, and not counted yet\n- trouble: Loki does not answer.\n" +
		"- 1 not live:\n    - `g/x`: the reason is not known\n- 12 not ours in its directory, left alone:\n" + strings.Repeat("    - `f.yaml`\n", 10) + "    - …and 2 more\n" +
		"**prometheus** (promql): 0 of 0 rules live, in 0 files; last applied never since the start, last seen never since the start\n" +
		"- trouble: something went wrong inside the service; its log says what\n" +
		"- 1 committed and waiting to be live:\n    - add x (0 ms ago): Loki is down"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A rulebook that cannot be read is not an empty one, and nobody knows what of it the Git server has.
func TestStatusTextOfAnUnreadableRulebook(t *testing.T) {
	t.Parallel()
	now := time.Unix(1, 0)
	got := statusText(rules.Status{
		Err:    &rules.Error{Text: "the rulebook /r cannot be read: permission denied at /r/refs/heads/main", Cause: context.Canceled},
		Remote: rules.RemoteStatus{URL: "r", LastFetch: now, LastPush: now},
	}, now)
	want := "**Rulebook** not readable\n- trouble: the rulebook /r cannot be read: permission denied at /r/refs/heads/main\n" +
		"**Git remote** `r`: nobody knows what it has not got; last read 0 ms ago, last pushed 0 ms ago"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatusTextOfGit(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	was, now := strings.Repeat("a", 40), strings.Repeat("b", 40)
	got := statusText(rules.Status{
		Revision: "1a2b3c4d5e",
		Held: &rules.HeldPush{
			Commits:  []rules.PastCommit{{Found: rules.Found{Revision: "9f8e7d6c5b", Subject: "tidy @here"}, Author: rules.Person{Name: "Eve *Hacker*"}}},
			Paths:    []string{"loki/x.yaml"},
			Problems: []rules.Problem{{Path: "loki/x.yaml", Line: 3, Text: "no expression"}},
			Since:    c.now.Add(-90_000_000_000),
			Mend:     []string{"git pull", "git push"},
		},
		Rulers: []rules.RulerStatus{{Info: rules.RulerInfo{Name: "loki"}, Rules: 3, Running: 3}},
		Remote: rules.RemoteStatus{
			URL: "ssh://git@git.example.org/rulebook.git", Unpushed: 2, Oldest: c.now.Add(-90_000_000_000), LastFetch: c.now, LastPush: c.now,
			Err: &rules.Error{Text: "git.example.org says:\n* one\n* two", Cause: context.Canceled}, Rewritten: &rules.Rewritten{Was: was, Now: now, Since: c.now},
		},
	}, c.now)
	want := "**Rulebook** at `1a2b3c4`, 0 rules as it was pushed, and 3 in force\n" +
		"**Not applied** (noticed 90 s ago): what was pushed would not be taken. The files that it changed stay in force as they were.\n" +
		"- 1 pushed and held up:\n    - `9f8e7d6` by Eve \\*Hacker\\*: tidy @" + apart + "here\n" +
		"- 1 to be mended:\n    - `loki/x.yaml:3`: no expression\n" + noRuleFiles +
		"- whoever may push mends that with Git, in a clone of the rulebook:\n```\ngit pull\ngit push\n```\n- 1 held as before:\n    - `loki/x.yaml`\n" +
		"**Git remote** `ssh://git@git.example.org/rulebook.git`: 2 commits not pushed yet, the oldest made 90 s ago; last read 0 ms ago, last pushed 0 ms ago\n" +
		"- the history there was rewritten 0 ms ago: its newest commit is `bbbbbbb`, and `aaaaaaa` is not part of it. Nothing is fetched or pushed. " +
		"Push the old history back, or accept the new one with `git.accept_rewritten: " + now + "` in the configuration and a restart.\n" +
		"- trouble: git.example.org says:\n  \\* one\n  \\* two\n" +
		"**loki** (): 3 of 3 rules live, in 0 files; last applied never since the start, last seen never since the start"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := (&call{}).errorText(&rules.Error{Text: "It is held:", Shell: []string{"git pull", "git push"}, Offset: -1}); !strings.HasSuffix(text, "\n```\ngit pull\ngit push\n```") {
		t.Errorf("what is for a shell is told as\n%s", text)
	}
	if names := refNames([]rules.Ref{{}}); names != "(a rule without a name)" {
		t.Errorf("a rule without a name is called %q", names)
	}
	got = statusText(rules.Status{Remote: rules.RemoteStatus{URL: "r", Rewritten: &rules.Rewritten{Was: was, Since: c.now}}}, c.now)
	if strings.Contains(got, "it has every commit") || !strings.Contains(got, "`r`: its history is another than ours;") {
		t.Errorf("of a server whose history was rewritten:\n%s", got)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"servity": "severity", "severty": "severity", "sevreity": "severity", "fro": "for", "summry": "summary", "rulers": "ruler",
		"annotation": "annotation.X", "nonsense": "", "job": "", "": "", strings.Repeat("x", 1000): "",
	} {
		if got := nearest(typed, addOptions()); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
