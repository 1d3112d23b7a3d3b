package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/client"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A hand is somebody at a site with a program that repeats what is not answered, each thing under a key of its own.
type hand struct {
	site  string
	name  string
	cl    *client.Client
	lent  *client.Client // cl with a supervisor's approval
	once  *client.Client // for what is only looked at
	rng   *rand.Rand
	paper *paper
	pause time.Duration // mean, between two things
	told  int
}

// hand makes somebody at a site, with a random stream of their own, who works as one of the staff.
func (s *show) hand(site int, name, who string, stream uint64, pause time.Duration) hand {
	cl := s.worker(site, who, 600)
	once := *cl
	once.Tries = 1
	return hand{site: s.company.sites[site].name, name: name, cl: cl, lent: s.leave(cl, "sam"), once: &once,
		rng: rand.New(rand.NewPCG(s.cfg.Seed, stream<<32+uint64(site+1))), paper: s.paper, pause: pause}
}

// rest waits for the next thing to do; false once ctx has ended.
func (h *hand) rest(ctx context.Context) bool {
	return world.Rest(ctx, time.Duration(h.rng.ExpFloat64()*float64(h.pause))) == nil
}

func (h *hand) in100(n int) bool { return h.rng.IntN(100) < n }

// look says whether there was an answer.
func (h *hand) look(ctx context.Context, path string, out any) bool {
	_, err := h.once.Do(ctx, http.MethodGet, path, "", nil, out)
	return err == nil
}

// tell says whether it was written down. A business no is none of a fault: an order may have been cancelled meanwhile, a bin counted.
func (h *hand) tell(ctx context.Context, path string, req, out any) bool {
	return h.refusal(ctx, path, req, out) == ""
}

// refusal is tell that gives the code of a no; "" where it was written down. A no that is one of wanted is none of a fault, whatever its status.
func (h *hand) refusal(ctx context.Context, path string, req, out any, wanted ...contract.Code) string {
	cl := h.cl
	if takesLeave(path) {
		cl = h.lent
	}
	return h.refusalOf(ctx, cl, path, req, out, wanted...)
}

// refusalOf is refusal by a client of one's own choice: with a supervisor's approval, or without.
func (h *hand) refusalOf(ctx context.Context, cl *client.Client, path string, req, out any, wanted ...contract.Code) string {
	h.told++
	key := fmt.Sprintf("%s-%s-%d", h.name, h.site, h.told)
	_, err := cl.Do(ctx, http.MethodPost, path, key, req, out)
	no, isNo := errors.AsType[*client.Refusal](err)
	switch {
	case err == nil:
		return ""
	case isNo && (no.Status == http.StatusConflict || no.Status == http.StatusNotFound || slices.Contains(wanted, contract.Code(no.Code))):
		return no.Code
	case isNo && no.Status < 500:
		h.paper.fault("%s %s: %s is refused with %v", h.site, key, path, no)
		return no.Code
	default:
		h.paper.fault("%s %s: %s has no answer: %v", h.site, key, path, err) // nobody knows what lies on the shelf, or in the drawer
		return "no answer"
	}
}

// lookUntil is look that repeats what is not answered, as a write is.
func (h *hand) lookUntil(ctx context.Context, path string, out any) bool {
	_, err := h.cl.Do(ctx, http.MethodGet, path, "", nil, out)
	return err == nil
}
