package ruler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/alertsmith/alertsmith/rules"
)

// lokiAPI is a Loki (3.7.8 was tried) that is filled over its rule API: ruler storage in an object store. A rule file is a namespace
// there, named as the file would be in a live directory.
//
// A namespace is ours from the moment that the manifest says we are about to create it, which is written only after Loki said that there
// is none of that name.
type lokiAPI struct {
	base
	manifest *manifest
}

func newLokiAPI(b base) (rules.Ruler, error) {
	m, err := openManifest(b.statePath(), b.client.base.String()+" tenant "+b.Tenant)
	if err != nil {
		return nil, err
	}
	return &lokiAPI{base: b, manifest: m}, nil
}

// Publish implements rules.Ruler. Groups that differ are posted first, then what vanished is deleted. A file that Loki refuses, or whose
// namespace is somebody else's, holds up itself alone; all of them are told at the end.
func (l *lokiAPI) Publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	var published rules.Published
	stored, err := l.stored(ctx)
	if err != nil {
		return published, err
	}
	due := l.plan(files, stored)
	for namespace := range stored {
		if _, ours := l.manifest.Entries[namespace]; !ours {
			published.Foreign = append(published.Foreign, namespace)
		}
	}
	slices.Sort(published.Foreign)
	published.Adopted = l.manifest.adopted(files, rules.FlatLayout)
	if due.noted {
		if err := l.manifest.save(); err != nil {
			return published, l.unwritable(err)
		}
	}
	refused, forgotten := due.refused, false
	for _, change := range due.changes {
		err := l.carryOut(ctx, change)
		if why, ok := errors.AsType[refusal](err); ok {
			refused = append(refused, l.problem(change.path, string(why)))
			continue
		}
		if err != nil {
			return published, err
		}
		published.Changed = append(published.Changed, change.path)
		if change.gone && len(change.post) == 0 {
			delete(l.manifest.Entries, change.namespace)
			forgotten = true
		}
	}
	slices.Sort(published.Changed)
	if forgotten {
		if err := l.manifest.save(); err != nil {
			return published, l.unwritable(err)
		}
	}
	return published, l.heldUp(refused, due.conflict)
}

// Reload implements rules.Ruler. There is nothing to order: Loki stored the groups when it took them, and polls its store.
func (l *lokiAPI) Reload(context.Context) error { return nil }

// Running implements rules.Ruler.
func (l *lokiAPI) Running(ctx context.Context, groups ...string) ([]rules.RunningRule, error) {
	return l.runningInLoki(ctx, groups)
}

// carryOut makes one namespace what it is to be, up to the first of its groups that is refused.
func (l *lokiAPI) carryOut(ctx context.Context, change lokiChange) error {
	namespace := escaped(change.namespace)
	if change.gone {
		if err := l.write(ctx, call{method: http.MethodDelete, path: lokiPath(namespace)}); err != nil {
			return err
		}
	}
	for _, group := range change.post {
		body, err := yaml.Marshal(group)
		if err != nil {
			return l.unwritable(err)
		}
		if err := l.write(ctx, call{method: http.MethodPost, path: lokiPath(namespace), body: body}); err != nil {
			return err
		}
	}
	if change.gone {
		return nil
	}
	for _, group := range change.remove {
		if err := l.write(ctx, call{method: http.MethodDelete, path: lokiPath(namespace, escaped(group))}); err != nil {
			return err
		}
	}
	return nil
}

// refusal is Loki's reason for not taking a group.
type refusal string

func (r refusal) Error() string { return string(r) }

// write does one request that changes what is stored. Its error is a refusal when Loki read it and does not take it.
func (l *lokiAPI) write(ctx context.Context, call call) error {
	call.timeout, call.limit = l.Timeout, maxOtherBody
	a, err := l.client.do(ctx, call)
	switch {
	case err != nil:
		return err
	case a.status/100 == 2, call.method == http.MethodDelete && a.status == http.StatusNotFound:
		return nil
	case a.status == http.StatusBadRequest:
		return refusal(reason(a.body))
	default:
		return l.client.unexpected(a)
	}
}

// stored returns the groups of every namespace.
func (l *lokiAPI) stored(ctx context.Context) (map[string][]lokiGroup, error) {
	a, err := l.storedRules(ctx)
	if err != nil {
		return nil, err
	}
	if a.status != http.StatusOK {
		return nil, l.client.unexpected(a)
	}
	var stored map[string][]lokiGroup
	if err := yaml.Unmarshal(a.body, &stored); err != nil {
		return nil, l.client.unreachable(err, "does not answer as Loki's rule API does: is the URL right?")
	}
	for _, groups := range stored {
		for i := range groups {
			groups[i].normalize()
		}
	}
	return stored, nil
}

// problem is what is wrong with one file, by its path in the rulebook.
func (l *lokiAPI) problem(path, text string) rules.Problem {
	return rules.Problem{Path: l.info.Dir + "/" + path, Text: text}
}

// maxTold is how many refused files an error's text tells of; its Problems are all of them.
const maxTold = 3

// heldUp returns one error about all files that were not published; nil when there is none.
func (l *lokiAPI) heldUp(refused []rules.Problem, conflict []string) error {
	var taken string
	if len(conflict) > 0 {
		taken = fmt.Sprintf("%s has another namespace named %s, which Alertsmith did not make and does not overwrite. Delete it there, or make it equal to the rulebook's, and it is taken over.",
			l.Name, strings.Join(conflict, ", "))
	}
	if len(refused) == 0 {
		if taken == "" {
			return nil
		}
		return &rules.Error{Kind: rules.Conflict, Text: taken, Offset: -1}
	}
	slices.SortFunc(refused, func(a, b rules.Problem) int { return strings.Compare(a.Path, b.Path) })
	told := make([]string, 0, maxTold)
	for _, p := range refused[:min(len(refused), maxTold)] {
		told = append(told, p.Path+": "+p.Text)
	}
	text := fmt.Sprintf("%s refused %s", l.Name, strings.Join(told, "; "))
	if more := len(refused) - maxTold; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return &rules.Error{Kind: rules.Refused, Text: strings.TrimSpace(text + ". " + taken), Offset: -1, Problems: refused}
}

func (l *lokiAPI) unwritable(err error) error {
	return &rules.Error{Kind: rules.Unavailable, Text: "What Alertsmith publishes to " + l.Name + " cannot be noted down.", Offset: -1, Cause: err}
}

func lokiPath(elements ...string) []string { return slices.Concat(lokiRules, elements) }
