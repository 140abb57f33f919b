package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// person changes rules by hand, in a worktree of the rulebook: what is measured beside us.
type person struct {
	lab   *lab
	dir   string
	files []string // all rule files, as the command line takes them
	turn  int
}

func newPerson(ctx context.Context, l *lab, s shape) (*person, error) {
	dir, err := l.worktree(ctx, s)
	if err != nil {
		return nil, err
	}
	p := &person{lab: l, dir: dir}
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := fs.Glob(os.DirFS(dir), ruler+"/"+pattern)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, found...)
	}
	slices.Sort(p.files)
	if want := s.directories * s.files; len(p.files) != want {
		return nil, fmt.Errorf("the rulebook has %d rule files, not %d", len(p.files), want)
	}
	return p, nil
}

// A page of the journal that the person appends to, of a day after the history.
const personsPage = "journal/2026/11/2026-11-20.md"

// edit changes one rule file, another one at every turn, and writes an entry on the day's page, without Git. It returns both paths.
func (p *person) edit() ([]string, error) {
	p.turn++
	file := p.files[p.turn*37%len(p.files)]
	content, err := os.ReadFile(filepath.Join(p.dir, file))
	if err != nil {
		return nil, err
	}
	edited := tuned(content, p.turn)
	pagePath := filepath.Join(p.dir, filepath.FromSlash(personsPage))
	page, err := os.ReadFile(pagePath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	page = entry(page, p.turn, file)
	err = errors.Join(
		os.MkdirAll(filepath.Dir(pagePath), 0o755),
		os.WriteFile(pagePath, page, 0o644), //nolint:gosec // below our own directory
		os.WriteFile(filepath.Join(p.dir, file), edited, 0o644),
	)
	return []string{file, personsPage}, err
}

// tuned returns a rule file with one number of it changed.
func tuned(content []byte, turn int) []byte {
	mark := []byte("        for: ")
	i := bytes.Index(content, mark) + len(mark)
	end := i + bytes.IndexByte(content[i:], '\n')
	return slices.Concat(content[:i], []byte(strconv.Itoa(10+turn)+"m"), content[end:])
}

// entry returns a page with one entry more.
func entry(page []byte, turn int, path string) []byte {
	return fmt.Appendf(slices.Clip(page), "\n## 12:00 change %d of %s\n\nSomebody writes down what was done and why.\n", turn, path)
}

// check is `promtool check rules` over the whole tree, with more of its flags in front of the files.
func (p *person) check(ctx context.Context, flags ...string) error {
	return execute(ctx, p.dir, p.lab.promtool, slices.Concat([]string{"check", "rules"}, flags, p.files)...)
}

// lint is `alertsmith check` over the whole tree.
func (p *person) lint(ctx context.Context) error {
	return execute(ctx, p.dir, p.lab.alertsmith, "check", ruler)
}

// commit is `git add` and `git commit`, with more of Git's options in front.
func (p *person) commit(ctx context.Context, paths []string, options ...string) error {
	if err := git(ctx, p.dir, slices.Concat(options, []string{"add"}, paths)...); err != nil {
		return err
	}
	return git(ctx, p.dir, slices.Concat(options, []string{"commit", "--quiet", "--message=Change a rule"})...)
}

// script is all that a person does to change a rule with care, but for typing.
func (p *person) script(ctx context.Context, paths []string) error {
	if err := p.check(ctx); err != nil {
		return err
	}
	return p.commit(ctx, paths)
}
