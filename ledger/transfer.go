package ledger

import (
	"fmt"
	"slices"
	"strings"
)

// A TransferID names one transfer of goods between two sites for ever, also on the delivery note. It is 1 to
// TransferIDMax letters, digits, dots, hyphens or underscores. "" is none.
type TransferID string

// TransferIDMax bounds a transfer's id, in bytes.
const TransferIDMax = 64

// ParseTransfer is the only way in from outside for a transfer's id.
func ParseTransfer(s string) (TransferID, error) {
	if err := checkName("id", s, TransferIDMax, "._-", true); err != nil {
		return "", err
	}
	if s[0] == '.' {
		return "", &FormError{Field: "id", Why: "begins with a dot"}
	}
	return TransferID(s), nil
}

// A Transfer is stock on its way from one site's shelf to another's, as one book knows it. The books of the two
// sites and head office each have their own; which of them may say what is in the table of arrows.
type Transfer struct {
	ID    TransferID
	From  SiteID
	To    SiteID
	State TransferState
	Lines []TransferLine // each SKU once
	Note  string

	Cartons []WayCarton // that left; by their numbers
}

// A TransferLine is one SKU of a transfer. All amounts are >= 0.
type TransferLine struct {
	SKU     SKU
	Qty     Qty           // asked for, or set aside
	Sent    Qty           // dispatched; at the receiver until that is known, what the delivery note says
	Came    Qty           // received, in any condition; at the sender that took goods back, what came back
	Damaged Qty           // of these, not to be sold
	Lots    []TransferLot // of which lots they are, as far as it is known; each once
}

// Missing is what left the sender and did not arrive; below zero, what arrived beyond it.
func (l *TransferLine) Missing() Qty { return l.Sent - l.Came }

// line gives the line of a SKU; nil where there is none.
func (t *Transfer) line(sku SKU) *TransferLine {
	for i := range t.Lines {
		if t.Lines[i].SKU == sku {
			return &t.Lines[i]
		}
	}
	return nil
}

// place is the line of a SKU, from 1; 0 where there is none.
func (t *Transfer) place(sku SKU) int {
	return 1 + slices.IndexFunc(t.Lines, func(l TransferLine) bool { return l.SKU == sku })
}

// other is the site at the other end of the way.
func (t *Transfer) other(site SiteID) SiteID {
	if site == t.From {
		return t.To
	}
	return t.From
}

// Clone copies t so deep that neither changes with the other.
func (t *Transfer) Clone() *Transfer {
	c := *t
	c.Lines, c.Cartons = slices.Clone(t.Lines), slices.Clone(t.Cartons)
	for i := range c.Lines {
		c.Lines[i].Lots = slices.Clone(c.Lines[i].Lots)
	}
	return &c
}

// Check refuses what no book has written.
func (t *Transfer) Check() error {
	if _, err := ParseTransfer(string(t.ID)); err != nil {
		return err
	}
	if _, err := ParseSite(string(t.From)); err != nil {
		return err
	}
	if _, err := ParseSite(string(t.To)); err != nil {
		return err
	}
	switch {
	case t.From == t.To:
		return &FormError{Field: "to", Why: "is the site that the goods come from"}
	case len(t.Note) > TextMax:
		return &FormError{Field: "note", Why: fmt.Sprintf("is longer than %d bytes", TextMax)}
	case len(t.Lines) == 0 && t.State != TransferSettled || len(t.Lines) > TransferLinesMax: // of one that nobody sent nothing may have come
		return &FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a transfer has 1 to %d", len(t.Lines), TransferLinesMax)}
	}
	seen := make(map[SKU]int, len(t.Lines))
	for i := range t.Lines {
		l := &t.Lines[i]
		if _, err := ParseSKU(string(l.SKU)); err != nil {
			return atLine(err, i)
		}
		if first, twice := seen[l.SKU]; twice {
			return atLine(&FormError{Field: "sku", Why: fmt.Sprintf("%s stands on line %d already: add the two up", l.SKU, first)}, i)
		}
		seen[l.SKU] = i + 1
		if min(l.Qty, l.Sent, l.Came, l.Damaged, l.Came-l.Damaged) < 0 || max(l.Qty, l.Sent, l.Came) > QtyMax {
			return atLine(&FormError{Field: "qty", Why: fmt.Sprintf("is not 0 to %d, or more are damaged than came", QtyMax)}, i)
		}
		if err := l.checkLots(); err != nil {
			return atLine(err, i)
		}
	}
	if err := t.checkCartons(); err != nil {
		return err
	}
	return t.checkLots()
}

// TransferLinesMax bounds the lines of a transfer: its moves must fit in one entry.
const TransferLinesMax = 1_000

// TransferMissing and TransferSurplus name the loss accounts by which a transfer is settled whose receiver found
// less, or more, than its sender dispatched.
const (
	TransferMissing = "transfer_missing"
	TransferSurplus = "transfer_surplus"
)

// TransferBody is what an entry says of a transfer: how it stands after it.
type TransferBody struct {
	Transfer  Transfer
	Refusal   Refusal     // why nothing was done; "" where it was
	Shorts    []Short     // refused: what could not be set aside
	Displaced []Displaced // promises whose units it took
}

// RefusedTransfer says no to an act on a transfer that does not fit how it stands.
const RefusedTransfer Refusal = "transfer_state"

func (*TransferBody) kindly(k Kind) bool { return k >= KindTransferAsked && k <= KindTransferReceived }

// transferActOf is what a person wished by an entry of that kind that was refused.
func transferActOf(k Kind) TransferAct {
	switch k {
	case KindTransferAsked:
		return TransferAsk
	case KindTransferReserved:
		return TransferReserve
	case KindTransferDispatched:
		return TransferDispatch
	default:
		return TransferReceive
	}
}

// err gives the refusal that the body records, or nil.
func (b *TransferBody) err(k Kind) error {
	switch {
	case b.Refusal == "":
		return nil
	default:
		return &TransferError{Transfer: b.Transfer, Act: transferActOf(k), Shorts: b.Shorts}
	}
}

// A TransferError says no to an act on a transfer: nothing was changed. Transfer is as it stands. With Shorts
// there is less than is to be set aside, or more is named than was.
type TransferError struct {
	Transfer Transfer
	Act      TransferAct
	Shorts   []Short
}

func (e *TransferError) Error() string {
	if len(e.Shorts) > 0 {
		l := &e.Shorts[0]
		return fmt.Sprintf("transfer %s: line %d wants %d of %s, there are %d", e.Transfer.ID, l.Line, l.Want, l.SKU, l.Have)
	}
	return fmt.Sprintf("transfer %s is %s: %s is not possible", e.Transfer.ID, e.Transfer.State, e.Act)
}

// KeyOfTransfer is the digest under which a book remembers for ever that a transfer has come to a state. An entry
// that brings it there answers this key beside its own, so an auditor finds any arrow that was posted twice.
func KeyOfTransfer(id TransferID, s TransferState) Digest {
	return DigestOf([]byte("transfer"), []byte(id), []byte{byte(s)})
}

// heldTransfer gives the transfer that e leaves in the book as it stands after it; nil where it leaves none.
func (e *Entry) heldTransfer() *Transfer {
	switch b := e.Body.(type) {
	case *TransferBody:
		if b.Refusal == "" {
			return &b.Transfer
		}
	case *ObeyedBody:
		if !b.Repeat && b.Refused == "" {
			return b.Transfer
		}
	case *LateBody:
		if b.Refusal == "" {
			return b.Transfer
		}
	}
	return nil
}

// besides are the keys that e answers beside its own; next to no entry answers any.
func (e *Entry) besides() (out []Digest) {
	for _, d := range [...]Digest{e.beside(), e.listed(), e.shipped(), e.counted(), e.dropNote(), e.dropNamed()} {
		if d != (Digest{}) {
			out = append(out, d)
		}
	}
	out = append(append(out, e.delivered()...), e.wayKeys()...)
	for _, c := range e.boxes() {
		if c.Was != c.At {
			out = append(out, KeyOfCarton(c.SSCC, c.At))
		}
	}
	return out
}

// beside is the first of them; zero where it answers none.
func (e *Entry) beside() Digest {
	if t := e.heldTransfer(); t != nil {
		return KeyOfTransfer(t.ID, t.State)
	}
	if b := e.heldAssetCharge(); b != nil {
		return KeyOfAssetCharge(b.Asset, e.Ref, b.Nth)
	}
	if p := e.heldPurchase(); p != nil {
		return KeyOfPurchase(p.Order.Reference, p.Version)
	}
	return e.besideMoney()
}

// TransferFits says whether an entry's postings on transit are what it says of its transfer. Kind by kind:
// what has left came off the shelf of the sender, what came lies on the shelf of the receiver.
func (e *Entry) TransferFits(site SiteID) error {
	t := e.heldTransfer()
	if t == nil {
		return nil
	}
	if err := t.Check(); err != nil {
		return err
	}
	if site != t.From && site != t.To {
		return fmt.Errorf("transfer %s is from %s to %s, this is %s", t.ID, t.From, t.To, site)
	}
	if _, obeyed := e.Body.(*ObeyedBody); obeyed && t.State == TransferSettled {
		return nil // it posts what differs
	}
	posted := map[SKU]Qty{}
	for i := range e.Postings {
		if p := &e.Postings[i]; p.Account.Kind == Transit {
			posted[p.SKU] += p.Qty
		}
	}
	for i := range t.Lines {
		l := &t.Lines[i]
		want := Qty(0)
		switch {
		case e.Kind != KindObeyed && t.State == TransferDispatched:
			want = l.Sent
		case t.State == TransferReceived:
			want = -l.Came
		case t.State == TransferReturned:
			want = -l.Sent // with what is missing of it
		}
		if posted[l.SKU] != want {
			return fmt.Errorf("transfer %s has %d of %s on its way by this entry, and %d are posted", t.ID, want, l.SKU, posted[l.SKU])
		}
		delete(posted, l.SKU)
	}
	if len(posted) > 0 {
		return fmt.Errorf("transfer %s has nothing of what is posted", t.ID)
	}
	return e.lotsFit(t)
}

// TransferCommandID is the id of the command by which head office does act for a transfer: each is given once,
// in whatever life.
func TransferCommandID(id TransferID, act TransferAct) string {
	return "transfer/" + string(id) + "/" + act.String()
}

// Transfer says which transfer a command of kind CommandTransfer is about, and what is to be done.
func (c *HQCommand) Transfer() (id TransferID, act TransferAct, ok bool) {
	rest, ok := strings.CutPrefix(c.ID, "transfer/")
	name, word, cut := strings.Cut(rest, "/")
	if !ok || !cut || c.Kind != CommandTransfer {
		return "", 0, false
	}
	id, err := ParseTransfer(name)
	act, known := ParseTransferAct(word)
	return id, act, err == nil && known
}
