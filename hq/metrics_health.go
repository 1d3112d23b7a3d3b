package hq

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
)

// What an operator is woken for (deploy/ALERTS.md).

const (
	claimsEach = time.Minute // how often the sums over all stock are made anew
	claimsLook = time.Second // how often a server that does not lead looks whether it does
)

// claims holds the sums that runClaims made last; nil before.
type claims struct {
	last atomic.Pointer[map[ledger.SiteID]machine.Claims]
}

// runClaims sums up what is idle and what is short, site by site, while this server leads. It does so
// on a frozen state: nobody waits.
func (s *Server) runClaims(ctx context.Context) error {
	for wait := claimsLook; ; {
		s.claims.last.Store(nil)
		if wait = claimsLook; s.lead.answers() {
			s.fsm.mu.Lock()
			frozen := s.fsm.m.Freeze()
			s.fsm.mu.Unlock()
			sums := frozen.Claims()
			s.claims.last.Store(&sums)
			wait = claimsEach
		}
		if !s.pause(ctx, wait) {
			return nil
		}
	}
}

// healthOfSites describes the figures of healthOf.
func healthOfSites() map[string]string {
	return map[string]string{
		"hq_site_skew_seconds":    "The site's clock less head office's, at its last contact; on the leader.",
		"hq_site_quarantined":     "1 while the site is turned away: its journal and head office's do not agree.",
		"hq_site_frozen":          "1 while head office promises nothing from the site.",
		"hq_site_attested":        "1 once the site has attested in this life of head office.",
		"hq_site_lost":            "1 once the site was declared lost.",
		"hq_site_book_keys_count": "How often what opens a sealed book of the site was given to its node.",
		"hq_site_idle_units":      "Units allotted to head office that it may not promise: on their way, or frozen. Made anew every minute.",
		"hq_site_shortfall_units": "Units that are promised and not there. Made anew every minute.",
		"hq_site_allotted_units":  "Units allotted to head office. Made anew every minute.",
	}
}

// healthOf puts the figures of one site.
func (f *figures) healthOf(put func(string, float64, ...string), off *office.Office, site *machine.Site, h ledger.Incarnation) {
	s, name := f.server, string(site.ID)
	if off != nil {
		put("hq_site_skew_seconds", s.contact(off, site).Skew.Seconds(), name)
	}
	put("hq_site_quarantined", truth(site.Broken != ""), name)
	put("hq_site_attested", truth(site.Attested.Known() && site.Attested == h), name)
	put("hq_site_lost", truth(site.Lost.Done()), name)
	put("hq_site_book_keys_count", float64(looked(s, func(m *machine.Machine) uint64 { return m.Releasing(site.ID).Count })), name)
	if sums := s.claims.last.Load(); sums != nil {
		c := (*sums)[site.ID]
		put("hq_site_idle_units", float64(c.Idle), name)
		put("hq_site_shortfall_units", float64(c.Shortfall), name)
		put("hq_site_allotted_units", float64(c.Allotted), name)
	}
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// openExceptions counts by word what nobody has seen to yet.
func openExceptions(m *machine.Machine) map[string]int {
	out := map[string]int{}
	for _, e := range m.Exceptions(machine.ExceptionsMax) {
		if !e.Resolved.Done() {
			out[e.What]++
		}
	}
	return out
}
