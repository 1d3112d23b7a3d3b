package grid

import "iter"

// SortedInParts is Sorted with another bound than refsMax, of which a test would have to be very large.
func (f *Frozen) SortedInParts(rows int) iter.Seq2[Key, []byte] { return f.sorted(rows) }
