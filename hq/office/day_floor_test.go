package office_test

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// floor does a row about goods of the house: put away, counted, written off, and given to a carrier by its list. known is false of any other row.
func (d *workday) floor(n *node, what string, words []string, nums []ledger.Qty) (told string, known bool) {
	has := func(begin string) bool { return strings.HasPrefix(what, begin) }
	last := words[len(words)-1]
	switch {
	case has("puts away"):
		return toldOf(n.do(&ledger.MoveBins{By: "bob", Lines: []ledger.BinMove{{SKU: ledger.SKU(words[3]), From: ledger.BinDefault, To: ledger.Bin(after(words, "into")), Qty: nums[0]}}})), true
	case has("counts"):
		out := n.do(&ledger.Count{Reason: "counted", By: "carl", Recounted: after(words, "by"), Approver: map[bool]string{true: last}[strings.Contains(what, "approved")], Tolerance: ledger.Tolerance{Units: 1},
			Lines: []ledger.CountedLine{{SKU: ledger.SKU(strings.TrimSuffix(words[2], ",")), Bin: ledger.BinDefault, Counted: nums[0]}}})
		if out.Err != nil {
			return out.Err.Error(), true
		}
		lines := out.Entry.Body.(*ledger.AdjustedBody).Lines
		if len(lines) == 1 && lines[0].Qty == -1 {
			return "one is gone", true
		}
		return fmt.Sprintf("%d are gone", -lines[0].Qty), true
	case has("writes off"):
		return toldOf(n.do(&ledger.Adjust{Reason: "broken", Approver: "olga", Lines: []ledger.AdjustLine{{SKU: ledger.SKU(words[3]), Qty: -nums[0]}}})), true
	case has("closes the manifest"):
		out := n.do(&ledger.OnManifest{Act: ledger.ManifestClose, Carrier: after(words, "of"), By: "bob"})
		if out.Err != nil {
			return out.Err.Error(), true
		}
		b := out.Entry.Body.(*ledger.ManifestBody)
		return fmt.Sprintf("manifest %d, %d shipments", b.Number, b.To-b.From+1), true
	}
	return "", false
}

// counter does a row about what is done at a counter with an order beyond taking it. known is false of any other row.
func (d *workday) counter(n *node, what string, words []string, nums []ledger.Qty) (told string, known bool) {
	has := func(begin string) bool { return strings.HasPrefix(what, begin) }
	last := words[len(words)-1]
	switch {
	case has("looks up"):
		if o, ok := n.core.State.Order(d.id(last)); ok {
			return string(o.Status), true
		}
		return "nobody has heard of it", true
	case has("goes on with"), has("places"):
		id := d.id(last)
		draft, ok := n.core.State.Order(id)
		if !ok {
			return "nobody has heard of it", true
		}
		return toldOf(n.do(&ledger.Place{Order: *draft.Clone(), Drafted: true, Today: d.now.Format("2006-01-02")})), true
	case has("exchanges"):
		of, sale, back := d.id(words[3]), d.id(after(words, "as")), d.id(last)
		out := n.do(&ledger.Exchange{Meta: ledger.Meta{Key: d.key()}, Till: d.till(n), Reason: "the wrong one", By: "anna",
			Back:    ledger.TakeBack{ID: ledger.ReturnID(back), Order: of, Reason: "the wrong one", Lines: []ledger.BackLine{{Line: 1, Qty: nums[0]}}},
			Sale:    ledger.Place{Order: ledger.Order{ID: sale, Channel: "pos", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: []ledger.Line{d.priced(ledger.SKU(words[6]), nums[1])}}},
			Refunds: []ledger.TenderMove{{Tender: 2}}})
		if out.Err != nil {
			return out.Err.Error(), true
		}
		x := out.Entry.Body.(*ledger.TenderBody).Exchange
		return fmt.Sprintf("%d cross, %d in hand", x.Moved, x.Coins), true
	case has("asks back"):
		of := d.id(strings.TrimSuffix(words[4], ","))
		return toldOf(n.do(&ledger.AskRefund{Meta: ledger.Meta{Key: d.key()}, Claim: ledger.ClaimID(d.orderID()), Order: of, Till: d.till(n), Amount: int64(nums[0]), Reason: "came back", By: "sue",
			Risk: strings.HasSuffix(what, "risk")})), true
	case has("loads"):
		return toldOf(n.do(&ledger.MoveAsset{Meta: ledger.Meta{Key: d.key()}, Asset: ledger.AssetOf(ledger.AssetCard, last), Act: ledger.AssetLoad, Amount: nums[0], Ref: "sold-" + last})), true
	}
	return "", false
}
