package wire

import "github.com/holdfast-stock/holdfast/ledger"

// Need asks for some of an asset of head office's own, now: a customer is there. Amount is a level, what the site wants
// to hold, so a repeat is harmless. What comes of it is a command; the reply only says that it was heard.
type Need struct {
	Site   ledger.SiteID
	Head   ledger.Position
	Asset  ledger.AssetID
	Amount ledger.Qty
}

// NeedReply says what is on its way to the site.
type NeedReply struct {
	Verdict Verdict
	Why     string
	Coming  ledger.Qty
}

// WhyNoSuchAsset is the Why of a reply to a Need of what head office does not have: nothing will come.
const WhyNoSuchAsset = "there is no such asset"

const assetMax = 64 // bytes of an asset's name

func (*Need) name() string { return "need" }

func (m *Need) pack(p *packer) {
	p.message(4)
	p.str("site", string(m.Site), nameMax)
	p.position(m.Head)
	p.str("asset", string(m.Asset), assetMax)
	p.int(int64(m.Amount))
}

func (m *Need) unpack(u *unpacker) {
	u.message(func() {
		m.Site, m.Head = u.site(required), u.position()
		asset, err := ledger.ParseAsset(u.str("asset", assetMax))
		if u.err == nil {
			u.note(err)
		}
		m.Asset, m.Amount = asset, u.wanted()
	})
}

func (*NeedReply) name() string { return "need reply" }

func (m *NeedReply) pack(p *packer) {
	p.message(3)
	p.uint(uint64(m.Verdict))
	p.why(m.Why)
	p.int(int64(m.Coming))
}

func (m *NeedReply) unpack(u *unpacker) {
	u.message(func() { m.Verdict, m.Why, m.Coming = u.verdict(), u.why(), u.figure() })
}
