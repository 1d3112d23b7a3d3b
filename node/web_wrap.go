package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/gorilla/mux"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// entry says how a request comes in.
type entry uint8

const (
	guarded  entry = 0 // with an identity, on one of the places for requests
	streamed entry = 1 // with an identity; it lasts, and has places of its own
	open     entry = 2 // anybody; it also answers when every place is taken
	probed   entry = 3 // anybody, as often as they like: a node that is crowded must not be taken for a dead one
)

// wrap is the one wrapper: it lets a request in, turns its error into an answer, times, counts
// and logs it.
func (s *web) wrap(route string, how entry, needs door.Permission, serve call) http.Handler {
	times := s.metrics.route(route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.env.Clock.Mono()
		a := &answer{ResponseWriter: w, at: s.position}
		for _, h := range door.AnswerHeaders {
			a.set(h.Name, h.Value)
		}
		defer func() {
			if p := recover(); p != nil {
				s.breakDown(r, route, p)
			}
			times.observe(a.status, s.env.Clock.Mono()-began)
		}()
		if !s.inFlight.enter() {
			s.refuse(a, r, route, ledger.ErrClosed)
			return
		}
		defer s.inFlight.leave()
		if err := s.admit(a, r, how, needs, serve); err != nil {
			s.refuse(a, r, route, err)
		}
	})
}

// admit serves a request that may come in. What is open to all also answers when every place
// is taken, so that a crowded node is not taken for a dead one.
func (s *web) admit(a *answer, r *http.Request, how entry, needs door.Permission, serve call) error {
	if err := s.browser.Check(r); err != nil {
		return err
	}
	if how == probed {
		return serve(a, r)
	}
	r, turn, err := s.permit(r, how, needs)
	defer s.turnstile.Leave(turn)
	if err != nil {
		return err
	}
	if how == open {
		return serve(a, r)
	}
	if err := s.witness(r); err != nil {
		return err
	}
	if how == streamed {
		return serve(a, r)
	}
	if r.Method != http.MethodGet {
		if err := s.promising(r.Context()); err != nil {
			return err
		}
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
		return serve(a, r)
	default:
		return errCrowded
	}
}

// witness looks at the position that a client has seen of this site. One that is not on our
// chain shows that the book has gone back in time: from here on nothing is promised.
func (s *web) witness(r *http.Request) error {
	shown, ok, err := contract.Position(r.Header)
	if err != nil {
		return err
	}
	if !ok || shown.Site != s.cfg.Site || s.seen.has(shown.Position) {
		return nil
	}
	known, err := s.book.Knows(shown.Position)
	if err != nil {
		return fmt.Errorf("look at a client's position: %w", err)
	}
	if known {
		s.seen.add(shown.Position)
		return nil
	}
	if shown.Epoch < s.book.Head().Epoch {
		return nil // of an epoch that head office has closed: what was lost with it was told by the rebuild
	}
	why := fmt.Sprintf("a client has seen entry %d of epoch %d, which this book does not have", shown.Seq, shown.Epoch)
	s.book.Quarantine(why)
	s.log.LogAttrs(r.Context(), slog.LevelError, "book is in quarantine", slog.String(keyWhy, why))
	return ledger.ErrQuarantined
}

func (s *web) refuse(a *answer, r *http.Request, route string, err error) {
	p := s.problem(err)
	if p.Status >= http.StatusInternalServerError && p.Code == contract.CodeFault {
		s.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String(keyRoute, route), slog.Any(keyErr, err))
	}
	s.tellRefused(r, p.Code)
	if a.status != 0 {
		return // the answer had begun; all that is left is to cut it off
	}
	if p.Code == contract.CodeNoIdentity && r.Method == http.MethodGet && r.URL.Path == "/" {
		if s.signInPage(a, r, nothingWrong) == nil {
			return
		}
	}
	p.Write(a)
}

// tellRefused logs who was turned away at the door: once an hour for an address and a reason, and nothing that they sent.
func (s *web) tellRefused(r *http.Request, why contract.Code) {
	switch why {
	case contract.CodeNoIdentity:
		if r.Method == http.MethodGet && r.URL.Path == "/" {
			return // somebody who has not signed in yet
		}
	case contract.CodeSignInWrong, contract.CodeApprovalWrong, contract.CodeGuessesMany, contract.CodeRequestsMany, contract.CodeCrossOrigin,
		contract.CodeUnknownHost, contract.CodeBodyTooLarge:
	default:
		return
	}
	s.refusals.Request(r.RemoteAddr, string(why))
}

// breakDown ends the node after a handler's panic: net/http would go on, and we must not sell
// on a book of which we no longer know what is wrong.
func (s *web) breakDown(r *http.Request, route string, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.log.LogAttrs(r.Context(), slog.LevelError, "handler panicked, node stops", slog.String(keyRoute, route),
		slog.Any(keyErr, p), slog.String(keyStack, string(debug.Stack())))
	select {
	case s.broken <- fmt.Errorf("serve %s: panic: %v", route, p):
	default: // one is enough
	}
	panic(http.ErrAbortHandler)
}

// answer shows the book's position with every answer and remembers the status.
type answer struct {
	http.ResponseWriter
	at     *position
	status int
	fixed  [10]string // the values that set has put into the header
	n      int
}

// set puts a header that has one value. The name must be in its canonical form. The value lies
// in the answer itself: a header of its own slice is an allocation each.
func (a *answer) set(name, value string) {
	if a.n == len(a.fixed) {
		a.Header()[name] = []string{value}
		return
	}
	a.fixed[a.n] = value
	a.Header()[name] = a.fixed[a.n : a.n+1 : a.n+1]
	a.n++
}

// set puts a header whose name is in its canonical form.
func set(w http.ResponseWriter, name, value string) {
	if a, ok := w.(*answer); ok {
		a.set(name, value)
		return
	}
	w.Header()[name] = []string{value}
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		a.Header()[contract.HeaderPosition] = a.at.header()
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// writeJSON answers with v. The write's own error is dropped: a client that has gone needs no
// answer, and what it asked for is in the book under its key.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body := answers.Get().(*bytes.Buffer)
	body.Reset()
	defer func() {
		if body.Cap() <= answerKept {
			answers.Put(body)
		}
	}()
	if err := json.NewEncoder(body).Encode(v); err != nil { // a line, with its end
		return fmt.Errorf("encode answer: %w", err)
	}
	writeBody(w, status, body.Bytes())
	return nil
}

// answers are buffers that answers were encoded in before: no writer keeps the bytes it is given.
var answers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// answerKept bounds one of them, in bytes.
const answerKept = 64 << 10

// buffered is what net/http keeps of an answer before it gives up finding out its length.
const buffered = 2048

// writeBody answers with JSON that is encoded already, in one write. A long one has its length
// said, or it would be sent in chunks.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	set(w, "Content-Type", "application/json")
	set(w, "Cache-Control", "no-store")
	if len(body) > buffered {
		set(w, "Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // #nosec G705 -- JSON, sent as such and not to be sniffed
}

// pathName gives a path's variable as it was meant: a SKU may hold an encoded slash.
func pathName(r *http.Request, name string) (string, error) {
	text, err := url.PathUnescape(mux.Vars(r)[name])
	if err != nil {
		return "", errors.Join(errNoRoute, err)
	}
	return text, nil
}
