package journal

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// How a mail server is spoken to.
const (
	startTLS    = "starttls" // in the clear until STARTTLS, which must succeed; the default
	implicitTLS = "implicit" // by TLS from the beginning
	noTLS       = "none"     // in the clear: for a server on this machine
)

func checkEmail(c SinkConfig, at func(string, string, ...any)) {
	if host, port, err := net.SplitHostPort(c.Server); err != nil || host == "" || port == "" {
		at("server", "write the mail server as host:port, like mail.example.org:587")
	}
	switch c.TLS {
	case "", startTLS, implicitTLS:
	case noTLS:
		if c.Username != "" {
			at("tls", "no password is sent in the clear: write starttls or implicit, or leave username out")
		}
	default:
		at("tls", "%q is none of starttls, implicit and none", c.TLS)
	}
	if _, err := mail.ParseAddress(c.From); err != nil {
		at("from", "this is no address; write it like alertsmith@example.org")
	}
	if len(c.To) == 0 {
		at("to", "say to whom")
	}
	for i, to := range c.To {
		if _, err := mail.ParseAddress(to); err != nil {
			at(fmt.Sprintf("to[%d]", i), "this is no address; write it like ops@example.org")
		}
	}
	if (c.Username == "") != (c.PasswordFile == "") {
		at("username", "username and password_file belong together")
	}
}

// mailer sends mail by one server.
type mailer struct {
	SinkConfig
	host string
	from *mail.Address
	to   []*mail.Address
	tls  *tls.Config
	zone *time.Location

	pages string // as SinkHost has it
}

// openEmail returns a sink that sends a mail of plain text. Its Message-ID is that of the telling: who gets it twice can tell.
func openEmail(c SinkConfig, host SinkHost) (send, error) {
	m := mailer{SinkConfig: c, zone: host.Zone, pages: host.Pages}
	var err error
	if m.host, _, err = net.SplitHostPort(c.Server); err != nil {
		return nil, err
	}
	if m.from, err = mail.ParseAddress(c.From); err != nil {
		return nil, err
	}
	for _, text := range c.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return nil, err
		}
		m.to = append(m.to, to)
	}
	m.tls = &tls.Config{ServerName: m.host, MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		m.tls.RootCAs = x509.NewCertPool()
		if !m.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: there is no certificate in it", c.CAFile)
		}
	}
	if c.PasswordFile != "" {
		if _, err := readSecret(c.PasswordFile); err != nil {
			return nil, err
		}
	}
	return m.send, nil
}

func (m mailer) send(ctx context.Context, all []rules.Telling) error {
	for _, t := range all {
		err := m.mail(ctx, m.message(t))
		switch {
		case ctx.Err() != nil && err != nil:
			return errNoAnswer
		case err != nil:
			return plainSMTP(err)
		}
	}
	return nil
}

// mail hands a message over to the server.
func (m mailer) mail(ctx context.Context, message []byte) error {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", m.Server)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })() // a server that hangs is left
	connection := raw
	if m.TLS == implicitTLS {
		connection = tls.Client(raw, m.tls)
	}
	client, err := smtp.NewClient(connection, m.host)
	if err != nil {
		_ = connection.Close() // nothing was said
		return err
	}
	defer client.Close() //nolint:errcheck // Quit has ended it, or it has failed
	if m.TLS == "" || m.TLS == startTLS {
		if err := client.StartTLS(m.tls); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	}
	if m.Username != "" {
		password, err := readSecret(m.PasswordFile)
		if err != nil {
			return err
		}
		if err := client.Auth(smtp.PlainAuth("", m.Username, password, m.host)); err != nil {
			return err
		}
	}
	if err := client.Mail(m.from.Address); err != nil {
		return err
	}
	for _, to := range m.to {
		if err := client.Rcpt(to.Address); err != nil {
			return err
		}
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write(message); err != nil {
		return err
	}
	if err := data.Close(); err != nil { // the server has taken it
		return err
	}
	_ = client.Quit() // whatever it says to that
	return nil
}

// plainSMTP returns an error without the server's own words, which could quote anything.
func plainSMTP(err error) error {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("the mail server answered %d", e.Code)
	}
	return plainly(err)
}

// message returns the mail as it is sent. Nothing from outside can make a header or a line of the protocol: it is encoded.
func (m mailer) message(t rules.Telling) []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	var to []string
	for _, address := range m.to {
		to = append(to, address.String())
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	header("From", m.from.String())
	header("To", strings.Join(to, ",\r\n "))
	header("Subject", subject(titleText(t)))
	header("Date", t.Change.Time.In(m.zone).Format(time.RFC1123Z))
	header("Message-ID", "<alertsmith."+t.ID+"@"+domain+">")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	body := quotedprintable.NewWriter(&b)
	_, err := body.Write([]byte(strings.Join(m.lines(t), "\r\n") + "\r\n"))
	if err := errors.Join(err, body.Close()); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// subject returns a line of text as the value of a header: nothing in it reads as encoded that is not, and no line is longer than one encoded word.
func subject(text string) string {
	encoded := mime.BEncoding.Encode("utf-8", strings.ReplaceAll(text, "=?", "= ?"))
	return strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?")
}

// lines returns the text of a mail: of a burst the other entries in a line each.
func (m mailer) lines(t rules.Telling) []string {
	var lines []string
	if len(t.Rules) > 0 {
		lines = append(lines, "Rule:    "+plainLine(strings.Join(t.Rules, ", ")))
	}
	if link := entryLink(m.pages, t.Change.Entry.Record); link != "" {
		lines = append(lines, "Entry:   "+link)
	}
	lines = append(lines, detailLines(t.Change.Entry.Record, m.zone)...)
	if len(t.Burst) > 0 {
		lines = append(lines, "", fmt.Sprintf("These %d came within a short time:", len(t.Burst)))
		for _, e := range t.Burst {
			r := e.Record
			lines = append(lines, clipped(fmt.Sprintf("%s %s: %s (%s)", r.Request.Time.In(m.zone).Format("15:04:05"), plainLine(r.Request.Actor.Name),
				plainLine(r.Request.Command), endText(r)), 300))
		}
	}
	return lines
}
