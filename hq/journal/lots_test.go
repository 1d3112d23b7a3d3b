package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/journal"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

// lotted makes the frames of a site that takes some of a lot in and holds it, with receipts of other goods around.
func lotted(t testing.TB, site ledger.SiteID) (out []journal.Record) {
	t.Helper()
	core := ledger.NewCore(ledger.NewState(site), noPast{})
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	core.Decide(&ledger.OpenSite{Epoch: 1}, at)
	for _, req := range []ledger.Request{
		&ledger.Receive{ID: "r1", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1}}},
		&ledger.Receive{ID: "r2", Lines: []ledger.ReceiptLine{{SKU: "MILK", Qty: 3, Lots: []ledger.LotQty{{Lot: "A", Qty: 2}, {Lot: "B", Qty: 1}}}}},
		&ledger.HoldLot{SKU: "MILK", Lot: "A", Reason: "glass in it"},
	} {
		if got := core.Decide(req, at); got.Err != nil {
			t.Fatal(got.Err)
		}
		for _, f := range core.Cut() {
			r := journal.Record{Site: site, First: f.First, Last: f.End().Seq, Frame: ledger.EncodeFrame(f)}
			for _, e := range f.Entries {
				r.Lots = r.Lots || ledger.MayTellLots(e)
			}
			out = append(out, r)
		}
	}
	return out
}

// The story of a lot is what each site's entries say of it, site by site, also in a server that has fetched the frames from its peers.
func TestALotsStoryIsThatOfAllSites(t *testing.T) {
	leeds, york := lotted(t, "leeds"), lotted(t, "york")
	if leeds[0].Lots || !leeds[1].Lots || !leeds[2].Lots {
		t.Errorf("got %t %t %t, want the frames that speak of lots told apart", leeds[0].Lots, leeds[1].Lots, leeds[2].Lots)
	}
	w := testworld.New(1)
	dir := t.TempDir()
	b := open(t, w, dir, journal.Options{}).run(t)
	b.take(t, york...)
	var raw [][]byte
	for _, r := range leeds {
		raw = append(raw, r.Frame)
	}
	if err := b.Fill("leeds", raw); err != nil {
		t.Fatal(err)
	}
	flush(t, b)
	b.take(t, york[1]) // again: nothing is doubled
	story := func(b *bench, lot ledger.LotID) string {
		var out []string
		if err := b.EachLotRow("MILK", lot, func(site ledger.SiteID, r *ledger.LotRow) error {
			q := ledger.Qty(0)
			for _, v := range r.Moves {
				q += v.Qty
			}
			out = append(out, fmt.Sprintf("%s/%d %s %d %s", site, r.Seq, r.Kind, q, r.Reason))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, "; ")
	}
	want := "leeds/3 receipt 2 ; leeds/4 lot_held 2 glass in it; york/3 receipt 2 ; york/4 lot_held 2 glass in it"
	if got := story(b, "A"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := story(b, "NONE"); got != "" {
		t.Errorf("got %q of a lot that nobody knows, want nothing", got)
	}
	if err := b.stop(); err != nil {
		t.Fatal(err)
	}
	b.Close()
	again := open(t, w, dir, journal.Options{})
	if got := story(again, "A"); got != want {
		t.Errorf("opened again: got %q, want %q", got, want)
	}
	again.Close()
	if _, err := journal.Audit(w.Env(), dir, nil); err != nil {
		t.Error(err)
	}
}

// An entry that nobody here can read is kept, and stops neither head office nor the stories of those around it.
func TestAnEntryThatCannotBeReadHasNoPartInAStory(t *testing.T) {
	frames := lotted(t, "leeds")
	whole, err := ledger.DecodeFrame(frames[1].Frame)
	if err != nil {
		t.Fatal(err)
	}
	next, err := ledger.DecodeFrame(frames[2].Frame)
	if err != nil {
		t.Fatal(err)
	}
	broken := next.Entries[0]
	whole.Entries, whole.Hashes = append(whole.Entries, broken[:len(broken)-3]), append(whole.Hashes, next.Hashes[0])
	w := testworld.New(1)
	b := open(t, w, t.TempDir(), journal.Options{}).run(t)
	b.take(t, frames[0], journal.Record{Site: "leeds", First: whole.First, Last: whole.End().Seq, Frame: ledger.EncodeFrame(whole), Lots: true})
	flush(t, b)
	rows := 0
	if err := b.EachLotRow("MILK", "A", func(ledger.SiteID, *ledger.LotRow) error { rows++; return nil }); err != nil || rows != 1 {
		t.Errorf("got %d rows, %v; want the one of the entry before it", rows, err)
	}
}
