package node

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// pickListsMax bounds the lists that are taken at once.
const pickListsMax = 1000

// A pickLease is a picker's list: which orders, and for how long nobody else is given them. It holds no stock, so losing all leases, as a restart does,
// loses nothing: the lists are free again.
type pickLease struct {
	id     string
	key    string // of the request: a repeat finds its list
	picker string
	until  time.Time
	orders []ledger.OrderID
}

// pickLists are the leases of a node.
type pickLists struct {
	mu  sync.Mutex // guards all
	all []*pickLease
}

// live lets go of the leases that have ended. The lock is held.
func (p *pickLists) live(now time.Time) {
	p.all = slices.DeleteFunc(p.all, func(l *pickLease) bool { return !now.Before(l.until) })
}

// taken says who has which order. The lock is held.
func (p *pickLists) taken() map[ledger.OrderID]*pickLease {
	out := map[ledger.OrderID]*pickLease{}
	for _, l := range p.all {
		for _, order := range l.orders {
			out[order] = l
		}
	}
	return out
}

// list gives the leases that have not ended.
func (p *pickLists) list(now time.Time) []*pickLease {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live(now)
	return slices.Clone(p.all)
}

// release ends a lease before its time; false where there is none.
func (p *pickLists) release(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.live(now)
	before := len(p.all)
	p.all = slices.DeleteFunc(p.all, func(l *pickLease) bool { return l.id == id })
	return len(p.all) < before
}

// toPick says whether anything of a part is to be taken off the shelf.
func toPick(p *ledger.ServedPart) bool {
	return slices.ContainsFunc(p.Lines, func(l ledger.PartLine) bool { return l.At[ledger.StageShelf] > 0 })
}

// toPick lists the first orders, at most so many, of which something is to be picked and that nobody has.
func (n *Node) toPick(most int, taken map[ledger.OrderID]*pickLease) (out []ledger.OrderID) {
	keep := func(p *ledger.ServedPart) bool { return toPick(p) && taken[p.Order] == nil }
	for after := ledger.OrderID(""); len(out) < most; {
		parts, next := n.book.Parts(after, most-len(out), keep)
		for i := range parts {
			out = append(out, parts[i].Order)
		}
		if after = next; next == "" {
			break
		}
	}
	return out
}

func rankOf(later bool) int {
	if later {
		return 1
	}
	return 0
}

// homes are the home bins here of the articles of a part: a pick takes from there first.
func (n *Node) homes(p *ledger.ServedPart) (out map[ledger.SKU]ledger.Bin) {
	for i := range p.Lines {
		if home := n.homeOf(p.Lines[i].SKU); home != "" {
			if out == nil {
				out = map[ledger.SKU]ledger.Bin{}
			}
			out[p.Lines[i].SKU] = home
		}
	}
	return out
}

// qtyIn is what lies in a bin.
func qtyIn(spots []ledger.LotSpot, bin ledger.Bin) (sum ledger.Qty) {
	for i := range spots {
		if spots[i].Bin == bin {
			sum += spots[i].Qty
		}
	}
	return sum
}

// noted says what a picker should know of a row: why it is not of the article's home bin, or that no bin has it. home is what the book has there.
func noted(row *contract.PickRow, home ledger.LotSpot) (at ledger.Bin, note string) {
	if row.Bin == home.Bin && home.Bin != "" {
		return "", ""
	}
	switch {
	case row.Bin == "":
		note = fmt.Sprintf("no bin has %d of these that may be picked in the book: look for them, or say that they are short", row.Qty)
	case home.Bin == "":
	case home.Qty == 0:
		note = fmt.Sprintf("home bin %s is empty in the book", home.Bin)
	default:
		note = fmt.Sprintf("home bin %s has only %d in the book", home.Bin, home.Qty)
	}
	return home.Bin, note
}

// rowsOf says what is to be picked of parts, by bin and SKU: of each article as the book takes it, from its home bin and then from its bins in the order of
// their names, or, where it is kept by lot, first expired first of what lasts long enough for its customer.
func (n *Node) rowsOf(parts []ledger.ServedPart) []contract.PickRow {
	type spot struct {
		bin ledger.Bin
		sku ledger.SKU
		lot ledger.LotID
	}
	left, homes := map[ledger.SKU][]ledger.LotSpot{}, map[ledger.SKU]ledger.LotSpot{}
	at := map[spot]*contract.PickRow{}
	add := func(sku ledger.SKU, from ledger.LotSpot, to contract.PickFor) {
		if to.Qty <= 0 {
			return
		}
		key := spot{from.Bin, sku, from.Lot}
		row := at[key]
		if row == nil {
			row = &contract.PickRow{Bin: from.Bin, SKU: sku, Lot: from.Lot, Expiry: from.Expiry.String()}
			if item, ok := n.book.ItemAt(sku); ok {
				row.Name, row.Barcodes = item.Name, item.Barcodes
			}
			at[key] = row
		}
		row.Qty += to.Qty
		row.For = append(row.For, to)
	}
	for i := range parts {
		p := &parts[i]
		least, err := n.leastOf(nil, p.Order)
		if err != nil {
			least = ledger.Lasting{} // of a newer build's account
		}
		for _, l := range p.Lines {
			to := contract.PickFor{Fulfilment: contract.FulfilmentID(p.Order, n.cfg.Site), Line: l.Line}
			rest := l.At[ledger.StageShelf]
			spots, seen := left[l.SKU]
			if !seen {
				level, _ := n.book.Level(l.SKU)
				spots = level.Spots()
				if home := n.homeOf(l.SKU); home != "" && level.Lots == nil {
					homes[l.SKU] = ledger.LotSpot{Bin: home, Qty: qtyIn(spots, home)}
					slices.SortStableFunc(spots, func(a, b ledger.LotSpot) int { return cmp.Compare(rankOf(a.Bin != home), rankOf(b.Bin != home)) })
				}
				left[l.SKU] = spots
			}
			for i := range spots {
				if !spots[i].Lasts(least.For(l.SKU)) {
					continue
				}
				to.Qty = min(rest, spots[i].Qty)
				add(l.SKU, spots[i], to)
				spots[i].Qty -= to.Qty
				rest -= to.Qty
			}
			to.Qty = rest
			add(l.SKU, ledger.LotSpot{}, to)
		}
	}
	rows := make([]contract.PickRow, 0, len(at))
	for _, row := range at {
		row.Home, row.Note = noted(row, homes[row.SKU])
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b contract.PickRow) int {
		return cmp.Or(cmp.Compare(a.Bin, b.Bin), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Expiry, b.Expiry), cmp.Compare(a.Lot, b.Lot))
	})
	return rows
}
