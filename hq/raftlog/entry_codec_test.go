package raftlog // white-box: the decoder is not exported, and the bytes are the promise

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

var update = flag.Bool("update", false, "write the golden file anew")

const goldenFile = "testdata/entry_v1.golden"

func goldenEntries() []raft.Log {
	return []raft.Log{
		{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: []byte("servers")},
		{Index: 2, Term: 3, Type: raft.LogNoop, AppendedAt: time.Unix(1_790_000_000, 123).UTC()},
		{Index: 1 << 40, Term: 1 << 33, Type: raft.LogCommand, Data: []byte{0, 1, 255}, Extensions: []byte("ext")},
	}
}

func TestStoredEntriesStayReadable(t *testing.T) {
	if *update {
		var b strings.Builder
		for _, l := range goldenEntries() {
			rec, err := encodeEntry(&l)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, hex.EncodeToString(rec))
		}
		if err := os.WriteFile(goldenFile, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(golden))
	for _, want := range goldenEntries() {
		if !lines.Scan() {
			t.Fatalf("golden file ends before entry %d", want.Index)
		}
		stored, err := hex.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		rec, err := encodeEntry(&want)
		if err != nil || !bytes.Equal(rec, stored) {
			t.Errorf("entry %d encoded: got %x, %v, want %x", want.Index, rec, err, stored)
		}
		var got raft.Log
		if err := decodeEntry(want.Index, stored, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("entry %d decoded: got %+v, %v, want %+v", want.Index, got, err, want)
		}
	}
	if lines.Scan() {
		t.Errorf("golden file: got one more line, want its end")
	}
}

func TestWhatIsNoEntryIsNotDecoded(t *testing.T) {
	whole, err := encodeEntry(&raft.Log{Index: 5, Data: []byte("abc"), Extensions: []byte("de")})
	if err != nil {
		t.Fatal(err)
	}
	// body returns a record with a right checksum around a changed body, under the key of 5.
	body := func(change func(b []byte) []byte) []byte {
		rec := append([]byte{0, 0, 0, 0, 0}, change(bytes.Clone(whole[headerSize:]))...)
		seal(indexKey(5), rec)
		return rec
	}
	tests := map[string]struct {
		rec  []byte
		want error
	}{
		"nothing":             {nil, errShort},
		"half a header":       {whole[:4], errShort},
		"a newer version":     {append([]byte{2}, whole[1:]...), errVersion},
		"a cut end":           {whole[:len(whole)-1], errChecksum},
		"an empty body":       {body(func([]byte) []byte { return nil }), errLength},
		"a byte too many":     {body(func(b []byte) []byte { return append(b, 0) }), errLength},
		"a byte too few":      {body(func(b []byte) []byte { return b[:len(b)-1] }), errLength},
		"data beyond the end": {body(func(b []byte) []byte { b[25] = 0xff; return b }), errLength},
		"data over the rest":  {body(func(b []byte) []byte { b[28] += 4; return b }), errLength},
		"another index":       {body(func(b []byte) []byte { b[7] = 6; return b }), errIndex},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := raft.Log{Index: 99}
			if err := decodeEntry(5, tt.rec, &got); !errors.Is(err, tt.want) || got.Index != 99 {
				t.Fatalf("got %+v, %v, want an untouched entry and %v", got, err, tt.want)
			}
		})
	}
}

// The fuzzer's bytes get a right header, or it would never come past the checksum.
func FuzzDecodeEntry(f *testing.F) {
	for _, l := range goldenEntries() {
		rec, err := encodeEntry(&l)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(l.Index, rec[headerSize:], true)
		f.Add(l.Index, rec, false)
	}
	f.Fuzz(func(t *testing.T, index uint64, rec []byte, sealed bool) {
		if sealed {
			rec = append(make([]byte, headerSize), rec...)
			seal(indexKey(index), rec)
		}
		var l raft.Log
		if decodeEntry(index, rec, &l) != nil {
			return
		}
		again, err := encodeEntry(&l)
		if err != nil || !bytes.Equal(again, rec) {
			t.Fatalf("encoded again: got %x, %v, want %x", again, err, rec)
		}
	})
}
