package machine_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/allocate"
	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden gives what was written once: bytes in a raft log or a snapshot stay readable. got must
// still be the same.
func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", name+".hex")
	if *update {
		var text strings.Builder
		for part := range slices.Chunk(got, 32) {
			text.WriteString(hex.EncodeToString(part) + "\n")
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := stone(t, name)
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, hex.Dump(got), hex.Dump(want))
	}
	return want
}

// stone gives a golden file that nothing writes any more, or that golden has just looked after.
func stone(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCommandsKeepTheirBytes(t *testing.T) {
	for name, c := range samples() {
		t.Run(name, func(t *testing.T) {
			b := machine.Marshal(c)
			got, err := machine.Unmarshal(golden(t, "command_"+name, b))
			if err != nil || !reflect.DeepEqual(got, c) {
				t.Errorf("got %+v (%v), want %+v", got, err, c)
			}
		})
	}
}

// Before entries and orders left out what is zero, before a hello told of a twin, a life of its epochs and a
// server of its build; before a loan said why, and amendments and cancels who asked.
func TestEarlierCommandsAreRead(t *testing.T) {
	for name, c := range samples() {
		if _, err := os.Stat(filepath.Join("testdata", "command_"+name+"_1.hex")); err != nil {
			continue
		}
		switch c := c.(type) {
		case *machine.Hello:
			c.Twin = [16]byte{}
		case *machine.Reincarnate:
			c.Apart = false
		case *machine.Hold:
			c.Class = ""
		case *machine.PutServer:
			c.Build = machine.Build{}
		case *machine.Borrow:
			c.Explain = machine.Reasons{}
		case *machine.Cancel:
			c.By = ""
		case *machine.Amend:
			c.By = ""
		}
		got, err := machine.Unmarshal(stone(t, "command_"+name+"_1"))
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s: got %+v (%v), want %+v", name, got, err, c)
		}
	}
}

// full is a machine with every kind of record in it.
func full(t testing.TB) *bench { return fullOf(t, samples(), ledger.KindRejected) }

func fullOf(t testing.TB, cs map[string]machine.Command, last ledger.Kind) *bench {
	b := newBenchOf(t, last)
	if c, ok := cs["agreed"]; ok {
		b.ok(c)
	}
	b.site("hull", false)
	leeds := b.site("leeds", true)
	york := b.site("york", true)
	b.receive("hull", 9, "TAP-22")
	b.receive("york", 4, "PIPE")
	for _, id := range []ledger.SiteID{"hull", "leeds", "york"} {
		b.talk(id)
	}
	if set, ok := cs["policy"]; ok {
		b.ok(set)
	}
	if set, ok := cs["sourcing"]; ok {
		b.ok(set)
	}
	b.ok(cs["server"])
	b.ok(cs["items"])
	place := cs["place"].(*machine.Place)
	place.Using = ""
	if c, ok := cs["expect"]; ok {
		b.ok(c)
		came := *c.(*machine.Expect)
		came.Reference, came.Due, came.Lines = "PO 811", machine.DayOf(at)-1, []machine.DueLine{{SKU: "GLUE", Qty: 4}}
		b.ok(&came)
		b.bring("hull", "PO 811", ledger.ReceiptLine{SKU: "GLUE", Qty: 4})
		b.ok(b.cut("hull"))
	}
	b.ok(place)
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: order(orderB, ledger.Refuse, ledger.Line{SKU: "TAP-22", Qty: 2})}, at)
	hold := cs["hold"].(*machine.Hold)
	hold.Ask, hold.Order, hold.Head = out.Entry.Body.(*ledger.OrderBody).Ask, orderB, leeds.Head().Position
	b.ok(hold)
	borrow := cs["borrow"].(*machine.Borrow)
	borrow.For, borrow.Ask = machine.SubjectOfFill(orderA), ledger.AskID{}
	borrow.Sites[0].Lines[0].SKU = "PIPE"
	b.ok(borrow)
	york.Decide(&ledger.Place{Order: order(orderC, ledger.Refuse, ledger.Line{SKU: "PIPE", Qty: 1})}, at)
	b.talk("york")
	if last >= ledger.KindRejected {
		york.Decide(&ledger.RejectLeg{Order: orderC, Reason: "bent"}, at)
		b.ok(b.cut("york"))
	}
	again := b.hello("york")
	again.Boot[0]++
	b.ok(again)
	bad := b.hello("york")
	bad.NodeKey[0]++
	b.apply(bad)
	hull, _ := b.m.Site("hull")
	b.ok(&machine.Archived{Ends: []machine.ArchiveEnd{{Site: "hull", End: hull.Stored}}, At: at})
	return b
}

func encode(t testing.TB, m *machine.Machine) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := m.Freeze().Encode(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestSnapshotsKeepTheirBytes(t *testing.T) {
	b := encode(t, full(t).m)
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_counts", b)))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, m); !bytes.Equal(got, b) {
		t.Error("a restored machine encodes to other bytes")
	}
	if n := m.Counts(); n.Sites != 3 || n.Requests != 1 || n.Asks != 1 || n.Orders != 2 || n.Items != 1 || n.Answers != 1 || n.Commands == 0 || n.Exceptions != 2 {
		t.Errorf("got %+v, want something of each", n)
	}
	if len(m.ItemsByBarcode("5010")) != 1 {
		t.Error("a barcode is not found in a restored machine")
	}
	if e, ok := m.Explained(orderA); !ok || len(opened(t, e).Lines) != 1 {
		t.Error("an explanation is not found in a restored machine")
	}
}

// Before owners and former boots were kept.
func TestAnEarlierSnapshotIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot")))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := m.Site("york"); !ok || s.Broken == "" || s.Parted || s.Former != nil || s.Ack.Number != 1 {
		t.Errorf("got %+v, want york turned away, command 1 answered, no former boots", s)
	}
}

// Before owners were kept in packed rows.
func TestASnapshotWithARecordForEachOwnerIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_2")))
	if err != nil {
		t.Fatal(err)
	}
	packed, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_3")))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := encode(t, m), encode(t, packed); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state in packed rows")
	}
}

// Before entries and orders left out what is zero.
func TestASnapshotWithFullOrdersIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_3")))
	if err != nil {
		t.Fatal(err)
	}
	got, known := m.Order(orderA)
	want, _ := full(t).m.Order(orderA)
	if !known || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Before anything was archived.
func TestASnapshotWithoutAnArchiveIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_4")))
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := m.Site("hull"); !ok || s.Archived.Seq != 0 || s.Stored.Seq == 0 {
		t.Errorf("got %+v, want hull stored and not archived", s)
	}
}

// Before anything went back in time.
func TestASnapshotOfTheFirstLifeIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_5")))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Sites() {
		if s.Frozen != "" || s.Lost.Done() || s.Waived.Done() || s.Attested.Known() {
			t.Errorf("got %+v, want nothing of it frozen, lost, waived or attested", s)
		}
	}
}

// Before a life numbered its epochs apart.
func TestASnapshotWithoutAFirstEpochIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_6")))
	if err != nil {
		t.Fatal(err)
	}
	cs := samples()
	cs["server"].(*machine.PutServer).Build = machine.Build{}
	delete(cs, "policy")
	delete(cs, "expect")
	delete(cs, "sourcing")
	if got, want := encode(t, m), encode(t, fullOf(t, cs, ledger.KindDisplaced).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, whose first epoch is 0 too")
	}
}

// Before a server told of its build: it can apply nothing that is new.
func TestASnapshotWithoutBuildsIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_7")))
	if err != nil {
		t.Fatal(err)
	}
	want := machine.Server{Name: "hq1", URL: "http://127.0.0.1:1", Raft: "127.0.0.1:2"}
	if got := m.Servers(); len(got) != 1 || got[0] != want || want.Least(machine.ThisBuild()) != (machine.Build{}) {
		t.Errorf("got %+v, want %+v, of whose build nothing is known", got, want)
	}
}

// Before head office had settings, and learnt what is asked for.
func TestASnapshotWithoutSettingsIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_8")))
	if err != nil {
		t.Fatal(err)
	}
	cs := samples()
	delete(cs, "policy")
	delete(cs, "expect")
	delete(cs, "sourcing")
	if got, want := encode(t, m), encode(t, fullOf(t, cs, ledger.KindDisplaced).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, without settings")
	}
	if m.Settings() != (machine.Settings{}) || len(m.Rated("york", "", 9)) != 0 {
		t.Errorf("got %+v, %v; want neither settings nor demand", m.Settings(), m.Rated("york", "", 9))
	}
}

// Before orders were confirmed, and sites avoided that had not served a SKU.
func TestASnapshotOfOrdersThatAreAllPromisedIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_9")))
	if err != nil {
		t.Fatal(err)
	}
	cs := samples()
	delete(cs, "expect")
	delete(cs, "sourcing")
	if got, want := encode(t, m), encode(t, fullOf(t, cs, ledger.KindDisplaced).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, in which nothing was rejected")
	}
}

// Before anything was due in.
func TestASnapshotWithoutDeliveriesIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_10")))
	if err != nil {
		t.Fatal(err)
	}
	cs := samples()
	delete(cs, "expect")
	delete(cs, "sourcing")
	if got, want := encode(t, m), encode(t, fullOf(t, cs, ledger.KindRejected).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, in which nothing is due in")
	}
	if m.Expected() != 0 || m.Today() != 0 {
		t.Errorf("got %d deliveries on day %d, want none", m.Expected(), m.Today())
	}
}

// Before what sites serve was set.
func TestASnapshotWithoutSourcingIsRead(t *testing.T) {
	m, err := machine.Restore(bytes.NewReader(stone(t, "snapshot_due")))
	if err != nil {
		t.Fatal(err)
	}
	cs := samples()
	delete(cs, "sourcing")
	if got, want := encode(t, m), encode(t, fullOf(t, cs, ledger.KindRejected).m); !bytes.Equal(got, want) {
		t.Error("it encodes to other bytes than the same state today, of whose sites nothing is set")
	}
	if m.Sourced() || m.AnyTerms() || len(m.Presets()) > 0 {
		t.Error("got something of sourcing, want nothing set")
	}
}

// Before what happened to orders was kept, and who had a site planned from again.
func TestASnapshotWithoutStoriesIsRead(t *testing.T) {
	for name, today := range map[string]*bench{"snapshot_agreed": full(t), "snapshot_amended_2": amended(t, newBenchOf(t, ledger.KindRejected))} {
		m, err := machine.Restore(bytes.NewReader(stone(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := encode(t, m), encode(t, today.m); !bytes.Equal(got, want) {
			t.Errorf("%s: it encodes to other bytes than the same state today, in which no story is kept", name)
		}
	}
}

// Once builds have agreed parcels are kept, for they come off their days again.
func TestASnapshotKeepsParcels(t *testing.T) {
	cs := samples()
	cs["agreed"] = cs["agree"]
	b := encode(t, fullOf(t, cs, ledger.KindRejected).m)
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_terms", b)))
	if err != nil || !bytes.Equal(encode(t, m), b) {
		t.Errorf("got %v, or other bytes from the restored machine", err)
	}
	if !m.ByTerms() || m.ParcelsForTest() == 0 || m.LoadOf("hull", machine.DayOf(at)) == 0 {
		t.Errorf("agreed: %t, parcels of %d orders; want some", m.ByTerms(), m.ParcelsForTest())
	}
}

// What a server says of its build is what it reads.
func TestABuildNamesItsLastKinds(t *testing.T) {
	b, last := machine.ThisBuild(), 0
	for _, c := range samples() {
		last = max(last, int(machine.Marshal(c)[2])) // version, kind, body
	}
	if b.Entries != ledger.KindLast || b.Commands != last {
		t.Errorf("got %+v, want entries up to %d and commands up to %d", b, ledger.KindLast, last)
	}
}

func TestADamagedSnapshotIsNotServed(t *testing.T) {
	b := encode(t, full(t).m)
	step := 5 // each place among the bits of a byte in turn
	if os.Getenv("HOLDFAST_LONG") == "1" {
		step = 1
	}
	for i := 0; i < len(b); i += step {
		bad := bytes.Clone(b)
		bad[i] ^= 1 << (i % 8)
		if _, err := machine.Restore(bytes.NewReader(bad)); err == nil {
			t.Fatalf("byte %d of %d changed: got no error", i, len(b))
		}
	}
	for n := 0; n < len(b); n += 7 * step {
		if _, err := machine.Restore(bytes.NewReader(b[:n])); err == nil {
			t.Fatalf("cut off after %d bytes: got no error", n)
		}
	}
}

func TestAFrozenStateDoesNotChange(t *testing.T) {
	b := full(t)
	f := b.m.Freeze()
	want := encode(t, b.m)
	b.receive("hull", 3, "TAP-22")
	b.talk("hull")
	b.ok(samples()["items"])
	var got bytes.Buffer
	if err := f.Encode(&got); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the frozen state changed with the machine (%v)", err)
	}
}

type fullDisk struct{ left int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestASnapshotThatCannotBeWrittenIsAnError(t *testing.T) {
	m := full(t).m
	n := len(encode(t, m))
	for _, room := range []int{0, n / 2, n - 1} {
		if err := m.Freeze().Encode(&fullDisk{room}); err == nil || !strings.HasPrefix(err.Error(), "encode snapshot") {
			t.Errorf("with room for %d of %d bytes: got %v, want an error", room, n, err)
		}
	}
}

// FuzzApply: whatever bytes come out of a raft log, the machine stands, and stands sound.
func FuzzApply(f *testing.F) {
	for _, c := range samples() {
		f.Add(machine.Marshal(c))
	}
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, cmd []byte) {
		b := full(t)
		b.m.Apply(cmd)
		if err := b.m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzFrame: whatever a site pushes in a frame whose chain is right, the machine stands.
func FuzzFrame(f *testing.F) {
	core := ledger.NewCore(ledger.NewState("york"), noPast{})
	core.Decide(&ledger.OpenSite{Epoch: 1}, at)
	core.Decide(&ledger.Receive{ID: "d", Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 2}}}, at)
	for _, frame := range core.Cut() {
		for _, e := range frame.Entries {
			f.Add(e)
		}
	}
	f.Fuzz(func(t *testing.T, entry []byte) {
		b := full(t)
		site, _ := b.m.Site("york")
		b.m.Apply(machine.Marshal(next(site, entry)))
		if err := b.m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// next wraps stored bytes into a push that follows what is stored, its chain right.
func next(s *machine.Site, entries ...[]byte) *machine.Push {
	f := &ledger.Frame{Site: s.ID, Epoch: s.Epoch, First: s.Stored.Seq + 1, Before: s.Stored.Hash, Entries: entries}
	hash := f.Before
	for i, e := range entries {
		hash = ledger.Chain(hash, s.ID, s.Epoch, f.First+ledger.Seq(i), e)
		f.Hashes = append(f.Hashes, hash)
	}
	return push(s.Stored, f)
}

// FuzzRestore sets the checksum right, so that what lies behind it is reached.
func FuzzRestore(f *testing.F) {
	whole := encode(f, full(f).m)
	f.Add(whole[:len(whole)-sha256.Size])
	f.Fuzz(func(t *testing.T, b []byte) {
		sum := sha256.Sum256(b)
		if m, err := machine.Restore(bytes.NewReader(append(b, sum[:]...))); err == nil {
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestBytesThatAreNoCommandChangeNothing(t *testing.T) {
	b := full(t)
	before := encode(t, b.m)
	for name, cmd := range map[string][]byte{
		"nothing":               nil,
		"a length that lies":    {0xdd, 0xff, 0xff, 0xff, 0xff},
		"an unknown kind":       {0x93, 0x01, 0x7f, 0xc4, 0x00},
		"an unknown version":    {0x93, 0x02, 0x01, 0xc4, 0x00},
		"a body cut off":        machine.Marshal(samples()["place"])[:40],
		"bytes behind the body": append(machine.Marshal(samples()["cancel"]), 0),
	} {
		if res := b.m.Apply(cmd); !errors.Is(res.Err, machine.ErrUnknownCommand) {
			t.Errorf("%s: got %v, want %v", name, res.Err, machine.ErrUnknownCommand)
		}
	}
	after := encode(t, b.m)
	// The count of commands is all that moves: it stands in the first record and the checksum.
	if len(before) != len(after) {
		t.Errorf("got a snapshot of %d bytes, want %d", len(after), len(before))
	}
}

// TestASnapshotKeepsWhatWasAmended, the version that the next amendment has to name, the classes, what they have got, and a move that
// is under way.
func TestASnapshotKeepsWhatWasAmended(t *testing.T) {
	b := amended(t, goldenBench(t, ledger.KindTransferReceived, 43)) // as the builds were that wrote it
	m, err := machine.Restore(bytes.NewReader(golden(t, "snapshot_amended_4", encode(t, b.m))))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, m); !bytes.Equal(got, encode(t, b.m)) {
		t.Error("a restored machine encodes to other bytes")
	}
	a, _ := m.Answer(digest("a"))
	if m.VersionOf(orderA) != 2 || a.Amends != 1 || m.VersionOf(orderB) != 1 {
		t.Errorf("got version %d, %d amended, want 2 and 1", m.VersionOf(orderA), a.Amends)
	}
	if mv, moving := m.Moving(orderC); !moving || len(mv.Legs) != 1 || len(mv.Drops) != 1 || m.Moved(orderC, at) != 1 {
		t.Errorf("got %+v, want a move under way", mv)
	}
	if cs := m.Classes(); len(cs) != 2 || cs[0].Name != "gold" || m.RankOf("silver") != 2 || m.Allowed("gold", "TAP-22", 0, at).All != 8 {
		t.Errorf("got %+v, want gold before silver, and 8 left of its cap", cs)
	}
}

// amended is a machine of which an order was amended, and one is being moved.
func amended(t *testing.T, b *bench) *bench {
	t.Helper()
	b.site("hull", false)
	b.receive("hull", 9, "TAP-22")
	b.talk("hull")
	b.ok(&machine.Place{Order: order(orderA, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2}), Key: digest("k"), Request: digest("k"),
		Legs: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 2}}, At: at})
	b.ok(&machine.Amend{Order: orderA, Version: 1, Key: digest("a"), Request: digest("a"), Lines: []machine.AmendLine{{Line: 1, Qty: 1}, {SKU: "TAP-22", Qty: 3}},
		Legs: []allocate.Leg{{Line: 2, SKU: "TAP-22", Site: "hull", Qty: 3}}, At: at})
	b.ok(&machine.SetClasses{By: "beth", At: at, Classes: []machine.Class{{Name: "gold", Limits: []machine.Limit{{Kind: machine.LimitDay, SKU: "TAP-22", Qty: 9}, {Kind: machine.LimitMinimum, SKU: "TAP-22", Qty: 1}}}, {Name: "silver"}}})
	gold := order(orderC, ledger.Backorder, ledger.Line{SKU: "TAP-22", Qty: 2})
	gold.Class = "gold"
	b.ok(&machine.Place{Order: gold, Key: digest("c"), Request: digest("c"), Legs: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 1}}, At: at})
	b.site("york", false)
	b.receive("york", 2, "TAP-22")
	b.talk("york")
	moved, _ := b.m.Order(orderC)
	b.ok(&machine.Move{Order: orderC, Plans: moved.Plans, Drop: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "hull", Qty: 1}}, Legs: []allocate.Leg{{Line: 1, SKU: "TAP-22", Site: "york", Qty: 1}}, Why: "nearer", At: at})
	return b
}
