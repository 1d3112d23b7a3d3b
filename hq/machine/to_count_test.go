package machine_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// countsAfter lets leeds, made anew, attest with a list for counting, and gives the exceptions that ask for a count.
func (b *bench) countsAfter(moved []ledger.SKU) (out []machine.Exception) {
	b.t.Helper()
	res := b.ok(b.asksAnew("leeds"))
	b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("leeds", &ledger.AdoptHQ{H: res.H})
	b.talk("leeds")
	b.decides("leeds", &ledger.Attest{Moved: moved})
	b.talk("leeds")
	for _, e := range b.m.Exceptions(100) {
		if e.What == "to_count" {
			out = append(out, *e)
		}
	}
	return out
}

// TestASiteThatWasMadeAnewIsToBeCounted says that somebody at head office owns what a rebuilt site lists for counting.
func TestASiteThatWasMadeAnewIsToBeCounted(t *testing.T) {
	b := company(t, "hull")
	got := b.countsAfter([]ledger.SKU{"TAP-22", "TAP-10"})
	if len(got) != 1 || got[0].Site != "leeds" || got[0].Owner == "" || got[0].Resolved.Done() || !strings.Contains(got[0].Why, "count by hand TAP-22, TAP-10") {
		t.Fatalf("got %+v, want one open exception of leeds that names TAP-22 before TAP-10, with an owner", got)
	}
	b.audit()
}

func TestASiteOfWhichNothingMovedIsNotToBeCounted(t *testing.T) {
	b := company(t, "hull")
	if got := b.countsAfter(nil); len(got) != 0 {
		t.Errorf("got %+v, want nothing to count", got)
	}
	b.audit()
}

// A list as long as an attest may bring is named by those that moved last, and by how many more there are.
func TestALongListForCountingIsCutAndSaysSo(t *testing.T) {
	b := company(t, "hull")
	var moved []ledger.SKU
	for n := range ledger.MovedMax {
		moved = append(moved, ledger.SKU(fmt.Sprintf("TAP-%05d", n)))
	}
	got := b.countsAfter(moved)
	if len(got) != 1 || !strings.Contains(got[0].Why, "TAP-00049, then 9950 more") || strings.Contains(got[0].Why, "TAP-00050") {
		t.Errorf("got %+v, want the first 50 named and 9950 counted", got)
	}
	b.audit()
}

// What a rebuilt site lists is closed by counting it, some today and the rest tomorrow.
func TestAListForCountingEndsWithItsLastCount(t *testing.T) {
	b := company(t, "hull")
	b.countsAfter([]ledger.SKU{"TAP-22", "TAP-10"})
	left := func() string {
		for _, e := range b.m.Exceptions(100) {
			if e.What == "to_count" {
				return fmt.Sprint(e.ToCount, " ", e.Resolved.Done())
			}
		}
		return "none"
	}
	if got := left(); got != "[TAP-22 TAP-10] false" {
		t.Fatalf("got %s, want both to be counted", got)
	}
	for _, c := range []struct {
		sku  ledger.SKU
		left string
	}{{"TAP-10", "[TAP-22] false"}, {"OTHER", "[TAP-22] false"}, {"TAP-22", "[] true"}} {
		b.says("leeds", &ledger.Count{Reason: "counted", Lines: []ledger.CountedLine{{SKU: c.sku, Bin: ledger.BinDefault}}})
		if got := left(); got != c.left {
			t.Errorf("%s counted: got %s, want %s", c.sku, got, c.left)
		}
	}
	b.audit()
	b.restarts()
}

// Before an exception kept what is still to be counted.
func TestASnapshotWithoutCountsIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_steps")))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := encode(t, m), encode(t, full(t).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, in which nothing is to be counted")
	}
}
