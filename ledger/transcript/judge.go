package transcript

import (
	"bytes"
	"fmt"

	"github.com/holdfast-stock/holdfast/ledger"
)

// frame judges the next frame; next is the one behind it, nil where there is none.
func (c *checker) frame(raw, next []byte) {
	f, err := ledger.DecodeFrame(raw)
	canonical := err == nil && bytes.Equal(ledger.EncodeFrame(f), raw)
	var why error
	if c.lawful {
		if why = c.auditor.Frame(raw); why == nil && canonical {
			for i := range f.Entries {
				c.to(ledger.Position{Epoch: f.Epoch, Seq: f.First + ledger.Seq(i), Hash: f.Hashes[i]})
			}
			return
		}
		c.lawful = false
	}
	switch {
	case err != nil:
		c.broken = err.Error()
		return
	case f.Site != c.r.header.Site:
		c.broken = fmt.Sprintf("what stands there is of site %s", f.Site)
		return
	}
	found := c.report.Found + len(c.missing) + len(c.early)
	for i := range f.Entries {
		c.item(read(f, i), follower(f, i, next))
	}
	if c.report.Found+len(c.missing)+len(c.early) > found {
		return
	}
	if !canonical {
		c.report.add(Fault{Fault: Damaged, First: f.First, Last: f.End().Seq, What: "what holds them is not written as a journal is"})
	} else if at := c.auditor.State.Seq + 1; why != nil && at >= f.First && at <= f.End().Seq {
		c.report.add(Fault{Fault: Unlawful, First: at, Kind: read(f, int(at-f.First)).kind, What: why.Error()})
	}
}

// An item is one entry as it stands in a frame.
type item struct {
	f      *ledger.Frame // nil: there is none
	i      int
	epoch  ledger.Epoch
	says   ledger.Seq    // which entry it calls itself; where it cannot be read: which one the frame says
	kind   string        // "" where it cannot be read
	entry  *ledger.Entry // nil where it cannot be read
	broken error         // why it cannot be read
}

func read(f *ledger.Frame, i int) item {
	it := item{f: f, i: i, epoch: f.Epoch, says: f.First + ledger.Seq(i)}
	e, err := ledger.UnmarshalEntry(f.Entries[i])
	if err != nil {
		it.broken = err
		return it
	}
	it.epoch, it.says, it.kind, it.entry = e.Epoch, e.Seq, e.Kind.String(), e
	return it
}

// follower is the item behind item i of f, perhaps the first of the next frame.
func follower(f *ledger.Frame, i int, next []byte) item {
	if i+1 < len(f.Entries) {
		return read(f, i+1)
	}
	if n, err := ledger.DecodeFrame(next); err == nil && n.Site == f.Site {
		return read(n, 0)
	}
	return item{}
}

func (it *item) hash() ledger.Hash { return it.f.Hashes[it.i] }

// chained is the item's hash where it stands as entry seq behind that hash.
func (it *item) chained(before ledger.Hash, seq ledger.Seq) ledger.Hash {
	return ledger.Chain(before, it.f.Site, it.epoch, seq, it.f.Entries[it.i])
}

// follows says whether the item is entry seq, behind an entry with that hash.
func (it *item) follows(before ledger.Hash, seq ledger.Seq) bool {
	return it.f != nil && it.chained(before, seq) == it.hash()
}

// item judges the next item; next is the one behind it. That something was done to the one before is told from what was
// done to this one by what the next follows from.
func (c *checker) item(it, next item) {
	want := c.at.Seq + 1
	if c.broken != "" {
		if it.says > want {
			c.report.add(Fault{Fault: Damaged, First: want, Last: it.says - 1, What: c.broken})
			c.at = ledger.Position{Seq: it.says - 1, Hash: it.f.Before}
			c.loose, want = it.i > 0, it.says
		} else {
			c.report.add(Fault{Fault: Inserted, First: want, What: "something stands before it: " + c.broken})
		}
		c.broken = ""
	}
	here := ledger.Position{Epoch: it.epoch, Seq: want, Hash: it.hash()}
	changed := func(what string) { c.report.add(Fault{Fault: Changed, First: want, Kind: it.kind, What: what}) }
	switch {
	case it.says == want && it.follows(c.at.Hash, want):
		if it.f.Epoch != it.epoch || it.i == 0 && (it.f.First != want || it.f.Before != c.at.Hash) {
			c.report.add(Fault{Fault: Damaged, First: want, Kind: it.kind, What: "it is as it was written; what holds it says that it is another one, or follows from another one"})
		}
	case c.confirmed(it.hash(), want, next):
		if it.broken != nil {
			changed("it cannot be read: " + it.broken.Error())
		} else if !c.loose || it.says != want {
			changed("its bytes are not those that its hash is of, and the next entry follows from that hash")
		}
	case it.broken != nil:
		changed("it cannot be read: " + it.broken.Error())
	case it.says > want && next.f != nil && next.says == want && next.follows(c.at.Hash, want):
		if len(c.early) < openMax {
			c.early = append(c.early, it)
		} else {
			c.report.add(stray(&it))
		}
		return
	case it.says > want && c.caught(want):
		c.item(it, next)
		return
	case it.says > want:
		c.skipped(it)
		return
	case it.says < want:
		c.again(it, next)
		return
	case c.confirmed(it.chained(c.at.Hash, want), want, next):
		changed("the hash beside it is not its own; its bytes are as they were")
		here.Hash = it.chained(c.at.Hash, want)
	case !c.loose:
		changed("its hash does not follow from its bytes")
	}
	c.loose = false
	c.to(here)
}

// confirmed says whether what comes behind, the next entry or the file's end, says that the hash is entry seq's.
func (c *checker) confirmed(hash ledger.Hash, seq ledger.Seq, next item) bool {
	end := c.r.end
	return next.follows(hash, seq+1) || next.f == nil && end != nil && end.Seq == seq && end.Hash == hash
}

// caught says whether the entry that is wanted stood before its place, and goes on behind it.
func (c *checker) caught(want ledger.Seq) bool {
	for i, it := range c.early {
		if it.says == want && it.follows(c.at.Hash, want) {
			c.early = append(c.early[:i:i], c.early[i+1:]...)
			c.report.add(Fault{Fault: Reordered, First: want, Kind: it.kind, What: "it stands before entries that come before it"})
			c.to(ledger.Position{Epoch: it.epoch, Seq: want, Hash: it.hash()})
			return true
		}
	}
	return false
}

// stray is the fault of an entry that stood before its place, and was not wanted there either.
func stray(it *item) Fault {
	return Fault{Fault: Inserted, First: it.says, Kind: it.kind, What: "it stands among others, too, where it does not belong"}
}

// skipped goes on behind a gap.
func (c *checker) skipped(it item) {
	gap := Fault{Fault: Removed, First: c.at.Seq + 1, Last: it.says - 1, What: fmt.Sprintf("entry %d stands behind entry %d", it.says, c.at.Seq)}
	if len(c.missing) < openMax {
		c.missing = append(c.missing, gap)
	} else {
		c.report.add(gap)
	}
	c.at = ledger.Position{Seq: it.says - 1, Hash: it.f.Before}
	if it.i > 0 {
		c.at.Hash = it.f.Hashes[it.i-1]
	}
	if c.loose = false; it.i == 0 && it.f.First == it.says && !it.follows(it.f.Before, it.says) {
		c.report.add(Fault{Fault: Changed, First: it.says, Kind: it.kind, What: "its hash does not follow from its bytes"})
	}
	c.to(ledger.Position{Epoch: it.epoch, Seq: it.says, Hash: it.hash()})
}

// again meets an entry that calls itself one of those before.
func (c *checker) again(it, next item) {
	f := Fault{Fault: Inserted, First: it.says, Kind: it.kind}
	switch {
	case c.fills(it.says):
		f.Fault, f.What = Reordered, fmt.Sprintf("it stands behind entry %d", c.at.Seq)
		c.loose = true
	case it.says == c.at.Seq && it.follows(c.before, it.says) && next.follows(it.hash(), it.says+1) && !next.follows(c.at.Hash, it.says+1):
		f.What = "it stands there twice, and the next entry follows from the second: the first was put in"
		c.at.Hash = it.hash()
	case it.says == c.at.Seq && it.hash() == c.at.Hash:
		f.What = "the same stands there twice"
	case it.says == c.at.Seq:
		f.What = "it stands there twice, and the next entry does not follow from the second: that was put in"
	default:
		f.What = fmt.Sprintf("it stands behind entry %d, and that entry was there already", c.at.Seq)
	}
	c.report.add(f)
}

// fills says whether an entry was missed, and misses it no more.
func (c *checker) fills(seq ledger.Seq) bool {
	for i, m := range c.missing {
		if seq < m.First || seq > m.Last {
			continue
		}
		before, behind := m, m
		before.Last, behind.First = seq-1, seq+1
		rest := append([]Fault{}, c.missing[:i]...)
		for _, part := range []Fault{before, behind} {
			switch {
			case part.First > part.Last:
			case len(rest)+len(c.missing)-i-1 < openMax:
				rest = append(rest, part)
			default:
				c.report.add(part)
			}
		}
		c.missing = append(rest, c.missing[i+1:]...)
		return true
	}
	return false
}
