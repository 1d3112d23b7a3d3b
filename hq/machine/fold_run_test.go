package machine_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// pushing is a bench at which a warehouse's units are promised, so that its losses can be told.
func pushing(t *testing.T) *bench {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 20, "TAP-22")
	b.receive("hull", 20, "PIPE")
	b.talk("hull")
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	b.ok(place)
	return b
}

// journey draws entries of one site, each in a frame of its own: most fit, some do not, and now
// and then one is of a kind that nobody knows.
func journey(r *rand.Rand, s *machine.Site) []*ledger.Frame {
	at0, n := s.Stored, 2+r.IntN(30)
	ids := []ledger.OrderID{orderA, orderB, "01900000-0000-7000-8000-00000000000c"}
	skus := []ledger.SKU{"TAP-22", "PIPE", "NEW"}
	toHQ, lost := ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, ledger.Account{Kind: ledger.Reserved, Ref: "x", Line: 1}
	var frames []*ledger.Frame
	for range n {
		seq := at0.Seq + 1
		e := &ledger.Entry{Seq: seq, Epoch: s.Epoch, At: at, Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}}
		sku, q := skus[r.IntN(len(skus))], ledger.Qty(1+r.IntN(9))
		o := order(ids[r.IntN(len(ids))], ledger.Backorder, ledger.Line{SKU: sku, Qty: q, Backordered: q})
		o.Owner, o.Status, o.Wait = s.ID, ledger.StatusBackordered, ledger.WaitHQ
		switch r.IntN(12) {
		case 0, 1, 2:
			e.Postings = append(claim(sku, ledger.Account{Kind: ledger.Supplier}, ledger.Account{Kind: ledger.Sellable}, q), claim(sku, ledger.Account{Kind: ledger.Stock}, toHQ, q)...)
		case 3, 4:
			e.Postings = claim("TAP-22", toHQ, lost, 17+q%4) // close to all: more than head office has left to promise
		case 5:
			e.Postings = append(claim(sku, toHQ, lost, q), claim("TAP-22", toHQ, lost, 1)...)
		case 6, 7:
			e.Kind, e.Body = ledger.KindPlaced, &ledger.OrderBody{Order: o}
		case 8:
			for i := range o.Lines {
				o.Lines[i].Backordered, o.Lines[i].Canceled = 0, true
			}
			o.Settle()
			e.Kind, e.Body = ledger.KindCanceled, &ledger.OrderBody{Order: o}
		case 9:
			o.Lines[0].Backordered++
			e.Kind, e.Body = ledger.KindPlaced, &ledger.OrderBody{Order: o}
		case 10:
			e.Seq++
		}
		raw := ledger.MarshalEntry(e)
		switch r.IntN(40) {
		case 0:
			raw = []byte{1, 2, 3}
		case 1:
			e.Kind, e.Body = 99, &ledger.UnknownBody{Raw: []byte{0xc0}}
			raw = ledger.MarshalEntry(e)
		}
		f := &ledger.Frame{Site: s.ID, Epoch: s.Epoch, First: seq, Before: at0.Hash, Entries: [][]byte{raw}}
		f.Hashes = []ledger.Hash{ledger.Chain(f.Before, s.ID, s.Epoch, seq, raw)}
		frames, at0 = append(frames, f), f.End()
	}
	return frames
}

func TestEntriesPushedTogetherComeToTheSameAsOneByOne(t *testing.T) {
	met := map[string]int{}
	for seed := range uint64(300) {
		one, all := pushing(t), pushing(t)
		s, _ := one.m.Site("hull")
		frames := journey(rand.New(rand.NewPCG(seed, 1)), s)
		head := frames[len(frames)-1].End()
		for i, f := range frames {
			p := push(s.Stored, f)
			if i > 0 {
				p.Before = frames[i-1].End()
				all.m.Apply(nil) // is counted, as the other machine counts its push
			}
			p.Head = head
			one.ok(p)
		}
		all.ok(push(s.Stored, frames...))
		if !bytes.Equal(encode(t, all.m), encode(t, one.m)) {
			t.Fatalf("seed %d: %d entries pushed together make another state than one by one: exceptions %q and %q", seed, len(frames), all.exceptions(), one.exceptions())
		}
		for _, what := range all.exceptions() {
			met[what]++
		}
	}
	for _, what := range []string{"does_not_fit", "overdrawn", "parked", "order_id_twice"} {
		if met[what] < 10 {
			t.Errorf("met %d of %s, want 10 at least: %v", met[what], what, met)
		}
	}
}
