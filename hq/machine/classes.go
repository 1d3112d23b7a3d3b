package machine

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/ledger"
)

// Bounds of classes.
const (
	ClassesMax = 64     // classes of orders
	LimitsMax  = 10_000 // limits of all classes together
	classMax   = 64     // bytes of a class's name

	limitsApart = 4 // limits of one class that are changed together, each with a change of its own in the history
)

// ClassesCommands is what Build.Commands has to be of every server before a SetClasses is given.
const ClassesCommands = int(kindClasses)

// A Class is a group of orders, by the word that they bear. The first of the list is served first; an order of a class that
// is not listed, or of none, comes last.
type Class struct {
	Name     string
	Again    Again // what planning again may do with its orders
	MustFill bool  // its orders keep what comes, however little
	Limits   []Limit
}

// Again says what planning again may do with an order that is promised already.
type Again uint8

// The switches of planning again: only ever appended to, they are in the raft log.
const (
	AgainImprove Again = 0 // it keeps what it has, or gets better
	AgainPinned  Again = 1 // it stays as it is
	AgainNoMore  Again = 2 // it may come in fewer parcels, and gets no more units than it has
	AgainMayMove Again = 3 // it may come from worse places, in more parcels, where that makes an order whole that is as important
	AgainGiveUp  Again = 4 // it may move, and may lose its units to a more important order that would be late: then it waits again
)

func (a Again) String() string {
	switch a {
	case AgainImprove:
		return "keep_or_improve"
	case AgainPinned:
		return "pinned"
	case AgainNoMore:
		return "no_more_than_now"
	case AgainMayMove:
		return "may_move"
	case AgainGiveUp:
		return "give_up"
	default:
		return "unknown"
	}
}

// LimitKind is what a limit says of a SKU.
type LimitKind uint8

// The kinds of limits: only ever appended to.
const (
	LimitDay     LimitKind = 1 // the class gets at most so many units in a UTC day
	LimitShare   LimitKind = 2 // at most so many percent of what can be promised and what it has got today
	LimitMinimum LimitKind = 3 // so many of the units that can be promised are kept for the class
)

func (k LimitKind) String() string {
	switch k {
	case LimitDay:
		return "cap_day"
	case LimitShare:
		return "cap_share"
	case LimitMinimum:
		return "minimum"
	default:
		return "unknown"
	}
}

// A Limit bounds what a class gets of a SKU, or keeps some of it for the class.
type Limit struct {
	Kind LimitKind
	SKU  ledger.SKU
	Qty  ledger.Qty
}

// SetClasses says which classes there are from here on, the most important first.
type SetClasses struct {
	Classes []Class
	By      string
	Reason  string
	At      time.Time
	Version uint64 // of the settings as By has seen them; 0: not said
}

// A Ranked is a class with its place, from 1.
type Ranked struct {
	Class
	Rank int
	Set  Signed
}

// A Quota is what a class has got of a SKU of which it gets no more than so much.
type Quota struct {
	Class string
	SKU   ledger.SKU
	Day   int64 // since 1970
	Units ledger.Qty
}

func keyOfQuota(class string, sku ledger.SKU) quotaKey { return quotaKey(class + "\x00" + string(sku)) }

// ranking is what the classes come to, so that it need not be looked for.
type ranking struct {
	all     []*Ranked // the most important first
	ranks   map[string]int
	limited map[ledger.SKU][]limitOf
}

type limitOf struct {
	class string
	Limit
}

// rank is a class's place; one that is not listed comes last.
func (r *ranking) rank(class string) int {
	if n, listed := r.ranks[class]; listed {
		return n
	}
	return math.MaxInt
}

func (m *Machine) setClasses(c *SetClasses) Result {
	err := m.atomically(func() error {
		if err := c.check(); err != nil {
			return err
		}
		signed, sight := m.signed(c.By, c.Reason, c.At), m.sightOf(c.Version)
		was := m.Classes()
		if err := m.changedClasses(was, c.Classes, signed, &sight); err != nil {
			return err
		}
		for _, old := range was {
			m.classes.del(classKey(old.Name))
			m.limitsChange(&old.Class)
		}
		for i, class := range c.Classes {
			m.classes.put(classKey(class.Name), &Ranked{Class: class, Rank: i + 1, Set: signed})
			m.limitsChange(&class)
		}
		m.endQuotas(c.Classes)
		m.classesKnown(signed, func(name string) bool {
			return len(c.Classes) == 0 || slices.ContainsFunc(c.Classes, func(class Class) bool { return class.Name == name })
		})
		return nil
	})
	m.rerank()
	return Result{Err: err, Version: m.counters.Settings.Version}
}

// endQuotas forgets what was counted for limits that are no more.
func (m *Machine) endQuotas(now []Class) {
	capped := map[quotaKey]bool{}
	for i := range now {
		for _, l := range now[i].Limits {
			capped[keyOfQuota(now[i].Name, l.SKU)] = l.Kind != LimitMinimum || capped[keyOfQuota(now[i].Name, l.SKU)]
		}
	}
	for k := range m.quotas.Sorted() {
		if !capped[k] {
			m.quotas.del(k)
		}
	}
}

func (c *SetClasses) check() error {
	form := func(field, why string, args ...any) error {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	switch {
	case c.By == "":
		return form("by", "is empty: a setting is changed by somebody")
	}
	seen, limits := map[string]bool{}, 0
	for i := range c.Classes {
		class := &c.Classes[i]
		switch {
		case class.Name == "" || len(class.Name) > classMax:
			return form("name", "has %d bytes; a class's has 1 to %d", len(class.Name), classMax)
		case seen[class.Name]:
			return form("name", "%q is listed twice", class.Name)
		case class.Again > AgainGiveUp:
			return form("again", "%d is none", class.Again)
		case class.Again == AgainGiveUp && class.MustFill:
			return form("again", "of class %q is give_up, and it must be filled: it is one or the other", class.Name)
		}
		seen[class.Name] = true
		if limits += len(class.Limits); limits > LimitsMax {
			return form("limits", "are more than %d together", LimitsMax)
		}
		if err := checkLimits(class.Limits); err != nil {
			return err
		}
	}
	return nil
}

func checkLimits(limits []Limit) error {
	type place struct {
		LimitKind
		ledger.SKU
	}
	seen := map[place]bool{}
	for _, l := range limits {
		if _, err := ledger.ParseSKU(string(l.SKU)); err != nil {
			return err
		}
		most := ledger.QtyMax
		if l.Kind == LimitShare {
			most = 100
		}
		switch p := (place{l.Kind, l.SKU}); {
		case l.Kind < LimitDay || l.Kind > LimitMinimum:
			return &ledger.FormError{Field: "kind", Why: fmt.Sprintf("%d is none", l.Kind)}
		case l.Qty < 0 || l.Qty > most || l.Kind == LimitMinimum && l.Qty == 0:
			return &ledger.FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d, and above 0 for a minimum", most)}
		case seen[p]:
			return &ledger.FormError{Field: "limits", Why: fmt.Sprintf("name %s of %s twice", l.Kind, l.SKU)}
		default:
			seen[p] = true
		}
	}
	return nil
}

// rerank works out what the classes come to, and puts who waits in order by them.
func (m *Machine) rerank() {
	d := &m.derived
	d.ranking = ranking{ranks: map[string]int{}, limited: map[ledger.SKU][]limitOf{}}
	for _, c := range m.classes.Sorted() {
		d.all = append(d.all, c)
	}
	slices.SortFunc(d.all, func(a, b *Ranked) int { return a.Rank - b.Rank })
	for _, c := range d.all {
		d.ranks[c.Name] = c.Rank
		for _, l := range c.Limits {
			d.limited[l.SKU] = append(d.limited[l.SKU], limitOf{c.Name, l})
		}
	}
	waiting := map[ledger.OrderID]bool{}
	for _, turns := range d.waits {
		for _, t := range turns {
			waiting[t.id] = true
		}
	}
	for _, t := range d.unsure {
		waiting[t.id] = true
	}
	for _, t := range d.unkept {
		waiting[t.id] = true
	}
	ids := make([]ledger.OrderID, 0, len(waiting))
	for id := range waiting {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	d.waits, d.unsure = map[ledger.SKU][]turn{}, nil
	for _, id := range ids {
		o, _ := m.orders.Get(id)
		d.queue(nil, o)
	}
}

// Classes lists the classes, the most important first.
func (m *Machine) Classes() []*Ranked { return slices.Clone(m.derived.all) }

// ClassOf is how the orders of a class are served. One that is not listed is as the zero one.
func (m *Machine) ClassOf(name string) Class {
	if c, ok := m.classes.Get(classKey(name)); ok {
		return c.Class
	}
	return Class{Name: name}
}

// RankOf is a class's place: the lower, the sooner it is served.
func (m *Machine) RankOf(class string) int { return m.derived.rank(class) }

// Limited says whether any class has a limit, or a minimum, of a SKU.
func (m *Machine) Limited(sku ledger.SKU) bool { return len(m.derived.limited[sku]) > 0 }

// A ClassLimit is a limit with the class that has it.
type ClassLimit struct {
	Class string
	Limit
}

// Met lists the limits that let an order of a class have less of a SKU at a moment than it wants: the caps of the class, and what is kept for
// others of the units that can be promised. What shops lend is beyond what is kept: such an order may be served all the same.
func (m *Machine) Met(class string, sku ledger.SKU, want ledger.Qty, at time.Time) (out []ClassLimit) {
	limits := m.derived.limited[sku]
	if len(limits) == 0 {
		return nil
	}
	have, got, kept := m.promisable(sku), m.quota(class, sku, at), m.keptFrom(class, sku)
	for _, l := range limits {
		met := false
		switch {
		case l.Kind == LimitMinimum:
			met = l.class != class && max(have-kept, 0) < min(have, want)
		case l.class != class:
		case l.Kind == LimitDay:
			met = l.Qty-got < want
		case l.Kind == LimitShare:
			met = (have+got)*l.Qty/100-got < want
		}
		if met {
			out = append(out, ClassLimit{l.class, l.Limit})
		}
	}
	return out
}

// promisable is what can be promised of a SKU anywhere, asking nobody.
func (m *Machine) promisable(sku ledger.SKU) (sum ledger.Qty) {
	for of := range m.OffersOf(sku) {
		if m.Closed(of.Site) == "" {
			sum += of.Promisable
		}
	}
	return sum
}

// An Allowance is what a class may get of a SKU by the limits. Held bounds what is drawn from what can be promised now, All
// what the order gets in all, borrowed or not.
type Allowance struct{ Held, All ledger.Qty }

// Allowed is what a class may get of a SKU at a moment, where so much of what can be promised is planned for already.
func (m *Machine) Allowed(class string, sku ledger.SKU, planned ledger.Qty, at time.Time) Allowance {
	if !m.Limited(sku) {
		return Allowance{Held: math.MaxInt64, All: math.MaxInt64}
	}
	return m.allowedOf(class, sku, max(m.promisable(sku)-planned, 0), at)
}

// allowedOf is what a class may get of a SKU that has limits, where so much of it can be promised.
func (m *Machine) allowedOf(class string, sku ledger.SKU, have ledger.Qty, at time.Time) Allowance {
	out := Allowance{Held: have - m.keptFrom(class, sku), All: math.MaxInt64}
	got := m.quota(class, sku, at)
	for _, l := range m.derived.limited[sku] {
		switch {
		case l.class != class:
		case l.Kind == LimitDay:
			out.All = min(out.All, l.Qty-got)
		case l.Kind == LimitShare:
			out.All = min(out.All, (have+got)*l.Qty/100-got)
		}
	}
	return Allowance{Held: max(out.Held, 0), All: max(out.All, 0)}
}

// keptFrom is what is kept of a SKU for other classes than one.
func (m *Machine) keptFrom(class string, sku ledger.SKU) (sum ledger.Qty) {
	for _, l := range m.derived.limited[sku] {
		if l.Kind == LimitMinimum && l.class != class {
			sum += l.Qty
		}
	}
	return sum
}

// quota is what a class has got of a SKU on the day, with what the command has given it so far. Builds before kindKept do not see that.
func (m *Machine) quota(class string, sku ledger.SKU, at time.Time) ledger.Qty {
	look := m.quotas.Get
	if m.keepsDue() {
		look = m.quotas.get
	}
	if q, ok := look(keyOfQuota(class, sku)); ok && q.Day == dayOf(at) {
		return q.Units
	}
	return 0
}

// A drawing is what a plan takes of one SKU.
type drawing struct{ held, all ledger.Qty }

// drawings adds up what a plan takes, less what it has borrowed already, by SKU; nil where no SKU has a limit.
func (m *Machine) drawings(legs []allocate.Leg, using Subject) map[ledger.SKU]drawing {
	if len(m.derived.limited) == 0 {
		return nil
	}
	tied := map[Tied]ledger.Qty{}
	if req, ok := m.requests.get(using); ok && using != "" {
		for _, t := range req.Tied {
			tied[Tied{Site: t.Site, SKU: t.SKU}] += t.Qty
		}
	}
	out := map[ledger.SKU]drawing{}
	for _, l := range legs {
		at := Tied{Site: l.Site, SKU: l.SKU}
		n := min(l.Qty, tied[at])
		tied[at] -= n
		d := out[l.SKU]
		out[l.SKU] = drawing{d.held + l.Qty - n, d.all + l.Qty}
	}
	return out
}

// takeFor is take for an order of a class, which gets no more than its limits let it.
func (m *Machine) takeFor(class string, at time.Time, legs []allocate.Leg, using Subject, why *cause) error {
	if err := m.within(class, m.drawings(legs, using), nil, at); err != nil {
		return err
	}
	return m.take(legs, using, why)
}

// within says whether what a plan takes keeps to the limits of its class, and counts it. Nothing is taken yet. net is what
// the order gets more, where that is less than it draws.
func (m *Machine) within(class string, draws map[ledger.SKU]drawing, net map[ledger.SKU]ledger.Qty, at time.Time) error {
	skus := make([]ledger.SKU, 0, len(draws))
	for sku := range draws {
		if m.Limited(sku) {
			skus = append(skus, sku)
		}
	}
	slices.Sort(skus)
	for _, sku := range skus {
		d, more := draws[sku], draws[sku].all
		if net != nil {
			more = min(more, net[sku])
		}
		a := m.Allowed(class, sku, 0, at)
		if more > a.All || d.held > a.Held {
			return ErrConflict
		}
		m.gets(class, sku, more, at)
	}
	return nil
}

// gets counts what a class has got of a SKU of which it gets no more than so much.
func (m *Machine) gets(class string, sku ledger.SKU, q ledger.Qty, at time.Time) {
	if q <= 0 || !slices.ContainsFunc(m.derived.limited[sku], func(l limitOf) bool { return l.class == class && l.Kind != LimitMinimum }) {
		return
	}
	m.quotas.put(keyOfQuota(class, sku), &Quota{Class: class, SKU: sku, Day: dayOf(at), Units: m.quota(class, sku, at) + q})
}

// checkClasses looks at the places of the classes, and at what is counted for them.
func (m *Machine) checkClasses() error {
	for i, c := range m.Classes() {
		if err := checkLimits(c.Limits); err != nil {
			return fmt.Errorf("class %q: %w", c.Name, err)
		}
		if c.Rank != i+1 || m.derived.rank(c.Name) != c.Rank {
			return fmt.Errorf("class %q stands at %d, want %d", c.Name, c.Rank, i+1)
		}
	}
	for k, q := range m.quotas.Sorted() {
		if q.Units < 1 || k != keyOfQuota(q.Class, q.SKU) {
			return fmt.Errorf("class %q got %d of %s", q.Class, q.Units, q.SKU)
		}
	}
	for sku, turns := range m.derived.waits {
		for i := range turns {
			if o := m.queued(turns[i]); m.derived.turnOf(o) != turns[i] || i > 0 && turns[i-1].compare(turns[i]) >= 0 {
				return fmt.Errorf("order %s does not wait for %s in its turn", turns[i].id, sku)
			}
		}
	}
	return nil
}
