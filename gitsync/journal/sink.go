package journal

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// SinkConfig is a place that is told what the journal gets to know. Which keys there are beside the first four depends on the kind; see
// sinkKinds.
type SinkConfig struct {
	Name  string `yaml:"name"`
	Kind  string `yaml:"kind"`
	Tells Tells  `yaml:"tells"` // empty: what the kind is for
	// GiveUpAfter is how long something is tried again that cannot be told; 0: a week.
	GiveUpAfter time.Duration `yaml:"give_up_after"`

	Channel string `yaml:"channel"` // mattermost: its id

	File string `yaml:"file"` // jsonl: what lines are added to; empty: standard output

	URL        string `yaml:"url"`         // webhook, cosense: where
	URLFile    string `yaml:"url_file"`    // webhook: a file with the address, where that is a secret itself
	SecretFile string `yaml:"secret_file"` // webhook: the keys that it is signed with, one a line

	Project     string `yaml:"project"`      // cosense
	SessionFile string `yaml:"session_file"` // cosense: the cookie connect.sid
	Prefix      string `yaml:"prefix"`       // cosense: what page titles begin with; empty: Alertsmith

	Server       string   `yaml:"server"` // email: host:port
	TLS          string   `yaml:"tls"`    // email: starttls (the default), implicit or none
	CAFile       string   `yaml:"ca_file"`
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"password_file"`
}

// Tells is what a sink is told without being asked to by a notification rule.
type Tells string

// What a sink may be told.
const (
	TellsEverything    Tells = "everything"    // every command that ends
	TellsChanges       Tells = "changes"       // what changed the rulebook
	TellsNotifications Tells = "notifications" // what notification rules ask for, and nothing else
)

var allTells = []Tells{TellsEverything, TellsChanges, TellsNotifications}

// SinkHost is what sinks need of the service around them.
type SinkHost struct {
	// Post makes a post in a channel of Mattermost; nil where the service has no bot there.
	Post func(ctx context.Context, channelID string, t rules.Telling) error
	// Find asks the journal.
	Find   func(context.Context, rules.JournalQuery) (rules.JournalPage, error)
	Stdout io.Writer
	Zone   *time.Location // whose days and times people are told
	Pages  string         // where people reach the pages, without a slash at its end; "" where that is not known
}

// send tells what happened, the oldest first. After an error it is told all of that again. It returns when ctx ends.
type send func(ctx context.Context, all []rules.Telling) error

// sinkKind is a way to tell.
type sinkKind struct {
	name  string
	tells Tells
	batch int      // how many it is told at once, at most
	keys  []string // of SinkConfig, that are its own
	check func(c SinkConfig, at func(key, format string, args ...any))
	open  func(c SinkConfig, host SinkHost) (send, error)
}

// sinkKinds are all kinds of sinks, one a file.
var sinkKinds = []sinkKind{
	{"cosense", TellsChanges, 10, []string{"url", "project", "session_file", "prefix"}, checkCosense, openCosense},
	{"email", TellsNotifications, 1, []string{"server", "tls", "ca_file", "from", "to", "username", "password_file"}, checkEmail, openEmail},
	{"jsonl", TellsEverything, 100, []string{"file"}, checkNothing, openJSONL},
	{"mattermost", TellsChanges, 1, []string{"channel"}, checkMattermost, openMattermost},
	{"webhook", TellsEverything, 1, []string{"url", "url_file", "secret_file"}, checkWebhook, openWebhook},
}

// checkNothing is for kinds that are right whatever is said.
func checkNothing(SinkConfig, func(string, string, ...any)) {}

// commonSinkKeys are the keys that every kind takes.
var commonSinkKeys = []string{"name", "kind", "tells", "give_up_after"}

func sinkKindNames() (names []string) {
	for _, kind := range sinkKinds {
		names = append(names, kind.name)
	}
	return names
}

func (c SinkConfig) kind() (sinkKind, bool) {
	i := slices.IndexFunc(sinkKinds, func(k sinkKind) bool { return k.name == c.Kind })
	if i < 0 {
		return sinkKind{}, false
	}
	return sinkKinds[i], true
}

// Check calls at with what cannot be meant, and the key that says it.
func (c SinkConfig) Check(at func(key, format string, args ...any)) {
	if c.Name == "" {
		at("name", "a sink needs a name, for the metrics, the status and the rules of notify")
	}
	if c.Tells != "" && !slices.Contains(allTells, c.Tells) {
		at("tells", "%q is none of everything, changes and notifications", c.Tells)
	}
	if c.GiveUpAfter < 0 {
		at("give_up_after", "%v is negative; write it like 72h, or leave it out", c.GiveUpAfter)
	}
	kind, known := c.kind()
	if !known {
		at("kind", "there is no kind of sink %q; known are %s", c.Kind, strings.Join(sinkKindNames(), ", "))
		return
	}
	value := reflect.ValueOf(c)
	for i := range value.NumField() {
		key := value.Type().Field(i).Tag.Get("yaml")
		if !value.Field(i).IsZero() && !slices.Contains(commonSinkKeys, key) && !slices.Contains(kind.keys, key) {
			at(key, "a sink of kind %s has no %s; known are %s", kind.name, key, strings.Join(slices.Concat(commonSinkKeys, kind.keys), ", "))
		}
	}
	kind.check(c, at)
}

// Files returns the paths in the configuration, to be made relative to its own.
func (c *SinkConfig) Files() []*string {
	return []*string{&c.File, &c.URLFile, &c.SecretFile, &c.SessionFile, &c.CAFile, &c.PasswordFile}
}

// Stdout reports whether the sink writes to standard output, which is nobody else's then.
func (c SinkConfig) Stdout() bool { return c.Kind == "jsonl" && c.File == "" }

// needed reports a key of a kind that has no value.
func needed(at func(string, string, ...any), key, value, why string) {
	if value == "" {
		at(key, "%s", why)
	}
}

// later is the error of a server that is to be asked again after a while.
type later struct {
	after time.Duration
	err   error
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// unfit is the error of a server that is there, and does not take this one thing.
type unfit struct{ err error }

func (u *unfit) Error() string { return u.err.Error() }
func (u *unfit) Unwrap() error { return u.err }

// Sink is a place that is told.
type Sink struct {
	name, kind string
	tells      Tells
	batch      int
	giveUp     time.Duration
	send       send
}

const defaultGiveUp = 7 * 24 * time.Hour

// OpenSink returns the sink of a checked configuration. It reads the files of secrets, which are read again whenever something is told, and
// asks nobody anything.
func OpenSink(c SinkConfig, host SinkHost) (Sink, error) {
	kind, known := c.kind()
	if !known {
		return Sink{}, fmt.Errorf("there is no kind of sink %q", c.Kind)
	}
	to, err := kind.open(c, host)
	if err != nil {
		return Sink{}, fmt.Errorf("sink %s: %w", c.Name, err)
	}
	s := Sink{name: c.Name, kind: c.Kind, tells: c.Tells, batch: kind.batch, giveUp: c.GiveUpAfter, send: to}
	if s.tells == "" {
		s.tells = kind.tells
	}
	if s.giveUp == 0 {
		s.giveUp = defaultGiveUp
	}
	return s, nil
}

// wants reports whether a sink is told a change that no notification rule asks for.
func (s Sink) wants(c rules.JournalChange) bool {
	return s.tells == TellsEverything || s.tells == TellsChanges && c.Entry.IsChange()
}
