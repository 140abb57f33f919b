package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// pageVersions is how many versions of a rule a page has.
const pageVersions = 10

// rulePage is the body of the page of one rule.
type rulePage struct {
	Name     string
	Address  string            // in the rulebook; "" for a rule that is gone
	Fields   map[string]string // that name the rule in the address of this page
	Source   string            // as it is now
	Settings []rules.Field     // what its group says for all its rules
	Standing standing
	Paused   *rules.Paused
	Versions []version
	Views    views
	Compared *compared
	Newer    string
	Older    string
}

// version is one version of the rule with what it changed.
type version struct {
	rules.Version

	Told    rules.ChangeKind // what it did, and by which action; "" where that goes without saying
	By      string
	Request string // that asked for it; "" for other people's commits
	Diff    difference
}

// compared is the difference between two versions that were chosen.
type compared struct {
	From, To rules.Version
	Diff     difference
}

func (p *Pages) serveRule(w http.ResponseWriter, r *http.Request) {
	body, err := p.rulePage(r.Context(), r.URL)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "rule.html", body)
}

// rulePage reads what the page shows.
func (p *Pages) rulePage(ctx context.Context, here *url.URL) (body rulePage, err error) {
	values := here.Query()
	book, err := p.options.Book(ctx)
	if err != nil {
		return body, err
	}
	page, err := pageNumber(values)
	if err != nil {
		return body, err
	}
	at, gone, err := p.last(ctx, book, values)
	if err != nil {
		return body, err
	}
	body = rulePage{Name: at.Name, Fields: map[string]string{}, Views: viewsOf(here)}
	for _, key := range []string{"ruler", "path", "group", "name", "nth"} {
		if values.Get(key) != "" {
			body.Fields[key] = values.Get(key)
		}
	}
	if e, there := book.Get(at); there && (e.Held || !gone) {
		judge, err := p.judge(ctx, book, p.options.Status(ctx))
		if err != nil {
			return body, err
		}
		body.Address, body.Source, body.Settings, body.Standing = book.Address(e.Ref), e.Source, e.Settings, judge.of(e.Ref)
		if paused, err := book.FindPaused(body.Address); err == nil && e.Ref.Paused() {
			body.Paused = &paused
		}
	}
	versions, err := p.life(ctx, book, values, rules.HistoryQuery{Limit: pageVersions + 1, Offset: (page - 1) * pageVersions})
	if err != nil {
		return body, err
	}
	turned := func(page int) string {
		values.Set("page", strconv.Itoa(page))
		return "/rule?" + values.Encode()
	}
	if page > 1 {
		body.Newer = turned(page - 1)
	}
	if len(versions) > pageVersions {
		versions, body.Older = versions[:pageVersions], turned(page+1)
	}
	for _, v := range versions {
		shown := version{Version: v, Request: v.Commit.Trailer("Request-Id")}
		shown.Told, shown.By = v.Told()
		if shown.Diff, err = p.change(ctx, v, body.Views.Split); err != nil {
			return body, err
		}
		body.Versions = append(body.Versions, shown)
	}
	if values.Get("from") != "" && values.Get("to") != "" {
		body.Compared, err = p.compare(ctx, book, values, body.Views.Split)
	}
	return body, err
}

// last returns where the rule that an address of the page names stands, or stood last, and whether its newest version deleted it. A rule that is live by
// a file which is held may have no version: the history that is followed by now never had it.
func (p *Pages) last(ctx context.Context, book *rules.Book, values url.Values) (at rules.Ref, gone bool, err error) {
	versions, err := p.life(ctx, book, values, rules.HistoryQuery{Limit: 1})
	switch {
	case err != nil:
		return at, false, err
	case len(versions) > 0:
		return versions[0].Ref, versions[0].Kind == rules.RuleDeleted, nil
	}
	e, there := book.Get(placeOf(values))
	if values.Get("path") == "" {
		e, err = book.FindOrPaused(values.Get("name"))
		there = err == nil
	}
	if !there {
		return at, false, &rules.Error{Kind: rules.NotFound, Offset: -1, Text: "Nothing is known of a rule of this name."}
	}
	return e.Ref, false, nil
}

// placeOf returns the place of a rule that an address of the page names.
func placeOf(values url.Values) rules.Ref {
	nth, _ := strconv.Atoi(values.Get("nth"))
	return rules.Ref{Ruler: values.Get("ruler"), Path: values.Get("path"), Group: values.Get("group"), Name: values.Get("name"), Nth: max(nth, 1)}
}

// life returns the versions of the rule that an address of the page names: by the place where it stands or stood, or by its address in the rulebook.
func (p *Pages) life(ctx context.Context, book *rules.Book, values url.Values, query rules.HistoryQuery) ([]rules.Version, error) {
	if values.Get("path") == "" {
		return rules.Life(ctx, book, values.Get("name"), query, p.options.Versions)
	}
	at := placeOf(values)
	query.Rule = &at
	return p.options.Versions(ctx, query)
}

// change returns what a version changed in the rule.
func (p *Pages) change(ctx context.Context, v rules.Version, split bool) (difference, error) {
	before, err := p.options.BookAt(ctx, v.Commit.Parent)
	if err != nil {
		return difference{}, err
	}
	after, err := p.options.BookAt(ctx, v.Commit.Revision)
	was, is := v.Sources(before, after)
	return between(was, is, split), err
}

// compare returns the difference between two versions, the older one on the left.
func (p *Pages) compare(ctx context.Context, book *rules.Book, values url.Values, split bool) (*compared, error) {
	one := func(revision, upTo string) ([]rules.Version, error) {
		return p.life(ctx, book, values, rules.HistoryQuery{Revision: revision, UpTo: upTo, Limit: 1})
	}
	from, to := values.Get("from"), values.Get("to")
	chosen, err := one(to, from)
	if err != nil {
		return nil, err
	}
	if len(chosen) > 0 { // it is the older one
		from, to = to, from
	}
	var ends [2]rules.Version
	for i, revision := range []string{from, to} {
		if chosen, err = one(revision, ""); err != nil {
			return nil, err
		}
		if len(chosen) == 0 || from == to {
			return nil, &rules.Error{Kind: rules.Invalid, Offset: -1, Text: "Choose two different versions of this rule."}
		}
		ends[i] = chosen[0]
	}
	c := &compared{From: ends[0], To: ends[1]}
	sides := make([]string, 2)
	for i, v := range []rules.Version{c.From, c.To} {
		then, err := p.options.BookAt(ctx, v.Commit.Revision)
		if err != nil {
			return nil, err
		}
		if e, there := then.Get(v.Ref); there && v.Kind != rules.RuleDeleted {
			sides[i] = e.Text()
		}
	}
	c.Diff = between(sides[0], sides[1], split)
	return c, nil
}

// between returns the difference of two texts without the names of any.
func between(was, is string, split bool) difference {
	text := rules.Difference("", was, "", is)
	for range 2 { // the lines that name the sides
		_, text, _ = strings.Cut(text, "\n")
	}
	return difference{text, split}
}
