package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TransferWish is one SKU that is to be sent.
type TransferWish struct {
	SKU     string     `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string     `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack    string     `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: qty is how many of these"`
	Qty     ledger.Qty `json:"qty" jsonschema:"1 or more; lines of one SKU are added up"`
}

// TransferRequest wants goods sent from one site to another.
type TransferRequest struct {
	ID    string         `json:"id,omitempty" jsonschema:"1 to 64 letters, digits, dots, hyphens and underscores; it stands on the delivery note. Left out, one is made"`
	From  string         `json:"from" jsonschema:"the site that sends"`
	To    string         `json:"to" jsonschema:"the site that receives"`
	Lines []TransferWish `json:"lines" jsonschema:"1 to 1000"`
	Note  string         `json:"note,omitempty" jsonschema:"for people, at most 128 bytes"`
}

// DispatchRequest says what of a transfer leaves.
type DispatchRequest struct {
	Lines     []DispatchLine `json:"lines,omitempty" jsonschema:"what leaves; left out: all that was set aside. What is not named stays, and is free again"`
	Cartons   []CartonSent   `json:"cartons,omitempty" jsonschema:"at most 500: in which goods leave. lines are then what leaves beside them"`
	LeastDays *int           `json:"least_days,omitempty" jsonschema:"days that goods kept by lot have to be good for: lots that are over sooner are passed over; left out, or 0: any number"`
}

// TransferCame is what came of one SKU.
type TransferCame struct {
	SKU      string      `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode  string      `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack     string      `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: received, damaged and sent are how many of these. What came of an opened pack is received in units"`
	Received *ledger.Qty `json:"received" jsonschema:"what came, in any condition"`
	Damaged  ledger.Qty  `json:"damaged,omitempty" jsonschema:"of received: not to be sold, it is blocked"`
	Sent     ledger.Qty  `json:"sent,omitempty" jsonschema:"what the delivery note says; for a transfer that this site has not heard of"`
	Bin      string      `json:"bin,omitempty" jsonschema:"where it is put; left out: the goods-in bin of the node (node --goods-in-bin), MAIN where it has none"`
	Lots     []LotCame   `json:"lots,omitempty" jsonschema:"which lots, or serial numbers, came; a label that has one says it, too. Left out: those that left. Needed where not all came, or some are damaged, of several that left, and of what comes beyond what this site has heard of"`

	lots []ledger.CameLot // as Named has understood them
}

// ReceiveRequest says what came of a transfer. What is not named did not come.
type ReceiveRequest struct {
	From  string         `json:"from,omitempty" jsonschema:"who sent it, as the delivery note says: for a transfer that this site has not heard of"`
	Lines []TransferCame `json:"lines" jsonschema:"each SKU once; at the site that sent it: what came back. With cartons: what came beside them, or out of one that was opened; it may be left out"`

	Cartons []CartonCame `json:"cartons,omitempty" jsonschema:"which cartons came as they left. What lies in one that is not named did not come"`
}

// Named is as of an order.
func (r *TransferRequest) Named(c Catalogue) error {
	for i := range r.Lines {
		if err := r.Lines[i].named(i, c); err != nil {
			return err
		}
	}
	return nil
}

// named finds what line index names by a barcode, and turns packs into base units: a transfer counts units, and its two books agree on these whatever a pack holds by
// then.
func (l *TransferWish) named(index int, c Catalogue) error {
	var told *ledger.Packed
	return (telling{index, &l.SKU, &l.Barcode, &l.Pack, "qty", &l.Qty, 0, &told}).understand(c)
}

// Named is as of an order.
func (r *ReceiveRequest) Named(c Catalogue) (err error) {
	for i := range r.Lines {
		l := &r.Lines[i]
		code := l.Barcode
		if err := l.named(i, c); err != nil {
			return err
		}
		if l.lots, err = c.lotsCame(l, code, i); err != nil {
			return err
		}
	}
	return nil
}

// named is as of what is to be sent; received, damaged and sent are of one pack.
func (l *TransferCame) named(index int, c Catalogue) error {
	came := ledger.Qty(0)
	if l.Received != nil {
		came = *l.Received
	} else if err := c.qtyOfScan(l.Barcode, &came); err != nil {
		return atLine(err, index)
	} else if came > 0 {
		l.Received = &came
	}
	var told *ledger.Packed
	if err := (telling{index, &l.SKU, &l.Barcode, &l.Pack, "received", &came, 0, &told}).understand(c); err != nil || told == nil {
		return err
	}
	if l.Received != nil {
		l.Received = &came
	}
	for _, part := range []struct {
		field string
		qty   *ledger.Qty
	}{{"damaged", &l.Damaged}, {"sent", &l.Sent}} {
		in, err := (&ledger.Pack{Name: told.Name, Units: told.Units}).Told(part.field, *part.qty, 0)
		if err != nil {
			return atLine(err, index)
		}
		*part.qty, _ = in.Qty()
	}
	return nil
}

// JudgeRequest says yes or no to a transfer that a site has asked for.
type JudgeRequest struct {
	By     string `json:"by,omitempty" jsonschema:"who signs, where it is not whoever has signed in; default owner"`
	Reason string `json:"reason,omitempty" jsonschema:"why; it is kept"`
}

// TransferLine is one SKU of a transfer as it stands.
type TransferLine struct {
	SKU        ledger.SKU `json:"sku"`
	Qty        ledger.Qty `json:"qty" jsonschema:"asked for, or set aside"`
	Dispatched ledger.Qty `json:"dispatched" jsonschema:"what left; where this book has not heard of that, what the delivery note says"`
	Received   ledger.Qty `json:"received" jsonschema:"what came, in any condition"`
	Damaged    ledger.Qty `json:"damaged" jsonschema:"of received: blocked"`
	Missing    ledger.Qty `json:"missing" jsonschema:"once it was received: left and did not come"`
	Surplus    ledger.Qty `json:"surplus" jsonschema:"once it was received: came beyond what had left"`
	Lots       []LotOnWay `json:"lots,omitempty" jsonschema:"of which lots they are, as far as it is known"`
}

// Transfer answers a call about a transfer: as the book that answers knows it.
type Transfer struct {
	ID     ledger.TransferID `json:"id"`
	From   ledger.SiteID     `json:"from"`
	To     ledger.SiteID     `json:"to"`
	Status string            `json:"status" jsonschema:"asked, approved, reserved, dispatched, received, settled, returned, cancelled or refused"`
	Lines  []TransferLine    `json:"lines"`
	Note   string            `json:"note,omitempty"`

	Cartons []CartonOnWay `json:"cartons,omitempty" jsonschema:"in which goods left"`

	Seq uint64 `json:"seq,omitempty" jsonschema:"the entry of this site's journal that says it; left out at head office"`

	Asker ledger.SiteID `json:"asked_by,omitempty" jsonschema:"at head office: the site that asked for it"`
	By    string        `json:"by,omitempty" jsonschema:"at head office: who made or judged it"`
	At    string        `json:"at,omitempty" jsonschema:"at head office: when an entry last said something of it"`
}

// TransferList is one page of transfers, by id.
type TransferList struct {
	Transfers  []Transfer `json:"transfers"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// ReadTransferStatus reads the filter of a list; "" takes all.
func ReadTransferStatus(s string) (string, error) {
	var known []string
	for state := ledger.TransferAsked; state <= ledger.TransferRefused; state++ {
		known = append(known, state.String())
	}
	return s, oneOf("status", s, known)
}

// Ledger checks the wish and gives it to the ledger; the id may be "".
func (r *TransferRequest) Ledger() (*ledger.Transfer, error) {
	t := &ledger.Transfer{Note: r.Note}
	if err := CheckText("note", r.Note, textMax); err != nil {
		return nil, err
	}
	var err error
	if r.ID != "" {
		if t.ID, err = ledger.ParseTransfer(r.ID); err != nil {
			return nil, err
		}
	}
	for _, site := range []struct {
		field, name string
		to          *ledger.SiteID
	}{{"from", r.From, &t.From}, {"to", r.To, &t.To}} {
		if *site.to, err = ledger.ParseSite(site.name); err != nil {
			return nil, &ledger.FormError{Field: site.field, Why: fmt.Sprintf("is %q, which is no site's name", clip(site.name))}
		}
	}
	if t.From == t.To {
		return nil, &ledger.FormError{Field: "to", Why: "is the site that the goods come from"}
	}
	t.Lines, err = transferLines(r.Lines, func(l *ledger.TransferLine) *ledger.Qty { return &l.Qty }, 1)
	return t, err
}

// transferLines reads lines, and adds up those of one SKU.
func transferLines(in []TransferWish, of func(*ledger.TransferLine) *ledger.Qty, least ledger.Qty) ([]ledger.TransferLine, error) {
	if n := len(in); n == 0 || n > ledger.TransferLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a transfer has 1 to %d", n, ledger.TransferLinesMax)}
	}
	var out []ledger.TransferLine
	at := map[ledger.SKU]int{}
	for i, l := range in {
		sku, err := ledger.ParseSKU(l.SKU)
		if err != nil {
			return nil, atLine(err, i)
		}
		if l.Qty < least || l.Qty > ledger.QtyMax {
			return nil, atLine(&ledger.FormError{Field: "qty", Why: fmt.Sprintf("is %d; it must be %d to %d", l.Qty, least, ledger.QtyMax)}, i)
		}
		n, seen := at[sku]
		if !seen {
			n = len(out)
			at[sku], out = n, append(out, ledger.TransferLine{SKU: sku})
		}
		q := of(&out[n])
		if *q, err = ledger.AddQty(*q, l.Qty); err != nil {
			return nil, atLine(err, i)
		}
	}
	return out, nil
}

// Ledger checks what came and gives it to the ledger, without a key.
func (r *ReceiveRequest) Ledger(id ledger.TransferID) (*ledger.ReceiveTransfer, error) {
	out := &ledger.ReceiveTransfer{ID: id}
	var err error
	if r.From != "" {
		if out.From, err = ledger.ParseSite(r.From); err != nil {
			return nil, &ledger.FormError{Field: "from", Why: fmt.Sprintf("is %q, which is no site's name", clip(r.From))}
		}
	}
	if out.Cartons, err = r.ledgerCartons(); err != nil {
		return nil, err
	}
	if r.Lines == nil && len(r.Cartons) == 0 || len(r.Lines) > ledger.TransferLinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; send what came, at most %d lines, or [] where nothing did", len(r.Lines), ledger.TransferLinesMax)}
	}
	for i, l := range r.Lines {
		sku, err := ledger.ParseSKU(l.SKU)
		if err != nil {
			return nil, atLine(err, i)
		}
		bin, err := ledger.ParseBin(l.Bin)
		if err != nil {
			return nil, atLine(err, i)
		}
		if l.Received == nil {
			return nil, atLine(&ledger.FormError{Field: "received", Why: "is missing: what did not come is received as 0"}, i)
		}
		out.Lines = append(out.Lines, ledger.ReceivedLine{SKU: sku, Bin: bin, Came: *l.Received, Damaged: l.Damaged, Noted: l.Sent, Lots: l.lots})
	}
	return out, nil
}

// RenderTransfer gives a transfer as a book knows it.
func RenderTransfer(t *ledger.Transfer) Transfer {
	out := Transfer{ID: t.ID, From: t.From, To: t.To, Status: t.State.String(), Note: t.Note, Cartons: renderWayCartons(t), Lines: make([]TransferLine, len(t.Lines))}
	came := t.State == ledger.TransferReceived || t.State == ledger.TransferSettled || t.State == ledger.TransferReturned
	for i := range t.Lines {
		l := &t.Lines[i]
		out.Lines[i] = TransferLine{SKU: l.SKU, Qty: l.Qty, Dispatched: l.Sent, Received: l.Came, Damaged: l.Damaged, Lots: renderWay(l.Lots, came)}
		if n := l.Missing(); came && n > 0 {
			out.Lines[i].Missing = n
		} else if came {
			out.Lines[i].Surplus = -n
		}
	}
	return out
}

// RenderTransferEntry gives the answer that an entry is. ok is false where it is about no transfer.
func RenderTransferEntry(e *ledger.Entry) (out Transfer, ok bool) {
	switch b := e.Body.(type) {
	case *ledger.TransferBody:
		out = RenderTransfer(&b.Transfer)
	case *ledger.LateBody: // it was first answered by a book that was set aside
		if b.Transfer == nil {
			return out, false
		}
		out = RenderTransfer(b.Transfer)
	default:
		return out, false
	}
	out.Seq = uint64(e.Seq)
	return out, true
}

// NoTransfer says that a book has not heard of a transfer.
func NoTransfer(id string, at ledger.SiteID) *Problem {
	p := NotFound(fmt.Sprintf("%s has not heard of transfer %q.", capital(SiteName(at)), clip(id)))
	p.Hint = "Check the number on the delivery note. If the goods are here, receive them all the same: send from and lines as the note has them."
	if at == ledger.HQ {
		p.Hint = "Check the number. What a site that is cut off has written of it comes here once its line is up; look for it among the others."
	}
	return p
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// fromTransfer says why an act on a transfer was refused, as the book at says it.
func fromTransfer(no *ledger.TransferError, at ledger.SiteID) *Problem {
	t := &no.Transfer
	if len(no.Shorts) > 0 {
		return transferShort(no, at)
	}
	p := New(CodeTransferState, fmt.Sprintf("Transfer %s is %s. Nothing was changed.", t.ID, t.State))
	switch {
	case no.Act == ledger.TransferAsk || no.Act == ledger.TransferReserve || no.Act == ledger.TransferOut:
		p.Detail = fmt.Sprintf("There is a transfer %s already; it is %s. Nothing was changed.", t.ID, t.State)
		p.Hint = "Give each transfer an id of its own, or leave it out."
	case t.State == ledger.TransferReceived || t.State == ledger.TransferSettled:
		p.Hint = "What came is booked. If it was booked wrong, count the bins; goods that came later are goods-in, and their sender counts."
	case t.State == ledger.TransferDispatched && no.Act == ledger.TransferReceive:
		p.Hint = "It is received where it was sent to."
	case t.State == ledger.TransferDispatched:
		p.Hint = "The goods have left. Their receiver takes them in; if they come back here, receive them here."
	case t.State == ledger.TransferCanceled || t.State == ledger.TransferRefused || t.State == ledger.TransferReturned:
		p.Hint = "Make another transfer, under another id."
	case t.State == ledger.TransferAsked:
		p.Hint = "Nothing is set aside yet: head office approves it, or its sender makes it under the same id."
	case no.Act == ledger.TransferApprove:
		p.Hint = "It is approved already; its sender dispatches it."
	default:
		p.Hint = "Make yours under another id, or leave the id out: look transfer " + string(t.ID) + " up to see the one that has it."
	}
	return p
}

func transferShort(no *ledger.TransferError, at ledger.SiteID) *Problem {
	l := &no.Shorts[0]
	more := ""
	if n := len(no.Shorts) - 1; n > 0 {
		more = fmt.Sprintf(" %d more lines are short.", n)
	}
	var p *Problem
	switch {
	case no.Act == ledger.TransferDispatch:
		p = New(CodeTransferState, fmt.Sprintf("%d of %s are named, %d are set aside.%s Nothing has left.", l.Want, l.SKU, l.Have, more))
		p.Hint = "Dispatch what is set aside, and make another transfer for the rest."
	case at == ledger.HQ:
		p = New(CodeStockShort, fmt.Sprintf("%d of %s are wanted, and head office holds %d at the sender that are promised to nobody.%s Nothing was set aside.", l.Want, l.SKU, l.Have, more))
		p.Hint = "Send less, or from another site: look " + string(l.SKU) + " up to see what lies where."
	default:
		p = New(CodeStockShort, fmt.Sprintf("%d of %s are wanted, and %d here are promised to nobody.%s Nothing was set aside.", l.Want, l.SKU, l.Have, more))
		p.Hint = "Send less, or ask head office which site has some to spare."
	}
	for _, s := range no.Shorts {
		p.Lines = append(p.Lines, Short{Line: s.Line, SKU: s.SKU, Want: s.Want, Have: s.Have})
	}
	return p
}
