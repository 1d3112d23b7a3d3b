package ledger_test

import (
	"bytes"
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
	fuzzCodec(f, ledger.UnmarshalCommand, ledger.MarshalCommand, ledger.MarshalCommand(&c))
}

func FuzzOrder(f *testing.F) {
	o := sampleOrder()
	fuzzCodec(f, ledger.UnmarshalOrder, ledger.MarshalOrder, ledger.MarshalOrder(&o))
}

func FuzzItem(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalItem, ledger.MarshalItem, ledger.MarshalItem(sampleItem()))
}

func FuzzLevel(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalLevel, func(l ledger.Level) []byte { return ledger.MarshalLevel(&l) }, ledger.MarshalLevel(sampleLevel()))
}

func FuzzCheckpoint(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalCheckpoint, ledger.MarshalCheckpoint, ledger.MarshalCheckpoint(sampleCheckpoint()))
}

func FuzzServed(f *testing.F) {
	fuzzCodec(f, ledger.UnmarshalServed, ledger.MarshalServed, ledger.MarshalServed(sampleServed()))
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
