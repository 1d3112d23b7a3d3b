package bench

import (
	"fmt"
	"net/url"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func (c *dayClient) drawerPath(act string) string {
	return "/v1/drawers/" + string(c.till) + "/" + act
}

func (c *dayClient) openDrawer() error {
	return c.post("POST /v1/drawers/{till}/open", c.drawerPath("open"), contract.DrawerOpenRequest{Float: pastFloat, Currency: PastCurrency}, nil)
}

// closeDrawer counts the drawer: as much lies in it as the book expects.
func (c *dayClient) closeDrawer() error {
	expected, err := c.expected()
	if err != nil {
		return err
	}
	return c.post("POST /v1/drawers/{till}/close", c.drawerPath("close"), contract.DrawerCloseRequest{Counted: expected}, nil)
}

func (c *dayClient) expected() (int64, error) {
	var all contract.DrawerList
	if err := c.get("GET /v1/drawers", "/v1/drawers", &all); err != nil {
		return 0, err
	}
	for i := range all.Drawers {
		if all.Drawers[i].Till == c.till {
			return all.Drawers[i].Expected, nil
		}
	}
	return 0, fmt.Errorf("the drawer of %s is not among those that are open", c.till)
}

// drawer pays cash in and out, and now and then hands the till over to the next cashier.
func (c *dayClient) drawer() error {
	if err := c.post("POST /v1/drawers/{till}/pay-in", c.drawerPath("pay-in"), contract.DrawerCashRequest{Amount: 500, Reason: "coins"}, nil); err != nil {
		return err
	}
	if err := c.post("POST /v1/drawers/{till}/pay-out", c.drawerPath("pay-out"), contract.DrawerCashRequest{Amount: 300, Reason: "milk"}, nil); err != nil {
		return err
	}
	if c.random.IntN(2) == 0 {
		if err := c.closeDrawer(); err != nil {
			return err
		}
		if err := c.openDrawer(); err != nil {
			return err
		}
	}
	return c.get("GET /v1/days/{day}", "/v1/days/1", nil)
}

func (c *dayClient) endDay() error { return c.post("POST /v1/days/end", "/v1/days/end", nil, nil) }

// account finds a customer by a part of the name, and charges a gift card.
func (c *dayClient) account() error {
	name := string(DayCustomer(c.random.IntN(c.day.cfg.Customers)))
	if err := c.get("GET /v1/customers", "/v1/customers?limit=20&q="+url.QueryEscape(name[2:]), nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/customers/{customer}", "/v1/customers/"+name, nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/assets", "/v1/assets?limit=50", nil); err != nil {
		return err
	}
	path := "/v1/assets/" + url.PathEscape(string(PastCard))
	if err := c.get("GET /v1/assets/{asset}", path, nil); err != nil {
		return err
	}
	use := contract.AssetMoveRequest{Amount: 700, Reference: c.name("use")}
	if err := c.post("POST /v1/assets/{asset}/charge", path+"/charge", use, nil); err != nil {
		return err
	}
	use.Amount = 200
	return c.post("POST /v1/assets/{asset}/release", path+"/release", use, nil)
}

// export reads a page of what the office's exports read page by page, and looks how the node is.
func (c *dayClient) export() error {
	if err := c.get("GET /v1/status", "/v1/status", nil); err != nil {
		return err
	}
	if err := c.get("GET /v1/items/{sku}", "/v1/items/"+url.PathEscape(string(c.item().SKU)), nil); err != nil {
		return err
	}
	after := url.QueryEscape(contract.Cursor(string(c.item().SKU)))
	if err := c.get("GET /v1/items", fmt.Sprintf("/v1/items?limit=%d&cursor=%s", contract.LimitDefault, after), nil); err != nil {
		return err
	}
	var st contract.NodeStatus
	if err := c.get("GET /v1/status", "/v1/status", &st); err != nil {
		return err
	}
	if st.Seq < 1000 {
		return nil
	}
	at := contract.Place(ledger.Epoch(st.Epoch), ledger.Seq(st.Seq-1000))
	return c.get("GET /v1/entries", fmt.Sprintf("/v1/entries?limit=%d&after=%s", contract.LimitDefault, at), nil)
}
