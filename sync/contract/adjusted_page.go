package contract

import (
	"github.com/holdfast-stock/holdfast/ledger"
)

// An AdjustedJournal is a site's journal as a list of what was adjusted goes through it: the entries behind after, of which it gives those that say
// something, until see says false. next is the entry behind which to go on, 0 at the end.
type AdjustedJournal func(after ledger.Seq, see func(*ledger.Entry, *ledger.AdjustedBody) bool) (next ledger.Seq, err error)

// ReasonSums adds up a page of a site's journal by reason. next is 0 where there is no more of the time that is asked for.
func (q *AdjustedQuery) ReasonSums(each AdjustedJournal, sums ledger.ReasonSums) (next ledger.Seq, err error) {
	over := false
	next, err = each(q.After, func(e *ledger.Entry, b *ledger.AdjustedBody) bool {
		if q.In(e.At) {
			sums.Add(b, q.SKU)
		}
		over = ledger.Beyond(e.At, q.Until)
		return !over
	})
	if over {
		next = 0
	}
	return next, err
}

// Counts lists the counts of a page of a site's journal, and adds their differences by lot to out's. next is as of ReasonSums.
func (q *AdjustedQuery) Counts(site ledger.SiteID, each AdjustedJournal, out *CountList) (next ledger.Seq, err error) {
	over, full, lines := false, ledger.Seq(0), 0
	next, err = each(q.After, func(e *ledger.Entry, b *ledger.AdjustedBody) bool {
		if row, ok := q.Count(site, e, b); ok && q.In(e.At) {
			out.Counts = append(out.Counts, row)
			out.AddLots(row.Variances())
			for i := range row.Lines {
				lines += 1 + len(row.Lines[i].Lots)
			}
			if len(out.Counts) >= CountsMax || lines >= CountLinesMax {
				full = e.Seq
			}
		}
		over = ledger.Beyond(e.At, q.Until)
		return !over && full == 0
	})
	switch {
	case over:
		next = 0
	case full > 0:
		next = full
	}
	return next, err
}
