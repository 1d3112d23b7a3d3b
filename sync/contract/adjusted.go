package contract

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

// ReasonFigure is what was adjusted for one reason, by hand and by counts.
type ReasonFigure struct {
	Reason       string     `json:"reason"`
	Text         string     `json:"text,omitempty" jsonschema:"of a reason that is set"`
	Entries      int        `json:"entries" jsonschema:"adjustments and counts"`
	Lines        int        `json:"lines"`
	FoundQty     ledger.Qty `json:"found_qty"`
	GoneQty      ledger.Qty `json:"gone_qty"`
	BlockedQty   ledger.Qty `json:"blocked_qty" jsonschema:"of what was fit to be sold and stays in its bin, blocked; not in gone_qty"`
	ShortfallQty ledger.Qty `json:"shortfall_qty" jsonschema:"of what is gone or blocked: claimed by somebody"`
	Cost         int64      `json:"cost" jsonschema:"found less gone, at what the articles cost now, in minor units of currency; rounded by article"`
	UncostedQty  ledger.Qty `json:"uncosted_qty,omitempty" jsonschema:"found and gone, of articles of which nobody has said what they cost: not in cost"`
}

// ReasonFigures is what was adjusted in a time, by reason. A page is of so many entries of the journal; pages are added up.
type ReasonFigures struct {
	Currency   string         `json:"currency,omitempty"`
	Reasons    []ReasonFigure `json:"reasons" jsonschema:"of by=day: none"`
	Days       []ReasonDay    `json:"days,omitempty" jsonschema:"of by=day: what was done with goods each day, in each act, for each reason"`
	TrimmedSeq uint64         `json:"trimmed_seq,omitempty" jsonschema:"at a site: entries up to it are not here any more; head office has them"`
	NextCursor string         `json:"next_cursor,omitempty"`
}

// Add takes in the figures of another page.
func (f *ReasonFigures) Add(o *ReasonFigures) {
	f.AddDays(o.Days)
	for _, v := range o.Reasons {
		at, had := slices.BinarySearchFunc(f.Reasons, v.Reason, func(r ReasonFigure, reason string) int { return strings.Compare(r.Reason, reason) })
		if !had {
			f.Reasons = slices.Insert(f.Reasons, at, v)
			continue
		}
		r := &f.Reasons[at]
		r.Entries, r.Lines, r.Cost = r.Entries+v.Entries, r.Lines+v.Lines, r.Cost+v.Cost
		for _, q := range [...]struct {
			to *ledger.Qty
			by ledger.Qty
		}{{&r.FoundQty, v.FoundQty}, {&r.GoneQty, v.GoneQty}, {&r.BlockedQty, v.BlockedQty}, {&r.ShortfallQty, v.ShortfallQty}, {&r.UncostedQty, v.UncostedQty}} {
			*q.to += q.by
		}
	}
}

// RenderReasonSums answers with sums. cost gives what an article costs now.
func RenderReasonSums(sums ledger.ReasonSums, set []ledger.Reason, cost func(ledger.SKU) ledger.Price) []ReasonFigure {
	out := make([]ReasonFigure, 0, len(sums))
	for reason, s := range sums {
		v := ReasonFigure{Reason: reason, Entries: s.Entries, Lines: s.Lines, FoundQty: s.Found, GoneQty: s.Gone, BlockedQty: s.Blocked, ShortfallQty: s.Short}
		if at, ok := ledger.FindReason(set, reason); ok {
			v.Text = set[at].Text
		}
		for sku, net := range s.Net {
			p := cost(sku)
			amount, err := pricing.Total(p.Amount, p.Per, int64(max(net, -net)))
			if p == (ledger.Price{}) || err != nil {
				v.UncostedQty += max(net, -net)
			} else if v.Cost += amount; net < 0 {
				v.Cost -= 2 * amount
			}
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b ReasonFigure) int { return strings.Compare(a.Reason, b.Reason) })
	return out
}

// CountRow is a count that was booked.
type CountRow struct {
	Site        ledger.SiteID `json:"site"`
	Seq         uint64        `json:"seq"`
	Time        string        `json:"time"`
	At          string        `json:"at" jsonschema:"EPOCH.SEQ: the position that was counted at"`
	Reason      string        `json:"reason"`
	CountedBy   string        `json:"counted_by"`
	RecountedBy string        `json:"recounted_by,omitempty"`
	Lines       []CountedRow  `json:"lines" jsonschema:"as asked for: those of one SKU, those that differ"`
	Same        int           `json:"same" jsonschema:"lines that were counted as the book had them, and are left out"`
}

// CountedRow is what a count found of one SKU in one bin.
type CountedRow struct {
	SKU      ledger.SKU   `json:"sku"`
	Bin      ledger.Bin   `json:"bin"`
	Counted  ledger.Qty   `json:"counted"`
	Variance ledger.Qty   `json:"variance"`
	Lots     []LotCounted `json:"lots,omitempty" jsonschema:"where it was counted by lot: those that differ; of one lot that is asked for, that one"`
}

// LotVariance is by how much counts differed of one lot, or serial number, in all.
type LotVariance struct {
	SKU    ledger.SKU   `json:"sku"`
	Lot    ledger.LotID `json:"lot"`
	Counts int          `json:"counts" jsonschema:"lines of counts that named it and differed"`
	Found  ledger.Qty   `json:"found"`
	Gone   ledger.Qty   `json:"gone"`
}

// CountList is the counts of a time, in the order of the journal, and what they found of lots.
type CountList struct {
	Counts     []CountRow    `json:"counts"`
	Lots       []LotVariance `json:"lots" jsonschema:"the differences by lot of these counts, by SKU and lot"`
	TrimmedSeq uint64        `json:"trimmed_seq,omitempty" jsonschema:"at a site: entries up to it are not here any more; head office has them"`
	NextCursor string        `json:"next_cursor,omitempty"`
}

// AddLots takes in what another page found of lots.
func (l *CountList) AddLots(more []LotVariance) {
	for _, v := range more {
		at, had := slices.BinarySearchFunc(l.Lots, v, func(a, b LotVariance) int {
			return strings.Compare(string(a.SKU)+"\x00"+string(a.Lot), string(b.SKU)+"\x00"+string(b.Lot))
		})
		if !had {
			l.Lots = slices.Insert(l.Lots, at, v)
			continue
		}
		t := &l.Lots[at]
		t.Counts, t.Found, t.Gone = t.Counts+v.Counts, t.Found+v.Found, t.Gone+v.Gone
	}
}

// CountsMax bounds the counts of a page, CountLinesMax their lines.
const (
	CountsMax     = 500
	CountLinesMax = 20_000
)

// AdjustedQuery is which adjustments are asked for.
type AdjustedQuery struct {
	Since, Until time.Time // the zero time: no bound. Until itself is not in it
	SKU          ledger.SKU
	Lot          ledger.LotID  // of counts
	Same         bool          // of counts: lines that do not differ, too
	ByDay        bool          // of reasons: by day and act
	Site         ledger.SiteID // whose journal the page is of, by its cursor; "" of the first
	After        ledger.Seq    // behind which entry of it the page begins; 0 at its beginning, or at since
}

// AdjustedParams are the names of the parameters that ReadAdjusted reads.
func AdjustedParams() []string {
	return []string{"since", "until", "sku", "lot", "same", "by", "site", "cursor"}
}

// ReadAdjusted reads which adjustments are asked for.
func ReadAdjusted(q url.Values) (out AdjustedQuery, err error) {
	if out.Since, err = Since("since", q.Get("since")); err != nil {
		return out, err
	}
	if out.Until, err = Since("until", q.Get("until")); err != nil {
		return out, err
	}
	if !out.Until.IsZero() && !out.Until.After(out.Since) {
		return out, &ledger.FormError{Field: "until", Why: "is not after since"}
	}
	if text := q.Get("sku"); text != "" {
		if out.SKU, err = ledger.ParseSKU(text); err != nil {
			return out, err
		}
	}
	if text := q.Get("lot"); text != "" {
		if out.Lot, err = ledger.ParseLot(text); err != nil {
			return out, err
		}
		if out.SKU == "" {
			return out, &ledger.FormError{Field: "lot", Why: "goes with the SKU that it is of"}
		}
	}
	if out.Same, err = ReadFlag("same", q.Get("same")); err != nil {
		return out, err
	}
	if by := q.Get("by"); by != "" && by != "day" {
		return out, &ledger.FormError{Field: "by", Why: "is not day; left out, all days are added up"}
	}
	out.ByDay = q.Get("by") == "day"
	page, err := ReadPage(url.Values{"cursor": q["cursor"]})
	if err != nil || page.After == "" {
		return out, err
	}
	site, place, _ := strings.Cut(page.After, " ")
	first, err := strconv.ParseUint(place, 10, 63)
	if err != nil || first == 0 {
		return out, &ledger.FormError{Field: "cursor", Why: "is not one that such a list gave"}
	}
	out.Site, out.After = ledger.SiteID(site), ledger.Seq(first-1)
	return out, nil
}

// AdjustedCursor is the cursor of a page that goes on behind an entry of a site.
func AdjustedCursor(site ledger.SiteID, after ledger.Seq) string {
	return Cursor(fmt.Sprintf("%s %d", site, after+1))
}

// In says whether an entry's moment is in the time that is asked for.
func (q *AdjustedQuery) In(at time.Time) bool {
	return !at.Before(q.Since) && (q.Until.IsZero() || at.Before(q.Until))
}

// Count gives the count of an entry as it is asked for; ok is false where the entry is of none, or of none of what is asked for.
func (q *AdjustedQuery) Count(site ledger.SiteID, e *ledger.Entry, b *ledger.AdjustedBody) (out CountRow, ok bool) {
	c := b.Count
	if c == nil {
		return out, false
	}
	epoch := e.Epoch
	if late, is := e.Body.(*ledger.LateBody); is {
		epoch = late.Origin.Epoch
	}
	out = CountRow{Site: site, Seq: uint64(e.Seq), Time: Moment(e.At), At: Place(epoch, c.At), Reason: b.Reason, CountedBy: c.By, RecountedBy: c.Recounted, Lines: []CountedRow{}}
	if out.CountedBy == "" {
		out.CountedBy = e.Actor
	}
	for i := range c.Lines {
		l := &c.Lines[i]
		if q.SKU != "" && l.SKU != q.SKU {
			continue
		}
		row := CountedRow{SKU: l.SKU, Bin: l.Bin, Counted: l.Counted, Variance: l.Variance(), Lots: renderCounted(l.Lots)}
		row.Lots = slices.DeleteFunc(row.Lots, func(t LotCounted) bool {
			return q.Lot != "" && t.Lot != q.Lot || q.Lot == "" && t.Variance == 0 && !q.Same
		})
		if q.Lot != "" && len(row.Lots) == 0 {
			continue
		}
		ok = true
		if row.Variance == 0 && !q.Same && !slices.ContainsFunc(row.Lots, func(t LotCounted) bool { return t.Variance != 0 }) {
			out.Same++
			continue
		}
		out.Lines = append(out.Lines, row)
	}
	return out, ok
}

// Variances adds up what a count found of lots.
func (r *CountRow) Variances() (out []LotVariance) {
	for i := range r.Lines {
		for _, t := range r.Lines[i].Lots {
			if t.Variance != 0 {
				out = append(out, LotVariance{SKU: r.Lines[i].SKU, Lot: t.Lot, Counts: 1, Found: max(t.Variance, 0), Gone: max(-t.Variance, 0)})
			}
		}
	}
	return out
}
