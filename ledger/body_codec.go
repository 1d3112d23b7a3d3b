package ledger

import (
	"fmt"
	"math"
)

const reasonsMax = 2 * LinesMax

func marshalBody(b Body) []byte {
	p := newPacker()
	switch v := b.(type) {
	case *UnknownBody:
		return v.Raw
	case *OpenedBody:
		p.array(3)
		p.bool(v.Counter)
		p.bool(v.Standalone)
		p.bin(v.Boot[:])
	case *BootBody:
		p.array(1)
		p.bin(v.Boot[:])
	case *ReceiptBody:
		p.array(2)
		p.str(v.ID)
		p.str(v.Reference)
	case *OrderBody:
		p.array(7)
		p.order(&v.Order)
		p.askID(v.Ask)
		p.digest(v.AskKey)
		p.digest(v.AskRequest)
		p.shorts(v.Shorts)
		p.str(string(v.Refusal))
		p.bool(v.Dropped)
	case *ObeyedBody:
		p.array(5)
		p.command(&v.Command)
		p.commandLines(v.Done)
		p.str(v.Refused)
		p.bool(v.Repeat)
		if v.Order == nil {
			p.null()
		} else {
			p.order(v.Order)
		}
	case *AdoptedBody:
		p.array(1)
		p.incarnation(v.H)
	default:
		panic(fmt.Sprintf("ledger: no codec for body %T", b))
	}
	return p.bytes()
}

func unmarshalBody(k Kind, raw []byte) (Body, error) {
	u := newUnpackerMax(raw, orderElementsMax)
	var b Body
	switch k {
	case KindOpened:
		v := &OpenedBody{}
		n := u.array(3)
		v.Counter, v.Standalone = u.bool(), u.bool()
		u.fixed(v.Boot[:], false)
		u.rest(n, 3)
		b = v
	case KindBoot:
		v := &BootBody{}
		n := u.array(1)
		u.fixed(v.Boot[:], false)
		u.rest(n, 1)
		b = v
	case KindReceipt:
		v := &ReceiptBody{}
		n := u.array(2)
		v.ID, v.Reference = u.str(), u.str()
		u.rest(n, 2)
		b = v
	case KindPlaced, KindRefused, KindAsked, KindAskAccepted, KindAskAbandoned, KindCanceled, KindFilled:
		b = u.orderBody()
	case KindObeyed:
		b = u.obeyedBody()
	case KindAdopted:
		n := u.array(1)
		b = &AdoptedBody{H: u.incarnation()}
		u.rest(n, 1)
	default:
		return &UnknownBody{Raw: raw}, nil
	}
	if err := u.done("body"); err != nil {
		return nil, err
	}
	return b, nil
}

func (u *unpacker) orderBody() *OrderBody {
	v := &OrderBody{}
	n := u.array(7)
	v.Order = u.order()
	v.Ask = u.askID()
	v.AskKey, v.AskRequest = u.digest(), u.digest()
	v.Shorts = u.shorts()
	v.Refusal = Refusal(u.str())
	v.Dropped = u.bool()
	u.rest(n, 7)
	return v
}

func (u *unpacker) obeyedBody() *ObeyedBody {
	v := &ObeyedBody{}
	n := u.array(5)
	v.Command = u.command()
	v.Done = u.commandLines()
	v.Refused = u.str()
	v.Repeat = u.bool()
	if !u.null() {
		o := u.order()
		v.Order = &o
	}
	u.rest(n, 5)
	return v
}

func (p *packer) askID(a AskID) {
	p.array(3)
	p.str(string(a.Site))
	p.uint(uint64(a.Epoch))
	p.uint(uint64(a.Seq))
}

func (u *unpacker) askID() AskID {
	n := u.array(3)
	a := AskID{Site: SiteID(u.str()), Epoch: Epoch(u.uint()), Seq: Seq(u.uint())}
	u.rest(n, 3)
	return a
}

func (p *packer) shorts(shorts []Short) {
	p.array(len(shorts))
	for _, s := range shorts {
		p.array(4)
		p.uint(uint64(s.Line))
		p.str(string(s.SKU))
		p.int(int64(s.Want))
		p.int(int64(s.Have))
	}
}

func (u *unpacker) shorts() []Short {
	var out []Short
	for range u.list(reasonsMax) {
		n := u.array(4)
		s := Short{Line: int(u.upTo(math.MaxInt32)), SKU: SKU(u.str()), Want: Qty(u.int()), Have: Qty(u.int())}
		u.rest(n, 4)
		if u.err != nil {
			return nil
		}
		out = append(out, s)
	}
	return out
}
