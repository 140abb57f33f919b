package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// How many rules a page has, and how many of the newest commits the slider goes through.
const (
	pageRules  = 200
	slideSteps = 200
)

// rulesPage is the body of the page of all rules.
type rulesPage struct {
	Commit  *rules.PastCommit // as of which; nil for now, and before the first
	At      time.Time         // the time that was asked for; zero for none
	State   rules.StateAt     // what the branch was at then; zero where no time was asked for
	Past    bool
	Query   string
	Slide   slide
	Status  rules.Status
	Paused  []rules.Paused
	Rules   []ruleRow
	Earlier string
	Later   string

	All, AllPaused int // rules that were found and that are paused, on all pages
}

// slide is the rulebook's last commits, as the steps of a slider.
type slide struct {
	Steps, Now   int // Now is the step of this page, from 1; Steps is the newest
	Oldest       time.Time
	Before, Next string // addresses of the steps beside this one; "" for none
}

// ruleRow is one rule of the list.
type ruleRow struct {
	Ref      rules.Ref
	Address  string
	Expr     string
	Severity string
	standing
}

func (p *Pages) serveRules(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	steps, err := p.steps(r.Context())
	if err == nil && values.Get("step") != "" {
		http.Redirect(w, r, stepAddress(steps, values.Get("step"), values.Get("q")), http.StatusSeeOther)
		return
	}
	var body rulesPage
	if err == nil {
		body, err = p.rulesPage(r.Context(), values, steps)
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	p.show(w, r, http.StatusOK, "rules.html", body)
}

// rulesPage reads what the page shows.
func (p *Pages) rulesPage(ctx context.Context, values url.Values, steps []rules.PastCommit) (body rulesPage, err error) {
	newest, err := p.options.Book(ctx)
	if err != nil {
		return body, err
	}
	book := newest
	body.Query, body.Status = values.Get("q"), p.options.Status(ctx)
	revision, at := values.Get("rev"), values.Get("at")
	switch {
	case revision != "":
		body.Past = true
	case at != "":
		m, err := rules.ParseMoment("at", at, p.options.Now(), p.options.Zone)
		if err != nil {
			return body, err
		}
		body.At, body.Past = m.At, true
		if body.State, err = p.options.StateAt(ctx, m.At); err != nil {
			return body, err
		}
		revision = body.State.Revision
	}
	if body.Past && revision == "" {
		book, err = p.options.BookAt(ctx, "")
	} else if body.Past {
		var commit rules.PastCommit
		if commit, err = p.options.Commit(ctx, revision); err == nil {
			body.Commit = &commit
			book, err = p.options.BookAt(ctx, commit.Revision)
		}
	}
	if err != nil {
		return body, err
	}
	body.Slide = slideOf(steps, body.Commit, body.Past, body.Query)
	page, err := pageNumber(values)
	if err != nil {
		return body, err
	}
	judge, err := p.judge(ctx, book, body.Status)
	body.list(book, newest, judge, page)
	return body, err
}

// pageNumber reads which page of a list is asked for: the first without a word.
func pageNumber(values url.Values) (int, error) {
	const most = 1_000_000
	text := values.Get("page")
	if text == "" {
		return 1, nil
	}
	page, err := strconv.Atoi(text)
	if err != nil || page < 1 || page > most {
		return 0, wrong("page", "There is no such page.")
	}
	return page, nil
}

// pageOf returns one page of a list, which may be behind its end.
func pageOf[T any](all []T, page int) []T {
	first := min((page-1)*pageRules, len(all))
	return all[first:min(first+pageRules, len(all))]
}

// list puts one page of rules, and one of those that are paused, on the page; of a page behind the last one, the last one.
func (b *rulesPage) list(book, newest *rules.Book, judge judge, page int) {
	found := book.Entries("")
	if wanted := strings.Fields(rules.FoldText(b.Query)); len(wanted) > 0 {
		found = slices.DeleteFunc(slices.Clone(found), func(e rules.Entry) bool {
			text := rules.FoldText(e.Ref.Ruler + "\n" + e.Ref.Path + "\n" + e.Ref.Group + "\n" + e.Source)
			return slices.ContainsFunc(wanted, func(word string) bool { return !strings.Contains(text, word) })
		})
	}
	paused := book.Paused()
	b.All, b.AllPaused = len(found), len(paused)
	last := max((max(b.All, b.AllPaused)+pageRules-1)/pageRules, 1)
	page = min(page, last)
	at := func(page int) string {
		values := url.Values{"page": {strconv.Itoa(page)}}
		if b.Query != "" {
			values.Set("q", b.Query)
		}
		if b.Commit != nil {
			values.Set("rev", b.Commit.Revision)
		}
		return "/rules?" + values.Encode()
	}
	if page > 1 {
		b.Earlier = at(page - 1)
	}
	if page < last {
		b.Later = at(page + 1)
	}
	b.Paused = pageOf(paused, page)
	for _, e := range pageOf(found, page) {
		row := ruleRow{Ref: e.Ref, Address: book.Address(e.Ref), Expr: shortened(e.Rule.Expr), Severity: e.Rule.Labels["severity"]}
		if b.Past {
			row.standing = sinceThen(e, newest)
		} else {
			row.standing = judge.of(e.Ref)
		}
		b.Rules = append(b.Rules, row)
	}
}

// steps returns the newest commits that did something to rules, the oldest first.
func (p *Pages) steps(ctx context.Context) (commits []rules.PastCommit, err error) {
	changes, err := p.options.Changes(ctx, rules.HistoryQuery{Limit: slideSteps})
	for _, change := range changes {
		commits = append(commits, change.Commit)
	}
	slices.Reverse(commits)
	return commits, err
}

// stepAddress returns the address of the page as of a step.
func stepAddress(steps []rules.PastCommit, step, query string) string {
	values := url.Values{}
	if n, err := strconv.Atoi(step); err == nil && n >= 1 && n < len(steps) {
		values.Set("rev", steps[n-1].Revision)
	}
	if query != "" {
		values.Set("q", query)
	}
	return "/rules?" + values.Encode()
}

// slideOf returns where a page stands among the steps. A time between two steps is that of the one before it.
func slideOf(steps []rules.PastCommit, commit *rules.PastCommit, past bool, query string) slide {
	s := slide{Steps: len(steps), Now: len(steps)}
	if len(steps) == 0 {
		return s
	}
	s.Oldest = steps[0].When
	if past {
		s.Now = 1
		for i, step := range steps {
			if commit != nil && !step.When.After(commit.When) {
				s.Now = i + 1
			}
		}
	}
	if s.Now > 1 {
		s.Before = stepAddress(steps, strconv.Itoa(s.Now-1), query)
	}
	if s.Now < s.Steps {
		s.Next = stepAddress(steps, strconv.Itoa(s.Now+1), query)
	}
	return s
}
