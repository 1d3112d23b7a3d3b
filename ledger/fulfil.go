package ledger

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger/gs1"
)

// Refusals of a deed.
const (
	RefusedStage Refusal = "wrong_stage" // less has come so far than the deed names
	RefusedCode  Refusal = "wrong_code"  // the customer's code is another one
	RefusedWhole Refusal = "only_whole"  // the order leaves as a whole, and some of it is not ready to
	RefusedMany  Refusal = "too_many"    // it has left in as many parcels as one part may
)

const (
	cartonsMax = 100 // that one pack names
	cartonMax  = 32  // bytes of a carton's name
)

// WorkLeg is what hands have done with the site's part of an order, a pick or a rejection aside. Lines names what it was done with;
// none is all that it can be done with.
type WorkLeg struct {
	Meta
	Order   OrderID
	Deed    Deed
	Lines   []LegLine // Short and Again play no part
	Code    string    // ready: to be given to the customer, where none was; collect: as the customer has it
	Ship    Shipment  // dispatch
	Cartons []string  // pack: what it was packed in
	Reason  string    // fail: why
	Bin     Bin       // put back, come back: where it lies now; "" is the usual one
	Return  ReturnID  // come back: the name of the return that it is
	Lots    []LineLot // of what leaves hands, or comes back: of which lots it is, where somebody has looked

	Into    []Carton      // pack, repack: what goes into which carton; one without a number gets one. Of Lines the SKU plays no part
	Out     gs1.SSCC      // repack, put back: the carton that it is taken out of; "": of none
	Boxes   []gs1.SSCC    // dispatch, deliver, fail, come back: the cartons that go; with Lines, what goes loose beside them
	Numbers CartonNumbers // pack, repack: that this node may give

	shipped uint64 // entries that have sent something with the carrier

	known map[gs1.SSCC]OrderID // of the cartons named, those that the book knows, and for which order
	given []Carton             // numbers for those that have none
}

func (*WorkLeg) request() {}

// WorkBody is what hands have done with the site's part of an order. The entry's Ref names the order.
type WorkBody struct {
	Deed    Deed
	Owner   SiteID // the book that owns the order
	Moves   []StageMove
	Code    string // ready: the code of the part; refused: none
	Ship    Shipment
	Cartons []string
	Reason  string
	State   FulfilState // of the part after it
	Refusal Refusal     // why nothing was done; "" when it was
	Shorts  []Short     // refused: of the lines that name more, what has come so far
	Order   *Order      // the order after it, where this site owns it and some has left
	Boxes   []Carton    // the cartons that it has changed, as they stand after it
	Shipped uint64      // dispatch: which entry of this book that sends something with Ship's carrier it is, from 1; 0 without a carrier
}

func (b *WorkBody) kindly(k Kind) bool { return k == b.Deed.kind() }

// Left lists what has left with the entry, by line: the order has it, or its carrier. What came back of a parcel that this life never saw
// leave has not left by coming back.
func (b *WorkBody) Left() (lines []CommandLine) {
	if b.Refusal != "" {
		return nil
	}
	for _, v := range b.Moves {
		if !v.To.Gone() || v.From.Gone() || v.To == StageCameBack {
			continue
		}
		if n := len(lines); n > 0 && lines[n-1].Line == v.Line {
			lines[n-1].Qty += v.Qty
			continue
		}
		lines = append(lines, CommandLine{Line: v.Line, SKU: v.SKU, Qty: v.Qty})
	}
	return lines
}

// A StageError says that hands cannot do a thing with a part of an order as it stands.
type StageError struct {
	Order OrderID
	Deed  Deed
	State FulfilState
	Lines []Short // Want is what was named, Have what it can be done with
	Why   string  // for people: what is so and what can be done
}

func (e *StageError) Error() string {
	switch {
	case len(e.Lines) > 0:
		l := e.Lines[0]
		return fmt.Sprintf("line %d: %d of %s are named, %d are %s", l.Line, l.Want, l.SKU, l.Have, e.Why)
	case e.Deed.no() == e.Why:
		return fmt.Sprintf("this part of the order is %s: none of it is %s", e.State, e.Why)
	default:
		return e.Why
	}
}

// err gives the refusal that the body records, or nil. order is the entry's Ref.
func (b *WorkBody) err(order OrderID) error {
	e := &StageError{Order: order, Deed: b.Deed, State: b.State, Lines: b.Shorts, Why: b.Deed.no()}
	switch b.Refusal {
	case "":
		return nil
	case RefusedCarton, RefusedBoxed, RefusedBack:
		e.Lines, e.Why = nil, b.cartonWhy()
	case RefusedCode:
		e.Why = "this is not the code of this order. Ask for the code in the customer's message; it stands with the order, too (holdfast fulfilment list)"
	case RefusedWhole:
		e.Why = "this order leaves only as a whole, and some of it is not ready to leave. Get the rest ready first, or change the order"
	case RefusedMany:
		e.Why = fmt.Sprintf("this part of the order has left in %d parcels already. Send the rest in one that is on its way, or as another order", shipmentsMax)
	}
	return e
}

func (r *WorkLeg) check() error {
	if r.Deed.kind() == 0 {
		return &FormError{Field: "deed", Why: "is none that this version knows"}
	}
	for _, t := range []struct {
		field, text string
		most        int
	}{{"code", r.Code, codeMax}, {"carrier", r.Ship.Carrier, TextMax}, {"service", r.Ship.Service, TextMax}, {"tracking", r.Ship.Tracking, TextMax}, {"reason", r.Reason, TextMax}} {
		if len(t.text) > t.most {
			return &FormError{Field: t.field, Why: fmt.Sprintf("is longer than %d bytes", t.most)}
		}
	}
	if len(r.Cartons) > cartonsMax {
		return &FormError{Field: "cartons", Why: fmt.Sprintf("has %d; at most %d are named at once", len(r.Cartons), cartonsMax)}
	}
	for _, c := range r.Cartons {
		if c == "" || len(c) > cartonMax {
			return &FormError{Field: "cartons", Why: fmt.Sprintf("has a name of %d bytes; 1 to %d are allowed", len(c), cartonMax)}
		}
	}
	if r.Deed == DeedFail && r.Reason == "" {
		return &FormError{Field: "reason", Why: "is empty: say why it could not be delivered"}
	}
	if r.Deed == DeedReady && r.Code == "" {
		return &FormError{Field: "code", Why: "is empty"}
	}
	if r.Deed == DeedComeBack && (r.Return == "" || len(r.Return) > TextMax) {
		return &FormError{Field: "id", Why: "is no return's"}
	}
	if err := r.checkCartons(); err != nil {
		return err
	}
	if len(r.Lots) > LotMovesMax {
		return tooManyLots()
	}
	return checkNamed(r.Lines)
}

// checkCartons refuses cartons that no deed names.
func (r *WorkLeg) checkCartons() error {
	into := r.Deed == DeedPack || r.Deed == DeedRepack
	switch {
	case len(r.Into) > 0 && !into, r.Deed == DeedRepack && len(r.Into) > 1, r.Out != "" && r.Deed != DeedRepack && r.Deed != DeedPutBack, len(r.Boxes) > 0 && !r.Deed.carries():
		return &FormError{Field: "cartons", Why: "play no part in it"}
	case r.Deed == DeedRepack && (r.Out == "" && len(r.Into) == 0 || len(r.Into) == 1 && r.Into[0].SSCC == r.Out && r.Out != ""):
		return &FormError{Field: "cartons", Why: "are missing: say out of which carton, into which, or both, and not the same"}
	case max(len(r.Into), len(r.Boxes)) > cartonsMax:
		return &FormError{Field: "cartons", Why: fmt.Sprintf("are more than %d at once", cartonsMax)}
	}
	for i := range r.Into {
		c := &r.Into[i]
		if c.Grams < 0 || c.Grams > cartonGramsMax {
			return &FormError{Field: "weight_g", Why: fmt.Sprintf("is not 0 to %d", cartonGramsMax)}
		}
		lines := make([]LegLine, len(c.Lines))
		for at, n := range c.Lines {
			lines[at] = LegLine{Line: n.Line, Qty: n.Qty}
		}
		if err := checkNamed(lines); err != nil {
			return err
		}
	}
	return nil
}

// handle decides a deed of hands.
func (d *decision) handle(r *WorkLeg) Outcome {
	if err := r.check(); err != nil {
		return Outcome{Err: err}
	}
	l, err := d.s.leg(r.Order)
	if err != nil {
		return Outcome{Err: err}
	}
	b := &WorkBody{Deed: r.Deed, Owner: l.owner, Ship: r.Ship, Cartons: r.Cartons, Reason: r.Reason, State: l.state()}
	why, err := l.plan(r, b)
	switch {
	case err != nil:
		return Outcome{Err: err}
	case why != "":
		return d.refuseDeed(&l, b, why, r.Meta)
	case r.Deed == DeedCollect && (r.Code == "" || r.Code != l.work.Code):
		return d.refuseDeed(&l, b, RefusedCode, r.Meta)
	case r.Deed == DeedDispatch && len(l.work.Shipments) >= shipmentsMax:
		return d.refuseDeed(&l, b, RefusedMany, r.Meta)
	case r.Deed == DeedComeBack:
		return d.comeBack(&l, b, r)
	}
	if err := d.unfitInHand(&l, b.Moves); err != nil {
		return Outcome{Err: err}
	}
	if b.Code = r.Code; r.Deed == DeedReady && l.work.Code != "" {
		b.Code = l.work.Code
	}
	m := &moves{}
	sums, bins := map[SKU]Qty{}, map[SKU]int{}
	for i, v := range b.Moves {
		bin, err := r.Bin, error(nil)
		if v.To == StageNone || v.To == StageShelf {
			if bin, err = d.s.checkReceipt(ReceiptLine{SKU: v.SKU, Qty: v.Qty, Bin: r.Bin}, sums, bins); err != nil {
				return Outcome{Err: atLine(err, i)}
			}
		}
		d.s.shift(m, l.id, v, bin)
	}
	err = m.fit()
	if err == nil {
		err = d.s.handLots(m, l.id, r.Deed, b.Moves, r.Lots)
	}
	if err != nil {
		return Outcome{Err: err}
	}
	if left := b.Left(); l.own != nil && len(left) > 0 {
		o := l.own.Clone()
		for _, n := range left {
			line := &o.Lines[n.Line-1]
			line.Here, line.Taken = line.Here-n.Qty, line.Taken+n.Qty
		}
		if o.Complete && !o.left() {
			return d.refuseDeed(&l, b, RefusedWhole, r.Meta)
		}
		o.Settle()
		b.Order = o
	}
	if b.State = l.after(b.Moves); r.Deed == DeedDispatch && r.Ship.Carrier != "" {
		b.Shipped = r.shipped + 1
	}
	e := d.write(&Entry{Kind: b.Deed.kind(), Ref: string(l.id), Postings: m.settled(), Lots: m.lots, Body: b}, r.Meta)
	d.fill()
	return Outcome{Entry: e}
}

// left says whether all that was promised of the order, and all that waits, has left.
func (o *Order) left() bool {
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Here > 0 || l.Backordered > 0 || len(l.Away) > 0 {
			return false
		}
	}
	return true
}

// refuseDeed writes an entry that remembers a no under its key. Nothing else of it is kept: not the code that was tried.
func (d *decision) refuseDeed(l *leg, b *WorkBody, why Refusal, meta Meta) Outcome {
	no := &WorkBody{Deed: b.Deed, Owner: b.Owner, State: b.State, Shorts: b.Shorts, Refusal: why}
	if why == RefusedCarton || why == RefusedBoxed || why == RefusedBack {
		no.Cartons = b.Cartons[:min(len(b.Cartons), cartonsMax)]
	}
	e := d.write(&Entry{Kind: b.Deed.kind(), Ref: string(l.id), Body: no}, meta)
	return Outcome{Entry: e, Err: no.err(l.id)}
}

// moves works out which units a deed moves, by the arrows, and of which lines it names too many.
func (l *leg) moves(deed Deed, named []LegLine) (out []StageMove, shorts []Short) {
	return l.movesBut(StageNone, deed, named)
}

// movesBut is moves, but for units in one stage.
func (l *leg) movesBut(not Stage, deed Deed, named []LegLine) (out []StageMove, shorts []Short) {
	all := len(named) == 0
	if all {
		named = l.all()
	}
	for _, n := range named {
		at, rest := l.at(n.Line), n.Qty
		for i := range arrows {
			a := &arrows[i]
			if a.Deed != deed {
				continue
			}
			for _, from := range a.From {
				q := at.At[from]
				if from == not {
					q = 0
				}
				if !all {
					q = min(q, rest)
				}
				if q > 0 {
					out = append(out, StageMove{Line: n.Line, SKU: at.SKU, From: from, To: a.To, Qty: q})
					rest -= q
				}
			}
			if all {
				break // what else a deed may take has to be named
			}
		}
		if !all && rest > 0 {
			shorts = append(shorts, Short{Line: n.Line, SKU: at.SKU, Want: n.Qty, Have: n.Qty - rest})
		}
	}
	return out, shorts
}

// shift posts one move of units. Where they are and whose follows from the stages.
func (s *State) shift(m *moves, order OrderID, v StageMove, bin Bin) {
	from, to := stageTable[v.From], stageTable[v.To]
	account := func(k AccountKind) Account {
		switch k {
		case Transit:
			return Account{Kind: k, Ref: string(order)}
		case Sellable, Blocked:
			return Account{Kind: k, Ref: string(bin)}
		default:
			return Account{Kind: k}
		}
	}
	switch {
	case v.From == StageShelf && to.where == Picked:
		m.pickUp(s.level(v.SKU), v.SKU, v.Qty)
	case from.where != to.where:
		m.add(v.SKU, account(from.where), -v.Qty)
		m.add(v.SKU, account(to.where), v.Qty)
	}
	switch reserved := accountReserved(order, v.Line); {
	case !from.claims || to.claims:
	case v.To.Gone():
		m.add(v.SKU, reserved, -v.Qty)
		m.add(v.SKU, Account{Kind: Stock}, v.Qty)
	default:
		s.free(m, v.SKU, reserved, v.Qty)
	}
}

// pickUp takes q off the shelf into somebody's hands; the claim on it stays. What no bin holds is in the hand too, so it is
// found, and owed no more.
func (m *moves) pickUp(l *Level, sku SKU, q Qty) {
	missing := m.takeOff(l, sku, q)
	m.add(sku, Account{Kind: Picked}, q)
	if missing > 0 {
		m.add(sku, accountFound(), -missing)
		m.add(sku, Account{Kind: Stock}, -missing)
		m.add(sku, accountShortfall(), missing)
	}
}

// checkMoves refuses moves that no book has written.
func (b *WorkBody) checkMoves() error {
	if len(b.Moves) > movesMax {
		return &FormError{Field: "moves", Why: "are too many"}
	}
	for _, v := range b.Moves {
		if v.From >= stages || v.To >= stages || v.Line < 1 || v.Line > LinesMax || CheckQty(v.Qty) != nil {
			return fmt.Errorf("moves %d of line %d from stage %d to %d", v.Qty, v.Line, v.From, v.To)
		}
		if _, err := ParseSKU(string(v.SKU)); err != nil {
			return err
		}
	}
	return nil
}

// foldWork folds what hands have done.
func (s *State) foldWork(e *Entry, b *WorkBody) error {
	if b.Refusal != "" {
		return nil
	}
	id := OrderID(e.Ref)
	if err := b.checkMoves(); err != nil {
		return err
	}
	if left := len(b.Left()) > 0; left && (b.Owner == s.Site) != (b.Order != nil) || b.Order != nil && b.Order.ID != id {
		return fmt.Errorf("a part of an order of %s has left, with the order: %t", b.Owner, b.Order != nil)
	}
	if !s.follow(id, b.Owner, b.Moves, b.Code, b.Ship) {
		return fmt.Errorf("more of order %s is moved than has come so far", id)
	}
	if err := s.followCartons(s.served[id].Work, b.Boxes); err != nil {
		return fmt.Errorf("order %s: %w", id, err)
	}
	if b.Order != nil {
		s.keep(b.Order)
	}
	s.tidy(id)
	return nil
}
