package demo

import (
	"context"
	"time"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
)

// upgrade moves the company to the newer build while it sells: head office's servers first, one
// after the other, then the nodes, as protocol.md wants it. Between two steps builds of both kinds
// speak with one another for a while.
func (s *show) upgrade(ctx context.Context) error {
	for _, p := range s.company.all() {
		if err := world.Rest(ctx, s.cfg.For/10); err != nil {
			return err
		}
		if err := p.stop(); err != nil {
			return err
		}
		p.become(s.cfg.Newer, nil)
		if err := p.start(); err != nil {
			return err
		}
		if err := s.company.ready(ctx, p); err != nil {
			return err
		}
		s.result.Moved++
		offered, accepted, offline := s.paper.counts()
		s.say("%-28s %d orders offered, %d accepted, %d of them offline", p.name+" runs the newer build", offered, accepted, offline)
	}
	return world.Rest(ctx, s.cfg.For-time.Since(s.began))
}
