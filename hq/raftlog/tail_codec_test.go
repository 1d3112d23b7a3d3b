package raftlog // white-box: the decoder is not exported, and the bytes are the promise

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
)

const goldenFrame = "testdata/frame_v1.golden"

func goldenRecords(t testing.TB) (recs [][]byte) {
	for _, l := range goldenEntries() {
		rec, err := encodeEntry(&l)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	return recs
}

func TestAStoredFrameStaysReadable(t *testing.T) {
	recs := goldenRecords(t)
	made := appendFrame(nil, 7, 3, recs)
	short := bytes.TrimRight(made, "\x00") // the rest of the page is zero
	if *update {
		if err := os.WriteFile(goldenFrame, []byte(hex.EncodeToString(short)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(goldenFrame)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := hex.DecodeString(strings.TrimSpace(string(golden)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored, short) || len(made) != tailPage {
		t.Errorf("encoded: got %x in %d bytes, want %x in %d", short, len(made), stored, tailPage)
	}
	got, err := readFrame(append(stored, make([]byte, tailPage-len(stored))...))
	if want := (frame{generation: 7, number: 3, size: tailPage, recs: recs}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("decoded: got %+v, %v, want %+v", got, err, want)
	}
}

// The fuzzer's bytes get a right checksum, or it would never come past it.
func FuzzReadFrame(f *testing.F) {
	f.Add(appendFrame(nil, 7, 3, goldenRecords(f)), false)
	f.Add(appendFrame(nil, 1, 0, [][]byte{{}})[:64], true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if n := len(b) - frameHeader; sealed && n >= 0 {
			copy(b, frameMagic+"\x01\x00\x00\x00")
			b[frameSum-4], b[frameSum-3], b[frameSum-2], b[frameSum-1] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
			sum := frameChecksum(b)
			b[frameSum], b[frameSum+1], b[frameSum+2], b[frameSum+3] = byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum)
			b = append(b, make([]byte, tailPage)...)
		}
		got, err := readFrame(b)
		if err != nil {
			return
		}
		again, err := readFrame(appendFrame(nil, got.generation, got.number, got.recs))
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("encoded again: got %+v, %v, want %+v", again, err, got)
		}
	})
}
