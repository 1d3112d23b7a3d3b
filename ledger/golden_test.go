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
	"testing"

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
		"frame":      {ledger.EncodeFrame(sampleFrame()), sampleFrame(), as(ledger.DecodeFrame)},
		"order":      {ledger.MarshalOrder(&o), &o, as(ledger.UnmarshalOrder)},
		"command":    {ledger.MarshalCommand(&c), &c, as(ledger.UnmarshalCommand)},
		"item":       {ledger.MarshalItem(sampleItem()), sampleItem(), as(ledger.UnmarshalItem)},
		"level":      {ledger.MarshalLevel(level), *level, as(ledger.UnmarshalLevel)},
		"served":     {ledger.MarshalServed(sampleServed()), sampleServed(), as(ledger.UnmarshalServed)},
		"open":       {ledger.MarshalOpen(sampleOpen()), sampleOpen(), as(ledger.UnmarshalOpen)},
		"checkpoint": {ledger.MarshalCheckpoint(sampleCheckpoint()), sampleCheckpoint(), as(ledger.UnmarshalCheckpoint)},
		"record":     {ledger.AppendFrame(ledger.AppendFrame(nil, []byte("a frame")), []byte("another")), [][]byte{[]byte("a frame"), []byte("another")}, as(framesOfRecord)},
		"witness": {ledger.WitnessLine(sampleHead()), sampleHead(), func(b []byte) (any, error) {
			h, ok := ledger.ParseWitness(b)
			if !ok {
				return nil, fmt.Errorf("not a witness line")
			}
			return h, nil
		}},
	}
	for kind, e := range sampleEntries() {
		all["entry_"+kind] = format{ledger.MarshalEntry(e), e, as(ledger.UnmarshalEntry)}
	}
	return all
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
		newer := append(bytes.Clone(f.bytes), 0xa1, 'x')
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
