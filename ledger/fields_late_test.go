package ledger_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What head office holds for an order is taken up as it was asked for, or it is said why not.
func TestAYesThatDoesNotFitAnOrderIsRefusedInWords(t *testing.T) {
	s := newStage(t, "leeds", true)
	ask := func(name string, q ledger.Qty) ledger.AskID {
		p := delivers(name, ledger.Line{SKU: "TAP", Qty: q})
		p.AskHQ, p.Order.Anywhere = true, true
		return s.do(p).Entry.Body.(*ledger.OrderBody).Ask
	}
	small, large := ask("small", 5), ask("large", 2000)
	accept := func(legs ...ledger.AskLeg) *ledger.AcceptAsk {
		return &ledger.AcceptAsk{Order: oid("small"), Ask: small, Legs: legs}
	}
	s.refuses([]refusedPut{
		{accept(ledger.AskLeg{Line: 9, Site: "york", Qty: 1}), "line 9: legs do not fit the order"},
		{accept(ledger.AskLeg{Line: 1, Site: "york", Qty: 6}), "line 1: legs promise more than was ordered"},
		{accept(ledger.AskLeg{Line: 1, Site: "york", Qty: 4}), "legs do not make the order whole"},
		{&ledger.AcceptAsk{Order: oid("large"), Ask: large, Legs: rows(1001, func(i int) ledger.AskLeg {
			return ledger.AskLeg{Line: 1, Site: ledger.SiteID(fmt.Sprint("s-", i)), Qty: 1}
		})}, "line 1: legs come from too many sites; at most 10000 fit in one order, and 1000 in one line"},
	})
}

// Whose supplier sends it, and who that is, is said where somebody names another.
func TestWhatASupplierSaysOfAnotherOrderIsRefusedInWords(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "A", Qty: 5}}}, &ledger.Place{Order: dropOrder("o-1", 2, 3, 1)})
	s.refuses([]refusedPut{
		{tells("o-1", "", ledger.DropConfirm), "supplier is missing: 2 suppliers send lines of the order: name one, of Oak & Co, Lux"},
		{tells("o-1", "Acme", ledger.DropConfirm), `supplier is "Acme", which sends no line of the order: it is one of Oak & Co, Lux`},
		{tells("o-1", "Lux", ledger.DropConfirm, units(2, 1)), "line 1: line is no line of the order that Lux sends: look the order up again"},
	})
	from := func(suppliers ...string) error {
		o := dropOrder("o-2", 1, 1, 1)
		o.Lines = nil
		for i, name := range suppliers {
			o.Lines = append(o.Lines, ledger.Line{SKU: ledger.SKU(fmt.Sprint("D-", i)), Qty: 1, Drop: &ledger.DropShip{Supplier: name}})
		}
		return o.Check()
	}
	kit := func(q, each ledger.Qty) error {
		o := ledger.Order{Lines: []ledger.Line{{SKU: "SET", Qty: q}}}
		return o.Explode(func(sku ledger.SKU) []ledger.Component {
			return map[ledger.SKU][]ledger.Component{"SET": {{SKU: "TAP", Qty: each}}, "BIG": {{SKU: "SET", Qty: 1}}}[sku]
		})
	}
	nested := ledger.Order{Lines: []ledger.Line{{SKU: "BIG", Qty: 1}}}
	saysSo(t, []unfit{
		{from(""), "line 1: supplier of a line that its supplier sends is not 1 to 64 bytes: put one on the item"},
		{from(rows(21, func(i int) string { return fmt.Sprint("S-", i) })...), "lines are sent by more than 20 suppliers: divide them over several orders"},
		{kit(ledger.QtyMax, 2), "line 1: qty makes more units of TAP than a book counts, which is 9007199254740991: order fewer"},
		{nested.Explode(func(sku ledger.SKU) []ledger.Component {
			return map[ledger.SKU][]ledger.Component{"SET": {{SKU: "TAP", Qty: 1}}, "BIG": {{SKU: "SET", Qty: 1}}}[sku]
		}), "line 1: sku is the kit BIG, which has the kit SET in it; give each component of that one as a component of BIG"},
	})
}

// A journal that another book brings is from outside: what no book has written is not recorded, and it is said what is wrong with it.
func TestAFactThatNoBookHasWrittenIsRefusedInWords(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.must(&ledger.Receive{ID: "in", Lines: []ledger.ReceiptLine{{SKU: "FULL", Qty: ledger.QtyMax}, {SKU: "TAP", Qty: 5}}}, opens("T1", 100))
	n := ledger.Seq(0)
	late := func(k ledger.Kind, ref string, b ledger.Body, change func(*ledger.Entry)) *ledger.RecordLate {
		n++
		e := &ledger.Entry{Kind: k, Seq: n, Epoch: 1, At: s.now, Ref: ref, Body: b}
		if change != nil {
			change(e)
		}
		return &ledger.RecordLate{Origin: ledger.Origin{Site: "york", Epoch: 1, Seq: n, Hash: ledger.Hash{byte(n)}}, Entry: e}
	}
	sold := func(change func(*ledger.Order)) *ledger.RecordLate {
		o := ledger.Order{ID: oid("late"), Owner: "leeds", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP", Qty: 2, Here: 2}}}
		change(&o)
		return late(ledger.KindPlaced, string(o.ID), &ledger.OrderBody{Order: o}, nil)
	}
	back := func(change func(*ledger.ReturnBody)) *ledger.RecordLate {
		b := &ledger.ReturnBody{Return: ledger.Return{ID: "R-9", Claim: ledger.ClaimNone, Lines: []ledger.ReturnLine{{Line: 1, SKU: "TAP", Bin: "MAIN", Qty: 2, Blocked: 2}}}}
		change(b)
		return late(ledger.KindReturned, "R-9", b, nil)
	}
	s.refuses([]refusedPut{
		{late(ledger.KindReceipt, "in", &ledger.ReceiptBody{ID: "in"}, func(e *ledger.Entry) {
			e.Postings = rows(10_001, func(i int) ledger.Posting {
				return ledger.Posting{SKU: "TAP", Account: ledger.Account{Kind: ledger.Sellable, Ref: fmt.Sprint("B-", i)}, Qty: 1}
			})
		}), "lines are more than fit in one entry"},
		{late(ledger.KindReceipt, "in", &ledger.ReceiptBody{ID: "in"}, func(e *ledger.Entry) {
			e.Lots = []ledger.LotMove{{SKU: "TAP", Lot: "N-1", Qty: 2, Serial: true}}
		}), "lot N-1 of TAP moves as no book moves it"},
		{late(ledger.KindAdjusted, "", &ledger.AdjustedBody{Reason: "count", Count: &ledger.CountBody{By: letters(300)}}, nil), "count is none that a book has taken"},
		{late(ledger.KindHandedOver, string(oid("o")), &ledger.WorkBody{Deed: ledger.DeedDispatch, Moves: rows(100_000, func(int) ledger.StageMove { return ledger.StageMove{Line: 1, SKU: "TAP", Qty: 1} })}, nil), "moves are too many"},
		{late(ledger.KindAsset, "ref", &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: "credit:ACME", Act: ledger.AssetCharge, Amount: 1}, Nth: -1}, nil), "asset has amounts that do not add up"},
		{late(ledger.KindDrawer, "T9", &ledger.DrawerBody{Act: ledger.DrawerOpen, Drawer: ledger.Drawer{Till: "T9", Epoch: 1, Session: 1}, Amount: -1, Currency: "GBP", Day: 1}, nil), "money does not add up: amount is -1; it is 1 to 1000000000000 minor units"},
		{late(ledger.KindDrawer, "T9", &ledger.DrawerBody{Act: ledger.DrawerOpen, Drawer: ledger.Drawer{Till: "T9", Epoch: 1, Session: 1, Float: 5}, Amount: 7, Currency: "GBP", Day: 1}, nil), "money does not add up: amount is 7, and the session began with 5"},
		{late(ledger.KindDrawer, "T9", &ledger.DrawerBody{Act: ledger.DrawerOpen, Drawer: ledger.Drawer{Till: "T9", Epoch: 1, Session: 1, Opened: s.now}, Currency: "EUR", Day: 1}, nil), "currency is EUR; the tills of this site take GBP"},
		{sold(func(o *ledger.Order) { o.Lines[0].Here = 3 }), "line 1: lines promise more than was ordered"},
		{sold(func(o *ledger.Order) { o.Uses = rows(17, func(int) ledger.AssetID { return "promo:P" }) }), "uses are 17; an order has at most 16"},
		{sold(func(o *ledger.Order) { o.Uses = []ledger.AssetID{"promo:P", "promo:P"} }), `uses name "promo:P", which is no promotion, or one that is named before`},
		{late(ledger.KindDropShip, string(oid("o-1")), &ledger.DropBody{Deed: ledger.DropSend, Supplier: "Lux", Note: "DN 1", Order: new(dropOrder("o-1", 1, 1, 1)),
			Lines: rows(ledger.LinesMax+1, func(int) ledger.CommandLine { return units(2, 1) })}, nil), "lines are more than an order has"},
		{back(func(b *ledger.ReturnBody) { b.Return.ID = "" }), "return is none that a book has taken in"},
		{back(func(b *ledger.ReturnBody) { b.Return.Lines = append(b.Return.Lines, b.Return.Lines[0]) }), "return does not add up: return R-9 has two lines 1"},
		{back(func(b *ledger.ReturnBody) { b.Parcel = &ledger.WorkBody{Deed: ledger.DeedComeBack} }), "return does not add up: a parcel of return R-9 brings 0 of line 1, of which 2 came back"},
		{back(func(b *ledger.ReturnBody) { b.Return.Lines[0].Bin = "" }), "line 1: bin is no bin's name"},
		{back(func(b *ledger.ReturnBody) { b.Acts = []ledger.ReturnAct{{Line: 0, Do: "keep", Qty: 1}} }), "line 1: disposition is nothing that can be done with a line of the return"},
		{back(func(b *ledger.ReturnBody) { b.Return.Lines[0].SKU = "FULL" }), "line 1: qty would be more than 9007199254740991 on hand"},
		{&ledger.Attest{Moved: rows(10_001, func(int) ledger.SKU { return "TAP" })}, "moved has 10001 SKUs; at most 10000 are named: leave them out, and all are looked at"},
	})
}

// A count of a sheet that the book's life before has printed says so.
func TestACountOfAnEarlierLifeIsRefusedInWords(t *testing.T) {
	s := newStage(t, "leeds", true)
	at := s.core.State.Seq
	s.play("receive TAP 10")
	s.must(&ledger.OpenSite{Epoch: 2, Body: ledger.OpenedBody{Counter: true}})
	out := s.do(&ledger.Count{Epoch: 2, At: at, Reason: ledger.CountReason, Lines: []ledger.CountedLine{{SKU: "TAP", Bin: ledger.BinDefault, Counted: 9}}})
	if got := fmt.Sprint(out.Err); got != fmt.Sprintf("at is of epoch 2, and entry %d behind it is of epoch 1: the site's book has begun another life since. Take a new sheet, and count again", at+1) {
		t.Errorf("got %q", got)
	}
	r := &ledger.Count{Epoch: 1, At: at, Reason: ledger.CountReason, Lines: []ledger.CountedLine{{SKU: "TAP", Bin: ledger.BinDefault, Counted: 9}}}
	if got := fmt.Sprint(s.do(r).Err); got != "at is of epoch 1, the book is in epoch 2: it is of another life of this site, or of another site. Take a new sheet, and count again" {
		t.Errorf("got %q", got)
	}
}

// A book that is opened as what it is not says so to who opens it.
func TestABookThatIsOpenedAsAnothersIsRefusedInWords(t *testing.T) {
	d := newDesk(t)
	env, cfg := d.world.Env(), d.cfg
	cfg.LockWait = -time.Second
	_, below := ledger.OpenBook(env, cfg)
	cfg = d.cfg
	cfg.Dir = filepath.Join(t.TempDir(), "b")
	_, plan := ledger.NewRebuild(env, cfg, ledger.RebuildPlan{Site: "york", Epoch: 2})
	if _, err := ledger.NewRebuild(env, cfg, ledger.RebuildPlan{Site: "leeds", Epoch: 2, Counter: true}); err != nil {
		t.Fatal(err)
	}
	cfg.Site = "york"
	_, other := ledger.OpenBook(env, cfg)
	saysSo(t, []unfit{
		{other, "open book " + filepath.Join(cfg.Dir, ledger.BookFile) + ": " + "site is york, but the book that is being rebuilt belongs to leeds: name that site, or another folder"},
		{below, "open book: " + "queue, checkpoint, journal size, compact or lock wait is below zero: leave it out for what is usual"},
		{plan, "rebuild book " + cfg.Dir + ": " + `plan is of site "york" and epoch 2, and the book is leeds's: begin with the plan of its own`},
	})
}

// Where more was moved than one answer holds, a place is asked for that is later.
func TestASheetOfAllThatWasEverMovedIsRefusedInWords(t *testing.T) {
	d := newDesk(t)
	for sku := range 11 {
		for first := 0; first < ledger.BinsMax; first += ledger.LinesMax {
			d.must(&ledger.Receive{ID: fmt.Sprint(sku, first), Lines: rows(ledger.LinesMax, func(i int) ledger.ReceiptLine {
				return ledger.ReceiptLine{SKU: ledger.SKU(fmt.Sprint("S-", sku)), Qty: 1, Bin: ledger.Bin(fmt.Sprint("B-", first+i))}
			})})
		}
	}
	_, _, _, err := d.book.CountSheet(ledger.SheetQuery{Moved: true, SinceEpoch: 1, Since: 1, Limit: 9})
	if got := fmt.Sprint(err); got != "moved_since has more than 100000 bins behind it: ask for a later place, or for a bin" {
		t.Errorf("got %q", got)
	}
}
