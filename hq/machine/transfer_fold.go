package machine

import (
	"fmt"
	"strings"

	"github.com/holdfast-stock/holdfast/ledger"
)

// transfer folds what a site's entry says of a transfer. Its postings have told where the goods went.
func (f *folding) transfer(b *ledger.TransferBody) error {
	if b.Refusal != "" {
		return nil
	}
	if err := f.e.TransferFits(f.site); err != nil {
		return err
	}
	f.transferSays(&b.Transfer, f.e.Kind)
	return nil
}

// transferSays follows what a site's book says of a transfer, by an entry of kind was.
func (f *folding) transferSays(t *ledger.Transfer, was ledger.Kind) {
	rec := f.transferRecord(t)
	if rec == nil {
		return
	}
	switch was {
	case ledger.KindTransferAsked:
		f.transferAsked(rec, t)
	case ledger.KindTransferReserved:
		f.transferReserved(rec, t)
	case ledger.KindTransferDispatched:
		f.transferDispatched(rec, t)
	case ledger.KindTransferReceived:
		f.transferReceived(rec, t)
	}
	f.told(rec)
}

// told notes when an entry last said something of a transfer. Where it said nothing that begins one, there is none.
func (f *folding) told(rec *Transfer) {
	if rec.State == 0 {
		f.m.transfers.del(transferKey(rec.ID))
		return
	}
	rec.Told = f.push.At
	f.m.closeTransfer(rec)
}

// transferRecord gives the record of a transfer, a new one where there was none; nil where two sites use one id for
// two transfers: then somebody hears of it, and the goods are where the journals say.
func (f *folding) transferRecord(t *ledger.Transfer) *Transfer {
	rec, known := f.m.editTransfer(t.ID)
	if !known {
		rec = &Transfer{Transfer: ledger.Transfer{ID: t.ID, From: t.From, To: t.To, Note: t.Note}}
		f.m.transfers.put(transferKey(t.ID), rec)
	}
	if rec.From != t.From || rec.To != t.To {
		f.raise("transfer_id", "", "", fmt.Sprintf("transfer %s is from %s to %s here, and from %s to %s by the site's entry: two bear one number, see by hand what came of which", t.ID, rec.From, rec.To, t.From, t.To))
		return nil
	}
	return rec
}

// goes brings a transfer further where the act fits how it stands; ok is false where it does not.
func (f *folding) goes(rec *Transfer, act ledger.TransferAct) (ok bool) {
	to, ok := rec.State.After(ledger.AtHQ, act)
	if ok {
		rec.State = to
	}
	return ok
}

// transferAsked notes that a site wants goods. What a warehouse asks for out of its own shelf is head office's to give,
// and is given where it is there: its manager has asked. What a site wants of another one waits for a person.
func (f *folding) transferAsked(rec *Transfer, t *ledger.Transfer) {
	if !f.goes(rec, ledger.TransferAsk) {
		return
	}
	rec.Asker, rec.Lines = f.site, t.Clone().Lines
	if f.site != rec.From {
		return
	}
	shorts, err := f.m.approveTransfer(rec)
	if len(shorts) == 0 && err == nil {
		return
	}
	why := "nothing is promised from there now"
	if len(shorts) > 0 {
		why = fmt.Sprintf("head office holds %d of %s there, %d are wanted", shorts[0].Have, shorts[0].SKU, shorts[0].Want)
	}
	f.raise("transfer_refused", "", "", fmt.Sprintf("transfer %s from %s to %s: %s", rec.ID, rec.From, rec.To, why))
	rec.State = ledger.TransferRefused
	f.m.refuseTransfer(rec)
}

// transferReserved notes that the sender's book has set units aside.
func (f *folding) transferReserved(rec *Transfer, t *ledger.Transfer) {
	if f.goes(rec, ledger.TransferReserve) {
		rec.Lines, rec.Note = t.Clone().Lines, t.Note
	}
}

// transferDispatched notes what left, and tells the receiver what to expect. Where the receiver has it already it was
// never on its way here.
func (f *folding) transferDispatched(rec *Transfer, t *ledger.Transfer) {
	if t.State == ledger.TransferCanceled {
		f.goes(rec, ledger.TransferCancel)
		return
	}
	if !f.goes(rec, ledger.TransferDispatch) {
		return
	}
	for i := range t.Lines {
		l := rec.transferLine(t.Lines[i].SKU)
		l.Qty = t.Lines[i].Qty
		l.HearSent(&t.Lines[i])
	}
	if f.m.agreed(kindReasons) { // an older build would forget them
		rec.Cartons = t.Clone().Cartons
		for i := range rec.Cartons {
			rec.Cartons[i].Once = false // the sender's own word, for its own book
		}
	}
	if rec.State == ledger.TransferDispatched {
		f.m.tellWay(rec, rec.To, rec.From, ledger.TransferExpect, func(l *ledger.TransferLine) ledger.Qty { return l.Sent }, func(t *ledger.TransferLot) ledger.Qty { return t.Sent })
	}
}

// transferReceived notes what came, and tells the sender, whose book settles what differs. What the sender took back is
// on its way no more.
func (f *folding) transferReceived(rec *Transfer, t *ledger.Transfer) {
	act := ledger.TransferReceive
	if f.site == rec.From {
		act = ledger.TransferReturn
	}
	settled := rec.State == ledger.TransferSettled
	if !f.goes(rec, act) {
		return
	}
	for i := range t.Lines {
		rec.transferLine(t.Lines[i].SKU).HearCame(&t.Lines[i])
	}
	rec.HearCartons(t)
	switch {
	case act == ledger.TransferReturn:
		f.transferAmiss(rec)
	case !settled:
		f.m.tellWay(rec, rec.From, rec.To, ledger.TransferSettle, func(l *ledger.TransferLine) ledger.Qty { return l.Came }, func(t *ledger.TransferLot) ledger.Qty { return t.Came })
	}
}

// transferLine gives the line of a SKU, a new one where there is none.
func (t *Transfer) transferLine(sku ledger.SKU) *ledger.TransferLine {
	for i := range t.Lines {
		if t.Lines[i].SKU == sku {
			return &t.Lines[i]
		}
	}
	if len(t.Lines) >= ledger.TransferLinesMax { // by paper and by book together: the journals have the rest
		return &ledger.TransferLine{SKU: sku}
	}
	t.Lines = append(t.Lines, ledger.TransferLine{SKU: sku})
	return &t.Lines[len(t.Lines)-1]
}

// transferAmiss raises, once, what of a transfer did not arrive, came beyond what had left, or is damaged.
func (f *folding) transferAmiss(rec *Transfer) {
	var words []string
	for i := range rec.Lines {
		l := &rec.Lines[i]
		if n := l.Missing(); n > 0 {
			words = append(words, fmt.Sprintf("%d of %d %s are missing", n, l.Sent, l.SKU))
		} else if n < 0 {
			words = append(words, fmt.Sprintf("%d %s more came than had left", -n, l.SKU))
		}
		if l.Damaged > 0 {
			words = append(words, fmt.Sprintf("%d %s are damaged", l.Damaged, l.SKU))
		}
		words = append(words, lotsAmiss(l)...)
	}
	if len(words) == 0 || rec.Amiss != 0 {
		return
	}
	words = append(words, cartonsAmiss(rec)...)
	more := ""
	if n := len(words) - transferWordsMax; n > 0 {
		words, more = words[:transferWordsMax], fmt.Sprintf("; and %d more", n)
	}
	f.raise("transfer_differs", "", "", fmt.Sprintf("transfer %s from %s to %s: %s%s", rec.ID, rec.From, rec.To, strings.Join(words, "; "), more))
	rec.Amiss = f.m.counters.Exceptions
}

// cartonsAmiss says which cartons did not come, where some did: a receiver that names none may have opened them all.
func cartonsAmiss(rec *Transfer) (words []string) {
	some := false
	for i := range rec.Cartons {
		if c := &rec.Cartons[i]; c.Came {
			some = true
		} else {
			words = append(words, fmt.Sprintf("carton %s was not taken in as a whole", c.SSCC))
		}
	}
	if !some {
		return nil
	}
	return words
}

// lotsAmiss says the same of the lots of a line.
func lotsAmiss(l *ledger.TransferLine) (words []string) {
	for i := range l.Lots {
		t := &l.Lots[i]
		if n := t.Missing(); n > 0 {
			words = append(words, fmt.Sprintf("of lot %s of %s %d of %d did not come", t.Lot, l.SKU, n, t.Sent))
		} else if n < 0 {
			words = append(words, fmt.Sprintf("of lot %s of %s %d more came than had left", t.Lot, l.SKU, -n))
		}
		if t.Damaged > 0 {
			words = append(words, fmt.Sprintf("of lot %s of %s %d are damaged", t.Lot, l.SKU, t.Damaged))
		}
	}
	return words
}

// transferWordsMax bounds the lines that an exception about a transfer names.
const transferWordsMax = 20

// passedOver raises that a site of an older build has carried out a command about a transfer without the lots that stand apart in it: the goods are right, and
// no recall finds them there.
func (f *folding) passedOver(given *ledger.HQCommand, b *ledger.ObeyedBody) {
	if id, act, ok := given.Transfer(); ok && given.Apart && len(given.Lots) > 0 && len(b.Command.Lots) == 0 && b.Refused == "" {
		f.raise("does_not_fit", "", "", fmt.Sprintf("transfer %s: %s has an older build, which passes over the lots of a command (%s): upgrade it, and count there by lot what came", id, f.site, act))
	}
}

// transferred follows the entry that answers a command about a transfer.
func (f *folding) transferred(c *ledger.HQCommand, b *ledger.ObeyedBody) {
	id, act, ok := c.Transfer()
	if !ok || b.Repeat { // the first entry under its id has told it
		return
	}
	f.displaced(b.Displaced)
	if b.Refused != "" {
		f.transferNot(id, act, b.Refused)
		return
	}
	if b.Transfer == nil || act == ledger.TransferExpect || act == ledger.TransferRefuse {
		return
	}
	if err := f.e.TransferFits(f.site); err != nil {
		f.raise("does_not_fit", "", "", err.Error())
		return
	}
	rec := f.transferRecord(b.Transfer)
	if rec == nil {
		return
	}
	switch act {
	case ledger.TransferReserve, ledger.TransferOut:
		f.transferReserved(rec, b.Transfer)
	case ledger.TransferSettle:
		f.goes(rec, ledger.TransferSettle)
		for i := range b.Transfer.Lines {
			was := &b.Transfer.Lines[i]
			l := rec.transferLine(was.SKU)
			l.Qty = was.Qty
			l.HearSent(was)
			bad := l.Damaged // only its receiver has told that
			if l.Came != was.Came {
				l.HearCame(was)
				l.Damaged = min(bad, l.Came)
			}
		}
		f.transferAmiss(rec)
	}
	f.told(rec)
}

// transferNot follows a refusal of a command about a transfer. That it has come further already surprises nobody, but
// for a settling, which is refused only where the sender's book has no place for it.
func (f *folding) transferNot(id ledger.TransferID, act ledger.TransferAct, why string) {
	rec, known := f.m.editTransfer(id)
	if !known {
		return
	}
	switch act {
	case ledger.TransferReserve, ledger.TransferOut:
		if rec.State != ledger.TransferApproved {
			return
		}
		rec.State = ledger.TransferRefused
		f.raise("transfer_refused", "", "", fmt.Sprintf("transfer %s from %s to %s: %s has set nothing aside: %s", rec.ID, rec.From, rec.To, f.site, why))
		f.m.refuseTransfer(rec)
	case ledger.TransferSettle:
		f.raise("refused", "", "", fmt.Sprintf("transfer %s from %s to %s cannot be settled: %s", rec.ID, rec.From, rec.To, why))
	}
}
