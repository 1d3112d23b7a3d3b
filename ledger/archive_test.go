package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestAnArchiveGoesOnWhereItEnded(t *testing.T) {
	d := lived(t)
	dir := filepath.Join(t.TempDir(), "leeds")
	first := d.archive(dir)
	d.receive("A", 1)
	if got := d.archive(dir); got != first+1 {
		t.Errorf("got its end at %d, want %d", got, first+1)
	}
	a, err := ledger.OpenArchive(d.world.Env(), "leeds", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	_, frames, err := d.book.Frames(0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	before := a.End()
	if err := a.Append(frames); err != nil || a.End() != before {
		t.Errorf("the same frames again: got %v and %v, want nothing changed", err, a.End())
	}
	if b, err := ledger.OpenArchive(d.world.Env(), "york", dir); err == nil {
		b.Close()
		t.Error("another site's archive was taken")
	}
}

func TestAnArchiveTakesNothingThatDoesNotFollow(t *testing.T) {
	d := lived(t)
	_, frames, err := d.book.Frames(0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ledger.OpenArchive(d.world.Env(), "leeds", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Append(frames[:4]); err != nil {
		t.Fatal(err)
	}
	end := a.End()
	bent := bytes.Clone(frames[4])
	bent[len(bent)-9] ^= 1
	other, err := ledger.DecodeFrame(frames[2])
	if err != nil {
		t.Fatal(err)
	}
	forged := ledger.Frame{Site: other.Site, Epoch: other.Epoch, First: other.First, Before: other.Before, Entries: other.Entries[:1]}
	forged.Hashes = []ledger.Hash{ledger.Chain(other.Before, other.Site, other.Epoch+1, other.First, other.Entries[0])}
	forged.Epoch++
	for name, bad := range map[string][]byte{"a gap": frames[6], "a bent one": bent, "another one at a place that is taken": ledger.EncodeFrame(&forged)} {
		if err := a.Append([][]byte{bad}); err == nil || a.End() != end {
			t.Errorf("%s: got %v and the end %d, want a refusal", name, err, a.End().Seq)
		}
	}
	// What came before the bad one is kept.
	if err := a.Append([][]byte{frames[4], frames[6]}); err == nil || a.End().Seq <= end.Seq {
		t.Errorf("got %v and the end %d, want the good one kept and the other refused", err, a.End().Seq)
	}
}

func TestAnAuditWithAnArchiveNamesTheEntryAtFault(t *testing.T) {
	d := lived(t)
	copied := t.TempDir()
	d.trim(d.archive(copied), d.soon())
	trimmed := d.book.Trimmed()
	d.close()
	a, err := ledger.ReadArchive(d.world.Env(), "leeds", copied)
	if err != nil {
		t.Fatal(err)
	}
	end := a.End().Seq
	a.Close()
	frames := framesOfArchive(t, copied)
	for name, c := range map[string]struct {
		frames [][]byte
		flip   bool
		want   string
	}{
		"a flipped bit":                   {frames: frames, flip: true, want: "number "},
		"another entry before the trim":   {frames: rechain(t, frames, 20), want: "entry "},
		"another entry in the overlap":    {frames: rechain(t, frames, trimmed+2), want: fmt.Sprintf("entry %d", trimmed+2)},
		"an end before the journal's own": {frames: frames[:8], want: "in neither"},
	} {
		dir := t.TempDir()
		forge(t, dir, c.frames, c.flip)
		_, err := ledger.AuditWithArchive(d.world.Env(), d.cfg.Dir, dir, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want it to name %q", name, err, c.want)
		}
	}
	if _, err := ledger.AuditWithArchive(d.world.Env(), d.cfg.Dir, t.TempDir(), nil); err == nil {
		t.Error("no archive: got no fault, want one")
	}
	report, err := ledger.AuditWithArchive(d.world.Env(), d.cfg.Dir, copied, nil)
	if err != nil || report.Trimmed != trimmed || report.Archived != end {
		t.Errorf("got %+v, %v; want the chain whole, trimmed up to %d, archived up to %d", report, err, trimmed, end)
	}
}

func framesOfArchive(t testing.TB, dir string) (frames [][]byte) {
	t.Helper()
	if err := ledger.EachArchived(testworld.New(1).Env(), "leeds", dir, func(raw []byte) error {
		frames = append(frames, bytes.Clone(raw))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return frames
}

// rechain gives the journal with another moment in entry seq, every hash from there on made anew,
// as a forger would.
func rechain(t testing.TB, frames [][]byte, seq ledger.Seq) (out [][]byte) {
	t.Helper()
	var before ledger.Hash
	for _, raw := range frames {
		f, err := ledger.DecodeFrame(raw)
		if err != nil {
			t.Fatal(err)
		}
		g := ledger.Frame{Site: f.Site, Epoch: f.Epoch, First: f.First, Before: before}
		for i, b := range f.Entries {
			b = bytes.Clone(b)
			if at := f.First + ledger.Seq(i); at == seq {
				e, err := ledger.UnmarshalEntry(b)
				if err != nil {
					t.Fatal(err)
				}
				e.Actor = "mallory"
				b = ledger.MarshalEntry(e)
			}
			before = ledger.Chain(before, f.Site, f.Epoch, f.First+ledger.Seq(i), b)
			g.Entries, g.Hashes = append(g.Entries, b), append(g.Hashes, before)
		}
		out = append(out, ledger.EncodeFrame(&g))
	}
	return out
}

func forge(t testing.TB, dir string, frames [][]byte, flip bool) {
	t.Helper()
	a, err := ledger.OpenArchive(testworld.New(1).Env(), "leeds", dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Append(frames), a.Close()); err != nil {
		t.Fatal(err)
	}
	if !flip {
		return
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.tape"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got %v, %v", names, err)
	}
	b, err := os.ReadFile(slices.Min(names))
	if err != nil {
		t.Fatal(err)
	}
	b[8000] ^= 1
	if err := os.WriteFile(slices.Min(names), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
