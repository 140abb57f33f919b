package ruler

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"reflect"
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

// Publish implements rules.Ruler. Groups that differ are posted first, then what vanished is deleted.
func (l *lokiAPI) Publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	var published rules.Published
	stored, err := l.stored(ctx)
	if err != nil {
		return published, err
	}
	todo, err := l.plan(files, stored)
	if err != nil {
		return published, err
	}
	for namespace := range stored {
		if _, ours := l.manifest.Entries[namespace]; !ours {
			published.Foreign = append(published.Foreign, namespace)
		}
	}
	slices.Sort(published.Foreign)
	if todo.noted {
		if err := l.manifest.save(); err != nil {
			return published, l.unwritable(err)
		}
	}
	for _, change := range todo.changes {
		if err := l.carryOut(ctx, change); err != nil {
			return published, err
		}
		published.Changed = append(published.Changed, change.path)
	}
	slices.Sort(published.Changed)
	if err := l.forget(todo.changes); err != nil {
		return published, l.unwritable(err)
	}
	if len(todo.conflict) > 0 {
		return published, &rules.Error{
			Kind: rules.Conflict,
			Text: fmt.Sprintf("%s has another namespace named %s, which Alertsmith did not make and does not overwrite. Delete it there, or make it equal to the rulebook's, and it is taken over.",
				l.Name, strings.Join(todo.conflict, ", ")),
			Offset: -1,
		}
	}
	return published, nil
}

// Reload implements rules.Ruler. There is nothing to order: Loki stored the groups when it took them, and polls its store.
func (l *lokiAPI) Reload(context.Context) error { return nil }

// Running implements rules.Ruler.
func (l *lokiAPI) Running(ctx context.Context, groups ...string) ([]rules.RunningRule, error) {
	return l.runningInLoki(ctx, groups)
}

// lokiPlan is what one publication is to do.
type lokiPlan struct {
	changes  []lokiChange
	conflict []string // namespaces
	noted    bool     // the manifest has to be saved first
}

// lokiChange is what happens to one namespace.
type lokiChange struct {
	path, namespace string
	post            []lokiGroup
	remove          []string // groups
	gone            bool     // the whole namespace
}

func (l *lokiAPI) plan(files []rules.RuleFile, stored map[string][]lokiGroup) (lokiPlan, error) {
	var todo lokiPlan
	wanted := map[string]bool{}
	for _, file := range files {
		namespace := rules.LiveName(file.Path)
		wanted[namespace] = true
		if file.Bad {
			continue
		}
		groups, err := groupsOf(file)
		if err != nil {
			return todo, err
		}
		have, exists := stored[namespace]
		change := difference(have, groups)
		change.path, change.namespace = file.Path, namespace
		_, ours := l.manifest.Entries[namespace]
		same := len(change.post)+len(change.remove) == 0
		if exists && !ours && !same {
			todo.conflict = append(todo.conflict, namespace)
			continue
		}
		if !ours && len(groups) > 0 {
			l.manifest.Entries[namespace] = entry{}
			todo.noted = true
			if exists {
				l.Logger.Info("Took over a rule namespace that was there already", "ruler", l.Name, "namespace", namespace)
			}
		}
		if !same {
			todo.changes = append(todo.changes, change)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(l.manifest.Entries)) {
		if wanted[namespace] {
			continue
		}
		if _, exists := stored[namespace]; exists {
			path, _ := rules.RulebookPath(namespace)
			todo.changes = append(todo.changes, lokiChange{path: path, namespace: namespace, gone: true})
		} else {
			delete(l.manifest.Entries, namespace)
			todo.noted = true
		}
	}
	return todo, nil
}

// difference returns what makes have into want.
func difference(have, want []lokiGroup) lokiChange {
	var change lokiChange
	stored := map[string]lokiGroup{}
	for _, group := range have {
		stored[group.Name] = group
	}
	for _, group := range want {
		if old, ok := stored[group.Name]; !ok || !reflect.DeepEqual(old, group) {
			change.post = append(change.post, group)
		}
		delete(stored, group.Name)
	}
	change.remove = slices.Sorted(maps.Keys(stored))
	if slices.ContainsFunc(change.remove, func(group string) bool { return !addressable(group) }) {
		// Such a group can only be deleted with its namespace, and the others are posted again.
		change.gone, change.post = true, want
	}
	return change
}

// addressable reports whether a name can stand as one element of Loki's paths.
func addressable(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.Contains(name, "/")
}

func (l *lokiAPI) carryOut(ctx context.Context, change lokiChange) error {
	namespace := escaped(change.namespace)
	if change.gone {
		if err := l.write(ctx, change, call{method: http.MethodDelete, path: lokiPath(namespace)}); err != nil {
			return err
		}
	}
	for _, group := range change.post {
		body, err := yaml.Marshal(group)
		if err != nil {
			return l.unwritable(err)
		}
		if err := l.write(ctx, change, call{method: http.MethodPost, path: lokiPath(namespace), body: body}); err != nil {
			return err
		}
	}
	if change.gone {
		return nil
	}
	for _, group := range change.remove {
		if err := l.write(ctx, change, call{method: http.MethodDelete, path: lokiPath(namespace, escaped(group))}); err != nil {
			return err
		}
	}
	return nil
}

// write does one request that changes what is stored.
func (l *lokiAPI) write(ctx context.Context, change lokiChange, call call) error {
	call.timeout, call.limit = l.Timeout, maxOtherBody
	a, err := l.client.do(ctx, call)
	switch {
	case err != nil:
		return err
	case a.status/100 == 2, call.method == http.MethodDelete && a.status == http.StatusNotFound:
		return nil
	case a.status == http.StatusBadRequest:
		return l.client.failed(rules.Refused, nil, "refused %s: %s", change.path, reason(a.body))
	default:
		return l.client.unexpected(a)
	}
}

// forget takes the namespaces that were deleted out of the manifest.
func (l *lokiAPI) forget(changes []lokiChange) error {
	changed := false
	for _, change := range changes {
		if change.gone && len(change.post) == 0 {
			delete(l.manifest.Entries, change.namespace)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return l.manifest.save()
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

func (l *lokiAPI) unwritable(err error) error {
	return &rules.Error{Kind: rules.Unavailable, Text: "What Alertsmith publishes to " + l.Name + " cannot be noted down.", Offset: -1, Cause: err}
}

func lokiPath(elements ...string) []string { return slices.Concat(lokiRules, elements) }
