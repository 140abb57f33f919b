package ruler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// staging is the directory inside a live directory where files are made before they are renamed into place. Only there is it certain to
// be on the same file system, when the live directory is a volume of its own. Prometheus's patterns do not match inside it (its
// files have no extension, and a pattern's asterisk stands for no slash), and Loki skips directories inside a tenant's. It is there
// only during a publication.
const staging = ".alertsmith-staging"

// liveDir publishes rule files into the directory that a ruler reads, by rename, and nothing else in it is touched. No symbolic link in
// it is followed, and nothing outside it can be reached by any.
//
// The order of things, so that a kill at any moment leaves only whole files and no doubt about whose they are:
//
//  1. every new content is written and fsynced in the staging directory: a full disk is noticed before anything has changed;
//  2. the manifest says which names will be written, with the hash of what, and which removed (intent), and is fsynced;
//  3. new names are linked (which fails when somebody else took the name), changed ones renamed over, vanished ones removed, and so
//     are directories that were made for them, when they are empty;
//  4. the directories are fsynced;
//  5. the manifest says that it is done, and is fsynced.
//
// After a kill between 2 and 5, a file with the old or the intended hash is ours; a missing one is nobody's; one with another content is
// ours if it was to be changed, and somebody else's if it was to be created or removed.
type liveDir struct {
	dir      string
	layout   rules.Layout
	root     *os.Root // the directory; open during a publication
	manifest *manifest
	known    *known            // nil when all of the directory has to be looked at
	sums     map[string]string // content id → hash
	logger   *slog.Logger
	step     func() // called after every step that outlasts a kill; tests look at what is on disk then
}

func openLiveDir(dir string, layout rules.Layout, statePath string, logger *slog.Logger) (*liveDir, error) {
	m, err := openManifest(statePath, dir)
	if err != nil {
		return nil, err
	}
	return &liveDir{dir: dir, layout: layout, manifest: m, sums: map[string]string{}, logger: logger, step: func() {}}, nil
}

// publish makes our files in the directory equal to files. A name that somebody else's file has is a Conflict; all other files are
// published nevertheless. Other errors are of kind Unavailable.
func (d *liveDir) publish(ctx context.Context, files []rules.RuleFile) (rules.Published, error) {
	var published rules.Published
	err := d.open()
	if err != nil {
		return published, d.failed(err)
	}
	defer func() { _ = d.root.Close() }() // what was written was synced
	var due publication
	write, remove, some := d.differing(files)
	if some {
		published = d.known.published
		if due, err = d.planSome(write, remove); len(due.conflict) > 0 {
			some, published = false, rules.Published{} // somebody was here: look at everything
		}
	}
	if err == nil && !some {
		due, err = d.planAll(files, &published)
	}
	d.known = nil
	if err != nil {
		return published, d.failed(err)
	}
	if len(due.write)+len(due.remove) > 0 {
		published.Changed, err = d.carryOut(ctx, due)
	} else if due.settled {
		err = errors.Join(d.sweep(), d.manifest.save())
	}
	switch {
	case err != nil && rules.KindOf(err) == rules.Conflict:
		return published, err
	case err != nil:
		return published, d.failed(err)
	case len(due.conflict) > 0:
		return published, d.conflict(due.conflict)
	}
	d.keep(files, published)
	return published, nil
}

// planAll looks at all of the directory.
func (d *liveDir) planAll(files []rules.RuleFile, published *rules.Published) (publication, error) {
	present, err := d.list()
	if err != nil {
		return publication{}, err
	}
	due, err := d.plan(files, present)
	if err != nil {
		return due, err
	}
	for name := range present {
		if _, ours := d.manifest.Entries[name]; !ours && d.isRead(name) {
			published.Foreign = append(published.Foreign, name)
		}
	}
	slices.Sort(published.Foreign)
	published.Adopted = d.manifest.adopted(files, d.layout)
	return due, nil
}

// maxNamedConflicts is how many taken names a conflict tells.
const maxNamedConflicts = 10

func (d *liveDir) conflict(paths []string) error {
	names := make([]string, 0, len(paths))
	for _, path := range paths[:min(len(paths), maxNamedConflicts)] {
		names = append(names, d.layout.LiveName(path))
	}
	if more := len(paths) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return &rules.Error{
		Kind: rules.Conflict,
		Text: fmt.Sprintf("In %s there is another file named %s, which Alertsmith did not write and does not overwrite. Move it away, or make it equal to the rulebook's, and it is taken over.",
			d.dir, strings.Join(names, ", ")),
		Offset: -1,
	}
}

func (d *liveDir) failed(err error) error {
	return &rules.Error{Kind: rules.Unavailable, Text: "The rule files in " + d.dir + " cannot be written" + rules.DiskFault(err) + ".", Offset: -1, Cause: err}
}
