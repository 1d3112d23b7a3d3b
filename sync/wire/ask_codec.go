package wire

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

func (p *packer) data(b []byte) {
	if len(b) > DataMax {
		p.note(fmt.Errorf("body has %d bytes, at most %d", len(b), DataMax))
	}
	p.bin(b)
}

func (*Ask) name() string { return "ask" }

func (m *Ask) pack(p *packer) {
	p.message(9)
	p.str("site", string(m.Site), nameMax)
	p.position(m.Head)
	p.array(3)
	p.str("site", string(m.ID.Site), nameMax)
	p.uint(uint64(m.ID.Epoch))
	p.uint(uint64(m.ID.Seq))
	p.str("order", string(m.Order), nameMax)
	p.list("lines", len(m.Lines), ledger.LinesMax)
	for _, l := range m.Lines {
		p.array(3)
		p.int(int64(l.Line))
		p.str("sku", string(l.SKU), nameMax)
		p.int(int64(l.Qty))
	}
	p.bool(m.Whole)
	p.str("site", string(m.Only), nameMax)
	p.int(m.DeadlineMS)
	m.For.pack(p)
}

func (f *AskFor) pack(p *packer) {
	p.array(9)
	for _, t := range f.texts() {
		p.str(t.what, *t.text, ledger.TextMax)
	}
	p.int(f.ShipTo.LatE6)
	p.int(f.ShipTo.LonE6)
}

func (f *AskFor) unpack(u *unpacker) {
	u.tuple(func() {
		for _, t := range f.texts() {
			*t.text = u.str(t.what, ledger.TextMax)
		}
		f.ShipTo.LatE6, f.ShipTo.LonE6 = u.int(), u.int()
	})
}

// A wordOf is a text of an AskFor with its name.
type wordOf struct {
	what string
	text *string
}

// texts are the texts in the order in which they are sent.
func (f *AskFor) texts() [7]wordOf {
	return [...]wordOf{{"fulfil", (*string)(&f.Fulfil)}, {"channel", (*string)(&f.Channel)}, {"country", &f.ShipTo.Country},
		{"postcode", &f.ShipTo.Postcode}, {"customer", &f.Customer}, {"class", &f.Class}, {"need by", &f.NeedBy}}
}

func (m *Ask) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Head = u.site(required), u.position()
		u.tuple(func() {
			m.ID = ledger.AskID{Site: u.site(required), Epoch: epoch(u), Seq: ledger.Seq(u.uint())}
		})
		m.Order = u.order(required)
		u.list("lines", ledger.LinesMax, func() {
			u.tuple(func() {
				m.Lines = append(m.Lines, AskLine{Line: u.small("line"), SKU: u.sku(), Qty: u.wanted()})
			})
		})
		m.Whole, m.Only, m.DeadlineMS = u.bool(), u.site(optional), u.int()
		m.For.unpack(u)
	})
}

func (*AskReply) name() string { return "ask reply" }

func (m *AskReply) pack(p *packer) {
	p.message(4)
	p.uint(uint64(m.Verdict))
	p.bool(m.Yes)
	p.list("legs", len(m.Legs), LegsMax)
	for _, l := range m.Legs {
		p.array(3)
		p.int(int64(l.Line))
		p.str("site", string(l.Site), nameMax)
		p.int(int64(l.Qty))
	}
	p.why(m.Why)
}

func (m *AskReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Yes = u.verdict(), u.bool()
		u.list("legs", LegsMax, func() {
			u.tuple(func() {
				m.Legs = append(m.Legs, ledger.AskLeg{Line: u.small("line"), Site: u.site(required), Qty: u.wanted()})
			})
		})
		m.Why = u.why()
	})
}

func (*Look) name() string { return "look" }

func (m *Look) pack(p *packer) {
	p.message(4)
	p.str("site", string(m.Site), nameMax)
	p.position(m.Head)
	p.str("sku", string(m.SKU), nameMax)
	p.str("other site", string(m.Other), nameMax)
}

func (m *Look) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Head, m.SKU = u.site(required), u.position(), u.sku()
		m.Other = u.site(optional)
	})
}

func (*LookReply) name() string { return "look reply" }

func (m *LookReply) pack(p *packer) {
	p.message(5)
	p.uint(uint64(m.Verdict))
	p.int(int64(m.Ask))
	p.int(int64(m.Likely))
	p.int(m.LikelyAgeMS)
	p.uint(uint64(m.Other))
}

func (m *LookReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Ask, m.Likely, m.LikelyAgeMS = u.verdict(), u.figure(), u.figure(), u.int()
		m.Other = u.found()
	})
}

func (*Forward) name() string { return "forward" }

func (m *Forward) pack(p *packer) {
	p.message(9)
	p.str("site", string(m.Site), nameMax)
	p.position(m.Head)
	p.str("order", string(m.Cancel), nameMax)
	p.str("actor", m.Actor, ActorMax)
	p.bin(m.Key[:])
	p.bin(m.Request[:])
	p.int(m.DeadlineMS)
	p.str("device", m.Device, ActorMax)
	p.str("approver", m.Approver, ActorMax)
}

func (m *Forward) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Head, m.Cancel = u.site(required), u.position(), u.order(required)
		m.Actor = u.str("actor", ActorMax)
		u.fixed("key", m.Key[:])
		u.fixed("request", m.Request[:])
		m.DeadlineMS = u.int()
		m.Device, m.Approver = u.str("device", ActorMax), u.str("approver", ActorMax)
	})
}

func (*ForwardReply) name() string { return "forward reply" }

func (m *ForwardReply) pack(p *packer) {
	p.message(4)
	p.uint(uint64(m.Verdict))
	p.int(int64(m.Status))
	p.data(m.Body)
	p.bool(m.Replayed)
}

func (m *ForwardReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Status, m.Body = u.verdict(), u.small("status"), u.bin("body", DataMax)
		m.Replayed = u.bool()
	})
}
