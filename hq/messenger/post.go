package messenger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of a try.
const (
	PostWait  = 15 * time.Second // all of it, from dialling to the end of the answer
	answerMax = 4 << 10          // bytes read of an answer, and thrown away
	headerMax = 16 << 10         // bytes of its header
	idleConns = 2                // kept open to one receiver
	idleWait  = time.Minute
)

// An Outcome is what a try came to. Its words never hold a secret, nor more of an address than its host.
type Outcome struct {
	Status int           // of HTTP; 0 where there was no answer, or it was mail
	OK     bool          // the receiver has it
	Gone   bool          // it says that it never wants any more (410)
	Nobody bool          // there is nobody to be told this: nothing is left to be done
	Dead   bool          // this one cannot be delivered, and trying again is no use; whoever takes the others is none the worse for it
	Wait   time.Duration // how long it asks to be left alone; 0 where it does not
	Why    string        // it is not OK
}

// A Poster posts to webhooks. It may be used by many at once.
type Poster struct {
	secure, local *http.Client
}

// NewPoster makes one that reaches receivers through network.
func NewPoster(network ledger.Network) *Poster {
	client := func(dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
		return &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // who redirects is no receiver
			Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: idleConns, IdleConnTimeout: idleWait,
				MaxResponseHeaderBytes: headerMax, DisableCompression: true, ForceAttemptHTTP2: true},
		}
	}
	return &Poster{
		secure: client(func(ctx context.Context, kind, addr string) (net.Conn, error) {
			conn, err := network.Dial(ctx, kind, addr)
			if err == nil && forbidden(conn.RemoteAddr()) {
				return nil, errors.Join(errForbidden, conn.Close())
			}
			return conn, err
		}),
		local: client(func(ctx context.Context, kind, addr string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(addr)
			if err != nil || !isLoopback(host) {
				return nil, errForbidden
			}
			if strings.EqualFold(host, "localhost") { // whatever a name server takes it for
				host = "127.0.0.1"
			}
			return network.Dial(ctx, kind, net.JoinHostPort(host, port))
		}),
	}
}

// errForbidden says that an address is none that a webhook may have.
var errForbidden = errors.New("no webhook may be at that address")

// forbidden says whether an address is of a kind where a machine's own keeper answers, not a receiver: clouds give a machine its keys there.
func forbidden(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && (tcp.IP.IsLinkLocalUnicast() || tcp.IP.IsMulticast() || tcp.IP.IsUnspecified())
}

// Post makes one try.
func (p *Poster) Post(ctx context.Context, to string, secret []byte, id string, at time.Time, body []byte) Outcome {
	ctx, cancel := context.WithTimeout(ctx, PostWait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return Outcome{Why: "the address cannot be read"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Holdfast-Webhook/1")
	r.Header.Set(HeaderID, id)
	r.Header.Set(HeaderTimestamp, stamp(at))
	r.Header.Set(HeaderSignature, Sign(secret, id, at, body))
	client := p.secure
	if r.URL.Scheme == "http" {
		client = p.local
	}
	answer, err := client.Do(r)
	if err != nil {
		return Outcome{Why: whyNot(err)}
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, answerMax) // so that the connection can be used again; a longer answer ends it
	return outcomeOf(answer, at)
}

// whyNot says why there was no answer, without the address that net/http puts in front.
func whyNot(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("did not answer within %v", PostWait)
	case errors.Is(err, errForbidden):
		return errForbidden.Error()
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return "its name is not known: " + e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return strings.ToValidUTF8(err.Error(), "")
}

func outcomeOf(answer *http.Response, now time.Time) Outcome {
	out := Outcome{Status: answer.StatusCode, OK: answer.StatusCode/100 == 2, Gone: answer.StatusCode == http.StatusGone}
	switch {
	case out.OK:
		return out
	case answer.StatusCode/100 == 3:
		out.Why = fmt.Sprintf("answered %d: a redirect is not followed, give the address itself", answer.StatusCode)
	default:
		out.Why = fmt.Sprintf("answered %d", answer.StatusCode)
	}
	if after := answer.Header.Get("Retry-After"); after != "" {
		if n, err := strconv.ParseInt(after, 10, 32); err == nil && n > 0 {
			out.Wait = min(time.Duration(n)*time.Second, AskMost)
		} else if t, err := http.ParseTime(after); err == nil && t.After(now) {
			out.Wait = min(t.Sub(now), AskMost)
		}
	}
	return out
}

// Close lets go of connections that nobody uses.
func (p *Poster) Close() {
	p.secure.CloseIdleConnections()
	p.local.CloseIdleConnections()
}
