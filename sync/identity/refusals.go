package identity

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"
)

// Who was refused is said once in refusedEach by host and reason, of at most refusedMax pairs: whoever knocks all night
// must not fill the disk.
const (
	refusedEach = time.Hour
	refusedMax  = 256
)

// Refusals log who was refused at the door. It is also the place for what net/http says of connections.
type Refusals struct {
	log  *slog.Logger
	mono func() time.Duration

	mu   sync.Mutex // guards said
	said map[[2]string]time.Duration
}

// NewRefusals logs to log; mono measures time.
func NewRefusals(log *slog.Logger, mono func() time.Duration) *Refusals {
	return &Refusals{log: log, mono: mono, said: map[[2]string]time.Duration{}}
}

// Refused tells of one that was turned away, by its address and why.
func (r *Refusals) Refused(addr string, why error) { r.tell("connection refused", addr, why.Error()) }

// Request tells of a request that was turned away at the door, by where it came from and a reason that is one of a few.
func (r *Refusals) Request(addr, why string) { r.tell("request refused at the door", addr, why) }

func (r *Refusals) tell(what, addr, why string) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if at := strings.Index(why, "->"); at >= 0 { // "read tcp HERE->THERE: why": each connection has ports of its own
		if _, rest, ok := strings.Cut(why[at:], ": "); ok {
			why = rest
		}
	}
	key, now := [2]string{host, why}, r.mono()
	r.mu.Lock()
	last, again := r.said[key]
	tells := !again && len(r.said) < refusedMax || again && now-last >= refusedEach
	if !again && len(r.said) >= refusedMax {
		for k, at := range r.said {
			if now-at >= refusedEach {
				delete(r.said, k)
				tells = true
			}
		}
	}
	if tells {
		r.said[key] = now
	}
	r.mu.Unlock()
	if tells {
		r.log.LogAttrs(context.Background(), slog.LevelWarn, what, slog.String("host", host), slog.String("why", why))
	}
}

// Write takes a line that net/http logs: a failed handshake is a refusal, anything else is for who looks closely.
func (r *Refusals) Write(p []byte) (int, error) {
	line := strings.TrimSpace(string(p))
	if rest, ok := strings.CutPrefix(line, "http: TLS handshake error from "); ok {
		if addr, why, ok := strings.Cut(rest, ": "); ok {
			r.tell("connection refused", addr, why)
			return len(p), nil
		}
	}
	r.log.LogAttrs(context.Background(), slog.LevelDebug, line)
	return len(p), nil
}
