package ledger

import (
	"strings"
	"time"
)

// Head office may close short or call off a purchase order that stands in a site's book: the supplier calls whom it knows. The book hears of it by a command, takes it
// down as it does a person's act, and promises nothing of it any more. What comes under its reference all the same is goods in, beyond what was awaited.

// commandPurchase begins the id of a command about a purchase order. An order is closed once, and called off once, so the id needs nothing more than which.
const commandPurchase = "purchase/"

// actorHQ signs in a book what head office has done.
const actorHQ = "head office"

// PurchaseCommand is the command that tells a book that head office has closed a purchase order of its, or called it off. reason says who did, and why.
func PurchaseCommand(owner SiteID, act PurchaseAct, reference, reason string) HQCommand {
	return HQCommand{ID: commandPurchase + act.String() + "/" + reference, Kind: CommandPurchase, Owner: owner, Reason: reason}
}

// Purchase says which purchase order a command of kind CommandPurchase is about, and what is done with it.
func (c *HQCommand) Purchase() (reference string, act PurchaseAct, ok bool) {
	rest, ok := strings.CutPrefix(c.ID, commandPurchase)
	word, reference, cut := strings.Cut(rest, "/")
	if !ok || !cut || c.Kind != CommandPurchase || CheckPurchaseName(reference) != nil || len(c.Reason) > TextMax {
		return "", 0, false
	}
	switch word {
	case PurchaseClose.String():
		return reference, PurchaseClose, true
	case PurchaseCancel.String():
		return reference, PurchaseCancel, true
	default:
		return "", 0, false
	}
}

// obeyPurchase takes down what head office has done with a purchase order of the book. doc is the entry that says how the book has it; nil where it has none.
func (d *decision) obeyPurchase(b *ObeyedBody, doc *Entry) {
	ref, act, ok := b.Command.Purchase()
	if !ok {
		b.Refused = RefusedUnknown
		return
	}
	if doc == nil {
		b.Refused = string(RefusedPurchase)
		return
	}
	r := OrderGoods{Act: act, Order: Purchase{Reference: ref}, By: actorHQ, Reason: b.Command.Reason, doc: doc}
	p, err := r.body()
	switch {
	case err != nil || p.Refusal != "": // a person at the site was first
		b.Refused = string(RefusedPurchase)
	case p.Still:
	default:
		p.Slips = d.s.slippedBy(p, doc.Purchase(), d.now.UTC().Format(time.DateOnly))
		b.Purchase = p
	}
}
