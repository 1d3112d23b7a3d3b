package hq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// What a follower knows is a little behind what the leader has answered: raft tells it of a commit with what comes next, or
// after a while (CommitTimeout). Whoever shows a token that a follower does not know may have got it a moment ago. So it asks
// the leader how far that is, comes level, and looks again. Whoever signs in may be known, or have their password, since a moment ago: there it
// comes level before it looks.
const (
	hearWait = 2 * time.Second
	hearEach = 5 * time.Millisecond
	hearRoom = 8 // who are looked for again, or sign in, at once; more are answered by what is known
)

// heardOf looks again for who is unknown. Where the leader does not say in time how far it is, what is known stands.
func (s *Server) heardOf(r *http.Request, unknown error) (*door.Caller, error) {
	k, err := r.Cookie(cookieName)
	shown := bearer(r.Header) != "" || err == nil && strings.HasPrefix(k.Value, passPrefix)
	if !errors.Is(unknown, door.ErrNoIdentity) || !shown || !s.hears(r) {
		return nil, unknown
	}
	return s.identify(r)
}

// hears brings a follower level with the leader, and says whether it has: in time, and with room. A leader is level, and whoever knows nobody
// yet says so instead. Before a secret is looked at it is asked first, for a guess that was right by the leader's word counts as a wrong one
// here, and somebody who was turned away there would still be let in.
func (s *Server) hears(r *http.Request) bool {
	if s.lead.answers() || !s.knowsPeople() {
		return false
	}
	select {
	case s.hearing <- struct{}{}:
		defer func() { <-s.hearing }()
	default:
		return false
	}
	ctx, stop := context.WithTimeout(r.Context(), hearWait)
	defer stop()
	if err := s.comeLevel(ctx, r); err != nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "not level with the leader", slog.Any(keyErr, err))
		return false
	}
	return true
}

// comeLevel waits until this server has every command that the leader has now.
func (s *Server) comeLevel(ctx context.Context, r *http.Request) error {
	to, err := s.leaderURL(r)
	if err != nil {
		return err
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, to.JoinPath("/v1/status").String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("ask the leader how far it is: %w", err)
	}
	ask.Header.Set("Authorization", "Bearer "+s.token)
	res, err := s.client.Do(ask)
	if err != nil {
		return fmt.Errorf("ask the leader how far it is: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the leader how far it is: answered %d", res.StatusCode)
	}
	var leader Status
	if err := json.NewDecoder(io.LimitReader(res.Body, contract.BodyMax)).Decode(&leader); err != nil {
		return fmt.Errorf("read the leader's status: %w", err)
	}
	for s.fsm.applied.Load() < leader.Command {
		if !s.pause(ctx, hearEach) {
			return ctx.Err()
		}
	}
	return nil
}
