package ledger

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

const reasonsMax = 2 * LinesMax

// marshalBody encodes a body other than an order's, which has a codec of its own.
func marshalBody(b Body) []byte {
	p := newPacker()
	switch v := b.(type) {
	case *UnknownBody:
		return v.Raw
	case *OpenedBody:
		if v.Rebuilt {
			p.array(4)
		} else {
			p.array(3)
		}
		p.bool(v.Counter)
		p.bool(v.Standalone)
		p.bin(v.Boot[:])
		if v.Rebuilt {
			p.bool(true)
		}
	case *BootBody:
		p.array(1)
		p.bin(v.Boot[:])
	case *ReceiptBody:
		n := 2 // as every build before packs
		if v.Delivered != nil {
			n = 4
		} else if len(v.Packs) > 0 {
			n = 3
		}
		p.array(n)
		p.str(v.ID)
		p.str(v.Reference)
		if n > 2 {
			p.raw(packedLines(v.Packs))
		}
		if n > 3 {
			p.raw(deliveredRow(v.Delivered))
		}
	case *ObeyedBody:
		transfer, n := v.obeyedTransfer(), 5
		if transfer != nil {
			n++
		}
		p.array(n)
		p.command(&v.Command)
		p.commandLines(v.Done)
		p.str(v.Refused)
		p.bool(v.Repeat)
		if v.Order == nil {
			p.null()
		} else {
			p.raw(MarshalOrder(v.Order))
		}
		if transfer != nil {
			p.raw(transfer)
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
		if n > 3 {
			v.Rebuilt = u.bool()
		}
		u.rest(n, 4)
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
		if n > 2 {
			var err error
			v.Packs, err = readPackedLines(u.raw())
			u.note(err)
		}
		if n > 3 {
			var err error
			v.Delivered, err = readDelivered(u.raw())
			u.note(err)
		}
		u.rest(n, 4)
		b = v
	case KindObeyed:
		b = u.obeyedBody()
	case KindAdopted:
		n := u.array(1)
		b = &AdoptedBody{H: u.incarnation()}
		u.rest(n, 1)
	default:
		return &UnknownBody{Raw: bytes.Clone(raw)}, nil
	}
	if err := u.done("body"); err != nil {
		return nil, err
	}
	return b, nil
}

func (u *unpacker) obeyedBody() *ObeyedBody {
	v := &ObeyedBody{}
	n := u.array(5)
	v.Command = u.command()
	v.Done = u.commandLines()
	v.Refused = u.str()
	v.Repeat = u.bool()
	if !u.null() {
		o, err := UnmarshalOrder(u.raw())
		u.note(err)
		v.Order = o
	}
	if n > 5 {
		u.note(v.readTransfer(u.raw()))
	}
	u.rest(n, 6)
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

// orderBody writes the body of an entry that bears ref and at.
func (w *rowWriter) orderBody(v *OrderBody, ref string, at time.Time) {
	w.row(func() {
		w.order(&v.Order, OrderID(ref), at)
		w.list(len(v.Shorts), func(i int) { w.short(&v.Shorts[i]) })
		w.word(string(v.Refusal))
		w.bool(v.Dropped)
		w.row(func() {
			w.str(string(v.Ask.Site))
			w.uint(uint64(v.Ask.Epoch))
			w.uint(uint64(v.Ask.Seq))
		})
		w.digest(v.AskKey)
		w.digest(v.AskRequest)
		w.draws(v.Draws)
		w.bool(v.InHand)
		w.word(v.Approver)
		w.displaced(v.Displaced, ref)
		w.assetMoves(v.Promotions)
	})
}

func (r *rowReader) orderBody(v *OrderBody, ref string, at time.Time) {
	r.row(1, func() {
		r.order(&v.Order, OrderID(ref), at)
		v.Shorts = r.shorts()
		v.Refusal, v.Dropped = Refusal(r.word()), r.bool()
		r.row(0, func() { v.Ask = AskID{Site: SiteID(r.word()), Epoch: Epoch(r.uint()), Seq: Seq(r.uint())} })
		v.AskKey, v.AskRequest = r.digest(), r.digest()
		v.Draws, v.InHand, v.Approver = r.draws(), r.bool(), r.word()
		v.Displaced = r.displaced(ref)
		v.Promotions = r.assetMoves()
	})
}

func (w *rowWriter) short(s *Short) {
	w.row(func() {
		w.uint(uint64(s.Line))
		w.name(string(s.SKU))
		w.int(int64(s.Want))
		w.int(int64(s.Have))
		w.int(int64(s.Due))
	})
}

func (r *rowReader) shorts() (out []Short) {
	r.list(reasonsMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, Short{Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Want: Qty(r.int()), Have: Qty(r.int()), Due: Qty(r.int())})
			})
		}
	})
	return out
}
