package bot

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Options say whose commands the handler takes and how it answers. What may be left out says so.
type Options struct {
	// Access returns who may give commands now. It is asked once for every request, so that a reload takes effect at once.
	Access func() Access
	// Mattermost is the server that the commands come from. With nil, trigger ids are not verified and nothing can be answered late.
	Mattermost *Mattermost
	// ActionURL is the address of ServeAction as Mattermost reaches it; "" or no Mattermost for answers without buttons.
	ActionURL string
	// AckAfter is when a command that is still being worked on is answered with "working on it"; 0 means 2.5 s.
	AckAfter time.Duration
	// Deadline is the longest that a command may work, the wait for the ruler included; 0 means 5 minutes.
	Deadline time.Duration
	// InFlight is how many commands that change rules may be worked on at once; 0 means 256. The others are never held up behind a
	// ruler that hangs.
	InFlight int
	// Now and NewID may be nil: the clock, and 26 random letters and digits.
	Now   func() time.Time
	NewID func() string
	// Logger gets one line for every command.
	Logger *slog.Logger
	// Observe is told how every command ended: its canonical name ("unknown" when there is no such command); may be nil.
	Observe func(command string, result rules.Result, took time.Duration)
	// Answered is told of every request that the journal received as a new one, by its id, when its answer is made and written down, or never will be; may be nil.
	Answered func(request string)
}

// Journal is the record of every command.
type Journal interface {
	// Receive writes a request down before it is worked on. When its Key is known already it writes nothing and returns
	// the earlier record, whose Done is zero while that one is being worked on. An error means that nothing was written.
	Receive(ctx context.Context, request rules.Request) (*rules.Record, error)
	// Finish writes down how a request ended.
	Finish(ctx context.Context, record rules.Record) error
}

// Handler takes the slash commands of Mattermost: it is the http.Handler for /mattermost/command.
type Handler struct {
	options  Options
	backend  Backend
	journal  Journal
	refusals *RefusalLog
	slots    chan struct{}
	working  sync.WaitGroup

	pressKey pressKey
}

// New returns a handler.
func New(options Options, backend Backend, journal Journal) *Handler {
	if options.AckAfter == 0 {
		options.AckAfter = 2500 * time.Millisecond
	}
	if options.Deadline == 0 {
		options.Deadline = 5 * time.Minute
	}
	if options.InFlight == 0 {
		options.InFlight = 256
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.NewID == nil {
		options.NewID = newID
	}
	if options.Observe == nil {
		options.Observe = func(string, rules.Result, time.Duration) {}
	}
	if options.Answered == nil {
		options.Answered = func(string) {}
	}
	return &Handler{
		options: options, backend: backend, journal: journal, refusals: NewRefusalLog(options.Logger),
		slots: make(chan struct{}, options.InFlight), pressKey: newPressKey(),
	}
}

// noAnswerAfter is when a command is answered with "working on it" although there is no way to answer it later: just before
// Mattermost gives up, which is after 30 s.
const noAnswerAfter = 25 * time.Second

// LongestAnswer returns the longest time from the arrival of a request to its answer: a server must allow writing for that long.
// Only a terminal waits so long, since it cannot be told later.
func (h *Handler) LongestAnswer() time.Duration { return h.options.Deadline + noAnswerAfter }

// ServeHTTP takes one command. What is not from Mattermost gets an HTTP error without a reason; everything else is answered
// 200 with a message, as Mattermost shows no other answer to the person.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	access := h.options.Access()
	f, status := readForm(w, r, access.AllowGET)
	if status != 0 {
		h.refuse(w, r, status)
		return
	}
	tokens := tokensOf(r, f)
	cli := allValid(tokens, access.CLITokens)
	if !cli && !allValid(tokens, access.Tokens) {
		h.refuse(w, r, http.StatusUnauthorized)
		return
	}
	if f.userID == "" {
		h.refuse(w, r, http.StatusBadRequest)
		return
	}

	// From here on nothing hangs on the connection: when Mattermost hangs up, a half-done change still ends well.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), h.options.Deadline)
	done, late := make(chan Reply), make(chan struct{})
	entry := rules.EntryChat
	if cli {
		entry = rules.EntryCLI
	}
	request := h.requestOf(r, f, entry)
	w.Header().Set(rules.RequestHeader, request.ID)
	ackAfter := noAnswerAfter
	if cli {
		ackAfter = h.LongestAnswer()
	} else if h.options.Mattermost != nil && h.options.Mattermost.remember(request.ID, f.responseURL) {
		ackAfter = h.options.AckAfter
	}
	h.working.Go(func() {
		defer cancel()
		reply := h.work(ctx, access, request, f)
		select {
		case done <- reply:
		case <-late:
			h.answerLate(ctx, request, reply)
		}
	})

	timer := time.NewTimer(ackAfter)
	defer timer.Stop()
	defer close(late)
	select {
	case reply := <-done:
		h.write(w, reply)
	case <-timer.C:
		h.write(w, Reply{Text: h.acknowledgement(request)})
	case <-r.Context().Done():
	}
}

// acknowledgement is the first answer to a command that takes long. Where nothing can be said later, it says where to look.
func (h *Handler) acknowledgement(request rules.Request) string {
	text := "Working on it (request " + code(request.ID) + ")."
	if h.options.Mattermost == nil {
		text += " " + code("/alert status") + " says how it ends."
	}
	return text
}

// Wait returns when no command is being worked on, or with the context's error. No request may come in meanwhile.
func (h *Handler) Wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		h.working.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answerLate gives the reply that came too late for the HTTP answer.
func (h *Handler) answerLate(ctx context.Context, request rules.Request, reply Reply) {
	if h.options.Mattermost == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	if err := h.options.Mattermost.answerLate(ctx, request.ID, reply); err != nil {
		h.options.Logger.Error("late answer not delivered", "id", "AS1001", "request", request.ID, "err", err)
	}
}

// requestOf returns a command as it arrived.
func (h *Handler) requestOf(r *http.Request, f form, entry string) rules.Request {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	return rules.Request{
		ID: h.options.NewID(), Time: h.options.Now(), Entry: entry, Thread: f.rootID, Remote: remote, Client: name(r.UserAgent()),
		Actor:   rules.Person{ID: f.userID, Name: cmp.Or(f.userName, f.userID)},
		Team:    rules.Place{ID: f.teamID, Name: f.teamDomain},
		Channel: rules.Place{ID: f.channelID, Name: f.channelName},
		Command: redact(strings.TrimSpace(f.text)),
	}
}

// refuse answers what is not a command of ours, without saying why.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int) {
	h.refusals.Warn("request refused", "id", "AS1002", "status", status, "network", NetworkOf(r.RemoteAddr), "method", r.Method)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	http.Error(w, http.StatusText(status), status)
}

// ResultHeader tells a program how the command ended, in a word: a rules.Result. It is absent while the command is being worked on.
const ResultHeader = "X-Alertsmith-Result"

// StateHeader tells a program how the change of a command stands at its ruler, in a word: a rules.State. It is absent where nothing was committed.
const StateHeader = "X-Alertsmith-State"

// write answers a command.
func (h *Handler) write(w http.ResponseWriter, reply Reply) {
	if reply.state != "" {
		w.Header().Set(StateHeader, string(reply.state))
	}
	h.send(w, reply.result, reply.payload())
}

// send answers Mattermost. A connection that is gone is no error: the command went on without it.
func (h *Handler) send(w http.ResponseWriter, result rules.Result, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if result != "" {
		w.Header().Set(ResultHeader, string(result))
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
}

// newID returns 26 random letters and digits, in the alphabet of Mattermost's own ids.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return base32.NewEncoding("ybndrfg8ejkmcpqxot1uwisza345h769").WithPadding(base32.NoPadding).EncodeToString(random[:])
}
