package bench

import (
	"fmt"
	"net/url"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// part is the address of this site's part of an order.
func (c *dayClient) part(id ledger.OrderID) string {
	return "/v1/fulfilments/" + contract.FulfilmentID(id, c.day.cfg.Site)
}

// pick places an order that is fetched or sent later, and picks it.
func (c *dayClient) pick(wish contract.OrderRequest) (o contract.Order, err error) {
	if o, err = c.place(wish); err != nil {
		return o, err
	}
	if err := c.get("GET /v1/fulfilments", "/v1/fulfilments?status=reserved&limit=20", nil); err != nil {
		return o, err
	}
	if err := c.get("GET /v1/fulfilments/{id}", c.part(o.ID), nil); err != nil {
		return o, err
	}
	var pick contract.PickRequest
	for _, l := range o.Lines {
		pick.Lines = append(pick.Lines, contract.PickedLine{Line: l.Line, Qty: l.Qty})
	}
	return o, c.post("POST /v1/fulfilments/{id}/pick", c.part(o.ID)+"/pick", pick, nil)
}

// collect is an order that its customer comes for, with the code.
func (c *dayClient) collect() error {
	o, err := c.pick(contract.OrderRequest{Fulfil: ledger.Collect})
	if err != nil {
		return err
	}
	var ready contract.FulfilmentAnswer
	if err := c.post("POST /v1/fulfilments/{id}/ready", c.part(o.ID)+"/ready", contract.ReadyRequest{}, &ready); err != nil {
		return err
	}
	if err := c.get("GET /v1/fulfilments", "/v1/fulfilments?status=ready&limit=20", nil); err != nil {
		return err
	}
	return c.post("POST /v1/fulfilments/{id}/collect", c.part(o.ID)+"/collect", contract.CollectRequest{Code: ready.Code}, nil)
}

// send is an order that leaves with a carrier.
func (c *dayClient) send() (o contract.Order, err error) {
	if o, err = c.pick(contract.OrderRequest{Fulfil: ledger.Deliver}); err != nil {
		return o, err
	}
	if err := c.post("POST /v1/fulfilments/{id}/pack", c.part(o.ID)+"/pack", contract.PackRequest{}, nil); err != nil {
		return o, err
	}
	return o, c.post("POST /v1/fulfilments/{id}/dispatch", c.part(o.ID)+"/dispatch", contract.DispatchPartRequest{Carrier: "Post", Tracking: c.name("track")}, nil)
}

func (c *dayClient) deliver() error {
	o, err := c.send()
	if err != nil {
		return err
	}
	if err := c.get("GET /v1/fulfilments", "/v1/fulfilments?status=dispatched&limit=20", nil); err != nil {
		return err
	}
	return c.post("POST /v1/fulfilments/{id}/deliver", c.part(o.ID)+"/deliver", contract.DeliverRequest{}, nil)
}

// parcelBack is a parcel that could not be delivered.
func (c *dayClient) parcelBack() error {
	o, err := c.send()
	if err != nil {
		return err
	}
	if err := c.post("POST /v1/fulfilments/{id}/undelivered", c.part(o.ID)+"/undelivered", contract.UndeliveredRequest{Reason: "nobody was at home"}, nil); err != nil {
		return err
	}
	var back contract.FulfilmentAnswer
	if err := c.post("POST /v1/fulfilments/{id}/come-back", c.part(o.ID)+"/come-back", contract.CameBackRequest{}, &back); err != nil {
		return err
	}
	look := contract.InspectRequest{}
	for _, l := range o.Lines {
		look.Lines = append(look.Lines, contract.InspectLine{Line: l.Line, Qty: l.Qty, Disposition: "restock"})
	}
	return c.post("POST /v1/returns/{id}/inspect", "/v1/returns/"+string(back.Return)+"/inspect", look, nil)
}

// callOff is an order that is cancelled when it is picked, or that the site does not serve.
func (c *dayClient) callOff() error {
	o, err := c.pick(contract.OrderRequest{Fulfil: ledger.Deliver, From: contract.FromAny})
	if err != nil {
		return err
	}
	if c.random.IntN(3) == 0 {
		if err := c.post("POST /v1/fulfilments/{id}/reject", c.part(o.ID)+"/reject", contract.RejectRequest{Reason: "broken", Lines: []contract.RejectedLine{{Line: 1, Qty: o.Lines[0].Qty}}}, nil); err != nil {
			return err
		}
	}
	if err := c.post("POST /v1/orders/{id}/cancel", "/v1/orders/"+string(o.ID)+"/cancel", nil, nil); err != nil {
		return err
	}
	return c.post("POST /v1/fulfilments/{id}/put-back", c.part(o.ID)+"/put-back", contract.PutBackRequest{}, nil)
}

// pickList takes a list of orders that wait, looks at it, and gives it up.
func (c *dayClient) pickList() error {
	if _, err := c.place(contract.OrderRequest{Fulfil: ledger.Collect}); err != nil { // it stays: a shop has open orders
		return err
	}
	var list contract.PickList
	no, err := c.may("POST /v1/pick-lists", "/v1/pick-lists", contract.PickListRequest{Picker: c.name("picker"), Orders: 3}, &list)
	if err != nil {
		return err
	}
	if err := c.get("GET /v1/pick-lists", "/v1/pick-lists", nil); err != nil || no {
		return err
	}
	if err := c.get("GET /v1/pick-lists/{id}", "/v1/pick-lists/"+list.ID, nil); err != nil {
		return err
	}
	return c.post("POST /v1/pick-lists/{id}/release", "/v1/pick-lists/"+list.ID+"/release", nil, nil)
}

// goodsIn orders of a supplier and takes some of it in, or calls it off.
func (c *dayClient) goodsIn() error {
	ref, path := c.name("PO"), ""
	path = "/v1/purchases/" + ref
	want := contract.PurchaseRequest{Supplier: "Acme", Site: string(c.day.cfg.Site), Due: c.day.began.AddDate(0, 0, 14).Format("2006-01-02")}
	had := map[ledger.SKU]bool{}
	for range 1 + c.random.IntN(5) {
		if sku := c.item().SKU; !had[sku] {
			had[sku] = true
			want.Lines = append(want.Lines, contract.PurchaseWish{SKU: string(sku), Qty: 12})
		}
	}
	if err := c.post("PUT /v1/purchases/{reference}", path, want, nil); err != nil {
		return err
	}
	if c.random.IntN(4) == 0 {
		return c.post("POST /v1/purchases/{reference}/cancel", path+"/cancel", contract.PurchaseActRequest{}, nil)
	}
	if err := c.post("POST /v1/purchases/{reference}/send", path+"/send", contract.PurchaseActRequest{}, nil); err != nil {
		return err
	}
	var receipt contract.ReceiptRequest
	receipt.Reference = ref
	for _, l := range want.Lines {
		receipt.Lines = append(receipt.Lines, contract.ReceiptLine{SKU: l.SKU, Qty: 6, Bin: string(PastBin(c.day.at(ledger.SKU(l.SKU))))})
	}
	if err := c.post("POST /v1/receipts", "/v1/receipts", receipt, nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/purchases/{reference}", path, nil); err != nil {
		return err
	}
	return c.post("POST /v1/purchases/{reference}/close", path+"/close", contract.PurchaseActRequest{Reason: "the rest is sold out"}, nil)
}

// count takes the sheet of a bin and counts some of it, as the book has it.
func (c *dayClient) count() error {
	it := c.item()
	var sheet contract.CountSheet
	path := "/v1/counts/sheet?limit=50&bin=" + url.QueryEscape(string(PastBin(c.day.at(it.SKU))))
	if err := c.get("GET /v1/counts/sheet", path, &sheet); err != nil {
		return err
	}
	req := contract.CountRequest{At: sheet.At, CountedBy: "Ann"}
	for _, row := range sheet.Rows[:min(5, len(sheet.Rows))] {
		if row.Expected == nil {
			return fmt.Errorf("the sheet of %s does not say what is expected", row.Bin)
		}
		req.Lines = append(req.Lines, contract.CountLine{SKU: string(row.SKU), Bin: string(row.Bin), Counted: row.Expected})
	}
	if len(req.Lines) == 0 {
		return nil
	}
	_, err := c.may("POST /v1/counts", "/v1/counts", req, nil) // somebody else may count the bin meanwhile
	return err
}

// shelf writes off what is broken, and sees to what lies blocked.
func (c *dayClient) shelf() error {
	it := c.item()
	adjust := contract.AdjustmentRequest{Reason: "broken", Lines: []contract.AdjustmentLine{{SKU: string(it.SKU), Bin: string(PastBin(c.day.at(it.SKU))), Qty: -1}}}
	if err := c.post("POST /v1/adjustments", "/v1/adjustments", adjust, nil); err != nil {
		return err
	}
	id := c.name("T")
	one := ledger.Qty(1)
	came := contract.ReceiveRequest{From: string(PastOther), Lines: []contract.TransferCame{{SKU: string(it.SKU), Received: &one, Damaged: 1, Sent: 1}}}
	if err := c.post("POST /v1/transfers/{id}/receive", "/v1/transfers/"+id+"/receive", came, nil); err != nil {
		return err
	}
	var blocked contract.BlockedList
	if err := c.get("GET /v1/blocked", "/v1/blocked?limit=50", &blocked); err != nil {
		return err
	}
	look := contract.BlockedRequest{Reason: "looked at", Lines: []contract.BlockedLine{{SKU: string(it.SKU), Qty: 1, Disposition: "restock"}}}
	_, err := c.may("POST /v1/blocked/inspect", "/v1/blocked/inspect", look, nil)
	return err
}

// transfer sends goods to another site, or calls that off.
func (c *dayClient) transfer() error {
	id := c.name("T")
	path := "/v1/transfers/" + id
	wish := contract.TransferRequest{ID: id, From: string(c.day.cfg.Site), To: string(PastOther), Lines: []contract.TransferWish{{SKU: string(c.item().SKU), Qty: 2}}}
	if err := c.post("POST /v1/transfers", "/v1/transfers", wish, nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/transfers/{id}", path, nil); err != nil {
		return err
	}
	if c.random.IntN(4) == 0 {
		return c.post("POST /v1/transfers/{id}/cancel", path+"/cancel", nil, nil)
	}
	return c.post("POST /v1/transfers/{id}/dispatch", path+"/dispatch", nil, nil)
}
