package demo

import (
	"fmt"
	"path/filepath"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
)

// count compares, once every process has ended, what clients were told with what all journals
// say, and audits all six folders.
func (s *show) count() {
	r := &s.result
	for _, t := range s.paper.orders {
		r.Offered++
		switch {
		case t.answer != nil:
			r.Accepted++
			if t.answer.Offline {
				r.Offline++
			}
		case t.refused:
			r.Refused++
		default:
			r.Unanswered++
		}
	}
	if r.Seconds > 0 {
		r.OrdersPerSecond = float64(r.Accepted) / r.Seconds
	}
	r.Audit = "ok"
	j, err := readJournals(s.cfg.Env, s.cfg.Dir, s.company.sites)
	if err != nil {
		r.Audit = err.Error()
		return
	}
	v := compare(s.paper, j)
	r.CrossSite, r.Displaced = v.crossSite, v.displaced
	r.Oversold, r.Lost, r.Duplicated, r.Altered = v.oversold, v.lost, v.duplicated, v.altered
	r.Faults = v.faults
	if err := s.auditAll(j); err != nil {
		r.Audit = err.Error()
	}
}

// auditAll audits every book and every journal store, and counts the entries that fewer than
// two servers have.
func (s *show) auditAll(j *journals) error {
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	for _, spec := range s.company.sites {
		_, err := ledger.AuditBook(s.cfg.Env, filepath.Join(s.cfg.Dir, spec.name), nil)
		note(err)
	}
	have := map[ledger.SiteID]int{}
	for _, p := range s.company.hq {
		reports, err := journal.Audit(s.cfg.Env, p.dir, nil)
		if err != nil {
			note(fmt.Errorf("%s: %w", p.name, err))
		}
		for _, rep := range reports {
			if head := j.heads[rep.Site]; rep.Head.Seq == head.Seq {
				if rep.Head.Hash != head.Hash {
					note(fmt.Errorf("%s: the journal of %s ends in another hash than the site's own", p.name, rep.Site))
					continue
				}
				have[rep.Site]++
			}
		}
	}
	for _, spec := range s.company.sites {
		site := ledger.SiteID(spec.name)
		if have[site] < 2 {
			s.result.Unsynced += int64(j.counts[site])
			s.result.Faults = append(s.result.Faults, fmt.Sprintf("%s: %d servers have its whole journal, want 2", site, have[site]))
		}
	}
	return first
}
