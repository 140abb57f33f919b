package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

// measurePush measures the push of one commit over http and over ssh to a Git server on loopback, beside `git push`, with 1,000 and with
// 100,000 commits in the history.
func measurePush(ctx context.Context, l *lab) (results []result, err error) {
	for _, protocol := range []struct {
		name  string
		serve func(l *lab, dir string) (gitServer, error)
	}{{"http", serveHTTP}, {"ssh", serveSSH}} {
		ours, theirs, err := l.pushes(ctx, protocol.serve)
		if err != nil {
			return results, fmt.Errorf("%s: %w", protocol.name, err)
		}
		results = append(results,
			faster("push-"+protocol.name, "push of one commit over "+protocol.name+"; git push", ours[1].median(), theirs[1].median(), 1),
			grows("push-"+protocol.name+"-flat", "the same with 100,000 commits; with 1,000", ours[1].median(), ours[0].median(), flat),
		)
		l.say("git push over %s takes %s with 100,000 commits, %s with 1,000", protocol.name, show(theirs[1].median()), show(theirs[0].median()))
	}
	return results, nil
}

// gitServer is a Git server for one repository.
type gitServer struct {
	config  remote.Config
	options []string // of the git command line, to get in
	close   func()
}

func serveHTTP(_ *lab, dir string) (gitServer, error) {
	s, err := remotetest.StartHTTP(dir, "", "")
	if err != nil {
		return gitServer{}, err
	}
	return gitServer{remote.Config{URL: s.Repository}, nil, s.Close}, nil
}

func serveSSH(l *lab, dir string) (gitServer, error) {
	state, err := l.directory("sshd")
	if err != nil {
		return gitServer{}, err
	}
	s, err := remotetest.StartSSH(dir, state)
	if err != nil {
		return gitServer{}, err
	}
	return gitServer{remote.Config{URL: s.URL, KeyFile: s.KeyFile, KnownHostsFile: s.KnownHosts}, []string{"-c", "core.sshCommand=" + s.Command()}, s.Close}, nil
}

// pushes clocks pushes into a rulebook with little and with much history.
func (l *lab) pushes(ctx context.Context, serve func(*lab, string) (gitServer, error)) (ours, theirs [2]times, err error) {
	var pushers [2]*pusher
	for i, s := range []shape{short, large} {
		if pushers[i], err = l.pusher(ctx, s, serve); err != nil {
			return ours, theirs, err
		}
	}
	for round := range 24 {
		for i, p := range pushers {
			a, b := &ours[i], &theirs[i]
			if round < 4 { // warm
				a, b = &times{}, &times{}
			}
			if err := p.ours(ctx, a); err != nil {
				return ours, theirs, err
			}
			if err := p.theirs(ctx, b); err != nil {
				return ours, theirs, err
			}
		}
	}
	return ours, theirs, nil
}

// pusher pushes commits to one server: ours to its branch main, a person's to the branch person.
type pusher struct {
	server  gitServer
	remote  *remote.Remote
	commits *commits
	storage *filesystem.Storage // what our commits are made of
	person  *person
}

func (l *lab) pusher(ctx context.Context, s shape, serve func(*lab, string) (gitServer, error)) (*pusher, error) {
	dir, err := l.bare(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := git(ctx, dir, "branch", "person", "main"); err != nil {
		return nil, err
	}
	p := &pusher{}
	if p.commits, err = l.commits(ctx, s); err != nil {
		return nil, err
	}
	if p.person, err = newPerson(ctx, l, s); err != nil {
		return nil, err
	}
	p.storage = filesystem.NewStorage(osfs.New(p.commits.dir), cache.NewObjectLRUDefault())
	if p.server, err = serve(l, dir); err != nil {
		return nil, err
	}
	l.atEnd(func() error {
		p.server.close()
		return nil
	})
	p.remote, err = remote.New(p.server.config)
	return p, err
}

// ours makes a commit and clocks its push.
func (p *pusher) ours(ctx context.Context, taken *times) error {
	before, err := p.commits.book.Head(ctx)
	if err != nil {
		return err
	}
	if err := p.commits.next(ctx); err != nil {
		return err
	}
	after, err := p.commits.book.Head(ctx)
	if err != nil {
		return err
	}
	made, err := p.made(ctx, before.Revision(), after.Revision())
	if err != nil {
		return err
	}
	return taken.clock(func() error {
		return p.remote.Push(ctx, plumbing.NewHash(before.Revision()), plumbing.NewHash(after.Revision()), made)
	})
}

// made returns what writes a pack of the objects that a commit added. They are in memory by then, as they are when the service has just
// made them.
func (p *pusher) made(ctx context.Context, old, tip string) (func(io.Writer) error, error) {
	listed, err := command(ctx, p.commits.dir, "git", "rev-list", "--objects", "--no-object-names", old+".."+tip).Output()
	if err != nil {
		return nil, err
	}
	p.storage.Reindex() // the commit may have made a pack
	objects := memory.NewStorage()
	var hashes []plumbing.Hash
	for name := range strings.FieldsSeq(string(listed)) {
		hash := plumbing.NewHash(name)
		object, err := p.storage.EncodedObject(plumbing.AnyObject, hash)
		if err != nil {
			return nil, fmt.Errorf("object %s in %s: %w", name, filepath.Base(p.commits.dir), err)
		}
		if _, err := objects.SetEncodedObject(object); err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return func(w io.Writer) error {
		_, err := packfile.NewEncoder(w, objects, false).Encode(hashes, 10)
		return err
	}, nil
}

// theirs makes a commit and clocks `git push`.
func (p *pusher) theirs(ctx context.Context, taken *times) error {
	paths, err := p.person.edit()
	if err != nil {
		return err
	}
	if err := p.person.commit(ctx, paths); err != nil {
		return err
	}
	args := slices.Concat(p.server.options, []string{"push", "--quiet", p.server.config.URL, "HEAD:refs/heads/person"})
	return taken.clock(func() error { return git(ctx, p.person.dir, args...) })
}
