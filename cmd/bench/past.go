package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// past makes up a rulebook's history, commit by commit, the same for every run: people change thresholds, delete rules and add them
// again by Alertsmith; some commits come from elsewhere, and rename files too. At its end every rule is there.
type past struct {
	shape  shape
	rand   *rand.Rand
	files  []*madeFile
	gone   []deleted
	people []rules.Person
	day    string
	pages  dayPages
}

// deleted is a rule that comes back.
type deleted struct {
	file *madeFile
	rule *madeRule
}

// commit is one commit of the history, with what it changes.
type commit struct {
	author  rules.Person
	when    time.Time
	message string
	files   map[string][]byte // path → new content; nil removes
}

func newPast(s shape) *past {
	p := &past{shape: s, rand: rand.New(rand.NewPCG(1, uint64(s.commits))), pages: dayPages{}}
	for i := range 12 {
		name := []string{"ana", "bo", "chidi", "dana", "emre", "fatou", "goran", "hana", "ines", "jun", "kofi", "lea"}[i]
		p.people = append(p.people, rules.Person{ID: p.id(), Name: name})
	}
	for d := range s.directories {
		for f := range s.files {
			file := &madeFile{namespace: fmt.Sprintf("team-%03d", d), group: fmt.Sprintf("service-%03d-%d", d, f)}
			for r := range s.rules {
				file.rules = append(file.rules, &madeRule{
					name: fmt.Sprintf("Service%03d%dAlert%d", d, f, r), team: file.namespace, form: p.rand.IntN(len(forms)), threshold: 1 + p.rand.IntN(98),
				})
			}
			p.files = append(p.files, file)
		}
	}
	return p
}

// id returns an id as Mattermost makes them.
func (p *past) id() string {
	const alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"
	var id [26]byte
	for i := range id {
		id[i] = alphabet[p.rand.IntN(len(alphabet))]
	}
	return string(id[:])
}

// start returns the first commit, which brings all files.
func (p *past) start() commit {
	c := commit{author: p.people[0], when: p.when(0), message: "Alerting rules from the old repository\n", files: map[string][]byte{}}
	for _, f := range p.files {
		c.files[f.path()] = f.content()
	}
	return c
}

func (p *past) when(n int) time.Time {
	return historyEnd.Add(-time.Duration(p.shape.commits-n) * commitEvery)
}

// next returns the commit number n, from 1.
func (p *past) next(n int) commit {
	author, when := p.people[p.rand.IntN(len(p.people))], p.when(n)
	chance := p.rand.Float64()
	file := p.files[p.rand.IntN(len(p.files))]
	left := p.shape.commits - n
	switch {
	case len(p.gone) > 0 && left <= len(p.gone) || len(p.gone) > 0 && chance < 0.06:
		return p.add(author, when)
	case chance < 0.12 && left > len(p.gone)+1 && file.deletable():
		return p.delete(author, when, file)
	case chance < 0.125:
		return p.rename(author, when, file)
	case chance < 0.165:
		rule := file.present(p.rand)
		rule.threshold = 1 + rule.threshold%98
		return commit{author, when, "Tune " + rule.name + " after the incident\n", map[string][]byte{file.path(): file.content()}}
	default:
		before, rule := file.content(), file.present(p.rand)
		rule.threshold = 1 + rule.threshold%98
		return p.command(author, when, file, rule, "edit", fmt.Sprintf("edit %s threshold=%d", rule.name, rule.threshold), before)
	}
}

func (p *past) add(author rules.Person, when time.Time) commit {
	i := p.rand.IntN(len(p.gone))
	file, rule := p.gone[i].file, p.gone[i].rule
	p.gone = append(p.gone[:i], p.gone[i+1:]...)
	before := file.content()
	rule.gone = false
	return p.command(author, when, file, rule, "add", fmt.Sprintf("add %s group=%s expr=%q", rule.name, file.group, rule.expr()), before)
}

func (p *past) delete(author rules.Person, when time.Time, file *madeFile) commit {
	before, rule := file.content(), file.present(p.rand)
	rule.gone = true
	p.gone = append(p.gone, deleted{file, rule})
	return p.command(author, when, file, rule, "delete", "delete "+rule.name, before)
}

// rename is somebody's own commit.
func (p *past) rename(author rules.Person, when time.Time, file *madeFile) commit {
	before := file.path()
	file.moved++
	return commit{author, when, "Rename " + before + "\n", map[string][]byte{before: nil, file.path(): file.content()}}
}

// deletable keeps every file at some rules.
func (f *madeFile) deletable() bool {
	left := 0
	for _, r := range f.rules {
		if !r.gone {
			left++
		}
	}
	return left > len(f.rules)/2
}

// present returns one of the rules that are there.
func (f *madeFile) present(random *rand.Rand) *madeRule {
	for {
		if r := f.rules[random.IntN(len(f.rules))]; !r.gone {
			return r
		}
	}
}

// command is a commit as Alertsmith makes it: with the entry on the day's page.
func (p *past) command(author rules.Person, when time.Time, file *madeFile, rule *madeRule, action, text string, before []byte) commit {
	request := rules.Request{
		ID: p.id(), Time: when, Actor: author, Entry: rules.EntryChat, Command: text,
		Channel: rules.Place{ID: "c8ejkmcpqxot1uwisza345h769", Name: file.namespace},
		Team:    rules.Place{ID: "t8ejkmcpqxot1uwisza345h769", Name: "ops"},
	}
	ref := rules.Ref{Ruler: ruler, Path: strings.TrimPrefix(file.path(), ruler+"/"), Group: file.group, Name: rule.name, Nth: 1}
	entry := rules.PageEntry{
		Request: request, Action: action, Diff: diff(file.path(), before, file.content()),
		Change: rules.Change{Ruler: ruler, Refs: []rules.Ref{ref}, Subject: action + " " + rule.name},
	}
	if day := when.Format(time.DateOnly); day != p.day {
		p.day = day
		clear(p.pages)
	}
	path, page, err := journal.Page(p.pages, entry, when)
	if err != nil {
		panic(err) // these pages can be read
	}
	p.pages[path] = page
	message := fmt.Sprintf("%s %s\n\n    /alert %s\n\nAlert: %s\nRuler: %s\nAction: %s\nActor: %s %s\nChannel: %s %s\nRequest-Id: %s\n",
		action, rule.name, text, rule.name, ruler, action, author.Name, author.ID, request.Channel.Name, request.Channel.ID, request.ID)
	return commit{author, when, message, map[string][]byte{file.path(): file.content(), path: page}}
}

// dayPages is the journal pages of one day: path → page.
type dayPages map[string][]byte

// List returns all of them.
func (d dayPages) List(string) (map[string]string, error) {
	list := map[string]string{}
	for path := range d {
		list[path] = path // any content id will do
	}
	return list, nil
}

// Read returns one of them.
func (d dayPages) Read(path string) ([]byte, error) { return d[path], nil }
