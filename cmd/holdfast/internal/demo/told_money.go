package demo

import (
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// moneyTold is what tills were told of money: their own paper, receipt by receipt.
type moneyTold struct {
	receipts []*receiptTold
	drawers  []drawerTold
	days     []contract.Day
	charges  map[chargeOf]int64 // on account, less what was released
	accounts map[ledger.AssetID]*accountTold
	cards    map[ledger.AssetID]*cardTold
}

// receiptTold is one payment or refund.
type receiptTold struct {
	site    string
	till    string
	session uint64 // of the till, as it was told when its drawer was opened
	day     int    // of the site, from 0: how many days had been ended
	order   ledger.OrderID
	number  string
	back    bool
	parts   map[string]int64 // by kind of tender, what it pays of the order; of a refund, what was given back
	cash    int64            // that went into the drawer, or below 0 out of it
}

// drawerTold is a session of a drawer that was counted, with what went in and out of it beside orders.
type drawerTold struct {
	site    string
	session contract.Drawer
	in, out int64
}

type chargeOf struct {
	site  string
	asset ledger.AssetID
	ref   string
}

// accountTold is a customer's account as head office set it up, and what it said of it when all was quiet.
type accountTold struct {
	limit int64
	paid  int64 // at head office
	used  *int64
}

func (p *paper) receipt(r *receiptTold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.money.receipts = append(p.money.receipts, r)
}

func (p *paper) drawer(d drawerTold) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.money.drawers = append(p.money.drawers, d)
}

func (p *paper) day(d contract.Day) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.money.days = append(p.money.days, d)
}

// paidOn notes what head office took on an account.
func (p *paper) paidOn(asset ledger.AssetID, q int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.money.accounts[asset].paid += q
}

// assets lists the accounts that are sold on.
func (p *paper) assets() []ledger.AssetID { return sorted(p.money.accounts) }

func (p *paper) charge(of chargeOf, q int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.money.charges == nil {
		p.money.charges = map[chargeOf]int64{}
	}
	p.money.charges[of] += q
}
