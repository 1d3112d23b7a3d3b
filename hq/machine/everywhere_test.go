package machine_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A chronicle is of a company that lives through a log in which every kind of command is carried out. What is drawn does not depend on
// the size of an integer: rand's own bounds do.
type chronicle struct {
	*bench
	r      *rand.PCG
	now    time.Time
	orders int
	done   map[reflect.Type]int // commands that were carried out, by what they are
	frames []machine.StoredFrame
}

var companySKUs = []ledger.SKU{"TAP-22", "PIPE", "ELBOW", "VALVE", "BEND", "CLIP"}

func (c *chronicle) draw(n int) int { return int(c.r.Uint64() % uint64(n)) }

func (c *chronicle) sku() ledger.SKU { return companySKUs[c.draw(len(companySKUs))] }

// try lets a command at the machine, whatever comes of it.
func (c *chronicle) try(cmd machine.Command) machine.Result {
	c.t.Helper()
	res := c.apply(cmd)
	if res.Err == nil {
		c.done[reflect.TypeOf(cmd)]++
	}
	for _, f := range res.Frames {
		c.frames = append(c.frames, machine.StoredFrame{Site: f.Site, First: f.First, Last: f.Last, Bytes: bytes.Clone(f.Bytes)})
	}
	return res
}

// meets has a site push what it has done and carry out what it is told.
func (c *chronicle) meets(id ledger.SiteID) {
	c.t.Helper()
	for {
		c.try(c.cut(id))
		cs := c.m.Commands(id, c.cores[id].State.Commands.Number, 100)
		if len(cs) == 0 || c.cores[id].Head().Position.Epoch == 0 {
			return
		}
		for _, cmd := range cs {
			c.cores[id].Decide(&ledger.Obey{Command: cmd}, c.now)
		}
	}
}

func (c *chronicle) newOrder(s ledger.Shortage) ledger.Order {
	c.orders++
	o := order(ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", c.orders)), s)
	o.TakenAt, o.Priority = c.now, c.draw(10)
	for range 1 + c.draw(3) {
		sku := c.sku()
		if !slices.ContainsFunc(o.Lines, func(l ledger.Line) bool { return l.SKU == sku }) {
			o.Lines = append(o.Lines, ledger.Line{SKU: sku, Qty: ledger.Qty(1 + c.draw(4))})
		}
	}
	return o
}

// plan takes the units where they are held, site by site.
func (c *chronicle) plan(need func(line int) ledger.Qty, lines []ledger.Line) (legs []allocate.Leg) {
	for i := range lines {
		left := need(i)
		for _, st := range c.m.StockOf(lines[i].SKU) {
			if q := min(left, st.Promisable()); q > 0 {
				legs = append(legs, allocate.Leg{Line: i + 1, SKU: lines[i].SKU, Site: st.Site.ID, Qty: q})
				left -= q
			}
		}
	}
	return legs
}

func (c *chronicle) place(s ledger.Shortage) *machine.Place {
	o := c.newOrder(s)
	legs := c.plan(func(line int) ledger.Qty { return o.Lines[line].Qty }, o.Lines)
	return &machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), Legs: legs, At: c.now}
}

// waiting gives an order that waits, and the legs that serve it now.
func (c *chronicle) waiting() (*machine.Order, []allocate.Leg) {
	for _, o := range c.m.Latest(50, func(o *machine.Order) bool { return o.Wait == ledger.WaitHQ || o.Owner == ledger.HQ }) {
		if legs := c.plan(func(line int) ledger.Qty { return o.Waiting(line + 1) }, o.Lines); len(legs) > 0 {
			return o, legs
		}
	}
	return nil, nil
}

// step is one thing that happens.
func (c *chronicle) step() {
	c.now = c.now.Add(time.Duration(1+c.draw(90)) * time.Minute)
	sites := []ledger.SiteID{"hull", "goole", "leeds", "york"}
	id := sites[c.draw(len(sites))]
	core := c.cores[id]
	switch c.draw(20) {
	case 0, 1:
		l := ledger.ReceiptLine{SKU: c.sku(), Qty: ledger.Qty(1 + c.draw(12))}
		if l.Qty%2 == 0 { // half of what comes is of a lot that somebody has read
			l.Lots = []ledger.LotQty{{Lot: ledger.LotID(fmt.Sprint("L-", l.Qty)), Qty: l.Qty}}
		}
		core.Decide(&ledger.Receive{ID: fmt.Sprint("d-", c.now.Unix()), Lines: []ledger.ReceiptLine{l}}, c.now)
	case 2, 3:
		c.try(c.place([]ledger.Shortage{ledger.Refuse, ledger.Backorder, ledger.Partial}[c.draw(3)]))
	case 4:
		core.Decide(&ledger.Place{Order: c.newOrder([]ledger.Shortage{ledger.Refuse, ledger.Backorder, ledger.Confirm}[c.draw(3)])}, c.now)
	case 5:
		c.asks("leeds")
	case 6:
		if o, legs := c.waiting(); o != nil {
			c.try(&machine.Fill{Order: o.ID, Legs: legs, At: c.now})
		}
	case 7:
		o := ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", 1+c.draw(max(c.orders, 1))))
		c.try(&machine.Cancel{Order: o, Key: digest("c" + string(o)), At: c.now})
	case 8:
		refused := c.newOrder(ledger.Refuse)
		c.try(&machine.Group{Members: []machine.Command{c.place(ledger.Backorder),
			&machine.Refuse{For: machine.SubjectOfOrder(refused.ID, digest(string(refused.ID))), Order: refused, Key: digest(string(refused.ID)), Refusal: ledger.RefusedShort, At: c.now}}})
	case 9:
		c.borrows()
	case 10:
		if c.draw(2) == 0 {
			c.try(&machine.PlaceUnsure{Place: *c.place(ledger.Confirm)})
		}
		c.declines()
	case 11:
		c.try(&machine.PassOn{SKU: c.sku(), Owner: "hull", Holder: "leeds", Level: ledger.Qty(c.draw(4)), By: "beth", At: c.now})
	case 12:
		c.try(&machine.Expect{Reference: fmt.Sprint("PO ", c.draw(20)), Supplier: "Acme", Site: "hull", Due: machine.DayOf(c.now) + machine.Day(c.draw(9)), By: "beth", At: c.now,
			Lines: []machine.DueLine{{SKU: c.sku(), Qty: ledger.Qty(1 + c.draw(9))}}})
	case 13:
		c.try(&machine.Overdue{At: c.now})
	case 14:
		core.Decide(&ledger.Adjust{Reason: "damaged", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: c.sku(), Qty: -1}}}, c.now)
	case 15:
		c.amends()
	case 16:
		c.moves()
	case 17:
		c.exchanges()
	case 18:
		c.transfers()
		c.takesMoney(id)
		c.purchases()
	default:
		for _, o := range c.m.Latest(20, nil) {
			if core.Decide(&ledger.RejectLeg{Order: o.ID, Reason: "bent"}, c.now).Err == nil {
				break
			}
		}
	}
	c.meets(id)
	if avoided, _ := c.m.Avoidances(id, "", c.now, false, "", 1); len(avoided) > 0 && c.draw(3) == 0 {
		c.try(&machine.Lift{Site: id, SKU: avoided[0].SKU, By: "olga", Reason: "counted", At: c.now})
	}
	for _, o := range c.m.Unkept(1) {
		c.try(&machine.Unserved{Order: o.ID, Plans: o.Plans, At: c.now})
	}
}

// asks has a counter ask for what it lacks: the answer is a yes, a no, or comes too late.
func (c *chronicle) asks(id ledger.SiteID) {
	o := c.newOrder(ledger.Refuse)
	out := c.cores[id].Decide(&ledger.Place{AskHQ: true, Order: o}, c.now)
	body, ok := out.Entry.Body.(*ledger.OrderBody)
	if !ok || body.Ask == (ledger.AskID{}) {
		return
	}
	if c.draw(3) == 0 {
		c.try(&machine.Refuse{For: machine.SubjectOfAsk(body.Ask), Order: o, Refusal: ledger.RefusedShort, At: c.now})
		return
	}
	c.try(&machine.Hold{Ask: body.Ask, Order: o.ID, Head: c.cores[id].Head().Position, At: c.now, Deadline: c.now.Add(time.Second),
		Legs: c.plan(func(line int) ledger.Qty { return o.Lines[line].Qty }, o.Lines)})
}

func (c *chronicle) borrows() {
	for _, o := range c.m.Latest(20, func(o *machine.Order) bool { return o.Waiting(1) > 0 }) {
		c.try(&machine.Borrow{For: machine.SubjectOfFill(o.ID), Order: o.ID, At: c.now, Sites: []machine.BorrowSite{
			{Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: o.Lines[0].SKU, Qty: o.Waiting(1)}}}}})
		c.meets("york")
		c.try(&machine.Refuse{For: machine.SubjectOfFill(o.ID), At: c.now})
		return
	}
}

func (c *chronicle) declines() {
	for _, o := range c.m.Unconfirmed(5) {
		for i := range o.Lines {
			if q := o.Lines[i].Unconfirmed; q > 0 {
				c.try(&machine.Decline{Order: o.ID, Lines: []ledger.CommandLine{{Line: i + 1, SKU: o.Lines[i].SKU, Qty: q}}, At: c.now})
				return
			}
		}
	}
}

// amends has a customer want one less of an order.
func (c *chronicle) amends() {
	for _, o := range c.m.Latest(20, func(o *machine.Order) bool { return o.Owner == ledger.HQ && o.Canceling() == nil && o.Lines[0].Qty > 0 }) {
		v := c.m.VersionOf(o.ID)
		c.try(&machine.Amend{Order: o.ID, Version: v, Key: digest(fmt.Sprint("a", o.ID, v)), Request: digest("r"), Lines: []machine.AmendLine{{Line: 1, Qty: o.Lines[0].Qty - 1}}, At: c.now})
		return
	}
}

// moves has an order served from another warehouse, where one has as much.
func (c *chronicle) moves() {
	for _, o := range c.m.Latest(20, func(o *machine.Order) bool { return o.Owner == ledger.HQ }) {
		for i := range o.Lines {
			for _, leg := range o.Lines[i].Away {
				for _, st := range c.m.StockOf(o.Lines[i].SKU) {
					if st.Site.ID != leg.Site && st.Promisable() >= leg.Qty {
						drop := allocate.Leg{Line: i + 1, SKU: o.Lines[i].SKU, Site: leg.Site, Qty: leg.Qty}
						to := drop
						to.Site = st.Site.ID
						c.try(&machine.Move{Order: o.ID, Plans: o.Plans, Drop: []allocate.Leg{drop}, Legs: []allocate.Leg{to}, Why: "nearer", At: c.now})
						return
					}
				}
			}
		}
	}
}

// exchanges has two orders, of which each has of one article what the other one has of another, change places.
func (c *chronicle) exchanges() {
	skus := [2]ledger.SKU{companySKUs[0], companySKUs[1]}
	sites := [2]ledger.SiteID{"hull", "goole"}
	for _, id := range sites {
		c.cores[id].Decide(&ledger.Receive{ID: fmt.Sprint("x-", c.now.Unix()), Lines: []ledger.ReceiptLine{{SKU: skus[0], Qty: 1}, {SKU: skus[1], Qty: 1}}}, c.now)
		c.meets(id)
	}
	x := &machine.Exchange{At: c.now}
	for i := range 2 {
		o := c.newOrder(ledger.Refuse)
		o.Lines = []ledger.Line{{SKU: skus[0], Qty: 1}, {SKU: skus[1], Qty: 1}}
		leg := func(k int, site ledger.SiteID) allocate.Leg {
			return allocate.Leg{Line: k + 1, SKU: skus[k], Site: site, Qty: 1}
		}
		there, other := sites[i], sites[1-i]
		c.try(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), Legs: []allocate.Leg{leg(0, there), leg(1, other)}, At: c.now})
		x.Sides = append(x.Sides, machine.Side{Order: o.ID, Plans: 1, Drop: []allocate.Leg{leg(1, other)}, Gets: []allocate.Leg{leg(1, there)}, Why: "one parcel fewer"})
	}
	c.try(x)
	c.meets(sites[c.draw(2)])
}

// tells has head office tell what happened, as far as the receiver takes it today, and a person see to what it did not.
func (c *chronicle) tells() {
	for _, h := range c.m.Hooks() {
		t := machine.HookTold{Hook: h.ID, Next: h.Next}
		for _, w := range h.Owed {
			switch c.draw(4) {
			case 0:
				t.Done = append(t.Done, w.Place)
			case 1:
				t.Dead = append(t.Dead, machine.Gone{Place: w.Place, Tries: w.Tries + 1, Why: "answered 410"})
			}
		}
		for ; t.Next <= c.m.EventsEnd(); t.Next++ {
			if c.draw(3) == 0 {
				t.Owed = append(t.Owed, machine.Owed{Place: t.Next, Tries: 1, Since: c.now, Due: c.now.Add(time.Minute)})
				t.Failed, t.Why = t.Failed+1, "answered 500"
			} else {
				t.Count, t.OK = t.Count+1, true
			}
		}
		c.try(&machine.Told{Hooks: []machine.HookTold{t}, At: c.now})
		act := []machine.HookAct{machine.HookResend, machine.HookDrop}[c.draw(2)]
		c.try(&machine.SetHook{Act: act, Hook: h.ID, Key: digest(fmt.Sprint("see", c.now.Unix())), Request: digest("r"), By: "olga", Reason: "put right", At: c.now})
	}
}

// purchases has goods ordered, sent, closed short or called off, and some of them come.
func (c *chronicle) purchases() {
	p := ledger.Purchase{Reference: fmt.Sprint("B-", c.draw(6)), Supplier: "Bolt & Co", Site: "hull", Due: (machine.DayOf(c.now) + machine.Day(c.draw(9))).String(),
		Lines: []ledger.PurchaseLine{{SKU: c.sku(), Qty: ledger.Qty(1 + c.draw(9)), Cost: ledger.Price{Money: ledger.Money{Amount: int64(c.draw(500)), Currency: "GBP"}, Per: 1}}}}
	act := ledger.PurchaseAct(1 + c.draw(5))
	if c.draw(3) == 0 && act != ledger.PurchaseReceive { // goole writes it itself
		p.Reference, p.Site = fmt.Sprint("G-", c.draw(4)), "goole"
		if act > ledger.PurchaseSend {
			p.Lines = nil
		}
		c.cores["goole"].Decide(&ledger.OrderGoods{Act: act, Order: p, By: "sue"}, c.now)
		c.meets("goole")
		return
	}
	switch act {
	case ledger.PurchaseReceive:
		c.cores["hull"].Decide(&ledger.Receive{ID: fmt.Sprint("b-", c.now.Unix()), Reference: p.Reference, Lines: []ledger.ReceiptLine{{SKU: p.Lines[0].SKU, Qty: ledger.Qty(1 + c.draw(6))}}}, c.now)
		c.meets("hull")
		return
	case ledger.PurchaseClose, ledger.PurchaseCancel:
		p = ledger.Purchase{Reference: p.Reference}
	}
	c.try(&machine.Purchase{Act: act, Order: p, By: "beth", At: c.now})
}

// transfers has goods go from one site to another, as far as they come today.
func (c *chronicle) transfers() {
	sites := []ledger.SiteID{"hull", "goole", "leeds", "york"}
	t := ledger.Transfer{ID: ledger.TransferID(fmt.Sprint("T-", c.draw(9))), From: sites[c.draw(2)], To: sites[2+c.draw(2)], Lines: []ledger.TransferLine{{SKU: c.sku(), Qty: ledger.Qty(1 + c.draw(3))}}}
	switch c.draw(4) {
	case 0:
		c.try(&machine.MakeTransfer{Transfer: t, Key: digest(fmt.Sprint("t", c.now.Unix())), Request: digest("r"), By: "beth", At: c.now})
	case 1:
		c.cores[t.To].Decide(&ledger.MakeTransfer{Transfer: t}, c.now)
		c.meets(t.To)
		c.try(&machine.JudgeTransfer{Transfer: t.ID, Refuse: c.draw(2) == 0, Key: digest(fmt.Sprint("j", c.now.Unix())), Request: digest("r"), By: "beth", At: c.now})
	case 2:
		c.cores[t.From].Decide(&ledger.MakeTransfer{Transfer: t}, c.now)
	}
	c.meets(t.From)
	if rec, ok := c.m.Transfer(t.ID); ok {
		c.cores[rec.From].Decide(&ledger.DispatchTransfer{ID: t.ID}, c.now)
		if c.draw(2) == 0 {
			c.meets(rec.From)
		}
		c.cores[rec.To].Decide(&ledger.ReceiveTransfer{ID: t.ID, From: rec.From, Lines: []ledger.ReceivedLine{{SKU: rec.Lines[0].SKU, Came: ledger.Qty(c.draw(4))}}}, c.now)
		c.meets(rec.To)
		c.meets(rec.From)
	}
}

// lifts has a warehouse reject what it is to serve, and somebody who has counted trust it again.
func (c *chronicle) lifts(id ledger.SiteID) {
	sku := companySKUs[0]
	c.cores[id].Decide(&ledger.Receive{ID: "lifts", Lines: []ledger.ReceiptLine{{SKU: sku, Qty: 1}}}, c.now)
	c.meets(id)
	o := c.newOrder(ledger.Refuse)
	o.Lines = []ledger.Line{{SKU: sku, Qty: 1}}
	c.try(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), Legs: []allocate.Leg{{Line: 1, SKU: sku, Site: id, Qty: 1}}, At: c.now})
	c.meets(id)
	c.cores[id].Decide(&ledger.RejectLeg{Order: o.ID, Reason: "bent"}, c.now)
	c.meets(id)
	c.try(&machine.Lift{Site: id, SKU: sku, By: "olga", Reason: "counted", At: at}) // as late as the push
}

// returns has york hand something over, and get some of it back, and leeds too. What leeds takes back of an order that nobody has
// told of waits.
func (c *chronicle) returns() {
	o := c.newOrder(ledger.Refuse)
	o.Fulfil, o.Lines = ledger.Take, []ledger.Line{{SKU: c.sku(), Qty: 2}}
	back := func(id ledger.SiteID) {
		n := c.orders*10 + len(id)
		c.cores[id].Decide(&ledger.TakeBack{ID: ledger.ReturnID(fmt.Sprintf("01900000-0000-7000-9000-%012x", n)), Order: o.ID, Lines: []ledger.BackLine{{Line: 1, SKU: o.Lines[0].SKU, Qty: 1, Do: ledger.Restock}}}, c.now)
	}
	if early := c.draw(2) == 0; early {
		back("leeds")
		c.meets("leeds")
	}
	c.cores["york"].Decide(&ledger.Place{Order: o, InHand: true}, c.now)
	back("york")
	c.meets("york")
	c.orders++
	back("leeds")
	c.meets("leeds")
	c.meets("york")
	c.meets("leeds")
}

// lives has the company live through days, and then through what goes wrong.
func (c *chronicle) lives(steps int) {
	c.try(&machine.Bootstrap{Random: [16]byte{9}, At: at})
	c.site("hull", false)
	c.site("goole", false)
	c.site("leeds", true)
	c.site("york", true)
	cs := samples()
	for _, name := range []string{"server", "items", "checkpoint", "differs", "bootstrap"} {
		c.try(cs[name])
	}
	c.try(&machine.AddSite{Site: "bath", Counter: true, Key: digest("bath"), At: at}) // never opens its book
	for i := range steps {
		switch i {
		case 20: // before this nothing of a later kind is folded, and what is told of it is parked
			c.cores["hull"].Decide(&ledger.Adjust{Reason: "stolen", Approver: "beth", Lines: []ledger.AdjustLine{{SKU: "TAP-22", Qty: -1}}}, c.now)
			c.cores["hull"].Decide(&ledger.Count{Reason: "counted", Lines: []ledger.CountedLine{{SKU: "PIPE", Bin: ledger.BinDefault, Counted: 3}}}, c.now)
			c.meets("hull")
		case 40:
			c.try(cs["raise"])
			c.readsOn("hull")
		case 50:
			c.try(cs["agree"])
		case 60:
			c.try(&machine.Raise{Kind: ledger.KindLast, At: c.now})
			for _, id := range []ledger.SiteID{"hull", "goole", "leeds", "york"} {
				c.readsOn(id)
			}
			for _, name := range []string{"policy", "sourcing", "classes"} {
				c.try(cs[name])
			}
		case 80:
			c.try(&machine.Agree{Commands: machine.ThisBuild().Commands, At: c.now})
			c.try(cs["put_detailed"])
			c.try(cs["set_hook"])
			c.try(&machine.SetPolicy{Rules: []machine.Rule{{Kind: machine.RuleLow, Qty: 5}}, By: "beth", Reason: "order in time", At: c.now})
			c.try(cs["asset"])
			c.try(cs["customers"])
			c.try(cs["set_company"])
			c.try(cs["set_reasons"])
			c.try(cs["set_least"])
			c.trusts()
			user := *cs["put_user"].(*machine.PutUser)
			user.Seen = 0 // of one that is new
			c.try(&user)
			c.try(&machine.Act{Hand: machine.Hand{By: "ann", Device: "desk-1", Approver: "beth"}, Call: "PUT /v1/users/ann", At: c.now, Member: &user})
			c.forgets()
			c.releases()
			c.setsSites()
		case 100:
			c.lifts("hull")
		}
		if i > 80 && i%9 == 4 {
			c.tells()
		}
		if i > 100 && i%20 == 7 {
			c.returns()
		}
		if i > 100 && i%10 == 3 {
			c.assets()
		}
		if i > 100 && i%30 == 11 {
			c.awaits()
		}
		if i > 100 && i%25 == 9 {
			c.suppliers()
		}
		c.step()
		if i%50 == 49 {
			c.try(&machine.Checkpoint{At: c.now})
		}
	}
	c.goesWrong()
}

// awaits has a check stop an order of head office's own, and somebody let it go, or nobody.
func (c *chronicle) awaits() {
	o := c.newOrder(ledger.Backorder)
	c.try(&machine.AwaitWord{Order: waiting(o), Key: digest("wait " + string(o.ID)), Request: digest("r"), At: c.now})
	switch c.draw(4) {
	case 0:
		c.try(&machine.AwaitWord{Order: ledger.Order{ID: o.ID}, No: true, By: "beth", Reason: "a typing error", At: c.now})
	case 1:
		word := waiting(o)
		word.Review.Ruling, word.Review.By, word.Review.Reason = ledger.RulingRelease, "beth", "known"
		c.try(&machine.Place{Order: word, Key: digest("word " + string(o.ID)), Request: digest("r"), At: c.now})
	case 2:
		c.try(&machine.Cancel{Order: o.ID, Key: digest("cancel " + string(o.ID)), Request: digest("r"), By: "owner", At: c.now})
	}
}

// suppliers has an order of head office's own taken some of which its supplier sends, and hears the supplier.
func (c *chronicle) suppliers() {
	o := c.newOrder(ledger.Backorder)
	o.Lines = append(o.Lines, ledger.Line{SKU: c.sku(), Qty: 4, Drop: &ledger.DropShip{Supplier: "Oak & Co", LeadDays: 3}})
	line := len(o.Lines)
	c.try(&machine.Place{Order: o, Key: digest(string(o.ID)), Request: digest("r"), Legs: c.plan(func(i int) ledger.Qty {
		if o.Lines[i].Drop != nil {
			return 0
		}
		return o.Lines[i].Qty
	}, o.Lines), At: c.now})
	for n := range 1 + c.draw(6) {
		deed := ledger.DropDeed(1 + c.draw(4))
		says := &machine.SupplierSays{Order: o.ID, Deed: deed, Lines: []ledger.CommandLine{{Line: line, Qty: ledger.Qty(1 + c.draw(2))}}, Reason: map[bool]string{true: "no oak left"}[deed == ledger.DropRefuse],
			By: "olga", Key: digest(fmt.Sprint("says ", n, o.ID)), Request: digest("r"), At: c.now}
		if deed == ledger.DropSend {
			says.Note = fmt.Sprint("DN ", c.draw(3))
		}
		c.try(says)
	}
	if c.draw(3) == 0 {
		c.try(&machine.Cancel{Order: o.ID, Key: digest("cancel " + string(o.ID)), Request: digest("r"), By: "owner", At: c.now})
	}
}

// setsSites puts right what sites were added as: one that has said hello keeps its kind.
func (c *chronicle) setsSites() {
	c.try(&machine.SetSite{Site: "leeds", Counter: false, Rank: 9, By: "beth", Reason: "typed wrong", At: c.now})
	c.try(&machine.SetSite{Site: "leeds", Counter: true, Rank: 2, By: "beth", Reason: "nearer than we thought", At: c.now})
}

// releases gives leeds what opens its book, and nothing for a book that was sealed by another secret.
func (c *chronicle) releases() {
	epoch := c.m.Trusted("leeds").Fence
	c.try(&machine.Release{Site: "leeds", Epoch: epoch, Book: [16]byte{1}, Secret: machine.BookSecret{1}, Print: [32]byte{1}, At: c.now})
	c.try(&machine.Release{Site: "leeds", Epoch: epoch, Book: [16]byte{1}, Of: [32]byte{2}, Secret: machine.BookSecret{3}, Print: [32]byte{3}, At: c.now})
}

// learns has leeds tell a new life whom the one before had turned away, and whom it had made known.
func (c *chronicle) learns() {
	ann, _ := c.m.User("ann")
	was := ann.Stripped()
	was.Disabled, was.PIN, was.Said = "left", "", ledger.Said{Life: 1, Number: 1 << 40}
	bob := ledger.User{ID: "bob", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Picker), PIN: "$pin", Said: ledger.Said{Life: 1, Number: 1<<40 + 1}}
	told := ledger.People{Version: 9, Said: bob.Said, Users: []ledger.User{was, bob}}
	c.try(&machine.LearnUsers{Site: "leeds", People: told, At: c.now})
	c.try(&machine.LearnUsers{Site: "leeds", People: told, At: c.now})
	c.try(&machine.LearnUsers{Site: "york", People: told, At: c.now})
}

// forgets has a person erased, and leeds say so.
func (c *chronicle) forgets() {
	c.try(&machine.PutCustomers{Customers: []ledger.CustomerAccount{{ID: "GONE-1", Erased: true}}, By: "beth", Reason: "asked by letter", At: c.now})
	c.try(&machine.Forget{Do: machine.ForgetHeard, Site: "leeds", UpTo: c.m.CustomersVersion(), At: c.now})
	c.try(&machine.Forget{Do: machine.ForgetRotation, Days: 30, By: "beth", Reason: "as our backups are", At: c.now})
}

// assets has a site use an account, and head office see to it that it can.
func (c *chronicle) assets() {
	id := []ledger.SiteID{"leeds", "york", "hull"}[c.draw(3)]
	do := []machine.AssetSet{machine.AssetLimit, machine.AssetAllot, machine.AssetAsk, machine.AssetPaid}[c.draw(4)]
	amount := ledger.Qty(1 + c.draw(50_000))
	if do == machine.AssetLimit {
		amount *= 10
	}
	c.try(&machine.SetAsset{Asset: "credit:ACME-1", Do: do, Site: id, Amount: amount, By: "beth", At: c.now})
	act := []ledger.AssetAct{ledger.AssetCharge, ledger.AssetCharge, ledger.AssetPay, ledger.AssetRelease}[c.draw(4)]
	c.cores[id].Decide(&ledger.MoveAsset{Asset: "credit:ACME-1", Act: act, Amount: ledger.Qty(1 + c.draw(20_000)), Ref: fmt.Sprint("s-", c.draw(30))}, c.now)
	c.cores[id].Decide(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetLoad, Amount: ledger.Qty(1 + c.draw(5_000)), Ref: fmt.Sprint("s-", c.draw(30))}, c.now)
}

// readsOn brings once more what is parked of a site.
func (c *chronicle) readsOn(id ledger.SiteID) {
	site, _ := c.m.Site(id)
	u := &machine.Unpark{Site: id, At: c.now}
	for _, f := range c.frames {
		if f.Site == id && f.Last > site.Folded {
			u.Frames = append(u.Frames, f.Bytes)
		}
	}
	c.try(u)
}

func (c *chronicle) goesWrong() {
	hull, _ := c.m.Site("hull")
	c.try(&machine.Archived{Ends: []machine.ArchiveEnd{{Site: "hull", End: hull.Stored}}, At: c.now})
	c.try(&machine.Show{Site: "hull", Head: c.cores["hull"].Head().Position, At: c.now})
	c.try(c.hello("hull"))
	c.try(&machine.Resolve{Exception: 1, By: "olga", Note: "counted", At: c.now})
	c.try(&machine.Renew{Site: "york", Token: [32]byte{3}, By: "olga", Reason: "disk lost", At: c.now})
	c.try(&machine.Reincarnate{Random: [16]byte{8}, Why: "restored", At: c.now, Apart: true})
	c.learns()
	c.try(&machine.Waive{Site: "york", By: "olga", Reason: "the line is down for days", At: c.now})
	c.try(c.asksAnew("hull"))
	c.try(&machine.DeclareLost{Site: "leeds", Reason: "burnt down", By: "olga", At: c.now})
	c.try(&machine.WriteOff{Site: "leeds", Reason: "burnt down", By: "olga", At: c.now})
	for range 20 {
		c.try(c.place(ledger.Backorder))
	}
	c.try(&machine.Checkpoint{At: c.now})
}

// companyLog is the log of one company, and the machine that lived through it.
func companyLog(t *testing.T) ([][]byte, *chronicle) {
	t.Helper()
	c := &chronicle{bench: &bench{t: t, m: machine.New(), cores: map[ledger.SiteID]*ledger.Core{}, sent: map[ledger.SiteID]ledger.Position{}},
		r: rand.NewPCG(5, 36), now: at, done: map[reflect.Type]int{}}
	c.lives(600)
	return c.log, c
}

// stateOf is the digest of the state that a log leads to; after half of it the machine is one that was restored.
func stateOf(t *testing.T, log [][]byte, restored bool) string {
	t.Helper()
	m := machine.New()
	for i, cmd := range log {
		if restored && i == len(log)/2 {
			again, err := machine.Restore(bytes.NewReader(encode(t, m)))
			if err != nil {
				t.Fatal(err)
			}
			m = again
		}
		m.Apply(cmd)
	}
	return sumOf(t, m)
}

func sumOf(t *testing.T, m *machine.Machine) string {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	sum, err := m.Freeze().Sum(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return sum.String()
}

// The same log comes to the same bytes here, after a snapshot, in another process, with another release of Go and with
// integers of another size: .ci/run plays these tests as those of a 32-bit machine. The file says what they are.
func TestALogComesToTheSameStateEverywhere(t *testing.T) {
	log, c := companyLog(t)
	for name, cmd := range samples() {
		if c.done[reflect.TypeOf(cmd)] == 0 {
			t.Errorf("%s: none was carried out", name)
		}
	}
	all := sha256.Sum256(bytes.Join(log, nil))
	got := fmt.Sprintf("log %x\nstate %s\n", all, sumOf(t, c.m))
	const path = "testdata/company_digest.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("got\n%swant\n%s (%v); -update writes it anew where what is stored was changed on purpose", got, want, err)
	}
	for _, restored := range []bool{false, true} {
		if again := stateOf(t, log, restored); !strings.Contains(got, again) {
			t.Errorf("applied again (restored half-way: %t): got %s, want the state of\n%s", restored, again, got)
		}
	}
}

// logFileVar names the log that a process is to apply, for TestALogComesToTheSameStateInAnotherProcess.
const logFileVar = "HOLDFAST_TEST_LOG"

func TestALogComesToTheSameStateInAnotherProcess(t *testing.T) {
	if path := os.Getenv(logFileVar); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("state", stateOf(t, split(raw), false))
		return
	}
	log, c := companyLog(t)
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, join(log), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"GOGC=10", "GOMAXPROCS=1"} {
		other := exec.Command(os.Args[0], "-test.run", "^TestALogComesToTheSameStateInAnotherProcess$", "-test.v")
		other.Env = append(os.Environ(), logFileVar+"="+path, env)
		out, err := other.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "state "+sumOf(t, c.m)+"\n") {
			t.Errorf("%s: got %s (%v), want state %s", env, out, err, sumOf(t, c.m))
		}
	}
}

func join(log [][]byte) []byte {
	var out []byte
	for _, cmd := range log {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(cmd))), cmd...)
	}
	return out
}

func split(raw []byte) (log [][]byte) {
	for len(raw) > 0 {
		n := binary.BigEndian.Uint32(raw)
		log, raw = append(log, raw[4:4+n]), raw[4+n:]
	}
	return log
}
