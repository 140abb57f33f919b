package ruler

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// lokiPlan is what one publication is to do.
type lokiPlan struct {
	changes  []lokiChange
	conflict []string        // namespaces
	refused  []rules.Problem // files that cannot even be sent
	noted    bool            // the manifest has to be saved first
}

// lokiChange is what happens to one namespace.
type lokiChange struct {
	path, namespace string
	post            []lokiGroup
	remove          []string // groups
	gone            bool     // the whole namespace
}

// plan compares what is to be with what is stored.
func (l *lokiAPI) plan(files []rules.RuleFile, stored map[string][]lokiGroup) lokiPlan {
	var due lokiPlan
	wanted := map[string]bool{}
	for _, file := range files {
		namespace := rules.LiveName(file.Path)
		wanted[namespace] = true
		if file.Bad {
			continue
		}
		groups, err := groupsOf(file.Content)
		if err != nil {
			due.refused = append(due.refused, l.problem(file.Path, "it cannot be read as a rule file: "+clean(err.Error())))
			continue
		}
		have, exists := stored[namespace]
		change := difference(have, groups)
		change.path, change.namespace = file.Path, namespace
		known, ours := l.manifest.Entries[namespace]
		same := len(change.post)+len(change.remove) == 0
		if exists && !ours && !same {
			due.conflict = append(due.conflict, namespace)
			continue
		}
		if !ours && len(groups) > 0 {
			l.manifest.Entries[namespace] = entry{Adopted: exists}
			due.noted = true
			if exists {
				l.Logger.Info("Took over a rule namespace that was there already", "ruler", l.Name, "namespace", namespace)
			}
		}
		if !same {
			if known.Adopted {
				l.manifest.Entries[namespace], due.noted = entry{}, true
			}
			due.changes = append(due.changes, change)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(l.manifest.Entries)) {
		if wanted[namespace] {
			continue
		}
		if _, exists := stored[namespace]; exists {
			path, _ := rules.RulebookPath(namespace)
			due.changes = append(due.changes, lokiChange{path: path, namespace: namespace, gone: true})
		} else {
			delete(l.manifest.Entries, namespace)
			due.noted = true
		}
	}
	return due
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
