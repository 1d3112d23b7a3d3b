package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The routes of the link, all POST. PathReply answers 204 without a body.
const (
	PathHello   = "/link/v1/hello"
	PathPush    = "/link/v1/push"
	PathPull    = "/link/v1/pull"
	PathReply   = "/link/v1/reply"
	PathAsk     = "/link/v1/ask"
	PathLook    = "/link/v1/look"
	PathForward = "/link/v1/forward"
	PathRejoin  = "/link/v1/rejoin"
	PathNeed    = "/link/v1/need"
)

// ContentType, HeaderProtocol and HeaderSum stand in every request and every reply. HeaderSum is the
// CRC-32C of the body as it is sent, in hex. A line that flips a bit past TCP's 16 bits of checksum, or
// a proxy that does, must not change what is asked for or promised. An older build sends none and
// looks at none.
const (
	ContentType    = "application/msgpack"
	HeaderProtocol = "Holdfast-Protocol"
	HeaderSum      = "Holdfast-Sum"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sumOf(body []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)) }

// ErrMediaType says that a body is not msgpack.
var ErrMediaType = errors.New("body is not " + ContentType)

// A StatusError is an answer without a message: a proxy's, or head office's refusal to listen.
type StatusError struct {
	Status int
	Text   string // the beginning of what came with it
}

func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("answered %d %s", e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("answered %d: %s", e.Status, e.Text)
}

// BadToken says that head office does not know the token of whoever asked.
func (e *StatusError) BadToken() bool { return e.Status == http.StatusUnauthorized }

// NewRequest makes the POST that carries m.
func NewRequest(ctx context.Context, url string, m Message) (*http.Request, error) {
	body, encoding, err := Encode(m)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", m.name(), err)
	}
	describe(r.Header, encoding, body)
	// Every message may be repeated without harm, so the transport may send it again where a
	// kept connection turns out to be dead. An empty list is a sign to it and is not sent.
	r.Header["Idempotency-Key"] = []string{}
	return r, nil
}

// ReadReply reads a reply's bounded body into m. It does not close it.
func ReadReply(r *http.Response, m Message) error {
	if r.StatusCode != http.StatusOK {
		return RefusedReply(r)
	}
	return readBody(r.Body, r.Header, m)
}

// RefusedReply makes an error of an answer without a message.
func RefusedReply(r *http.Response) error {
	const textMax = 256
	text, err := io.ReadAll(io.LimitReader(r.Body, textMax))
	if err != nil {
		text = nil // the status says enough
	}
	return &StatusError{Status: r.StatusCode, Text: strings.TrimSpace(strings.ToValidUTF8(string(text), ""))}
}

// ReadRequest reads a request's bounded body into m.
func ReadRequest(r *http.Request, m Message) error {
	return readBody(r.Body, r.Header, m)
}

// WriteReply answers 200 with m. After an error nothing has been written, unless it is the
// connection's.
func WriteReply(w http.ResponseWriter, m Message) error {
	body, encoding, err := Encode(m)
	if err != nil {
		return err
	}
	describe(w.Header(), encoding, body)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write %s: %w", m.name(), err)
	}
	return nil
}

func describe(h http.Header, encoding string, body []byte) {
	h.Set("Content-Type", ContentType)
	h.Set(HeaderSum, sumOf(body))
	h.Set(HeaderProtocol, strconv.Itoa(VersionMax))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
}

func readBody(from io.Reader, h http.Header, m Message) error {
	if kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); strings.TrimSpace(kind) != ContentType {
		return fmt.Errorf("read %s: %w", m.name(), ErrMediaType)
	}
	var buf bytes.Buffer
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil && n > 0 && n <= BodyMax {
		buf.Grow(min(n+bytes.MinRead, growMax)) // what is said to come need not come
	}
	_, err := buf.ReadFrom(io.LimitReader(from, BodyMax+1))
	body := buf.Bytes()
	if err != nil {
		return fmt.Errorf("read %s: %w", m.name(), err)
	}
	if sum := h.Get(HeaderSum); sum != "" && len(body) <= BodyMax && sum != sumOf(body) {
		return fmt.Errorf("read %s: %w: it was damaged on its way", m.name(), ErrMalformed)
	}
	return Decode(body, h.Get("Content-Encoding"), m)
}
