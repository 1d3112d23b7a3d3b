package contract

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// CountLine is what was counted of one SKU in one bin: units that are fit to be sold, reserved ones too.
type CountLine struct {
	SKU     string      `json:"sku,omitempty" jsonschema:"this or barcode"`
	Barcode string      `json:"barcode,omitempty" jsonschema:"instead of sku: any scan of the article, or of a pack of it"`
	Pack    string      `json:"pack,omitempty" jsonschema:"the name or a barcode of one of the item's packs: counted is how many whole ones"`
	Bin     string      `json:"bin,omitempty" jsonschema:"left out: the usual bin"`
	Counted *ledger.Qty `json:"counted" jsonschema:"0 or more; picked and blocked units are not counted; a label may say it"`
	Loose   ledger.Qty  `json:"loose,omitempty" jsonschema:"with a pack: base units beside the whole ones"`
	Lots    []LotQty    `json:"lots,omitempty" jsonschema:"by lot or serial number: how many of each lie there, in units; a label that has one says it, too. They are all that lie there, but for counted units without a label; a lot of the book that is not named is missing. Lines of one SKU and bin that name lots are one"`

	told *ledger.Packed
	lots []ledger.LotQty // as Named has understood them
}

// CountRequest says what was counted in some bins.
type CountRequest struct {
	Lines       []CountLine `json:"lines" jsonschema:"1 to 5000, each SKU once in each bin"`
	At          string      `json:"at,omitempty" jsonschema:"EPOCH.SEQ: the place in this site's journal that the book had come to when it was counted, as the sheet gave it; left out: now"`
	Reason      string      `json:"reason,omitempty" jsonschema:"the reason of the adjustment, one of GET /v1/policy/reasons where the company has set some; left out: counted"`
	CountedBy   string      `json:"counted_by,omitempty" jsonschema:"who counted; left out: who sends it"`
	RecountedBy string      `json:"recounted_by,omitempty" jsonschema:"another person, who has counted again what differed by more than the tolerance: whoever is signed in and sends it, or types their PIN with it"`
	Approver    string      `json:"approver,omitempty" jsonschema:"who approved it"`
	NewBins     bool        `json:"new_bins,omitempty" jsonschema:"true: units may lie in a bin in which the book has nothing"`
	NewLots     bool        `json:"new_lots,omitempty" jsonschema:"true: units may be of a lot, or have a serial number, that this site never saw"`
	Preview     bool        `json:"preview,omitempty" jsonschema:"true: only say what would be booked"`
}

// CountedLine is a line as it was judged.
type CountedLine struct {
	SKU       ledger.SKU `json:"sku"`
	Bin       ledger.Bin `json:"bin"`
	Counted   ledger.Qty `json:"counted"`
	Pack      *Packed    `json:"pack,omitempty" jsonschema:"what it was counted in"`
	Expected  ledger.Qty `json:"expected" jsonschema:"what the book has there at the position, by what it knows now"`
	Variance  ledger.Qty `json:"variance" jsonschema:"counted less expected: what was adjusted"`
	Moved     ledger.Qty `json:"moved" jsonschema:"what came in, or below 0 left, since the position; it is no part of the variance"`
	Shortfall ledger.Qty `json:"shortfall" jsonschema:"of what is gone: claimed by somebody, and not there"`
	Recount   bool       `json:"recount,omitempty" jsonschema:"of a preview: it differs by more than the tolerance"`

	Lots []LotCounted `json:"lots,omitempty" jsonschema:"where it was counted by lot: each that was found, and each that was not"`
}

// LotCounted is one lot, or serial number, of a line as it was judged.
type LotCounted struct {
	Lot      ledger.LotID `json:"lot"`
	Serial   bool         `json:"serial,omitempty"`
	Expiry   string       `json:"expiry,omitempty" jsonschema:"as its label says"`
	Counted  ledger.Qty   `json:"counted"`
	Expected ledger.Qty   `json:"expected"`
	Variance ledger.Qty   `json:"variance" jsonschema:"below 0 it is missing, above it was found"`
	Moved    ledger.Qty   `json:"moved" jsonschema:"since the position"`
}

// Count answers a count.
type Count struct {
	Seq       uint64        `json:"seq,omitempty" jsonschema:"the adjusting entry; left out of a preview"`
	At        string        `json:"at" jsonschema:"the position that was counted at, EPOCH.SEQ"`
	Reason    string        `json:"reason"`
	Lines     []CountedLine `json:"lines"`
	Displaced []Displaced   `json:"displaced" jsonschema:"promises that lost their units: each waits again"`
	Postings  []Posting     `json:"postings" jsonschema:"of the adjusting entry"`
	Lots      []LotAdjusted `json:"lots,omitempty" jsonschema:"of goods that are kept by lot or serial number: what was adjusted of each"`
}

// CountAgainst is a line of a count that it is refused for.
type CountAgainst struct {
	Line    int         `json:"line" jsonschema:"from 1"`
	SKU     ledger.SKU  `json:"sku"`
	Bin     ledger.Bin  `json:"bin"`
	Counted ledger.Qty  `json:"counted"`
	Newer   *CountNewer `json:"newer,omitempty" jsonschema:"what is known since; left out where it is to be counted again only"`
}

// CountNewer is what a book knows of a bin that is newer than a count.
type CountNewer struct {
	Seq     uint64      `json:"seq" jsonschema:"the entry that says it"`
	At      string      `json:"at,omitempty" jsonschema:"where it is a count: the position that was counted at, EPOCH.SEQ"`
	Counted *ledger.Qty `json:"counted,omitempty" jsonschema:"and what was found"`
}

// SheetRow is one SKU in one bin that is to be counted.
type SheetRow struct {
	Bin      ledger.Bin  `json:"bin"`
	SKU      ledger.SKU  `json:"sku"`
	Name     string      `json:"name"`
	Home     ledger.Bin  `json:"home,omitempty" jsonschema:"its home bin here, where that is another one: what lies here is to be moved there"`
	Expected *ledger.Qty `json:"expected,omitempty" jsonschema:"what the book has there; left out of a blind sheet"`
	Lots     []SheetLot  `json:"lots,omitempty" jsonschema:"of goods that are kept by lot or serial number: which of them, as they leave; left out of a blind sheet"`
}

// SheetLot is one lot, or serial number, of a row.
type SheetLot struct {
	Lot      ledger.LotID `json:"lot"`
	Expiry   string       `json:"expiry,omitempty" jsonschema:"the last day on which it may be sold"`
	Expected ledger.Qty   `json:"expected"`
}

// CountSheet is a page of what is to be counted.
type CountSheet struct {
	At         string     `json:"at" jsonschema:"EPOCH.SEQ: the position that goes back with what is counted now"`
	Rows       []SheetRow `json:"rows"`
	NextCursor string     `json:"next_cursor,omitempty"`
}

// Ledger checks the count and gives it to the ledger, without a key and without a tolerance.
func (r *CountRequest) Ledger() (*ledger.Count, error) {
	for _, t := range []struct{ field, text string }{{"reason", r.Reason}, {"counted_by", r.CountedBy}, {"recounted_by", r.RecountedBy}, {"approver", r.Approver}} {
		if err := CheckText(t.field, t.text, textMax); err != nil {
			return nil, err
		}
	}
	if n := len(r.Lines); n == 0 || n > ledger.LinesMax {
		return nil, &ledger.FormError{Field: "lines", Why: fmt.Sprintf("has %d lines; a count has 1 to %d", n, ledger.LinesMax)}
	}
	out := &ledger.Count{Reason: r.Reason, Approver: r.Approver, By: r.CountedBy, Recounted: r.RecountedBy, NewBins: r.NewBins, NewLots: r.NewLots, Preview: r.Preview,
		Lines: make([]ledger.CountedLine, 0, len(r.Lines))}
	if out.Reason == "" {
		out.Reason = ledger.CountReason
	}
	var err error
	if out.Epoch, out.At, err = ReadPosition("at", r.At); err != nil {
		return nil, err
	}
	if r.At != "" && out.At == 0 {
		return nil, &ledger.FormError{Field: "at", Why: "is before the first entry: no bin held anything then"}
	}
	at := map[[2]string]int{}
	for i := range r.Lines {
		l, err := r.Lines[i].ledger()
		if err != nil {
			return nil, atLine(err, i)
		}
		key := [2]string{string(l.SKU), string(l.Bin)}
		if first, again := at[key]; again && len(l.Lots)+len(out.Lines[first].Lots) > 0 { // each label is a scan of its own
			out.Lines[first].Add(&l)
			continue
		}
		at[key] = len(out.Lines)
		out.Lines = append(out.Lines, l)
	}
	return out, nil
}

// ledger checks the form of a line and gives it to the ledger.
func (l *CountLine) ledger() (out ledger.CountedLine, err error) {
	if out.SKU, err = ledger.ParseSKU(l.SKU); err != nil {
		return out, err
	}
	if out.Bin, err = ledger.ParseBin(l.Bin); err != nil {
		return out, err
	}
	if l.Counted == nil {
		return out, &ledger.FormError{Field: "counted", Why: "is missing: an empty bin is counted as 0"}
	}
	out.Counted, out.Pack = *l.Counted, l.told
	for _, n := range l.lots {
		out.Lots = append(out.Lots, ledger.CountedLot{Lot: n.Lot, Expiry: n.Expiry, Serial: n.Serial, Counted: n.Qty})
	}
	return out, nil
}

// Place is a place in a journal for people and programs, EPOCH.SEQ.
func Place(epoch ledger.Epoch, seq ledger.Seq) string { return fmt.Sprintf("%d.%d", epoch, seq) }

// RenderCount gives the answer that an entry is, or would be. ok is false where it is of no count.
func RenderCount(e *ledger.Entry) (out Count, ok bool) {
	var c *ledger.CountBody
	var lines []ledger.AdjustLine
	var displaced []ledger.Displaced
	epoch := e.Epoch
	switch b := e.Body.(type) {
	case *ledger.AdjustedBody:
		c, lines, displaced = b.Count, b.Lines, b.Displaced
		out.Reason = b.Reason
	case *ledger.LateBody:
		c, lines, displaced, epoch = b.Count, b.Lines, b.Displaced, b.Origin.Epoch
		out.Reason = b.Reason
	}
	if c == nil {
		return out, false
	}
	out.Seq, out.At, out.Lots = uint64(e.Seq), Place(epoch, c.At), renderAdjusted(e.Lots)
	out.Lines, out.Displaced, out.Postings = make([]CountedLine, len(c.Lines)), make([]Displaced, len(displaced)), make([]Posting, len(e.Postings))
	for i := range c.Lines {
		l := &c.Lines[i]
		out.Lines[i] = CountedLine{SKU: l.SKU, Bin: l.Bin, Counted: l.Counted, Expected: l.Expected, Variance: l.Variance(), Moved: l.Moved, Pack: renderPacked(l.Pack), Lots: renderCounted(l.Lots)}
		if len(lines) > 0 && lines[0].SKU == l.SKU && lines[0].Bin == l.Bin { // those that differ, in their order
			out.Lines[i].Shortfall = lines[0].Short
			lines = lines[1:]
		}
	}
	for _, a := range c.Against {
		if i := a.Line - 1; i >= 0 && i < len(out.Lines) {
			out.Lines[i].Recount = true
		}
	}
	for i, d := range displaced {
		out.Displaced[i] = Displaced{Order: d.Order, Owner: d.Owner, Line: d.Line, SKU: d.SKU, Qty: d.Qty}
	}
	for i, p := range e.Postings {
		out.Postings[i] = Posting{SKU: p.SKU, Account: p.Account.String(), Qty: p.Qty}
	}
	return out, true
}

// RenderSheetLots says which lots lie in a row's bin.
func RenderSheetLots(spots []ledger.LotSpot) (out []SheetLot) {
	for _, t := range spots {
		out = append(out, SheetLot{Lot: t.Lot, Expiry: t.Expiry.String(), Expected: t.Qty})
	}
	return out
}

func renderCounted(lots []ledger.CountedLot) (out []LotCounted) {
	for i := range lots {
		t := &lots[i]
		out = append(out, LotCounted{Lot: t.Lot, Serial: t.Serial, Expiry: t.Expiry.String(), Counted: t.Counted, Expected: t.Expected, Variance: t.Variance(), Moved: t.Moved})
	}
	return out
}

// fromCount says why a count was refused, and of which lines.
func fromCount(no *ledger.CountError) *Problem {
	c := no.Body
	code, detail := CodeRecountNeeded, fmt.Sprintf("%d of %d lines differ from the book by more than the tolerance. Nothing was changed.", len(c.Against), len(c.Lines))
	if c.Refusal == ledger.RefusedOutdated {
		code = CodeCountOutdated
		detail = againstWords(no)
		if more := len(c.Against) - 1; more > 0 {
			detail += fmt.Sprintf(" The same holds for %d more.", more)
		}
		detail += " Nothing was changed."
	}
	p := New(code, detail)
	for _, a := range c.Against {
		l := &c.Lines[a.Line-1]
		out := CountAgainst{Line: a.Line, SKU: l.SKU, Bin: l.Bin, Counted: l.Counted}
		if a.Seq > 0 {
			out.Newer = &CountNewer{Seq: uint64(a.Seq)}
		}
		if a.At > 0 {
			out.Newer.At, out.Newer.Counted = Place(no.Epoch, a.At), &a.Counted
		}
		p.Counts = append(p.Counts, out)
	}
	return p
}

// againstWords says what is newer than the first line that a count is refused for.
func againstWords(no *ledger.CountError) string {
	a := &no.Body.Against[0]
	l := &no.Body.Lines[a.Line-1]
	where := fmt.Sprintf("%s in %s was counted at %s", l.SKU, l.Bin, Place(no.Epoch, no.Body.At))
	switch {
	case a.At > 0:
		return fmt.Sprintf("%s: %d. It was counted again at %s: %d.", where, l.Counted, Place(no.Epoch, a.At), a.Counted)
	case l.Counted+l.Moved < 0:
		return fmt.Sprintf("%s: %d. Since then %d have left the bin, more than was counted.", where, l.Counted, -l.Moved)
	default:
		return fmt.Sprintf("%s: %d. Since then somebody has looked there and said something else, in entry %d: an adjustment, a short pick, or a fact told late.", where, l.Counted, a.Seq)
	}
}
