package transcript_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/transcript"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write golden files anew")

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, ledger.ErrClosed }

// journal is what a site wrote: as many entries to a frame as groups says, one after the other.
func journal(groups []int, lines func(n int) int) (out []*ledger.Frame) {
	core := ledger.NewCore(ledger.NewState("leeds"), noPast{})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	core.Decide(&ledger.OpenSite{Epoch: 1}, at)
	n := 0
	for _, g := range groups {
		for range g {
			n++
			core.Decide(&ledger.Receive{Meta: ledger.Meta{Actor: "ann"}, ID: fmt.Sprintf("GRN-%d", n),
				Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(fmt.Sprintf("TAP-%d", lines(n))), Qty: ledger.Qty(n)}}}, at.Add(time.Duration(n)*time.Minute))
		}
		out = append(out, core.Cut()...)
	}
	return out
}

func sample() []*ledger.Frame { return journal([]int{2, 3, 1, 2}, func(n int) int { return n % 3 }) }

func written(t testing.TB, frames []*ledger.Frame, end ledger.Position) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := transcript.NewWriter(&out, transcript.Header{Site: "leeds", First: 1, At: time.Date(2026, 11, 27, 1, 0, 0, 0, time.UTC), From: "hq1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if err := w.Frame(ledger.EncodeFrame(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(end); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func check(t testing.TB, raw []byte, pins ...ledger.Head) transcript.Report {
	t.Helper()
	r, err := transcript.Check(bytes.NewReader(raw), pins, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func end(frames []*ledger.Frame) ledger.Position { return frames[len(frames)-1].End() }

func TestAJournalAsItWasWrittenIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frames := journal(rapid.SliceOfN(rapid.IntRange(1, 5), 1, 6).Draw(t, "groups"), func(int) int { return rapid.IntRange(0, 4).Draw(t, "sku") })
		var pins []ledger.Head
		for _, f := range frames {
			pins = append(pins, ledger.Head{Site: "leeds", Position: f.End()}, ledger.Head{Site: "york", Position: f.End()})
		}
		var out bytes.Buffer
		w, _ := transcript.NewWriter(&out, transcript.Header{Site: "leeds", First: 1, From: "hq1"})
		for _, f := range frames {
			_ = w.Frame(ledger.EncodeFrame(f))
		}
		if err := w.Close(end(frames)); err != nil {
			t.Fatal(err)
		}
		r, err := transcript.Check(&out, pins, nil)
		if err != nil || len(r.Faults) > 0 || !r.Folded || r.Head.Position != end(frames) || r.Pinned != len(frames) || r.Law.Head != r.Head {
			t.Fatalf("got %+v, %v of a journal as it was written", r, err)
		}
	})
}

// A part of a journal begins behind an entry that is known by its hash alone.
func TestAPartOfAJournalIsCheckedFromWhereItBegins(t *testing.T) {
	frames := sample()
	var out bytes.Buffer
	w, err := transcript.NewWriter(&out, transcript.Header{Site: "leeds", First: frames[1].First, Before: frames[1].Before.String(), From: "leeds"})
	for _, f := range frames[1:] {
		err = errors.Join(err, w.Frame(ledger.EncodeFrame(f)))
	}
	if err := errors.Join(err, w.Close(end(frames))); err != nil {
		t.Fatal(err)
	}
	within := ledger.Head{Site: "leeds", Position: frames[1].End()}
	if r := check(t, out.Bytes(), within); len(r.Faults) > 0 || r.Signed != within.Seq || r.Pinned != 1 {
		t.Errorf("got %+v, want it signed up to entry %d", r, within.Seq)
	}
	if r := check(t, out.Bytes()); len(r.Faults) > 0 || r.Folded || r.Head.Position != end(frames) || r.Signed != 0 {
		t.Errorf("got %+v, want it sound and not folded", r)
	}
	pin := ledger.Head{Site: "leeds", Position: frames[0].End()}
	if r := check(t, out.Bytes(), pin); len(r.Faults) != 1 || r.Faults[0].Fault != transcript.Unsigned {
		t.Errorf("got %+v, want it said that the signed head lies before the file", r.Faults)
	}
}

// A file that was made to be slow takes for each entry what any other takes: what is kept of it until something behind says what it
// was is bounded, and every entry out of its place is counted.
func TestAFileThatIsMadeToBeSlowIsNot(t *testing.T) {
	entries := make([]int, 600)
	for i := range entries {
		entries[i] = 1
	}
	frames := journal(entries, func(int) int { return 1 })
	gaps := tampered(func([]*ledger.Frame) []*ledger.Frame {
		var odd, even []*ledger.Frame
		for i, f := range frames {
			if i%2 == 0 {
				even = append(even, f)
			} else {
				odd = append(odd, f)
			}
		}
		return append(even, odd...) // every other one is missing, and then stands behind all
	})
	last := frames[len(frames)-1]
	var early []*ledger.Frame
	for _, f := range frames {
		early = append(early, last, f) // before each stands one that is not wanted there
	}
	for what, fs := range map[string][]*ledger.Frame{"gaps": gaps, "early": early} {
		r := check(t, written(t, fs, end(frames)))
		if r.Found < len(frames)/2-1 || len(r.Faults) > 100 || r.Folded {
			t.Errorf("%s: got %d faults, %d named, want each of %d counted", what, r.Found, len(r.Faults), len(frames)/2)
		}
		if removed := slices.ContainsFunc(r.Faults, func(f transcript.Fault) bool { return f.Fault == transcript.Removed }); removed != (what == "gaps") {
			t.Errorf("%s: got %v, want no more gaps kept open than may be", what, r.Faults)
		}
	}
}

// Each byte of a file, changed, is found; of an entry's own bytes and of its hash, the very entry is named.
func TestAByteThatIsChangedIsNamed(t *testing.T) {
	frames := sample()
	whole := written(t, frames, end(frames))
	owner := map[int]ledger.Seq{}
	from := 0
	for _, f := range frames {
		for i, e := range f.Entries {
			for _, own := range [][]byte{e, f.Hashes[i][:]} {
				at := bytes.Index(whole[from:], own)
				if at < 0 {
					t.Fatalf("entry %d is not in the file", f.First+ledger.Seq(i))
				}
				for n := range own {
					owner[from+at+n] = f.First + ledger.Seq(i)
				}
			}
		}
		from += bytes.Index(whole[from:], f.Entries[0])
	}
	for at := range whole {
		bad := bytes.Clone(whole)
		bad[at] ^= 1 << (at % 8)
		r, err := transcript.Check(bytes.NewReader(bad), nil, nil)
		if err != nil { // in the magic or the header
			if at > 300 {
				t.Errorf("byte %d: got %v, want the place named", at, err)
			}
			continue
		}
		if len(r.Faults) == 0 {
			t.Fatalf("byte %d changed: it was passed", at)
		}
		if seq := owner[at]; seq > 0 && !slices.ContainsFunc(r.Faults, func(f transcript.Fault) bool { return f.First <= seq && seq <= f.Last }) {
			t.Errorf("byte %d, of entry %d: got %v", at, seq, r.Faults)
		}
		if seq := owner[at]; seq > 0 && len(r.Faults) > 1 {
			t.Errorf("byte %d, of entry %d: got %d faults for one: %v", at, seq, len(r.Faults), r.Faults)
		}
	}
}

// tampered gives frames that somebody has laid a hand on who knows the format, and works out no hash.
func tampered(change func(fs []*ledger.Frame) []*ledger.Frame) []*ledger.Frame {
	var out []*ledger.Frame
	for _, f := range change(sample()) {
		if len(f.Entries) > 0 {
			out = append(out, f)
		}
	}
	return out
}

func cutOut(f *ledger.Frame, i int) {
	f.Entries, f.Hashes = slices.Delete(f.Entries, i, i+1), slices.Delete(f.Hashes, i, i+1)
}

func TestWhatWasDoneToAJournalIsNamed(t *testing.T) {
	type frames = []*ledger.Frame
	for name, c := range map[string]struct {
		change func(fs frames) frames
		want   string
	}{
		"an entry in the middle is gone":     {func(fs frames) frames { cutOut(fs[1], 1); return fs }, "5 removed"},
		"the first of a frame is gone":       {func(fs frames) frames { cutOut(fs[1], 0); return fs }, "4 removed"},
		"the last of a frame is gone":        {func(fs frames) frames { cutOut(fs[1], 2); return fs }, "6 removed"},
		"the first entry of all is gone":     {func(fs frames) frames { cutOut(fs[0], 0); return fs }, "1 removed"},
		"a frame of one is gone":             {func(fs frames) frames { return slices.Delete(fs, 2, 3) }, "7 removed"},
		"a frame of several is gone":         {func(fs frames) frames { return slices.Delete(fs, 1, 2) }, "4-6 removed"},
		"the last frame is gone":             {func(fs frames) frames { return fs[:3] }, "8-9 truncated"},
		"two frames have changed places":     {func(fs frames) frames { fs[1], fs[2] = fs[2], fs[1]; return fs }, "7 reordered"},
		"a long frame comes late":            {func(fs frames) frames { fs[1], fs[3] = fs[3], fs[1]; return fs }, "4-6 reordered, 7 reordered"},
		"a frame stands there twice":         {func(fs frames) frames { return slices.Insert(fs, 2, fs[1]) }, "4-5 inserted, 6 inserted"},
		"an old frame stands there again":    {func(fs frames) frames { return slices.Insert(fs, 3, fs[0]) }, "1-3 inserted"},
		"two entries have changed places":    {func(fs frames) frames { swap(fs[1], 0, 1, true); return fs }, "5 reordered"},
		"two entries without their hashes":   {func(fs frames) frames { swap(fs[1], 0, 1, false); return fs }, "4 reordered"},
		"an entry of elsewhere was put in":   {func(fs frames) frames { putIn(fs[1], 1, fs[3].Entries[0]); return fs }, "8 inserted"},
		"an entry is there twice":            {func(fs frames) frames { putIn(fs[1], 1, fs[1].Entries[0]); return fs }, "4 inserted"},
		"a forged one, well chained":         {func(fs frames) frames { forge(fs[1], 1, true); return fs }, "5 inserted"},
		"an entry was written anew":          {func(fs frames) frames { forge(fs[1], 1, false); return fs }, "5 changed"},
		"a hash was changed":                 {func(fs frames) frames { fs[1].Hashes[1][3]++; return fs }, "5 changed"},
		"a frame calls itself another's":     {func(fs frames) frames { fs[1].Site = "york"; return fs }, "4-6 damaged"},
		"a frame says another epoch":         {func(fs frames) frames { fs[1].Epoch = 7; return fs }, "4-6 damaged"},
		"a frame says another place":         {func(fs frames) frames { fs[1].First = 5; return fs }, "4 damaged"},
		"a frame says another entry before":  {func(fs frames) frames { fs[1].Before[0]++; return fs }, "4 damaged"},
		"two things in two places":           {func(fs frames) frames { cutOut(fs[1], 1); fs[3].Hashes[0][0]++; return fs }, "5 removed, 8 changed"},
		"as it was":                          {func(fs frames) frames { return fs }, ""},
		"a frame of another journal is more": {func(fs frames) frames { return append(fs, journal([]int{1}, func(int) int { return 9 })...) }, "1-2 inserted"},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, written(t, tampered(c.change), end(sample())))
			var got []string
			for _, f := range r.Faults {
				where := fmt.Sprint(f.First)
				if f.Last > f.First {
					where = fmt.Sprintf("%d-%d", f.First, f.Last)
				}
				got = append(got, where+" "+f.Fault)
				if f.What == "" || f.First > 0 && f.Fault == transcript.Changed && f.Kind != "receipt" {
					t.Errorf("got %+v, want its kind and what differs", f)
				}
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("got %q, want %q: %v", text, c.want, r.Faults)
			}
		})
	}
}

func swap(f *ledger.Frame, i, j int, hashes bool) {
	f.Entries[i], f.Entries[j] = f.Entries[j], f.Entries[i]
	if hashes {
		f.Hashes[i], f.Hashes[j] = f.Hashes[j], f.Hashes[i]
	}
}

func putIn(f *ledger.Frame, at int, e []byte) {
	f.Entries = slices.Insert(f.Entries, at, e)
	f.Hashes = slices.Insert(f.Hashes, at, ledger.Hash(sha256.Sum256(e)))
}

// forge writes entry i anew, with other goods, in its place or before it, well chained to what is before.
func forge(f *ledger.Frame, i int, beside bool) {
	e, err := ledger.UnmarshalEntry(f.Entries[i])
	if err != nil {
		panic(err)
	}
	e.Ref = "GRN-X"
	raw := ledger.MarshalEntry(e)
	if !beside {
		f.Entries[i] = raw
		return
	}
	f.Entries = slices.Insert(f.Entries, i, raw)
	f.Hashes = slices.Insert(f.Hashes, i, ledger.Chain(f.Hashes[i-1], f.Site, f.Epoch, e.Seq, raw))
}

// rechained gives the journal with entry seq written anew and every hash behind it worked out, as a thief would who has
// the program.
func rechained(seq ledger.Seq) []*ledger.Frame {
	fs := sample()
	before := ledger.Hash{}
	for _, f := range fs {
		f.Before = before
		for i := range f.Entries {
			if f.First+ledger.Seq(i) == seq {
				e, _ := ledger.UnmarshalEntry(f.Entries[i])
				e.Actor = "bob"
				f.Entries[i] = ledger.MarshalEntry(e)
			}
			f.Hashes[i] = ledger.Chain(before, f.Site, f.Epoch, f.First+ledger.Seq(i), f.Entries[i])
			before = f.Hashes[i]
		}
	}
	return fs
}

// A journal whose hashes were worked out anew is found out by what head office has signed, between two heads; by another
// copy, to the entry.
func TestAJournalWrittenAnewIsFoundByWhatWasSigned(t *testing.T) {
	true_ := sample()
	for seq := ledger.Seq(2); seq <= 9; seq++ {
		false_ := rechained(seq)
		raw := written(t, false_, end(false_))
		if r := check(t, raw); len(r.Faults) > 0 {
			t.Fatalf("got %v: by itself it is sound, and the test shows nothing", r.Faults)
		}
		var pins []ledger.Head
		for _, f := range true_ {
			pins = append(pins, ledger.Head{Site: "leeds", Position: f.End()})
		}
		r := check(t, raw, pins...)
		if len(r.Faults) == 0 || r.Faults[0].Fault != transcript.Changed || r.Faults[0].First > seq || r.Faults[0].Last < seq || r.Faults[0].Last-r.Faults[0].First > 2 {
			t.Errorf("entry %d written anew: got %v", seq, r.Faults)
		}
		f, err := transcript.Compare(bytes.NewReader(raw), bytes.NewReader(written(t, true_, end(true_))))
		if err != nil || f == nil || f.First != seq || f.Kind != "receipt" || !strings.Contains(f.What, `actor is "bob" and "ann"`) {
			t.Errorf("entry %d against another copy: got %+v, %v", seq, f, err)
		}
	}
	if r := check(t, written(t, true_[:2], true_[1].End()), ledger.Head{Site: "leeds", Position: end(true_)}); len(r.Faults) != 1 || r.Faults[0].String() != "entries 7 to 9 truncated: head office has signed entry 9; what is behind the file's end was cut off, or it was exported before these heads: a new export tells" {
		t.Errorf("got %v of a journal that was cut off whole, want what is missing", r.Faults)
	}
}

// Two copies of one journal agree as far as both go; where one is longer, that is said.
func TestTwoCopiesAreCompared(t *testing.T) {
	fs := sample()
	whole, part := written(t, fs, end(fs)), written(t, fs[:2], fs[1].End())
	if f, err := transcript.Compare(bytes.NewReader(whole), bytes.NewReader(whole)); f != nil || err != nil {
		t.Errorf("got %v, %v of a file and itself", f, err)
	}
	if f, err := transcript.Compare(bytes.NewReader(whole), bytes.NewReader(part)); err != nil || f == nil || f.String() != "entry 7 (receipt) removed: the other copy ends with entry 6" {
		t.Errorf("got %v, %v of a longer one", f, err)
	}
	if f, err := transcript.Compare(bytes.NewReader(part), bytes.NewReader(whole)); err != nil || f == nil || f.String() != "entry 7 (receipt) removed: this copy ends with entry 6" {
		t.Errorf("got %v, %v of a shorter one", f, err)
	}
}

func TestAFileThatEndsAnywhereSaysSo(t *testing.T) {
	fs := sample()
	whole := written(t, fs, end(fs))
	for n := range whole {
		r, err := transcript.Check(bytes.NewReader(whole[:n]), nil, nil)
		if err == nil && (len(r.Faults) == 0 || r.Faults[len(r.Faults)-1].Fault != transcript.Truncated) {
			t.Fatalf("cut to %d of %d bytes: got %v", n, len(whole), r.Faults)
		}
	}
	r := check(t, append(bytes.Clone(whole), 0))
	if len(r.Faults) != 1 || !strings.Contains(r.Faults[0].What, "behind its end") {
		t.Errorf("with a byte more: got %v", r.Faults)
	}
}

// A length that lies takes no memory: what is read grows with what comes.
func TestALengthThatLiesIsBounded(t *testing.T) {
	for _, kind := range []byte{'H', 'F', 'E', 'X'} {
		raw := append([]byte(transcript.Magic), kind)
		raw = binary.BigEndian.AppendUint32(raw, 0xffffffff)
		if n := testing.AllocsPerRun(1, func() { _, _ = transcript.Check(bytes.NewReader(raw), nil, nil) }); n > 50 {
			t.Errorf("%c: got %v allocations", kind, n)
		}
	}
}

// An entry that is well chained and breaks the law is named, too.
func TestWhatBreaksTheLawIsNamed(t *testing.T) {
	fs := sample()
	e, err := ledger.UnmarshalEntry(fs[3].Entries[0])
	if err != nil {
		t.Fatal(err)
	}
	e.Postings = e.Postings[:1]
	fs[3].Entries[0] = ledger.MarshalEntry(e)
	before := fs[3].Before
	for i := range fs[3].Entries {
		fs[3].Hashes[i] = ledger.Chain(before, "leeds", 1, fs[3].First+ledger.Seq(i), fs[3].Entries[i])
		before = fs[3].Hashes[i]
	}
	if r := check(t, written(t, fs, end(fs))); len(r.Faults) != 1 || r.Faults[0].Fault != transcript.Unlawful || r.Faults[0].First != 8 || r.Folded {
		t.Errorf("got %v", r.Faults)
	}
}

func TestTheFormatKeepsItsBytes(t *testing.T) {
	fs := sample()
	got := hex.EncodeToString(written(t, fs, end(fs)))
	const path = "testdata/journal.01.hex"
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(want)))
	if err != nil || len(check(t, raw).Faults) > 0 {
		t.Errorf("the golden file is not sound any more: %v", err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Error("the bytes have changed: raise Version, and keep the old file")
	}
}

func TestWhatIsNoExportIsSaid(t *testing.T) {
	head := func(text string) []byte {
		raw := binary.BigEndian.AppendUint32(append([]byte(transcript.Magic), 'H'), uint32(len(text)))
		return append(raw, text...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":         {nil, transcript.ErrNotOne},
		"another file":    {[]byte("HOLDFAST BACKUP\n..."), transcript.ErrNotOne},
		"a newer one":     {head(`{"version":2,"site":"leeds","first_seq":1}`), transcript.ErrNewer},
		"cut":             {[]byte(transcript.Magic), transcript.ErrCut},
		"no site":         {head(`{"version":1,"first_seq":1}`), nil},
		"no place":        {head(`{"version":1,"site":"leeds"}`), nil},
		"no hash of such": {head(`{"version":1,"site":"leeds","first_seq":4,"before":"zz"}`), nil},
	} {
		if _, err := transcript.NewReader(bytes.NewReader(c.raw)); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
