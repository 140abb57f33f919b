package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// fromText says where a request came from, behind how it came in; "" where nothing is known.
func fromText(q rules.Request) string {
	var text strings.Builder
	for _, part := range []struct{ before, what string }{
		{" from ", q.Remote}, {" with ", q.Client}, {" in the thread ", q.Thread}, {"; taken by ", q.Host}, {", version ", q.Version},
	} {
		if part.what != "" {
			text.WriteString(part.before + code(oneLine(cut(part.what, 200))))
		}
	}
	return text.String()
}

// stagesText returns the lines about the way to an outcome: its stages, and what was found and accepted.
func stagesText(o rules.Outcome) (lines []string) {
	var stages []string
	for _, s := range o.Stages {
		text := escape(s.Name)
		if s.Failed {
			text += " **failed**"
		}
		stages = append(stages, text+" "+stageTime(s.Took))
	}
	if len(stages) > 0 {
		lines = append(lines, "- Stages: "+strings.Join(stages, ", "))
	}
	for _, t := range o.Templates[:min(len(o.Templates), shown)] {
		lines = append(lines, fmt.Sprintf("- Template: %s, version %d", code(t.Name), t.Version))
	}
	for _, f := range o.Findings[:min(len(o.Findings), shown)] {
		lines = append(lines, fmt.Sprintf("- Found in %s: %s: %s", code(f.Ref.Name), code(f.Check), escape(oneLine(cut(f.Text, 300)))))
	}
	for _, a := range o.Accepted[:min(len(o.Accepted), shown)] {
		line := "- Accepted: " + code(a.Check)
		if !a.Until.IsZero() {
			line += " until " + a.Until.UTC().Format(time.DateOnly)
		}
		lines = append(lines, line+": "+escape(oneLine(cut(a.Reason, 300))))
	}
	return lines
}

// stageTime returns how long a stage took; most take milliseconds.
func stageTime(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	}
	return tookText(d)
}
