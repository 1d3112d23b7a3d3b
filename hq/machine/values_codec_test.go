package machine

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/holdfast-stock/holdfast/ledger"
)

// White-box, for nothing outside sees single values.

func TestValuesAreThoseOfTheLibrary(t *testing.T) {
	same := func(what any, got []byte, write func(*msgpack.Encoder) error) {
		t.Helper()
		var want bytes.Buffer
		if err := write(msgpack.NewEncoder(&want)); err != nil || !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("%.40v: got %x, want %x (%v)", what, got, want.Bytes(), err)
		}
	}
	numbers := []int64{0, -1, math.MinInt64, math.MaxInt64}
	for bit := range 63 {
		for d := int64(-2); d <= 2; d++ {
			numbers = append(numbers, 1<<bit+d, -1<<bit+d)
		}
	}
	for _, n := range numbers {
		same(n, appendInt(nil, n), func(e *msgpack.Encoder) error { return e.EncodeInt(n) })
		same(n, appendUint(nil, uint64(n)), func(e *msgpack.Encoder) error { return e.EncodeUint(uint64(n)) })
		for _, b := range [][]byte{appendInt(nil, n), appendUint(nil, uint64(n))} {
			if got, ok := (&values{b: b}).number(); !ok || got != uint64(n) {
				t.Fatalf("read: got %d %v, want %d", got, ok, n)
			}
		}
	}
	for _, n := range []int{0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536, 70_000} {
		s := strings.Repeat("x", n)
		same(n, appendArray(nil, n), func(e *msgpack.Encoder) error { return e.EncodeArrayLen(n) })
		same(n, appendString(nil, s), func(e *msgpack.Encoder) error { return e.EncodeString(s) })
		same(n, appendBytes(nil, []byte(s)), func(e *msgpack.Encoder) error { return e.EncodeBytes([]byte(s)) })
		blob := appendBlob([]byte("before"), func(b []byte) []byte { return append(b, s...) })
		same(n, blob[len("before"):], func(e *msgpack.Encoder) error { return e.EncodeBytes([]byte(s)) })
	}
	same(nil, appendBytes(nil, nil), func(e *msgpack.Encoder) error { return e.EncodeBytes(nil) })
	same(true, appendBool(nil, true), func(e *msgpack.Encoder) error { return e.EncodeBool(true) })
	same(false, appendBool(nil, false), func(e *msgpack.Encoder) error { return e.EncodeBool(false) })
}

// readsAlike says how a value of each kind is read from b here and by the library.
func readsAlike(t *testing.T, b []byte) {
	library := func() (*msgpack.Decoder, *bytes.Reader) {
		r := bytes.NewReader(b)
		return msgpack.NewDecoder(r), r
	}
	compare := func(what string, at int, ok bool, got, want any, err error, rest *bytes.Reader) {
		t.Helper()
		if ok != (err == nil) || ok && (got != want || len(b)-at != rest.Len()) {
			t.Fatalf("%s of %x: got %v %v at %d, want %v %v at %d", what, b, got, ok, at, want, err, len(b)-rest.Len())
		}
	}
	d, rest := library()
	wantLen, err := d.DecodeArrayLen()
	v := values{b: b}
	n, ok := v.arrayLen()
	compare("array", v.at, ok, n, wantLen, err, rest)

	d, rest = library()
	wantInt, err := d.DecodeInt64()
	v = values{b: b}
	number, ok := v.number()
	compare("number", v.at, ok, int64(number), wantInt, err, rest)

	d, rest = library()
	wantUint, err := d.DecodeUint64()
	compare("count", v.at, ok, number, wantUint, err, rest)

	d, rest = library()
	wantFlag, err := d.DecodeBool()
	v = values{b: b}
	flag, ok := v.flag()
	compare("flag", v.at, ok, flag, wantFlag, err, rest)

	d, rest = library()
	wantLen, err = d.DecodeBytesLen()
	v = values{b: b}
	n, ok = v.bytesLen()
	compare("length", v.at, ok, n, wantLen, err, rest)

	v = values{b: b}
	if v.skip() { // the library also passes over what is no value of ours
		d, rest = library()
		compare("skipped", v.at, true, nil, nil, d.Skip(), rest)
	} else if ledger.Scan(b) == nil {
		t.Fatalf("%x: got not passed over, though it is a whole value", b)
	}

	if len(b) > 1 && b[0] >= 0xc4 && n > 1<<16 {
		return // the library sets aside what a length claims
	}
	d, rest = library()
	wantText, err := d.DecodeString()
	v = values{b: b}
	text, ok := v.bytes()
	compare("text", v.at, ok, string(text), wantText, err, rest)
}

func TestValuesAreReadAsByTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for c := range 256 {
		for n := range 12 {
			b := []byte{byte(c)}
			for range n {
				b = append(b, byte(r.UintN(256))>>(r.UintN(2)*8))
			}
			readsAlike(t, b)
		}
		readsAlike(t, append([]byte{byte(c), 0, 2}, make([]byte, 600)...))
	}
	readsAlike(t, nil)
}

func FuzzValues(f *testing.F) {
	for _, b := range [][]byte{{0xc0}, {0xd9, 2, 'a', 'b'}, {0xcd, 1, 2}, {0xd1, 0xff, 0xfe}, {0x93, 1, 2, 3}, {0xc5, 0, 1, 9}, {0x92, 0xde, 0, 1, 1, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0xdc, 0, 1, 0xa1, 1}} {
		f.Add(b)
	}
	f.Fuzz(readsAlike)
}
