package ledger_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// fuzzCodec asserts that whatever decodes also encodes to something that decodes equal: nothing
// that was taken in can come out as something else.
func fuzzCodec[V any](f *testing.F, decode func([]byte) (V, error), encode func(V) []byte, seeds ...[]byte) {
	for _, s := range append(seeds, hostile...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(encode(v))
		if err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("got %+v, %v after encoding again; want %+v", again, err, v)
		}
	})
}

// hostile holds what has killed msgpack decoders before.
var hostile = [][]byte{
	{0xdd, 0xff, 0xff, 0xff, 0xff}, // an array of 4 billion
	{0xdf, 0xff, 0xff, 0xff, 0xff}, // a map of 4 billion
	{0xdb, 0xff, 0xff, 0xff, 0xff}, // a string of 4 GB
	{0xc6, 0xff, 0xff, 0xff, 0xff}, // 4 GB of bytes
	{0xc9, 0xff, 0xff, 0xff, 0xff, 0x01},
	bytes.Repeat([]byte{0x91}, 4000),
	{},
	{0xc1},
}

func FuzzScan(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, form := range formats() {
		f.Add(form.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if ledger.Scan(b) != nil {
			return
		}
		if len(b) == 0 {
			t.Fatal("got an empty message through the scan, want it refused")
		}
		if err := ledger.Scan(append(bytes.Clone(b), 0xc0)); err == nil {
			t.Fatal("got a byte behind the value through the scan, want it refused")
		}
		if err := ledger.Scan(b[:len(b)-1]); err == nil {
			t.Fatal("got a value cut off through the scan, want it refused")
		}
	})
}

func FuzzEntry(f *testing.F) {
	var seeds [][]byte
	for _, e := range sampleEntries() {
		seeds = append(seeds, ledger.MarshalEntry(e))
	}
	fuzzCodec(f, ledger.UnmarshalEntry, ledger.MarshalEntry, seeds...)
}

func FuzzFrame(f *testing.F) {
	fuzzCodec(f, ledger.DecodeFrame, ledger.EncodeFrame, ledger.EncodeFrame(sampleFrame()))
}

func FuzzCommand(f *testing.F) {
	c := sampleCommand()
	reasoned, claim := sampleWriteOff(), sampleTakeBack()
	lots := sampleExpect()
	fuzzCodec(f, ledger.UnmarshalCommand, ledger.MarshalCommand, ledger.MarshalCommand(&c), ledger.MarshalCommand(&reasoned), ledger.MarshalCommand(&claim), ledger.MarshalCommand(&lots))
}

func FuzzReturn(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalReturn, ledger.MarshalReturn, ledger.MarshalReturn(sampleReturn()))
}

func FuzzMoney(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalTakings, ledger.MarshalTakings, ledger.MarshalTakings(sampleTakings()), ledger.MarshalTakings(sampleTakings(ledger.MoneyClaim{ID: "c", Order: "o", Amount: 7, Granted: 5, Answered: true, Owner: "york"})))
}

func FuzzOrder(f *testing.F) {
	o, kits, sent, priced := sampleOrder(), sampleKits(), sampleSent(), sampleDraft()
	fuzzCodec(f, ledger.UnmarshalOrder, ledger.MarshalOrder, ledger.MarshalOrder(&o), ledger.MarshalOrder(&kits), ledger.MarshalOrder(&sent), ledger.MarshalOrder(&priced))
}

func FuzzItem(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalItem, ledger.MarshalItem, ledger.MarshalItem(sampleItem()), ledger.MarshalItem(&ledger.Item{SKU: "TAP-22", Category: "taps"}),
		ledger.MarshalItem(sampleDetailed()))
}

func FuzzCustomer(f *testing.F) {
	// Behind a "p" it is a list of users, behind a "c" what somebody changed: the other records that are about people.
	type said struct {
		customer *ledger.CustomerAccount
		people   *ledger.People
		change   *ledger.Change
	}
	read := func(b []byte) (s said, err error) {
		if rest, ok := bytes.CutPrefix(b, []byte("p")); ok {
			s.people, err = ledger.UnmarshalPeople(rest)
		} else if rest, ok := bytes.CutPrefix(b, []byte("c")); ok {
			s.change, err = ledger.UnmarshalChange(rest)
		} else {
			s.customer, err = ledger.UnmarshalCustomer(b)
		}
		return s, err
	}
	write := func(s said) []byte {
		if s.people != nil {
			return append([]byte("p"), ledger.MarshalPeople(s.people)...)
		}
		if s.change != nil {
			return append([]byte("c"), ledger.MarshalChange(s.change)...)
		}
		return ledger.MarshalCustomer(s.customer)
	}
	gone := sampleCustomer().Forgotten()
	fuzzCodec(f, read, write, ledger.MarshalCustomer(sampleCustomer()), ledger.MarshalCustomer(&gone), write(said{people: samplePeople()}), write(said{change: sampleChange()}))
}

func FuzzSites(f *testing.F) {
	// What head office says to all sites: the list of sites, or what holds for the company.
	type said struct {
		sites   *ledger.SiteList
		company *ledger.Company
	}
	read := func(b []byte) (s said, err error) {
		if s.sites, err = ledger.UnmarshalSiteList(b); err != nil {
			s.company, err = ledger.UnmarshalCompany(b)
		}
		return s, err
	}
	write := func(s said) []byte {
		if s.company != nil {
			return ledger.MarshalCompany(s.company)
		}
		return ledger.MarshalSiteList(s.sites)
	}
	fuzzCodec(f, read, write, ledger.MarshalSiteList(sampleSites()), ledger.MarshalCompany(sampleCompany()), ledger.MarshalCompany(&ledger.Company{Version: 3, Reasons: sampleActReasons()}))
}

func FuzzLevel(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalLevel, func(l ledger.Level) []byte { return ledger.MarshalLevel(&l) }, ledger.MarshalLevel(sampleLevel()), ledger.MarshalLevel(sampleLotLevel()))
}

func FuzzLotRow(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalLotRow, ledger.MarshalLotRow, ledger.MarshalLotRow(sampleLotRow()))
}

func FuzzRunLists(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalRuns, ledger.MarshalRuns, ledger.MarshalRuns(sampleRuns()))
}

func FuzzCheckpoint(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalCheckpoint, ledger.MarshalCheckpoint, ledger.MarshalCheckpoint(sampleCheckpoint()), ledger.MarshalCheckpoint(sampleRebuilding()))
}

func FuzzHoldings(f *testing.F) {
	fuzzCodec(f, ledger.ReadHoldings, ledger.MarshalHoldings, ledger.MarshalHoldings(sampleHoldings()))
}

func FuzzPlan(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalPlan, func(p ledger.RebuildPlan) []byte { return ledger.MarshalPlan(&p) }, ledger.MarshalPlan(samplePlan()))
}

func FuzzServed(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalServed, ledger.MarshalServed, ledger.MarshalServed(sampleServed()), ledger.MarshalServed(sampleWorked()))
}

func FuzzOpenAsk(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalOpen, ledger.MarshalOpen, ledger.MarshalOpen(sampleOpen()))
}

func FuzzHead(f *testing.F) {
	f.Add(sampleHead().String())
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ledger.ParseHead(s)
		if err != nil {
			return
		}
		if again, err := ledger.ParseHead(h.String()); err != nil || again != h {
			t.Fatalf("got %v, %v after writing it again; want %v", again, err, h)
		}
	})
}

// framesOfRecord takes a record of the journal apart.
func framesOfRecord(b []byte) (frames [][]byte, err error) {
	rest, err := ledger.RecordFrames(b)
	for err == nil && len(rest) > 0 {
		var frame []byte
		if frame, rest, err = ledger.NextFrame(rest); err == nil {
			frames = append(frames, bytes.Clone(frame))
		}
	}
	return frames, err
}

func FuzzRecord(f *testing.F) {
	fuzzCodec(f, framesOfRecord, func(frames [][]byte) (b []byte) {
		for _, frame := range frames {
			b = ledger.AppendRecord(b, frame)
		}
		return b
	}, formats()["record"].bytes, []byte{1}, []byte{1, 0}, []byte{1, 0x80, 0x80}, []byte{2, 1, 1})
}

// FuzzIndexHead reads what bbolt's file begins with. Nothing may be taken from it that is not there.
func FuzzIndexHead(f *testing.F) {
	d := newDesk(f)
	d.close()
	whole, err := os.ReadFile(filepath.Join(d.cfg.Dir, ledger.BookFile))
	if err != nil {
		f.Fatal(err)
	}
	whole = whole[:min(len(whole), 32<<10)]
	f.Add(whole)
	f.Add(whole[:4096])
	f.Add(whole[4096:])
	f.Fuzz(func(t *testing.T, b []byte) {
		if why := ledger.IndexFault(bytes.NewReader(b), int64(len(b))); why == "" && len(b) < 1024 {
			t.Fatal("got no fault in a file that is shorter than two pages, want one")
		}
	})
}

func FuzzOrderValue(f *testing.F) {
	f.Add(ledger.SeqValue(1<<40), string(oid("a")))
	f.Add([]byte{0, 0}, "another name")
	f.Add([]byte("0"), "\xe9") // was trimmed with what stands before it
	f.Fuzz(func(t *testing.T, b []byte, id string) {
		o, seq, err := ledger.ParseOrder(b)
		if err == nil && (o == nil) == (seq == 0) {
			t.Fatalf("got %v and %d of %x, want one of them", o, seq, b)
		}
		if got := ledger.OrderIDOf(ledger.OrderKey(ledger.OrderID(id))); string(got) != id {
			t.Fatalf("got %q, want %q back", got, id)
		}
	})
}

func FuzzTrimmed(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalTrimmed, ledger.MarshalTrimmed, ledger.MarshalTrimmed(sampleTrimmed()))
}

func FuzzStubs(f *testing.F) {
	many := sampleStubs()
	for i := range 50 {
		many = append(many, ledger.Stub{Seq: many[len(many)-1].Seq + 3, Bytes: bytes.Repeat([]byte{byte(i)}, 40)})
	}
	fuzzCodec(f, ledger.UnpackStubs, ledger.PackStubs, ledger.PackStubs(sampleStubs()), ledger.PackStubs(many))
}
