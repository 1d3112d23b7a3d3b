package ledger

import (
	"fmt"
	"slices"
)

// A TillID names a till, or whatever else takes money at a site. It is 1 to TillIDMax letters, digits, dots, hyphens or
// underscores. "" is none.
type TillID string

const (
	// TillIDMax bounds a till's name, in bytes.
	TillIDMax = 32
	// TillsMax bounds the tills that a book knows: each has a session and a series of receipts.
	TillsMax = 1000
	// AmountMax bounds one amount of money, in minor units. Sums of as many as a book can write still fit.
	AmountMax = 1_000_000_000_000
)

// ParseTill is the only way in from outside for a till's name.
func ParseTill(s string) (TillID, error) {
	if err := checkName("till", s, TillIDMax, "._-", true); err != nil {
		return "", err
	}
	return TillID(s), nil
}

// MoneyKind numbers the accounts of money. They are on disk: only ever appended to.
type MoneyKind uint8

// The accounts of money at one site. What comes into one is above zero.
const (
	MoneyDrawer     MoneyKind = 1  // cash in the drawer of a till, while its session is open; never below 0
	MoneySafe       MoneyKind = 2  // cash of the site in no drawer, as floats and counts move it; what it began with nobody has said
	MoneyCard       MoneyKind = 3  // owed by the card's acquirer
	MoneyOrders     MoneyKind = 4  // what customers have paid for orders and not got back, as minus; never above 0
	MoneyRounding   MoneyKind = 5  // what cash took less than was due, for want of small coins; below 0 where it took more
	MoneyPetty      MoneyKind = 6  // paid out of drawers for a reason, less what was paid in
	MoneyDifference MoneyKind = 7  // what counts of drawers have shown not to be there; below 0 where they found more
	MoneyAccounts   MoneyKind = 8  // what customers owe on account by this site's entries; below 0 where they have paid more here than they bought
	MoneyGiftCards  MoneyKind = 9  // what was paid here with gift cards and store credit, less what was sold of them here: below 0 is owed to whoever bears them
	MoneySites      MoneyKind = 10 // handed over by other sites, to be given back here, less what was handed over to them: all sites together 0, but for what is under way
	MoneyRisk       MoneyKind = 11 // paid out at the company's risk, and not made good by the book that owns the order

	moneyLast = MoneyRisk
)

var moneyNames = [...]string{"none", "drawer", "safe", "card", "orders", "rounding", "petty", "difference", "accounts", "gift_cards", "sites", "risk"}

func (k MoneyKind) String() string {
	if int(k) < len(moneyNames) {
		return moneyNames[k]
	}
	return fmt.Sprintf("money_%d", uint8(k))
}

// A MoneyPosting moves an amount, in minor units, into (or, below zero, out of) an account. Those of an entry add up to 0.
type MoneyPosting struct {
	Kind   MoneyKind
	Till   TillID // of a drawer; "" elsewhere
	Amount int64
}

// RoundCash is what cash pays of an amount, both in minor units, where the smallest coin is worth step: the nearest
// multiple, half of one up. A step of 0 or 1 rounds nothing. It never falls when the amount rises.
func RoundCash(amount, step int64) int64 {
	if step <= 1 {
		return amount
	}
	return (amount + step/2) / step * step
}

// purse collects postings; those of nothing are left out.
type purse []MoneyPosting

func (p *purse) add(k MoneyKind, till TillID, amount int64) {
	if amount == 0 {
		return
	}
	for i := range *p {
		if (*p)[i].Kind == k && (*p)[i].Till == till {
			if (*p)[i].Amount += amount; (*p)[i].Amount == 0 {
				*p = slices.Delete(*p, i, i+1)
			}
			return
		}
	}
	*p = append(*p, MoneyPosting{k, till, amount})
}

// balanced says whether postings of money add up to 0, each within its bounds and of an account there is.
func balanced(list []MoneyPosting) error {
	sum := int64(0)
	for _, p := range list {
		if p.Kind < MoneyDrawer || p.Kind > moneyLast || (p.Kind == MoneyDrawer) != (p.Till != "") {
			return fmt.Errorf("money is posted to account %d of till %q", p.Kind, p.Till)
		}
		if p.Amount == 0 || p.Amount > moneySumMax || p.Amount < -moneySumMax {
			return fmt.Errorf("%d is posted to %s", p.Amount, p.Kind)
		}
		sum += p.Amount
	}
	if sum != 0 {
		return fmt.Errorf("postings of money add up to %d", sum)
	}
	return nil
}

// moneySumMax bounds what one posting moves, and what lies on an account: sixteen of them add up to less than an int64 holds.
const moneySumMax = 1 << 58

// CheckAmount refuses what is no amount that somebody hands over: 1 to AmountMax minor units.
func CheckAmount(field string, amount int64) error {
	if amount < 1 || amount > AmountMax {
		return &FormError{Field: field, Why: fmt.Sprintf("is %d; it is 1 to %d minor units", amount, int64(AmountMax))}
	}
	return nil
}
