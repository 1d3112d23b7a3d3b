package ledger

import "slices"

const (
	shipmentsMax = 100 // of one part: each is told to its customer
	codeMax      = 32  // bytes of a collect code
)

// Work is how far hands have come with a site's part of an order: which units are off the shelf. It is replaced, never
// changed. Invariant: of each line no more is in hand than is reserved, and all that is in hand lies on account Picked.
type Work struct {
	Lines     []WorkLine // by line; none without units
	Code      string     // that the customer brings; "" while nothing was ready
	Shipments []Shipment // in the order in which they left
	Cartons   []Carton   // by number: those that are here, and those that a carrier has. What is packed and in none is loose
}

// A WorkLine is one line of a Work. At has no units on the shelf, for these are what is reserved and in no other stage.
type WorkLine struct {
	Line int // from 1
	SKU  SKU
	At   [stages]Qty
}

// A Shipment is what a carrier took.
type Shipment struct {
	Carrier  string
	Service  string
	Tracking string
}

// A StageMove moves units of one line from one stage to another.
type StageMove struct {
	Line int // from 1
	SKU  SKU
	From Stage
	To   Stage
	Qty  Qty
}

// inHand is what is reserved of the line and off the shelf.
func (l *WorkLine) inHand() (sum Qty) {
	for _, s := range handStages {
		sum += l.At[s]
	}
	return sum
}

// line gives a line as it stands; one without units where it has none.
func (w *Work) line(line int) WorkLine {
	if w != nil {
		if i, ok := w.find(line); ok {
			return w.Lines[i]
		}
	}
	return WorkLine{Line: line}
}

func (w *Work) find(line int) (int, bool) {
	return slices.BinarySearchFunc(w.Lines, line, func(l WorkLine, n int) int { return l.Line - n })
}

// clone copies w so that neither changes with the other. nil has a copy, too.
func (w *Work) clone() *Work {
	if w == nil {
		return &Work{}
	}
	c := *w
	c.Lines, c.Shipments, c.Cartons = slices.Clone(w.Lines), slices.Clone(w.Shipments), slices.Clone(w.Cartons)
	return &c
}

// move carries moves out. The shelf and what is no part of the order have no units here.
func (w *Work) move(moves []StageMove) {
	for _, m := range moves {
		i, ok := w.find(m.Line)
		if !ok {
			w.Lines = slices.Insert(w.Lines, i, WorkLine{Line: m.Line, SKU: m.SKU})
		}
		at := &w.Lines[i].At
		at[m.From] -= m.Qty
		at[m.To] += m.Qty
		at[StageNone], at[StageShelf] = 0, 0
	}
}

// short says whether a line has fewer units in a stage than none: its entry does not fit.
func (w *Work) short() bool {
	return slices.ContainsFunc(w.Lines, func(l WorkLine) bool { return slices.Min(l.At[:]) < 0 })
}

// busy says whether hands, or a carrier, have anything of it still.
func (w *Work) busy() bool {
	for i := range w.Lines {
		l := &w.Lines[i]
		if l.inHand()+l.At[StagePutBack]+l.At[StageOnTheWay]+l.At[StageUndelivered] > 0 {
			return true
		}
	}
	return false
}

// giveUp says what becomes of q of a line of which have is reserved: what lies on the shelf is given up first, what is
// in hand has to be put back.
func (w *Work) giveUp(line int, sku SKU, have, q Qty) []StageMove {
	l := w.line(line)
	n := min(q, have-l.inHand())
	var out []StageMove
	if n > 0 {
		out = append(out, StageMove{Line: line, SKU: sku, From: StageShelf, Qty: n})
	}
	for _, s := range handStages {
		if k := min(q-max(n, 0), l.At[s]); k > 0 {
			out = append(out, StageMove{Line: line, SKU: sku, From: s, To: StagePutBack, Qty: k})
			q -= k
		}
	}
	return out
}

// work gives how far hands have come with an order's part; nil where they have not begun.
func (s *State) work(id OrderID) *Work {
	if v, ok := s.served[id]; ok {
		return v.Work
	}
	return nil
}

// onShelf is what of a reserved line lies on the shelf.
func (s *State) onShelf(id OrderID, line int, reserved Qty) Qty {
	l := s.work(id).line(line)
	return reserved - l.inHand()
}

// freeLeg frees q of what is reserved for a line, of which have is: what is in hand stays reserved until it is put back.
func (s *State) freeLeg(m *moves, id OrderID, line int, sku SKU, have, q Qty) {
	for _, v := range s.work(id).giveUp(line, sku, have, q) {
		if v.To == StageNone {
			s.free(m, sku, accountReserved(id, line), v.Qty)
		}
	}
}

// tidy takes what is in hand and not reserved any more to be what is put back, and forgets a part of which nothing is
// left to do. It follows every change of what is reserved.
func (s *State) tidy(id OrderID) {
	v, ok := s.served[id]
	if !ok || v.Work == nil {
		return
	}
	reserved := map[int]Qty{}
	if v.Owner != s.Site {
		for _, l := range v.Lines {
			reserved[l.Line] += l.Qty
		}
	} else if o, known := s.orders[id]; known {
		for i := range o.Lines {
			reserved[i+1] = o.Lines[i].Here
		}
	}
	left := false
	var over []StageMove
	for i := range v.Work.Lines {
		l := &v.Work.Lines[i]
		if q := l.inHand() - reserved[l.Line]; q > 0 {
			over = append(over, v.Work.giveUp(l.Line, l.SKU, l.inHand(), q)...)
		}
	}
	for _, q := range reserved {
		left = left || q > 0
	}
	if len(over) > 0 {
		w := v.Work.clone()
		w.move(over)
		v = &Served{Order: v.Order, Owner: v.Owner, Lines: v.Lines, Work: w, Customer: v.Customer}
		s.serve(v)
		s.changedServed(id)
	}
	if !left && !v.Work.busy() {
		s.unserved(id)
		s.changedServed(id)
	}
}

// follow folds moves of units of an order's part, and what came with them.
func (s *State) follow(id OrderID, owner SiteID, moves []StageMove, code string, ship Shipment) bool {
	old := s.served[id]
	if old == nil {
		old = &Served{Order: id, Owner: owner}
	}
	v := &Served{Order: id, Owner: old.Owner, Lines: old.Lines, Work: old.Work.clone(), Customer: old.Customer}
	v.Work.move(moves)
	if code != "" {
		v.Work.Code = code
	}
	if ship != (Shipment{}) && len(v.Work.Shipments) < shipmentsMax {
		v.Work.Shipments = append(v.Work.Shipments, ship)
	}
	var gone []CommandLine
	for _, m := range moves {
		if stageTable[m.From].claims && m.To.Gone() {
			gone = append(gone, CommandLine{Line: m.Line, SKU: m.SKU, Qty: m.Qty})
		}
	}
	if owner != s.Site && len(gone) > 0 {
		v.Lines = linesLess(v.Lines, gone)
	}
	s.serve(v)
	s.changedServed(id)
	return !v.Work.short()
}

// checkWork holds what is in hand against the levels, and what is reserved against orders and parts.
func (s *State) checkWork() error {
	picked, reserved := map[SKU]Qty{}, map[SKU]Qty{}
	for id, v := range s.served {
		for _, l := range v.Lines {
			reserved[l.SKU] += l.Qty
		}
		if v.Work == nil {
			continue
		}
		if err := v.Work.checkCartons(); err != nil {
			return &DamageError{Where: "part of order " + string(id), Why: err.Error()}
		}
		for i := range v.Work.Lines {
			l := &v.Work.Lines[i]
			picked[l.SKU] += l.inHand() + l.At[StagePutBack]
			reserved[l.SKU] += l.At[StagePutBack]
			if have := s.reservedFor(id, l.Line); l.inHand() > have {
				return &DamageError{Where: "part of order " + string(id), Why: "more of it is in hand than is reserved"}
			}
		}
	}
	for _, o := range s.orders {
		for i := range o.Lines {
			reserved[o.Lines[i].SKU] += o.Lines[i].Here
		}
	}
	for _, sku := range sortedKeys(s.levels) {
		if l := s.levels[sku]; l.Picked != picked[sku] {
			return &DamageError{Where: "level of " + string(sku), Why: "what is picked is not what lies in hands"}
		} else if l.Reserved != reserved[sku] {
			return &DamageError{Where: "level of " + string(sku), Why: "what is reserved is not what orders and parts have"}
		}
	}
	return nil
}

// reservedFor is what is reserved here for a line, less what is to be put back.
func (s *State) reservedFor(id OrderID, line int) (sum Qty) {
	if v := s.served[id]; v != nil && v.Owner != s.Site {
		for _, l := range v.Lines {
			if l.Line == line {
				sum += l.Qty
			}
		}
		return sum
	}
	if o := s.orders[id]; o != nil && line >= 1 && line <= len(o.Lines) {
		return o.Lines[line-1].Here
	}
	return 0
}
