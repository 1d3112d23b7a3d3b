package demo

import (
	"context"
	"path/filepath"
	"time"
)

// open shows the company with nothing broken until ctx ends.
func (s *show) open(ctx context.Context) error {
	c := s.company
	s.say("the company is open; Ctrl-C ends it")
	if c.secure {
		s.say("over TLS: browsers and --ca believe them by %s", c.roots())
	}
	s.say("head office  %s/   sign in with %s", c.hq[0].url, filepath.Join(s.cfg.Dir, "hq1", "owner.token"))
	for i, p := range c.nodes {
		s.say("%-12s %s/   sign in with %s", c.sites[i].name, p.url, filepath.Join(s.cfg.Dir, c.sites[i].name, "owner.token"))
	}
	if err := s.introduce(ctx); err != nil {
		return err
	}
	return s.attend(ctx)
}

// attend watches the open company until ctx ends, and says once of each process that it ended.
func (s *show) attend(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for _, p := range s.company.all() {
			if !p.running() && !said[p.name] {
				said[p.name] = true
				s.say("%s has ended: %s", p.name, p.lastWords())
			}
		}
	}
}
