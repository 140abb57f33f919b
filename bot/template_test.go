package bot

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/templates"
)

// builtIn returns the templates that are built in.
var builtIn = sync.OnceValue(func() []rules.Template {
	read, err := rules.ReadTemplates(templates.Files, IsOption)
	if err != nil {
		panic(err)
	}
	return read
})

// templates returns the templates of the newest rulebook.
func (c *chat) templates(ctx context.Context) (rules.Templates, error) {
	book, err := c.applier.Book(ctx)
	if err != nil {
		return rules.Templates{}, err
	}
	return book.Templates(builtIn(), IsOption)
}

// No parameter of a template has the name of an option, whichever command takes it: the option keeps its meaning beside a template.
func TestParametersAreNoOptions(t *testing.T) {
	t.Parallel()
	for _, template := range builtIn() {
		for _, p := range template.Parameters {
			if isOption(p.Name) {
				t.Errorf("%s: the parameter %s has the name of an option", template.Name, p.Name)
			}
		}
	}
	for _, o := range options {
		name := strings.TrimSuffix(o.name, "X") + map[bool]string{true: "x"}[strings.HasSuffix(o.name, ".X")]
		file := "name: t\nversion: 1\ndescription: d\ndialect: promql\nparameters:\n  - {name: " + name + ", type: number, description: d, example: 1}\nrule: {expr: 'up == ${" + name + "}'}\n"
		if _, err := rules.ReadTemplate("t", []byte(file), IsOption); err == nil {
			t.Errorf("a parameter may be called %s, as the option is", name)
		}
	}
}

// Whoever types the line that a template's explanation shows gets the rule that it shows.
func TestTemplatesAsShown(t *testing.T) {
	t.Parallel()
	for _, template := range builtIn() {
		t.Run(template.Name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			told := c.say("template " + template.Name).Text
			c.must(templateUsage(template))
			_, shown, _ := strings.Cut(told, "```yaml\n")
			shown, _, _ = strings.Cut(shown, "\n```")
			if got := c.say("list " + template.Name).Text; shown == "" || !strings.Contains(got, shown) {
				t.Errorf("the explanation shows\n%s\nand what was written is\n%s", shown, got)
			}
		})
	}
}

func TestTemplateList(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	var listed []string
	for command := "templates"; command != ""; {
		got := c.say(command).Text
		if runes(got) > maxReply {
			t.Fatalf("%d runes", runes(got))
		}
		for line := range strings.Lines(got) {
			if name, found := strings.CutPrefix(line, "- `"); found {
				name, _, _ = strings.Cut(name, "`")
				listed = append(listed, name)
			}
		}
		_, next, more := strings.Cut(got, "…and more: `/alert ")
		if command = ""; more {
			command, _, _ = strings.Cut(next, "`")
		}
	}
	if len(listed) != len(builtIn()) || !slices.IsSorted(listed) {
		t.Errorf("%d listed: %v", len(listed), listed)
	}
	requireParts(t, c.say("templates バックアップ").Text, "`backup-not-run`", "`backup-too-old`")
	requireParts(t, c.say("templates ディスク").Text, "`disk-full`", "`disk-hot`", "`disk-will-fill`", "`inodes-full`", "`smart-failing`")
	requireParts(t, c.say("templates 死活").Text, "`host-down`", "`nginx-down`", "`probe-failed`")
	requireParts(t, c.say("templates DISK full").Text, "`disk-full` (PromQL): A file system is nearly full", "/alert template disk-full")
	requireParts(t, c.say("templates nonsense").Text, "**0 templates** with `nonsense`: none")
	requireParts(t, c.say("templates pgae=2").Text, "Did you mean page=?")
	requireParts(t, c.say("template disk-ful").Text, "There is no template", "/alert template disk-full")
	requireParts(t, c.say("template disk-full").Text, "| `percent=` |", "percentage", "/alert add disk-full template=disk-full nodes=\"job=node\" percent=90", "# template: disk-full v1")
}

// What a template cannot be made with is answered with what would do.
func TestTemplateMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{`add x template=disk-ful`, "Try:\n/alert add x template=disk-full"},
		{`add x template=`, "template= takes the name of a template"},
		{`add template=disk-full percent=90`, "The name of the rule is missing."},
		{`add x template=disk-full precent=95`, "The template disk-full has no parameter precent=. Did you mean percent=?\n/alert add x template=disk-full precent=95\n                                ^\nTry:\n/alert add x template=disk-full percent=95"},
		{`add x template=disk-full servity=critical`, "Did you mean severity=?"},
		{`add x template=disk-full colour=red`, "Its parameters are nodes, percent."},
		{`add x template=log-text`, "The template log-text needs logs= (the log streams, by their labels, such as logs=\"job=nginx\"), and text= (what the lines contain"},
		{`add x template=log-text text="a b"`, "needs logs= (the log streams, by their labels, such as logs=\"job=nginx\").\n/alert add x template=log-text text=\"a b\"\n                                         ^"},
		{`add x template=disk-full percent=101`, "percent= is a percentage from 0 to 100, such as 90."},
		{`add x template=disk-full percent=many`, "percent= is a percentage from 0 to 100, such as 90.\n/alert add x template=disk-full percent=many\n                                        ^"},
		{`add x template=log-text logs=app text=x window=0s`, "window= is a time longer than zero"},
		{`add x template=log-pattern logs=app pattern="("`, "pattern= is a regular expression such as (?i)out of (memory|disk): this is no regular expression"},
		{`add x template=log-text logs='{}' text=x`, "logs= says which series or log streams are meant"},
		{`add x template=disk-full nodes='{job="a"} or vector(1)'`, "this is more than a selector"},
		{`add x template=disk-full percent=90 percent=95`, "percent= is given twice."},
		{`add x template=disk-full expr=up`, "leave out expr=, or template=."},
		{`add x template=disk-full threshold=3`, "The template disk-full has parameters of its own."},
		{`add x template=disk-full job=y Ban 5m`, "With template= there is only NAME"},
		{`add x template=disk-full ruler=loki`, "Try:\n/alert add x template=disk-full ruler=prometheus"},
		{`add x template=log-text logs=app text=x keep_firing_for=5m`, "Loki ignores keep_firing_for"},
		{"add template=disk-full\n- alert: x\n  expr: up", "leave out template="},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			got := c.say(test.text)
			var plain []string
			for line := range strings.SplitSeq(got.Text, "\n") {
				if !strings.HasPrefix(line, "```") {
					plain = append(plain, line)
				}
			}
			text := strings.NewReplacer(`\_`, "_", `\(`, "(", `\)`, ")", `\=`, "=", `\|`, "|", `\?`, "?").Replace(strings.Join(plain, "\n"))
			if !strings.Contains(text, test.want) || got.ResponseType != "ephemeral" || c.last().Outcome.Result != rules.ValidationError {
				t.Errorf("%s:\n%s\nwant\n%s", c.last().Outcome.Result, text, test.want)
			}
		})
	}
}

// An option goes before what the template says, and the rule remembers it; a secret it does not remember.
func TestAddFromTemplate(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	c.must(`add x template=LOG-text logs=job=app,host=web1 text="password=hunter2 {{ bad }}" for=10m severity=critical label.team=web namespace=ops reason=why`)
	requireParts(t, c.say("list x").Text,
		`# template: log-text v1 logs="job=app,host=web1" text="password=*** {{ bad }}" for=10m severity=critical label.team=web`+"\n",
		`|= "password=hunter2 {{ bad }}"`, "for: 10m", "severity: critical", "team: web", `{{ "{{" }} bad }}`)
	if text := c.say("list x").Text; strings.Contains(text, "# template: log-text v1 logs=\"job=app,host=web1\" text=\"password=hunter2") {
		t.Error("the comment has the secret")
	}
	c.must(`add y template=log-text logs=app text=bad`)
	c.must(`edit y logs＝job＝web`)
	requireParts(t, c.say("list y").Text, `# template: log-text v1 logs="job=web" text=bad`, `{job="web"} |= "bad"`)
	requireParts(t, c.say(`edit y logs=job:web`).Text, "written with", `/alert edit y logs="job=web"`)
}

// A newer version of a template is told of, with what it would change; options and parameters stay as they were given.
func TestTemplatesOutdated(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	own := func(version, expr string) {
		file := "name: own\nversion: " + version + "\ndescription: our own\ndialect: promql\nparameters:\n  - {name: limit, type: number, description: d, example: 1}\nrule:\n  expr: '" + expr + "'\n  labels: {severity: info}\n"
		c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "own", Files: map[string][]byte{"templates/own.yaml": []byte(file)}})
	}
	own("1", "up < ${limit}")
	c.must(`add x template=own limit=0.5 severity=critical`)
	c.must(`add y template=disk-full`)
	if got := c.say("templates outdated").Text; !strings.Contains(got, "newest version") {
		t.Errorf("nothing is outdated: %s", got)
	}
	own("2", "avg_over_time(up[5m]) < ${limit}")
	got := c.say("templates outdated").Text
	requireParts(t, got, "**1 rule**", "**x**, from `own` v1; the newest is v2:", "-  expr: up < 0.5\n+  expr: avg_over_time(up[5m]) < 0.5\n")
	if strings.Contains(got, "-    severity") || strings.Contains(got, "+    severity") || strings.Contains(got, "\n-  #") {
		t.Errorf("more is told than would change: %s", got)
	}
	own("3", "up < ${limit} # ${limit}")
	requireParts(t, c.say("templates").Text, "1 in the rulebook that cannot be used", "`templates/own.yaml`: the expression has ${limit} inside a text or a comment")
}

// A parameter of a rule that was made from a template is changed by making the rule anew; what somebody changed by hand stays.
func TestEditOfATemplatesParameter(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	own := func(version, expr string) {
		file := "name: own\nversion: " + version + "\ndescription: our own\ndialect: promql\nparameters:\n  - {name: limit, type: number, description: d, example: 1}\n  - {name: times, type: number, description: d, default: 2, example: 1}\nrule:\n  expr: '" + expr + "'\n  labels: {severity: info}\n"
		c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "own", Files: map[string][]byte{"templates/own.yaml": []byte(file)}})
	}
	own("1", "up * ${times} < ${limit}")
	c.must(`add x template=own limit=0.5 severity=critical`)
	c.must(`edit x for=7m label.team=web`)
	text, _ := c.must(`edit x limit=0.8 reason="too late"`)
	requireParts(t, text, "-        # template: own v1 limit=0.5 severity=critical for=7m label.team=web\n", "-        expr: up * 2 < 0.5", "+        # template: own v1 limit=0.8 severity=critical for=7m label.team=web\n", "+        expr: up * 2 < 0.8")
	requireParts(t, c.say("show x").Text, "for: 7m", "severity: critical", "team: web")
	requireParts(t, c.say("history x").Text, "**changed** (edit): too late")
	c.must(`edit x times=3 severity=page`)
	requireParts(t, c.say("show x").Text, "# template: own v1 limit=0.8 severity=page for=7m label.team=web times=3\n", "up * 3 < 0.8", "for: 7m", "severity: page", "team: web")
	c.must(`edit x times=`)
	requireParts(t, c.say("show x").Text, "# template: own v1 limit=0.8 severity=page for=7m label.team=web\n", "up * 2 < 0.8")

	requireParts(t, c.say("edit x limt=1").Text, "has no parameter limt=. Did you mean limit=?", "/alert edit x limit=1")
	requireParts(t, c.say("edit x limit=many").Text, "limit")
	requireParts(t, c.say("edit x limit=1 expires=30d").Text, "an edit of its own")
	requireParts(t, c.say("edit x template=disk-full").Text, "takes latest in an edit", "/alert edit x template=latest")
	requireParts(t, c.say("edit x template=latest").Text, "There is nothing to do")
	requireParts(t, c.say("edit x limit=1 --dry-run").Text, "would be", "+        expr: up * 2 < 1")

	requireParts(t, c.say("edit nosuch limit=1").Text, "There is no rule")
	c.must("pause x")
	requireParts(t, c.say("edit x limit=1").Text, "is paused")
	c.must("resume x")

	own("2", "avg_over_time(up[5m]) * ${times} < ${limit}")
	got := c.say("templates outdated").Text
	requireParts(t, got, "To make it anew: `/alert edit x template=latest`")
	head := c.head()
	requireParts(t, c.say(`edit x limit=0.9 reason="too late"`).Text, "was made from v1 of the template own, which is at v2 now", "loses what else was changed in it since",
		`/alert edit x limit=0.9 reason="too late" template=latest`, `/alert edit x reason="too late" expr="up * 2 < 0.9"`)
	if got = c.say(`edit x times=3`).Text; !strings.Contains(got, "template=latest") || strings.Contains(got, "/alert edit x expr=") {
		t.Errorf("a line is offered that leaves times= out:\n%s", got) // where its 2 comes from is not remembered
	}
	requireParts(t, c.say(`edit x limit=0.9 template=own dry-run`).Text, `/alert edit x limit=0.9 dry-run template=latest`)
	if c.head() != head {
		t.Error("an edit of one parameter took a newer version of the template without a word")
	}
	c.must(`edit x template=latest`)
	requireParts(t, c.say("show x").Text, "# template: own v2 limit=0.8 severity=page for=7m label.team=web\n", "avg_over_time(up[5m]) * 2 < 0.8", "for: 7m", "team: web")
	requireParts(t, c.say("templates outdated").Text, "newest version")

	c.must(`edit x expr="up < 3"`)
	requireParts(t, c.say("edit x limit=1").Text, "was changed by hand")
	c.must(`add y expr="up == 0" ruler=prometheus`)
	requireParts(t, c.say("edit y limit=1").Text, "There is no option limit=")
}

// A copy of a rule that was made from a template is made anew with the parameters that are given, and remembers the template as well.
func TestCopyOfATemplatesRule(t *testing.T) {
	t.Parallel()
	c := newChat(t, nil)
	own := func(version, expr string) {
		file := "name: own\nversion: " + version + "\ndescription: our own\ndialect: promql\nparameters:\n  - {name: limit, type: number, description: d, example: 1}\nrule:\n  expr: '" + expr + "'\n  labels: {severity: info}\n"
		c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "own", Files: map[string][]byte{"templates/own.yaml": []byte(file)}})
	}
	own("1", "up < ${limit}")
	c.must(`add x template=own limit=0.5 namespace=ops interval=2m`)
	c.must(`edit x for=7m label.team=web`)
	copied, _ := c.must(`copy x y limit=0.8 severity=page group=g reason="password=hunter2"`)
	requireParts(t, copied, "name: g", "# template: own v1 limit=0.8 for=7m label.team=web severity=page\n", "expr: up < 0.8", "for: 7m", "severity: page", "team: web")
	if text := c.last().Request.Command; strings.Contains(c.say("history y").Text, "hunter2") || strings.Contains(text, "hunter2") {
		t.Error("the commit has a secret that was typed as a reason")
	}
	requireParts(t, c.say("show x").Text, "# template: own v1 limit=0.5 for=7m label.team=web\n", "expr: up < 0.5")
	c.must(`edit y limit=0.9`)
	requireParts(t, c.say("show y").Text, "# template: own v1 limit=0.9 for=7m label.team=web severity=page\n", "expr: up < 0.9", "for: 7m")
	copied, _ = c.must(`copy x z`)
	requireParts(t, copied, "interval: 2m", "# template: own v1 limit=0.5 for=7m label.team=web\n", "expr: up < 0.5")

	head := c.head()
	for text, want := range map[string]string{
		"copy x w limt=1":                     "has no parameter limt=. Did you mean limit=?",
		"copy x w limit=1 severity=a limit=2": "limit= is given twice.",
		"edit x limit=1 severity=a limit=2":   "limit= is given twice.",
		"copy nosuch w limit=1":               "There is no rule",
		"copy x w v limit=1":                  "one too many",
		"copy x w limit=1 expires=3d":         "an edit of its own",
		"edit limit=1 where name=x*":          "edit NAME limit=…",
		"edit limit=1 where name=x":           "a parameter of a template is changed rule by rule",
		"edit severty=page where name=x":      "/alert edit severity=page where name=x",
		"copy x w limit=1 dry-run":            "would be copied",
	} {
		got := strings.ReplaceAll(c.say(text).Text, `\=`, "=")
		if !strings.Contains(got, want) || strings.Contains(got, "label.limit") && strings.Contains(got, "Try:") {
			t.Errorf("%s:\n%s\nwant %q", text, got, want)
		}
	}
	own("2", "up <= ${limit}")
	requireParts(t, c.say("copy x w limit=1 group=g").Text, "was made from v1 of the template own, which is at v2 now", "/alert copy x w limit=1 group=g template=latest", `/alert copy x w group=g expr="up < 1"`)
	c.must("pause x")
	requireParts(t, c.say("copy x w limit=1").Text, "is paused")
	c.must("resume x")
	if n := strings.Count(c.say("history y").Text, "changed"); n != 1 || head == c.head() {
		t.Errorf("%d changes of y", n)
	}
	c.must("copy x w limit=1 template=latest")
	requireParts(t, c.say("show w").Text, "# template: own v2 limit=1 for=7m label.team=web\n", "expr: up <= 1")
}

// What an edit says is remembered as what the add said is: a newer version of the template changes what the template says, and no more.
func TestEditedOptionsAreRemembered(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit, remembered string
		has              []string
	}{
		"options":        {"edit x for=7m severity=page label.team=web runbook=https://r.example/x", "for=7m severity=page label.team=web runbook=https://r.example/x", []string{"for: 7m", "severity: page", "team: web", "runbook_url: https://r.example/x"}},
		"said before":    {"edit x summary=new", "for=2m summary=new", []string{"for: 2m", "severity: info", "summary: new"}},
		"taken away":     {"edit x severity= for=", `for="" severity=""`, []string{"summary: old"}},
		"bulk":           {"edit severity=page where name=x", "for=2m severity=page", []string{"severity: page"}},
		"YAML":           {"edit x\nalert: x\nexpr: up < 0.5\nlabels: {severity: page, team: web}\nannotations: {summary: old}", `for="" severity=page label.team=web`, []string{"severity: page", "team: web"}},
		"YAML with note": {"edit x\n- alert: x\n  # template: own v1 limit=0.5 for=2m\n  expr: up < 0.5\n  for: 3m\n  labels: {severity: info}\n  annotations: {summary: old}", "for=3m", []string{"for: 3m", "severity: info"}},
		"copy":           {"copy x y severity=page group=x; delete x", "for=2m severity=page", []string{"severity: page"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChat(t, nil)
			own := func(version, expr string) {
				file := "name: own\nversion: " + version + "\ndescription: our own\ndialect: promql\nparameters:\n  - {name: limit, type: number, description: d, example: 1}\nrule:\n  expr: '" + expr + "'\n  labels: {severity: info}\n  annotations: {summary: old}\n"
				c.store.Commit(rules.Commit{Author: rules.Person{Name: "x"}, Subject: "own", Files: map[string][]byte{"templates/own.yaml": []byte(file)}})
			}
			own("1", "up < ${limit}")
			c.must("add x template=own limit=0.5 for=2m")
			rule := "x"
			for command := range strings.SplitSeq(test.edit, "; ") {
				if answer, _ := c.must(command); strings.Contains(command, " where ") {
					_, apply, _ := strings.Cut(answer, "/alert apply ")
					c.must("apply " + strings.Fields(apply)[0])
				} else if strings.HasPrefix(command, "copy") {
					rule = "y"
				}
			}
			requireParts(t, c.say("show "+rule).Text, "# template: own v1 limit=0.5 "+test.remembered+"\n")
			if name == "options" {
				c.must("undo")
				requireParts(t, c.say("show x").Text, "# template: own v1 limit=0.5 for=2m\n")
				c.must(test.edit)
			}

			own("2", "up <= ${limit}")
			outdated := c.say("templates outdated").Text
			requireParts(t, outdated, "-  expr: up < 0.5\n+  expr: up <= 0.5\n")
			if n := strings.Count(outdated, "\n-") + strings.Count(outdated, "\n+"); n != 4 { // two of them are the names
				t.Errorf("told is what the version does not change: %s", outdated)
			}
			c.must("edit " + rule + " template=latest")
			now := c.say("show " + rule).Text
			requireParts(t, now, append([]string{"# template: own v2 limit=0.5 " + test.remembered + "\n", "up <= 0.5"}, test.has...)...)
			if name == "taken away" && (strings.Contains(now, "severity:") || strings.Contains(now, "for:")) {
				t.Errorf("what was taken away is there again: %s", now)
			}
		})
	}
}
