package journal

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mime/quotedprintable"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

const mailPassword = "canary-mail-password"

// mailServer is a real mail server that keeps what it gets.
type mailServer struct {
	address, caFile string

	mu       sync.Mutex
	mails    []mailed
	refuses  error // every mail, where it is set
	signedIn []string
}

type mailed struct {
	from string
	to   []string
	text string
}

func (m *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, encrypted := c.TLSConnectionState()
	return &mailSession{server: m, encrypted: encrypted}, nil
}

type mailSession struct {
	server    *mailServer
	encrypted bool
	mail      mailed
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != mailPassword || !s.encrypted {
			return errors.New("refused")
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.signedIn = append(s.server.signedIn, username)
		return nil
	}), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.mail = mailed{from: from}
	return nil
}
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.refuses != nil {
		return s.server.refuses
	}
	s.mail.text = string(text)
	s.server.mails = append(s.server.mails, s.mail)
	return err
}

func (*mailSession) Reset()        {}
func (*mailSession) Logout() error { return nil }

// startMail starts a mail server on loopback, by TLS from the beginning where that is asked for.
func startMail(t *testing.T, implicit bool) *mailServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	m := &mailServer{caFile: secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server := smtp.NewServer(m)
	server.Domain, server.TLSConfig, server.AllowInsecureAuth = "mail.example.org", config, true
	server.ErrorLog = discardLog{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = listener.Addr().String()
	if implicit {
		listener = tls.NewListener(listener, config)
	}
	go server.Serve(listener) // until it is closed
	t.Cleanup(func() { server.Close() })
	return m
}

type discardLog struct{}

func (discardLog) Printf(string, ...any) {}
func (discardLog) Println(...any)        {}

func (m *mailServer) config(t *testing.T) SinkConfig {
	t.Helper()
	return SinkConfig{
		Kind: "email", Server: m.address, CAFile: m.caFile, From: "Alertsmith <alertsmith@example.org>", To: []string{"Ops <ops@example.org>", "night@example.org"},
		Username: "alertsmith", PasswordFile: secretFile(t, mailPassword+"\n"),
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for mode, change := range map[string]func(*SinkConfig){
		startTLS:    func(*SinkConfig) {},
		implicitTLS: func(c *SinkConfig) { c.TLS = implicitTLS },
		noTLS:       func(c *SinkConfig) { c.TLS, c.Username, c.PasswordFile, c.CAFile = noTLS, "", "", "" },
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			m := startMail(t, mode == implicitTLS)
			c := m.config(t)
			change(&c)
			told := telling("add 使用率 x")
			told.Rules, told.Burst = []string{"refusals"}, []rules.JournalEntry{told.Change.Entry, told.Change.Entry}
			if err := openTo(t, c, SinkHost{Pages: "https://alerts.example.org"})(t.Context(), []rules.Telling{told}); err != nil {
				t.Fatal(err)
			}
			if len(m.mails) != 1 || (mode != noTLS) != slices.Equal(m.signedIn, []string{"alertsmith"}) {
				t.Fatalf("%d mails, signed in: %q", len(m.mails), m.signedIn)
			}
			got := m.mails[0]
			if diff := cmp.Diff(mailed{from: "alertsmith@example.org", to: []string{"ops@example.org", "night@example.org"}, text: got.text}, got, cmp.AllowUnexported(mailed{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			header, body := readMail(t, got.text)
			if header.Get("Message-Id") != "<alertsmith.j-7@example.org>" || header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("%+v", header)
			}
			for _, want := range []string{"Rule:    refusals", "Entry:   https://alerts.example.org/entry/" + told.Change.Entry.Record.Request.ID, "Command: add 使用率 x", "Result:  SUCCESS, PENDING, commit 0123456", "These 2 came"} {
				if !strings.Contains(body, want) {
					t.Errorf("it does not say %q:\n%s", want, body)
				}
			}
		})
	}
}

// readMail returns the header, with the subject decoded, and the text of a mail.
func readMail(t testing.TB, text string) (mail.Header, string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	message.Header["Subject"] = []string{subject}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		t.Fatal(err)
	}
	return message.Header, string(body)
}

// TestHostileTextsInEmail holds that no text makes a header, a second mail, or a line longer than the protocol takes.
func TestHostileTextsInEmail(t *testing.T) {
	t.Parallel()
	m := startMail(t, false)
	c := m.config(t)
	for i := range 99 {
		c.To = append(c.To, fmt.Sprintf("somebody-on-call-%d@example.org", i))
	}
	to := openTo(t, c, SinkHost{})
	long := []string{strings.Repeat("長い", 5000), strings.Repeat("🔥", 5000), strings.Repeat("x?= =?", 50)}
	names := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
	for _, text := range append(hostile, long...) {
		told := telling(text)
		told.Rules = []string{text}
		if err := to(t.Context(), []rules.Telling{told}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got := m.mails[len(m.mails)-1]
		header, _ := readMail(t, got.text)
		if all, err := header.AddressList("To"); err != nil || len(all) != len(c.To) {
			t.Errorf("%q: %d receivers, want %d: %v", text, len(all), len(c.To), err)
		}
		if got, want := header.Get("Subject"), strings.ReplaceAll(titleText(told), "=?", "= ?"); got != want {
			t.Errorf("the subject is %q, want %q", got, want)
		}
		var found []string
		for name, values := range header {
			if found = append(found, name); len(values) != 1 {
				t.Errorf("%q: %s is there %d times", text, name, len(values))
			}
		}
		slices.Sort(found)
		if diff := cmp.Diff(names, found); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		for line := range strings.Lines(got.text) {
			if len(line) > 998 {
				t.Errorf("%q: a line of %d bytes", text, len(line))
			}
		}
	}
	if len(m.mails) != len(hostile)+len(long) {
		t.Errorf("%d mails", len(m.mails))
	}
}

func FuzzEmail(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	m := mailer{from: &mail.Address{Address: "a@example.org"}, to: []*mail.Address{{Address: "b@example.org"}}, zone: time.UTC}
	f.Fuzz(func(t *testing.T, text string) {
		told := telling(text)
		told.Rules = []string{text}
		message := string(m.message(told))
		if header, _ := readMail(t, message); len(header) != 9 {
			t.Errorf("%q makes %d headers:\n%s", text, len(header), message)
		}
		if strings.Count(message, "\n") != strings.Count(message, "\r\n") || strings.Count(message, "\r") != strings.Count(message, "\r\n") {
			t.Errorf("%q breaks a line:\n%q", text, message)
		}
	})
}

func TestMailServersThatFail(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, m *mailServer, c *SinkConfig)
		want    string
	}{
		"refuses": {func(_ *testing.T, m *mailServer, _ *SinkConfig) {
			m.refuses = &smtp.SMTPError{Code: 451, Message: "canary"}
		}, "the mail server answered 451"},
		"wrong password": {func(t *testing.T, _ *mailServer, c *SinkConfig) { c.PasswordFile = secretFile(t, "canary") }, "the mail server answered 454"},
		"unknown certificate": {func(_ *testing.T, _ *mailServer, c *SinkConfig) { c.CAFile = "" },
			"STARTTLS: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"hangs": {func(t *testing.T, _ *mailServer, c *SinkConfig) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listener.Close() })
			c.Server = listener.Addr().String()
		}, "there was no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startMail(t, false)
			c := m.config(t)
			tc.prepare(t, m, &c)
			ctx := t.Context()
			if name == "hangs" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
			}
			err := openTo(t, c, SinkHost{})(ctx, []rules.Telling{telling("x")})
			if err == nil || err.Error() != tc.want {
				t.Errorf("%v, want %s", err, tc.want)
			}
			if len(m.mails) > 0 {
				t.Error("it was sent")
			}
		})
	}
}
