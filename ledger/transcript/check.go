package transcript

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A Report is what Check found.
type Report struct {
	Header Header
	Head   ledger.Head // the last entry
	Faults []Fault     // in the order in which they stand; none: the file is what was written
	Found  int         // faults in all, named or not
	Pinned int         // signed heads that the journal passes through
	Signed ledger.Seq  // the last entry that one of them is of: what stands behind it nobody has signed; 0: none
	Folded bool        // every balance and claim was worked out anew; not so of a file that does not begin at entry 1
	Law    ledger.AuditReport
}

// Check reads a file to its end and names what is not as it was written. pins are heads that somebody has signed: the
// journal has to pass through each of its site's. tick, where not nil, is told the bytes that were read. The error is one
// of reading; faults are in the report.
func Check(from io.Reader, pins []ledger.Head, tick func(bytes int64)) (Report, error) {
	r, err := NewReader(from)
	if err != nil {
		return Report{}, err
	}
	c := &checker{r: r, report: Report{Header: r.Header()}, lawful: r.header.First == 1, auditor: ledger.NewAuditor(r.header.Site)}
	c.report.Folded = c.lawful
	if c.at, err = r.header.start(); err != nil {
		return Report{}, err
	}
	c.pin(pins)
	next, err := r.Next()
	for err == nil {
		raw := next
		if next, err = r.Next(); err != nil {
			next = nil
		}
		c.frame(raw, next)
		if tick != nil {
			tick(r.Bytes())
		}
	}
	if err != io.EOF && !errors.Is(err, ErrCut) && !errors.Is(err, errShape) {
		return c.report, fmt.Errorf("read export: %w", err)
	}
	c.end(err)
	c.report.Head = ledger.Head{Site: r.header.Site, Position: c.at}
	if c.lawful {
		c.report.Law = c.auditor.Report()
	}
	c.report.Folded = c.report.Folded && c.lawful
	return c.report, nil
}

// A checker has come to at.
type checker struct {
	r       *Reader
	report  Report
	at      ledger.Position
	before  ledger.Hash     // of the entry before at
	loose   bool            // what at follows from was named already: whether the next entry follows from it says nothing
	missing []Fault         // gaps that nothing has filled so far; at most openMax
	early   []item          // that stood before their place; at most openMax
	broken  string          // why what stands behind at cannot be read; "" where it can
	pins    []ledger.Head   // of the site, ascending; those that were passed are gone
	last    ledger.Seq      // the last pin that the journal passes through
	auditor *ledger.Auditor // folds while lawful
	lawful  bool            // nothing was at fault so far
}

// openMax bounds what of a file is kept until something behind it says what it was. A file of which more is out of its place is at fault
// whatever comes, so its check takes no more time for each entry, nor memory, than openMax of them.
const openMax = faultsMax

// pin takes the heads of the site that lie in the file.
func (c *checker) pin(pins []ledger.Head) {
	c.last = c.r.header.First - 1
	for _, p := range pins {
		switch {
		case p.Site != c.r.header.Site:
		case p.Seq < c.r.header.First:
			c.report.add(Fault{Fault: Unsigned, First: p.Seq, What: fmt.Sprintf("a head was signed there, and the file begins at entry %d only", c.r.header.First)})
		default:
			c.pins = append(c.pins, p)
		}
	}
	slices.SortStableFunc(c.pins, func(a, b ledger.Head) int { return cmp.Compare(a.Seq, b.Seq) })
}

// to goes on by one entry and holds it against what was signed.
func (c *checker) to(at ledger.Position) {
	c.before, c.at = c.at.Hash, at
	for len(c.pins) > 0 && c.pins[0].Seq <= at.Seq {
		p := c.pins[0]
		c.pins = c.pins[1:]
		switch {
		case p.Position == at:
			c.report.Pinned++
			c.report.Signed = p.Seq
			c.last = p.Seq
		case p.Seq == at.Seq:
			c.report.add(Fault{Fault: Changed, First: c.last + 1, Last: p.Seq,
				What: fmt.Sprintf("head office has signed entry %d as %s, and here it is %s/%d/%d/%s: from the first of them on, one or more are not what was signed", p.Seq, p, p.Site, at.Epoch, at.Seq, at.Hash)})
		}
	}
}

// end judges what is said at the end, and what was not found until there. why is what reading ended with.
func (c *checker) end(why error) {
	end := c.r.end
	for c.caught(c.at.Seq + 1) {
	}
	for i := range c.early {
		c.report.add(stray(&c.early[i]))
	}
	if c.broken != "" {
		last := c.at.Seq + 1
		if end != nil {
			last = max(last, end.Seq)
		}
		c.report.add(Fault{Fault: Damaged, First: c.at.Seq + 1, Last: last, What: c.broken})
		c.at.Seq = last
	}
	for _, m := range c.missing {
		c.report.add(m)
	}
	switch {
	case errors.Is(why, ErrCut):
		c.report.add(Fault{Fault: Truncated, First: c.at.Seq + 1, What: "the file ends before its end"})
	case why != io.EOF:
		c.report.add(Fault{Fault: Damaged, First: c.at.Seq + 1, What: why.Error()})
	case end.Seq > c.at.Seq:
		c.report.add(Fault{Fault: Truncated, First: c.at.Seq + 1, Last: end.Seq, What: fmt.Sprintf("the file says that it ends with entry %d", end.Seq)})
	case end.Seq < c.at.Seq:
		c.report.add(Fault{Fault: Inserted, First: end.Seq + 1, Last: c.at.Seq, What: fmt.Sprintf("the file says that it ends with entry %d", end.Seq)})
	case c.report.Found == 0 && (end.Position != c.at || end.Site != c.r.header.Site):
		c.report.add(Fault{Fault: Damaged, What: fmt.Sprintf("it says that it ends as %s, and ends as %s", end, ledger.Head{Site: c.r.header.Site, Position: c.at})})
	case c.report.Found == 0 && !c.r.sound:
		c.report.add(Fault{Fault: Damaged, What: "its bytes are not those that the digest at its end is of, and its entries are: its header was changed, or its end"})
	}
	for _, p := range c.pins {
		c.report.add(Fault{Fault: Truncated, First: c.at.Seq + 1, Last: p.Seq, What: fmt.Sprintf("head office has signed entry %d; what is behind the file's end was cut off, or it was exported before these heads: a new export tells", p.Seq)})
	}
	slices.SortStableFunc(c.report.Faults, func(a, b Fault) int { return cmp.Compare(a.First, b.First) })
}
