package machine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// hauls is a bench with a warehouse that has nine taps, and two shops.
func hauls(t testing.TB) *bench {
	b := newBench(t)
	b.site("hull", false)
	b.site("leeds", true)
	b.site("york", true)
	b.receive("hull", 9, "TAP-22")
	b.receive("york", 4, "TAP-22")
	for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
		b.talk(id)
	}
	return b
}

func haul(id string, from, to ledger.SiteID, q ledger.Qty) ledger.Transfer {
	return ledger.Transfer{ID: ledger.TransferID(id), From: from, To: to, Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: q}}}
}

func (b *bench) transferIs(id ledger.TransferID, want string) {
	b.t.Helper()
	t, ok := b.m.Transfer(id)
	got := "unknown"
	if ok {
		l := &t.Lines[0]
		got = fmt.Sprintf("%s qty=%d sent=%d came=%d damaged=%d way=%d", t.State, l.Qty, l.Sent, l.Came, l.Damaged, b.m.InTransit("TAP-22"))
	}
	if got != want {
		b.t.Errorf("transfer %s: got %s, want %s", id, got, want)
	}
}

func (b *bench) held(site ledger.SiteID) ledger.Qty {
	for _, s := range b.m.StockOf("TAP-22") {
		if s.Site.ID == site {
			return s.Held
		}
	}
	return 0
}

func TestHeadOfficeSendsWhatItHolds(t *testing.T) {
	b := hauls(t)
	c := &machine.MakeTransfer{Transfer: haul("T-1", "hull", "leeds", 5), Key: digest("t"), Request: digest("r"), By: "beth", At: at}
	if res := b.ok(c); res.Answer.Err() != nil || b.held("hull") != 4 {
		t.Fatalf("got %v and %d held, want 4 left to promise at once", res.Answer.Err(), b.held("hull"))
	}
	b.transferIs("T-1", "approved qty=5 sent=0 came=0 damaged=0 way=0")
	if res := b.ok(c); !res.Replayed || b.held("hull") != 4 {
		t.Errorf("repeated: got %+v, want the first answer", res)
	}
	b.talk("hull")
	b.transferIs("T-1", "reserved qty=5 sent=0 came=0 damaged=0 way=0")
	b.says("hull", &ledger.DispatchTransfer{ID: "T-1", Lines: []ledger.TransferLine{{SKU: "TAP-22", Sent: 4}}})
	b.transferIs("T-1", "dispatched qty=5 sent=4 came=0 damaged=0 way=4")
	if b.held("hull") != 5 {
		t.Errorf("got %d held, want the one that stayed back", b.held("hull"))
	}
	b.talk("leeds")
	b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Came: 3, Damaged: 1}}})
	b.transferIs("T-1", "received qty=5 sent=4 came=3 damaged=1 way=0")
	b.talk("hull")
	b.transferIs("T-1", "settled qty=5 sent=4 came=3 damaged=1 way=0")
	if e := b.asked("transfer_differs"); e == nil || e.Why != "transfer T-1 from hull to leeds: 1 of 4 TAP-22 are missing; 1 TAP-22 are damaged" {
		t.Errorf("got %+v, want the difference told", e)
	}
	b.restarts()
	b.audit()
}

// Head office tells the receiver which lots have left, and the sender which came: what is amiss is so by lot, and a restart keeps it.
func TestHeadOfficeCarriesTheLotsOfATransfer(t *testing.T) {
	b := hauls(t)
	b.says("york", &ledger.Receive{ID: "lots", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5, Lots: []ledger.LotQty{{Lot: "A", Qty: 3, Expiry: 30_000}, {Lot: "B", Qty: 2}}}}})
	b.says("york", &ledger.MakeTransfer{Transfer: haul("T-1", "york", "leeds", 5)})
	b.says("york", &ledger.DispatchTransfer{ID: "T-1"})
	b.restarts()
	b.talk("leeds")
	b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Came: 4, Damaged: 1,
		Lots: []ledger.CameLot{{LotQty: ledger.LotQty{Lot: "A", Qty: 2}, Damaged: 1}, {LotQty: ledger.LotQty{Lot: "B", Qty: 2}}}}}})
	b.talk("york")
	rec, _ := b.m.Transfer("T-1")
	want := []ledger.TransferLot{{Lot: "A", Expiry: 30_000, Sent: 3, Came: 2, Damaged: 1}, {Lot: "B", Sent: 2, Came: 2}}
	if rec.State != ledger.TransferSettled || !reflect.DeepEqual(rec.Lines[0].Lots, want) {
		t.Errorf("got %s %+v, want it settled with %+v", rec.State, rec.Lines[0].Lots, want)
	}
	level, _ := b.cores["leeds"].State.Level("TAP-22")
	if l := level.Lot("A"); l == nil || l.Expiry != 30_000 {
		t.Errorf("got %+v at leeds, want the lot and its last day", l)
	}
	if e := b.asked("transfer_differs"); e == nil || e.Why != "transfer T-1 from york to leeds: 1 of 5 TAP-22 are missing; 1 TAP-22 are damaged; of lot A of TAP-22 1 of 3 did not come; of lot A of TAP-22 1 are damaged" {
		t.Errorf("got %+v, want the difference told by lot", e)
	}
	b.restarts()
	b.audit()
}

func TestATransferThatHeadOfficeCannotGiveIsRefused(t *testing.T) {
	b := hauls(t)
	no := func(name string, c machine.Command, want string) {
		t.Helper()
		res := b.apply(c)
		err := res.Err
		if err == nil {
			err = res.Answer.Err()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	n := 0
	make := func(v ledger.Transfer) *machine.MakeTransfer {
		n++
		return &machine.MakeTransfer{Transfer: v, Key: digest(fmt.Sprint("m", n)), Request: digest("r"), By: "beth", At: at}
	}
	judge := func(id ledger.TransferID, refuse bool) *machine.JudgeTransfer {
		n++
		return &machine.JudgeTransfer{Transfer: id, Refuse: refuse, Key: digest(fmt.Sprint("j", n)), Request: digest("r"), By: "beth", At: at}
	}
	short := make(haul("T-1", "hull", "leeds", 10))
	no("more than is held", short, "wants 10 of TAP-22, there are 9")
	if res := b.ok(short); !res.Replayed || res.Answer.Err() == nil {
		t.Errorf("a no is remembered: got %+v", res)
	}
	no("an unknown site", make(haul("T-1", "hull", "mars", 1)), "no such site")
	no("no units", make(haul("T-1", "hull", "leeds", 0)), "qty")
	no("a yes to nothing", judge("T-1", false), machine.ErrTransferUnknown.Error())
	b.ok(make(haul("T-1", "hull", "leeds", 2)))
	no("an id twice", make(haul("T-1", "hull", "york", 1)), "is approved")
	no("a yes twice", judge("T-1", false), "is approved")
	no("a no after a yes", judge("T-1", true), "is approved")
	unsigned := judge("T-1", false)
	unsigned.By = ""
	no("a yes of nobody", unsigned, "somebody has to sign")
	reused := make(haul("T-2", "hull", "leeds", 1))
	reused.Key, reused.Request = short.Key, digest("another")
	if res := b.apply(reused); !errors.Is(res.Err, ledger.ErrKeyReused) {
		t.Errorf("a key twice: got %v", res.Err)
	}
	// Sold in the meantime: the counter's own book has the last word.
	b.ok(make(haul("T-3", "york", "leeds", 4)))
	b.decides("york", &ledger.Place{Order: ledger.Order{ID: orderC, Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}})
	b.talk("york")
	b.transferIs("T-3", "refused qty=4 sent=0 came=0 damaged=0 way=0")
	if e := b.asked("transfer_refused"); e == nil {
		t.Error("want somebody to hear of it")
	}
	b.ok(&machine.DeclareLost{Site: "hull", By: "olga", Reason: "burnt down", At: at})
	no("from a site that is lost", make(haul("T-4", "hull", "leeds", 1)), "declared lost")
	no("to a site that is lost", make(haul("T-4", "york", "hull", 1)), "declared lost")
}

// What a shop asks for waits for a person; what a warehouse asks for out of its own shelf is given where it is held.
func TestWhatASiteAsksForIsJudged(t *testing.T) {
	b := hauls(t)
	v := haul("T-1", "hull", "leeds", 5)
	b.says("leeds", &ledger.MakeTransfer{Transfer: v})
	b.transferIs("T-1", "asked qty=5 sent=0 came=0 damaged=0 way=0")
	if b.held("hull") != 9 {
		t.Errorf("asked for: got %d held, want nothing given yet", b.held("hull"))
	}
	b.ok(&machine.JudgeTransfer{Transfer: "T-1", Key: digest("j"), Request: digest("r"), By: "beth", At: at})
	b.talk("hull")
	b.transferIs("T-1", "reserved qty=5 sent=0 came=0 damaged=0 way=0")
	b.says("leeds", &ledger.MakeTransfer{Transfer: haul("T-2", "hull", "leeds", 1)})
	b.ok(&machine.JudgeTransfer{Transfer: "T-2", Refuse: true, Key: digest("k"), Request: digest("r"), By: "beth", At: at})
	b.talk("leeds")
	b.transferIs("T-2", "refused qty=1 sent=0 came=0 damaged=0 way=0")
	b.says("hull", &ledger.MakeTransfer{Transfer: haul("T-3", "hull", "york", 4)})
	b.talk("hull")
	b.transferIs("T-3", "reserved qty=4 sent=0 came=0 damaged=0 way=0")
	b.says("hull", &ledger.MakeTransfer{Transfer: haul("T-4", "hull", "york", 1)})
	b.transferIs("T-4", "refused qty=1 sent=0 came=0 damaged=0 way=0")
	b.talk("hull")
	// A sender says yes by making it under the id.
	b.says("leeds", &ledger.MakeTransfer{Transfer: haul("T-5", "york", "leeds", 2)})
	b.says("york", &ledger.MakeTransfer{Transfer: haul("T-5", "york", "leeds", 2)})
	b.transferIs("T-5", "reserved qty=2 sent=0 came=0 damaged=0 way=0")
	b.says("york", &ledger.DispatchTransfer{ID: "T-5", Cancel: true})
	b.transferIs("T-5", "cancelled qty=2 sent=0 came=0 damaged=0 way=0")
	b.restarts()
	b.audit()
}

// A site's entry that begins no transfer leaves no record behind: a snapshot with one that is of nothing would not be read.
func TestAnEntryThatBeginsNoTransferLeavesNone(t *testing.T) {
	for name, e := range map[string]*ledger.Entry{
		"a cancel":  {Kind: ledger.KindTransferDispatched, Ref: "T-1", Body: &ledger.TransferBody{Transfer: ledger.Transfer{ID: "T-1", From: "hull", To: "leeds", State: ledger.TransferCanceled, Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 1}}}}},
		"a return":  {Kind: ledger.KindTransferReceived, Ref: "T-1", Body: &ledger.TransferBody{Transfer: ledger.Transfer{ID: "T-1", From: "hull", To: "leeds", State: ledger.TransferReturned, Lines: []ledger.TransferLine{{SKU: "TAP-22"}}}}},
		"no lines":  {Kind: ledger.KindTransferReserved, Ref: "T-1", Body: &ledger.TransferBody{Transfer: ledger.Transfer{ID: "T-1", From: "hull", To: "leeds", State: ledger.TransferReserved}}},
		"of others": {Kind: ledger.KindTransferReserved, Ref: "T-1", Body: &ledger.TransferBody{Transfer: ledger.Transfer{ID: "T-1", From: "york", To: "leeds", State: ledger.TransferReserved, Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 1}}}}},
	} {
		b := hauls(t)
		b.writes("hull", e)
		if _, known := b.m.Transfer("T-1"); known {
			t.Errorf("%s: got a transfer, want none", name)
		}
		b.restarts()
	}
}

// Two sites may use one number for two transfers while they are cut off: nothing is counted for the wrong one.
func TestOneNumberOnTwoTransfersIsTold(t *testing.T) {
	b := hauls(t)
	b.says("york", &ledger.MakeTransfer{Transfer: haul("T-1", "york", "leeds", 2)})
	b.says("leeds", &ledger.MakeTransfer{Transfer: haul("T-1", "hull", "leeds", 5)})
	b.transferIs("T-1", "reserved qty=2 sent=0 came=0 damaged=0 way=0")
	if e := b.asked("transfer_id"); e == nil {
		t.Error("want somebody to hear of it")
	}
}

// Head office that goes back to a backup learns from the journals what was sent and what came, and no command of before
// and after takes effect twice.
func TestTransfersSurviveALifeOfHeadOffice(t *testing.T) {
	for stop := range 6 {
		b := hauls(t)
		backup, since := encode(t, b.m), len(b.log)
		steps := []func(){
			func() {
				b.ok(&machine.MakeTransfer{Transfer: haul("T-1", "hull", "leeds", 5), Key: digest("t"), Request: digest("r"), By: "beth", At: at})
			},
			func() { b.talk("hull") },
			func() { b.says("hull", &ledger.DispatchTransfer{ID: "T-1"}) },
			func() { b.talk("leeds") },
			func() {
				b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", From: "hull", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Came: 4}}})
			},
			func() { b.talk("hull") },
		}
		for _, s := range steps[:stop] {
			s()
		}
		pushes := map[ledger.SiteID][]*machine.Push{"hull": b.pushed("hull", since), "leeds": b.pushed("leeds", since)}
		b.goesBack(backup)
		for _, id := range []ledger.SiteID{"leeds", "york", "hull"} { // the receiver's journal comes first
			b.attests(id, pushes[id]...)
		}
		for range 3 {
			for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
				b.talk(id)
			}
		}
		if stop == 0 {
			continue // nothing was made
		}
		from := stop
		if stop == 1 { // it was made, and no journal knows of it: whoever made it sends it again under its key
			b.transferIs("T-1", "unknown")
			from = 0
		}
		for _, s := range steps[from:] {
			s()
		}
		for range 3 {
			for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
				b.talk(id)
			}
		}
		b.transferIs("T-1", "settled qty=5 sent=5 came=4 damaged=0 way=0")
		b.audit()
	}
}

// TestProtocol25ATransferIsCountedOnce: goods that are counted at dispatch and at receipt are there twice, or nowhere,
// as soon as the two entries come in another order, or one of them twice, or one not at all. Here each unit is on the
// sender's shelf, on its way, or on the receiver's shelf, whatever head office has heard of first; what it may promise is never
// more than lies on shelves; and when all has been said nothing is on its way.
func TestProtocol25ATransferIsCountedOnceAtDispatchAndAtReceipt(t *testing.T) {
	for seed := range uint64(25) {
		b := hauls(t)
		r := rand.New(rand.NewPCG(seed, 25))
		sites := []ledger.SiteID{"hull", "leeds", "york"}
		sold, ids := ledger.Qty(0), 0
		for range 40 {
			id := ledger.TransferID(fmt.Sprint("T-", r.IntN(ids+1)))
			from, to := sites[r.IntN(3)], sites[1+r.IntN(2)]
			v := haul(string(id), from, to, ledger.Qty(1+r.IntN(3)))
			switch r.IntN(6) {
			case 0:
				if v.From != v.To {
					ids++
					v.ID = ledger.TransferID(fmt.Sprint("T-", ids))
					b.cores[from].Decide(&ledger.MakeTransfer{Transfer: v}, at)
				}
			case 1:
				if v.From != v.To {
					ids++
					v.ID = ledger.TransferID(fmt.Sprint("T-", ids))
					b.ok(&machine.MakeTransfer{Transfer: v, Key: digest(fmt.Sprint(seed, ids)), Request: digest("r"), By: "beth", At: at})
				}
			case 2: // whoever presses the button of what is not his is refused
				for _, s := range sites {
					b.cores[s].Decide(&ledger.DispatchTransfer{ID: id}, at)
				}
			case 3: // the paper is with the goods, so nothing is received that did not leave
				if doc, site := b.left(id); doc != nil {
					line := ledger.ReceivedLine{SKU: "TAP-22", Came: doc.Lines[0].Sent - ledger.Qty(r.IntN(2))}
					b.cores[site].Decide(&ledger.ReceiveTransfer{ID: id, From: doc.From, Lines: []ledger.ReceivedLine{line}}, at)
				}
			case 4:
				out := b.cores[to].Decide(&ledger.Place{Order: ledger.Order{ID: ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", r.Uint64N(1<<40))), Fulfil: ledger.Take, Shortage: ledger.Refuse,
					Lines: []ledger.Line{{SKU: "TAP-22", Qty: 1}}}}, at)
				if out.Err == nil {
					sold++
				}
			default:
				b.talk(sites[r.IntN(3)])
			}
			b.counted(seed, sold)
		}
		for range 4 {
			for _, s := range sites {
				for n := range ids + 1 {
					id := ledger.TransferID(fmt.Sprint("T-", n))
					if doc, site := b.left(id); doc != nil {
						b.cores[site].Decide(&ledger.ReceiveTransfer{ID: id, From: doc.From, Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Came: doc.Lines[0].Sent}}}, at)
					}
				}
				b.talk(s)
			}
		}
		b.counted(seed, sold)
		if way := b.m.InTransit("TAP-22"); way != 0 {
			t.Fatalf("seed %d: got %d on the way, want none", seed, way)
		}
		if list, _ := b.m.Transfers("", 1000, 1000, func(t *machine.Transfer) bool {
			return t.State == ledger.TransferDispatched || t.State == ledger.TransferReceived
		}); len(list) > 0 {
			t.Fatalf("seed %d: transfer %s is still %s", seed, list[0].ID, list[0].State)
		}
		b.audit()
	}
}

// left gives a transfer that has left by its sender's journal, and the site that it goes to; nil where none has.
func (b *bench) left(id ledger.TransferID) (*ledger.Transfer, ledger.SiteID) {
	for site := range b.cores {
		for _, e := range b.journal(site) {
			if body, ok := e.Body.(*ledger.TransferBody); ok && e.Kind == ledger.KindTransferDispatched && body.Refusal == "" && body.Transfer.ID == id && body.Transfer.State == ledger.TransferDispatched {
				return &body.Transfer, body.Transfer.To
			}
		}
	}
	return nil, ""
}

// counted holds that each unit is in one place: on a shelf, on its way by what left and came, sold, or missing.
func (b *bench) counted(seed uint64, sold ledger.Qty) {
	b.t.Helper()
	var shelf, way, missing, promised ledger.Qty
	for site, core := range b.cores {
		l, _ := core.State.Level("TAP-22")
		shelf += l.OnHand()
		promised += l.Available + l.AllottedSum() + l.Reserved
		for _, e := range b.journal(site) {
			for _, p := range e.Postings {
				switch {
				case p.Account.Kind == ledger.Transit:
					way += p.Qty
				case p.Account.Kind == ledger.Loss && (p.Account.Ref == ledger.TransferMissing || p.Account.Ref == ledger.TransferSurplus):
					missing += p.Qty
				}
			}
		}
	}
	if shelf+way+sold+missing != 13 || way < 0 || promised > shelf {
		b.t.Fatalf("seed %d: got %d on shelves, of which %d are claimed, %d on the way, %d sold, %d missing; want 13 in all", seed, shelf, promised, way, sold, missing)
	}
}

// What is stored of transfers stays readable.
func TestASnapshotKeepsItsTransfers(t *testing.T) {
	b := hauls(t)
	b.ok(&machine.MakeTransfer{Transfer: haul("T-1", "hull", "leeds", 5), Key: digest("t"), Request: digest("r"), By: "beth", At: at})
	b.talk("hull")
	b.says("hull", &ledger.DispatchTransfer{ID: "T-1"})
	b.says("leeds", &ledger.MakeTransfer{Transfer: haul("T-2", "york", "leeds", 1)})
	b.says("leeds", &ledger.ReceiveTransfer{ID: "T-3", From: "hull", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Came: 2, Damaged: 1}}})
	b.ok(&machine.JudgeTransfer{Transfer: "T-2", Refuse: true, By: "olga", Reason: "not to spare", Key: digest("j"), Request: digest("r"), At: at})
	b.talk("hull")
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_transfers", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []ledger.TransferID{"T-1", "T-2", "T-3"} {
		was, _ := b.m.Transfer(id)
		if is, ok := m.Transfer(id); !ok || !reflect.DeepEqual(was, is) {
			t.Errorf("%s: got %+v, want %+v", id, is, was)
		}
	}
	if m.InTransit("TAP-22") != 5 {
		t.Errorf("got %d in transit, want 5", m.InTransit("TAP-22"))
	}
}
