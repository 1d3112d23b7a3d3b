package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// headerRead says from where a read was answered.
const headerRead = "Holdfast-Read"

// serve is the one wrapper: identity, bounds, which server answers, errors, figures.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := s.env.Clock.Mono()
		counted := &statusWriter{ResponseWriter: w}
		h := w.Header()
		for _, v := range door.AnswerHeaders {
			h.Set(v.Name, v.Value)
		}
		h.Set("Cache-Control", "no-store")
		if !s.inFlight.enter() {
			s.answerError(rt, counted, r, errShut)
			return
		}
		defer s.inFlight.leave()
		if err := s.admitRequest(rt, counted, r); err != nil {
			s.answerError(rt, counted, r, err)
		}
		took := s.env.Clock.Mono() - begun
		s.metrics.requests.WithLabelValues(rt.Method+" "+rt.Path, strconv.Itoa(counted.status)).Observe(took.Seconds())
	})
}

func (s *Server) admitRequest(rt route, w http.ResponseWriter, r *http.Request) error {
	if !strings.HasPrefix(rt.Path, "/link/") { // which no browser speaks, and which sites call by names of their own
		if err := s.browser.Check(r); err != nil {
			return err
		}
	}
	r, turn, err := s.permit(r, &rt)
	defer s.turnstile.Leave(turn)
	if err != nil {
		return err
	}
	if s.lead.out.Load() > 0 && !rt.outside() {
		return errDiffers
	}
	if !rt.long {
		select {
		case s.requests <- struct{}{}:
			defer func() { <-s.requests }()
		default:
			s.metrics.refused.WithLabelValues("requests").Inc()
			return errFull
		}
	}
	local, err := s.placed(rt, r)
	if err != nil {
		return err
	}
	if !local {
		return s.forward(w, r)
	}
	if rt.at == readable {
		if err := s.readFrom(w, r); err != nil {
			return err
		}
	}
	return rt.do(w, r)
}

// placed says whether this server answers.
func (s *Server) placed(rt route, r *http.Request) (bool, error) {
	leads := s.lead.answers()
	switch rt.at {
	case here:
		return true, nil
	case readable:
		switch r.URL.Query().Get("read") {
		case "local":
			return true, nil
		case "", "leader":
			return leads, nil
		default:
			return false, &ledger.FormError{Field: "read", Why: "is not leader or local"}
		}
	case preferably:
		_, err := s.leaderURL(r)
		return leads || err != nil, nil
	default:
		return leads, nil
	}
}

// readFrom makes sure that what is read is what the answer says it is.
func (s *Server) readFrom(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("read") == "local" {
		known := false
		s.View(func(m *machine.Machine) { known = m.H().Known() })
		if !known { // a server that has just started knows nothing before it hears from the others: not even that there is nothing
			return contract.New(contract.CodeNotReady, "This server has just started and has not heard from the others yet.")
		}
		w.Header().Set(headerRead, fmt.Sprintf("local; age_ms=%d", s.localAge()))
		return nil
	}
	if err := s.confirm(r.Context()); err != nil {
		return err
	}
	w.Header().Set(headerRead, "leader")
	return nil
}

// localAge is how long ago this server last heard from the leader, in ms; -1: never.
func (s *Server) localAge() int64 {
	if s.lead.answers() {
		return 0
	}
	last := s.raft.LastContact()
	if last.IsZero() {
		return -1
	}
	return max(s.env.Clock.Wall().Sub(last).Milliseconds(), 0)
}

func (s *Server) answerError(rt route, w *statusWriter, r *http.Request, err error) {
	if errors.Is(err, http.ErrAbortHandler) {
		panic(err) // net/http's own sign to drop the connection
	}
	p := problem(err)
	s.tellRefused(r, p.Code)
	if p.Status >= http.StatusInternalServerError {
		level := slog.LevelDebug
		if p.Code == contract.CodeFault {
			level = slog.LevelError
		}
		s.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request refused", slog.String(keyMethod, rt.Method),
			slog.String(keyPath, rt.Path), slog.Int(keyStatus, p.Status), slog.Any(keyErr, err))
	}
	if w.status == 0 {
		p.Write(w)
	}
}

// tellRefused logs who was turned away at the door: once an hour for an address and a reason, and nothing that they sent.
func (s *Server) tellRefused(r *http.Request, why contract.Code) {
	switch why {
	case contract.CodeNoIdentity, contract.CodeSignInWrong, contract.CodeGuessesMany, contract.CodeRequestsMany, contract.CodeCrossOrigin,
		contract.CodeUnknownHost, contract.CodeBodyTooLarge:
		s.refusals.Request(s.comesFrom(r), string(why))
	}
}

// statusWriter remembers the status for the figures. A panic of a handler is not recovered here:
// net/http does, and a broken invariant in the machine panics in raft's goroutine, not here.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	writeBody(w, status, append(b, '\n'))
	return nil
}

// writeBody writes an answer whose JSON is written already.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// variable gives a name of the path, decoded.
func variable(r *http.Request, name string) (string, error) {
	text, err := url.PathUnescape(mux.Vars(r)[name])
	if err != nil {
		return "", fmt.Errorf("read address: %w", err) // net/http has turned away what is not well formed
	}
	return text, nil
}

// query checks the parameters of a call; read may come with each.
func query(r *http.Request, known ...string) (url.Values, error) {
	q := r.URL.Query()
	return q, contract.Query(q, append(known, "read")...)
}

// readJSON reads a bounded body strictly. The bytes are given too: a key is bound to them.
func readJSON(w http.ResponseWriter, r *http.Request, v any) ([]byte, error) {
	body, err := contract.ReadBody(w, r)
	if err != nil {
		return nil, err
	}
	return body, contract.Decode(body, v)
}

// looked reads the machine for an answer.
func looked[T any](s *Server, look func(*machine.Machine) T) T {
	var out T
	s.View(func(m *machine.Machine) { out = look(m) })
	return out
}
