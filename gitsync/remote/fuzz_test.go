package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// tape is a link to a server that says what is written down, whatever it is asked.
type tape struct{ refs, answer []byte }

func (t tape) advertised() (io.Reader, error) { return bytes.NewReader(t.refs), nil }

func (t tape) request(body io.Reader, _ int64) (io.Reader, error) {
	_, err := io.Copy(io.Discard, body)
	return bytes.NewReader(t.answer), err
}

func (t tape) complaint() string { return string(t.answer) }

func (t tape) secrets() []string { return []string{"CANARY"} }

func (t tape) close() {}

// FuzzServer lets a server say anything. No push may count as done that the server did not confirm, and no text that a
// person reads may have control characters or the secret.
func FuzzServer(f *testing.F) {
	packet := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	hash := strings.Repeat("1", 40)
	none := packet(strings.Repeat("0", 40)+" capabilities^{}\x00report-status side-band-64k ofs-delta") + "0000"
	main := packet(hash+" refs/heads/main\x00side-band-64k report-status agent=git/2\n") + "0000"
	report := packet("unpack ok\n") + packet("ok refs/heads/main\n") + "0000"
	for _, s := range [][2]string{
		{none, packet("\x01"+report) + "0000"},
		{main, packet("\x02working\rmore\n") + packet("\x01"+packet("unpack ok\n")+packet("ng refs/heads/main CANARY\x1b\n")+"0000") + "0000"},
		{none, packet("\x03CANARY\x1b")},
		{packet("# service=git-receive-pack\n") + "0000" + none, ""},
		{main, packet("NAK\n") + packet("\x02Counting CANARY\r\x1b") + packet("\x01PACK") + "0000"},
		{main, packet("ACK " + hash + "\n")},
		{"", "fatal: '/r' does not appear to be a git repository\n"},
		{"000eERR sorry\n", ""},
	} {
		f.Add([]byte(s[0]), []byte(s[1]))
	}
	next := plumbing.NewHash("2222222222222222222222222222222222222222")
	f.Fuzz(func(t *testing.T, refs, answer []byte) {
		r := &Remote{at: address{scheme: schemeFile, path: "/r"}, ref: "refs/heads/main", timeout: time.Minute, maxPack: 1 << 16, advertWithin: time.Minute, paceWithin: time.Minute}
		r.dial = func(context.Context, *watch, service) (link, error) { return tape{refs, answer}, nil }
		tip, err := r.Tip(t.Context())
		inspect(t, err)
		err = r.Push(t.Context(), tip, next, func(io.Writer) error { return nil })
		inspect(t, err)
		if err == nil && tip != next && !bytes.Contains(bytes.ReplaceAll(answer, []byte("\x01"), nil), []byte("refs/heads/main")) && !split(answer) {
			t.Errorf("a push counts as done, and the server said %q", answer)
		}
		err = r.Fetch(t.Context(), tip, []plumbing.Hash{next}, func(s string) { clean(t, s) }, func(r io.Reader) error {
			_, err := io.Copy(io.Discard, r)
			return err
		})
		if err == nil && !bytes.Contains(answer, []byte("0000")) {
			t.Errorf("a fetch counts as done, and the server said %q", answer)
		}
		inspect(t, err)
	})
}

// split reports whether the report may be spread over packets.
func split(answer []byte) bool { return bytes.Count(answer, []byte("\x01")) > 1 }

func inspect(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	e, ok := errors.AsType[*rules.Error](err)
	if !ok {
		t.Fatalf("not for a person: %v", err)
	}
	clean(t, strings.ReplaceAll(e.Text, "\n", ""))
	if strings.Contains(err.Error(), "CANARY") {
		t.Errorf("the secret is in %q", err)
	}
}

func clean(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, "CANARY") || strings.ContainsFunc(s, unicode.IsControl) {
		t.Errorf("this is shown: %q", s)
	}
}
