package wire

import "github.com/holdfast-stock/holdfast/ledger"

// nameMax is over the longest name of the ledger; its parsers hold the exact bounds.
const nameMax = 64

// need says whether an empty name is refused.
type need bool

const (
	optional need = false
	required need = true
)

func name[T ~string](u *unpacker, what string, n need, parse func(string) (T, error)) T {
	s := u.str(what, nameMax)
	if u.err != nil || s == "" && n == optional {
		return ""
	}
	v, err := parse(s)
	u.note(err)
	return v
}

func (u *unpacker) site(n need) ledger.SiteID   { return name(u, "site", n, ledger.ParseSite) }
func (u *unpacker) sku() ledger.SKU             { return name(u, "sku", required, ledger.ParseSKU) }
func (u *unpacker) order(n need) ledger.OrderID { return name(u, "order", n, ledger.ParseOrderID) }

// found reads what a newer peer may have more words for: those say nothing here.
func (u *unpacker) found() Found {
	switch f := Found(min(u.uint(), 255)); f {
	case FoundYes, FoundNo:
		return f
	default:
		return FoundUnsaid
	}
}

// wanted reads an amount that is asked for or promised: 1 to QtyMax.
func (u *unpacker) wanted() ledger.Qty {
	q := ledger.Qty(u.int())
	u.note(ledger.CheckQty(q))
	return q
}

// figure reads an amount that is told: 0 to QtyMax.
func (u *unpacker) figure() ledger.Qty {
	q := ledger.Qty(u.int())
	if q != 0 {
		u.note(ledger.CheckQty(q))
	}
	return q
}

func (u *unpacker) verdict() Verdict {
	v := u.small("verdict")
	if v > 255 {
		u.refuse("verdict is %d", v)
	}
	return Verdict(v)
}

func (u *unpacker) position() (at ledger.Position) {
	u.tuple(func() {
		at.Epoch, at.Seq = ledger.Epoch(u.uint()), ledger.Seq(u.uint())
		u.fixed("hash", at.Hash[:])
	})
	return at
}

func (u *unpacker) incarnation() (h ledger.Incarnation) {
	u.tuple(func() {
		h.Counter = u.uint()
		u.fixed("incarnation", h.Random[:])
	})
	return h
}

func (u *unpacker) cursor() (c ledger.Cursor) {
	u.tuple(func() {
		c.H, c.Number = u.incarnation(), u.uint()
		u.fixed("hash", c.Hash[:])
	})
	return c
}
