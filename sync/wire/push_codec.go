package wire

import "github.com/holdfast-stock/holdfast/ledger"

func epoch(u *unpacker) ledger.Epoch { return ledger.Epoch(u.uint()) }

// What stands around the frames of a push, and around each of them, at most.
const (
	pushHead  = 256
	frameHead = 5
)

func (*Push) name() string { return "push" }

func (m *Push) pack(p *packer) {
	size := pushHead
	for _, f := range m.Frames {
		size += len(f) + frameHead
	}
	p.buf.Grow(size) // once, rather than by doubling
	p.message(5)
	p.str("site", string(m.Site), nameMax)
	p.uint(uint64(m.Epoch))
	p.position(m.Head)
	p.position(m.Before)
	p.list("frames", len(m.Frames), FramesMax)
	for _, f := range m.Frames {
		p.bin(f)
	}
}

func (m *Push) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Epoch = u.site(required), epoch(u)
		m.Head, m.Before = u.position(), u.position()
		u.list("frames", FramesMax, func() {
			m.Frames = append(m.Frames, u.part("frame", BodyMax))
		})
	})
}

func (*PushReply) name() string { return "push reply" }

func (m *PushReply) pack(p *packer) {
	p.message(3)
	p.uint(uint64(m.Verdict))
	p.why(m.Why)
	p.position(m.Stored)
}

func (m *PushReply) unpack(u *unpacker) {
	u.message(func() {
		m.Verdict, m.Why, m.Stored = u.verdict(), u.why(), u.position()
	})
}
