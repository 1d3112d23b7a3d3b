package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestFramesAreReadAsTheyWereWritten(t *testing.T) {
	frames := [][]byte{{1, 2, 3}, bytes.Repeat([]byte{9}, 300)}
	var b bytes.Buffer
	if err := wire.WriteFrames(&b, frames); err != nil {
		t.Fatal(err)
	}
	if got, want := hex.EncodeToString(b.Bytes()[:11]), "00000003010203"+"0000012c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := wire.ReadFrames(bytes.NewReader(b.Bytes()), 0); err != nil || !reflect.DeepEqual(got, frames) {
		t.Errorf("got %x, %v; want %x", got, err, frames)
	}
	if got, err := wire.ReadFrames(bytes.NewReader(b.Bytes()), 1); err != nil || !reflect.DeepEqual(got, frames[:1]) {
		t.Errorf("one of them: got %x, %v; want %x", got, err, frames[:1])
	}
	if got, err := wire.ReadFrames(bytes.NewReader(nil), 0); err != nil || got != nil {
		t.Errorf("nothing: got %x, %v; want nothing", got, err)
	}
}

func TestFramesBeyondTheirBoundAreRefused(t *testing.T) {
	lone := make([]byte, ledger.FrameBytesLone)
	var many bytes.Buffer
	if err := wire.WriteFrames(&many, [][]byte{lone, lone, lone}); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{
		"a frame of 4 GB": {0xff, 0xff, 0xff, 0xff}, "a frame of nothing": {0, 0, 0, 0}, "half a length": {0, 0, 1}, "half a frame": {0, 0, 0, 9, 1},
		"more than one answer may have": many.Bytes(),
	} {
		if got, err := wire.ReadFrames(bytes.NewReader(b), 0); err == nil {
			t.Errorf("%s: got %d frames, want an error", what, len(got))
		}
	}
	if _, err := wire.ReadFrames(bytes.NewReader([]byte{0, 0, 0, 0}), 0); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("got %v, want %v", err, wire.ErrMalformed)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		frames, err := wire.ReadFrames(bytes.NewReader(in), 0)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := wire.WriteFrames(&b, frames); err != nil || !bytes.Equal(b.Bytes(), in) {
			t.Fatalf("got %x, %v; want %x", b.Bytes(), err, in)
		}
	})
}
