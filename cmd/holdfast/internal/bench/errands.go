package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// dayCalls are the routes that errands call. A test holds them against the node's own list.
var dayCalls = [...]string{
	"GET /v1/items", "GET /v1/items/{sku}", "GET /v1/items/{sku}/price", "GET /v1/stock/{sku}", "GET /v1/status", "GET /v1/entries",
	"POST /v1/orders", "POST /v1/orders/bulk", "GET /v1/orders", "GET /v1/orders/{id}", "POST /v1/orders/{id}/cancel", "POST /v1/orders/{id}/place",
	"POST /v1/payments", "GET /v1/payments/{id}", "POST /v1/refunds", "GET /v1/drawers", "POST /v1/drawers/{till}/open", "POST /v1/drawers/{till}/pay-in",
	"POST /v1/drawers/{till}/pay-out", "POST /v1/drawers/{till}/close", "POST /v1/days/end", "GET /v1/days/{day}",
	"GET /v1/fulfilments", "GET /v1/fulfilments/{id}", "POST /v1/fulfilments/{id}/pick", "POST /v1/fulfilments/{id}/reject", "POST /v1/fulfilments/{id}/pack",
	"POST /v1/fulfilments/{id}/dispatch", "POST /v1/fulfilments/{id}/ready", "POST /v1/fulfilments/{id}/collect", "POST /v1/fulfilments/{id}/deliver",
	"POST /v1/fulfilments/{id}/undelivered", "POST /v1/fulfilments/{id}/come-back", "POST /v1/fulfilments/{id}/put-back",
	"POST /v1/pick-lists", "GET /v1/pick-lists", "GET /v1/pick-lists/{id}", "POST /v1/pick-lists/{id}/release",
	"POST /v1/returns", "GET /v1/returns", "GET /v1/returns/{id}", "POST /v1/returns/{id}/inspect", "GET /v1/blocked", "POST /v1/blocked/inspect",
	"POST /v1/receipts", "POST /v1/adjustments", "POST /v1/counts", "GET /v1/counts/sheet",
	"POST /v1/transfers", "GET /v1/transfers/{id}", "POST /v1/transfers/{id}/dispatch", "POST /v1/transfers/{id}/cancel", "POST /v1/transfers/{id}/receive",
	"PUT /v1/purchases/{reference}", "GET /v1/purchases/{reference}", "POST /v1/purchases/{reference}/send", "POST /v1/purchases/{reference}/close",
	"POST /v1/purchases/{reference}/cancel",
	"GET /v1/customers", "GET /v1/customers/{customer}", "GET /v1/assets", "GET /v1/assets/{asset}", "POST /v1/assets/{asset}/charge",
	"POST /v1/assets/{asset}/release",
}

// errands are a day's, and how often each is made: a shop sells more than it does all else.
func errands() []errand {
	return []errand{
		{"sale", 40, (*dayClient).sale},
		{"look at orders", 10, (*dayClient).lookAtOrders},
		{"collect", 6, (*dayClient).collect},
		{"deliver", 6, (*dayClient).deliver},
		{"bring back a parcel", 2, (*dayClient).parcelBack},
		{"call off", 3, (*dayClient).callOff},
		{"return", 6, (*dayClient).takeBack},
		{"goods in", 4, (*dayClient).goodsIn},
		{"count", 4, (*dayClient).count},
		{"shelf", 3, (*dayClient).shelf},
		{"transfer", 3, (*dayClient).transfer},
		{"park", 4, (*dayClient).park},
		{"drawer", 3, (*dayClient).drawer},
		{"account", 4, (*dayClient).account},
		{"export", 2, (*dayClient).export},
		{"pick list", 3, (*dayClient).pickList},
		{"bulk", 1, (*dayClient).bulk},
	}
}

func (c *dayClient) get(route, path string, out any) error {
	_, err := c.call(ask{route: route, path: path}, out)
	return err
}

func (c *dayClient) post(route, path string, body, out any) error {
	_, err := c.call(ask{route: route, path: path, body: body}, out)
	return err
}

// may is a call that another client may have been quicker with.
func (c *dayClient) may(route, path string, body, out any) (no bool, err error) {
	return c.call(ask{route: route, path: path, body: body, also: []int{http.StatusConflict, http.StatusNotFound}}, out)
}

// item draws an article by popularity.
func (c *dayClient) item() *ledger.Item {
	sku := ledger.SKU(c.day.cfg.Goods.Pick(c.random).SKU)
	at := c.day.at(sku)
	return &c.day.items[at]
}

// place places an order of one to four lines.
func (c *dayClient) place(o contract.OrderRequest) (out contract.Order, err error) {
	for range 1 + c.random.IntN(4) {
		o.Lines = append(o.Lines, contract.LineRequest{SKU: string(c.item().SKU), Qty: ledger.Qty(1 + c.random.IntN(qtyMost))})
	}
	if err := c.post("POST /v1/orders", "/v1/orders", o, &out); err != nil {
		return out, err
	}
	if o.Draft == nil {
		c.accepted(out.ID)
	}
	return out, nil
}

func (c *dayClient) accepted(id ledger.OrderID) {
	if uuid, ok := ledger.ParseUUID(string(id)); ok {
		c.placed = append(c.placed, uuid)
	}
	const kept = 50
	if c.recent = append(c.recent, id); len(c.recent) > kept {
		c.recent = c.recent[1:]
	}
}

// sale finds the article by a part of its name or by a scan, looks at price and stock, sells, and takes the money.
func (c *dayClient) sale() error {
	it := c.item()
	q := it.Name
	if words := strings.Fields(q); len(words) > 1 {
		q = words[c.random.IntN(len(words))]
	}
	if from := c.random.IntN(max(1, len(q)-3)); c.random.IntN(2) == 0 {
		q = q[from:] // a part of a word
	}
	if c.random.IntN(4) == 0 {
		code := it.Barcodes[0]
		q = code[c.random.IntN(len(code)-6):][:6] // a part of a barcode
	}
	found := skim{whole: &contract.ItemList{}, each: `"sku":`}
	if err := c.get("GET /v1/items", "/v1/items?limit=20&q="+url.QueryEscape(q), &found); err != nil {
		return err
	}
	if !found.some {
		return fmt.Errorf("nothing was found by %q, a part of %s", q, it.SKU)
	}
	scan := append([]string{it.Detail.Packs[0].Barcodes[0]}, it.Barcodes...)
	if err := c.get("GET /v1/items", "/v1/items?barcode="+url.QueryEscape(scan[c.random.IntN(len(scan))]), nil); err != nil {
		return err
	}
	sku := url.PathEscape(string(it.SKU))
	if err := c.get("GET /v1/items/{sku}/price", "/v1/items/"+sku+"/price?qty=3", nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/stock/{sku}", "/v1/stock/"+sku, nil); err != nil {
		return err
	}
	o, err := c.place(contract.OrderRequest{})
	if err != nil {
		return err
	}
	return c.pay(&o)
}

// pay takes what an order costs: cash, a card, or both.
func (c *dayClient) pay(o *contract.Order) error {
	total := o.Totals.Total
	tenders := []contract.TenderWish{{Tender: "card", Ref: c.name("slip")}}
	switch c.random.IntN(3) {
	case 0:
		tenders = []contract.TenderWish{{Tender: "cash", Given: total + 500}}
	case 1:
		if total > 1 {
			tenders = []contract.TenderWish{{Tender: "cash", Amount: total / 2}, {Tender: "card", Ref: c.name("slip")}}
		}
	}
	return c.post("POST /v1/payments", "/v1/payments", contract.PaymentRequest{Order: string(o.ID), Till: string(c.till), Tenders: tenders}, nil)
}

// old draws an order of the years before.
func (c *dayClient) old() ledger.OrderID { return c.day.cfg.Past[c.random.IntN(len(c.day.cfg.Past))] }

// lookAtOrders looks up an old order and a new one, with what was paid, and pages through lists as a screen does.
func (c *dayClient) lookAtOrders() error {
	ids := []ledger.OrderID{c.old()}
	if len(c.recent) > 0 {
		ids = append(ids, c.recent[len(c.recent)-1])
	}
	for _, id := range ids {
		if err := c.get("GET /v1/orders/{id}", "/v1/orders/"+string(id), nil); err != nil {
			return err
		}
		if err := c.get("GET /v1/payments/{id}", "/v1/payments/"+string(id), nil); err != nil && id == ids[0] {
			return err
		}
	}
	today := url.QueryEscape(contract.Moment(c.day.began))
	for _, q := range []string{"newest=true&limit=50", "status=allocated&limit=50", "status=backordered&limit=50", "status=cancelled&newest=true&limit=20",
		"newest=true&limit=50&since=" + today, "limit=50&since=" + today} {
		path := "/v1/orders?" + q
		for range 2 {
			page := skim{whole: &contract.OrderList{}, each: `"id":`}
			if err := c.get("GET /v1/orders", path, &page); err != nil {
				return err
			}
			if page.next == "" {
				break
			}
			path = "/v1/orders?" + q + "&cursor=" + url.QueryEscape(page.next)
		}
	}
	return c.get("GET /v1/orders", "/v1/orders?limit=50&cursor="+url.QueryEscape(contract.Cursor(string(c.old()))), nil)
}

// takeBack brings a unit of an old order back, has it looked at, and gives the money back.
func (c *dayClient) takeBack() error {
	id := c.old()
	var o contract.Order
	if err := c.get("GET /v1/orders/{id}", "/v1/orders/"+string(id), &o); err != nil {
		return err
	}
	line := contract.BackLine{Line: 1 + c.random.IntN(len(o.Lines)), Qty: 1}
	var back contract.Return
	no, err := c.may("POST /v1/returns", "/v1/returns", contract.ReturnRequest{Order: string(id), Reason: "unwanted", Lines: []contract.BackLine{line}}, &back)
	if err != nil || no {
		return err // it came back before
	}
	if err := c.get("GET /v1/returns", "/v1/returns?limit=50", nil); err != nil {
		return err
	}
	do := []string{"restock", "block", "scrap"}[c.random.IntN(3)]
	path := "/v1/returns/" + string(back.ID)
	if err := c.post("POST /v1/returns/{id}/inspect", path+"/inspect", contract.InspectRequest{Lines: []contract.InspectLine{{Line: line.Line, Qty: 1, Disposition: do}}}, nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/returns/{id}", path, nil); err != nil {
		return err
	}
	var paid contract.Payments
	if err := c.get("GET /v1/payments/{id}", "/v1/payments/"+string(id), &paid); err != nil {
		return err
	}
	if len(paid.Tenders) == 0 || paid.Tenders[0].Left == 0 {
		return nil
	}
	part := contract.RefundPart{Number: 1, Amount: min(paid.Tenders[0].Left, 1+c.random.Int64N(100))}
	if paid.Tenders[0].Tender == "card" {
		part.Ref = c.name("slip")
	}
	_, err = c.may("POST /v1/refunds", "/v1/refunds", contract.RefundRequest{Order: string(id), Till: string(c.till), Reason: "came back", Tenders: []contract.RefundPart{part}}, nil)
	return err
}

// park parks a sale, or makes a quote, finds it again and places it, or puts it away.
func (c *dayClient) park() error {
	kind := []string{"parked", "quote"}[c.random.IntN(2)]
	draft, err := c.place(contract.OrderRequest{Draft: &contract.Draft{Kind: kind}})
	if err != nil {
		return err
	}
	if err := c.get("GET /v1/orders", "/v1/orders?status=draft&limit=50", nil); err != nil {
		return err
	}
	path := "/v1/orders/" + string(draft.ID)
	if c.random.IntN(4) == 0 {
		return c.post("POST /v1/orders/{id}/cancel", path+"/cancel", nil, nil)
	}
	var o contract.Order
	if err := c.post("POST /v1/orders/{id}/place", path+"/place", contract.PlaceRequest{}, &o); err != nil {
		return err
	}
	c.accepted(o.ID)
	return c.pay(&o)
}

// bulk sends the orders of a channel together.
func (c *dayClient) bulk() error {
	var req contract.BulkRequest
	for range 20 {
		order := fmt.Appendf(nil, `{"lines":[{"sku":%q,"qty":1}]}`, c.item().SKU)
		req.Orders = append(req.Orders, contract.BulkOrder{Key: c.name("bulk"), Order: order})
	}
	var out contract.BulkAnswer
	if err := c.post("POST /v1/orders/bulk", "/v1/orders/bulk", req, &out); err != nil {
		return err
	}
	for _, r := range out.Results {
		if r.Order == nil {
			return fmt.Errorf("order of a bulk: %+v", r.Problem)
		}
		c.accepted(r.Order.ID)
	}
	return nil
}
