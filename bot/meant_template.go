package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// fromTemplate returns the error for a command that failed, with the add that was meant where it names a template without template=: alone, before
// its parameters, or behind the name of the rule. Any other error comes back as it is.
func (c *call) fromTemplate(ctx context.Context, failed error) error {
	bare := func(w word) bool { return w.key == "" }
	words, err := scanAll(c.text[c.from:], 0)
	few := min(2, len(words))
	if err != nil || !slices.ContainsFunc(words[:few], bare) || slices.ContainsFunc(words[few:], bare) {
		return failed
	}
	templates, err := c.backend.Templates(ctx)
	if err != nil {
		return failed
	}
	at := slices.IndexFunc(words[:few], func(w word) bool {
		_, err := templates.Find(fold(w.value))
		return err == nil && bare(w)
	})
	if at < 0 || slices.ContainsFunc(words[at+1:], bare) {
		return failed
	}
	template := fold(words[at].value)
	line := strings.TrimSpace("add " + quote(words[0].value) + " template=" + template + " " + strings.TrimSpace(c.text[c.from+words[at].end:]))
	text := template + " is a template: a rule is made from it by add NAME template=" + template + " and its parameters."
	other, err := c.check(line)
	if err == nil {
		var add rules.Add
		other.args = arguments{}
		if add, err = parseAdd(other); err == nil {
			err = other.takeTemplate(ctx, &add)
		}
	}
	if left, ok := errors.AsType[*rules.Error](err); ok {
		return mistake(c.from+words[at].start, text+" "+left.Text)
	}
	return mistake(c.from+words[at].start, text, line)
}
