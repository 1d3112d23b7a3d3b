package hq

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
)

const (
	compareEach   = time.Second      // how often a server looks whether it has heard from all others
	tellFirst     = time.Second      // the pause after another server has not told yet,
	tellMax       = 30 * time.Second // doubled up to this
	tellWait      = 10 * time.Second // for one answer
	sumsKept      = 4                // of each server, the latest
	undecidedWait = time.Minute      // for the servers that have not told, where those that have do not agree
)

// A comparison is what a server knows of the states at the last checkpoints: its own, and what the others have told.
type comparison struct {
	mu     sync.Mutex // guards what follows
	mine   []StateSum // the latest last
	since  time.Duration
	theirs map[string]StateTold // by raft id
	asked  map[string]asked
	found  map[string]finding // servers whose state was another one, by raft id
	agreed uint64             // the last checkpoint at which all servers had one state
}

// asked is when a server is asked again.
type asked struct{ at, wait time.Duration }

// A finding is that a server had another state at a checkpoint. Of this very server it is no finding: it stands out.
type finding struct {
	index  uint64
	alone  bool // a majority agrees on another state
	raised bool // head office has the exception
}

// saysMoreThan says whether f is to take the place of what was found before: it is of a later checkpoint, or a majority agrees by
// now, for a third server may tell long after the first two have differed.
func (f finding) saysMoreThan(old finding) bool {
	if f.index == old.index {
		return f.alone && !old.alone
	}
	return f.index > old.index && (f.alone || !old.alone)
}

func newComparison() *comparison {
	return &comparison{theirs: map[string]StateTold{}, asked: map[string]asked{}, found: map[string]finding{}}
}

// own takes this server's sum at a checkpoint.
func (c *comparison) own(sum StateSum, now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mine = append(c.mine, sum)
	c.mine, c.since = c.mine[max(0, len(c.mine)-sumsKept):], now
	clear(c.asked)
}

// heard takes what another server has told.
func (c *comparison) heard(t StateTold) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.theirs[t.Server] = t
}

// told is what this server tells the others.
func (s *Server) told() StateTold {
	c := s.compared
	c.mu.Lock()
	defer c.mu.Unlock()
	return StateTold{Version: toldVersion, Server: s.id, Shape: shape(), Sums: slices.Clone(c.mine), Differs: s.lead.out.Load()}
}

// runCompare exchanges sums with the other servers, and sees to it that a server whose state is another one is found. Every
// server does it: the one that leads may be the one that is wrong.
func (s *Server) runCompare(ctx context.Context) error {
	for s.pause(ctx, min(compareEach, s.cfg.CheckpointEach)) {
		if s.lead.out.Load() > 0 {
			continue // it only answers
		}
		voters, err := s.voters()
		if err != nil {
			continue // raft is closing
		}
		ids := make([]string, len(voters))
		for i, v := range voters {
			ids[i] = string(v.ID)
		}
		s.exchange(ctx, ids)
		s.conclude(ctx, ids)
		s.raiseFound(ctx)
	}
	return nil
}

// exchange asks those who have not told of the last checkpoint.
func (s *Server) exchange(ctx context.Context, voters []string) {
	for _, id := range voters {
		if id == s.id || !s.compared.lacks(id, s.env.Clock.Mono()) {
			continue
		}
		srv, ok := machine.Server{}, false
		s.View(func(m *machine.Machine) { srv, ok = serverOf(m, id) })
		if !ok {
			continue
		}
		t, err := s.tell(ctx, srv.URL)
		if err == nil && t.Server == id {
			s.compared.heard(t)
			continue
		}
		if err != nil {
			s.log.LogAttrs(ctx, slog.LevelDebug, "server tells nothing of its state", slog.String(keyURL, srv.URL), slog.Any(keyErr, err))
		}
	}
}

// lacks says whether a server is to be asked now, and notes that it is.
func (c *comparison) lacks(id string, now time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mine) == 0 {
		return false
	}
	last, t := c.mine[len(c.mine)-1].Index, c.theirs[id]
	if slices.ContainsFunc(t.Sums, func(s StateSum) bool { return s.Index >= last }) {
		return false
	}
	a := c.asked[id]
	if now < a.at {
		return false
	}
	a.wait = min(max(2*a.wait, tellFirst), tellMax)
	a.at = now + a.wait
	c.asked[id] = a
	return true
}

// judge says whose state is another one than the others'. sums are by server, of those that have told; voters is how
// many there are. With a majority that agrees the rest are wrong; without one nobody knows who is, and all are named.
func judge(voters int, sums map[string]string) (wrong []string, majority bool) {
	count := map[string]int{}
	for _, sum := range sums {
		count[sum]++
	}
	if len(count) < 2 {
		return nil, 2*len(sums) > voters
	}
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		if 2*count[sums[id]] > voters {
			majority = true
		} else {
			wrong = append(wrong, id)
		}
	}
	return wrong, majority
}

// conclude judges every checkpoint of which this server knows its own sum.
func (s *Server) conclude(ctx context.Context, voters []string) {
	c, now := s.compared, s.env.Clock.Mono()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.theirs, func(id string, _ StateTold) bool { return !slices.Contains(voters, id) })
	maps.DeleteFunc(c.found, func(id string, _ finding) bool { return !slices.Contains(voters, id) }) // it was replaced
	for id, t := range c.theirs {
		if t.Differs > 0 {
			s.find(ctx, id, finding{index: t.Differs, alone: true})
		}
	}
	for _, mine := range c.mine {
		sums := c.at(mine.Index)
		sums[s.id] = mine.Sum
		wrong, majority := judge(len(voters), sums)
		switch {
		case len(wrong) == 0:
			if len(sums) == len(voters) && mine.Index > c.agreed {
				c.agreed = mine.Index
				maps.DeleteFunc(c.found, func(_ string, f finding) bool { return !f.alone && f.index < c.agreed })
			}
		case majority && slices.Contains(wrong, s.id):
			s.standOut(ctx, mine.Index)
			return
		case majority || len(sums) == len(voters) || now-c.since >= undecidedWait:
			for _, id := range wrong {
				if id != s.id && (majority || sums[id] != mine.Sum) {
					s.find(ctx, id, finding{index: mine.Index, alone: majority})
				}
			}
		}
	}
}

// at gives the sums that others have told of a checkpoint, as far as they can be compared. The caller holds mu.
func (c *comparison) at(index uint64) map[string]string {
	out := map[string]string{}
	for id, t := range c.theirs {
		for _, sum := range t.Sums {
			if sum.Index == index && t.Shape == shape() {
				out[id] = sum.Sum
			}
		}
	}
	return out
}

// find notes that a server's state is another one. The caller holds the comparison's mu.
func (s *Server) find(ctx context.Context, id string, f finding) {
	old, known := s.compared.found[id]
	if known && !f.saysMoreThan(old) {
		return
	}
	s.compared.found[id] = f
	if f.alone {
		s.log.LogAttrs(ctx, slog.LevelError, "a server has another state than the others, and must be replaced", slog.String(keyServer, id), slog.Uint64(keyIndex, f.index))
	} else {
		s.log.LogAttrs(ctx, slog.LevelError, "a server has another state than this one, and no majority agrees", slog.String(keyServer, id), slog.Uint64(keyIndex, f.index))
	}
}

// raiseFound has head office raise what was found, while this server leads.
func (s *Server) raiseFound(ctx context.Context) {
	if !s.lead.answers() {
		return
	}
	for id, f := range s.compared.unraised() {
		if err := s.command(ctx, &machine.Differs{Server: id, Index: f.index, Alone: f.alone, At: s.now()}); err != nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "difference not raised yet", slog.String(keyServer, id), slog.Any(keyErr, err))
			continue
		}
		s.compared.raised(id, f)
	}
}

func (c *comparison) unraised() map[string]finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := maps.Clone(c.found)
	maps.DeleteFunc(out, func(_ string, f finding) bool { return f.raised })
	return out
}

func (c *comparison) raised(id string, f finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found[id] == f {
		f.raised = true
		c.found[id] = f
	}
}

// figures are how many servers were found to have another state, and the last checkpoint at which all had one.
func (c *comparison) figures() (differing int, agreed uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.found), c.agreed
}
