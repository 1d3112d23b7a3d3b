package contract

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ReasonDay is what was done with goods on one day, in one act, for one reason.
type ReasonDay struct {
	Day     string     `json:"day" jsonschema:"where the site is"`
	Act     string     `json:"act" jsonschema:"adjustment, count, return, inspection, short_pick or undelivered"`
	Reason  string     `json:"reason" jsonschema:"empty: nobody gave one"`
	Text    string     `json:"text,omitempty" jsonschema:"of a reason that is set"`
	Did     string     `json:"did" jsonschema:"what became of the units: found, gone, blocked, came_back, restocked, scrapped, handed_back, not_found or undelivered"`
	Entries int        `json:"entries"`
	Lines   int        `json:"lines"`
	Qty     ledger.Qty `json:"qty"`
}

// daysAtOnce is how many rows at least are gathered before those of one thing are made one.
const daysAtOnce = 4096

func (d *ReasonDay) compare(o *ReasonDay) int {
	return cmp.Or(strings.Compare(d.Day, o.Day), strings.Compare(d.Act, o.Act), strings.Compare(d.Reason, o.Reason), strings.Compare(d.Did, o.Did))
}

// AddDays takes in rows of another page, or of another entry.
func (f *ReasonFigures) AddDays(more []ReasonDay) {
	f.Days = append(f.Days, more...)
	f.sumDays()
}

// sumDays makes one row of those that tell of the same.
func (f *ReasonFigures) sumDays() {
	slices.SortStableFunc(f.Days, func(a, b ReasonDay) int { return a.compare(&b) })
	kept := f.Days[:0]
	for i := range f.Days {
		v := &f.Days[i]
		if n := len(kept); n > 0 && kept[n-1].compare(v) == 0 {
			r := &kept[n-1]
			r.Entries, r.Lines, r.Qty = r.Entries+v.Entries, r.Lines+v.Lines, r.Qty+v.Qty
			continue
		}
		kept = append(kept, *v)
	}
	f.Days = kept
}

// A ReasonedJournal is a site's journal as a list of reasons goes through it, as an AdjustedJournal: of all entries that may say one.
type ReasonedJournal func(after ledger.Seq, see func(*ledger.Entry) bool) (next ledger.Seq, err error)

// ReasonDays adds up a page of a site's journal by day, act and reason. at is where the site's days begin. next is 0 where there is no more of the time
// that is asked for.
func (q *AdjustedQuery) ReasonDays(each ReasonedJournal, at *time.Location, set []ledger.Reason, out *ReasonFigures) (next ledger.Seq, err error) {
	over, most := false, daysAtOnce
	next, err = each(q.After, func(e *ledger.Entry) bool {
		if q.In(e.At) {
			var of ReasonFigures // of this entry: each row counts it once
			e.Reasoned(func(l ledger.ReasonLine) {
				if q.SKU != "" && l.SKU != q.SKU {
					return
				}
				row := ReasonDay{Day: e.At.In(at).Format(time.DateOnly), Act: l.Act.String(), Reason: l.Reason, Did: l.Did, Lines: 1, Qty: l.Qty}
				if i, ok := ledger.FindReason(set, l.Reason); ok {
					row.Text = set[i].Text
				}
				of.Days = append(of.Days, row)
			})
			of.sumDays()
			for i := range of.Days {
				of.Days[i].Entries = 1
			}
			out.Days = append(out.Days, of.Days...)
			if len(out.Days) >= most {
				out.sumDays()
				most = 2 * max(len(out.Days), daysAtOnce)
			}
		}
		over = ledger.Beyond(e.At, q.Until)
		return !over
	})
	out.sumDays()
	if over {
		next = 0
	}
	return next, err
}
