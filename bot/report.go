package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// Left returns what the channel for reports hears of a commit that somebody made in the rulebook past Alertsmith, and that does not fit
// what was pushed to the Git server meanwhile: it is kept in a ref of the rulebook's repository and is in force no more.
func Left(commit rules.PastCommit, kept string) Reply {
	return Reply{InChannel: true, Text: fmt.Sprintf("The commit %s by %s (%s) is not in the rulebook any more: it was made here, past Alertsmith, and does not "+
		"fit on top of what the Git server has. It is kept as %s; %s puts a rule back as that commit has it.",
		code(short(commit.Revision)), escape(commit.Author.Name), escape(PushedSubject(commit)), code(kept), code("/alert restore NAME@"+keptHash(commit.Revision)))}
}

// Rewritten returns what the channel for reports hears when somebody rewrote the history on the Git server.
func Rewritten(w rules.Rewritten) Reply {
	return Reply{InChannel: true, Text: "**The history on the Git server was rewritten**: " + rewrittenText(w)}
}

// Followed returns what the channel for reports hears when that is over.
func Followed() Reply {
	return Reply{InChannel: true, Text: "**The Git server is followed again**: the old history is back, or the new one was accepted."}
}

// rewrittenText says what of a rewritten history is known, and what a person can do.
func rewrittenText(w rules.Rewritten) string {
	now := "its newest commit is " + code(short(w.Now)) + ", and " + code(short(w.Was)) + " is not part of it"
	if w.Now == "" {
		now = "the branch is gone, which had " + code(short(w.Was))
	}
	accept := code("git.accept_rewritten: " + w.Accept())
	how := "accept the new one with " + accept + " in the configuration and a restart."
	if w.Used {
		how = "accept the new one: " + accept + " was used already, and accepts once. Start once without it, and then with it again."
	}
	return now + ". Nothing is fetched or pushed. Push the old history back, or " + how
}

// External returns what the channel for reports hears of a push by other people: that it is live or gone, why it is not, or why it is not applied; and of a
// branch that was put elsewhere.
func External(push rules.ExternalPush) Reply {
	var b strings.Builder
	writeElsewhere(&b, push)
	if push.Held != nil {
		but := ""
		if len(push.Taken) > 0 {
			but = ", but for what changes that were planned again on top of it took with them"
		}
		fmt.Fprintf(&b, "**Not applied**: %s would not be taken. The files that it changed stay in force as they were%s.\n", pushedBy(push.Commits), but)
		writeList(&b, push.Taken, "planned again", func(t rules.Taken) string {
			return fmt.Sprintf("the request %s of %s (%s) took in force as pushed: **%s**", code(t.Request.ID), escape(t.Request.Actor.Name),
				code(oneLine(cut(t.Request.Command, 200))), refNames(t.Released.Refs))
		})
		writeList(&b, push.Held.Problems, "to be mended", problemText)
		writeNoRuleFiles(&b, push.Held)
		writeMend(&b, push.Held)
		writeStaying(&b, push.Elsewhere)
	} else {
		writeApplied(&b, push)
	}
	writeList(&b, push.Commits, "pushed", pushedCommit)
	for _, change := range push.Rulers {
		writeStandings(&b, change)
	}
	writeFound(&b, push)
	writeList(&b, push.PausedGone, "can be put back, paused as before", func(gone rules.PausedGone) string {
		return code("/alert restore " + quote(gone.Address+"@"+short(gone.Revision)))
	})
	writeBack(&b, push.Elsewhere)
	return Reply{Text: strings.TrimRight(b.String(), "\n"), InChannel: true}
}

// writeFound says what lint finds in what was pushed, which is in force all the same.
func writeFound(b *strings.Builder, push rules.ExternalPush) {
	writeList(b, push.Findings, "found by lint, in force all the same", func(f rules.Finding) string {
		return code(shortCut(cmp.Or(f.Ref.Name, "group "+f.Ref.Group))) + ": " + redact(findingText(f))
	})
	if len(push.Findings) > 0 {
		refused := slices.ContainsFunc(push.Findings, func(f rules.Finding) bool { return f.Severity == rules.SeverityError })
		if refused {
			b.WriteString("A command with such an error would have been refused. ")
		}
		b.WriteString("Why: " + code("/alert lint "+quote(cmp.Or(push.Worst, "all"))) + "\n")
	}
	if push.Unlinted > 0 {
		fmt.Fprintf(b, "%s more were not looked at: %s\n", count(push.Unlinted, "rule"), code("/alert lint all"))
	}
}

// Took returns what whoever gave a command hears when its change was planned again on top of what somebody else pushed, and took in force something of that.
func Took(r rules.Record, t rules.Taken) Reply {
	return Reply{InChannel: true, Text: fmt.Sprintf("**%s**, %s by %s, is committed as %s now: it was planned again on top of what was pushed meanwhile.%s",
		refNames(r.Outcome.Refs), past(r.Outcome.Action), escape(r.Request.Actor.Name), code(short(t.Revision)), releasedText(&t.Released))}
}

// pushedCommit is the line about a commit that somebody made.
func pushedCommit(c rules.PastCommit) string {
	return fmt.Sprintf("%s by %s: %s", code(short(c.Revision)), escape(c.Author.Name), escape(PushedSubject(c)))
}

// writeApplied says whose push is applied and, where it was held, what ended that.
func writeApplied(b *strings.Builder, push rules.ExternalPush) {
	changed := slices.ContainsFunc(push.Rulers, func(change rules.ExternalChange) bool { return len(change.Rules) > 0 })
	var says []string
	if len(push.Commits) > 0 {
		says = append(says, authors(push.Commits)+" pushed to the rulebook.")
	}
	if push.Mended != "" {
		so := "and nothing of it is left to be applied."
		if changed {
			so = "and so it is applied now."
		}
		says = append(says, fmt.Sprintf("It was held, as it would not be taken; the request %s mended that, %s", code(push.Mended), so))
	}
	if e := push.Elsewhere; e != nil && !e.Lost && !changed {
		says = append(says, "No rule that is live was changed by that.")
	}
	if len(says) > 0 {
		b.WriteString(strings.Join(says, " ") + "\n")
	}
}

// writeElsewhere says where the branch is that was put elsewhere, and which commits it has no more.
func writeElsewhere(b *strings.Builder, push rules.ExternalPush) {
	e := push.Elsewhere
	if e == nil || e.Told {
		return
	}
	fmt.Fprintf(b, "**The rulebook's branch was put elsewhere**: it is at %s now, and %s is not part of it.", code(short(push.Head)), code(short(e.From)))
	switch {
	case e.Lost:
		b.WriteString(" Nobody has that commit any more, so what changed cannot be told: what is there now is taken as it is.")
	case e.WasHeld && push.Held == nil:
		b.WriteString(" Nothing is held any more.")
	}
	b.WriteString("\n")
	what := "not part of it any more"
	if len(e.Gone) == rules.MaxGone {
		what = "and more are " + what
	}
	writeList(b, e.Gone, what, pushedCommit)
	writeList(b, e.Kept, "to be removed in the rulebook's repository where what it had must not stay there", func(ref string) string { return code("git update-ref -d " + rules.ShellWord(ref)) })
}

// writeStaying says which rules are live while what the branch was put to is held, and in no rulebook any more.
func writeStaying(b *strings.Builder, e *rules.Elsewhere) {
	if e == nil || len(e.Stay) == 0 {
		return
	}
	verb := "are live and not in the rulebook any more: they go"
	if len(e.Stay) == 1 {
		verb = "is live and not in the rulebook any more: it goes"
	}
	fmt.Fprintf(b, "- **%s** %s when that is mended\n", refNames(e.Stay), verb)
}

// keptHash returns as many digits of a commit's hash as are told where it is not on the branch any more: fewer may be those of one that is.
func keptHash(revision string) string { return revision[:min(len(revision), 12)] }

// writeBack writes the lines that bring back what went or was changed as the branch was put elsewhere.
func writeBack(b *strings.Builder, e *rules.Elsewhere) {
	if e == nil {
		return
	}
	writeList(b, e.Back, "can be put back as before", func(address string) string {
		return code("/alert restore " + quote(address+"@"+keptHash(e.From)))
	})
}

// writeStandings says how the rules of a push stand at a ruler: a line for all that stand alike, with why the first of them does.
func writeStandings(b *strings.Builder, change rules.ExternalChange) {
	alike := map[string][]rules.Ref{}
	var standings, reasons []string
	for _, rule := range change.Rules {
		if rule.To != (rules.Ref{}) && rule.Gone && rule.State == rules.Live {
			continue // it is told where it stands now
		}
		text := movedHere(rule) + standsText(rule) + sinceText(rule)
		if alike[text] == nil {
			standings, reasons = append(standings, text), append(reasons, rule.Reason)
		}
		alike[text] = append(alike[text], rule.Ref)
	}
	for i, text := range standings {
		if reasons[i] != "" {
			text += ": " + sentence(reasons[i])
		}
		fmt.Fprintf(b, "**%s** in %s: %s.\n", refNames(alike[standings[i]]), escape(change.Ruler), text)
	}
}

// standsText says how a rule of a push stands at its ruler.
func standsText(rule rules.PushedRule) string {
	switch {
	case rule.Gone && rule.Ref.Paused():
		return "gone while paused"
	case rule.State == rules.PausedState:
		return "paused"
	case rule.State == rules.Live && rule.Gone:
		return "gone"
	case rule.State == rules.Live:
		return "live"
	case rule.Gone:
		return "not gone yet"
	default:
		return "not live yet"
	}
}

// sinceText says whose change left a rule otherwise than it was pushed.
func sinceText(rule rules.PushedRule) string {
	if rule.By.ID == "" {
		return ""
	}
	return fmt.Sprintf(", as the request %s of %s left it", code(rule.By.ID), escape(rule.By.Actor.Name))
}

// movedHere says of a rule that is there what a push did to it: of one that was moved or renamed where it is now, or what it was.
func movedHere(rule rules.PushedRule) string {
	from, to := rule.From, rule.Ref
	switch {
	case rule.Gone || rule.To != (rules.Ref{}):
		return ""
	case rule.Back:
		return "no longer paused, "
	case rule.New && from == (rules.Ref{}):
		return "added, "
	case from == (rules.Ref{}):
		return "changed, "
	case from.Path == to.Path && from.Group == to.Group:
		return "renamed from " + code(shortCut(from.Name)) + ", "
	case from.Name != to.Name:
		return "moved to " + code(shortCut(to.Path+", group "+to.Group)) + " and renamed from " + code(shortCut(from.Name)) + ", "
	}
	return "moved to " + code(shortCut(to.Path+", group "+to.Group)) + ", "
}

// pushedBy names what is held: what some people pushed or, without any of them, what the branch was set back to.
func pushedBy(commits []rules.PastCommit) string {
	if len(commits) == 0 {
		return "what the rulebook's branch was set back to"
	}
	return "what " + authors(commits) + " pushed to the rulebook"
}

// authors returns the names of who made commits, each once, the first few of many.
func authors(commits []rules.PastCommit) string {
	var names []string
	known := map[string]bool{}
	for _, c := range commits {
		if !known[c.Author.Name] {
			known[c.Author.Name] = true
			names = append(names, escape(c.Author.Name))
		}
	}
	if more := len(names) - shown; more > 0 {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
