package ledger_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Of an order of ours that left in another life this life counts what left as with its customer. A parcel of it that came back comes from
// there, and has not left a second time by coming back.
func TestAParcelThatCameBackInAnotherLifeHasNotLeftAgain(t *testing.T) {
	s := newStage(t, "leeds", true)
	shared := `
		receive TAP-22 2
		deliver o1 TAP-22 4 backorder => backordered`
	s.play(shared)
	told := s.fork(t, shared+`
		pick    o1 2 0        => leg_picked
		hands   o1 pack       => leg_prepared
		hands   o1 dispatch   => leg_handed_over
		hands   o1 fail       => leg_followed
		hands   o1 come back  => received`)[len(s.entries):]
	s.rebuild()
	s.bring(t, told)
	s.play(`
		order o1     => backordered here=0 taken=2 away=0 waits=2
		level TAP-22 => hand=2 available=0 reserved=0 hq=0`)
	came := false
	for _, e := range s.entries {
		b, ok := e.Body.(*ledger.LateBody)
		if !ok || b.Work == nil || b.Was != ledger.KindReturned {
			continue
		}
		came = came || len(b.Work.Moves) > 0
		if left := b.Work.Left(); len(left) > 0 {
			t.Errorf("entry %d: got %v as left, want nothing: it came back", e.Seq, left)
		}
	}
	if !came {
		t.Error("got nothing told of what came back")
	}
}

// A return that is told late changes an order that was accepted before: an audit does not count it a second time.
func TestALateReturnIsNoOrderThatIsAccepted(t *testing.T) {
	s := newStage(t, "leeds", true)
	shared := `
		receive TAP 3
		take    o TAP 3 => completed`
	s.play(shared)
	told := s.fork(t, shared+`
		back r o 2 => received`)[len(s.entries):]
	s.rebuild()
	s.bring(t, told)
	s.play(`accepted => 1 confirmed=0 declined=0`)
}

// What hands did, and what came back, in another life are facts though this life has refused the same request under its key.
func TestGoodsMovedThoughThisLifeRefusedTheKey(t *testing.T) {
	s := newStage(t, "leeds", true)
	shared := `
		receive TAP-22 3
		take    o2 TAP-22 1   => completed
		deliver o1 TAP-22 2   => allocated`
	s.play(shared)
	f := newStage(t, "leeds", true)
	f.play(shared + `
		pick    o1 2 0        => leg_picked
		hands   o1 pack       => leg_prepared`)
	sends := &ledger.WorkLeg{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("sends"))}, Order: oid("o1"), Deed: ledger.DeedDispatch}
	back := &ledger.TakeBack{Meta: ledger.Meta{Key: ledger.DigestOf([]byte("back"))}, ID: ledger.ReturnID(oid("r")), Order: oid("o1"), Lines: []ledger.BackLine{{Line: 1, Qty: 1}}}
	for _, req := range []ledger.Request{sends, back} {
		if out := s.do(req); out.Err == nil || out.Entry == nil {
			t.Fatalf("got %+v, want it refused and remembered", out)
		}
		if out := f.do(req); out.Err != nil {
			t.Fatal(out.Err)
		}
	}
	s.rebuild()
	for range 2 {
		s.bring(t, f.entries[5:])
	}
	s.play(`
		order o1     => completed here=0 taken=2 away=0 waits=0
		return r     => received granted received=1 blocked=0 restocked=0 scrapped=0 handed=0 refused=0
		level TAP-22 => hand=1 available=0 reserved=0 hq=0`)
}

// The lines of a kit are its components': a return names which of them comes back.
func TestAReturnOfAKitNamesItsParts(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.play(`
		receive TAP 1
		receive PIPE 2`)
	o := ledger.Order{ID: oid("o"), Channel: "pos", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "SET", Qty: 1}}}
	if err := o.Explode(func(sku ledger.SKU) []ledger.Component {
		if sku == "SET" {
			return []ledger.Component{{SKU: "TAP", Qty: 1}, {SKU: "PIPE", Qty: 2}}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if out := s.do(&ledger.Place{Order: o}); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`back r o 1 => line 1: sku is missing: line 1 is of the kit SET, so say which component of it comes back`)
	back := &ledger.TakeBack{ID: ledger.ReturnID(oid("r")), Order: o.ID, Lines: []ledger.BackLine{{Line: 1, SKU: "TAP", Qty: 1}, {Line: 2, SKU: "PIPE", Qty: 2}}}
	if out := s.do(back); out.Err != nil {
		t.Fatal(out.Err)
	}
	s.play(`
		level TAP  => hand=1 available=0 reserved=0 hq=0
		level PIPE => hand=2 available=0 reserved=0 hq=0`)
}

// What has arrived takes what is reserved for another book's order, whose part was written to the base before: the base follows, and an
// audit that begins there finds no fault.
func TestABaseFollowsWhatATransferDisplaces(t *testing.T) {
	d := newDesk(t, smallFiles)
	h := ledger.Incarnation{Counter: 1}
	d.must(&ledger.AdoptHQ{H: h})
	d.receive("TAP", 5)
	var last ledger.Hash
	number := uint64(0)
	obey := func(c ledger.HQCommand) *ledger.ObeyedBody {
		number++
		c.H, c.Number = h, number
		c.Hash = ledger.ChainCommand(last, &c)
		last = c.Hash
		return d.must(&ledger.Obey{Command: c}).Entry.Body.(*ledger.ObeyedBody)
	}
	lines := []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 5}}
	obey(ledger.HQCommand{ID: "c1", Kind: ledger.CommandBorrow, Owner: ledger.HQ, Lines: lines})
	obey(ledger.HQCommand{ID: "c2", Kind: ledger.CommandReserve, Order: oid("theirs"), Owner: ledger.HQ, Lines: lines})
	copied := t.TempDir()
	for round := range 2 {
		for i := range 40 {
			d.must(big(40*round + i))
		}
		archived := d.archive(copied)
		d.reopen()
		d.trim(archived, d.soon())
		if round > 0 {
			break
		}
		settle := ledger.HQCommand{ID: ledger.TransferCommandID("T-1", ledger.TransferSettle), Kind: ledger.CommandTransfer, Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 5}}}
		if b := obey(settle); b.Refused != "" || len(b.Displaced) != 1 {
			t.Fatalf("got %+v, want the order to lose them", b)
		}
	}
	if d.book.Trimmed() < 50 {
		t.Fatalf("trimmed up to entry %d, want the transfer gone from the journal", d.book.Trimmed())
	}
}
