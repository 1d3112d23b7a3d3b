package ledger

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

// White-box: rows are no record by themselves, and every hot record is made of them.

// drawNumber draws numbers of every width, those beside the borders most of all.
func drawNumber(r *rand.Rand) uint64 {
	n := uint64(1) << r.IntN(64)
	switch r.IntN(4) {
	case 0:
		return n - 1
	case 1:
		return n
	case 2:
		return -n
	default:
		return r.Uint64() >> r.IntN(64)
	}
}

func drawLength(r *rand.Rand) int {
	return []int{0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536, r.IntN(300)}[r.IntN(11)]
}

func TestTheRowCodecAgreesWithTheLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var want bytes.Buffer
		enc := msgpack.NewEncoder(&want)
		var w rowWriter
		var value any
		var err error
		switch n := drawNumber(r); r.IntN(7) {
		case 0:
			value, err = n, enc.EncodeUint(n)
			w.uint(n)
		case 1:
			value, err = int64(n), enc.EncodeInt(int64(n))
			w.int(int64(n))
		case 2:
			s := strings.Repeat("x", drawLength(r))
			value, err = s, enc.EncodeString(s)
			w.str(s)
		case 3:
			b := bytes.Repeat([]byte{1}, 1+drawLength(r))
			value, err = b, enc.EncodeBytes(b)
			w.bin(b)
		case 4:
			value, err = n&1 == 1, enc.EncodeBool(n&1 == 1)
			w.bool(n&1 == 1)
		case 5:
			value, err = nil, enc.EncodeNil()
			w.null()
		case 6:
			n := drawLength(r)
			value, err = n, enc.EncodeArrayLen(n)
			w.array(n)
		}
		if err != nil || !bytes.Equal(w.buf, want.Bytes()) {
			t.Fatalf("%T %v: got % x, want % x", value, value, w.buf[:min(len(w.buf), 16)], want.Bytes()[:min(want.Len(), 16)])
		}
		if n, ok := value.(int); ok { // the head of an array, which the library reads as we do
			got, err := msgpack.NewDecoder(&want).DecodeArrayLen()
			if err != nil || got != n {
				t.Fatalf("array of %d: got %d, %v from the library", n, got, err)
			}
			continue
		}
		readBoth(t, value, w.buf)
	}
}

// readBoth reads one value as the library and as a row reader would.
func readBoth(t *testing.T, value any, b []byte) {
	t.Helper()
	u := newRowReader(b, 1, nil)
	dec := msgpack.NewDecoder(bytes.NewReader(b))
	var got, theirs any
	var err error
	switch value.(type) {
	case uint64:
		got = u.uint()
		theirs, err = dec.DecodeUint64()
	case int64:
		got = u.int()
		theirs, err = dec.DecodeInt64()
	case string:
		got = u.str()
		theirs, err = dec.DecodeString()
	case []byte:
		got = u.bin()
		theirs, err = dec.DecodeBytes()
	case bool:
		got = u.bool()
		theirs, err = dec.DecodeBool()
	default:
		if !u.null() {
			t.Fatalf("% x: got no nil, want it", b)
		}
		err = dec.DecodeNil()
	}
	if err != nil || u.done("value") != nil || !reflect.DeepEqual(got, value) || !reflect.DeepEqual(theirs, value) {
		t.Fatalf("%T %v: got %v (%v), the library %v (%v)", value, value, got, u.err, theirs, err)
	}
}

func TestARowLeavesItsTrailingZerosOut(t *testing.T) {
	for name, c := range map[string]struct {
		write func(w *rowWriter)
		want  []byte
	}{
		"nothing":            {func(*rowWriter) {}, []byte{0x90}},
		"zeros":              {func(w *rowWriter) { w.uint(0); w.str(""); w.bool(false); w.null(); w.bin(nil) }, []byte{0x90}},
		"a zero in between":  {func(w *rowWriter) { w.uint(0); w.uint(7); w.int(0) }, []byte{0x92, 0, 7}},
		"a zero that is one": {func(w *rowWriter) { w.uint(0); w.keep(); w.uint(0) }, []byte{0x91, 0}},
		"an empty row":       {func(w *rowWriter) { w.row(func() { w.uint(0) }) }, []byte{0x90}},
		"a row in between":   {func(w *rowWriter) { w.row(func() { w.uint(0) }); w.uint(1) }, []byte{0x92, 0x90, 1}},
		"a list of zeros":    {func(w *rowWriter) { w.list(2, func(int) { w.uint(0) }) }, []byte{0x91, 0x92, 0, 0}},
		"an empty list":      {func(w *rowWriter) { w.list(0, nil) }, []byte{0x90}},
		"sixteen fields": {func(w *rowWriter) {
			for range 16 {
				w.uint(1)
			}
		}, append([]byte{0xdc, 0, 16}, bytes.Repeat([]byte{1}, 16)...)},
	} {
		var w rowWriter
		w.row(func() { c.write(&w) })
		if !bytes.Equal(w.buf, c.want) {
			t.Errorf("%s: got % x, want % x", name, w.buf, c.want)
		}
		var all any
		if err := msgpack.Unmarshal(w.buf, &all); err != nil {
			t.Errorf("%s: got %v from the library, want a value", name, err)
		}
	}
}

func TestARowReaderBelievesNoLength(t *testing.T) {
	all := func(r *rowReader) {
		r.row(0, func() {
			r.list(math.MaxInt32, func(n int) {
				for range n {
					r.uint()
				}
			})
		})
	}
	for name, c := range map[string]struct {
		b    []byte
		most int
		read func(r *rowReader)
	}{
		"an array of 4 billion":     {[]byte{0xdd, 0xff, 0xff, 0xff, 0xff}, 10, all},
		"a list longer than it can": {[]byte{0x91, 0xdc, 0, 9, 1}, 10, all},
		"more values than may be":   {[]byte{0x91, 0x94, 1, 1, 1, 1}, 5, all},
		"cut off":                   {[]byte{0x91, 0x92, 1}, 10, all},
		"bytes behind it":           {[]byte{0x91, 0x91, 1, 1}, 10, all},
		"a string of 4 GB":          {[]byte{0xdb, 0xff, 0xff, 0xff, 0xff}, 10, func(r *rowReader) { r.str() }},
		"4 GB of bytes":             {[]byte{0xc6, 0xff, 0xff, 0xff, 0xff}, 10, func(r *rowReader) { r.bin() }},
		"a number cut off":          {[]byte{0xcf, 1}, 10, func(r *rowReader) { r.uint() }},
		"a number below zero":       {[]byte{0xff}, 10, func(r *rowReader) { r.uint() }},
		"a number too large":        {[]byte{0xcf, 0xff, 0, 0, 0, 0, 0, 0, 0}, 10, func(r *rowReader) { r.int() }},
		"a number for a string":     {[]byte{7}, 10, func(r *rowReader) { r.str() }},
		"a string for a number":     {[]byte{0xa1, 'x'}, 10, func(r *rowReader) { r.int() }},
		"a number for yes or no":    {[]byte{7}, 10, func(r *rowReader) { r.bool() }},
		"a string for bytes":        {[]byte{0xa1, 'x'}, 10, func(r *rowReader) { r.bin() }},
		"a row of too few":          {[]byte{0x91, 1}, 10, func(r *rowReader) { r.row(2, func() {}) }},
		"no row where one must be":  {[]byte{0x90}, 10, func(r *rowReader) { r.row(0, func() { r.row(1, func() {}) }) }},
		"too many values behind":    {append([]byte{0x91, 0xdc, 0, 20}, make([]byte, 20)...), 10, func(r *rowReader) { r.row(0, func() {}) }},
		"nesting behind":            {append(bytes.Repeat([]byte{0x91}, 100), 1), 1000, func(r *rowReader) { r.row(0, func() {}) }},
	} {
		r := newRowReader(c.b, c.most, nil)
		if c.read(&r); r.done("value") == nil {
			t.Errorf("%s: got it read, want an error", name)
		}
	}
}

func TestKnownWordsAreNumberedOnce(t *testing.T) {
	if len(knownWords) >= nameFirst || len(wordNumbers) != len(knownWords) {
		t.Fatalf("got %d words, %d of them different, want less than %d and no word twice", len(knownWords), len(wordNumbers), nameFirst)
	}
	// On disk: a word that moved would be read as another one.
	const want = "take collect deliver refuse partial backorder sourcing allocated backordered cancelled completed " +
		"stock_short order_state order_exists included excluded owner till counter web phone email marketplace app " +
		"MAIN hq GBP EUR USD CHF GB DE FR US CH"
	if got := strings.Join(knownWords[:], " "); got != want {
		t.Errorf("got words\n%s\nwant\n%s", got, want)
	}
	var w rowWriter
	w.word("take")
	w.word("")
	w.word("owl")
	if want := []byte{1, 0, 0xa3, 'o', 'w', 'l'}; !bytes.Equal(w.buf, want) {
		t.Errorf("got % x, want % x", w.buf, want)
	}
	r := newRowReader([]byte{nameFirst - 1}, 1, nil)
	if got := r.word(); r.err == nil {
		t.Errorf("a number without a word: got %q, want an error", got)
	}
}

func TestAnIdIsStoredAsItsBytesAndComesBackAsItWas(t *testing.T) {
	for _, id := range []string{"", "o-1", "019b8d47-3ed2-7fff-8000-0123456789ab", "019B8D47-3ED2-7FFF-8000-0123456789AB",
		"019b8d47-3ed2-7fff-8000-0123456789ag", "019b8d473ed2-7fff--8000-0123456789ab", strings.Repeat("x", 16)} {
		var w rowWriter
		w.id(id)
		r := newRowReader(w.buf, 1, nil)
		if got := r.id(); got != id || r.done("id") != nil {
			t.Errorf("got %q, %v; want %q", got, r.err, id)
		}
	}
}

func TestANameStandsInATableOnce(t *testing.T) {
	var table nameTable
	for round := range 2 {
		for i := range 5 * namesScanMax {
			name := strings.Repeat("n", i+1)
			n := table.number(name)
			if got, ok := nameOf(n, table.names); !ok || got != name {
				t.Fatalf("round %d: got %q of number %d, want %q", round, got, n, name)
			}
		}
	}
	if got := len(table.names); got != 5*namesScanMax {
		t.Errorf("got %d names, want each once", got)
	}
	if n := table.number("GBP"); n >= nameFirst || table.number("") != 0 {
		t.Errorf("got number %d of a known word, want the word's", n)
	}
}

func TestASharerForgetsWhenItHasTooMany(t *testing.T) {
	var s sharer
	for i := range sharedMax + 10 {
		b := []byte{byte(i), byte(i >> 8), byte(i >> 16)}
		if got := s.of(b); got != string(b) {
			t.Fatalf("got %x, want %x", got, b)
		}
	}
	if n := len(s.known); n > sharedMax {
		t.Errorf("got %d strings kept, want at most %d", n, sharedMax)
	}
}
