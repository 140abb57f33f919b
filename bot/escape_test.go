package bot

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"github.com/mattermost/mattermost/server/public/shared/markdown"

	"github.com/alertsmith/alertsmith/rules"
)

// mention finds what Mattermost could take for a call to somebody, as its server (5.36.1) splits text.
var mention = regexp.MustCompile(`(?i)[@＠﹫][\pL\pN._-]|<[!@#]`)

// liveMentions returns the mentions in a message that are text and not code, by Mattermost's own Markdown parser.
func liveMentions(message string) []string {
	var text strings.Builder
	markdown.Inspect(message, func(node any) bool {
		if t, ok := node.(*markdown.Text); ok {
			text.WriteString(t.Text)
		} else {
			text.WriteByte('\n')
		}
		return true
	})
	return mention.FindAllString(text.String(), -1)
}

// hostileTexts are what a text from outside may hold to be more than text.
var hostileTexts = []string{
	"@channel", "@all", "@here", "@alice", "＠channel", "﹫all", "<!channel>", "<@u123>", "<!here|here>", "\\@channel", "`@channel`", "``` @channel ```",
	"```\n@channel\n```", "`\n@channel\n`", "a`@all`b``@all", "[x](http://e.x/@all)", "![x](@all)", "**@all**", "_@all_", "~~@all~~", "> @all", "# @all", "1. @all",
	"- @all", "* @all", "| @all |\n|---|\n", "    @all", "\t@all", "<a href=x>@all</a>", "@\u200ball", "\u202e@all", "@all\x00", "\x00@all", "\xff@all",
	"http://e.x/@all", "mailto:a@all.example", "a@channel", "@@channel", ".@channel", "@channel.", ":@channel:", "\n@channel", "\r\n@channel", "\u2028@channel",
	"&#64;channel", "\\`@channel\\`", "`````@channel", "```yaml\n@channel", "~~~\n@channel\n~~~", "[@all]: x\n[@all]", "<@all>", "<http://x|@all>",
}

func TestNobodyIsCalled(t *testing.T) {
	t.Parallel()
	for _, text := range hostileTexts {
		checkHarmless(t, text)
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"remove it (`ssh-keygen -R '[127.0.0.1]:22' -f a_b`), and run `ssh-keyscan x`", "remove it (`ssh-keygen -R '[127.0.0.1]:22' -f a_b`), and run `ssh-keyscan x`"},
		{"the server `ssh://git@example.org/r` says *no*", "the server `ssh://git@example.org/r` says \\*no\\*"},
		{"one ` is none, [x]", "one \\` is none, \\[x\\]"},
		{"`a` and one ` more", "`a` and one \\` more"},
		{"two `` are none", "two \\`\\` are none"},
		{"a `line\nends` it", "a \\`line\nends\\` it"},
		{"", ""},
	} {
		if got := prose(tc.text); got != tc.want {
			t.Errorf("prose(%q) = %q, want %q", tc.text, got, tc.want)
		}
	}
}

// TestCommandsToCopy holds that a person can copy the command that mends what is not theirs to mend.
func TestCommandsToCopy(t *testing.T) {
	t.Parallel()
	const command = "`ssh-keygen -R '[127.0.0.1]:51317' -f /etc/known_hosts`"
	err := &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: "it shows another key: remove the old one (" + command + ")"}
	failed := (&call{}).errorText(err)
	status := statusText(rules.Status{Housekeeping: err, Remote: rules.RemoteStatus{URL: "ssh://h/r", Err: err}, Rulers: []rules.RulerStatus{{Err: err}}}, time.Unix(1, 0))
	if n := strings.Count(failed, command) + strings.Count(status, command); n != 4 {
		t.Errorf("the command stands %d times, want 4, in\n%s\n%s", n, failed, status)
	}
}

func FuzzEscape(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkHarmless(t, text)
		fitted := fit(strings.Repeat(fence("", text)+"\n", 1+maxReply/(len(text)+1)))
		if n := runes(fitted); n > maxReply {
			t.Fatalf("%d runes", n)
		}
	})
}

// checkHarmless puts a text in every place of a reply that takes text from outside.
func checkHarmless(t *testing.T, text string) {
	t.Helper()
	for what, message := range map[string]string{
		"escaped":   "before " + escape(text) + " after",
		"at start":  escape(text),
		"prose":     "before `x` " + prose(text) + " after `y`",
		"code":      "before " + code(text) + " after @\u200b",
		"fence":     "before\n" + fence("yaml", text) + "\nafter",
		"two":       escape(text) + code(text) + escape(text) + "\n" + fence("", text) + "\n" + escape(text),
		"list":      "- " + escape(text) + "\n    - " + code(text),
		"bold":      "**" + escape(text) + "**",
		"cut fence": fit(fence("", strings.Repeat(text+"\n", 2+maxReply/(len(text)+1)))),
	} {
		if found := liveMentions(message); found != nil {
			t.Errorf("%s: %q calls %q: %q", what, text, found, message)
		}
	}
	if escaped := escape(text); mention.MatchString(escaped) {
		t.Errorf("%q is escaped as %q", text, escaped)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`plain text, 5m > 3`:    `plain text, 5m > 3`,
		`a_b *c* [d](e) ~f~ #g`: `a\_b \*c\* \[d\](e) \~f\~ \#g`,
		"> quote\n- item":       "\\> quote\n\\- item",
		"1. one\n 2) two":       "1\\. one\n 2\\) two",
		"up 1.5 times":          "up 1.5 times",
		"a\x00b\u202ec":         "a\ufffdb\ufffdc",
		"mail@x.example":        "mail@" + apart + "x.example",
		"x < 3 <b>":             "x <" + apart + " 3 <" + apart + "b>",
		"漢字":                    "漢字",
	} {
		if got := escape(text); got != want {
			t.Errorf("%q is escaped as %q, want %q", text, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one line":      strings.Repeat("x", 20000),
		"lines":         strings.Repeat("a line\n", 5000),
		"one fence":     fence("yaml", strings.Repeat("a line\n", 5000)),
		"long fence":    fence("yaml", strings.Repeat("````` a line\n", 5000)),
		"many fences":   strings.Repeat(fence("", "x\ny")+"\ntext\n", 2000),
		"wide letters":  strings.Repeat("漢字\n", 9000),
		"just too long": strings.Repeat("x\n", (maxReply+1)/2) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := fit(text)
			if n := runes(got); n > maxReply {
				t.Errorf("%d runes", n)
			}
			if !strings.HasSuffix(got, "too long.") {
				t.Errorf("it does not say that it was cut: …%q", got[len(got)-60:])
			}
			open := ""
			for line := range strings.SplitSeq(got, "\n") {
				open = fenceAfter(open, line)
			}
			if open != "" {
				t.Error("a fence is left open")
			}
		})
	}
	if exact := strings.Repeat("x", maxReply); fit(exact) != exact {
		t.Error("a text that fits was cut")
	}
}

func TestOutcomeText(t *testing.T) {
	t.Parallel()
	actor := rules.Person{Name: "ali_ce"}
	base := rules.Outcome{
		Result: rules.Success, Action: "add", Refs: []rules.Ref{{Name: "sshd-ban", Nth: 1}}, Revision: "1a2b3c4d5e6f", Ruler: "loki",
		State: rules.Live, Took: 800_000_000,
	}
	for name, c := range map[string]struct {
		change func(*rules.Outcome)
		want   string
	}{
		"live":   {func(*rules.Outcome) {}, "**sshd-ban** added by ali\\_ce, committed as `1a2b3c4`, live in loki after 0.8 s."},
		"reason": {func(o *rules.Outcome) { o.Why = "a\n@all" }, "**sshd-ban** added by ali\\_ce (a @" + apart + "all), committed as `1a2b3c4`, live in loki after 0.8 s."},
		"gone":   {func(o *rules.Outcome) { o.Action = "delete" }, "**sshd-ban** deleted by ali\\_ce, committed as `1a2b3c4`, gone from loki after 0.8 s."},
		"undeleted": {func(o *rules.Outcome) {
			o.Action, o.State, o.Reason, o.Ruler = "delete", rules.Pending, "Loki is unreachable.", "loki"
		}, "**sshd-ban** deleted by ali\\_ce, committed as `1a2b3c4`; still running in loki: Loki is unreachable; retrying."},
		"pending":    {func(o *rules.Outcome) { o.State, o.Reason = rules.Pending, "Loki is unreachable." }, "**sshd-ban** added by ali\\_ce, committed as `1a2b3c4`; not live yet: Loki is unreachable; retrying."},
		"not loaded": {func(o *rules.Outcome) { o.State, o.Reason = rules.NotLoaded, "loki lists it and cannot evaluate it." }, "**sshd-ban** added by ali\\_ce, committed as `1a2b3c4`; not live: loki lists it and cannot evaluate it; retrying."},
		"reverted": {func(o *rules.Outcome) { o.State, o.Reason, o.Undone = rules.Reverted, "no such label", "99887766" },
			"**sshd-ban** was not added: loki refused it: no such label. The commit `1a2b3c4` was undone by `9988776`."},
		"superseded": {func(o *rules.Outcome) { o.State, o.Diff = rules.Superseded, "+ x" },
			"**sshd-ban** added by ali\\_ce, committed as `1a2b3c4`; a later change on top of it took its place before loki ran it."},
		"several":     {func(o *rules.Outcome) { o.Refs = append(o.Refs, rules.Ref{Name: "sshd-ban", Nth: 2}) }, "**sshd-ban, sshd-ban\\#2** added by ali\\_ce, committed as `1a2b3c4`, live in loki after 0.8 s."},
		"with a diff": {func(o *rules.Outcome) { o.Diff = "+ ``` @all" }, "**sshd-ban** added by ali\\_ce, committed as `1a2b3c4`, live in loki after 0.8 s.\n````diff\n+ ``` @all\n````"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := base
			o.Refs = append([]rules.Ref(nil), base.Refs...)
			c.change(&o)
			if got := outcomeText(actor, o); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			settled := Settled(rules.Waiting{Request: rules.Request{Actor: actor}, Outcome: o}, time.Time{}) // says the same, but of what is live
			if o.State != rules.Live && settled.Text != c.want {
				t.Errorf("settled: %s", settled.Text)
			}
		})
	}
}

// What others read has no secrets in it; a person sees what they typed.
func TestPayloadSecrets(t *testing.T) {
	t.Parallel()
	for inChannel, want := range map[bool]string{true: "the password=***", false: "the password=hunter2-CANARY"} {
		reply := Reply{Text: "the password=hunter2-CANARY", InChannel: inChannel}
		got, err := model.CommandResponseFromHTTPBody("application/json; charset=utf-8", strings.NewReader(string(reply.payload())))
		if err != nil || got.Text != want || reply.message() != want {
			t.Errorf("in the channel %v: %v, %v", inChannel, got, err)
		}
	}
}

// The payload is what Mattermost's own type reads, with a message that it stores.
func TestPayload(t *testing.T) {
	t.Parallel()
	for _, reply := range []Reply{{Text: "x"}, {Text: strings.Repeat("漢", 20000), InChannel: true}} {
		got, err := model.CommandResponseFromHTTPBody("application/json; charset=utf-8", strings.NewReader(string(reply.payload())))
		if err != nil {
			t.Fatal(err)
		}
		wantType := model.CommandResponseTypeEphemeral
		if reply.InChannel {
			wantType = model.CommandResponseTypeInChannel
		}
		if got.ResponseType != wantType || !got.SkipSlackParsing || got.Text != fit(reply.Text) || runes(got.Text) > model.PostMessageMaxRunesV2 {
			t.Errorf("read as %s, %d runes", got.ResponseType, runes(got.Text))
		}
	}
}
