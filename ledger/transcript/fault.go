package transcript

import (
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// How an entry is at fault.
const (
	Changed   = "changed"    // it is not what was written
	Removed   = "removed"    // it is not there
	Inserted  = "inserted"   // it is there, and is not the journal's
	Reordered = "reordered"  // it does not stand in its place
	Truncated = "truncated"  // it is missing, with all that come behind it
	Damaged   = "damaged"    // it cannot be read, or something around it is not what was written
	Unlawful  = "unlawful"   // it is as it was written, and breaks the ledger's law
	Unsigned  = "not_signed" // what was signed is of another site, or of entries that the file does not have
)

// A Fault names one entry that is not as it was written, or several in a row.
type Fault struct {
	Fault string     `json:"fault"`
	First ledger.Seq `json:"seq"`      // 0: the file's head or end
	Last  ledger.Seq `json:"last_seq"` // of several in a row; else First
	Kind  string     `json:"kind,omitempty"`
	What  string     `json:"differs"`
}

// String is the fault in words.
func (f *Fault) String() string {
	where := "the file"
	switch {
	case f.First > 0 && f.Last > f.First:
		where = fmt.Sprintf("entries %d to %d", f.First, f.Last)
	case f.First > 0:
		where = fmt.Sprintf("entry %d", f.First)
	}
	if f.Kind != "" {
		where += " (" + f.Kind + ")"
	}
	return where + " " + f.Fault + ": " + f.What
}

// faultsMax bounds those that are named. More are counted.
const faultsMax = 100

// add names a fault, as one with that before where both say the same of neighbours.
func (r *Report) add(f Fault) {
	f.Last = max(f.First, f.Last)
	r.Found++
	if n := len(r.Faults); n > 0 {
		if p := &r.Faults[n-1]; p.Fault == f.Fault && p.What == f.What && f.First > 0 && p.Last+1 == f.First {
			p.Last = f.Last
			if p.Kind != f.Kind {
				p.Kind = ""
			}
			return
		}
	}
	if len(r.Faults) < faultsMax {
		r.Faults = append(r.Faults, f)
	}
}
