package messenger

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// MailWait bounds one mail, from dialling to the server's word that it has it.
const MailWait = 30 * time.Second

// portTLS is where a mail server speaks TLS from the first byte.
const portTLS = "465"

// A Mail is how mail is sent.
type Mail struct {
	Server   string // host:port; port 465 is TLS from the first byte, any other one STARTTLS. In the clear to this machine alone
	From     string // the mailbox that it comes from
	User     string // "" where the server asks for none
	Password string
}

// Validate says what is wrong with m, where it is set at all.
func (m *Mail) Validate() error {
	if m.Server == "" {
		if m.From+m.User+m.Password != "" {
			return errors.New("mail has a sender or a user, and no server")
		}
		return nil
	}
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil || host == "" || port == "" {
		return fmt.Errorf("mail server %q is not host:port", m.Server)
	}
	box, err := mail.ParseAddress(m.From)
	if err != nil || box.Name != "" {
		return fmt.Errorf("mail comes from %q, which is no mailbox such as stock@example.com", m.From)
	}
	if (m.User == "") != (m.Password == "") {
		return errors.New("mail has a user without a password, or a password without a user")
	}
	return nil
}

// A Mailer sends mail. It may be used by many at once.
type Mailer struct {
	network ledger.Network
	mail    Mail
}

// NewMailer makes one; nil where no mail is sent.
func NewMailer(network ledger.Network, m Mail) *Mailer {
	if m.Server == "" {
		return nil
	}
	return &Mailer{network: network, mail: m}
}

// errClear says that a mail server would have everybody on the way read along.
var errClear = errors.New("the mail server offers no STARTTLS, and nothing is sent to another machine in the clear")

// Send makes one try. to is a mailbox, id the event's: a mail that is sent twice has one Message-ID.
func (s *Mailer) Send(ctx context.Context, to, id, subject, text string, at time.Time) Outcome {
	ctx, cancel := context.WithTimeout(ctx, MailWait)
	defer cancel()
	msg, err := s.message(to, id, subject, text, at)
	if err == nil {
		err = s.deliver(ctx, to, msg)
	}
	if err == nil {
		return Outcome{OK: true}
	}
	out := Outcome{Why: mailWhy(ctx, err)}
	if e, ok := errors.AsType[*rcptError](err); ok {
		out.Gone = e.code >= 550
	}
	return out
}

// rcptError is what the server says of the mailbox itself.
type rcptError struct{ code int }

func (e *rcptError) Error() string {
	return fmt.Sprintf("the mail server does not take mail for that mailbox (%d)", e.code)
}

func mailWhy(ctx context.Context, err error) string {
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Sprintf("the mail server answered %d", e.Code) // its words may name the mailbox
	}
	if ctx.Err() != nil {
		return fmt.Sprintf("the mail server did not answer within %v", MailWait)
	}
	return whyNot(err)
}

func (s *Mailer) deliver(ctx context.Context, to string, msg []byte) error {
	host, port, err := net.SplitHostPort(s.mail.Server)
	if err != nil {
		return err
	}
	conn, err := s.network.Dial(ctx, "tcp", s.mail.Server)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // net/smtp knows no context
	defer stop()
	secure := &tls.Config{ServerName: host}
	if port == portTLS {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer c.Close() // after Quit it is closed already
	if ok, _ := c.Extension("STARTTLS"); ok && port != portTLS {
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	} else if port != portTLS && !isLoopback(host) {
		return errClear
	}
	if s.mail.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.mail.User, s.mail.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(s.mail.From); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		if e, ok := errors.AsType[*textproto.Error](err); ok {
			return &rcptError{code: e.Code}
		}
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(msg); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the server has it: what it says to goodbye changes nothing
	return nil
}

// message is the mail as it is sent.
func (s *Mailer) message(to, id, subject, text string, at time.Time) ([]byte, error) {
	_, domain, _ := strings.Cut(s.mail.From, "@")
	var b bytes.Buffer
	for _, h := range [][2]string{{"From", s.mail.From}, {"To", to}, {"Subject", mime.QEncoding.Encode("utf-8", subject)}, {"Date", at.UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + id + "@" + domain + ">"}, {"Auto-Submitted", "auto-generated"}, {"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"}} {
		if strings.ContainsAny(h[1], "\r\n") {
			return nil, fmt.Errorf("the mail's %s has a line break in it", h[0])
		}
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	q := quotedprintable.NewWriter(&b)
	if _, err := q.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	if err := q.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
