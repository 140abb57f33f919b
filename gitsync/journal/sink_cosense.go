package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"

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
