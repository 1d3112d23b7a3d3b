package wire_test

import (
	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// kinds makes an empty message of each kind. Their places are the first byte of the fuzzer's
// corpus: append only.
func kinds() []func() wire.Message {
	return []func() wire.Message{
		func() wire.Message { return &wire.Hello{} },
		func() wire.Message { return &wire.Welcome{} },
		func() wire.Message { return &wire.Push{} },
		func() wire.Message { return &wire.PushReply{} },
		func() wire.Message { return &wire.Pull{} },
		func() wire.Message { return &wire.PullReply{} },
		func() wire.Message { return &wire.CallReply{} },
		func() wire.Message { return &wire.Ask{} },
		func() wire.Message { return &wire.AskReply{} },
		func() wire.Message { return &wire.Look{} },
		func() wire.Message { return &wire.LookReply{} },
		func() wire.Message { return &wire.Forward{} },
		func() wire.Message { return &wire.ForwardReply{} },
		func() wire.Message { return &wire.Rejoin{} },
		func() wire.Message { return &wire.RejoinReply{} },
		func() wire.Message { return &wire.Need{} },
		func() wire.Message { return &wire.NeedReply{} },
	}
}

const anOrder = ledger.OrderID("01890a5d-ac96-774b-bcce-b302099a8057")

// samples has one full message of each kind, in the order of kinds. The golden files are made
// of it.
func samples() []wire.Message {
	b16 := func(b byte) (out [16]byte) { out[0], out[15] = b, b; return out }
	h := ledger.Incarnation{Counter: 3, Random: b16(7)}
	head := ledger.Position{Epoch: 2, Seq: 4711, Hash: ledger.Hash{1, 2, 3}}
	stored := ledger.Position{Epoch: 2, Seq: 4700, Hash: ledger.Hash{4, 5, 6}}
	cursor := ledger.Cursor{H: h, Number: 12, Hash: ledger.Hash{9}}
	return []wire.Message{
		&wire.Hello{VersionMin: 1, VersionMax: 2, Site: "leeds", NodeKey: b16(1), Boot: b16(2), Head: head, HQ: h, Applied: cursor, WallMS: 1_790_000_000_123, HeardMS: 1_790_000_000_001},
		&wire.Welcome{Verdict: wire.VerdictBehind, Why: "a later head was shown", Version: 1, H: h, Epoch: 3, Counter: true, Stored: stored, WallMS: 1_790_000_000_456, Issued: cursor, Attest: true},
		&wire.Push{Site: "leeds", Epoch: 2, Head: head, Before: stored, Frames: [][]byte{{1, 2, 3}, {4}}},
		&wire.PushReply{Verdict: wire.VerdictOK, Stored: head},
		&wire.Pull{Site: "leeds", Head: head, HQ: h, Applied: cursor, RefVersion: 99, WaitMS: 20_000, Sites: wire.SitesNone, Boot: b16(2), HeardMS: 1_790_000_000_002, Customers: 8, Company: 9, People: 10,
			Remembers: ledger.People{Version: 10, Said: ledger.Said{Life: 2, Number: 9}, Gone: []ledger.GoneUser{{ID: "bob", Said: ledger.Said{Life: 2, Number: 4}}},
				Users: []ledger.User{{ID: "ann", Kind: ledger.UserPerson, Disabled: "left", Said: ledger.Said{Life: 2, Number: 3}}}}},
		&wire.PullReply{
			Verdict: wire.VerdictOK, H: h, Stored: head,
			Commands: []ledger.HQCommand{{H: h, Number: 13, Hash: ledger.Hash{8}, ID: "leeds/2/4700/0", Kind: ledger.CommandReserve,
				Order: anOrder, Owner: "hull", Site: "leeds", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP-22", Qty: 2}}}},
			Items: []ledger.Item{{SKU: "TAP-22", Name: "Basin tap 22 mm", Barcodes: []string{"5012345678900"},
				Price: ledger.Price{Money: ledger.Money{Amount: 1295, Currency: "GBP"}, Per: 1, Tax: "included"}, Tracking: ledger.TrackNone, Version: 101}},
			RefVersion: 101, RefMore: true, Archived: 4600,
			Calls:  []wire.Call{{ID: b16(3), DeadlineMS: 250, Cancel: anOrder, Actor: "owner", Key: b16(4), Request: b16(5)}},
			WallMS: 1_790_000_000_789,
			Sites:  ledger.SiteList{Version: 77, Sites: []ledger.ListedSite{{ID: "hull"}, {ID: "leeds", Counter: true}}},
			Issued: cursor, Attest: true, Greet: true,
			Customers: []ledger.CustomerAccount{{ID: "ACME-1", Version: 9, Group: "trade", TermsDays: 30, Person: ledger.Person{Name: "Acme Ltd"}}, {ID: "C-7", Version: 10, Erased: true}}, CustomersUpTo: 10, CustomersMore: true,
			People:  ledger.People{Version: 10, Users: []ledger.User{{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier), PIN: "$argon2id$"}}},
			Company: ledger.Company{Version: 9, Currency: "GBP", Zone: "Europe/London", Checks: []ledger.Check{{Name: "bulk", Kind: ledger.CheckQuantity, Limit: 1_000, Owner: "sales", Default: ledger.RulingCancel, Wait: 3600}}},
		},
		&wire.CallReply{Site: "leeds", ID: b16(3), Status: 200, Body: []byte(`{"ok":true}`), Replayed: true},
		&wire.Ask{Site: "leeds", Head: head, ID: ledger.AskID{Site: "leeds", Epoch: 2, Seq: 4711}, Order: anOrder,
			Lines: []wire.AskLine{{Line: 2, SKU: "TAP-22", Qty: 5}}, Whole: true, Only: "hull", DeadlineMS: 225,
			For: wire.AskFor{Fulfil: ledger.Deliver, Channel: "phone", ShipTo: ledger.Address{Country: "GB", Postcode: "LS1 4AP", LatE6: 53_795_000, LonE6: -1_548_000},
				Customer: "c-9", Class: "trade", NeedBy: "2026-12-10"}},
		&wire.AskReply{Verdict: wire.VerdictOK, Yes: true, Legs: []ledger.AskLeg{{Line: 2, Site: "hull", Qty: 5}}, Why: "held"},
		&wire.Look{Site: "leeds", Head: head, SKU: "TAP-22", Other: "york"},
		&wire.LookReply{Verdict: wire.VerdictOK, Ask: 4, Likely: 12, LikelyAgeMS: 1500, Other: wire.FoundYes},
		&wire.Forward{Site: "leeds", Head: head, Cancel: anOrder, Actor: "ann", Key: b16(4), Request: b16(5), DeadlineMS: 2000, Device: "till-3", Approver: "beth"},
		&wire.ForwardReply{Verdict: wire.VerdictOK, Status: 503, Body: []byte(`{"code":"owner_unreachable"}`), Replayed: true},
		&wire.Rejoin{VersionMin: 1, VersionMax: 2, Site: "leeds", NodeKey: b16(1), Boot: b16(2), Head: head, HQ: h, Replace: true},
		&wire.RejoinReply{Verdict: wire.VerdictLater, Why: "another node of this site is heard", H: h, Epoch: 3, Counter: true, Stored: stored},
		&wire.Need{Site: "leeds", Head: head, Asset: "credit:ACME-1", Amount: 12_500},
		&wire.NeedReply{Verdict: wire.VerdictOK, Why: "some of it", Coming: 900},
	}
}

// draw makes any message that a sender may send.
func draw(t *rapid.T) wire.Message {
	d := drawer{t}
	switch rapid.IntRange(0, len(kinds())-1).Draw(t, "kind") {
	case 0:
		return &wire.Hello{VersionMin: d.small(), VersionMax: d.small(), Site: d.site(), NodeKey: d.b16(), Boot: d.b16(),
			Head: d.position(), HQ: d.incarnation(), Applied: d.cursor(), WallMS: d.ms(), HeardMS: d.ms()}
	case 1:
		return &wire.Welcome{Verdict: d.verdict(), Why: d.text(wire.WhyMax), Version: d.small(), H: d.incarnation(),
			Epoch: ledger.Epoch(d.uint()), Counter: d.bool(), Stored: d.position(), WallMS: d.ms(), Issued: d.cursor(), Attest: d.bool()}
	case 2:
		return &wire.Push{Site: d.site(), Epoch: ledger.Epoch(d.uint()), Head: d.position(), Before: d.position(),
			Frames: list(d, func() []byte { return rapid.SliceOfN(rapid.Byte(), 1, 2000).Draw(t, "frame") })}
	case 3:
		return &wire.PushReply{Verdict: d.verdict(), Why: d.text(wire.WhyMax), Stored: d.position()}
	case 4:
		return &wire.Pull{Site: d.site(), Head: d.position(), HQ: d.incarnation(), Applied: d.cursor(), RefVersion: d.uint(), WaitMS: d.ms(), Sites: d.uint(), Boot: d.b16(), HeardMS: d.ms(), Customers: d.uint(), Company: d.uint(), People: d.uint()}
	case 5:
		return &wire.PullReply{Verdict: d.verdict(), Why: d.text(wire.WhyMax), H: d.incarnation(), Stored: d.position(),
			Commands: list(d, d.command), Items: list(d, d.item), RefVersion: d.uint(), RefMore: d.bool(), Calls: list(d, d.call), WallMS: d.ms(),
			Sites:    ledger.SiteList{Version: d.uint(), Sites: list(d, func() ledger.ListedSite { return ledger.ListedSite{ID: d.site(), Counter: d.bool()} })},
			Archived: ledger.Seq(d.uint()), Issued: d.cursor(), Attest: d.bool(), Greet: d.bool(),
			Customers: list(d, func() ledger.CustomerAccount {
				return ledger.CustomerAccount{ID: ledger.CustomerID(d.site()), Version: d.uint(), Erased: d.bool(), Group: d.text(20)}
			}), CustomersUpTo: d.uint(), CustomersMore: d.bool()}
	case 6:
		return &wire.CallReply{Site: d.site(), ID: d.b16(), Status: d.small(), Body: d.body(), Replayed: d.bool()}
	case 7:
		return &wire.Ask{Site: d.site(), Head: d.position(), ID: ledger.AskID{Site: d.site(), Epoch: ledger.Epoch(d.uint()), Seq: ledger.Seq(d.uint())},
			Order: anOrder, Lines: list(d, func() wire.AskLine { return wire.AskLine{Line: d.small(), SKU: d.sku(), Qty: d.wanted()} }),
			Whole: d.bool(), Only: rapid.SampledFrom([]ledger.SiteID{"", "hull"}).Draw(t, "only"), DeadlineMS: d.ms(),
			For: wire.AskFor{Fulfil: rapid.SampledFrom([]ledger.Fulfil{"", ledger.Deliver}).Draw(t, "fulfil"), Channel: ledger.Channel(d.text(ledger.TextMax)),
				ShipTo:   ledger.Address{Country: d.text(ledger.TextMax), Postcode: d.text(ledger.TextMax), LatE6: d.ms(), LonE6: -d.ms()},
				Customer: d.text(ledger.TextMax), Class: d.text(ledger.TextMax), NeedBy: d.text(ledger.TextMax)}}
	case 8:
		return &wire.AskReply{Verdict: d.verdict(), Yes: d.bool(),
			Legs: list(d, func() ledger.AskLeg { return ledger.AskLeg{Line: d.small(), Site: d.site(), Qty: d.wanted()} }), Why: d.text(wire.WhyMax)}
	case 9:
		return &wire.Look{Site: d.site(), Head: d.position(), SKU: d.sku(), Other: rapid.SampledFrom([]ledger.SiteID{"", "hull"}).Draw(t, "other")}
	case 10:
		return &wire.LookReply{Verdict: d.verdict(), Ask: d.wanted() - 1, Likely: d.wanted() - 1, LikelyAgeMS: d.ms(), Other: wire.Found(rapid.IntRange(0, 2).Draw(t, "found"))}
	case 11:
		return &wire.Forward{Site: d.site(), Head: d.position(), Cancel: anOrder, Actor: d.text(wire.ActorMax), Key: d.b16(), Request: d.b16(), DeadlineMS: d.ms(), Device: d.text(wire.ActorMax), Approver: d.text(wire.ActorMax)}
	case 12:
		return &wire.Rejoin{VersionMin: d.small(), VersionMax: d.small(), Site: d.site(), NodeKey: d.b16(), Boot: d.b16(),
			Head: d.position(), HQ: d.incarnation(), Replace: d.bool()}
	case 13:
		return &wire.RejoinReply{Verdict: d.verdict(), Why: d.text(wire.WhyMax), H: d.incarnation(), Epoch: ledger.Epoch(d.uint()),
			Counter: d.bool(), Stored: d.position()}
	case 15:
		return &wire.Need{Site: d.site(), Head: d.position(), Asset: "card:8817-22", Amount: d.wanted()}
	case 16:
		return &wire.NeedReply{Verdict: d.verdict(), Why: d.text(wire.WhyMax), Coming: d.wanted() - 1}
	default:
		return &wire.ForwardReply{Verdict: d.verdict(), Status: d.small(), Body: d.body(), Replayed: d.bool()}
	}
}

type drawer struct{ t *rapid.T }

// list draws nil or up to a few elements: an empty list reads as nil.
func list[T any](d drawer, one func() T) []T {
	var out []T
	for range rapid.IntRange(0, 4).Draw(d.t, "n") {
		out = append(out, one())
	}
	return out
}

func (d drawer) small() int   { return rapid.IntRange(0, 1<<30).Draw(d.t, "small") }
func (d drawer) uint() uint64 { return rapid.Uint64().Draw(d.t, "uint") }
func (d drawer) ms() int64    { return rapid.Int64().Draw(d.t, "ms") }
func (d drawer) bool() bool   { return rapid.Bool().Draw(d.t, "bool") }
func (d drawer) b16() [16]byte {
	return [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(d.t, "b16"))
}

func (d drawer) text(most int) string { return rapid.StringN(0, -1, most).Draw(d.t, "text") }

func (d drawer) site() ledger.SiteID {
	return ledger.SiteID(rapid.StringMatching(`[a-z][a-z0-9-]{2,31}`).Draw(d.t, "site"))
}

func (d drawer) sku() ledger.SKU {
	return ledger.SKU(rapid.StringMatching(`[A-Za-z0-9._/+#-]{1,40}`).Draw(d.t, "sku"))
}

func (d drawer) wanted() ledger.Qty {
	return ledger.Qty(rapid.Int64Range(1, int64(ledger.QtyMax)).Draw(d.t, "qty"))
}

func (d drawer) verdict() wire.Verdict { return wire.Verdict(rapid.Byte().Draw(d.t, "verdict")) }

func (d drawer) body() []byte {
	if b := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(d.t, "body"); len(b) > 0 {
		return b
	}
	return nil
}

func (d drawer) hash() ledger.Hash {
	return ledger.Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(d.t, "hash"))
}

func (d drawer) position() ledger.Position {
	return ledger.Position{Epoch: ledger.Epoch(d.uint()), Seq: ledger.Seq(d.uint()), Hash: d.hash()}
}

func (d drawer) incarnation() ledger.Incarnation {
	return ledger.Incarnation{Counter: d.uint(), Random: d.b16()}
}

func (d drawer) cursor() ledger.Cursor {
	return ledger.Cursor{H: d.incarnation(), Number: d.uint(), Hash: d.hash()}
}

func (d drawer) command() ledger.HQCommand {
	return ledger.HQCommand{H: d.incarnation(), Number: d.uint(), Hash: d.hash(), ID: d.text(60), Kind: ledger.CommandKind(rapid.IntRange(1, 5).Draw(d.t, "kind")),
		Order: anOrder, Owner: d.site(), Site: d.site(), Lines: list(d, func() ledger.CommandLine {
			return ledger.CommandLine{Line: rapid.IntRange(0, 5000).Draw(d.t, "line"), SKU: d.sku(), Qty: d.wanted()}
		})}
}

func (d drawer) item() ledger.Item {
	return ledger.Item{SKU: d.sku(), Name: d.text(80), Barcodes: list(d, func() string { return d.text(20) }),
		Price: ledger.Price{Money: ledger.Money{Amount: 5, Currency: "GBP"}, Per: 1}, Tracking: ledger.TrackLot, Version: d.uint()}
}

func (d drawer) call() wire.Call {
	return wire.Call{ID: d.b16(), DeadlineMS: d.ms(), Cancel: anOrder, Actor: d.text(wire.ActorMax), Key: d.b16(), Request: d.b16(), Device: d.text(wire.ActorMax), Approver: d.text(wire.ActorMax)}
}
