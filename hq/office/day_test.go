package office_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// theDay is a working day of a shop, Leeds, and a warehouse, Hull. Behind "=>" stands what the person who does it is told; where that is another
// thing while the line to head office is down, both are said. Sums are pence. Everything is done at the same minute of both days, and whoever asks
// head office while it cannot be asked is answered after four.
//
//	sells      a customer takes goods away          orders     a customer has them sent, from wherever they lie, or collects them where is said
//	lays by    a customer comes for them later      keeps      the same, and they are yet to come
//	parks      a sale goes on later                 quotes     a customer is offered goods, and may order them
//	takes back goods of a sale come back            looks at   what is done with what came back
//	buys       goods are ordered of a supplier      expects    no more of them
//	wants      a shop asks for goods of another     puts away  goods go from where they came in into a bin
//	is paid    for an order, at the till            gives back some of what was paid
//	charges    some of an order to its customer's account, beside the till
//	traces     who had goods of a lot, and how many are left; goods of a lot leave first that is over first
//	holds      a lot, of which nothing is sold any more
//	asks back  for the right to give back here what another site took
const theDay = `
07:30  HQ     allots     3000 of TRADE-1 to leeds, of 5000  => allotted
07:31  HQ     allots     500 of risk:hull to hull, of 500   => allotted
07:40  Leeds  opens      the till with 10000  => open
07:40  Hull   opens      the till with 5000   => open
07:45  Hull   buys       PO-1  20 PIPE        => sent
07:50  Leeds  buys       PO-2  12 CUP         => sent
07:55  Hull   buys       PO-3  5 NAIL         => sent
08:00  Hull   goods-in    20 PIPE of PO-1
08:02  Hull   puts away   8 PIPE into A-1     => done
08:03  Hull   puts away   13 PIPE into A-1    => 13 of PIPE are to leave bin MAIN, 12 lie there
08:05  Hull   goods-in    10 TAP
08:10  Leeds  goods-in     6 TAP
08:15  Leeds  goods-in     6 MUG
08:20  Leeds  goods-in     6 LAMP
08:25  Leeds  goods-in     9 SHADE
08:26  Leeds  goods-in     4 PASTE, lot P-MAR until 2026-03-01
08:27  Leeds  goods-in     4 PASTE, lot P-FEB until 2026-02-01
09:00  Leeds  sells       sale-1   2 TAP     => completed
09:02  Leeds  is paid     900 for sale-1, 1000 in cash    => paid, change 100, T1-1-000001
09:30  Leeds  orders      order-1  3 PIPE    => allocated
09:32  Leeds  is paid     1000 for order-1 by card, a deposit  => deposit, change 0, T1-1-000002
09:35  Leeds  orders      order-4  1 PIPE to collect at hull  => allocated
09:40  Hull   picks       order-1  3         => picked
09:45  Hull   packs       order-1            => packed
10:05  Leeds  sells       sale-2   1 TAP     => completed
10:06  Leeds  is paid     450 for sale-2 on account of TRADE-1  => paid, change 0, T1-1-000003
10:08  Leeds  keeps       order-5  2 CUP for when they come  => backordered
10:10  Leeds  goods-in    4 CUP of PO-2
10:12  Leeds  looks up    order-5            => allocated
10:15  Leeds  sells       sale-3   9 TAP     => there are only 3
10:20  Leeds  orders      order-2  4 PIPE    => line up: allocated; line down: backordered
10:25  Leeds  charges     4800 of order-2 to TRADE-1      => line up: 3000 of credit:TRADE-1 are held; line down: 2550 of credit:TRADE-1 are held
10:26  Leeds  charges     2400 of order-2 to TRADE-1      => charged
10:27  Leeds  is paid     2400 for order-2 by card, a deposit  => deposit, change 0, T1-1-000004
10:30  Hull   sends       order-1            => dispatched
10:40  Leeds  quotes      order-6  2 LAMP    => draft
10:45  Leeds  lays by     order-3  2 MUG     => allocated
10:46  Leeds  is paid     601 for order-3, 700 in cash    => overpaid
10:47  Leeds  is paid     600 for order-3, 700 in cash    => paid, change 100, T1-1-000005
10:50  Leeds  loads       2000 onto G-7      => charged
11:00  Leeds  picks       order-3  2         => picked
11:05  Leeds  readies     order-3            => ready
11:10  Hull   goods-in    6 NAIL of PO-3     => PO-3 is of 5 NAIL, 0 came before and 6 come now
11:12  Hull   goods-in    6 NAIL of PO-3, the one more is kept  => done
11:15  Leeds  goods-in    6 CUP of PO-2
11:20  Leeds  parks       sale-5   1 LAMP    => draft
11:25  Leeds  orders      order-8  1 SOFA, which Oak & Co sends  => allocated
11:30  Leeds  wants       T-1      4 TAP     => asked
11:40  Leeds  goes on with  sale-5           => completed
11:42  Leeds  is paid     2500 for sale-5, 1500 with G-7 and 1000 in cash  => paid, change 0, T1-1-000006
11:45  Leeds  sells       sale-8   3 PASTE   => completed
11:46  Leeds  is paid     600 for sale-8 by card  => paid, change 0, T1-1-000007
12:00  Leeds  takes back  back-1   1 of sale-1  => received
12:02  Leeds  gives back  450 of sale-1      => 450 given back, T1-1-000008
12:03  Leeds  gives back  451 of sale-1      => over_refunded
12:05  Leeds  looks at    back-1   1 restock    => closed
12:10  Leeds  takes back  back-9   2 of sale-1  => 2 sold, 1 came back before
12:20  Leeds  exchanges   1 of sale-5 for 2 SHADE as sale-6, back-5  => 2000 cross, 500 in hand
12:22  Leeds  exchanges   1 of sale-5 for 1 SHADE as sale-7, back-6  => 1 sold, 1 came back before
12:30  Hull   takes back  back-2   1 of sale-2  => pending
12:40  Leeds  traces      lot P-FEB of PASTE      => sale-8 had 3, 1 lies here
12:45  Leeds  holds       lot P-FEB of PASTE, for it is recalled  => 1 blocked
12:50  Leeds  sells       sale-9   5 PASTE   => there are only 4
13:00  Leeds  collects    order-3  wrong code   => this is not the code of this order
13:05  Leeds  collects    order-3            => collected
13:10  Leeds  orders      order-7  1 TAP to collect at hull  => line up: allocated; line down: backordered
13:30  Hull   hears       order-1 was not delivered  => undelivered
13:35  Hull   picks       order-4  1         => picked
13:36  Hull   readies     order-4            => ready
13:40  Hull   collects    order-4            => collected
13:45  Leeds  places      order-6            => allocated
13:47  Leeds  hears       of Oak & Co that 1 of order-8 has left, note 77  => 1 sent
13:48  Leeds  hears       of Oak & Co that 1 of order-8 has left, note 77  => was booked
13:50  Leeds  places      order-6            => is no draft any more
14:00  Leeds  counts      3 MUG              => one is gone
14:05  Leeds  counts      5 SHADE            => 1 lines differ by more than the tolerance
14:08  Leeds  counts      5 SHADE, again by dora, approved by olga  => 2 are gone
14:10  Leeds  pays out    250 for milk       => open
14:12  Leeds  pays in     500 for change     => open
14:20  Hull   asks back   450 of sale-1      => asked
14:25  Hull   asks back   400 of order-3, at the company's risk  => 400 given back, T2-1-000001
14:26  Hull   asks back   600 of order-3, at the company's risk  => line up: 600 wanted, 500 there; line down: 600 wanted, 100 there
15:00  Leeds  sells       sale-4   2 TAP     => completed
15:02  Leeds  is paid     900 for sale-4, 900 in cash     => paid, change 0, T1-1-000010
15:10  Leeds  writes off  1 SHADE            => done
15:20  Leeds  takes back  back-7   1 of sale-8    => received
15:30  Hull   has         order-1 back as back-3     => pending
15:40  Leeds  expects     no more of PO-2    => closed_short
16:10  Hull   picks       order-2  4         => picked
16:15  Hull   packs       order-2            => packed
16:20  Hull   sends       order-2            => dispatched
16:25  Leeds  takes back  back-4   3 of order-1  => 3 sold, 3 came back before
16:27  Leeds  gives back  1000 of order-1    => 1000 given back, T1-1-000011
16:30  HQ     approves    T-1                => approved
16:32  Hull   gives back  450 of sale-1      => 450 given back, T2-1-000002
16:33  Hull   gives back  1 of sale-1        => over_refunded
16:34  Leeds  gives back  450 of sale-1      => over_refunded
16:35  Hull   dispatches  T-1                => dispatched
16:50  Leeds  receives    T-1  3, 1 of them damaged  => received
17:00  Leeds  sees        1 TAP blocked: scrap   => done
17:05  Hull   picks       order-7  1         => picked
17:06  Hull   readies     order-7            => ready
17:08  Hull   collects    order-7            => collected
17:10  Hull   looks at    back-2   1 restock     => closed
17:12  Leeds  gives back  450 of sale-2      => 450 given back, T1-1-000012
17:15  Hull   looks at    back-3   3 restock     => closed
17:20  Leeds  looks at    back-5   1 restock     => closed
17:21  Leeds  looks at    back-7   1 scrap        => closed
17:30  Hull   hears       order-2 was delivered  => delivered
17:35  Hull   closes      the manifest of POST   => manifest 1, 2 shipments
17:40  Leeds  ends        the day            => drawer_open
17:45  Leeds  closes      the till with 13190, a coin is gone  => closed
17:46  Hull   closes      the till with 4150     => closed
17:50  Leeds  ends        the day            => day 1
17:51  Hull   ends        the day            => day 1
`

// A workday plays a day. What people are told is written down as it is said.
type workday struct {
	*company
	down bool
	docs map[string]ledger.OrderID
}

func (d *workday) online() bool {
	at := d.now.Format("15:04")
	return !d.down || at < "10:00" || at >= "16:00"
}

// talk lets the sites and head office say what they have to say, where the line is up.
func (d *workday) talk() {
	for range 4 {
		if !d.online() {
			return
		}
		for _, id := range d.names {
			d.sites[id].exchange()
		}
		if _, err := d.off.Release(context.Background(), d.now); err != nil {
			d.fail("release: %v", err)
		}
	}
}

func (d *workday) id(name string) ledger.OrderID {
	if d.docs[name] == "" {
		d.docs[name] = d.orderID()
	}
	return d.docs[name]
}

// play has everybody do the day's work and hear what is said.
func (d *workday) play(t *testing.T, story string) {
	for _, row := range strings.Split(strings.TrimSpace(story), "\n") {
		did, want, _ := strings.Cut(row, "=>")
		w := strings.Fields(did)
		clock, err := time.Parse("15:04", w[0])
		if err != nil {
			t.Fatal(err)
		}
		d.now = time.Date(2026, 1, 5, clock.Hour(), clock.Minute(), 0, 0, time.UTC)
		d.talk()
		got := d.act(t, w[1], strings.Join(w[2:], " "))
		if up, both := strings.CutPrefix(strings.TrimSpace(want), "line up: "); both {
			here, there, _ := strings.Cut(up, "; line down: ")
			if want = here; d.down {
				want = there
			}
		}
		if want = strings.TrimSpace(want); want != "" && !strings.Contains(got, want) {
			t.Errorf("line down %t: %s: got %q, want %q", d.down, strings.TrimSpace(did), got, want)
		}
		d.talk()
	}
}

// act does one row. A number stands where the words have one.
func (d *workday) act(t *testing.T, who, what string) string {
	t.Helper()
	words := strings.Fields(what)
	nums := make([]ledger.Qty, 0, 2)
	for _, w := range words {
		if n, err := strconv.Atoi(strings.TrimSuffix(w, ",")); err == nil {
			nums = append(nums, ledger.Qty(n))
		}
	}
	has := func(begin string) bool { return strings.HasPrefix(what, begin) }
	n := d.sites[ledger.SiteID(strings.ToLower(who))]
	last := words[len(words)-1]
	switch {
	case has("allots"):
		return d.allots(ledger.SiteID(strings.TrimSuffix(words[5], ",")), words[3], nums[0], nums[1])
	case who == "HQ":
		d.propose(&machine.JudgeTransfer{Transfer: ledger.TransferID(last), Key: d.key(), By: "olga", At: d.now})
		return "approved"
	case has("goods-in"):
		return toldOf(n.do(&ledger.Receive{ID: fmt.Sprint(d.key()), Reference: after(words, "of"), KeepOver: strings.HasSuffix(what, "kept"), By: "bob",
			Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(strings.TrimSuffix(words[2], ",")), Qty: nums[0], Lots: lots(words, nums[0])}}}))
	case has("sells"), has("orders"), has("lays by"), has("keeps"), has("parks"), has("quotes"):
		return d.takes(n, what, nums[0])
	case has("picks"):
		return toldOf(n.do(&ledger.PickLeg{Order: d.id(words[1]), Lines: []ledger.LegLine{{Line: 1, Qty: nums[0]}}}))
	case has("wants"):
		return toldOf(n.do(&ledger.MakeTransfer{Transfer: ledger.Transfer{ID: ledger.TransferID(words[1]), From: "hull", To: n.id(), Lines: []ledger.TransferLine{{SKU: ledger.SKU(last), Qty: nums[0]}}}}))
	case has("dispatches"):
		return toldOf(n.do(&ledger.DispatchTransfer{ID: ledger.TransferID(last)}))
	case has("receives"):
		return toldOf(n.do(&ledger.ReceiveTransfer{ID: ledger.TransferID(words[1]), From: "hull", Lines: []ledger.ReceivedLine{{SKU: "TAP", Came: nums[0], Damaged: nums[1]}}}))
	case has("takes back"):
		of := d.id(last)
		back := &ledger.TakeBack{ID: ledger.ReturnID(d.id(words[2])), Order: of, Reason: "too small", By: "anna", Lines: []ledger.BackLine{{Line: 1, Qty: nums[0]}}}
		if o, _ := d.sites["leeds"].core.State.Order(of); n.id() != "leeds" {
			back.Lines[0].SKU = o.Lines[0].SKU
		}
		return toldOf(n.do(back))
	case has("looks at"):
		return toldOf(n.do(&ledger.Inspect{Return: ledger.ReturnID(d.id(words[2])), By: "dora", Acts: []ledger.ReturnAct{{Line: 1, Do: ledger.Disposition(last), Qty: nums[0]}}}))
	case has("sees"):
		return toldOf(n.do(&ledger.InspectBlocked{Reason: "dented", By: "dora", Lines: []ledger.BlockedLine{{SKU: "TAP", Qty: nums[0], Do: ledger.Disposition(last)}}}))
	default:
		for _, does := range []func(*node, string, []string, []ledger.Qty) (string, bool){d.floor, d.lots, d.counter, d.money} {
			if told, known := does(n, what, words, nums); known {
				return told
			}
		}
		return d.hands(n, what, words)
	}
}

// takes takes an order of a customer, or a draft. A shop asks head office for what it has not, while it can be reached.
func (d *workday) takes(n *node, what string, q ledger.Qty) string {
	words := strings.Fields(what)
	qty := slices.Index(words, fmt.Sprint(q))
	o := ledger.Order{ID: d.id(words[qty-1]), Channel: "pos", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{d.priced(ledger.SKU(strings.TrimSuffix(words[qty+1], ",")), q)}}
	switch words[0] {
	case "orders":
		o.Fulfil, o.Shortage, o.Anywhere = ledger.Deliver, ledger.Backorder, true
		if at := after(words, "at"); at != "" {
			o.Fulfil, o.CollectAt, o.Anywhere = ledger.Collect, ledger.SiteID(at), false
		}
		if _, by, sends := strings.Cut(what, ", which "); sends {
			o.Lines[0].Drop = &ledger.DropShip{Supplier: strings.TrimSuffix(by, " sends"), LeadDays: 3}
		}
	case "lays":
		o.Fulfil = ledger.Collect
	case "keeps":
		o.Fulfil, o.Shortage = ledger.Collect, ledger.Backorder
	case "parks":
		o.Draft = &ledger.Draft{Kind: ledger.DraftParked, Note: "fetches the purse"}
	case "quotes":
		o.Fulfil, o.Draft = ledger.Collect, &ledger.Draft{Kind: ledger.DraftQuote, Until: "2026-01-12", Hold: true}
	}
	out := n.do(&ledger.Place{Order: o, AskHQ: d.online() && (o.Anywhere || o.CollectAt != "")})
	if out.Err != nil || out.Entry.Kind != ledger.KindAsked {
		return toldOf(out)
	}
	b := out.Entry.Body.(*ledger.OrderBody)
	ask := &wire.Ask{Site: n.id(), Head: n.head(), ID: b.Ask, Order: o.ID, Only: o.CollectAt, For: wire.AskFor{Fulfil: o.Fulfil, Channel: o.Channel}}
	for _, s := range b.Shorts {
		ask.Lines = append(ask.Lines, wire.AskLine{Line: s.Line, SKU: s.SKU, Qty: s.Want - s.Have})
	}
	for range 3 {
		d.talk()
		r, done, err := d.off.TryAsk(context.Background(), d.now, ask, d.now.Add(3*time.Second), false)
		if err != nil {
			d.fail("ask for %s: %v", o.ID, err)
		}
		if done && r.Yes {
			return toldOf(n.do(&ledger.AcceptAsk{Order: o.ID, Ask: b.Ask, Legs: r.Legs}))
		}
	}
	return toldOf(n.do(&ledger.AbandonAsk{Order: o.ID, Ask: b.Ask}))
}

// hands does what hands do with a site's part of an order.
func (d *workday) hands(n *node, what string, words []string) string {
	w := &ledger.WorkLeg{Order: d.id(words[1]), Code: "4711", Reason: "nobody in", Ship: ledger.Shipment{Carrier: "POST"}}
	switch {
	case words[0] == "packs":
		w.Deed = ledger.DeedPack
	case words[0] == "sends":
		w.Deed = ledger.DeedDispatch
	case words[0] == "readies":
		w.Deed = ledger.DeedReady
	case words[0] == "collects":
		if w.Deed = ledger.DeedCollect; strings.HasSuffix(what, "wrong code") {
			w.Code = "0815"
		}
	case strings.HasSuffix(what, "was not delivered"):
		w.Deed = ledger.DeedFail
	case strings.HasSuffix(what, "was delivered"):
		w.Deed = ledger.DeedDeliver
	case words[0] == "has":
		w.Deed, w.Return = ledger.DeedComeBack, ledger.ReturnID(d.id(words[4]))
	default:
		d.fail("nobody knows how to %q", what)
	}
	return toldOf(n.do(w))
}

// toldOf is what a person is told.
func toldOf(out ledger.Outcome) string {
	if out.Err != nil {
		if short, ok := out.Err.(*ledger.ShortError); ok {
			return fmt.Sprintf("there are only %d", short.Lines[0].Have)
		}
		return out.Err.Error()
	}
	switch b := out.Entry.Body.(type) {
	case *ledger.OrderBody:
		return string(b.Order.Status)
	case *ledger.LegBody:
		return "picked"
	case *ledger.WorkBody:
		return string(b.State)
	case *ledger.TransferBody:
		return b.Transfer.State.String()
	case *ledger.ReturnBody:
		return b.Return.Status()
	}
	return toldOfMoney(out.Entry)
}

// evening writes down what lies where, and every document as it stands, in words.
func (d *workday) evening() (out []string) {
	for _, id := range d.names {
		s := d.sites[id].core.State
		for _, sku := range s.SKUs() {
			l, _ := s.Level(sku)
			out = append(out, lotsOf(id, &l)...)
			out = append(out, fmt.Sprintf("%s has %d %s: %d blocked, %d available, %d reserved, %d head office's", id, l.OnHand(), sku, l.Blocked, l.Available, l.Reserved, l.AllottedTo(ledger.HolderHQ)))
		}
	}
	for name, id := range d.docs {
		if o, ok := d.sites["leeds"].core.State.Order(id); ok {
			l := &o.Lines[0]
			out = append(out, fmt.Sprintf("%s, %s: %s, %d %s, %d handed over, %d came back, %d wait", name, o.Number(), o.Status, l.Qty, l.SKU, l.Taken, l.Returned, l.Backordered))
			for _, t := range o.Lots {
				out = append(out, fmt.Sprintf("%s had %d of lot %s, of which %d came back", name, t.Qty, t.Lot, t.Back))
			}
			if l.Drop != nil {
				out = append(out, fmt.Sprintf("%s: %s has sent %d of %d", name, l.Drop.Supplier, l.Drop.Sent, l.Qty))
			}
		}
		for _, site := range d.names {
			if r, ok := d.sites[site].core.State.Returned(ledger.ReturnID(id)); ok {
				out = append(out, fmt.Sprintf("%s at %s: %s, %s, %+v", name, site, r.Status(), r.Claim, r.Lines))
			}
		}
	}
	d.View(func(m *machine.Machine) {
		if tr, ok := m.Transfer("T-1"); ok {
			out = append(out, fmt.Sprintf("T-1: %s, %+v", tr.State, tr.Lines))
		}
	})
	out = append(out, d.cashedUp()...)
	slices.Sort(out)
	return out
}

// A day ends with the same goods, the same money and the same documents, whether or not the line to head office was down from ten to four. What
// evening leaves out may differ, and only that: where entries stand in a journal and when they were written, for what waited for an answer is written
// after four; by whom an order was planned, for a site that cannot ask takes it as a backorder; and what people were told at the time, as theDay says.
func TestADayEndsAlikeWithTheLineUpAndDown(t *testing.T) {
	var evenings [2][]string
	for i, down := range []bool{false, true} {
		d := &workday{company: newCompany(t, 1, "leeds hull*"), down: down, docs: map[string]ledger.OrderID{}}
		d.play(t, theDay)
		d.converge()
		evenings[i] = d.evening()
	}
	if up, down := strings.Join(evenings[0], "\n"), strings.Join(evenings[1], "\n"); up != down {
		t.Errorf("with the line up:\n%s\n\nwith the line down from ten to four:\n%s", up, down)
	}
	t.Log("\n" + strings.Join(evenings[0], "\n"))
}
