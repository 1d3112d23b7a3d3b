package ledger_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// comes takes goods in of a purchase order, at a site that takes in 10 % too many unasked.
func comes(ref, note string, qty ledger.Qty, change ...func(*ledger.Receive)) *ledger.Receive {
	r := &ledger.Receive{ID: fmt.Sprint("r-", note, qty), Reference: ref, Note: note, Over: 10, Lines: []ledger.ReceiptLine{{SKU: "TAP", Qty: qty}}}
	for _, f := range change {
		f(r)
	}
	return r
}

// took says what a receipt has come to.
func took(out ledger.Outcome) string {
	note, isNote := errors.AsType[*ledger.NoteError](out.Err)
	over, isOver := errors.AsType[*ledger.OverError](out.Err)
	form, isForm := errors.AsType[*ledger.FormError](out.Err)
	switch {
	case isNote:
		return fmt.Sprintf("booked before by %s", note.ID)
	case isOver:
		l := over.Lines[0]
		return fmt.Sprintf("asks: %d and %d of %d", l.Came, l.Now, l.Ordered)
	case isForm:
		return "form " + form.Field
	case out.Err != nil:
		return out.Err.Error()
	}
	d := out.Entry.Body.(*ledger.ReceiptBody).Delivered
	if d == nil {
		return "in"
	}
	words := fmt.Sprintf("in, part %d of the note, receipt %d of the order", d.Part, d.Nth)
	for _, c := range d.Came {
		words += fmt.Sprintf(", %d of %d", c.Came, c.Ordered)
	}
	if d.Closed {
		words += ", closed"
	}
	return words
}

// A supplier's delivery note is booked once, whoever types it how; what comes of a purchase order is counted, too much asks, too little stays open or is closed.
func TestADeliveryNoteIsBookedOnceAndTooMuchAsks(t *testing.T) {
	s := newStage(t, "leeds", true)
	keep := func(r *ledger.Receive) { r.KeepOver = true }
	more := func(r *ledger.Receive) { r.More = true }
	shut := func(r *ledger.Receive) { r.Close = true }
	of := func(who string) func(*ledger.Receive) { return func(r *ledger.Receive) { r.Supplier = who } }
	s.do(orders(ledger.PurchaseSend, "PO 1", 40))
	s.do(orders(ledger.PurchasePut, "PO 2", 5))
	for i, c := range []struct {
		do   *ledger.Receive
		want string
	}{
		{comes("PO 1", "DN 5", 30), "in, part 1 of the note, receipt 1 of the order, 30 of 40"},
		{comes("PO 1", "dn5", 30, of("ACME")), "booked before by r-DN 530"},
		{comes("PO 1", "DN 5", 6, more), "in, part 2 of the note, receipt 2 of the order, 36 of 40"},
		{comes("PO 1", "DN 6", 6, more), "form more"},
		{comes("", "DN 5", 1), "form supplier"},
		{comes("", "DN 5", 1, of("Bolt & Co")), "in, part 1 of the note, receipt 0 of the order"},
		{comes("", "DN 5", 1, of("acme")), "booked before by r-DN 56"},
		{comes("PO 1", "DN 6", 9), "asks: 36 and 9 of 40"},
		{comes("PO 1", "DN 6", 8), "in, part 1 of the note, receipt 3 of the order, 44 of 40"},
		{comes("PO 1", "", 1), "asks: 44 and 1 of 40"},
		{comes("PO 1", "", 1, keep), "in, part 0 of the note, receipt 4 of the order, 45 of 40"},
		{comes("PO 1", "", 1, keep, shut), "in, part 0 of the note, receipt 5 of the order, 46 of 40"},
		{comes("PO 2", "", 2, shut), "form close"},
		{comes("PO 9", "", 2, shut), "form close"},
		{comes("PO 9", "", 2), "in"},
	} {
		if got := took(s.do(c.do)); got != c.want {
			t.Errorf("%d: got %q, want %q", i, got, c.want)
		}
	}
	s.do(orders(ledger.PurchaseSend, "PO 2", 5))
	if got, want := took(s.do(comes("PO 2", "DN 7", 3, shut))), "in, part 1 of the note, receipt 1 of the order, 3 of 5, closed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := wrote(s.do(orders(ledger.PurchaseClose, "PO 2", 0))); got != "closed_short 3 again" {
		t.Errorf("got %q, want it closed by its receipt", got)
	}
	// Told late, a note is booked in the next life too, and counted among its own.
	next := newStage(t, "leeds", true)
	next.do(orders(ledger.PurchaseSend, "PO 1", 40))
	next.do(comes("PO 1", "DN 1", 1))
	for range 2 {
		for _, e := range s.entries {
			if e.Kind == ledger.KindReceipt {
				if out := next.late(e); out.Err != nil {
					t.Fatal(out.Err)
				}
			}
		}
	}
	if got, want := took(next.do(comes("PO 1", "DN 6", 1, more, keep))), "in, part 2 of the note, receipt 7 of the order, 48 of 40"; got != want {
		t.Errorf("in another life: got %q, want %q", got, want)
	}
	if got := took(next.do(comes("PO 1", "DN 5", 1))); got != "booked before by r-DN 56" {
		t.Errorf("in another life: got %q, want it booked", got)
	}
}

// What is remembered of a delivery outlives checkpoints and trimming.
func TestADeliveryNoteOfLongAgoIsKnown(t *testing.T) {
	d := newDesk(t, smallFiles)
	d.must(orders(ledger.PurchaseSend, "PO 1", 40))
	d.must(comes("PO 1", "DN 5", 30))
	d.receive("TAP", 2000)
	for i := range 900 {
		d.must(sale(fmt.Sprint("s", i), "TAP", 1))
	}
	d.trim(d.archive(t.TempDir()), d.soon())
	if got := took(d.do(comes("PO 1", "DN 5", 30))); got != "booked before by r-DN 530" {
		t.Errorf("got %q", got)
	}
	if got, want := took(d.do(comes("PO 1", "DN 6", 1))), "in, part 1 of the note, receipt 2 of the order, 31 of 40"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if came, err := d.book.CameOf("PO 1"); err != nil || len(came) != 1 || came[0].Came != 31 || came[0].Left() != 9 {
		t.Errorf("got %+v (%v), want 31 of 40", came, err)
	}
}

// A receipt that comes to nothing, here for want of room in one entry, closes no purchase order either.
func TestWhatIsNotTakenInClosesNothing(t *testing.T) {
	s := newStage(t, "leeds", true)
	s.do(orders(ledger.PurchaseSend, "PO 1", 40))
	r := comes("PO 1", "N1", 1, func(r *ledger.Receive) { r.Close, r.KeepOver = true, true })
	for _, sku := range []ledger.SKU{"A", "B", "C"} {
		l := ledger.ReceiptLine{SKU: sku, Qty: 7_000}
		for i := range 7_000 {
			l.Lots = append(l.Lots, ledger.LotQty{Lot: ledger.LotID(fmt.Sprint("S", i)), Qty: 1, Serial: true})
		}
		r.Lines = append(r.Lines, l)
	}
	before := s.core.State.Head()
	check(t, "too many lots", took(s.do(r)), "form lines")
	if got := s.core.State.Head(); got != before {
		t.Errorf("got head %v, want %v: nothing was written", got, before)
	}
}
