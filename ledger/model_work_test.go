package ledger_test

import (
	"errors"
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A spot is one line of an order.
type spot struct {
	order ledger.OrderID
	line  int // from 1
}

// A worked is what is off the shelf for a spot, by where it has come to, on paper.
type worked struct {
	sku  ledger.SKU
	at   map[string]ledger.Qty
	hull ledger.Qty // what hull has handed over, of an order of ours
}

func (m *model) worked(s spot, sku ledger.SKU) *worked {
	if m.work[s] == nil {
		m.work[s] = &worked{sku: sku, at: map[string]ledger.Qty{}}
	}
	return m.work[s]
}

// inHand is what is put by for the spot and not on the shelf.
func (m *model) inHand(s spot) ledger.Qty {
	if w := m.work[s]; w != nil {
		return w.at["picked"] + w.at["packed"] + w.at["ready"]
	}
	return 0
}

// shelf is what lies in bins, fit to be sold.
func (m *model) shelf(sku ledger.SKU) ledger.Qty {
	q := m.hand(sku)
	for _, w := range m.work {
		if w.sku == sku {
			q -= w.at["picked"] + w.at["packed"] + w.at["ready"] + w.at["put back"] + w.at["came back"]
		}
	}
	return q
}

// pickUp takes q off the shelf. What is not there for somebody else's loss is in the hand all the same.
func (m *model) pickUp(s spot, sku ledger.SKU, q ledger.Qty) {
	found := max(0, q-m.shelf(sku))
	m.in[sku] += found
	m.owed[sku] -= found
	m.worked(s, sku).at["picked"] += q
}

// giveUp lets q go of what is put by for a spot: what is in hand has to be put back first.
func (m *model) giveUp(s spot, sku ledger.SKU, have, q ledger.Qty) {
	n := min(q, have-m.inHand(s))
	m.release(sku, n)
	q -= n
	for _, from := range []string{"picked", "packed", "ready"} {
		if w := m.work[s]; w != nil {
			n := min(q, w.at[from])
			w.at[from] -= n
			w.at["put back"] += n
			q -= n
		}
	}
}

// rules are what hands may do with units, written down a second time, by somebody who has not seen the table.
var rules = map[ledger.Deed]struct {
	from []string
	to   string
}{
	ledger.DeedPack:     {[]string{"picked"}, "packed"},
	ledger.DeedReady:    {[]string{"packed", "picked"}, "ready"},
	ledger.DeedDispatch: {[]string{"packed"}, "on the way"},
	ledger.DeedCollect:  {[]string{"ready"}, "collected"},
	ledger.DeedDeliver:  {[]string{"on the way", "undelivered"}, "delivered"},
	ledger.DeedFail:     {[]string{"on the way"}, "undelivered"},
	ledger.DeedComeBack: {[]string{"undelivered", "on the way"}, "came back"},
	ledger.DeedPutBack:  {[]string{"put back", "picked", "packed", "ready"}, "shelf"},
}

// handle does something with units that are off the shelf, and says it twice.
func (w *workshop) handle(t *rapid.T) {
	var spots []spot
	for s, k := range w.model.work {
		if w.model.orders[s.order] == nil || !w.model.orders[s.order].asking {
			for _, q := range k.at {
				if q > 0 {
					spots = append(spots, s)
					break
				}
			}
		}
	}
	if len(spots) == 0 {
		t.Skip("nothing is off the shelf")
	}
	slices.SortFunc(spots, func(a, b spot) int { return slices.Compare([]byte(fmt.Sprint(a)), []byte(fmt.Sprint(b))) })
	s := drawOf(t, "spot", spots)
	k := w.model.work[s]
	deed := drawOf(t, "deed", []ledger.Deed{ledger.DeedPack, ledger.DeedReady, ledger.DeedDispatch, ledger.DeedCollect, ledger.DeedDeliver, ledger.DeedFail, ledger.DeedComeBack, ledger.DeedPutBack})
	q := drawQty(t, 3)
	name, _ := w.numbered("work")
	r := &ledger.WorkLeg{Meta: ledger.Meta{Key: ledger.DigestOf([]byte(name))}, Order: s.order, Deed: deed, Lines: []ledger.LegLine{{Line: s.line, Qty: q}}, Code: "4711", Reason: "nobody in", Return: ledger.ReturnID(name)}
	wrong := deed == ledger.DeedCollect && rapid.IntRange(0, 3).Draw(t, "wrong") == 0
	if wrong {
		r.Code = "0815"
	}
	have := ledger.Qty(0)
	for _, from := range rules[deed].from {
		have += k.at[from]
	}
	out := w.do(t, r)
	if asks, ok := errors.AsType[*ledger.LotError](out.Err); ok && asks.SKU == "C" && have >= q && out.Entry == nil {
		return // of several lots in hand the book asks which, and does nothing
	}
	if can := have >= q && !wrong; can != (out.Err == nil) {
		t.Fatalf("%s %d of %v: got %v, want it done: %t", deed, q, k.at, out.Err, can)
	} else if can {
		w.model.handled(s, k, deed, q)
	}
	if out.Entry == nil {
		return // nothing of it is here at all
	}
	if again := w.do(t, r); !again.Replayed || again.Entry.Seq != out.Entry.Seq || (again.Err == nil) != (out.Err == nil) {
		t.Fatalf("%s again: got %+v, want entry %d", deed, again, out.Entry.Seq)
	}
}

func (m *model) handled(s spot, k *worked, deed ledger.Deed, q ledger.Qty) {
	rule := rules[deed]
	k.at[rule.to] += q
	for _, from := range rule.from {
		n := min(q, k.at[from])
		k.at[from] -= n
		if q -= n; from == "put back" {
			k.at["shelf"] -= n
			m.release(k.sku, n)
		}
		switch rule.to {
		case "on the way", "collected":
			m.out[k.sku] += n
			m.left(s, n)
		case "came back":
			m.in[k.sku] += n
		}
	}
	k.at["shelf"] = 0
	m.serve()
}

// left takes q from what is put by, for it is served.
func (m *model) left(s spot, q ledger.Qty) {
	if w := m.orders[s.order]; w != nil {
		l := &w.lines[s.line-1]
		l.here, l.gone = l.here-q, l.gone+q
		w.settle()
		return
	}
	p := m.away[s.order][s.line]
	if m.away[s.order][s.line] = (promise{p.sku, p.qty - q}); p.qty == q {
		delete(m.away, s.order) // the workshop's have one line
	}
}

// handedOver tells of what hull has handed over of an order of ours: in all, so the same again says nothing.
func (w *workshop) handedOver(t *rapid.T) {
	var spots []spot
	for _, id := range sortedIDs(w.model.orders) {
		for i, l := range w.model.orders[id].lines {
			if l.other > 0 && !w.model.orders[id].asking {
				spots = append(spots, spot{id, i + 1})
			}
		}
	}
	if len(spots) == 0 {
		t.Skip("hull serves nothing")
	}
	s := drawOf(t, "spot", spots)
	order := w.model.orders[s.order]
	l := &order.lines[s.line-1]
	o, _ := w.core.State.Order(s.order)
	hull := ledger.Qty(0)
	for _, leg := range o.Lines[s.line-1].Away {
		if leg.Site == "hull" {
			hull += leg.Qty
		}
	}
	q := min(drawQty(t, 3), hull)
	if q == 0 {
		t.Skip("york serves it")
	}
	k := w.model.worked(s, l.sku)
	k.hull += q
	c := ledger.HQCommand{Kind: ledger.CommandHandedOver, Order: s.order, Owner: w.site, Site: "hull", Lines: []ledger.CommandLine{{Line: s.line, SKU: l.sku, Qty: k.hull}}}
	if b := w.command(t, c); b.Refused != "" || len(b.Done) != 1 || b.Done[0].Qty != q {
		t.Fatalf("handed over: got %+v, want %d more", b, q)
	}
	l.other, l.gone = l.other-q, l.gone+q
	order.settle()
	if order.closed {
		return // and is told so if it is told again
	}
	if b := w.command(t, c); b.Refused != "" || len(b.Done) != 0 {
		t.Fatalf("the same handed over: got %+v, want nothing more", b)
	}
}

// agreeOnWork compares what is off the shelf, and adds what is reserved until it is put back.
func (m *model) agreeOnWork(t *rapid.T, s *ledger.State, put map[ledger.SKU]ledger.Qty) {
	stages := map[string]ledger.Stage{"picked": ledger.StagePicked, "packed": ledger.StagePacked, "ready": ledger.StageReady, "put back": ledger.StagePutBack,
		"on the way": ledger.StageOnTheWay, "undelivered": ledger.StageUndelivered}
	picked := map[ledger.SKU]ledger.Qty{}
	for at, k := range m.work {
		put[k.sku] += k.at["put back"]
		picked[k.sku] += m.inHand(at) + k.at["put back"]
		p, _ := ledger.PartOf(s, at.order)
		for name, stage := range stages {
			got := ledger.Qty(0)
			for _, l := range p.Lines {
				if l.Line == at.line {
					got = l.At[stage]
				}
			}
			if got != k.at[name] {
				t.Fatalf("order %s line %d: got %d %s, want %d", at.order, at.line, got, name, k.at[name])
			}
		}
	}
	for sku := range m.in {
		if l, _ := s.Level(sku); l.Picked != picked[sku] || l.Sellable != m.shelf(sku) {
			t.Fatalf("%s: got %d picked and %d in bins, want %d and %d", sku, l.Picked, l.Sellable, picked[sku], m.shelf(sku))
		}
	}
	if err := s.CheckWork(); err != nil {
		t.Fatal(err)
	}
}
