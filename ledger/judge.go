package ledger

import (
	"time"

	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// CheckFacts is what checks look at beside the order: reference data, and what may still be used of a credit. Nothing of it is moved.
type CheckFacts struct {
	Site     SiteID // whose order it is; HQ for one of head office's own
	Customer func(CustomerID) (*CustomerAccount, bool)
	Item     func(SKU) (*Item, bool)
	Credit   func(AssetID) Qty
}

// blockedAlways is the check that stands where nobody has set one of its kind: to a customer who is blocked nothing is sold.
var blockedAlways = Check{Name: "blocked", Kind: CheckBlocked, Refuses: true}

// Judge holds an order that is to be placed against the checks; nil where it trips none. Of several that it trips, one that refuses
// refuses; else the first due decides when, and whoever is to decide about that one; and it is cancelled then if any of them says so.
// What is handed over at once cannot wait: such an order is turned away instead.
func (c *Company) Judge(o *Order, f CheckFacts) *Verdict {
	var v *Verdict
	var first *Check
	stands := false
	each := func(k *Check) {
		t, tripped := k.trips(o, f)
		if !tripped {
			return
		}
		if v == nil {
			v = &Verdict{Review: Review{Override: true, Default: RulingRelease}}
		}
		v.Review.Trips = append(v.Review.Trips, t)
		v.Review.Override = v.Review.Override && k.Override
		if v.Refused = v.Refused || k.Refuses; k.Refuses {
			return
		}
		if first == nil || k.Wait < first.Wait {
			first = k
		}
		if k.Default == RulingCancel {
			v.Review.Default = RulingCancel
		}
	}
	for i := range c.Checks {
		k := &c.Checks[i]
		if k.Site != "" && k.Site != f.Site {
			continue
		}
		stands = stands || k.Kind == CheckBlocked
		each(k)
	}
	if !stands {
		each(&blockedAlways)
	}
	if v == nil {
		return nil
	}
	if v.Refused || o.Fulfil == Take {
		v.Refused, v.Review.Default = true, 0
	}
	if first != nil { // also where it is turned away: whoever would decide can be asked
		v.Review.Owner = first.Owner
		v.Wait = time.Duration(first.Wait) * time.Second
	}
	if v.Refused {
		v.Wait = 0
	}
	return v
}

// LetThrough has a verdict overridden by a named person, where all the checks that were tripped allow it.
func (v *Verdict) LetThrough(by, reason string) {
	if v.Review.Override {
		v.Refused, v.Wait = false, 0
		v.Review.Ruling, v.Review.By, v.Review.Reason, v.Review.Default = RulingRelease, by, reason, 0
	}
}

// trips says whether the order trips the check, and by what.
func (c *Check) trips(o *Order, f CheckFacts) (t Trip, tripped bool) {
	t = Trip{Check: c.Name, Kind: c.Kind, Limit: c.Limit}
	account, known := f.account(o)
	switch c.Kind {
	case CheckAddress:
		named := known && account.Address(o.DeliverTo) != nil
		return t, o.Fulfil == Deliver && !named && (o.ShipTo.Country == "" || o.ShipTo.Postcode == "")
	case CheckUnknown:
		return t, o.Customer != "" && !known
	case CheckBlocked:
		return t, known && account.Blocked != "" // why is the account's to say, where it can be erased
	case CheckCredit:
		if !known || account.TermsDays == 0 {
			return t, false
		}
		t.Is, t.Limit = o.asked().Total(), int64(f.Credit(account.Credit()))
		return t, t.Is > max(t.Limit, 0)
	case CheckValue:
		t.Is = o.asked().Total()
		return t, t.Is > c.Limit
	case CheckUnpriced:
		t.Line, t.SKU = o.unpriced()
		return t, t.Line != 0
	case CheckCost, CheckQuantity:
		return c.tripsLine(o, f, t)
	default: // a newer build's
		return t, false
	}
}

func (f *CheckFacts) account(o *Order) (*CustomerAccount, bool) {
	if o.Customer == "" || f.Customer == nil {
		return nil, false
	}
	v, ok := f.Customer(CustomerID(o.Customer))
	if ok && v.Erased {
		return nil, false
	}
	return v, ok
}

// of says whether the check looks at an article.
func (c *Check) of(sku SKU, f CheckFacts) bool {
	if c.Category != "" {
		item, ok := f.Item(sku)
		return ok && item.Category == c.Category
	}
	return c.SKU == "" || c.SKU == sku
}

// tripsLine finds the first line, or kit, that trips a check of lines.
func (c *Check) tripsLine(o *Order, f CheckFacts, t Trip) (Trip, bool) {
	var sums tally
	for i := range o.Lines {
		l := &o.Lines[i]
		t.Line, t.SKU = i+1, l.SKU
		if sums.add(l.SKU, l.Qty); !c.of(l.SKU, f) {
			continue
		}
		if c.Kind == CheckQuantity {
			if t.Is = int64(sums.of(l.SKU)); t.Is > c.Limit {
				return t, true
			}
		} else if c.below(l.SKU, l.Qty, l.Charge, l.Price, f, &t) {
			return t, true
		}
	}
	for i := range o.Kits {
		k := &o.Kits[i]
		t.Line, t.SKU, t.Is = k.Line, k.SKU, int64(k.Qty)
		switch {
		case !c.of(k.SKU, f):
		case c.Kind == CheckQuantity && t.Is > c.Limit, c.Kind == CheckCost && c.below(k.SKU, k.Qty, k.Charge, k.Price, f, &t):
			return t, true
		}
	}
	return t, false
}

// below says whether what a line brings without tax is less than its goods cost and the check's percent more.
func (c *Check) below(sku SKU, q Qty, charge *Charge, price Price, f CheckFacts, t *Trip) bool {
	item, ok := f.Item(sku)
	if !ok || charge == nil || item.Detail == nil || item.Detail.Cost.Currency != price.Currency || price.Currency == "" {
		return false
	}
	cost, err := pricing.Total(item.Detail.Cost.Amount, item.Detail.Cost.Per, int64(q))
	if err != nil {
		return false
	}
	least, err := pricing.Total(cost, 100, 100+c.Limit)
	if err != nil {
		return false
	}
	t.Is, t.Limit = charge.Sum.Net, least
	return charge.Sum.Net < least
}

// asked is what the order comes to as it was asked for, whatever is promised of it.
func (o *Order) asked() (sum pricing.Sum) {
	add := func(c *Charge) {
		if c != nil {
			sum.Off, sum.Net, sum.Tax = sum.Off+c.Sum.Off, sum.Net+c.Sum.Net, sum.Tax+c.Sum.Tax // CheckCharges bounds it
		}
	}
	for i := range o.Lines {
		if k, _ := o.KitOf(i + 1); k == nil {
			add(o.Lines[i].Charge)
		}
	}
	for i := range o.Kits {
		add(o.Kits[i].Charge)
	}
	return sum
}

// unpriced is the first line that nobody has said a price of; 0 where there is none.
func (o *Order) unpriced() (line int, sku SKU) {
	for i := range o.Lines {
		k, component := o.KitOf(i + 1)
		switch {
		case k == nil && o.Lines[i].Charge == nil:
			return i + 1, o.Lines[i].SKU
		case k != nil && component == 0 && k.Charge == nil:
			return k.Line, k.SKU
		}
	}
	return 0, ""
}

// Address finds one of the customer's addresses by its label; nil where there is none.
func (c *CustomerAccount) Address(label string) *CustomerAddress {
	for i := range c.Person.Addresses {
		if a := &c.Person.Addresses[i]; label != "" && a.Label == label {
			return a
		}
	}
	return nil
}
