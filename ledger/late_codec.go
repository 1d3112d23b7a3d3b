package ledger

import (
	"math"
	"time"
)

// rowBody encodes a body whose names join those of the entry's postings; ok is false where b has
// another codec.
func (w *rowWriter) rowBody(b Body, e *Entry) (ok bool) {
	switch v := b.(type) {
	case *OrderBody:
		w.orderBody(v, e.Ref, e.At)
	case *AttestedBody:
		w.attested(v)
	case *LateBody:
		w.late(v, e.Ref, e.At)
	case *AdjustedBody:
		w.adjusted(v)
	case *WordsBody:
		w.row(func() { w.uint(uint64(v.Words)) })
	case *LegBody:
		w.leg(v, e.Ref, e.At)
	case *TransferBody:
		w.transferBody(v)
	case *WorkBody:
		w.work(v, e.Ref, e.At)
	case *ReturnBody:
		w.returnBody(v, e.Ref, e.At)
	case *BlockedBody:
		w.blockedBody(v)
	case *DrawerBody:
		w.drawerBody(v)
	case *TenderBody:
		w.tenderBody(v, e.Ref)
	case *DayBody:
		w.dayBody(v)
	case *AssetBody:
		w.asset(v)
	case *PurchaseBody:
		w.purchase(v)
	case *MovedBody:
		w.movedBody(v)
	case *LotBody:
		w.lotBody(v, e.Ref)
	case *ManifestBody:
		w.manifest(v)
	case *DropBody:
		w.dropBody(v, e.Ref, e.At)
	default:
		return false
	}
	return true
}

func (w *rowWriter) incarnation(h Incarnation) {
	w.row(func() {
		w.uint(h.Counter)
		w.digest(h.Random)
	})
}

func (r *rowReader) incarnation() (h Incarnation) {
	r.row(0, func() { h.Counter, h.Random = r.uint(), r.digest() })
	return h
}

func (w *rowWriter) attested(v *AttestedBody) {
	w.row(func() {
		w.incarnation(v.H)
		w.digest(v.Digest)
		w.bool(v.Rebuilt)
		w.list(len(v.Moved), func(i int) { w.word(string(v.Moved[i])) })
	})
}

func (r *rowReader) attested() *AttestedBody {
	v := &AttestedBody{}
	r.row(0, func() {
		v.H, v.Digest, v.Rebuilt = r.incarnation(), r.digest(), r.bool()
		r.list(MovedMax, func(n int) {
			for range n {
				v.Moved = append(v.Moved, SKU(r.word()))
			}
		})
	})
	return v
}

func (w *rowWriter) origin(o Origin) {
	w.row(func() {
		w.word(string(o.Site))
		w.uint(uint64(o.Epoch))
		w.uint(uint64(o.Seq))
		if o.Hash == (Hash{}) {
			w.null()
		} else {
			w.bin(o.Hash[:])
		}
	})
}

func (r *rowReader) origin() (o Origin) {
	r.row(0, func() {
		o.Site, o.Epoch, o.Seq = SiteID(r.word()), Epoch(r.uint()), Seq(r.uint())
		r.fixed(o.Hash[:], true)
	})
	return o
}

// late writes the body of an entry that bears ref and at.
func (w *rowWriter) late(v *LateBody, ref string, at time.Time) {
	w.row(func() {
		w.uint(uint64(v.Was))
		w.origin(v.Origin)
		if v.Order == nil {
			w.null()
		} else {
			w.order(v.Order, OrderID(ref), at)
		}
		w.row(func() {
			w.str(v.Receipt.ID)
			w.str(v.Receipt.Reference)
			w.packedLines(v.Receipt.Packs)
			w.delivered(v.Receipt.Delivered)
		})
		w.word(string(v.Refusal))
		w.list(len(v.Missing), func(i int) { w.short(&v.Missing[i]) })
		w.displaced(v.Displaced, ref)
		w.draws(v.Draws)
		w.str(v.Reason)
		w.word(v.Approver)
		w.adjustLines(v.Lines)
		w.counted(v.Count)
		w.transfer(v.Transfer)
		if v.Work == nil {
			w.null()
		} else {
			w.work(v.Work, ref, at)
		}
		if v.Return == nil {
			w.null()
		} else {
			w.returned(v.Return, ref)
		}
		w.acts(v.Acts)
		w.blockedLines(v.Seen)
		if v.Tender == nil {
			w.null()
		} else {
			w.tenderBody(v.Tender, ref)
		}
		if v.Drawer == nil {
			w.null()
		} else {
			w.drawerBody(v.Drawer)
		}
		w.asset(v.Asset)
		w.purchase(v.Purchase)
		w.binMoves(v.Moved)
		w.assetMoves(v.Promotions)
		if v.Lot == nil {
			w.null()
		} else {
			w.lotBody(v.Lot, ref)
		}
		if v.Drop == nil {
			w.null()
		} else {
			w.dropBody(v.Drop, ref, at)
		}
	})
}

func (r *rowReader) late(ref string, at time.Time) *LateBody {
	v := &LateBody{}
	r.row(0, func() {
		v.Was, v.Origin = Kind(r.upTo(math.MaxUint16)), r.origin()
		if !r.null() {
			v.Order = &Order{}
			r.order(v.Order, OrderID(ref), at)
		}
		r.row(0, func() {
			v.Receipt = ReceiptBody{ID: r.str(), Reference: r.str(), Packs: r.packedLines(), Delivered: r.delivered()}
		})
		v.Refusal, v.Missing = Refusal(r.word()), r.shorts()
		v.Displaced, v.Draws = r.displaced(ref), r.draws()
		v.Reason, v.Approver = r.str(), r.word()
		v.Lines = r.adjustLines()
		v.Count = r.counted()
		v.Transfer = r.transfer()
		if !r.null() {
			v.Work = r.work(ref, at)
		}
		if !r.null() {
			v.Return = &Return{}
			r.returned(v.Return, ref)
		}
		v.Acts, v.Seen = r.acts(), r.blockedLines()
		if !r.null() {
			v.Tender = r.tenderBody(ref)
		}
		if !r.null() {
			v.Drawer = r.drawerBody()
		}
		v.Asset = r.asset()
		v.Purchase = r.purchase()
		v.Moved = r.binMoves()
		v.Promotions = r.assetMoves()
		if !r.null() {
			v.Lot = r.lotBody(ref)
		}
		if !r.null() {
			v.Drop = r.dropBody(ref, at)
		}
	})
	return v
}

func (w *rowWriter) adjusted(v *AdjustedBody) {
	w.row(func() {
		w.str(v.Reason)
		w.word(v.Approver)
		w.adjustLines(v.Lines)
		w.displaced(v.Displaced, "")
		w.counted(v.Count)
	})
}

func (r *rowReader) adjusted() *AdjustedBody {
	v := &AdjustedBody{}
	r.row(0, func() {
		v.Reason, v.Approver = r.str(), r.word()
		v.Lines = r.adjustLines()
		v.Displaced = r.displaced("")
		v.Count = r.counted()
	})
	return v
}

func (w *rowWriter) adjustLines(lines []AdjustLine) {
	w.list(len(lines), func(i int) {
		l := &lines[i]
		w.row(func() {
			w.name(string(l.SKU))
			w.name(string(l.Bin))
			w.int(int64(l.Qty))
			w.int(int64(l.Short))
			w.packed(l.Pack)
			w.bool(l.Blocked)
		})
	})
}

func (r *rowReader) adjustLines() (out []AdjustLine) {
	r.list(LinesMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, AdjustLine{SKU: SKU(r.word()), Bin: Bin(r.word()), Qty: Qty(r.int()), Short: Qty(r.int()), Pack: r.packed(), Blocked: r.bool()})
			})
		}
	})
	return out
}

// displaced writes promises; the order that the entry bears as ref is left out.
func (w *rowWriter) displaced(list []Displaced, ref string) {
	w.list(len(list), func(i int) {
		d := &list[i]
		w.row(func() {
			w.orderID(d.Order, OrderID(ref))
			w.word(string(d.Owner))
			w.uint(uint64(d.Line))
			w.name(string(d.SKU))
			w.int(int64(d.Qty))
		})
	})
}

func (r *rowReader) displaced(ref string) (out []Displaced) {
	r.list(displacedMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, Displaced{Order: r.orderID(OrderID(ref)), Owner: SiteID(r.word()), Line: int(r.upTo(math.MaxInt32)),
					SKU: SKU(r.word()), Qty: Qty(r.int())})
			})
		}
	})
	return out
}

func (w *rowWriter) draws(list []Draw) {
	w.list(len(list), func(i int) {
		d := &list[i]
		w.row(func() {
			w.uint(uint64(d.Line))
			w.name(string(d.Site))
			w.name(string(d.SKU))
			w.int(int64(d.Qty))
		})
	})
}

func (r *rowReader) draws() (out []Draw) {
	r.list(LegsMax, func(n int) {
		for range n {
			r.row(0, func() {
				out = append(out, Draw{Line: int(r.upTo(math.MaxInt32)), Site: SiteID(r.word()), SKU: SKU(r.word()), Qty: Qty(r.int())})
			})
		}
	})
	return out
}
