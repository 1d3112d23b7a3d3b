package machine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

const acme = ledger.AssetID("credit:ACME-1")

// credits is a company of two shops with an account of 1000.
func credits(t testing.TB) *bench {
	b := newBench(t)
	b.site("leeds", true)
	b.site("york", true)
	b.sets(machine.AssetLimit, "", 1000)
	return b
}

func (b *bench) sets(do machine.AssetSet, site ledger.SiteID, amount ledger.Qty) {
	b.t.Helper()
	b.ok(&machine.SetAsset{Asset: acme, Do: do, Site: site, Amount: amount, By: "beth", Reason: "agreed", At: at})
}

func (b *bench) uses(site ledger.SiteID, act ledger.AssetAct, amount ledger.Qty, ref string) error {
	return b.cores[site].Decide(&ledger.MoveAsset{Asset: acme, Act: act, Amount: amount, Ref: ref}, at).Err
}

// accounts compares free, used and what each shop may use with what is wanted, and the books with both.
func (b *bench) accounts(free, used, leeds, york ledger.Qty) {
	b.t.Helper()
	a, _ := b.m.Asset(acme)
	has := map[ledger.SiteID]ledger.Qty{}
	for _, h := range a.Holders {
		has[h.Site] = h.Has + h.Coming
	}
	got := []ledger.Qty{a.Free, a.Used, has["leeds"], has["york"]}
	if want := []ledger.Qty{free, used, leeds, york}; !slices.Equal(got, want) {
		b.t.Errorf("free, used, leeds, york: got %v, want %v", got, want)
	}
	for _, id := range []ledger.SiteID{"leeds", "york"} {
		if held := b.cores[id].State.AssetHeld(acme); held != has[id] {
			b.t.Errorf("%s holds %d, head office says %d", id, held, has[id])
		}
	}
}

func TestAnAccountIsUsedWhereItIsAllottedAndNoFurther(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 600)
	b.talk("leeds")
	b.accounts(400, 0, 600, 0)
	if err := b.uses("leeds", ledger.AssetCharge, 450, "o-1"); err != nil {
		t.Fatalf("a charge of what is held: got %v", err)
	}
	err := b.uses("leeds", ledger.AssetCharge, 151, "o-2")
	short, ok := errors.AsType[*ledger.AssetError](err)
	if !ok || short.Refusal != ledger.RefusedAssetShort || short.Have != 150 {
		t.Errorf("a charge of more than is held: got %v, want 150 held", err)
	}
	if err := b.uses("york", ledger.AssetCharge, 1, "o-3"); err == nil {
		t.Error("a shop that was given nothing charged")
	}
	b.talk("leeds") // the standing level is filled again, as far as there is some
	b.accounts(0, 450, 550, 0)
}

func TestWhoHasACustomerBeforeHimIsGivenWhatOthersDoNotUse(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 1000)
	b.talk("leeds")
	b.sets(machine.AssetAsk, "york", 300)
	b.accounts(0, 0, 1000, 0)
	b.talk("leeds") // gives 300 up
	b.talk("york")
	b.accounts(0, 0, 700, 300)
	b.sets(machine.AssetAsk, "york", 300) // again: a level
	b.talk("leeds")
	b.accounts(0, 0, 700, 300)
}

func TestALimitThatIsLoweredIsLowerOnceSitesHaveGivenUp(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 1000)
	b.talk("leeds")
	if err := b.uses("leeds", ledger.AssetCharge, 700, "o-1"); err != nil {
		t.Fatal(err)
	}
	b.sets(machine.AssetLimit, "", 800) // it holds 300 more
	if err := b.uses("leeds", ledger.AssetCharge, 50, "o-2"); err != nil {
		t.Fatalf("what is held is used until it is given up: got %v", err)
	}
	b.talk("leeds")
	b.accounts(0, 750, 50, 0)
	b.sets(machine.AssetLimit, "", 500)
	b.talk("leeds")
	b.accounts(-250, 750, 0, 0)
	if got := b.exceptions(); !slices.Contains(got, "asset_over") {
		t.Errorf("exceptions %q, want asset_over", got)
	}
	b.sets(machine.AssetPaid, "", 400)
	b.talk("leeds")
	b.accounts(0, 350, 150, 0) // the standing level has what there is
	for _, e := range b.m.Exceptions(10) {
		if e.What == "asset_over" && !e.Resolved.Done() {
			t.Error("asset_over is open, and no more is used than the limit")
		}
	}
}

func TestAPaymentFreesCreditWhereItIsTakenOnce(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAsk, "leeds", 1000)
	b.talk("leeds")
	_ = b.uses("leeds", ledger.AssetCharge, 1000, "o-1")
	if err := b.uses("york", ledger.AssetPay, 300, "pay-1"); err != nil {
		t.Fatal(err)
	}
	b.talk("leeds")
	b.talk("york")
	b.accounts(0, 700, 0, 300)
	pay := &machine.SetAsset{Asset: acme, Do: machine.AssetPaid, Amount: 200, Key: digest("p"), Request: digest("r"), Ref: "bank-7", By: "beth", At: at}
	b.ok(pay)
	if res := b.ok(pay); !res.Replayed {
		t.Error("a payment sent twice was counted twice")
	}
	b.accounts(200, 500, 0, 300)
	if res := b.apply(&machine.SetAsset{Asset: acme, Do: machine.AssetPaid, Amount: -200, By: "beth", At: at}); res.Err == nil {
		t.Error("a payment was taken back and nobody said why")
	}
}

func TestAChargeIsReleasedOnceAndNoFurther(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAsk, "leeds", 1000)
	b.talk("leeds")
	_ = b.uses("leeds", ledger.AssetCharge, 600, "o-1")
	for _, c := range []struct {
		amount ledger.Qty
		ref    string
		want   ledger.Refusal
	}{{400, "o-1", ""}, {201, "o-1", ledger.RefusedAssetNotCharged}, {200, "o-1", ""}, {1, "o-1", ledger.RefusedAssetNotCharged}, {1, "o-2", ledger.RefusedAssetNotCharged}} {
		err := b.uses("leeds", ledger.AssetRelease, c.amount, c.ref)
		got := ledger.Refusal("")
		if e, ok := errors.AsType[*ledger.AssetError](err); ok {
			got = e.Refusal
		}
		if got != c.want {
			t.Errorf("release %d of %s: got %q (%v), want %q", c.amount, c.ref, got, err, c.want)
		}
	}
	if err := b.uses("leeds", ledger.AssetCharge, 5, "o-1"); err == nil {
		t.Error("one document was charged twice")
	}
	b.talk("leeds")
	b.accounts(0, 0, 1000, 0)
}

// What a lost site has stays claimed until a person writes it off; what its journal brings later is counted all the same,
// and what it still has does not go back a second time.
func TestALostSitesCreditIsClaimedUntilItIsWrittenOff(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 400)
	b.talk("leeds")
	b.sets(machine.AssetAllot, "leeds", 500) // 100 are on their way
	b.ok(&machine.DeclareLost{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
	a, _ := b.m.Asset(acme)
	if a.Free != 500 {
		t.Errorf("free is %d while the site is lost, want 500", a.Free)
	}
	if res := b.apply(&machine.SetAsset{Asset: acme, Do: machine.AssetAsk, Site: "leeds", Amount: 5, By: "beth", At: at}); res.Err == nil {
		t.Error("a lost site was given credit")
	}
	b.ok(&machine.WriteOff{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
	if a, _ = b.m.Asset(acme); a.Free != 1000 || a.Allotted() != 0 {
		t.Errorf("written off: free %d, allotted %d; want 1000, 0", a.Free, a.Allotted())
	}
	res := b.ok(b.asksAnew("leeds")) // it was found, with a sale that nobody had heard of
	b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("leeds", &ledger.AdoptHQ{H: res.H})
	sale := &ledger.Entry{Kind: ledger.KindAsset, Epoch: 1, Seq: 90, At: at, Ref: "o-1",
		Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: acme, Act: ledger.AssetCharge, Amount: 150}, Charged: 150}}
	b.decides("leeds", &ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 90, Hash: ledger.Hash{9}}, Entry: sale})
	b.talk("leeds")
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
	b.accounts(850, 150, 0, 0)
	for _, h := range func() []machine.AssetHolder { a, _ := b.m.Asset(acme); return a.Holders }() {
		if h.Off != 0 || h.Coming != 0 {
			t.Errorf("got %+v, want nothing written off or coming", h)
		}
	}
}

// A site may refuse what was written off with it: it is free already, and is not freed twice.
func TestCreditThatWasWrittenOffAndIsThenRefusedIsFreeOnce(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 400) // on its way
	b.ok(&machine.DeclareLost{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
	b.ok(&machine.WriteOff{Site: "leeds", Reason: "burnt down", By: "olga", At: at})
	res := b.ok(b.asksAnew("leeds"))
	b.decides("leeds", &ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: true, Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("leeds", &ledger.AdoptHQ{H: res.H})
	paid := &ledger.Entry{Kind: ledger.KindAsset, Epoch: 1, Seq: 90, At: at, Ref: "pay-1", // so much that the book can be given no more
		Body: &ledger.AssetBody{AssetMove: ledger.AssetMove{Asset: acme, Act: ledger.AssetPay, Amount: ledger.QtyMax}}}
	b.decides("leeds", &ledger.RecordLate{Origin: ledger.Origin{Site: "leeds", Epoch: 1, Seq: 90, Hash: ledger.Hash{9}}, Entry: paid})
	b.talk("leeds")
	b.decides("leeds", &ledger.Attest{})
	b.talk("leeds")
	if got := b.exceptions(); !slices.Contains(got, "refused") {
		t.Fatalf("exceptions %q, want the refusal told", got)
	}
	b.accounts(1000+ledger.QtyMax, -ledger.QtyMax, 0, 0)
	if a, _ := b.m.Asset(acme); a.Holders[0].Coming != 0 || a.Holders[0].Off != 0 {
		t.Errorf("got %+v, want nothing coming or written off", a.Holders[0])
	}
}

// hands is a company whose sites use an account while pushes are lost and come again, commands lie about, and head office
// restarts and goes back in time.
type hands struct {
	*bench
	r     *rand.Rand
	sites []ledger.SiteID
	limit ledger.Qty    // the highest that ever was
	paid  ledger.Qty    // at head office, in whatever life
	now   [2]ledger.Qty // of this life: what was paid at head office, and the limit
	fixed bool          // the limit is never changed
	saved []byte
	then  [2]ledger.Qty // now, when that was saved
	refs  int
}

// exposed looks at what no message can change: what the books have used and may still use.
func (h *hands) exposed(after string) {
	h.t.Helper()
	sum := h.used() - h.paid
	for _, id := range h.sites {
		sum += h.cores[id].State.AssetHeld(acme)
	}
	if sum > h.limit {
		h.t.Fatalf("after %s: %d is used or may be, the limit was never above %d", after, sum, h.limit)
	}
}

// used is what all books tell, also what they have told nobody.
func (h *hands) used() (sum ledger.Qty) {
	for _, id := range h.sites {
		for _, e := range h.journal(id) {
			for _, v := range e.Assets() {
				sum += v.Used()
			}
		}
	}
	return sum
}

// told is every push of a site so far.
func (h *hands) told(id ledger.SiteID) (out []*machine.Push) {
	for _, raw := range h.log {
		if cmd, err := machine.Unmarshal(raw); err == nil {
			if p, ok := cmd.(*machine.Push); ok && p.Site == id {
				out = append(out, p)
			}
		}
	}
	return out
}

func (h *hands) site() ledger.SiteID { return h.sites[h.r.IntN(len(h.sites))] }

func (h *hands) wish() {
	do := []machine.AssetSet{machine.AssetAllot, machine.AssetAsk, machine.AssetAsk, machine.AssetLimit, machine.AssetPaid}[h.r.IntN(5)]
	amount := ledger.Qty(h.r.IntN(500))
	switch do {
	case machine.AssetLimit:
		if amount *= 3; h.fixed {
			amount = h.limit
		}
		h.limit, h.now[1] = max(h.limit, amount), amount
	case machine.AssetPaid:
		amount++
		h.paid, h.now[0] = h.paid+amount, h.now[0]+amount
	}
	res := h.apply(&machine.SetAsset{Asset: acme, Do: do, Site: h.site(), Amount: amount, By: "beth", At: at})
	if _, closed := errors.AsType[*machine.AssetClosedError](res.Err); res.Err != nil && !closed {
		h.t.Fatal(res.Err)
	}
}

func (h *hands) use() {
	act := []ledger.AssetAct{ledger.AssetCharge, ledger.AssetCharge, ledger.AssetCharge, ledger.AssetRelease, ledger.AssetPay}[h.r.IntN(5)]
	if act == ledger.AssetCharge {
		h.refs++
	}
	_ = h.uses(h.site(), act, ledger.Qty(1+h.r.IntN(200)), fmt.Sprint("o-", h.refs-h.r.IntN(3)))
}

func (h *hands) push() {
	id := h.site()
	h.ok(h.cut(id))
	if all := h.told(id); h.r.IntN(3) == 0 { // some come again, late
		h.ok(all[h.r.IntN(len(all))])
	}
}

func (h *hands) obey() {
	id := h.site()
	cs := h.m.Commands(id, h.cores[id].State.Commands.Number, 100)
	for i := range cs[:h.r.IntN(len(cs)+1)] {
		h.decides(id, &ledger.Obey{Command: cs[i]})
	}
}

func (h *hands) back() {
	h.goesBack(h.saved)
	h.now, h.saved = h.then, nil               // two lives from one backup within a second would be one
	for _, i := range h.r.Perm(len(h.sites)) { // everybody wants all there is, of a head office that does not know what it gave
		h.apply(&machine.SetAsset{Asset: acme, Do: machine.AssetAsk, Site: h.site(), Amount: 900, By: "beth", At: at})
		h.use()
		h.attests(h.sites[i], h.told(h.sites[i])...)
		h.exposed("an attest")
	}
}

func (h *hands) step() string {
	switch n := h.r.IntN(20); {
	case n < 4:
		h.wish()
		return "a wish"
	case n < 10:
		h.use()
		return "a use"
	case n < 14:
		h.push()
		return "a push"
	case n < 17:
		h.obey()
		return "a command"
	case n < 18 && h.saved == nil:
		if h.saved = encode(h.t, h.m); h.r.IntN(2) == 0 {
			h.restarts()
		}
		h.then = h.now
		return "a backup"
	default:
		if h.saved != nil && n == 19 {
			h.back()
		}
		return "another life"
	}
}

// The invariant of an account, against what the books themselves say: whatever is lost, late or told twice, and wherever head
// office goes back to, no more is used and usable than the limit ever was; and when all is told, head office has it to the unit.
func TestNoInterleavingUsesMoreOfAnAccountThanItsLimit(t *testing.T) {
	seeds := 16
	if os.Getenv("HOLDFAST_LONG") != "" {
		seeds = 2000
	}
	lives := uint64(0)
	for seed := range seeds {
		h := &hands{bench: newBench(t), r: rand.New(rand.NewPCG(uint64(seed), 6)), sites: []ledger.SiteID{"leeds", "york", "hull"}, limit: 900, now: [2]ledger.Qty{0, 900}, fixed: seed%2 == 0}
		for _, id := range h.sites {
			h.bench.site(id, id != "hull")
		}
		h.sets(machine.AssetLimit, "", 900)
		for range 120 {
			h.exposed(h.step())
		}
		for range 4 { // what one site gives up another may be given
			for _, id := range h.sites {
				h.talk(id)
			}
		}
		a, _ := h.m.Asset(acme)
		for _, holder := range a.Holders {
			if held := h.cores[holder.Site].State.AssetHeld(acme); holder.Has != held || holder.Coming != 0 || holder.Recalled != 0 || holder.Off != 0 {
				t.Fatalf("seed %d: %s holds %d, head office has %+v", seed, holder.Site, held, holder)
			}
		}
		if used := h.used() - h.now[0]; a.Used != used || a.Limit != h.now[1] {
			t.Fatalf("seed %d: the books have used %d of %d, head office has %d of %d", seed, used, h.now[1], a.Used, a.Limit)
		}
		lives = max(lives, h.m.H().Counter)
	}
	if lives < 2 {
		t.Error("head office went back in time in no run")
	}
}

// What is paid at a till on account, and received on one, is used and paid at head office by the same entry.
func TestATillsAccountsAreHeadOffices(t *testing.T) {
	b := credits(t)
	b.sets(machine.AssetAllot, "leeds", 600)
	b.talk("leeds")
	b.decides("leeds", &ledger.ActOnDrawer{Act: ledger.DrawerOpen, Till: "T1", Currency: "GBP"})
	b.decides("leeds", &ledger.Pay{Order: orderA, Till: "T1", Total: 700, Tenders: []ledger.TenderWish{{Kind: ledger.TenderAccount, Amount: 450, Ref: "ACME-1"}, {Kind: ledger.TenderCash}}})
	b.talk("leeds")
	b.accounts(0, 450, 550, 0) // its level is filled again, as far as there is some
	b.decides("leeds", &ledger.Refund{Order: orderA, Till: "T1", Reason: "broken", Moves: []ledger.TenderMove{{Tender: 1, Amount: 50}}})
	b.decides("leeds", &ledger.Pay{Order: orderB, Till: "T1", For: acme, Total: 100, Tenders: []ledger.TenderWish{{Kind: ledger.TenderCash}}})
	b.talk("leeds")
	b.accounts(0, 300, 700, 0)
	days, _ := b.m.Takings("leeds", "", 1)
	if d := days[0].Day; d.Accounts != 100 || d.Tender(ledger.TenderAccount).Taken != 450 || d.Sum(ledger.MoneyAccounts) != 300 || d.Sum(ledger.MoneyOrders) != -650 {
		t.Errorf("got %+v, want head office to add up the same", d)
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
}
