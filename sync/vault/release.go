package vault

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/sealed"
	"github.com/holdfast-stock/holdfast/sync/identity"
)

// PathRelease is where head office gives a node what opens its book: POST with JSON, over TLS with the certificate of the site.
const PathRelease = "/link/v1/book-key"

// A ReleaseRequest asks for what the key of a book is wrapped by.
type ReleaseRequest struct {
	Book string `json:"book" jsonschema:"number of the book, 32 hexadecimal digits, as its file of keys has it"`
	Of   string `json:"of,omitempty" jsonschema:"fingerprint of the secret that the key is wrapped by; none where it is to be wrapped now"`
}

// Parse gives the request's numbers.
func (r *ReleaseRequest) Parse() (book [16]byte, of [32]byte, err error) {
	b, err1 := hex.DecodeString(r.Book)
	o, err2 := hex.DecodeString(r.Of)
	if err1 != nil || len(b) != len(book) {
		return book, of, &ledger.FormError{Field: "book", Why: "is not 32 hexadecimal digits"}
	}
	if err2 != nil || len(o) != len(of) && len(o) != 0 {
		return book, of, &ledger.FormError{Field: "of", Why: "is not 64 hexadecimal digits"}
	}
	copy(book[:], b)
	copy(of[:], o)
	return book, of, nil
}

// A ReleaseAnswer brings it.
type ReleaseAnswer struct {
	Wrapping []byte `json:"wrapping" jsonschema:"32 bytes in base64; they open the wrapping of this book alone"`
	Of       string `json:"of" jsonschema:"fingerprint of the secret that they were made of"`
}

// Format hides what was released from every verb.
func (ReleaseAnswer) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[released]") }

// Fingerprint names a secret of head office's and says nothing of it.
func Fingerprint(secret [32]byte) [32]byte {
	return sha256.Sum256(append([]byte("holdfast book secret 1 "), secret[:]...))
}

// Wrapping works out, at head office, what the key of a book is wrapped by: whoever has that of one book has no other's.
func Wrapping(secret [32]byte, site ledger.SiteID, book [16]byte) []byte {
	out, err := hkdf.Key(sha256.New, secret[:], book[:], "holdfast book of "+string(site), sealed.KeySize)
	if err != nil {
		panic(err) // only a length that SHA-256 cannot give
	}
	return out
}

// WrapByHeadOffice wraps the key with what head office has released, in the place of an earlier one. The file is not written yet.
func (f *File) WrapByHeadOffice(key *sealed.Key, site ledger.SiteID, a ReleaseAnswer, random io.Reader, now time.Time) error {
	w := Wrap{By: ByHeadOffice, Made: now.UTC().Truncate(time.Second), Salt: make([]byte, saltSize), Site: string(site), Of: a.Of}
	if _, err := io.ReadFull(random, w.Salt); err != nil {
		return fmt.Errorf("draw salt of head office's wrapping: %w", err)
	}
	return f.wrap(w, key, a.Wrapping)
}

// OpenByHeadOffice gives the key by what head office has released. ErrNoWrap where the key has no such wrapping, ErrReleased where
// it was another's.
func (f *File) OpenByHeadOffice(a ReleaseAnswer) (*sealed.Key, error) {
	w := f.wrapOf(ByHeadOffice)
	if w == nil {
		return nil, ErrNoWrap
	}
	key, err := f.open(w, a.Wrapping)
	if err != nil {
		return nil, ErrReleased
	}
	return key, nil
}

// Request is what head office is asked for to open the file; to wrap its key where it has no wrapping of head office's yet.
func (f *File) Request() ReleaseRequest {
	r := ReleaseRequest{Book: f.Book}
	if w := f.wrapOf(ByHeadOffice); w != nil {
		r.Of = w.Of
	}
	return r
}

// ErrReleased says that what head office has released opens another book.
var ErrReleased = errors.New("what head office released does not open the book's key: its file is another site's, or was altered")

// A RefusedError is head office's no. Asking again does not help.
type RefusedError struct{ Detail, Hint string }

func (e *RefusedError) Error() string {
	return "head office does not release the book's key: " + e.Detail
}

// An AwayError says that nobody of head office has answered.
type AwayError struct {
	Tries int
	Err   error // of the last
}

func (e *AwayError) Error() string {
	return fmt.Sprintf("head office was asked %d times for the book's key and could not be reached: %v", e.Tries, e.Err)
}

// Unwrap gives the cause.
func (e *AwayError) Unwrap() error { return e.Err }

// An Office is head office as a node sees it before its book is open.
type Office struct {
	Env     ledger.Env
	Papers  *identity.Papers // the node's own; its name is whose book is asked for
	Servers []string         // base URLs
}

// Bounds of asking. Between two rounds of all servers the pause doubles from the first to the last.
const (
	releaseFirst = time.Second
	releaseLast  = 30 * time.Second
	releaseWait  = 10 * time.Second // of one request
	releaseMax   = 16 << 10         // bytes of an answer
)

// Ask asks until head office answers, ctx ends, or within is over: an *AwayError then. tells is told of each round that nobody answered, and
// of the pause that follows; false ends the asking. A no is a *RefusedError.
func (o *Office) Ask(ctx context.Context, q ReleaseRequest, within time.Duration, tells func(err error, pause time.Duration) bool) (ReleaseAnswer, error) {
	if !o.Env.Clock.Wall().Before(o.Papers.Ends()) {
		return ReleaseAnswer{}, &RefusedError{Detail: "this node's certificate has ended on " + o.Papers.Ends().UTC().Format(time.RFC3339),
			Hint: "have head office give a join token (holdfast hq token add " + o.Papers.Name.Who + ") and start the node once with --join TOKEN"}
	}
	client := o.client()
	defer client.CloseIdleConnections()
	until := o.Env.Clock.Mono() + within
	for tries, pause := 1, releaseFirst; ; tries, pause = tries+1, min(2*pause, releaseLast) {
		a, err := o.round(ctx, client, q)
		if _, refused := errors.AsType[*RefusedError](err); err == nil || refused {
			return a, err
		}
		left := until - o.Env.Clock.Mono()
		if ctx.Err() != nil || left <= 0 || !tells(err, min(pause, left)) {
			return ReleaseAnswer{}, &AwayError{Tries: tries, Err: err}
		}
		fired, stop := o.Env.Clock.After(min(pause, left))
		select {
		case <-fired:
		case <-ctx.Done():
		}
		stop()
	}
}

func (o *Office) client() *http.Client {
	return &http.Client{
		Timeout: releaseWait,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return o.Env.Network.Dial(ctx, network, addr)
			},
			TLSClientConfig: identity.NewKeeper(o.Papers, o.Env.Clock.Wall).Client(identity.IsHQ), TLSHandshakeTimeout: releaseWait,
			MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// round asks one server after the other, until one answers.
func (o *Office) round(ctx context.Context, client *http.Client, q ReleaseRequest) (ReleaseAnswer, error) {
	var errs []error
	for _, server := range o.Servers {
		a, err := askRelease(ctx, client, strings.TrimRight(server, "/"), q)
		if _, refused := errors.AsType[*RefusedError](err); err == nil || refused {
			return a, err
		}
		errs = append(errs, fmt.Errorf("%s: %w", server, err))
	}
	if len(errs) == 0 {
		return ReleaseAnswer{}, &RefusedError{Detail: "nobody has said where head office is", Hint: "give --hq"}
	}
	return ReleaseAnswer{}, errors.Join(errs...)
}

func askRelease(ctx context.Context, client *http.Client, server string, q ReleaseRequest) (a ReleaseAnswer, err error) {
	if !strings.HasPrefix(server, "https://") {
		return a, &RefusedError{Detail: server + " is in the clear, and a key goes over TLS alone", Hint: "give head office at an https address"}
	}
	body, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+PathRelease, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	if closed, ok := errors.AsType[*net.OpError](err); ok && closed.Op == "remote error" {
		return a, &RefusedError{Detail: "it does not take this node's certificate (" + closed.Err.Error() + ")",
			Hint: "a node that was replaced opens nothing any more; where this is the site's node, give it another certificate: holdfast hq token add NAME, then --join TOKEN here"}
	}
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, releaseMax))
	defer clear(raw)
	if err != nil {
		return a, err
	}
	switch {
	case resp.StatusCode == http.StatusOK:
		if err := json.Unmarshal(raw, &a); err != nil {
			return a, fmt.Errorf("read answer: %w", err)
		}
		if of, err := hex.DecodeString(a.Of); err != nil || len(of) != 32 || len(a.Wrapping) != sealed.KeySize {
			return ReleaseAnswer{}, errors.New("read answer: it is not what head office releases")
		}
		return a, nil
	case resp.StatusCode/100 == 4 && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		var p struct{ Detail, Title, Hint string }
		_ = json.Unmarshal(raw, &p) // a proxy's words are none of ours
		if p.Detail == "" {
			p.Detail = fmt.Sprintf("it answered %d", resp.StatusCode)
		}
		return a, &RefusedError{Detail: p.Detail, Hint: p.Hint}
	default:
		var p struct{ Detail string }
		_ = json.Unmarshal(raw, &p) // a proxy's words are none of ours
		return a, fmt.Errorf("it answered %d %s", resp.StatusCode, p.Detail)
	}
}
