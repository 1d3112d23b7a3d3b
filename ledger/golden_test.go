package ledger_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/holdfast-stock/holdfast/ledger"
)

var update = flag.Bool("update", false, "write a new golden file where a format has changed; old ones stay")

// A format is one stored or sent record: its sample, and both directions of its codec.
type format struct {
	bytes  []byte
	value  any
	decode func([]byte) (any, error)
}

func formats() map[string]format {
	o, c, level := sampleOrder(), sampleCommand(), sampleLevel()
	all := map[string]format{
		"frame":      {ledger.EncodeFrame(sampleFrame()), must(openFrame(ledger.EncodeFrame(sampleFrame()))), as(openFrame)},
		"order":      {ledger.MarshalOrder(&o), &o, as(ledger.UnmarshalOrder)},
		"command":    {ledger.MarshalCommand(&c), &c, as(ledger.UnmarshalCommand)},
		"item":       {ledger.MarshalItem(sampleItem()), sampleItem(), as(ledger.UnmarshalItem)},
		"sites":      {ledger.MarshalSiteList(sampleSites()), sampleSites(), as(ledger.UnmarshalSiteList)},
		"level":      {ledger.MarshalLevel(level), *level, as(ledger.UnmarshalLevel)},
		"served":     {ledger.MarshalServed(sampleServed()), sampleServed(), as(ledger.UnmarshalServed)},
		"open":       {ledger.MarshalOpen(sampleOpen()), sampleOpen(), as(ledger.UnmarshalOpen)},
		"checkpoint": {ledger.MarshalCheckpoint(sampleCheckpoint()), sampleCheckpoint(), as(ledger.UnmarshalCheckpoint)},
		"trimmed":    {ledger.MarshalTrimmed(sampleTrimmed()), sampleTrimmed(), as(ledger.UnmarshalTrimmed)},
		"stubs":      {ledger.PackStubs(sampleStubs()), sampleStubs(), as(ledger.UnpackStubs)},
		"runs":       {ledger.MarshalRuns(sampleRuns()), sampleRuns(), as(ledger.UnmarshalRuns)},
		"record":     {ledger.AppendRecord(ledger.AppendRecord(nil, []byte("a frame")), []byte("another")), [][]byte{[]byte("a frame"), []byte("another")}, as(framesOfRecord)},
		"plan":       {ledger.MarshalPlan(samplePlan()), *samplePlan(), as(ledger.UnmarshalPlan)},
		"witness": {ledger.WitnessLine(sampleHead()), sampleHead(), func(b []byte) (any, error) {
			h, ok := ledger.ParseWitness(b)
			if !ok {
				return nil, fmt.Errorf("not a witness line")
			}
			return h, nil
		}},
	}
	all["checkpoint_rebuilding"] = format{ledger.MarshalCheckpoint(sampleRebuilding()), sampleRebuilding(), as(ledger.UnmarshalCheckpoint)}
	all["checkpoint_confirming"] = format{ledger.MarshalCheckpoint(sampleConfirming()), sampleConfirming(), as(ledger.UnmarshalCheckpoint)}
	all["lot_row"] = format{ledger.MarshalLotRow(sampleLotRow()), sampleLotRow(), as(ledger.UnmarshalLotRow)}
	all["level_lots"] = format{ledger.MarshalLevel(sampleLotLevel()), *sampleLotLevel(), as(ledger.UnmarshalLevel)}
	lotted, lottedBack := sampleBack(), sampleReturn()
	lotted.Lots = sampleOrderLots()
	lottedBack.Lines[1].Lots, lottedBack.Wishes[0].Lot = lotted.Lots[1:], "SN-004711"
	all["order_lots"] = format{ledger.MarshalOrder(&lotted), &lotted, as(ledger.UnmarshalOrder)}
	all["return_lots"] = format{ledger.MarshalReturn(lottedBack), lottedBack, as(ledger.UnmarshalReturn)}
	unconfirmed := sampleUnconfirmed()
	all["order_unconfirmed"] = format{ledger.MarshalOrder(&unconfirmed), &unconfirmed, as(ledger.UnmarshalOrder)}
	sent := sampleSent()
	all["order_sent"] = format{ledger.MarshalOrder(&sent), &sent, as(ledger.UnmarshalOrder)}
	dropSample := sampleDrop()
	all["order_drop_ship"] = format{ledger.MarshalOrder(&dropSample), &dropSample, as(ledger.UnmarshalOrder)}
	all["served_worked"] = format{ledger.MarshalServed(sampleWorked()), sampleWorked(), as(ledger.UnmarshalServed)}
	grouped := sampleItem()
	grouped.Category = "taps"
	all["item_category"] = format{ledger.MarshalItem(grouped), grouped, as(ledger.UnmarshalItem)}
	all["item_detail"] = format{ledger.MarshalItem(sampleDetailed()), sampleDetailed(), as(ledger.UnmarshalItem)}
	all["people_heard"] = format{ledger.MarshalPeople(heardPeople()), heardPeople(), as(ledger.UnmarshalPeople)}
	all["people"] = format{ledger.MarshalPeople(samplePeople()), samplePeople(), as(ledger.UnmarshalPeople)}
	approved := sampleOpen()
	approved.Approver = "beth"
	all["open_approved"] = format{ledger.MarshalOpen(approved), approved, as(ledger.UnmarshalOpen)}
	all["change"] = format{ledger.MarshalChange(sampleChange()), sampleChange(), as(ledger.UnmarshalChange)}
	all["company"] = format{ledger.MarshalCompany(sampleCompany()), sampleCompany(), as(ledger.UnmarshalCompany)}
	choosy := sampleCompany()
	choosy.Reasons = sampleReasons()
	all["company_reasons"] = format{ledger.MarshalCompany(choosy), choosy, as(ledger.UnmarshalCompany)}
	acting := sampleCompany()
	acting.Reasons = sampleActReasons()
	all["company_acts"] = format{ledger.MarshalCompany(acting), acting, as(ledger.UnmarshalCompany)}
	lastingly := sampleCompany()
	lastingly.Least = sampleLeast()
	all["company_least"] = format{ledger.MarshalCompany(lastingly), lastingly, as(ledger.UnmarshalCompany)}
	all["customer"] = format{ledger.MarshalCustomer(sampleCustomer()), sampleCustomer(), as(ledger.UnmarshalCustomer)}
	picky := sampleCustomer()
	picky.LeastDays = 60
	all["customer_least"] = format{ledger.MarshalCustomer(picky), picky, as(ledger.UnmarshalCustomer)}
	costs := *sampleDetailed().Detail
	costs.Cost = ledger.Price{Money: ledger.Money{Amount: 640, Currency: "GBP"}, Per: 12}
	lasting := costs
	lasting.WarrantyMonths, lasting.LeastDays = 24, 90
	dropping := lasting
	dropping.DropShip = true
	housed := lasting
	housed.Homes = []ledger.Home{{Site: "hull", Bin: "B-02"}, {Site: "leeds", Bin: "A-01"}}
	all["detail_homes"] = format{ledger.AppendDetail(nil, &housed), &housed, as(ledger.ReadDetail)}
	all["detail_drop_ship"] = format{ledger.AppendDetail(nil, &dropping), &dropping, as(ledger.ReadDetail)}
	all["detail_warranty"] = format{ledger.AppendDetail(nil, &lasting), &lasting, as(ledger.ReadDetail)}
	all["detail_cost"] = format{ledger.AppendDetail(nil, &costs), &costs, as(ledger.ReadDetail)}
	all["detail"] = format{ledger.AppendDetail(nil, sampleDetailed().Detail), sampleDetailed().Detail, as(ledger.ReadDetail)}
	kits := sampleKits()
	all["order_kits"] = format{ledger.MarshalOrder(&kits), &kits, as(ledger.UnmarshalOrder)}
	charged := samplePriced()
	draft := sampleDraft()
	all["order_draft"] = format{ledger.MarshalOrder(&draft), &draft, as(ledger.UnmarshalOrder)}
	scanned := sampleDraft()
	scanned.Draft.Lots = []ledger.LineLot{{Line: 1, LotQty: ledger.LotQty{Lot: "L-1", Qty: 3, Expiry: 20500}}, {Line: 2, LotQty: ledger.LotQty{Lot: "S-9", Qty: 1, Serial: true}}}
	all["order_draft_lots"] = format{ledger.MarshalOrder(&scanned), &scanned, as(ledger.UnmarshalOrder)}
	all["order_priced"] = format{ledger.MarshalOrder(&charged), &charged, as(ledger.UnmarshalOrder)}
	all["charge"] = format{ledger.MarshalCharge(charged.Lines[1].Charge), charged.Lines[1].Charge, as(ledger.UnmarshalCharge)}
	all["holdings"] = format{ledger.MarshalHoldings(sampleHoldings()), sampleHoldings(), as(ledger.ReadHoldings)}
	reasoned := sampleWriteOff()
	all["command_reasoned"] = format{ledger.MarshalCommand(&reasoned), &reasoned, as(ledger.UnmarshalCommand)}
	back := sampleBack()
	all["order_returned"] = format{ledger.MarshalOrder(&back), &back, as(ledger.UnmarshalOrder)}
	all["return"] = format{ledger.MarshalReturn(sampleReturn()), sampleReturn(), as(ledger.UnmarshalReturn)}
	claimed := sampleTakings(ledger.MoneyClaim{ID: "01900000-0000-7000-8000-00000000c001", Order: oid("o9"), Amount: 700, Risk: true, Answered: true, Granted: 450, Owner: "york"}, ledger.MoneyClaim{ID: "01900000-0000-7000-8000-00000000c002", Order: oid("o9"), Amount: 5})
	all["money_claims"] = format{ledger.MarshalTakings(claimed), claimed, as(ledger.UnmarshalTakings)}
	byHand := sampleTakings(ledger.MoneyClaim{ID: "01900000-0000-7000-8000-00000000c001", Order: oid("o9"), Amount: 700, Answered: true, Owner: "york", ByHand: true})
	all["money_claims_by_hand"] = format{ledger.MarshalTakings(byHand), byHand, as(ledger.UnmarshalTakings)}
	all["money"] = format{ledger.MarshalTakings(sampleTakings()), sampleTakings(), as(ledger.UnmarshalTakings)}
	moneyed := sampleConfirming()
	moneyed.Money = 17
	all["checkpoint_money"] = format{ledger.MarshalCheckpoint(moneyed), moneyed, as(ledger.UnmarshalCheckpoint)}
	boxing := moneyed
	boxing.Cartons = 130
	all["checkpoint_cartons"] = format{ledger.MarshalCheckpoint(boxing), boxing, as(ledger.UnmarshalCheckpoint)}
	all["served_cartons"] = format{ledger.MarshalServed(sampleBoxed()), sampleBoxed(), as(ledger.UnmarshalServed)}
	claim := sampleTakeBack()
	lots := sampleExpect()
	all["command_lots"] = format{ledger.MarshalCommand(&lots), &lots, as(ledger.UnmarshalCommand)}
	boxed := lots
	boxed.Cartons = sampleWayCartons()
	all["command_cartons"] = format{ledger.MarshalCommand(&boxed), &boxed, as(ledger.UnmarshalCommand)}
	aside := boxed
	aside.Apart, aside.Customer = true, "ACME-1"
	all["command_apart"] = format{ledger.MarshalCommand(&aside), &aside, as(ledger.UnmarshalCommand)}
	named := sampleCommand()
	named.Customer = "ACME-1"
	all["command_customer"] = format{ledger.MarshalCommand(&named), &named, as(ledger.UnmarshalCommand)}
	known := *sampleWorked()
	known.Customer = "ACME-1"
	all["served_customer"] = format{ledger.MarshalServed(&known), &known, as(ledger.UnmarshalServed)}
	unbegun := ledger.Served{Order: known.Order, Owner: known.Owner, Lines: known.Lines, Customer: "ACME-1"}
	all["served_customer_begun_not"] = format{ledger.MarshalServed(&unbegun), &unbegun, as(ledger.UnmarshalServed)}
	all["command_take_back"] = format{ledger.MarshalCommand(&claim), &claim, as(ledger.UnmarshalCommand)}
	leaves := &ledger.Entry{Kind: ledger.KindTransferDispatched, Seq: 12, Epoch: 3, At: time.Date(2026, 1, 5, 8, 30, 0, 0, time.UTC), Actor: "ann", Device: "T1", Ref: "T-1", Key: ledger.DigestOf([]byte("k")), Request: ledger.DigestOf([]byte("r")),
		Postings: []ledger.Posting{{SKU: "TAP-22", Account: ledger.Account{Kind: ledger.Transit, Ref: "hull"}, Qty: 3}}, Body: &ledger.TransferBody{Transfer: ledger.Transfer{ID: "T-1", From: "leeds", To: "hull", State: ledger.TransferDispatched,
			Lines: []ledger.TransferLine{{SKU: "TAP-22", Qty: 3, Sent: 3}}, Cartons: []ledger.WayCarton{{SSCC: cartonOne, Goods: []ledger.WayGoods{{SKU: "TAP-22", Qty: 3}}, Once: true}}}}}
	all["entry_transfer_numbered"] = format{ledger.MarshalEntry(leaves), leaves, as(ledger.UnmarshalEntry)}
	for kind, e := range sampleEntries() {
		all["entry_"+kind] = format{ledger.MarshalEntry(e), e, as(ledger.UnmarshalEntry)}
	}
	return all
}

// An openedFrame is what a frame says, whatever version its entries are stored in.
type openedFrame struct {
	Site    ledger.SiteID
	Epoch   ledger.Epoch
	First   ledger.Seq
	Before  ledger.Hash
	Entries []*ledger.Entry
}

func openFrame(b []byte) (*openedFrame, error) {
	f, err := ledger.DecodeFrame(b)
	if err == nil {
		err = f.Verify()
	}
	if err != nil {
		return nil, err
	}
	entries, err := f.Open()
	return &openedFrame{f.Site, f.Epoch, f.First, f.Before, entries}, err
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func as[V any](decode func([]byte) (V, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return decode(b) }
}

// goldenFiles lists the files of one format, oldest first.
func goldenFiles(t testing.TB, name string) []string {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", name+".[0-9][0-9].hex"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

func readGolden(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(string(bytes.ReplaceAll(text, []byte("\n"), nil)))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return b
}

func writeGolden(t testing.TB, name string, number int, b []byte) {
	t.Helper()
	var text bytes.Buffer
	for part := range slices.Chunk(b, 32) {
		fmt.Fprintf(&text, "%x\n", part)
	}
	file := filepath.Join("testdata", "golden", fmt.Sprintf("%s.%02d.hex", name, number))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFormatEverWrittenStaysReadable(t *testing.T) {
	all := formats()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f := all[name]
		files := goldenFiles(t, name)
		if *update && (len(files) == 0 || !bytes.Equal(readGolden(t, files[len(files)-1]), f.bytes)) {
			writeGolden(t, name, len(files)+1, f.bytes)
			files = goldenFiles(t, name)
		}
		if len(files) == 0 {
			t.Errorf("%s: got no golden file, want one; go test -update writes it", name)
			continue
		}
		for _, file := range files {
			got, err := f.decode(readGolden(t, file))
			if err != nil || !reflect.DeepEqual(got, f.value) {
				t.Errorf("%s: got %+v, %v; want %+v", file, got, err, f.value)
			}
		}
		if name != "witness" {
			var all any // what we write, any reader of msgpack can read
			if err := msgpack.Unmarshal(f.bytes, &all); err != nil {
				t.Errorf("%s: got %v from the library, want a value", name, err)
			}
		}
		if newest := readGolden(t, files[len(files)-1]); !bytes.Equal(f.bytes, newest) {
			t.Errorf("%s: got bytes\n%x\nwant\n%x", name, f.bytes, newest)
		}
	}
}

func TestFieldsOfANewerWriterArePassedOver(t *testing.T) {
	for name, f := range formats() {
		if name == "witness" || f.bytes[0]&0xf0 != 0x90 || f.bytes[0] == 0x9f { // a longer array has another head
			continue
		}
		switch name { // the last field is left out where it is empty: command_apart, company_acts, detail_warranty, item_detail, level_lots, order_kits and served_customer have it, money_claims and people_heard
		case "command", "command_cartons", "command_customer", "command_lots", "command_reasoned", "company", "company_least", "company_reasons", "customer", "command_take_back", "detail", "detail_cost", "item", "item_category", "level", "money", "open", "order", "order_unconfirmed", "people", "served", "served_cartons", "served_worked":
			continue
		}
		newer := bytes.Clone(f.bytes)
		for newer[0] >= 0x9c && newer[0] < 0x9e && strings.HasPrefix(name, "entry_") { // the last fields, lots and approver, are left out where there are none
			newer = append(newer, map[byte]byte{0x9c: 0xc0, 0x9d: 0xa0}[newer[0]])
			newer[0]++
		}
		newer = append(newer, 0xa1, 'x')
		newer[0]++
		got, err := f.decode(newer)
		if err != nil || !reflect.DeepEqual(got, f.value) {
			t.Errorf("%s with one more field: got %+v, %v; want %+v", name, got, err, f.value)
		}
	}
}

func TestARecordWithAFieldTooFewIsRefused(t *testing.T) {
	for name, f := range formats() {
		if name == "witness" || f.bytes[0]&0xf0 != 0x90 {
			continue
		}
		for cut := range f.bytes {
			if got, err := f.decode(f.bytes[:cut]); err == nil {
				t.Fatalf("%s cut to %d bytes: got %+v, want an error", name, cut, got)
			}
		}
	}
}

// A shop of a few tills writes some hundred thousand of these a year; the hash beside each takes
// 32 bytes more.
func TestASaleOfThreeLinesTakes170BytesAtMost(t *testing.T) {
	s := newStage(t, "leeds", true)
	p := threeLines(1)
	for i := range p.Order.Lines {
		p.Order.Lines[i].SKU = ledger.SKU(fmt.Sprintf("SKU-%06d", i))
		p.Order.Lines[i].Price = ledger.Price{}
		s.do(&ledger.Receive{Lines: []ledger.ReceiptLine{{SKU: p.Order.Lines[i].SKU, Qty: 1000}}})
	}
	p.Order.Channel, p.Order.TakenAt = "till", s.now
	out := s.do(p)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	out.Entry.Seq = 5_000_000
	b := ledger.MarshalEntry(out.Entry)
	t.Logf("%d bytes", len(b))
	if len(b) > 170 {
		t.Errorf("got %d bytes, want at most 170: % x", len(b), b)
	}
}
