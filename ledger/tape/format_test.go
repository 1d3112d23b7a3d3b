package tape_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger/tape"
)

var update = flag.Bool("update", false, "write the golden file of a segment anew")

const goldenSegment = "testdata/golden/segment.01.hex"

// hexed is b with its long runs of zeros in words.
func hexed(b []byte) string {
	var text bytes.Buffer
	zeros := 0
	for at := 0; at <= len(b); at += 32 {
		line := b[at:min(at+32, len(b))]
		if len(line) == 32 && bytes.Equal(line, make([]byte, 32)) {
			zeros += 32
			continue
		}
		if zeros > 0 {
			fmt.Fprintf(&text, "zeros %d\n", zeros)
			zeros = 0
		}
		if len(line) > 0 {
			fmt.Fprintf(&text, "%x\n", line)
		}
	}
	return text.String()
}

func unhexed(t testing.TB, text []byte) (b []byte) {
	t.Helper()
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		var zeros int
		if _, err := fmt.Sscanf(string(line), "zeros %d", &zeros); err == nil {
			b = append(b, make([]byte, zeros)...)
			continue
		}
		part, err := hex.DecodeString(string(line))
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, part...)
	}
	return b
}

func sampleHeader() tape.Header {
	return tape.MakeHeader("leeds", 7, 3, tape.SegmentSize, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
}

// golden is a sealed segment as version 1 writes it: number 7 to 9, then 10.
func golden() []byte {
	h := sampleHeader()
	b := make([]byte, tape.SegmentSize)
	copy(b, tape.EncodeHeader(h))
	records := append(tape.EncodeRecord(h, tape.Record{First: 7, Count: 3, Bytes: []byte("three numbers")}),
		tape.EncodeRecord(h, tape.Record{First: 10, Count: 1, Bytes: []byte("one")})...)
	end := 4096 + copy(b[4096:], records)
	copy(b[len(b)-4096:], tape.EncodeFooter(h.Seed(), tape.MakeFooter(10, int64(end), [2]uint64{7, 4096})))
	return b
}

func TestASegmentIsOnDiskAsItWasInTheFirstVersion(t *testing.T) {
	if *update {
		if err := os.MkdirAll(filepath.Dir(goldenSegment), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(goldenSegment, []byte(hexed(golden())), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(goldenSegment)
	if err != nil {
		t.Fatal(err)
	}
	if got := hexed(golden()); got != string(text) {
		t.Errorf("the format has changed without a new version; got\n%s\nwant\n%s", got, text)
	}
	w := newWorld(t)
	if err := os.WriteFile(filepath.Join(w.dir, "00000000000000000007.tape"), unhexed(t, text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := closing(t)(tape.OpenReadOnly(w.config(), w.env()))
	want := []tape.Record{{First: 7, Count: 3, Bytes: []byte("three numbers")}, {First: 10, Count: 1, Bytes: []byte("one")}}
	holds(t, p, want)
	if got, ok := tape.DecodeFooter(sampleHeader(), unhexed(t, text)[tape.SegmentSize-4096:]); !ok ||
		!reflect.DeepEqual(got, tape.MakeFooter(10, 4096+40+32, [2]uint64{7, 4096})) {
		t.Errorf("footer is %v %v", got, ok)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(tape.EncodeHeader(sampleHeader()))
	f.Add([]byte("holdtape"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, tape.SealHeader(b)} {
			h, err := tape.DecodeHeader(b)
			if err != nil {
				continue
			}
			again, err := tape.DecodeHeader(tape.EncodeHeader(h))
			if err != nil || again != h {
				t.Fatalf("%v is read again as %v, %v", h, again, err)
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	h := sampleHeader()
	f.Add(tape.EncodeRecord(h, tape.Record{First: 7, Count: 3, Bytes: []byte("three numbers")}))
	f.Add(make([]byte, 24))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, tape.SealRecord(h, b)} {
			r, ok := tape.DecodeRecord(h, b)
			if !ok {
				continue
			}
			again, ok := tape.DecodeRecord(h, tape.EncodeRecord(h, r))
			if !ok || again.First != r.First || again.Count != r.Count || !bytes.Equal(again.Bytes, r.Bytes) {
				t.Fatalf("%v is read again as %v, %v", r, again, ok)
			}
		}
	})
}

func FuzzFooter(f *testing.F) {
	h := sampleHeader()
	f.Add(tape.EncodeFooter(h.Seed(), tape.MakeFooter(10, 4168, [2]uint64{7, 4096})))
	f.Add(tape.EncodeFooter(h.Seed(), tape.MakeFooter(10, 4168, [2]uint64{7, 4096}, [2]uint64{9, 4136})))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, b := range [][]byte{b, tape.SealFooter(h, b)} {
			foot, ok := tape.DecodeFooter(h, b)
			if !ok {
				continue
			}
			again, ok := tape.DecodeFooter(h, tape.EncodeFooter(h.Seed(), foot))
			if !ok || !reflect.DeepEqual(again, foot) {
				t.Fatalf("%v is read again as %v, %v", foot, again, ok)
			}
		}
	})
}
