package hq

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/enrol"
	"github.com/holdfast-stock/holdfast/sync/identity"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// headerForwarded marks a request that a follower has passed on. It is passed on once: two
// servers that take each other for the leader must not send it round.
const headerForwarded = "Holdfast-Forwarded"

// headerFrom says where a request comes from that a server passes on. It is believed of servers alone.
const headerFrom = "Holdfast-From"

// comesFrom is where a request comes from: what another server has passed on counts for whoever asked that one, not for the server.
func (s *Server) comesFrom(r *http.Request) string {
	if from := r.Header.Get(headerFrom); from != "" && s.trust != nil && s.isServer(r) {
		return from
	}
	return r.RemoteAddr
}

// Bounds of the connections to other servers.
const (
	idlePerServer  = 64
	idleServer     = time.Minute
	answerWaitMost = 40 * time.Second // over PullWait's default and a proposal
)

func (s *Server) newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return s.env.Network.Dial(ctx, network, addr)
		},
		TLSClientConfig: s.forServers(), TLSHandshakeTimeout: headerWait,
		MaxIdleConns: 4 * idlePerServer, MaxIdleConnsPerHost: idlePerServer, IdleConnTimeout: idleServer,
		ResponseHeaderTimeout: max(answerWaitMost, s.cfg.PullWait+2*s.cfg.ProposeWait), DisableCompression: true,
	}}
}

// leaderURL says where the leader is, if another server is it and this request may go there.
func (s *Server) leaderURL(r *http.Request) (*url.URL, error) {
	if r.Header.Get(headerForwarded) != "" {
		return nil, ErrNoLeader
	}
	_, id := s.raft.LeaderWithID()
	if id == "" || string(id) == s.id {
		return nil, ErrNoLeader
	}
	srv, ok := machine.Server{}, false
	s.View(func(m *machine.Machine) { srv, ok = serverOf(m, string(id)) })
	if !ok {
		return nil, ErrNoLeader
	}
	to, err := url.Parse(srv.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: its address %q is none", ErrNoLeader, srv.URL)
	}
	return to, nil
}

// forward passes a request on to the leader and its answer back.
func (s *Server) forward(w http.ResponseWriter, r *http.Request) error {
	to, err := s.leaderURL(r)
	if err != nil {
		return err
	}
	return s.passOn(w, r, to)
}

func (s *Server) passOn(w http.ResponseWriter, r *http.Request, to *url.URL) error {
	most := int64(contract.BodyMax)
	if strings.HasPrefix(r.URL.Path, "/link/") {
		most = wire.BodyMax
	}
	if r.ContentLength > most {
		return contract.TooLarge(r)
	}
	if strings.HasPrefix(r.Header.Get("Accept"), "text/event-stream") {
		if err := s.allow(w, 0); err != nil {
			return err
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	var failed error
	var sent atomic.Bool
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Header.Set(headerForwarded, s.id)
			p.Out.Header.Del(headerSite) // nobody says but us
			p.Out.Header.Del(headerShown)
			p.Out.Header.Set(headerFrom, s.comesFrom(r))
			if n, ok := s.caller(r); ok && n.Role == identity.RoleSite {
				p.Out.Header.Set(headerSite, n.String())
				if r.URL.Path == enrol.PathRenew {
					p.Out.Header.Set(headerShown, base64.StdEncoding.EncodeToString(r.TLS.PeerCertificates[0].Raw))
				}
			}
			// What has a key and no body is sent a second time by net/http where a kept connection ends, and
			// that nobody can be dialled any more says nothing of the first.
			p.Out = p.Out.WithContext(httptrace.WithClientTrace(p.Out.Context(), &httptrace.ClientTrace{
				GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }}))
		},
		Transport:     s.client.Transport,
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ErrorHandler:  func(_ http.ResponseWriter, _ *http.Request, err error) { failed = forwardError(r, err, sent.Load()) },
	}
	w.Header().Del("X-Content-Type-Options") // the leader says it
	w.Header().Del("Cache-Control")
	proxy.ServeHTTP(w, r)
	return failed
}

// forwardError says what is known of a request that got no answer: nothing came of it where the
// leader was never reached or it only reads; else it is unsure.
func forwardError(r *http.Request, err error, sent bool) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return large
	}
	op, ok := errors.AsType[*net.OpError](err)
	if ok && op.Op == "dial" && !sent || r.Method == http.MethodGet || r.Method == http.MethodHead || strings.HasPrefix(r.URL.Path, "/link/") {
		return fmt.Errorf("%w: %w", ErrNoLeader, err)
	}
	return fmt.Errorf("forward: %w: %w", ledger.ErrUnsure, err)
}

// allow lifts the connection's bounds in time for an answer that takes long by its nature, and
// gives it a new one from now on; 0 gives none. Once the body is read, a read deadline does
// nothing but end the request's context.
func (s *Server) allow(w http.ResponseWriter, d time.Duration) error {
	var end time.Time
	if d > 0 {
		end = s.env.Clock.Wall().Add(d)
	}
	rc := http.NewResponseController(w)
	if err := errors.Join(rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(end)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("move deadline: %w", err)
	}
	return nil
}
