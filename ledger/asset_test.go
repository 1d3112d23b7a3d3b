package ledger_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestAnAssetsNameIsNeverAnArticles(t *testing.T) {
	for name, ok := range map[string]bool{
		"credit:ACME-1": true, "card:8817.22_b": true, "promo:SPRING": true,
		"credit:": false, "ACME-1": false, "loan:ACME-1": false, "credit:A CME": false, "credit:a:b": false, "card:" + string(make([]byte, 41)): false,
	} {
		_, err := ledger.ParseAsset(name)
		if (err == nil) != ok {
			t.Errorf("%q: got %v", name, err)
		}
		if _, err := ledger.ParseSKU(name); ok && err == nil {
			t.Errorf("%q is an article, too", name)
		}
	}
}

// desk is a book that head office gives commands to.
type creditDesk struct {
	t    *testing.T
	core *ledger.Core
	past memoryPast
	hash ledger.Hash
	n    uint64
	aud  *ledger.Auditor
}

var deskMoment = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func newCreditDesk(t *testing.T) *creditDesk {
	past := memoryPast{map[ledger.Seq]*ledger.Entry{}}
	d := &creditDesk{t: t, core: ledger.NewCore(ledger.NewState("leeds"), past), past: past, aud: ledger.NewAuditor("leeds")}
	d.does(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}})
	d.does(&ledger.AdoptHQ{H: ledger.Incarnation{Counter: 1}})
	return d
}

func (d *creditDesk) does(r ledger.Request) ledger.Outcome {
	d.t.Helper()
	out := d.core.Decide(r, deskMoment)
	for _, f := range d.core.Cut() {
		if err := d.aud.Frame(ledger.EncodeFrame(f)); err != nil {
			d.t.Fatalf("audit: %v", err)
		}
		entries, err := f.Open()
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range entries {
			d.past.entries[e.Seq] = e
		}
	}
	return out
}

// given gives the book a command about an asset, and says why it was refused.
func (d *creditDesk) given(k ledger.CommandKind, asset string, q ledger.Qty) string {
	d.t.Helper()
	return d.obeys(ledger.HQCommand{ID: string(rune('a' + d.n)), Kind: k, Owner: ledger.HQ, Lines: []ledger.CommandLine{{SKU: ledger.SKU(asset), Qty: q}}}).Refused
}

// obeys gives the book the next command.
func (d *creditDesk) obeys(c ledger.HQCommand) *ledger.ObeyedBody {
	d.t.Helper()
	d.n++
	c.H, c.Number = ledger.Incarnation{Counter: 1}, d.n
	c.Hash = ledger.ChainCommand(d.hash, &c)
	d.hash = c.Hash
	out := d.does(&ledger.Obey{Command: c})
	if out.Err != nil {
		d.t.Fatal(out.Err)
	}
	return out.Entry.Body.(*ledger.ObeyedBody)
}

func (d *creditDesk) holds(want ledger.Qty) {
	d.t.Helper()
	if got := d.core.State.AssetHeld("card:7"); got != want {
		d.t.Errorf("holds %d, want %d", got, want)
	}
}

func TestASiteUsesAnAssetAsFarAsItWasGiven(t *testing.T) {
	d := newCreditDesk(t)
	if why := d.given(ledger.CommandCredit, "TAP-22", 5); why != ledger.RefusedHolder {
		t.Errorf("an article of head office's: got %q, want %q", why, ledger.RefusedHolder)
	}
	if why := d.given(ledger.CommandCredit, "card:7", 500); why != "" {
		t.Fatal(why)
	}
	d.holds(500)
	charge := &ledger.MoveAsset{Meta: ledger.Meta{Key: fill16(1), Request: fill16(2)}, Asset: "card:7", Act: ledger.AssetCharge, Amount: 600, Ref: "o-1"}
	if out := d.does(charge); out.Err == nil || out.Entry == nil {
		t.Fatalf("more than is held: got %+v", out)
	}
	d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetLoad, Amount: 200, Ref: "s-1"})
	if out := d.does(charge); out.Err == nil || !out.Replayed {
		t.Errorf("a refusal is remembered: got %+v", out)
	}
	charge.Key = fill16(3)
	if out := d.does(charge); out.Err != nil {
		t.Error(out.Err)
	}
	d.holds(100)
	if out := d.does(charge); !out.Replayed || out.Err != nil {
		t.Errorf("the same charge again: got %+v", out)
	}
	d.given(ledger.CommandRecall, "card:7", 40)
	d.holds(40)
	for _, r := range []*ledger.MoveAsset{
		{Asset: "card:7", Act: ledger.AssetPay, Amount: 1, Ref: "p"},
		{Asset: "credit:A", Act: ledger.AssetLoad, Amount: 1, Ref: "p"},
		{Asset: "card:7", Act: ledger.AssetCharge, Amount: 0, Ref: "p"},
		{Asset: "card:7", Act: ledger.AssetCharge, Amount: 1, Ref: "Mrs Miller, 4 Mill Lane"},
		{Asset: "card:7", Act: 9, Amount: 1, Ref: "p"},
	} {
		if out := d.does(r); out.Err == nil || out.Entry != nil {
			t.Errorf("%+v: got %+v, want bad input", r, out)
		}
	}
	d.holds(40)
}

// A charge that a lost life of the book made has been made: what is not held any more is over, and said.
func TestALateChargeIsAFact(t *testing.T) {
	old := newCreditDesk(t)
	old.given(ledger.CommandCredit, "card:7", 500)
	first := old.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetCharge, Amount: 400, Ref: "o-1"}).Entry
	back := old.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetRelease, Amount: 50, Ref: "o-1"}).Entry

	d := newCreditDesk(t)
	d.given(ledger.CommandCredit, "card:7", 300)
	late := func(e *ledger.Entry) ledger.Outcome {
		return d.does(&ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: e.Seq, Hash: ledger.Hash{byte(e.Seq)}}, Entry: e})
	}
	out := late(first)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	if v := out.Entry.Assets(); len(v) != 1 || v[0].Over != 100 || v[0].Used() != 400 {
		t.Errorf("got %+v, want 400 used, 100 of it over", v)
	}
	d.holds(0)
	if out := late(back); out.Err != nil {
		t.Fatal(out.Err)
	}
	d.holds(0) // it makes good what was over
	if out := late(first); !out.Replayed {
		t.Errorf("told again: got %+v, want nothing new", out)
	}
	if out := d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetRelease, Amount: 60, Ref: "o-1"}); out.Err != nil || out.Entry.Assets()[0].Over != 50 {
		t.Errorf("got %+v, want 50 of 60 to make good what was over", out)
	}
	d.holds(10)
	if out := d.does(&ledger.MoveAsset{Asset: "card:7", Act: ledger.AssetRelease, Amount: 351, Ref: "o-1"}); out.Err == nil {
		t.Error("more was released than the late charge had left")
	}
}
