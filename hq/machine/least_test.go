package machine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// transferAt is a transfer as a site's book knows it by the last entry about it.
func (b *bench) transferAt(site ledger.SiteID, id ledger.TransferID) *ledger.Transfer {
	b.t.Helper()
	var out *ledger.Transfer
	for _, raw := range b.log {
		cmd, err := machine.Unmarshal(raw)
		if err != nil {
			b.t.Fatal(err)
		}
		p, ok := cmd.(*machine.Push)
		if !ok || p.Site != site {
			continue
		}
		for _, raw := range p.Frames {
			f, err := ledger.DecodeFrame(raw)
			if err != nil {
				b.t.Fatal(err)
			}
			for _, e := range f.Entries {
				v, err := ledger.UnmarshalEntry(e)
				if err != nil {
					b.t.Fatal(err)
				}
				switch body := v.Body.(type) {
				case *ledger.TransferBody:
					if body.Transfer.ID == id {
						out = &body.Transfer
					}
				case *ledger.ObeyedBody:
					if body.Transfer != nil && body.Transfer.ID == id {
						out = body.Transfer
					}
				}
			}
		}
	}
	if out == nil {
		b.t.Fatalf("%s knows nothing of transfer %s", site, id)
	}
	return out
}

// As long as a server may be of a build before, commands are what they were: their bytes and the hash of the stream. From then on lots stand apart from what
// is hashed, and a site is told whose an order is that it serves.
func TestWhatStandsApartInACommandWaitsForAllServers(t *testing.T) {
	for name, agreed := range map[string]int{"before": machine.LeastCommands - 1, "all know": machine.LeastCommands} {
		t.Run(name, func(t *testing.T) {
			b := hauls(t)
			b.ok(&machine.Agree{Commands: agreed, At: at})
			all := agreed == machine.LeastCommands
			b.says("york", &ledger.Receive{ID: "lots", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5, Lots: []ledger.LotQty{{Lot: "A", Qty: 5}}}}})
			b.says("york", &ledger.MakeTransfer{Transfer: haul("T-1", "york", "leeds", 5)})
			b.says("york", &ledger.DispatchTransfer{ID: "T-1", Lots: []ledger.SKULot{{SKU: "TAP-22", LotQty: ledger.LotQty{Lot: "A", Qty: 5}}}, Lines: []ledger.TransferLine{{SKU: "TAP-22", Sent: 5}}})
			cs := b.m.Commands("leeds", 0, 10)
			i := slices.IndexFunc(cs, func(c ledger.HQCommand) bool { return c.Kind == ledger.CommandTransfer })
			if i < 0 || len(cs[i].Lots) != 1 || cs[i].Apart != all {
				t.Fatalf("got %+v, want the lot, apart: %t", cs, all)
			}
			place := &machine.Place{Key: digest("k"), Request: digest("r"), Legs: plan("1 TAP-22 hull 2"), At: at,
				Order: ledger.Order{ID: orderA, Owner: ledger.HQ, Customer: "ACME-1", Channel: "web", Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: []ledger.Line{{SKU: "TAP-22", Qty: 2}}}}
			b.ok(place)
			cs = b.m.Commands("hull", 0, 10)
			last := cs[len(cs)-1]
			if want := map[bool]string{true: "ACME-1"}[all]; last.Kind != ledger.CommandReserve || last.Customer != want {
				t.Errorf("got a %s for %q, want a reserve for %q", last.Kind, last.Customer, want)
			}
			b.restarts()
			for _, id := range []ledger.SiteID{"leeds", "hull", "york"} {
				b.talk(id)
			}
			level, _ := b.cores["leeds"].State.Level("TAP-22")
			if level.Lot("A") != nil {
				t.Errorf("got %+v, want none here yet", level.Lots)
			}
			b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Bin: "A-1", Came: 5}}})
			level, _ = b.cores["leeds"].State.Level("TAP-22")
			if a := level.Lot("A"); a == nil || a.Here() != 5 {
				t.Errorf("got %+v at leeds, want five of A", level.Lots)
			}
			b.talk("york")
			b.audit()
		})
	}
}

// A site whose build passes over what stands apart follows its stream, takes the goods in, and knows no lots of them: somebody hears of it.
func TestASiteOfAnOlderBuildThatPassesOverLotsIsNamed(t *testing.T) {
	b := hauls(t)
	b.ok(&machine.Agree{Commands: machine.LeastCommands, At: at})
	b.says("york", &ledger.Receive{ID: "lots", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 5, Lots: []ledger.LotQty{{Lot: "A", Qty: 5}}}}})
	b.says("york", &ledger.MakeTransfer{Transfer: haul("T-1", "york", "leeds", 5)})
	b.says("york", &ledger.DispatchTransfer{ID: "T-1", Lots: []ledger.SKULot{{SKU: "TAP-22", LotQty: ledger.LotQty{Lot: "A", Qty: 5}}}, Lines: []ledger.TransferLine{{SKU: "TAP-22", Sent: 5}}})
	for _, c := range b.m.Commands("leeds", b.cores["leeds"].State.Commands.Number, 10) {
		c.Lots, c.Apart, c.Customer = nil, false, "" // as such a build reads it
		b.decides("leeds", &ledger.Obey{Command: c})
	}
	b.ok(b.cut("leeds"))
	if e := b.asked("does_not_fit"); e == nil || e.Why != "transfer T-1: leeds has an older build, which passes over the lots of a command (expect): upgrade it, and count there by lot what came" {
		t.Errorf("got %+v, want the site named", e)
	}
	b.says("leeds", &ledger.ReceiveTransfer{ID: "T-1", Lines: []ledger.ReceivedLine{{SKU: "TAP-22", Bin: "A-1", Came: 5}}})
	b.talk("york")
	b.transferIs("T-1", "settled qty=5 sent=5 came=5 damaged=0 way=0")
	b.audit()
}

// Who has changed it is kept, and so there has to be somebody.
func TestLeastDaysAreSetBySomebodyAndInTheirRank(t *testing.T) {
	b := newBench(t)
	for want, c := range map[string]*machine.SetLeast{
		"by is empty: a setting is changed by somebody":                                                     {Rules: []ledger.LeastRule{{Days: 1}}, At: at},
		"line 2: rules is for the same goods and customers as another one: there can be one number of days": {Rules: []ledger.LeastRule{{Days: 1}, {Days: 2}}, By: "beth", Reason: "r", At: at},
		"line 1: group is longer than 200 bytes":                                                            {Rules: []ledger.LeastRule{{Group: strings.Repeat("g", 201)}}, By: "beth", Reason: "r", At: at},
		"line 1: category is longer than 64 bytes":                                                          {Rules: []ledger.LeastRule{{Category: strings.Repeat("g", 65)}}, By: "beth", Reason: "r", At: at},
		"rules are more than 200: name categories in the place of articles":                                 {Rules: make([]ledger.LeastRule, 201), By: "beth", Reason: "r", At: at},
	} {
		if got := b.apply(c).Err; got == nil || got.Error() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	b.ok(&machine.SetLeast{Rules: []ledger.LeastRule{{Category: "dairy", Days: 5}}, By: "beth", Reason: "r", At: at})
	b.restarts()
	if got := b.m.CompanyFor("leeds").Least; len(got) != 1 || got[0].Days != 5 {
		t.Errorf("got %+v after a restart", got)
	}
	b.audit()
}
