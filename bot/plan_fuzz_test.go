package bot

import (
	"strings"
	"testing"
)

// FuzzPlan holds that a plan is found only where it is typed, letter by letter, and that what is found is found again by its plain name.
func FuzzPlan(f *testing.F) {
	const plan = "7fyz5x9ng3b1ufkk4dcu3q8c5e-0a1b2c3d4e5f"
	for _, seed := range []string{
		plan, "`" + plan + "`", `"` + plan + `"`, strings.ToUpper(plan), "７" + plan[1:], plan + ".", plan + " reason=x", "reason=\"a b\" " + plan, plan + " " + plan, plan[:38],
		strings.ReplaceAll(plan, "-", "－"), strings.ReplaceAll(plan, "-", " "), "--dry-run " + plan, "plan=" + plan, "<" + plan + ">", "\u200b" + plan, "", "`", "“" + plan + "”",
	} {
		f.Add(seed)
	}
	parse := func(text string) (request, digest string, err error) {
		return parseApply(&call{trigger: "/alert", command: "apply", text: "apply " + text, from: len("apply"), args: arguments{}})
	}
	f.Fuzz(func(t *testing.T, text string) {
		request, digest, err := parse(text)
		if err != nil {
			return
		}
		name := request + "-" + digest
		if !planName.MatchString(name) || !strings.Contains(fold(text), name) {
			t.Errorf("%q names the plan %s", text, name)
		}
		for _, other := range []string{name, "`" + name + "`", name + " reason=x"} {
			if r, d, err := parse(other); err != nil || r != request || d != digest {
				t.Errorf("%q names the plan %s, and %q %s-%s: %v", text, name, other, r, d, err)
			}
		}
	})
}
