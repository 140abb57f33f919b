package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	promconfig "github.com/prometheus/common/config"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// send gives a running service one command the way Mattermost does.
type send struct {
	words                   []string
	url, storage, tokenFile string
	user, channel           string
	httpConfig              string
	dry                     bool
}

func sendCommand(app *kingpin.Application) subcommand {
	var s send
	clause := app.Command("send", "Sends `/alert TEXT` to a running service the way Mattermost does, and prints the reply. "+
		"Exits with 0, 1 (the command was refused, by the ruler too, or its change was not kept) or 2 (it could not be sent).")
	clause.Flag("url", "The service's address.").Default("http://" + defaultAddress).StringVar(&s.url)
	clause.Flag("token-file", "The file of the command token. Default: command.token below --storage.path.").StringVar(&s.tokenFile)
	clause.Flag("storage.path", "The service's storage directory.").Default(defaultStorage).StringVar(&s.storage)
	clause.Flag("user", "Who gives the command. Default: the user of this terminal.").StringVar(&s.user)
	clause.Flag("channel", "The channel it is given in.").Default("default").StringVar(&s.channel)
	clause.Flag("http.config.file", "How to connect (TLS, proxy), as Prometheus's http_config.").StringVar(&s.httpConfig)
	clause.Flag("dry-run", "The command's own --dry-run, so that it needs no -- before it: nothing is changed, and the reply says what would be.").BoolVar(&s.dry)
	clause.Arg("text", "The command without /alert. Several words are joined, quoted where they hold a space; put -- before them when one begins with a dash.").
		Required().StringsVar(&s.words)
	return subcommand{clause, s.run}
}

func (s *send) run(ctx context.Context, p *process) error {
	if s.user == "" {
		s.user = terminalUser(p.getenv)
	}
	if s.tokenFile == "" {
		s.tokenFile = filepath.Join(s.storage, tokenName)
	}
	token, err := readToken(s.tokenFile)
	if err != nil {
		return &exitError{exitUnusable, fmt.Errorf("the command token cannot be read: %w; name its file with --token-file", err)}
	}
	client, err := s.client()
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	text, refused, err := s.post(ctx, client, token)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	fmt.Fprintln(p.stdout, text)
	if refused {
		return &exitError{exitFailed, nil}
	}
	return nil
}

func (s *send) client() (*http.Client, error) {
	cfg := &promconfig.DefaultHTTPClientConfig
	if s.httpConfig != "" {
		var err error
		if cfg, _, err = promconfig.LoadHTTPConfigFile(s.httpConfig); err != nil {
			return nil, err
		}
	}
	client, err := promconfig.NewClientFromConfig(*cfg, "alertsmith-send")
	if err != nil {
		return nil, err
	}
	// A redirect would carry the token to wherever it points.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client, nil
}

// post sends the command and returns the reply's text, and whether what was asked for is not done: it was refused, or its change was undone or, at least in
// part, not kept. There is no response_url, so the service answers when the command is done.
func (s *send) post(ctx context.Context, client *http.Client, token string) (text string, refused bool, err error) {
	command := bot.JoinWords(s.words)
	if s.dry {
		command = bot.DryRun(command)
	}
	form := url.Values{
		"channel_id":   {terminalID(s.channel)},
		"channel_name": {s.channel},
		"command":      {"/alert"},
		"team_domain":  {"terminal"},
		"team_id":      {terminalID("team")},
		"text":         {command},
		"token":        {token},
		"user_id":      {terminalID(s.user)},
		"user_name":    {s.user},
	}
	address := strings.TrimSuffix(s.url, "/") + "/mattermost/command"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return "", false, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Token "+token)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		return "", false, fmt.Errorf("the service does not answer: %w; is `alertsmith serve` running there?", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return "", false, fmt.Errorf("the service's answer broke off: %w", err)
	}
	switch {
	case response.StatusCode == http.StatusUnauthorized:
		return "", false, fmt.Errorf("the service does not know this command token (%s); is it another service's?", s.tokenFile)
	case response.StatusCode != http.StatusOK:
		return "", false, fmt.Errorf("the service answered %s: %.200s", response.Status, strings.TrimSpace(string(body)))
	}
	var reply struct {
		Text string `json:"text"`
		Kind string `json:"response_type"`
	}
	result := rules.Result(response.Header.Get(bot.ResultHeader))
	if err := json.Unmarshal(body, &reply); err != nil || result == "" && reply.Kind == "" {
		return "", false, errors.New("this is no answer of Alertsmith; is another program listening there?")
	}
	state := rules.State(response.Header.Get(bot.StateHeader))
	return reply.Text, result != rules.Success || state == rules.Reverted || state == rules.Displaced, nil
}

// terminalUser returns the name of whoever types.
func terminalUser(getenv func(string) string) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if name := getenv("USER"); name != "" {
		return name
	}
	return "unknown"
}

// terminalID returns the id of somebody or something that Mattermost does not know; none of its own ids has a dash in it.
func terminalID(name string) string { return rules.TerminalID + name }
