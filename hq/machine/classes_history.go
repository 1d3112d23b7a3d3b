package machine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// changedClasses keeps what was changed of the classes.
func (m *Machine) changedClasses(was []*Ranked, now []Class, signed Signed, sight *sight) error {
	var from, to []string
	limits := map[string]*[2][]Limit{} // of each class, as they were and as they are
	var names []string
	of := func(name string) *[2][]Limit {
		if limits[name] == nil {
			limits[name], names = &[2][]Limit{}, append(names, name)
		}
		return limits[name]
	}
	for _, c := range was {
		from = append(from, c.words())
		of(c.Name)[0] = c.Limits
	}
	for i := range now {
		to = append(to, now[i].words())
		of(now[i].Name)[1] = now[i].Limits
	}
	if !slices.Equal(from, to) {
		text := func(words []string) string {
			if len(words) == 0 {
				return ""
			}
			return cut(strings.Join(words, " ")+" ", len(words))
		}
		if err := m.changedBy(sight, Change{What: "classes", From: text(from), To: text(to), Set: signed}); err != nil {
			return err
		}
	}
	for _, name := range names { // in the order of the lists
		if err := m.changedLimits(name, limits[name][0], limits[name][1], signed, sight); err != nil {
			return err
		}
	}
	return nil
}

// changedLimits keeps what was changed of the limits of one class: a few one by one, more of them together, for the history is
// bounded, and one list must not push all of it out.
func (m *Machine) changedLimits(name string, was, now []Limit, signed Signed, sight *sight) error {
	type place struct {
		kind LimitKind
		sku  ledger.SKU
	}
	var all []place
	read := func(limits []Limit) map[place]string {
		out := make(map[place]string, len(limits))
		for _, l := range limits {
			p := place{l.Kind, l.SKU}
			all, out[p] = append(all, p), strconv.FormatInt(int64(l.Qty), 10)
		}
		return out
	}
	old, next := read(was), read(now)
	var from, to []string
	var rows []Change
	for _, p := range all { // in the order of the lists
		o, n := old[p], next[p]
		if o == n {
			continue
		}
		if o != "" {
			from = append(from, fmt.Sprintf("%s %s %s", p.kind, p.sku, o))
		}
		if n != "" {
			to = append(to, fmt.Sprintf("%s %s %s", p.kind, p.sku, n))
		}
		if o+n != "0" { // one that is none stands as 0, but beside a 0
			o, n = cmp.Or(o, "0"), cmp.Or(n, "0")
		}
		rows = append(rows, Change{What: p.kind.String() + " " + name, SKU: p.sku, From: o, To: n, Set: signed})
		old[p] = next[p] // it stands in both lists
	}
	if len(rows) > limitsApart {
		rows = []Change{{What: "limits " + name, From: listed(from), To: listed(to), Set: signed}}
	}
	for _, c := range rows {
		if err := m.changedBy(sight, c); err != nil {
			return err
		}
	}
	return nil
}

// words is the class but for its limits.
func (c *Class) words() string {
	if c.MustFill {
		return c.Name + ":" + c.Again.String() + ":must_fill"
	}
	return c.Name + ":" + c.Again.String()
}
