package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Cosense (Scrapbox) has no public API to write pages but the one by which its settings page imports them, as
// Scrapbox's own users describe it: a file of JSON, {"pages": [{"title", "lines"}]}, is posted to /api/page-data/import/PROJECT.json as the part
// import-file, with the cookie connect.sid of somebody who owns the project, and with the token that /api/users/me gives as csrfToken. A page of
// that title is replaced.

var cosenseProject = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`)

const defaultPrefix = "Alertsmith"

func checkCosense(c SinkConfig, at func(string, string, ...any)) {
	if c.URL != "" {
		if err := checkAddress(c.URL); err != nil {
			at("url", "%v", err)
		}
	}
	if !cosenseProject.MatchString(c.Project) {
		at("project", "%q is no name of a project: letters, digits and dashes, as in its address", c.Project)
	}
	if c.Prefix != cosenseText(c.Prefix) {
		at("prefix", "no page title can begin with %q", c.Prefix)
	}
	needed(at, "session_file", c.SessionFile, "name a file with the cookie connect.sid of an account that owns the project")
}

// cosense writes the pages of a project.
type cosense struct {
	client  *http.Client
	base    string
	session string // the file
	project string
	pages   cosensePages
}

// openCosense returns a sink that keeps a page for each day on which rules were changed, and one for each rule that was. A page is written anew
// as a whole, from the journal: what people write on these pages is lost, what they link to them from is not.
func openCosense(c SinkConfig, host SinkHost) (send, error) {
	if host.Find == nil {
		return nil, errors.New("it needs the journal")
	}
	if _, err := readSecret(c.SessionFile); err != nil {
		return nil, err
	}
	s := cosense{client: newHTTPClient(), base: strings.TrimRight(c.URL, "/"), session: c.SessionFile, project: c.Project}
	if s.base == "" {
		s.base = "https://scrapbox.io"
	}
	s.pages = cosensePages{find: host.Find, zone: host.Zone, prefix: c.Prefix, address: host.Pages}
	if s.pages.prefix == "" {
		s.pages.prefix = defaultPrefix
	}
	return s.send, nil
}

func (s cosense) send(ctx context.Context, all []rules.Telling) error {
	session, err := readSecret(s.session)
	if err != nil {
		return err
	}
	cookie := "connect.sid=" + strings.TrimPrefix(session, "connect.sid=")
	token, err := s.csrfToken(ctx, cookie)
	if err != nil {
		return err
	}
	var some []cosensePage
	size := 0
	err = s.pages.each(ctx, all, func(page cosensePage) error {
		if size += page.size(); size > maxImportBytes {
			if err := s.put(ctx, cookie, token, some); err != nil {
				return err
			}
			some, size = nil, page.size()
		}
		some = append(some, page)
		return nil
	})
	if err != nil {
		return err
	}
	return s.put(ctx, cookie, token, some)
}

// put writes pages.
func (s cosense) put(ctx context.Context, cookie, token string, pages []cosensePage) error {
	request, err := s.importRequest(ctx, pages)
	if err != nil {
		return err
	}
	request.Header.Set("Cookie", cookie)
	request.Header.Set("X-CSRF-TOKEN", token)
	_, err = exchange(s.client, request)
	return err
}

// csrfToken asks for the token that goes with a session.
func (s cosense) csrfToken(ctx context.Context, cookie string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/api/users/me", nil)
	if err != nil {
		return "", plainly(err)
	}
	request.Header.Set("Cookie", cookie)
	body, err := exchange(s.client, request)
	if err != nil {
		return "", err
	}
	var me struct {
		IsGuest   bool   `json:"isGuest"`
		CSRFToken string `json:"csrfToken"`
	}
	if err := json.Unmarshal(body, &me); err != nil || me.CSRFToken == "" {
		return "", errors.New("it answered something else than who is signed in")
	}
	if me.IsGuest {
		return "", errors.New("the session has ended: sign in, and put the new cookie connect.sid into session_file")
	}
	return me.CSRFToken, nil
}

func (s cosense) importRequest(ctx context.Context, pages []cosensePage) (*http.Request, error) {
	file, err := json.Marshal(map[string]any{"pages": pages})
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="import-file"; filename="import.json"`}, "Content-Type": {"application/octet-stream"},
	})
	if err == nil {
		_, err = part.Write(file)
	}
	if err = errors.Join(err, form.WriteField("name", "undefined"), form.Close()); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/api/page-data/import/"+url.PathEscape(s.project)+".json", &body)
	if err != nil {
		return nil, plainly(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Accept", "application/json")
	return request, nil
}

// cosensePage is a page as it is imported: its first line is its title.
type cosensePage struct {
	Title string   `json:"title"`
	Lines []string `json:"lines"`
}

// size returns how many bytes the lines have.
func (p cosensePage) size() (n int) {
	for _, line := range p.Lines {
		n += len(line) + 1
	}
	return n
}

// bounded returns the page with as many of its lines as fit into maxPageBytes.
func (p cosensePage) bounded() cosensePage {
	size := 0
	for i, line := range p.Lines {
		if size += len(line) + 1; size > maxPageBytes {
			p.Lines = append(p.Lines[:i:i], "… the journal has more")
			break
		}
	}
	return p
}

// cosensePages makes pages from the journal.
type cosensePages struct {
	find    func(context.Context, rules.JournalQuery) (rules.JournalPage, error)
	zone    *time.Location
	prefix  string
	address string // of the pages that entries are linked to, as SinkHost has it
}

// each makes the pages that changes are on, of their days and of their rules, each once and one after the other: together they can be large.
func (p cosensePages) each(ctx context.Context, all []rules.Telling, put func(cosensePage) error) error {
	made := map[string]bool{}
	add := func(title string, write func() ([]string, error)) error {
		if made[title] {
			return nil
		}
		made[title] = true
		lines, err := write()
		if err != nil {
			return err
		}
		return put(cosensePage{title, append([]string{title}, lines...)}.bounded())
	}
	for _, t := range all {
		r := t.Change.Entry.Record
		day := r.Request.Time.In(p.zone)
		if err := add(p.dayTitle(day), func() ([]string, error) { return p.day(ctx, day) }); err != nil {
			return err
		}
		for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), maxRulePages)] {
			if err := add(p.ruleTitle(ref.Name), func() ([]string, error) { return p.rule(ctx, ref.Name) }); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	maxImportBytes = 4 << 20 // bytes of the pages that are written together
	maxPageBytes   = 1 << 20
	maxRulePages   = 20  // that one change writes; the day's page tells of the others
	maxDayEntries  = 500 // of a page
	maxRuleEntries = 100
	maxCodeLines   = 60 // of a diff
)

func (p cosensePages) dayTitle(day time.Time) string {
	return p.prefix + " " + day.Format(time.DateOnly)
}

func (p cosensePages) ruleTitle(name string) string { return p.prefix + " " + cosenseText(name) }

// day returns the lines of a day's page: what was changed on it, in the order of time, with links to the rules and the days beside it.
func (p cosensePages) day(ctx context.Context, day time.Time) ([]string, error) {
	start := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, p.zone)
	entries, err := p.changes(ctx, rules.JournalQuery{Since: start, Until: start.AddDate(0, 0, 1)}, maxDayEntries)
	lines := []string{"[" + p.dayTitle(start.AddDate(0, 0, -1)) + "] [" + p.dayTitle(start.AddDate(0, 0, 1)) + "]", ""}
	for _, e := range slices.Backward(entries) {
		lines = append(lines, p.entry(e, e.Record.Request.Time.In(p.zone).Format("15:04"))...)
	}
	return lines, err
}

// rule returns the lines of a rule's page: what was changed of it, the newest first, with links to the days.
func (p cosensePages) rule(ctx context.Context, name string) ([]string, error) {
	entries, err := p.changes(ctx, rules.JournalQuery{Rule: name}, maxRuleEntries)
	var lines []string
	for _, e := range entries {
		at := e.Record.Request.Time.In(p.zone)
		lines = append(lines, p.entry(e, "["+p.dayTitle(at)+"] "+at.Format("15:04"))...)
	}
	return lines, err
}

// changes returns the newest changes that a query selects.
func (p cosensePages) changes(ctx context.Context, q rules.JournalQuery, most int) (entries []rules.JournalEntry, err error) {
	for q.Limit = most; ; {
		page, err := p.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Entries {
			if q.Before = e.Seq; e.IsChange() {
				entries = append(entries, e)
			}
			if len(entries) == most {
				return entries, nil
			}
		}
		if !page.More {
			return entries, nil
		}
	}
}

// entry returns the lines of one change.
func (p cosensePages) entry(e rules.JournalEntry, at string) []string {
	r := e.Record
	var names []string
	for _, ref := range r.Outcome.Refs[:min(len(r.Outcome.Refs), maxRulePages)] {
		names = append(names, "["+p.ruleTitle(ref.Name)+"]")
	}
	if more := len(r.Outcome.Refs) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	lines := []string{
		fmt.Sprintf("%s %s %s by %s: %s", at, cosenseCode(r.Action), strings.Join(names, " "), cosenseCode(r.Request.Actor.Name), endText(r)),
		" " + cosenseCode(clipped(r.Request.Command, 1000)),
	}
	if r.Outcome.Why != "" {
		lines = append(lines, " why: "+cosenseCode(clipped(r.Outcome.Why, 1000)))
	}
	if r.Outcome.Reason != "" {
		lines = append(lines, " not live: "+cosenseCode(r.Outcome.Reason))
	}
	request := " request " + cosenseCode(r.Request.ID)
	if link := entryLink(p.address, r); link != "" {
		request += " [entry " + link + "]"
	}
	lines = append(lines, request)
	if r.Outcome.Diff == "" {
		return lines
	}
	diff := plainLines(r.Outcome.Diff)
	if more := len(diff) - maxCodeLines; more > 0 {
		diff = append(diff[:maxCodeLines], fmt.Sprintf("… %d lines more", more))
	}
	lines = append(lines, " code:"+rules.ShortRevision(r.Outcome.Revision)+".diff")
	for _, line := range diff {
		lines = append(lines, "  "+line) // deeper than the line above: the block goes on, whatever stands here
	}
	return lines
}

// cosenseText returns outside text as the title of a page, or a part of it: inside brackets it is a link to that page and to nowhere else.
func cosenseText(s string) string {
	s = strings.NewReplacer("[", "［", "]", "］", "://", "：//", "`", "ˋ", "#", "＃").Replace(clipped(plainLine(s), 100))
	if name, found := strings.CutSuffix(s, ".icon"); found {
		s = name + "．icon"
	}
	return strings.ReplaceAll(s, ".icon*", "．icon*")
}

// cosenseCode returns outside text as code, in which nothing has a meaning.
func cosenseCode(s string) string {
	s = strings.ReplaceAll(plainLine(s), "`", "ˋ")
	if s == "" {
		return "-"
	}
	return "`" + s + "`"
}
