package trial

import (
	"cmp"
	"slices"
)

// A Way is one way of promising stock. Make one with the functions of this package.
type Way struct {
	Name string
	make func(*judge) way
}

// way answers requests. It promises by judge.promise and believes what it likes about stock.
type way interface {
	receive(site int, sku, qty int32)
	stocked() // Monday's receipts are all there
	answer(r *Request)
	cut(site int)
	heal(site int)
	night(day int)
}

// Play plays a world.
func Play(w *World, by Way) Count {
	j := newJudge(w)
	p := by.make(j)
	lines := linesOf(w.Cuts)
	next := 0
	until := func(minute int32) {
		for next < len(lines) && lines[next].at <= minute {
			j.now = max(j.now, lines[next].at)
			if e := lines[next]; e.cut {
				p.cut(e.site)
			} else {
				p.heal(e.site)
			}
			next++
		}
	}
	at := 0
	for day := range w.Days {
		until(int32(day * Day))
		j.now = int32(day * Day)
		if day > 0 && day%7 == 0 {
			j.monday(p)
		}
		for ; at < len(w.Requests) && int(w.Requests[at].At) < (day+1)*Day; at++ {
			r := &w.Requests[at]
			until(r.At)
			j.now = r.At
			j.n.Requests++
			j.n.Lines += len(r.Lines)
			p.answer(r)
		}
		until(int32(day*Day + Day - 1))
		j.now = int32(day*Day + Day - 1)
		p.night(day)
	}
	for _, e := range lines[next:] { // so that every order is answered in the end
		j.now = max(j.now, e.at)
		if !e.cut {
			p.heal(e.site)
		}
	}
	return j.n
}

// monday brings what left the shelves.
func (j *judge) monday(p way) {
	for site := range j.w.Sites() {
		for sku := range int32(j.w.SKUs) {
			i := j.at(site, sku)
			if q := j.left[i]; q > 0 {
				j.left[i] = 0
				j.receive(site, sku, q)
				p.receive(site, sku, q)
			}
		}
	}
	p.stocked()
}

// event is a line that goes or comes.
type event struct {
	at   int32
	cut  bool
	site int
}

// linesOf gives both ends of the cuts in order: of one minute what comes before what goes, then
// by site.
func linesOf(cuts []Cut) []event {
	var out []event
	for _, c := range cuts {
		out = append(out, event{c.From, true, c.Site}, event{c.To, false, c.Site})
	}
	slices.SortFunc(out, func(a, b event) int {
		if a.at == b.at && a.cut != b.cut {
			if a.cut {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.site, b.site))
	})
	return out
}
