package ledger_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAFrameThatLiesIsRefused(t *testing.T) {
	for name, change := range map[string]func(*ledger.Frame){
		"a flipped bit":          func(f *ledger.Frame) { f.Entries[1][9] ^= 1 },
		"another order":          func(f *ledger.Frame) { f.Entries[0], f.Entries[1] = f.Entries[1], f.Entries[0] },
		"a hash too few":         func(f *ledger.Frame) { f.Hashes = f.Hashes[:1] },
		"another site":           func(f *ledger.Frame) { f.Site = "york" },
		"another epoch":          func(f *ledger.Frame) { f.Epoch++ },
		"another number":         func(f *ledger.Frame) { f.First++ },
		"no number":              func(f *ledger.Frame) { f.First = 0 },
		"no entries":             func(f *ledger.Frame) { f.Entries, f.Hashes = nil, nil },
		"another hash before it": func(f *ledger.Frame) { f.Before[0]++ },
	} {
		f := sampleFrame()
		change(f)
		if err := f.Verify(); err == nil {
			t.Errorf("%s: got it through, want an error", name)
		}
	}
	f := sampleFrame()
	f.First++ // chained as 46 and 47, but the entries say 45 and 46
	before := f.Before
	for i, raw := range f.Entries {
		f.Hashes[i] = ledger.Chain(before, f.Site, f.Epoch, f.First+ledger.Seq(i), raw)
		before = f.Hashes[i]
	}
	if _, err := f.Open(); f.Verify() != nil || err == nil {
		t.Errorf("entries that call themselves otherwise: got %v, want an error", err)
	}
	if err := ledger.NewAuditor("leeds").Frame(ledger.EncodeFrame(sampleFrame())); err == nil {
		t.Error("a journal that begins at 45: got it through, want an error")
	}
	if err := ledger.NewAuditor("york").Frame(ledger.EncodeFrame(sampleFrame())); err == nil {
		t.Error("another site's frame: got it through, want an error")
	}
	if _, err := ledger.DecodeFrame(make([]byte, ledger.FrameBytesLone+1)); err == nil {
		t.Error("a frame beyond all bounds: got it through, want an error")
	}
}

func TestPostingsThatSayNothingAreRefused(t *testing.T) {
	first := readGolden(t, "testdata/golden/entry_receipt.01.hex")
	now := ledger.MarshalEntry(sampleEntries()["receipt"])
	// In the first version: numbers a posting, then the SKU, the account of the supplier and its
	// reference. Now: tag, SKU, reference and quantity of the supplier's, then tag and bin.
	width, tag := []byte{5, 1, 1, 2}, []byte{0x31, 64, 65, 13, 0xa2, 66}
	for name, c := range map[string]struct {
		raw, at []byte
		change  func(b []byte)
	}{
		"four numbers each":                {first, width, func(b []byte) { b[0] = 4 }},
		"a first name that is not there":   {first, width, func(b []byte) { b[1] = 99 }},
		"a first reference to nothing":     {first, width, func(b []byte) { b[3] = 99 }},
		"cut off in a number":              {first, width, func(b []byte) { b[0] = 6 }},
		"a name that is not there":         {now, tag, func(b []byte) { b[1] = 99 }},
		"a word that is none":              {now, tag, func(b []byte) { b[1] = 63 }},
		"a reference to nothing":           {now, tag, func(b []byte) { b[2] = 99 }},
		"a number that does not end":       {now, tag, func(b []byte) { b[1], b[2], b[3], b[4], b[5] = 0xff, 0xff, 0xff, 0xff, 0xff }},
		"a kind of account without number": {now, tag, func(b []byte) { b[0] |= 0x0f }},
	} {
		bad := bytes.Clone(c.raw)
		at := bytes.Index(bad, c.at)
		if at < 0 {
			t.Fatalf("%s: got no %x in %x, want the sample to have it", name, c.at, bad)
		}
		c.change(bad[at:])
		if got, err := ledger.UnmarshalEntry(bad); err == nil {
			t.Errorf("%s: got %+v, want an error", name, got)
		}
	}
}

func TestAKindOfTomorrowIsCarriedAlong(t *testing.T) {
	s := newStage(t, "leeds", true)
	e := sampleEntries()["unknown"]
	e.Epoch, e.Seq = 1, s.core.State.Seq+1
	raw := ledger.MarshalEntry(e)
	h := ledger.Chain(s.core.State.Hash, "leeds", 1, e.Seq, raw)
	f := &ledger.Frame{Site: "leeds", Epoch: 1, First: e.Seq, Before: s.core.State.Hash, Hashes: []ledger.Hash{h}, Entries: [][]byte{raw}}
	if err := s.aud.Frame(ledger.EncodeFrame(f)); err != nil || s.aud.Report().Unknown != 1 || s.aud.Report().Head.Hash != h {
		t.Errorf("got %+v, %v; want it carried along and counted", s.aud.Report(), err)
	}
	if err := s.core.Replay(f); err != nil || s.core.State.Hash != h {
		t.Errorf("replay: got %v, want it folded", err)
	}
	if _, damaged := errors.AsType[*ledger.DamageError](s.core.Replay(f)); !damaged {
		t.Error("replay of a frame a second time: got it folded, want a DamageError")
	}
}
