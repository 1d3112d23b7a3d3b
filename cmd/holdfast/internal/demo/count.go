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
	f := Folders{Dir: s.cfg.Dir}
	for _, spec := range s.company.sites {
		f.Sites = append(f.Sites, spec.name)
	}
	for _, p := range s.company.hq {
		f.Servers = append(f.Servers, p.dir)
	}
	s.result.count(s.cfg.Env, s.paper, f)
}

func (r *Result) count(env ledger.Env, p *paper, f Folders) {
	for _, t := range p.orders {
		r.Offered++
		switch {
		case t.unpromised():
			r.ToBeConfirmed++
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
	r.Audit, r.Shorts, r.Rejects = "ok", p.shorts, p.rejects
	j, err := readJournals(env, f)
	if err != nil {
		r.Audit = err.Error()
		return
	}
	r.confirm(p, j)
	if r.Seconds > 0 {
		r.OrdersPerSecond = float64(r.Accepted) / r.Seconds
	}
	v := compare(p, j)
	r.CrossSite, r.Displaced = v.crossSite, v.displaced
	r.Oversold, r.Lost, r.Duplicated, r.Altered = v.oversold, v.lost, v.duplicated, v.altered
	r.OverReturned, r.Unsettled, r.CountsUndone, r.GoodsUntold = v.overReturned, v.unsettled, v.countsUndone, v.goodsUntold
	r.MoneyUntold, r.OverRefunded, r.ReceiptGaps = v.moneyUntold, v.overRefunded, v.receiptGaps
	r.DrawersWrong, r.DaysWrong, r.OverCredit = v.drawersWrong, v.daysWrong, v.overCredit
	r.Unnamed = v.unnamed
	r.Faults, r.Done = v.faults, p.doings()
	if err := r.auditAll(env, f, j); err != nil {
		r.Audit = err.Error()
	}
}

// auditAll audits every book and every journal store, and counts the entries that fewer than
// two servers have.
func (r *Result) auditAll(env ledger.Env, f Folders, j *journals) error {
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	for _, site := range f.Sites {
		_, err := ledger.AuditBook(env, filepath.Join(f.Dir, site), nil)
		note(err)
	}
	have := map[ledger.SiteID]int{}
	for _, dir := range f.Servers {
		name := filepath.Base(dir)
		reports, err := journal.Audit(env, dir, nil)
		if err != nil {
			note(fmt.Errorf("%s: %w", name, err))
		}
		for _, rep := range reports {
			if head := j.heads[rep.Site]; rep.Head.Seq == head.Seq {
				if rep.Head.Hash != head.Hash {
					note(fmt.Errorf("%s: the journal of %s ends in another hash than the site's own", name, rep.Site))
					continue
				}
				have[rep.Site]++
			}
		}
	}
	for _, name := range f.Sites {
		site := ledger.SiteID(name)
		if have[site] < 2 {
			r.Unsynced += int64(j.counts[site])
			r.Faults = append(r.Faults, fmt.Sprintf("%s: %d servers have its whole journal, want 2", site, have[site]))
		}
	}
	return first
}
