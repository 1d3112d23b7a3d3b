package hq

import (
	"context"
	"net/http"
	"strings"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/sync/door"
)

// What a request changes is its caller's act: whatever is proposed because of it says so, and no handler can forget it.

// acting is whose act a request is.
type acting struct {
	machine.Hand
	call string // method and path
}

type actingKey struct{}

// acts gives a request that may change something with whose act it is. What servers and sites tell each other is nobody's.
func acts(r *http.Request, rt *route, c *door.Caller) *http.Request {
	if r.Method == http.MethodGet || strings.HasPrefix(rt.Path, "/link/") {
		return r
	}
	return r.WithContext(actingFor(r.Context(), handOf(c), r.Method, r.URL.EscapedPath()))
}

// actingFor is ctx for the act of somebody: a client of ours, or one of a site's who was let in there.
func actingFor(ctx context.Context, by machine.Hand, method, path string) context.Context {
	return context.WithValue(ctx, actingKey{}, &acting{by, method + " " + path})
}

func handOf(c *door.Caller) machine.Hand {
	h := machine.Hand{By: c.Name()}
	if c != nil {
		h.Device, h.Approver = string(c.Device), string(c.Approver)
	}
	return h
}

// handed gives a command as the act of whom ctx says, once every server knows acts. What head office does by itself, and
// orders, stay as they are.
func (s *Server) handed(ctx context.Context, cmd []byte) []byte {
	a, ok := ctx.Value(actingKey{}).(*acting)
	if !ok || !s.namesHands() {
		return cmd
	}
	out, ok := machine.MarshalAct(machine.Act{Hand: a.Hand, Call: a.call, At: s.now()}, cmd)
	if !ok {
		return cmd
	}
	return out
}

// hand is whose act ctx says that an order is; nobody's before every server keeps it.
func (s *Server) hand(ctx context.Context) machine.Hand {
	if a, ok := ctx.Value(actingKey{}).(*acting); ok && s.namesHands() {
		return a.Hand
	}
	return machine.Hand{}
}

// namesHands says whether every server knows acts. It is asked for each order, so a yes is kept: builds do not go back.
func (s *Server) namesHands() bool {
	if s.hands.Load() {
		return true
	}
	known := s.knows(machine.ActCommands)
	if known {
		s.hands.Store(true)
	}
	return known
}

// noted has an act kept that changes nothing of the state: it is told before it is done.
func (s *Server) noted(ctx context.Context, note string) error {
	a, ok := ctx.Value(actingKey{}).(*acting)
	if !ok || !s.namesHands() {
		return nil
	}
	return s.command(context.WithoutCancel(ctx), &machine.Act{Hand: a.Hand, Call: a.call, Note: note, At: s.now()})
}
