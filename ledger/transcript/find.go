package transcript

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/holdfast-stock/holdfast/ledger"
)

// ErrNoEntry says that a file has no such entry.
var ErrNoEntry = errors.New("the journal has no such entry")

// Find gives the frame that holds an entry, and which it is: entry seq, or where seq is 0 the first one, or the last
// one, that bears a reference: its own, or that of goods which it moves, as the name of a delivery. Whether the file is sound, Check says.
func Find(from io.Reader, seq ledger.Seq, ref string, last bool) (*ledger.Frame, ledger.Seq, error) {
	s, err := newStream(from)
	if err != nil {
		return nil, 0, err
	}
	var frame *ledger.Frame
	var at ledger.Seq
	for {
		it, ok, err := s.next()
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			break
		}
		here := it.f.First + ledger.Seq(it.i)
		found := here == seq
		if seq == 0 {
			found = it.names(ref)
		}
		if found {
			if frame, at = it.f, here; !last || seq != 0 {
				break
			}
		}
	}
	switch {
	case frame != nil:
		return frame, at, nil
	case seq != 0:
		return nil, 0, fmt.Errorf("%w: %d", ErrNoEntry, seq)
	}
	return nil, 0, fmt.Errorf("%w: of %q", ErrNoEntry, ref)
}

// names says whether an entry bears a reference.
func (it *item) names(ref string) bool {
	return it.entry != nil && (it.entry.Ref == ref || slices.ContainsFunc(it.entry.Postings, func(p ledger.Posting) bool { return p.Account.Ref == ref }))
}
