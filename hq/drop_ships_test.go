package hq_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// sofas makes a company of one warehouse with taps, whose sofas their supplier sends, and gives an order of taps and sofas that a customer places.
func sofas(t *testing.T) (*cluster, *site, func(key string, taps, sofas ledger.Qty) contract.Order) {
	t.Helper()
	c, hull := warehouse(t, 1, 10)
	sofa := named("Sofa")
	sofa.Supplier, sofa.LeadTimeDays, sofa.DropShip = "Oak Ltd", 10, true
	c.must(200, 0, "PUT", "/v1/items/SOFA", "", sofa, nil)
	c.must(200, 0, "PUT", "/v1/customers/C-1", "", contract.CustomerRequest{Name: "Anna", Addresses: []contract.CustomerAddress{{Label: "home", Lines: []string{"1 High St"}, Country: "GB", Postcode: "LS1 1AA"}}}, nil)
	return c, hull, func(key string, taps, sofas ledger.Qty) (o contract.Order) {
		t.Helper()
		in := contract.OrderRequest{Customer: "C-1", DeliverTo: "home"}
		if taps > 0 {
			in.Lines = append(in.Lines, contract.LineRequest{SKU: "TAP-22", Qty: taps})
		}
		in.Lines = append(in.Lines, contract.LineRequest{SKU: "SOFA", Qty: sofas})
		c.must(201, 0, "POST", "/v1/orders", key, in, &o)
		return o
	}
}

// says puts a supplier's word to head office, and gives how the lines stand.
func (c *cluster) says(o *contract.Order, deed, key string, in contract.DropShipRequest) (out string) {
	c.t.Helper()
	var list contract.DropShipmentList
	c.must(200, 0, "POST", "/v1/drop-shipments/"+string(o.ID)+"/"+deed, key, in, &list)
	return suppliersHave(&list)
}

func suppliersHave(list *contract.DropShipmentList) (out string) {
	for i := range list.DropShipments {
		for j := range list.DropShipments[i].Lines {
			l := &list.DropShipments[i].Lines[j]
			out += fmt.Sprintf("%s %d: %d %s open %d confirmed %d sent %d refused %d back %d over %d; ", list.DropShipments[i].Reference, l.Line, l.Qty, l.SKU, l.Open, l.Confirmed, l.Sent, l.Refused, l.Back, l.Over)
		}
	}
	return out
}

func only(lines ...contract.DropShipUnit) contract.DropShipRequest {
	return contract.DropShipRequest{Lines: lines}
}

func (c *cluster) orderNow(id ledger.OrderID) (o contract.Order) {
	c.t.Helper()
	c.must(200, 0, "GET", "/v1/orders/"+string(id), "", nil, &o)
	return o
}

// Head office takes an order of own goods beside goods that their supplier sends, asks the supplier, hears its word, and counts no stock for it.
func TestHeadOfficeSellsWhatASupplierSends(t *testing.T) {
	t.Parallel()
	c, _, place := sofas(t)
	o := place("o-1", 2, 4)
	l := o.Lines[1]
	if o.Status != ledger.StatusAllocated || l.Status != "at_supplier" || l.DropShip == nil || l.DropShip.Open != 4 || l.DropShip.Due == "" || len(l.Reserved) != 0 || o.Lines[0].Reserved[0].Site != "hull" {
		t.Fatalf("got %s of %+v, want the taps of hull and the sofas asked of their supplier", o.Status, o.Lines)
	}
	ref := o.Number + "-S1"
	var list contract.DropShipmentList
	for query, want := range map[string]int{"": 1, "?supplier=Elm": 0, "?reference=" + ref: 1, "?reference=" + ref + "&delivery_note=DN-7": 0} {
		if c.must(200, 0, "GET", "/v1/drop-shipments"+query, "", nil, &list); len(list.DropShipments) != want {
			t.Errorf("list %q: got %+v, want %d", query, list.DropShipments, want)
		}
	}
	at := "/v1/drop-shipments/" + string(o.ID)
	if p := c.problemOf(0, "POST", at+"/confirm", "k-1", contract.DropShipRequest{Due: "2020-01-01"}); p.Code != contract.CodeBadValue || !strings.Contains(p.Detail, "which has passed") {
		t.Errorf("a day that has passed: got %+v", p)
	}
	if got := c.says(&o, "confirm", "k-2", contract.DropShipRequest{Due: "2099-02-01"}); got != ref+" 2: 4 SOFA open 4 confirmed 4 sent 0 refused 0 back 0 over 0; " {
		t.Errorf("confirmed: got %s", got)
	}
	sent := only(contract.DropShipUnit{Line: 2, Qty: 1})
	sent.Note, sent.Carrier = "DN 7", "Post"
	for range 2 { // a repeat is the first answer
		if got := c.says(&o, "dispatch", "k-3", sent); got != ref+" 2: 4 SOFA open 3 confirmed 3 sent 1 refused 0 back 0 over 0; " {
			t.Errorf("sent: got %s", got)
		}
	}
	if c.must(200, 0, "GET", "/v1/drop-shipments?reference="+ref+"&delivery_note=dn7", "", nil, &list); len(list.DropShipments) != 1 {
		t.Errorf("the note by its reference: got %+v", list)
	}
	sent.Note = "dn7"
	if p := c.problemOf(0, "POST", at+"/dispatch", "k-4", sent); p.Code != contract.CodeNoteBooked || !strings.Contains(p.Detail, "was taken down before, for order "+string(o.ID)) {
		t.Errorf("the note again: got %+v", p)
	}
	for range 2 {
		if p := c.problemOf(0, "POST", at+"/dispatch", "k-5", only(contract.DropShipUnit{Line: 2, Qty: 9})); p.Code != contract.CodeDropShipState || p.Detail != "Line 2: Oak Ltd could dispatch 3 of SOFA, and 9 are named. Nothing was changed." {
			t.Errorf("too many: got %+v", p)
		}
	}
	refuse := only(contract.DropShipUnit{Line: 2, Qty: 1})
	refuse.Reason = "no oak left"
	if got := c.says(&o, "refuse", "k-6", refuse); got != ref+" 2: 4 SOFA open 2 confirmed 2 sent 1 refused 1 back 0 over 0; " {
		t.Errorf("refused: got %s", got)
	}
	if got := c.orderNow(o.ID); got.Lines[1].Declined != 1 || got.Lines[1].Taken != 1 || len(got.Lines) != 2 {
		t.Errorf("got %+v, want one declined, for no site has a sofa", got.Lines)
	}
	if got := c.says(&o, "come-back", "k-7", only()); got != ref+" 2: 4 SOFA open 2 confirmed 2 sent 1 refused 1 back 1 over 0; " {
		t.Errorf("back: got %s", got)
	}
	var stock contract.HQStock
	if c.must(200, 0, "GET", "/v1/stock/SOFA", "", nil, &stock); stock.OnHand+stock.Reserved+stock.Available != 0 {
		t.Errorf("got %+v, want no sofa in any stock", stock)
	}
	c.must(200, 0, "POST", "/v1/orders/"+string(o.ID)+"/cancel", "k-8", nil, nil)
	if got := c.says(&o, "dispatch", "k-9", only()); got != ref+" 2: 4 SOFA open 0 confirmed 0 sent 3 refused 1 back 1 over 2; " {
		t.Errorf("sent after it was cancelled: got %s", got)
	}
	var raised hq.ExceptionList
	c.must(200, 0, "GET", "/v1/exceptions", "", nil, &raised)
	what := map[string]string{}
	for _, x := range raised.Exceptions {
		what[x.What] = x.Why
	}
	if what["drop_ship_refused"] != "Oak Ltd does not send 1 SOFA of order "+o.Number+": no oak left. Tell its customer, and give back what was paid for it" ||
		what["drop_ship_over"] != "Oak Ltd has sent 2 units of order "+o.Number+" that it did not count on any more: have them back, or charge for them" {
		t.Errorf("got exceptions %v", what)
	}
	var story contract.Explanation
	c.must(200, 0, "GET", "/v1/orders/"+string(o.ID)+"/explain", "", nil, &story)
	words := ""
	for _, s := range story.Story {
		if words += s.Words + "\n"; s.What == "supplier" && s.By != "owner" {
			t.Errorf("got %+v, want who took it down", s)
		}
	}
	for _, want := range []string{"Oak Ltd says that it will send on 2099-02-01", "Oak Ltd has sent", "Oak Ltd will not send, no oak left", "back at Oak Ltd"} {
		if !strings.Contains(words, want) {
			t.Errorf("got the story\n%s, want %q in it", words, want)
		}
	}
}

// An order of which a supplier sends all is taken with no site that has any of it; less may be wanted of it and no more; and what the supplier does not send is
// sourced again as own stock where a site has some.
func TestWhatASupplierDoesNotSendIsSourcedAgain(t *testing.T) {
	t.Parallel()
	c, hull, place := sofas(t)
	o := place("o-1", 0, 5)
	if o.Status != ledger.StatusAllocated || o.Lines[0].DropShip == nil || o.Lines[0].DropShip.Open != 5 {
		t.Fatalf("got %s of %+v, want all of it asked of the supplier", o.Status, o.Lines)
	}
	amend := func(line int, sku string, qty ledger.Qty) contract.AmendRequest {
		in := contract.AmendRequest{Version: c.orderNow(o.ID).Version}
		in.Lines = []contract.AmendLine{{Line: line, SKU: sku, Qty: &qty}}
		return in
	}
	path := "/v1/orders/" + string(o.ID) + "/amend"
	for key, in := range map[string]contract.AmendRequest{"a-1": amend(1, "", 9), "a-2": amend(0, "SOFA", 1)} {
		if p := c.problemOf(0, "POST", path, key, in); p.Code != contract.CodeNotAmendable || p.Detail != "SOFA is sent by its supplier, which has the order: it cannot be asked for more of it." {
			t.Errorf("more: got %+v", p)
		}
	}
	c.must(200, 0, "POST", path, "a-3", amend(1, "", 4), nil)
	if got := c.orderNow(o.ID); got.Lines[0].Qty != 4 || got.Lines[0].DropShip.Open != 4 {
		t.Errorf("got %+v, want four", got.Lines[0])
	}
	hull.receive("SOFA", 2) // they came back from somebody
	hull.push()
	refuse := only(contract.DropShipUnit{Line: 1, Qty: 3})
	refuse.Reason = "no oak left"
	c.says(&o, "refuse", "k-1", refuse)
	var got contract.Order
	c.eventually("the sofas of hull to serve it", func() error {
		if got = c.orderNow(o.ID); len(got.Lines) != 2 || len(got.Lines[1].Reserved) != 1 {
			return fmt.Errorf("got %+v", got.Lines)
		}
		return nil
	})
	if l := got.Lines[1]; l.SKU != "SOFA" || l.Qty != 2 || l.DropShip != nil || l.Reserved[0].Site != "hull" || l.Reserved[0].Qty != 2 || got.Lines[0].Declined != 3 || got.Lines[0].DropShip.Open != 1 {
		t.Errorf("got %+v, want two of hull's in a line of their own, beside the one that its supplier sends", got.Lines)
	}
	var raised hq.ExceptionList
	if c.must(200, 0, "GET", "/v1/exceptions", "", nil, &raised); !slices.ContainsFunc(raised.Exceptions, func(x hq.ExceptionRow) bool {
		return strings.HasSuffix(x.Why, "no oak left. 2 are sourced again, as own stock at the same price; tell its customer of the other 1, and give back what was paid for these alone")
	}) {
		t.Errorf("got %+v, want nothing given back for what is sourced again", raised.Exceptions)
	}
	c.says(&o, "dispatch", "k-2", only())
	leeds := c.addSite("leeds", "counter", 2)
	leeds.hello()
	own := ledger.Order{ID: "01900000-0000-7000-8000-0000000000d1", Channel: "till", Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Customer: "C-1", DeliverTo: "home",
		Lines: []ledger.Line{{SKU: "SOFA", Qty: 1, Drop: &ledger.DropShip{Supplier: "Oak Ltd"}}, {SKU: "TAP-22", Qty: 1}}, Anywhere: true}
	leeds.decide(&ledger.Place{Order: own})
	leeds.push()
	if p := c.problemOf(0, "POST", "/v1/drop-shipments/"+string(own.ID)+"/dispatch", "k-3", only()); p.Code != contract.CodeNotSupported || p.Detail != "The order stands in the book of Leeds, which hears its suppliers. Nothing was changed." {
		t.Errorf("a site's order: got %+v", p)
	}
	c.no(404, contract.CodeNotFound, "POST", "/v1/drop-shipments/01900000-0000-7000-8000-00000000000f/dispatch", "k-4", only())
	c.no(404, contract.CodeNotFound, "GET", "/v1/drop-shipments/01900000-0000-7000-8000-00000000000f", "", nil)
}
