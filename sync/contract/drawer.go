package contract

import (
	"fmt"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// DrawerOpenRequest begins a session of a till's cash drawer.
type DrawerOpenRequest struct {
	Float        int64  `json:"float" jsonschema:"minor units that are put into it"`
	Currency     string `json:"currency,omitempty" jsonschema:"ISO 4217; the company's, where that is set; else needed when the first drawer of a site is opened, and the same ever after"`
	SmallestCoin int64  `json:"smallest_coin,omitempty" jsonschema:"minor units: cash is rounded to it, half of one up; left out: nothing is rounded"`
	By           string `json:"by,omitempty" jsonschema:"who opens it; left out, and of somebody who has signed in: who sends it"`
}

// DrawerCashRequest pays cash into a drawer or out of it.
type DrawerCashRequest struct {
	Amount int64  `json:"amount" jsonschema:"minor units"`
	Reason string `json:"reason" jsonschema:"what it is for, at most 128 bytes"`
	By     string `json:"by,omitempty" jsonschema:"left out, and of somebody who has signed in: who sends it"`
}

// DrawerCloseRequest ends a session by what was counted.
type DrawerCloseRequest struct {
	Counted int64  `json:"counted" jsonschema:"minor units that lay in the drawer"`
	Reason  string `json:"reason,omitempty" jsonschema:"why it differs from what was expected; needed where it does"`
	By      string `json:"by,omitempty" jsonschema:"who counted; left out, and of somebody who has signed in: who sends it"`
}

// A Drawer is one session of a till's cash drawer, in minor units. expected = float + paid_in - paid_out + sales - refunds.
type Drawer struct {
	Till         ledger.TillID `json:"till"`
	Session      uint64        `json:"session" jsonschema:"of the till, from 1"`
	Epoch        uint64        `json:"epoch" jsonschema:"in which it was opened"`
	Status       string        `json:"status" jsonschema:"open or closed"`
	Opened       string        `json:"opened_at"`
	Currency     string        `json:"currency"`
	SmallestCoin int64         `json:"smallest_coin,omitempty"`
	Float        int64         `json:"float"`
	PaidIn       int64         `json:"paid_in"`
	PaidOut      int64         `json:"paid_out"`
	Sales        int64         `json:"sales" jsonschema:"cash taken for orders"`
	Refunds      int64         `json:"refunds" jsonschema:"cash given back for orders"`
	Expected     int64         `json:"expected" jsonschema:"what lies in it by the book"`
	Counted      *int64        `json:"counted,omitempty" jsonschema:"closed: what was counted"`
	Difference   *int64        `json:"difference,omitempty" jsonschema:"closed: counted less expected"`
	Cards        int64         `json:"cards" jsonschema:"taken by card at this till meanwhile"`
	CardRefunds  int64         `json:"card_refunds"`
	Receipts     uint64        `json:"receipts" jsonschema:"how many were given"`
	Seq          uint64        `json:"seq,omitempty" jsonschema:"the entry that answered; left out of a look-up"`
}

// Balance is what lies on an account of money.
type Balance struct {
	Account string        `json:"account" jsonschema:"drawer, safe, card, orders (what customers have paid, as minus), rounding, petty, difference, accounts (owed by customers) or gift_cards (used less sold)"`
	Till    ledger.TillID `json:"till,omitempty" jsonschema:"of a drawer"`
	Amount  int64         `json:"amount" jsonschema:"minor units"`
}

// DrawerList is the drawers that are open, and where the site's money is: all balances together are 0.
type DrawerList struct {
	Currency string    `json:"currency,omitempty" jsonschema:"left out before the first drawer was opened"`
	Drawers  []Drawer  `json:"drawers"`
	Balances []Balance `json:"balances"`
}

// DayTender is what was taken and given back by one kind of tender.
type DayTender struct {
	Tender   string `json:"tender"`
	Taken    int64  `json:"taken" jsonschema:"minor units of what was paid for"`
	Refunded int64  `json:"refunded"`
	Payments uint64 `json:"payments"`
	Refunds  uint64 `json:"refunds"`
}

// A Day is the figures of one trading day of a site: what happened between two ends of a day.
type Day struct {
	Site     ledger.SiteID `json:"site"`
	Day      uint64        `json:"day" jsonschema:"of the site, from 1, without gaps"`
	Status   string        `json:"status" jsonschema:"open or ended"`
	Date     string        `json:"date,omitempty" jsonschema:"the site's own date, by the company's time zone, at that moment: of an open day at a node, today"`
	At       string        `json:"at,omitempty" jsonschema:"when it was ended; at head office, of one that is open, of its last entry"`
	Currency string        `json:"currency,omitempty"`
	Tenders  []DayTender   `json:"tenders"`
	Float    int64         `json:"float" jsonschema:"put into drawers from the safe"`
	Counted  int64         `json:"counted" jsonschema:"put back"`
	PaidIn   int64         `json:"paid_in"`
	PaidOut  int64         `json:"paid_out"`
	Accounts int64         `json:"received_on_account,omitempty" jsonschema:"of what tenders brought, what was paid on accounts, less what was given back"`
	Sold     int64         `json:"cards_sold,omitempty" jsonschema:"of what tenders brought, what was paid for gift cards and store credit, less what was given back"`
	Sums     []Balance     `json:"sums" jsonschema:"what the day's entries have posted to each account; together they are 0"`
	Seq      uint64        `json:"seq,omitempty" jsonschema:"the entry that ended it"`
}

// DayList is a page of days.
type DayList struct {
	Days       []Day  `json:"days"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// Ledger checks the opening and gives it to the ledger, without a key.
func (r *DrawerOpenRequest) Ledger(till ledger.TillID) (*ledger.ActOnDrawer, error) {
	return drawerAct(&ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: till, Amount: r.Float, Currency: r.Currency, Step: r.SmallestCoin, By: r.By}, "float")
}

// Ledger checks what is paid in or out and gives it to the ledger, without a key.
func (r *DrawerCashRequest) Ledger(till ledger.TillID, act ledger.DrawerAct) (*ledger.ActOnDrawer, error) {
	return drawerAct(&ledger.ActOnDrawer{Act: act, Till: till, Amount: r.Amount, Reason: r.Reason, By: r.By}, "amount")
}

// Ledger checks the count and gives it to the ledger, without a key.
func (r *DrawerCloseRequest) Ledger(till ledger.TillID) (*ledger.ActOnDrawer, error) {
	return drawerAct(&ledger.ActOnDrawer{Act: ledger.DrawerClose, Till: till, Amount: r.Counted, Reason: r.Reason, By: r.By}, "counted")
}

func drawerAct(a *ledger.ActOnDrawer, field string) (*ledger.ActOnDrawer, error) {
	for _, t := range []struct{ field, text string }{{"reason", a.Reason}, {"by", a.By}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	if a.Amount < 0 {
		return nil, &ledger.FormError{Field: field, Why: fmt.Sprintf("is %d; it is 0 or more minor units", a.Amount)}
	}
	return a, nil
}

// RenderDrawer gives a session as a client reads it.
func RenderDrawer(d *ledger.Drawer, currency string, seq ledger.Seq) Drawer {
	out := Drawer{Till: d.Till, Session: d.Session, Epoch: uint64(d.Epoch), Status: "open", Opened: Moment(d.Opened), Currency: currency, SmallestCoin: d.Step,
		Float: d.Float, PaidIn: d.In, PaidOut: d.Out, Sales: d.Sales, Refunds: d.Refunded, Expected: d.Expected(), Cards: d.Cards, CardRefunds: d.CardRefunded,
		Receipts: d.Receipts, Seq: uint64(seq)}
	if d.Closed {
		counted, difference := d.Counted, d.Difference()
		out.Status, out.Counted, out.Difference = "closed", &counted, &difference
	}
	return out
}

// RenderTill gives the drawers that are open and where the money of a site is.
func RenderTill(t *ledger.Till) DrawerList {
	out := DrawerList{Currency: t.Currency, Drawers: make([]Drawer, len(t.Drawers)), Balances: renderBalances(t.Balances)}
	for i := range t.Drawers {
		out.Drawers[i] = RenderDrawer(&t.Drawers[i], t.Currency, 0)
	}
	return out
}

func renderBalances(list []ledger.MoneyPosting) []Balance {
	out := make([]Balance, len(list))
	for i, p := range list {
		out[i] = Balance{Account: p.Kind.String(), Till: p.Till, Amount: p.Amount}
	}
	return out
}

// RenderDay gives the figures of a day as a client reads them, as they were at a moment: of an ended one, when it ended. Where its site is, zone, that is on a
// date of its own: a shop that closes at half past midnight in summer ends its day on another one than the world's clock shows.
func RenderDay(site ledger.SiteID, d *ledger.Day, currency string, at time.Time, zone *time.Location, ended bool) Day {
	out := Day{Site: site, Day: d.Number, Status: "open", Date: at.In(zone).Format(time.DateOnly), At: Moment(at), Currency: currency, Tenders: make([]DayTender, len(d.Tenders)),
		Float: d.Float, Counted: d.Counted, PaidIn: d.In, PaidOut: d.Out, Accounts: d.Accounts, Sold: d.Sold, Sums: renderBalances(d.Sums)}
	for i, t := range d.Tenders {
		out.Tenders[i] = DayTender{Tender: t.Kind.String(), Taken: t.Taken, Refunded: t.Refunded, Payments: t.Payments, Refunds: t.Refunds}
	}
	if ended {
		out.Status = "ended"
	}
	return out
}
