package office_test

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// lots is of which lot goods are that come in, and its last day; nil where nobody says.
func lots(words []string, q ledger.Qty) []ledger.LotQty {
	lot := after(words, "lot")
	if lot == "" {
		return nil
	}
	until, err := ledger.ParseExpiry(after(words, "until"))
	if err != nil {
		panic(err) // the story says another day
	}
	return []ledger.LotQty{{Lot: ledger.LotID(lot), Qty: q, Expiry: until}}
}

// lots does a row about a lot, or about what a supplier sends itself. known is false of any other row.
func (d *workday) lots(n *node, what string, words []string, nums []ledger.Qty) (told string, known bool) {
	switch sku, lot := ledger.SKU(after(words, "of")), ledger.LotID(after(words, "lot")); {
	case strings.HasPrefix(what, "traces"):
		var had []string
		for name, id := range d.docs {
			if o, ok := n.core.State.Order(id); ok {
				for _, t := range o.Lots {
					if t.SKU == sku && t.Lot == lot {
						had = append(had, fmt.Sprintf("%s had %d", name, t.Qty))
					}
				}
			}
		}
		l, _ := n.core.State.Level(sku)
		return fmt.Sprintf("%s, %d lies here", strings.Join(had, ", "), l.Lot(lot).Here()), true
	case strings.HasPrefix(what, "holds"):
		was, _ := n.core.State.Level(sku)
		if out := n.do(&ledger.HoldLot{Meta: ledger.Meta{Key: d.key()}, SKU: sku, Lot: lot, Reason: "recalled"}); out.Err != nil {
			return out.Err.Error(), true
		}
		is, _ := n.core.State.Level(sku)
		return fmt.Sprintf("%d blocked", is.Blocked-was.Blocked), true
	case strings.HasPrefix(what, "hears") && strings.Contains(what, "has left"):
		_, by, _ := strings.Cut(what, " of ")
		by, _, _ = strings.Cut(by, " that ")
		order, _, _ := strings.Cut(what, " has left")
		of := strings.Fields(order)
		out := n.do(&ledger.TellDrop{Meta: ledger.Meta{Key: d.key()}, Order: d.id(of[len(of)-1]), Supplier: by, Deed: ledger.DropSend, Note: after(words, "note"), By: "olga", Lines: []ledger.CommandLine{{Line: 1, Qty: nums[0]}}})
		if out.Err != nil {
			return out.Err.Error(), true
		}
		return fmt.Sprintf("%d sent", out.Entry.Body.(*ledger.DropBody).Lines[0].Qty), true
	}
	return "", false
}

// lotsOf writes down what lies of which lot of an article at a site, and which are held.
func lotsOf(site ledger.SiteID, l *ledger.Level) (out []string) {
	for i := range l.Lots {
		t := &l.Lots[i]
		out = append(out, fmt.Sprintf("%s has of lot %s, until %s, held %q: %v", site, t.Lot, t.Expiry, t.Held, t.At))
	}
	return out
}
