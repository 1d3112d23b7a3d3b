package sim

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// facts are what the chain of a site's book shows from its first entry on. A book that goes back
// in time has another chain, and so its facts are counted anew.
type facts struct {
	last     ledger.Seq
	hash     ledger.Hash
	keys     map[ledger.Digest]ledger.Seq
	commands map[string]ledger.Seq // that had an effect
	orders   map[ledger.OrderID]int
	receipts map[string]int
	picks    map[string]int            // short picks, by who told of them
	backs    map[string]int            // returns, by who brought them
	counted  map[ledger.SKU]ledger.Seq // the last entry of a count
	bins     map[binAt][]binMove       // what has come and gone
	gone     map[ledger.SKU]ledger.Qty // lost and damaged, less what was found
	handed   map[ledger.SKU]ledger.Qty // to customers and their carriers
	seized   map[ledger.SKU]ledger.Qty // taken although nobody had freed it
	way      map[ledger.SKU]ledger.Qty // gone to other sites, less what has come from them

	transfers map[ledger.TransferID]*ledger.Transfer // as the book knows them
	purchases map[string]ledger.PurchaseState        // as people, and head office, have left them

	purse
}

// binAt is one SKU in one bin of a site.
type binAt struct {
	sku ledger.SKU
	bin ledger.Bin
}

// binMove is what an entry moved into a bin, or out of it; counted, where somebody has only seen that it was not so.
type binMove struct {
	seq     ledger.Seq
	qty     ledger.Qty
	counted bool
}

func (f *facts) begin() {
	f.purse = newPurse()
	f.bins = map[binAt][]binMove{}
	f.last, f.hash = 0, ledger.Hash{}
	f.keys, f.commands = map[ledger.Digest]ledger.Seq{}, map[string]ledger.Seq{}
	f.orders, f.receipts = map[ledger.OrderID]int{}, map[string]int{}
	f.backs = map[string]int{}
	f.picks, f.counted = map[string]int{}, map[ledger.SKU]ledger.Seq{}
	f.handed = map[ledger.SKU]ledger.Qty{}
	f.way, f.transfers = map[ledger.SKU]ledger.Qty{}, map[ledger.TransferID]*ledger.Transfer{}
	f.purchases = map[string]ledger.PurchaseState{}
	f.gone, f.seized = map[ledger.SKU]ledger.Qty{}, map[ledger.SKU]ledger.Qty{}
}

// recount takes the facts of a disk for the site's: another chain than before has its place.
func (s *site) recount() {
	s.told.begin()
	err := s.disk.each(0, func(f *ledger.Frame) error {
		entries, err := f.Open()
		if err != nil {
			return err
		}
		for _, e := range entries {
			s.told.take(e)
		}
		end := f.End()
		s.told.last, s.told.hash = end.Seq, end.Hash
		return nil
	})
	if err != nil {
		s.c.fail("frame", "%s: %v", s.id, err)
	}
}

// take counts an entry and says what is done a second time; "" nothing.
func (f *facts) take(e *ledger.Entry) (again string) {
	if e.Key != (ledger.Digest{}) {
		if first, seen := f.keys[e.Key]; seen {
			again = fmt.Sprintf("answers a key in entry %d that entry %d has answered", e.Seq, first)
		}
		f.keys[e.Key] = e.Seq
	}
	f.post(e)
	if p := e.Purchase(); p != nil && p.Done() {
		f.purchases[p.Order.Reference] = p.State
	}
	if said := f.takeTransfer(e); said != "" {
		again = said
	}
	if said := f.takeMoney(e); said != "" {
		again = said
	}
	if took(e) {
		if f.backs[e.Device]++; f.backs[e.Device] > 1 {
			again = fmt.Sprintf("takes in what %s brings a second time", e.Device)
		}
	}
	switch b := e.Body.(type) {
	case *ledger.ReceiptBody:
		if f.receipts[b.ID]++; f.receipts[b.ID] > 1 {
			again = fmt.Sprintf("takes in %s a second time", b.ID)
		}
	case *ledger.OrderBody:
		if takes(e.Kind, b) {
			if f.orders[b.Order.ID]++; f.orders[b.Order.ID] > 1 {
				again = fmt.Sprintf("takes order %s a second time", b.Order.ID)
			}
		}
		f.seize(b.Displaced, e)
	case *ledger.ObeyedBody:
		id := fmt.Sprint(b.Command.ID, b.Command.Kind, b.Command.Order, b.Command.Return) // of two lives of one book two orders may have led to one id
		if first, seen := f.commands[id]; seen && !b.Repeat {
			again = fmt.Sprintf("carries out command %s in entry %d and in entry %d", b.Command.ID, first, e.Seq)
		}
		if !b.Repeat {
			f.commands[id] = e.Seq
		}
	case *ledger.LateBody:
		if b.Was == ledger.KindReceipt {
			if f.receipts[b.Receipt.ID]++; f.receipts[b.Receipt.ID] > 1 {
				again = fmt.Sprintf("takes in %s a second time", b.Receipt.ID)
			}
		}
		if b.Order != nil && b.Refusal == "" && f.orders[b.Order.ID] == 0 {
			f.orders[b.Order.ID]++
		}
		f.seize(b.Displaced, e)
	case *ledger.AdjustedBody:
		f.seize(b.Displaced, e)
		f.takeCount(b, e.Seq)
	case *ledger.LegBody:
		if e.Kind == ledger.KindPicked && b.Refusal == "" {
			if f.picks[e.Device]++; f.picks[e.Device] > 1 {
				again = fmt.Sprintf("takes what %s did not find off a second time", e.Device)
			}
		}
	}
	return again
}

// takeCount notes up to which entry a count answers.
func (f *facts) takeCount(b *ledger.AdjustedBody, at ledger.Seq) {
	for _, l := range b.Lines {
		if b.Reason == countReason && b.Count == nil {
			f.counted[l.SKU] = at
		}
	}
	if b.Count != nil && b.Count.Refusal == "" {
		for _, l := range b.Count.Lines { // it answers what was asked up to where it was taken
			f.counted[l.SKU] = max(f.counted[l.SKU], b.Count.At+1)
		}
	}
}

// seize notes what an entry took although it was claimed: a command that counts on it may be refused.
func (f *facts) seize(displaced []ledger.Displaced, e *ledger.Entry) {
	for _, d := range displaced {
		f.seized[d.SKU] += d.Qty
	}
	for _, p := range e.Postings {
		out := p.Account.Kind == ledger.Shortfall || p.Account.Kind == ledger.Allotted && p.Qty < 0
		if out {
			f.seized[p.SKU] += max(p.Qty, -p.Qty)
		}
	}
}

// post counts what an entry has moved.
func (f *facts) post(e *ledger.Entry) {
	for _, p := range e.Postings {
		switch p.Account.Kind {
		case ledger.Sellable:
			at := binAt{p.SKU, ledger.Bin(p.Account.Ref)}
			f.bins[at] = append(f.bins[at], binMove{e.Seq, p.Qty, e.Kind == ledger.KindCounted})
		case ledger.Loss:
			f.gone[p.SKU] += p.Qty
		case ledger.Customer:
			f.handed[p.SKU] += p.Qty
		case ledger.Transit:
			if _, err := ledger.ParseOrderID(p.Account.Ref); err == nil { // with an order's carrier
				f.handed[p.SKU] += p.Qty
			} else {
				f.way[p.SKU] += p.Qty
			}
		}
	}
}

// takeTransfer notes how a transfer stands, and says what is done a second time; "" nothing.
func (f *facts) takeTransfer(e *ledger.Entry) (again string) {
	t := transferOf(e)
	if t == nil {
		return ""
	}
	switch b := e.Body.(type) {
	case *ledger.LateBody:
		if b.Refusal != "" {
			return ""
		}
	case *ledger.ObeyedBody:
		if _, act, _ := b.Command.Transfer(); act == ledger.TransferSettle {
			f.seize(b.Displaced, e)
		}
	}
	if was := f.transfers[t.ID]; was != nil && was.State == t.State {
		again = fmt.Sprintf("brings transfer %s to %s a second time", t.ID, t.State)
	}
	f.transfers[t.ID] = t
	return again
}

// takes says whether an entry accepts an order.
func takes(kind ledger.Kind, b *ledger.OrderBody) bool {
	switch kind {
	case ledger.KindPlaced:
		return true
	case ledger.KindAskAccepted, ledger.KindAskAbandoned:
		return b.Refusal == "" && !b.Dropped
	default:
		return false
	}
}
