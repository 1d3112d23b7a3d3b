package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// shrinkTries bounds how many smaller plans are tried.
const shrinkTries = 1500

// ErrHolds says that a plan breaks nothing, so that there is nothing to make smaller.
var ErrHolds = errors.New("nothing breaks")

// A Shrinker makes a plan smaller for as long as the same invariant breaks: faults first, then
// orders and goods, then hours, sites and articles.
type Shrinker struct {
	Plan  *Plan
	Tries int                   // 0: as many as are worth it
	Tick  func(tried, acts int) // told after each try; may be nil
	off   guard

	same   string // what has to break
	best   *Plan
	report *Report
	tried  int
}

// broke names the invariant that a run broke first; "" where it broke none.
func broke(r *Report) string {
	if r.Violations == 0 {
		return ""
	}
	what, _, _ := strings.Cut(r.Broken[0], ":")
	return what
}

// Do gives the smallest plan that it finds, and what that comes to.
func (s *Shrinker) Do(ctx context.Context) (*Plan, *Report, error) {
	if s.Tries == 0 {
		s.Tries = shrinkTries
	}
	r, err := runWithout(ctx, s.Plan, s.off, func(time.Duration) {})
	if err != nil {
		return nil, nil, err
	}
	if s.best, s.report, s.same = s.Plan, r, broke(r); s.same == "" {
		return nil, nil, ErrHolds
	}
	if !s.done() {
		err = s.try(ctx, s.with(func(a *Act) bool { return a.At <= r.Simulated })) // the rest was never reached
	}
	for size := len(s.best.Acts) + 1; err == nil && len(s.best.Acts) < size && !s.done(); {
		size = len(s.best.Acts)
		for _, some := range []func(*Act) bool{
			func(a *Act) bool { return !a.Kind.trade() },
			func(a *Act) bool { return a.Kind.wishes() },
			func(a *Act) bool { return a.Kind == ActReceipt },
		} {
			if err = s.fewer(ctx, some); err != nil {
				break
			}
		}
		if err == nil {
			err = s.shorter(ctx)
		}
	}
	return s.best, s.report, err
}

func (s *Shrinker) done() bool { return s.tried >= s.Tries }

// with gives the best plan with the acts that keep lets through.
func (s *Shrinker) with(keep func(*Act) bool) *Plan {
	p := *s.best
	p.Acts = nil
	for i := range s.best.Acts {
		if keep(&s.best.Acts[i]) {
			p.Acts = append(p.Acts, s.best.Acts[i])
		}
	}
	return &p
}

// try takes p for the best plan if it breaks the same.
func (s *Shrinker) try(ctx context.Context, p *Plan) error {
	s.tried++
	r, err := runWithout(ctx, p, s.off, func(time.Duration) {})
	if err != nil {
		return err
	}
	if broke(r) == s.same {
		s.best, s.report = p, r
	}
	if s.Tick != nil {
		s.Tick(s.tried, len(s.best.Acts))
	}
	return nil
}

// fewer leaves out some of the acts: all at first, then halves, quarters, and so on down to one.
func (s *Shrinker) fewer(ctx context.Context, some func(*Act) bool) error {
	list := s.ids(some)
	for size := len(list); size >= 1 && !s.done(); size /= 2 {
		for at := 0; at < len(list) && !s.done(); {
			part := list[at:min(at+size, len(list))]
			before := s.best
			if err := s.try(ctx, s.with(func(a *Act) bool { return !slices.Contains(part, a.ID) })); err != nil {
				return err
			}
			if s.best == before {
				at += len(part)
				continue
			}
			list = slices.Delete(list, at, at+len(part))
		}
	}
	return nil
}

func (s *Shrinker) ids(some func(*Act) bool) (out []int) {
	for i := range s.best.Acts {
		if some(&s.best.Acts[i]) {
			out = append(out, s.best.Acts[i].ID)
		}
	}
	return out
}

// shorter ends the plan soon after its last act, and leaves out sites and articles of which nothing
// is left.
func (s *Shrinker) shorter(ctx context.Context) error {
	last := time.Duration(0)
	sites, skus := map[ledger.SiteID]bool{}, map[ledger.SKU]bool{}
	for i := range s.best.Acts {
		a := &s.best.Acts[i]
		last = max(last, a.At+a.For)
		a.names(sites, skus)
	}
	if length := min(last+time.Minute, s.best.Length); length < s.best.Length {
		p := *s.best
		p.Length = length
		if err := s.try(ctx, &p); err != nil {
			return err
		}
	}
	for _, place := range s.best.Sites {
		if sites[place.ID] || len(s.best.Sites) == 1 || s.done() {
			continue
		}
		p := *s.best
		p.Sites = slices.DeleteFunc(slices.Clone(p.Sites), func(o Place) bool { return o.ID == place.ID })
		if err := s.try(ctx, &p); err != nil {
			return err
		}
	}
	if p := *s.best; len(skus) < len(p.SKUs) && !s.done() {
		p.SKUs = slices.DeleteFunc(slices.Clone(p.SKUs), func(sku ledger.SKU) bool { return !skus[sku] })
		return s.try(ctx, &p)
	}
	return nil
}

// names notes the sites and articles that an act needs.
func (a *Act) names(sites map[ledger.SiteID]bool, skus map[ledger.SKU]bool) {
	sites[a.Site], sites[a.Other] = true, true
	if n := len(a.Site); n > 1 {
		sites[a.Site[:n-1]] = true // the line of its copy
	}
	skus[a.SKU] = true
	if a.Receipt != nil {
		for _, l := range a.Receipt.Lines {
			skus[l.SKU] = true
		}
	}
	if a.Wish != nil {
		sites[a.Wish.Order.CollectAt] = true
		for _, l := range a.Wish.Order.Lines {
			skus[l.SKU] = true
		}
	}
}

// Words says what an act is, in a line.
func (a *Act) Words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", clock(max(a.At, 0)), a.Kind)
	for _, s := range []string{string(a.Site), string(a.Other), string(a.Point), string(a.Part), string(a.SKU)} {
		if s != "" {
			fmt.Fprintf(&b, " %s", s)
		}
	}
	if a.Qty != 0 {
		fmt.Fprintf(&b, " %d", a.Qty)
	}
	if a.For != 0 {
		fmt.Fprintf(&b, " for %v", a.For)
	}
	switch {
	case a.Receipt != nil:
		fmt.Fprintf(&b, " %s", a.Receipt.ID)
		for _, l := range a.Receipt.Lines {
			fmt.Fprintf(&b, ", %d %s", l.Qty, l.SKU)
		}
	case a.Wish != nil:
		fmt.Fprintf(&b, " %s: %s", a.Wish.Order.External, describe(&a.Wish.Order))
	case a.Kind == ActWeather:
		fmt.Fprintf(&b, " loses %d %%, repeats %d %%, late %d %%, %v", a.Weather.Lost, a.Weather.Repeated, a.Weather.Late, a.Weather.Latency)
	}
	return b.String()
}
