package ledger

// nearDoor are the stages in hand, the one nearest the door first: what is in the customer's hands, or a carrier's, came from there.
var nearDoor = [...]Stage{StageReady, StagePacked, StagePicked}

// lateFromHere hands n units of a line over that this life has reserved: those in hand first, and the entry says which.
func (d *decision) lateFromHere(b *LateBody, t *taking, line int, l *Line, n Qty) {
	id := b.Order.ID
	at := d.s.work(id).line(line).At
	for _, from := range nearDoor {
		q := min(n, at[from])
		if q == 0 {
			continue
		}
		n -= q
		v := StageMove{Line: line, SKU: l.SKU, From: from, To: StageCollected, Qty: q}
		d.s.shift(t.m, id, v, "")
		if b.Work == nil {
			b.Work = &WorkBody{Deed: DeedCollect, Owner: d.s.Site}
		}
		b.Work.Moves = append(b.Work.Moves, v)
	}
	if n > 0 {
		t.m.handOver(d.s.level(l.SKU), l.SKU, accountReserved(id, line), n)
	}
}

// lateWork records what has left of another book's order in another life, and what became of what has left. Goods that have crossed
// the walls have crossed them: what this life has not reserved for them any more is taken like goods in the hand.
func (d *decision) lateWork(f *fact) Outcome {
	id := OrderID(f.ref)
	l := d.s.legOr(id, f.work.Owner)
	t := d.lateTaking(f, 0)
	t.spare = id
	for _, v := range f.work.Moves {
		t.about(v.SKU)
	}
	w := &WorkBody{Deed: f.work.Deed, Owner: l.owner, Ship: f.work.Ship, Reason: f.work.Reason}
	b := &LateBody{Work: w}
	at := map[int]*WorkLine{}
	for _, v := range f.work.Moves {
		l.stands(at, v)
		switch {
		case !v.To.Gone():
		case v.From.Gone() || v.To == StageCameBack: // also one that was told late before, as from its customer
			d.lateFollowed(w, t, id, v, at[v.Line], BinDefault)
		default:
			d.lateSent(b, t, id, v, at[v.Line])
		}
	}
	return d.recordLate(f, b, t)
}

// legOr is leg; of an order of which this life serves nothing an empty one.
func (s *State) legOr(id OrderID, owner SiteID) leg {
	l, err := s.leg(id)
	if err != nil {
		l = leg{id: id, owner: owner, work: &Work{}}
	}
	return l
}

// stands notes in at how the line of a late move stands in this life: with no units, where the line is of something else here.
func (l *leg) stands(at map[int]*WorkLine, v StageMove) {
	if at[v.Line] != nil {
		return
	}
	line := l.at(v.Line)
	if line.SKU != "" && line.SKU != v.SKU {
		line.At = [stages]Qty{}
	}
	at[v.Line] = &line
}

// lateSent has v leave: out of hands, off the shelf, and what is in neither as goods in the hand.
func (d *decision) lateSent(b *LateBody, t *taking, id OrderID, v StageMove, at *WorkLine) {
	to := Account{Kind: Customer}
	if stageTable[v.To].where == Transit {
		to = Account{Kind: Transit, Ref: string(id)}
	}
	for _, from := range [...]Stage{StageReady, StagePacked, StagePicked, StageShelf} {
		n := v
		if n.From, n.Qty = from, min(v.Qty, at.At[from]); n.Qty == 0 {
			continue
		}
		if from == StageShelf {
			t.m.leave(d.s.level(v.SKU), v.SKU, accountReserved(id, v.Line), to, n.Qty)
		} else {
			d.s.shift(t.m, id, n, "")
		}
		v.Qty -= n.Qty
		at.At[from] -= n.Qty
		b.Work.Moves = append(b.Work.Moves, n)
	}
	if v.Qty == 0 {
		return
	}
	if free, _ := t.take(v.SKU, v.Qty, to); free < v.Qty {
		b.Missing = append(b.Missing, Short{Line: v.Line, SKU: v.SKU, Want: v.Qty, Have: free})
	}
	v.From = StageNone
	b.Work.Moves = append(b.Work.Moves, v)
}

// lateFollowed takes down what became of units that have left. Where this life does not know that they had, those that came back
// come from their customer.
func (d *decision) lateFollowed(w *WorkBody, t *taking, id OrderID, v StageMove, at *WorkLine, bin Bin) {
	for _, from := range [...]Stage{StageUndelivered, StageOnTheWay} {
		n := v
		if n.From, n.Qty = from, min(v.Qty, at.At[from]); n.Qty == 0 || from == v.To {
			continue
		}
		d.s.shift(t.m, id, n, bin)
		v.Qty -= n.Qty
		at.At[from] -= n.Qty
		w.Moves = append(w.Moves, n)
	}
	if v.Qty > 0 && v.To == StageCameBack {
		v.From = StageNone
		t.m.add(v.SKU, Account{Kind: Customer}, -v.Qty)
		t.m.add(v.SKU, Account{Kind: Blocked, Ref: string(bin)}, v.Qty)
		w.Moves = append(w.Moves, v)
	}
}
