package bot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// writeHousekeeping writes why the rulebook goes on growing; nothing when it does not.
func writeHousekeeping(b *strings.Builder, err error) {
	if err != nil {
		fmt.Fprintf(b, "- housekeeping: %s\n", prose(publicText(err)))
	}
}

// writeRemote writes how the rulebook, which can be read or not, stands to the Git server it is kept on; nothing where there is none.
func writeRemote(b *strings.Builder, r rules.RemoteStatus, readable bool, now time.Time) {
	if r.URL == "" {
		return
	}
	fmt.Fprintf(b, "**Git remote** %s: ", code(r.URL))
	switch {
	case r.Unpushed > 0:
		fmt.Fprintf(b, "%s not pushed yet, the oldest made %s", count(r.Unpushed, "commit"), ago(r.Oldest, now))
	case r.Rewritten != nil:
		b.WriteString("its history is another than ours")
	case !readable:
		b.WriteString("nobody knows what it has not got")
	default:
		b.WriteString("it has every commit")
	}
	fmt.Fprintf(b, "; last read %s, last pushed %s\n", ago(r.LastFetch, now), ago(r.LastPush, now))
	if r.Rewritten != nil {
		fmt.Fprintf(b, "- the history there was rewritten %s: %s\n", ago(r.Rewritten.Since, now), rewrittenText(*r.Rewritten))
	}
	if r.Refusal != nil {
		fmt.Fprintf(b, "- the commit that is refused, first %s: %s\n", ago(r.Refusal.Since, now), refusalText(*r.Refusal))
	}
	if r.Err != nil && (r.Refusal == nil || !strings.Contains(publicText(r.Err), r.Refusal.Reason)) { // else it is the refusal itself
		fmt.Fprintf(b, "- trouble: %s\n", item(prose(publicText(r.Err))))
	}
}

// item returns a text that is to be one item of a list, with all its lines in it.
func item(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// noRuleFiles says what helps where a file is not meant to be a rule file.
const noRuleFiles = "- what is no rule file at all, the ruler's `rulebook_exclude` or `rulebook_files` in the configuration leaves out\n"

// writeNoRuleFiles writes that, where something else than what is no file at all is to be mended.
func writeNoRuleFiles(b *strings.Builder, h *rules.HeldPush) {
	if slices.ContainsFunc(h.Problems, func(p rules.Problem) bool { return slices.Contains(h.Paths, p.Path) }) {
		b.WriteString(noRuleFiles)
	}
}

// writeMend writes the commands of Git that bring directories back; nothing where none is needed.
func writeMend(b *strings.Builder, h *rules.HeldPush) {
	if len(h.Mend) > 0 {
		b.WriteString("- whoever may push mends that with Git, in a clone of the rulebook:\n" + fence("", strings.Join(h.Mend, "\n")) + "\n")
	}
}

// writeHeld writes what other people pushed and is not applied.
func writeHeld(b *strings.Builder, h *rules.HeldPush, now time.Time) {
	if h == nil {
		return
	}
	what := "what was pushed"
	if len(h.Commits) == 0 {
		what = pushedBy(nil)
	}
	but := ""
	if len(h.Taken) > 0 {
		but = ", but for those that were changed here since"
	}
	fmt.Fprintf(b, "**Not applied** (noticed %s): %s would not be taken. The files that it changed stay in force as they were%s.\n", ago(h.Since, now), what, but)
	writeList(b, h.Commits, "pushed and held up", func(c rules.PastCommit) string {
		return fmt.Sprintf("%s by %s: %s", code(short(c.Revision)), escape(c.Author.Name), escape(PushedSubject(c)))
	})
	writeList(b, h.Problems, "to be mended", problemText)
	writeNoRuleFiles(b, h)
	writeMend(b, h)
	writeList(b, h.Paths, "held as before", code)
	writeList(b, h.Taken, "in force as pushed and changed here since", code)
}
