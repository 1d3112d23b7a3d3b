package ledger

import "math"

func (w *rowWriter) purchase(v *PurchaseBody) {
	if v == nil {
		w.null()
		return
	}
	w.row(func() {
		w.uint(uint64(v.Act))
		w.uint(uint64(v.State))
		w.uint(v.Version)
		w.str(v.By)
		w.str(v.Reason)
		w.str(v.Order.Reference)
		w.str(v.Order.Supplier)
		w.word(string(v.Order.Site))
		w.str(v.Order.Due)
		w.str(v.Order.Note)
		w.list(len(v.Order.Lines), func(i int) {
			l := &v.Order.Lines[i]
			w.row(func() {
				w.word(string(l.SKU))
				w.int(int64(l.Qty))
				w.str(l.Due)
				w.int(l.Cost.Amount)
				w.word(l.Cost.Currency)
				w.int(l.Cost.Per)
				if l.Pack == (Packed{}) {
					w.null()
				} else {
					w.packed(&l.Pack)
				}
			})
		})
		w.bool(v.Still)
		w.str(string(v.Refusal))
		w.uint(v.Nth)
		w.list(len(v.Slips), func(i int) {
			s := &v.Slips[i]
			w.row(func() {
				w.id(string(s.Order))
				w.uint(uint64(s.Line))
				w.word(string(s.SKU))
				w.int(int64(s.Qty))
				w.str(s.NeedBy)
				w.str(s.By)
				w.str(s.Of.Number)
				w.str(s.Of.External)
				w.word(string(s.Of.Channel))
				w.str(s.Of.Customer)
			})
		})
	})
}

func (r *rowReader) purchase() *PurchaseBody {
	if r.null() {
		return nil
	}
	v := &PurchaseBody{}
	r.row(0, func() {
		v.Act, v.State, v.Version = PurchaseAct(r.upTo(math.MaxUint8)), PurchaseState(r.upTo(math.MaxUint8)), r.uint()
		v.By, v.Reason = r.str(), r.str()
		v.Order.Reference, v.Order.Supplier, v.Order.Site = r.str(), r.str(), SiteID(r.word())
		v.Order.Due, v.Order.Note = r.str(), r.str()
		r.list(PurchaseLinesMax, func(n int) {
			for range n {
				r.row(0, func() {
					l := PurchaseLine{SKU: SKU(r.word()), Qty: Qty(r.int()), Due: r.str()}
					l.Cost = Price{Money: Money{Amount: r.int(), Currency: r.word()}, Per: r.int()}
					if p := r.packed(); p != nil {
						l.Pack = *p
					}
					v.Order.Lines = append(v.Order.Lines, l)
				})
			}
		})
		v.Still, v.Refusal, v.Nth = r.bool(), Refusal(r.str()), r.uint()
		r.list(PurchaseSlipsMax, func(n int) {
			for range n {
				r.row(0, func() {
					s := PurchaseSlip{Slip: Slip{Order: OrderID(r.id()), Line: int(r.upTo(math.MaxInt32)), SKU: SKU(r.word()), Qty: Qty(r.int()), NeedBy: r.str(), By: r.str()}}
					s.Of = PaidOrder{Number: r.str(), External: r.str(), Channel: Channel(r.word()), Customer: r.str()}
					v.Slips = append(v.Slips, s)
				})
			}
		})
	})
	if v.Version == 0 && v.Order.Reference == "" {
		return nil // a row of nothing is left out where it comes last
	}
	return v
}

// purchaseBody reads what purchase wrote where there is one.
func (r *rowReader) purchaseBody() *PurchaseBody {
	if v := r.purchase(); v != nil {
		return v
	}
	return &PurchaseBody{}
}
