package machine_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/pricing"
)

var at = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

const orderC = ledger.OrderID("01900000-0000-7000-8000-00000000000c")

const orderA, orderB = ledger.OrderID("01900000-0000-7000-8000-00000000000a"), ledger.OrderID("01900000-0000-7000-8000-00000000000b")

func digest(s string) ledger.Digest { return ledger.DigestOf([]byte(s)) }

func order(id ledger.OrderID, s ledger.Shortage, lines ...ledger.Line) ledger.Order {
	return ledger.Order{ID: id, Channel: "web", Fulfil: ledger.Deliver, Anywhere: true, Shortage: s, Lines: lines, TakenAt: at}
}

// waiting is an order that a check has stopped for four hours.
func waiting(o ledger.Order) ledger.Order {
	o.Review = &ledger.Review{Trips: []ledger.Trip{{Check: "bulk", Kind: ledger.CheckQuantity, Line: 1, SKU: "TAP-22", Is: 3, Limit: 1}}, Owner: "sales", Default: ledger.RulingCancel, Due: at.Add(4 * time.Hour)}
	return o
}

// samples has one of each command, every field set.
func samples() map[string]machine.Command {
	pos := ledger.Position{Epoch: 1, Seq: 5, Hash: ledger.Hash{1, 2}}
	ask := ledger.AskID{Site: "leeds", Epoch: 1, Seq: 5}
	legs := []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 2}}
	explain := allocate.Explanation{Lines: []allocate.LineExplanation{{Line: 1,
		Candidates: []allocate.Choice{{Site: "hull", Promisable: 5, Score: 1, Why: "chosen"}}, Chosen: []ledger.Leg{{Site: "hull", Qty: 2}}}}}
	h := ledger.Incarnation{Counter: 1, Random: [16]byte{9}}
	o := order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 3})
	daring := o
	daring.Shortage = ledger.Confirm
	return map[string]machine.Command{
		"bootstrap": &machine.Bootstrap{Random: h.Random, At: at},
		"add_site":  &machine.AddSite{Site: "leeds", Counter: true, Rank: -2, Token: [32]byte{3}, Key: digest("k"), At: at},
		"server":    &machine.PutServer{Server: machine.Server{Name: "hq1", URL: "http://127.0.0.1:1", Raft: "127.0.0.1:2", Build: machine.Build{Entries: 16, Commands: 23}}},
		"items":     &machine.PutItems{Items: []ledger.Item{{SKU: "TAP-22", Name: "Tap", Barcodes: []string{"5010"}, Tracking: ledger.TrackNone}}, At: at},
		"hello": &machine.Hello{Site: "leeds", NodeKey: [16]byte{1}, Boot: [16]byte{2}, Head: pos, HQ: h,
			Applied: ledger.Cursor{H: h, Number: 3, Hash: ledger.Hash{4}}, VersionMin: 1, VersionMax: 2, At: at, Twin: [16]byte{5}},
		"show":           &machine.Show{Site: "leeds", Head: pos, At: at},
		"push":           &machine.Push{Site: "leeds", Epoch: 1, Head: pos, Before: pos, Frames: [][]byte{{1, 2, 3}, {4}}, At: at},
		"place":          &machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Using: machine.SubjectOfOrder(orderA, digest("k")), Legs: legs, Explain: machine.ReasonsOf(explain), At: at},
		"hold":           &machine.Hold{Ask: ask, Order: orderA, Head: pos, Legs: legs, Explain: machine.ReasonsOf(explain), Deadline: at.Add(time.Second), At: at, Class: "gold"},
		"borrow":         &machine.Borrow{For: machine.SubjectOfAsk(ask), Ask: ask, Order: orderA, Sites: []machine.BorrowSite{{Site: "york", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}}, At: at, Explain: machine.ReasonsOf(explain)},
		"refuse":         &machine.Refuse{For: machine.SubjectOfAsk(ask), Order: o, Key: digest("k"), Request: digest("r"), Refusal: ledger.RefusedShort, Shorts: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 3, Have: 1}}, At: at},
		"fill":           &machine.Fill{Order: orderA, Using: machine.SubjectOfFill(orderA), Legs: legs, Explain: machine.ReasonsOf(explain), At: at},
		"archived":       &machine.Archived{Ends: []machine.ArchiveEnd{{Site: "hull", End: pos}, {Site: "york", End: pos}}, At: at},
		"cancel":         &machine.Cancel{Order: orderA, Key: digest("k"), Request: digest("r"), At: at, By: "owner"},
		"reissue":        &machine.Reissue{Site: "leeds", NodeKey: [16]byte{1}, Boot: [16]byte{2}, Head: pos, HQ: h, Replace: true, Alone: true, At: at},
		"reincarnate":    &machine.Reincarnate{Random: [16]byte{8}, Why: "restored from the backup of Monday", At: at, Apart: true},
		"lose":           &machine.DeclareLost{Site: "leeds", Reason: "burnt down", By: "olga", At: at},
		"reissue_let_in": &machine.Reissue{Site: "leeds", NodeKey: [16]byte{1}, Boot: [16]byte{2}, Head: pos, HQ: h, Replace: true, LetIn: 4, At: at},
		"lose_pins":      &machine.DeclareLost{Site: "leeds", Reason: "stolen", By: "olga", At: at, ForgetPINs: true},
		"write_off":      &machine.WriteOff{Site: "leeds", SKU: "TAP-22", Reason: "burnt down", By: "olga", At: at},
		"pass":           &machine.PassOn{SKU: "TAP-22", Owner: "hull", Holder: "leeds", Level: 3, By: "beth", At: at},
		"waive":          &machine.Waive{Site: "york", By: "olga", Reason: "closed for good", At: at},
		"resolve":        &machine.Resolve{Exception: 1, By: "olga", Note: "counted", At: at},
		"renew":          &machine.Renew{Site: "leeds", Token: [32]byte{3}, By: "olga", Reason: "disk lost", At: at},
		"unpark":         &machine.Unpark{Site: "leeds", Frames: [][]byte{{1, 2, 3}, {4}}, At: at},
		"group": &machine.Group{Members: []machine.Command{
			&machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Legs: legs, Explain: machine.ReasonsOf(explain), At: at},
			&machine.Refuse{For: machine.SubjectOfAsk(ask), Order: o, Key: digest("l"), Request: digest("r"), Refusal: ledger.RefusedShort, Shorts: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 3, Have: 1}}, At: at}}},
		"checkpoint": &machine.Checkpoint{At: at},
		"differs":    &machine.Differs{Server: "hq1", Index: 77, Alone: true, At: at},

		"amend": &machine.Amend{Order: orderA, Version: 2, Key: digest("k"), Request: digest("r"), ShipTo: &ledger.Address{Country: "GB", Postcode: "LS1", LatE6: 53, LonE6: -1}, NeedBy: new(string),
			Lines: []machine.AmendLine{{Line: 1, Qty: 4}, {SKU: "PIPE", Qty: 2, Price: ledger.Price{Money: ledger.Money{Amount: 120, Currency: "GBP"}, Per: 1, Tax: "included"}}},
			Using: machine.SubjectOfAmend(orderA, digest("k")), Legs: legs, Explain: machine.ReasonsOf(explain), Shorts: []ledger.Short{{Line: 1, SKU: "TAP-22", Want: 3, Have: 1}}, At: at, By: "beth"},
		"amend_charged": &machine.Amend{Order: orderA, Version: 2, Key: digest("c"), Request: digest("r"), Explain: machine.ReasonsOf(explain), At: at, Lines: []machine.AmendLine{{SKU: "PIPE", Qty: 2,
			Price:  ledger.Price{Money: ledger.Money{Amount: 120, Currency: "GBP"}, Tax: "excluded"},
			Charge: &ledger.Charge{From: ledger.PriceItem, Tax: ledger.TaxRate{Known: true, PPM: 200_000}, Sum: pricing.Sum{Net: 240, Tax: 48}}}}},
		"classes": &machine.SetClasses{By: "beth", Reason: "spring", At: at, Classes: []machine.Class{
			{Name: "gold", Again: machine.AgainPinned, MustFill: true, Limits: []machine.Limit{{Kind: machine.LimitMinimum, SKU: "TAP-22", Qty: 4}}}, {Name: "silver"}}},
		"move":         &machine.Move{Order: orderA, Plans: 3, Drop: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "york", Qty: 2}}, Legs: legs, Why: "moved from york to hull: one parcel fewer", Explain: machine.ReasonsOf(explain), At: at},
		"raise":        &machine.Raise{Kind: ledger.KindDisplaced, At: at},
		"lift":         &machine.Lift{Site: "york", SKU: "PIPE", By: "olga", Reason: "counted, 4 are there", At: at},
		"unserved":     &machine.Unserved{Order: orderA, Plans: 3, At: at},
		"decline":      &machine.Decline{Order: orderA, Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}, At: at},
		"place_unsure": &machine.PlaceUnsure{Place: machine.Place{Order: daring, Key: digest("u"), Request: digest("r"), Legs: legs, Explain: machine.ReasonsOf(explain), At: at}},
		"transfer": &machine.MakeTransfer{Key: digest("k"), Request: digest("r"), By: "beth", At: at, Transfer: ledger.Transfer{ID: "T-1", From: "hull", To: "leeds", State: ledger.TransferAsked, Note: "for the window",
			Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 4, Sent: 3, Came: 2, Damaged: 1}}}},
		"judge_transfer": &machine.JudgeTransfer{Transfer: "T-2", Refuse: true, Key: digest("k"), Request: digest("r"), By: "beth", Reason: "it is needed there", At: at},
		"purchase": &machine.Purchase{Act: ledger.PurchaseSend, By: "beth", Reason: "the spring sale", At: at, Seen: 1, Order: ledger.Purchase{Reference: "PO 900", Supplier: "Acme", Site: "hull", Due: "2026-01-12", Note: "by lorry",
			Lines: []ledger.PurchaseLine{{SKU: "PIPE", Qty: 24, Due: "2026-01-19", Cost: ledger.Price{Money: ledger.Money{Amount: 1_150, Currency: "GBP"}, Per: 12}, Pack: ledger.Packed{Name: "CASE", Units: 12, Count: 2}}, {SKU: "VALVE", Qty: 3}}}},
		"put_detailed": &machine.PutDetailed{PutItems: machine.PutItems{At: at, Items: []ledger.Item{{SKU: "BEND", Name: "Bend", Tracking: ledger.TrackNone, Detail: &ledger.Detail{Unit: "each", Packs: []ledger.Pack{{Name: "BOX", Units: 10, Barcodes: []string{"BEND-BOX"}}}}},
			{SKU: "SET-1", Name: "Set", Tracking: ledger.TrackNone, Detail: &ledger.Detail{Kit: []ledger.Component{{SKU: "BEND", Qty: 2}, {SKU: "CLIP", Qty: 4}}}}}}},
		"set_hook": &machine.SetHook{Act: machine.HookPut, Hook: "wh_0001", To: "https://shop.example/hooks/holdfast", Secret: []byte("0123456789abcdef01234567"), Note: "the web shop",
			Kinds:  []machine.EventKind{machine.EventConfirmed, machine.EventDelayed, machine.EventDispatched, machine.EventHandedOver, machine.EventLow, machine.EventException},
			Events: []machine.EventID{{1, 2}}, Key: digest("wk"), Request: digest("r"), By: "olga", Reason: "it asked", At: at},
		"told": &machine.Told{At: at, Hooks: []machine.HookTold{{Hook: "wh_0001", Next: 9, Done: []uint64{2, 3}, Owed: []machine.Owed{{Place: 4, Tries: 2, Since: at, Due: at.Add(time.Minute)}},
			Dead: []machine.Gone{{Place: 5, Tries: 9, Why: "answered 410"}}, Count: 4, Failed: 2, Why: "answered 500", OK: true}}},
		"customers": &machine.PutCustomers{Customers: []ledger.CustomerAccount{{ID: "ACME-1", Group: "trade", TermsDays: 30, Person: ledger.Person{Name: "Acme Ltd", Email: "buy@acme.example",
			Addresses: []ledger.CustomerAddress{{Label: "yard", Lines: []string{"4 Mill Lane"}, City: "Leeds", Postcode: "LS1 4AP", Country: "GB"}}}}, {ID: "C-7", Erased: true}}, By: "beth", Reason: "asked for by letter", At: at},
		"set_company": &machine.SetCompany{Currency: "GBP", Zones: []machine.SiteZone{{Site: "leeds", Zone: "Europe/London"}, {Site: ledger.HQ, Zone: "Europe/London"}}, By: "beth", Reason: "we open", At: at,
			Checks:  []ledger.Check{{Name: "bulk", Kind: ledger.CheckQuantity, Limit: 1_000, SKU: "TAP-22", Override: true, Owner: "sales", Default: ledger.RulingCancel, Wait: 4 * 3600}, {Name: "terms", Kind: ledger.CheckCredit, Site: "leeds", Refuses: true}},
			Recalls: []ledger.Recall{{SKU: "TAP-22", Lot: "LOT7", Reason: "glass in it", Number: 7, By: "beth", At: at}}},
		"set_reasons_acts": &machine.SetReasons{Reasons: []ledger.Reason{{Code: "broken", Way: ledger.ReasonOut, Acts: 1<<ledger.ReasonAdjust | 1<<ledger.ReasonReturn}, {Code: "too-small", Acts: 1 << ledger.ReasonReturn}}, By: "beth", At: at},
		"set_reasons": &machine.SetReasons{Reasons: []ledger.Reason{{Code: "damaged", Text: "broken or wet", Way: ledger.ReasonOut, Approve: true, Blocks: true}, {Code: "found", Way: ledger.ReasonIn}}, Ends: []string{"theft"},
			By: "beth", Reason: "one word a thing", At: at, Version: 4},
		"set_least": &machine.SetLeast{Rules: []ledger.LeastRule{{Category: "dairy", Days: 5}, {SKU: "MILK", Group: "hospital", Days: 9}}, By: "beth", Reason: "the ward asked", At: at, Version: 4},
		"supplier_says": &machine.SupplierSays{Order: orderA, Supplier: "Oak & Co", Deed: ledger.DropSend, Lines: []ledger.CommandLine{{Line: 2, Qty: 1}}, Note: "DN 7",
			Ship: ledger.Shipment{Carrier: "Post", Service: "48h", Tracking: "T1"}, Due: "2026-12-10", Reason: "late", By: "olga", Key: digest("k"), Request: digest("r"), At: at},
		"forget": &machine.Forget{Do: machine.ForgetAnswer, Site: "york", UpTo: 7, Epoch: 2, Days: 30, By: "beth", Reason: "its disk was shredded", At: at},
		"learn_users": &machine.LearnUsers{Site: "leeds", At: at, People: ledger.People{Version: 7, Said: ledger.Said{Life: 2, Number: 40}, Gone: []ledger.GoneUser{{ID: "bob", Said: ledger.Said{Life: 2, Number: 31}}},
			Users: []ledger.User{{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier), Disabled: "left", Said: ledger.Said{Life: 2, Number: 33}, PasswordAt: ledger.Said{Life: 1, Number: 8}}}}},
		"release":  &machine.Release{Site: "york", Epoch: 2, Book: [16]byte{7, 8}, Of: sha256.Sum256([]byte("print")), Secret: machine.BookSecret{1, 2, 3}, Print: sha256.Sum256([]byte("print")), At: at},
		"set_site": &machine.SetSite{Site: "york", Counter: true, Rank: 3, By: "beth", Reason: "typed wrong", At: at},
		"trust": &machine.Trust{Do: machine.TrustGive, For: "leeds", Fence: true, By: "beth", Reason: "a new machine", At: at,
			Token: machine.JoinToken{ID: [8]byte{1, 2}, Hash: sha256.Sum256([]byte("secret")), Root: sha256.Sum256([]byte("root")), Epoch: 3, Given: machine.Signed{By: "olga", Reason: "r", At: at}, Ends: at.Add(24 * time.Hour), Used: at, Key: sha256.Sum256([]byte("key")), Over: machine.Signed{By: "beth", Reason: "lost", At: at}}},
		"put_user": &machine.PutUser{User: ledger.User{ID: "ann", Kind: ledger.UserPerson, Name: "Ann Lee", Roles: ledger.RolesOf(ledger.Cashier), Sites: []ledger.SiteID{"leeds"},
			PIN: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", Password: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$cGFzcw"}, By: "beth", Reason: "new here", At: at, Seen: 7},
		"act": &machine.Act{Hand: machine.Hand{By: "ann", Device: "desk-1", Approver: "beth"}, Call: "POST /v1/exceptions/1/resolve", Note: "n", At: at,
			Member: &machine.Resolve{Exception: 1, By: "ann", Note: "counted", At: at}},
		"place_by":   &machine.Place{Order: o, Key: digest("k"), Request: digest("r"), Legs: legs, Explain: machine.ReasonsOf(explain), At: at, Hand: machine.Hand{By: "ann", Device: "desk-1", Approver: "beth"}},
		"asset":      &machine.SetAsset{Asset: "credit:ACME-1", Do: machine.AssetLimit, Site: "leeds", Amount: 500_000, Key: digest("a"), Request: digest("r"), Ref: "PAY-1", By: "beth", Reason: "a good year", At: at},
		"await_word": &machine.AwaitWord{Order: waiting(o), No: true, Key: digest("key"), Request: digest("request"), By: "beth", Reason: "a typing error", At: at},
		"exchange": &machine.Exchange{At: at, Sides: []machine.Side{
			{Order: orderA, Plans: 3, Drop: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "york", Qty: 2}}, Legs: legs, Gets: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 2}}, Why: "one parcel fewer", Explain: machine.ReasonsOf(explain)},
			{Order: orderB, Plans: 1, Drop: []allocate.Leg{{Line: 2, SKU: "TAP-22", Site: "hull", Qty: 2}}, Gets: []allocate.Leg{{Line: 2, SKU: "TAP-22", Site: "york", Qty: 2}}, Why: "for order a", Explain: machine.ReasonsOf(explain)}}},
		"expect": &machine.Expect{Reference: "PO 812", Supplier: "Acme", Site: "hull", Due: machine.DayOf(at) + 3, By: "beth", Reason: "ordered", At: at,
			Lines: []machine.DueLine{{SKU: "PIPE", Qty: 4}, {SKU: "TAP-22", Qty: 5}}},
		"overdue":     &machine.Overdue{At: at},
		"agree":       &machine.Agree{Commands: 36, At: at},
		"policy_seen": &machine.SetPolicy{CoverDays: 2, By: "beth", Reason: "a long weekend", At: at, Version: 7},
		"sourcing_seen": &machine.SetSourcing{Presets: []machine.PresetFor{{Channel: "web", Preset: "nearest"}}, By: "beth", Reason: "a new carrier", At: at, Version: 7,
			Left: []machine.LegsLeft{{Site: "york", Orders: 3}}},
		"classes_seen": &machine.SetClasses{Classes: []machine.Class{{Name: "gold"}}, By: "beth", Reason: "spring", At: at, Version: 7},
		"expect_seen":  &machine.Expect{Reference: "PO 812", Cancel: true, By: "beth", Reason: "lost at sea", At: at, Seen: 3},
		"policy": &machine.SetPolicy{CoverDays: 2, ChancePercent: 5, Preset: "nearest", By: "beth", Reason: "a long weekend", At: at, Rules: []machine.Rule{
			{Kind: machine.RuleNeverBelow, Site: "york", SKU: "PIPE", Qty: 1}, {Kind: machine.RuleKeepBack, SKU: "TAP-22", Qty: 2}}},
		"sourcing": &machine.SetSourcing{Terms: []machine.Terms{{Site: "hull", LatE6: 53_745_671, LonE6: -336_741, Group: "north", Closed: 1, Holidays: []machine.Day{20_447, 20_454},
			WaitDays: 3, ShipDays: 1, TravelDays: 2, Capacity: 40, NoCollect: true, Areas: []machine.Area{{Country: "GB"}, {Country: "IE", Prefix: "D0"}},
			SKUs: []ledger.SKU{"BOILER"}, Customers: []string{"c-9"}, Classes: []string{"staff"}},
			{Site: "york", Stopped: "flooded", NoDeliver: true}},
			Zones:   []machine.Zone{{Area: machine.Area{Country: "GB", Prefix: "YO"}, Site: "york", Cost: 3}, {Area: machine.Area{Country: "GB"}, Group: "north", Cost: 12}},
			Presets: []machine.PresetFor{{Channel: "web", Class: "trade", Preset: "nearest"}, {Class: "staff", Preset: "clear_old"}}, By: "beth", Reason: "the new warehouse", At: at},
	}
}

// bench is a machine with real sites' ledgers beside it.
type bench struct {
	t     testing.TB
	m     *machine.Machine
	cores map[ledger.SiteID]*ledger.Core
	sent  map[ledger.SiteID]ledger.Position
	log   [][]byte // what was applied
	pasts map[ledger.SiteID]*cutPast
	stash map[ledger.SiteID][]*ledger.Frame // cut, and not pushed
}

// journal is what a site has written, also what it has told nobody.
func (b *bench) journal(id ledger.SiteID) []*ledger.Entry {
	if b.stash == nil {
		b.stash = map[ledger.SiteID][]*ledger.Frame{}
	}
	b.stash[id] = append(b.stash[id], b.cutOff(id)...)
	return b.pasts[id].entries
}

// cutOff cuts what a site has decided, and keeps its entries for whoever asks.
func (b *bench) cutOff(id ledger.SiteID) []*ledger.Frame {
	frames := b.cores[id].Cut()
	if past := b.pasts[id]; past != nil {
		for _, f := range frames {
			entries, err := f.Open()
			if err != nil {
				b.t.Fatal(err)
			}
			past.entries = append(past.entries, entries...)
		}
	}
	return frames
}

// A cutPast finds the entries that were cut.
type cutPast struct {
	noPast
	entries []*ledger.Entry
}

func (p *cutPast) Entry(seq ledger.Seq) (*ledger.Entry, error) {
	if seq < 1 || int(seq) > len(p.entries) {
		return nil, ledger.ErrClosed
	}
	return p.entries[seq-1], nil
}

type noPast struct{}

func (noPast) Key(ledger.Digest) (ledger.KeyRef, bool, error)    { return ledger.KeyRef{}, false, nil }
func (noPast) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (noPast) Entry(ledger.Seq) (*ledger.Entry, error)           { return nil, ledger.ErrClosed }
func newBench(t testing.TB) *bench                               { return newBenchOf(t, ledger.KindLast) }

// agreedBench is a bench of whose servers every one has this build.
func agreedBench(t testing.TB) *bench {
	b := newBench(t)
	b.ok(&machine.Agree{Commands: machine.ThisBuild().Commands, At: at})
	return b
}

// goldenBench is a bench as the builds had it that wrote a golden file: it folds kinds up to last, and carries out commands up to a kind.
func goldenBench(t testing.TB, last ledger.Kind, commands int) *bench {
	b := newBenchOf(t, last)
	b.ok(&machine.Agree{Commands: commands, At: at})
	return b
}

// newBenchOf is a bench that folds kinds up to last.
func newBenchOf(t testing.TB, last ledger.Kind) *bench {
	b := &bench{t: t, m: machine.New(), cores: map[ledger.SiteID]*ledger.Core{}, sent: map[ledger.SiteID]ledger.Position{}}
	b.ok(&machine.Bootstrap{Random: [16]byte{9}, At: at})
	b.ok(&machine.Raise{Kind: last, At: at})
	return b
}

// apply lets a command at the machine, which must be sound afterwards.
func (b *bench) apply(c machine.Command) machine.Result {
	b.t.Helper()
	b.log = append(b.log, machine.Marshal(c))
	res := b.m.Apply(b.log[len(b.log)-1])
	if err := b.m.Check(); err != nil {
		b.t.Fatalf("after %T: %v", c, err)
	}
	return res
}

func (b *bench) ok(c machine.Command) machine.Result {
	b.t.Helper()
	res := b.apply(c)
	if res.Err != nil {
		b.t.Fatalf("%T: got %v, want no error", c, res.Err)
	}
	return res
}

// site makes a site known and opens its book.
func (b *bench) site(id ledger.SiteID, counter bool) *ledger.Core {
	b.t.Helper()
	b.ok(&machine.AddSite{Site: id, Counter: counter, Key: digest(string(id)), At: at})
	if b.pasts == nil {
		b.pasts = map[ledger.SiteID]*cutPast{}
	}
	b.pasts[id] = &cutPast{}
	core := ledger.NewCore(ledger.NewState(id), b.pasts[id])
	b.cores[id] = core
	res := b.ok(b.hello(id))
	core.Decide(&ledger.OpenSite{Epoch: res.Epoch, Body: ledger.OpenedBody{Counter: counter}}, at)
	core.Decide(&ledger.AdoptHQ{H: res.H}, at)
	return core
}

func nodeKey(id ledger.SiteID) (k [16]byte) {
	copy(k[:], id)
	return k
}

func (b *bench) hello(id ledger.SiteID) *machine.Hello {
	head, s := b.cores[id].Head().Position, b.cores[id].State
	return &machine.Hello{Site: id, NodeKey: nodeKey(id), Boot: [16]byte{1}, Head: head, HQ: s.HQ, Applied: s.Commands, VersionMin: 1, VersionMax: 1, At: at}
}

// cut makes a push of what a site has decided since the last.
func (b *bench) cut(id ledger.SiteID) *machine.Push {
	core := b.cores[id]
	before := b.sent[id]
	frames := append(b.stash[id], b.cutOff(id)...)
	delete(b.stash, id)
	p := push(before, frames...)
	p.Site, p.Epoch, p.Head = id, core.State.Epoch, core.Head().Position
	b.sent[id] = p.Head
	return p
}

func push(before ledger.Position, frames ...*ledger.Frame) *machine.Push {
	p := &machine.Push{Before: before, At: at}
	for _, f := range frames {
		p.Frames = append(p.Frames, ledger.EncodeFrame(f))
		p.Site, p.Epoch, p.Head = f.Site, f.Epoch, f.End()
	}
	return p
}

// talk pushes what a site has and lets it carry out every command, until there is none.
func (b *bench) talk(id ledger.SiteID) {
	b.t.Helper()
	for {
		b.ok(b.cut(id))
		cs := b.m.Commands(id, b.cores[id].State.Commands.Number, 100)
		if len(cs) == 0 {
			return
		}
		for _, c := range cs {
			if out := b.cores[id].Decide(&ledger.Obey{Command: c}, at); out.Err != nil {
				b.t.Fatalf("%s: obey %s: %v", id, c.ID, out.Err)
			}
		}
	}
}

func (b *bench) receive(id ledger.SiteID, q ledger.Qty, sku ledger.SKU) {
	b.cores[id].Decide(&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: sku, Qty: q}}}, at)
}

// exceptions lists what was raised, the oldest first.
func (b *bench) exceptions() []string {
	var out []string
	for _, e := range b.m.Exceptions(100) {
		out = append([]string{e.What}, out...)
	}
	return out
}

// opened is the explanation of a record.
func opened(t testing.TB, e *machine.Explained) allocate.Explanation {
	t.Helper()
	out, err := e.Explain.Open()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
