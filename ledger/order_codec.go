package ledger

import (
	"math"
	"time"
)

// MarshalOrder gives an order's stored bytes.
func MarshalOrder(o *Order) []byte {
	p := newPacker()
	p.order(o)
	return p.bytes()
}

// UnmarshalOrder reads what MarshalOrder wrote.
func UnmarshalOrder(b []byte) (*Order, error) {
	u := newUnpackerMax(b, orderElementsMax)
	o := u.order()
	if err := u.done("order"); err != nil {
		return nil, err
	}
	return &o, nil
}

const orderVersion = 1

func (p *packer) order(o *Order) {
	p.array(21)
	p.uint(orderVersion)
	p.str(string(o.ID))
	p.uint(o.Serial)
	p.str(string(o.Owner))
	p.str(o.External)
	p.str(string(o.Channel))
	p.str(string(o.Fulfil))
	p.bool(o.Anywhere)
	p.str(string(o.CollectAt))
	p.array(4)
	p.str(o.ShipTo.Country)
	p.str(o.ShipTo.Postcode)
	p.int(o.ShipTo.LatE6)
	p.int(o.ShipTo.LonE6)
	p.lines(o.Lines)
	p.str(string(o.Shortage))
	p.bool(o.Complete)
	p.str(o.NeedBy)
	p.str(o.Customer)
	p.str(o.Class)
	p.uint(uint64(o.Priority))
	if o.TakenAt.IsZero() {
		p.null()
	} else {
		p.int(o.TakenAt.UnixMilli())
	}
	p.str(string(o.Status))
	p.uint(uint64(o.Wait))
	p.bool(o.Offline)
}

func (u *unpacker) order() Order {
	n := u.array(21)
	u.uint() // version: every one so far only appends
	o := Order{ID: OrderID(u.str()), Serial: u.uint(), Owner: SiteID(u.str()), External: u.str(),
		Channel: Channel(u.str()), Fulfil: Fulfil(u.str()), Anywhere: u.bool(), CollectAt: SiteID(u.str())}
	a := u.array(4)
	o.ShipTo = Address{Country: u.str(), Postcode: u.str(), LatE6: u.int(), LonE6: u.int()}
	u.rest(a, 4)
	o.Lines = u.lines()
	o.Shortage = Shortage(u.str())
	o.Complete = u.bool()
	o.NeedBy, o.Customer, o.Class = u.str(), u.str(), u.str()
	o.Priority = int(u.upTo(math.MaxInt32))
	if !u.null() {
		o.TakenAt = time.UnixMilli(u.int()).UTC()
	}
	o.Status = Status(u.str())
	o.Wait = Wait(u.upTo(math.MaxUint8))
	o.Offline = u.bool()
	u.rest(n, 21)
	return o
}

func (p *packer) lines(lines []Line) {
	p.array(len(lines))
	for i := range lines {
		l := &lines[i]
		p.array(8)
		p.str(string(l.SKU))
		p.int(int64(l.Qty))
		p.price(l.Price)
		p.int(int64(l.Here))
		p.int(int64(l.Taken))
		p.array(len(l.Away))
		for _, leg := range l.Away {
			p.array(2)
			p.str(string(leg.Site))
			p.int(int64(leg.Qty))
		}
		p.int(int64(l.Backordered))
		p.bool(l.Canceled)
	}
}

func (u *unpacker) lines() []Line {
	var out []Line
	for range u.list(LinesMax) {
		n := u.array(8)
		l := Line{SKU: SKU(u.str()), Qty: Qty(u.int()), Price: u.price(), Here: Qty(u.int()), Taken: Qty(u.int())}
		for range u.list(legsPerLineMax) {
			a := u.array(2)
			l.Away = append(l.Away, Leg{Site: SiteID(u.str()), Qty: Qty(u.int())})
			u.rest(a, 2)
		}
		l.Backordered = Qty(u.int())
		l.Canceled = u.bool()
		u.rest(n, 8)
		if u.err != nil {
			return nil
		}
		out = append(out, l)
	}
	return out
}

// price writes nil for what has no price, the commonest case.
func (p *packer) price(v Price) {
	if v == (Price{}) {
		p.null()
		return
	}
	p.array(4)
	p.int(v.Amount)
	p.str(v.Currency)
	p.int(v.Per)
	p.str(v.Tax)
}

func (u *unpacker) price() Price {
	if u.null() {
		return Price{}
	}
	n := u.array(4)
	v := Price{Money: Money{Amount: u.int(), Currency: u.str()}, Per: u.int(), Tax: u.str()}
	u.rest(n, 4)
	return v
}
