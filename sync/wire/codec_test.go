package wire_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/vmihailenco/msgpack/v5"
	"pgregory.net/rapid"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

func encode(t testing.TB, m wire.Message) (body []byte, encoding string) {
	t.Helper()
	body, encoding, err := wire.Encode(m)
	if err != nil {
		t.Fatalf("encode %T: %v", m, err)
	}
	return body, encoding
}

func fileOf(m wire.Message) string {
	name := strings.ToLower(reflect.TypeOf(m).Elem().Name())
	return filepath.Join("testdata", name+".msgpack")
}

// The golden files are what version 1 sends. A change here is a change of the protocol.
func TestTheFormOfAMessageStays(t *testing.T) {
	for i, m := range samples() {
		body, encoding := encode(t, m)
		if encoding != "" {
			t.Fatalf("%T: got encoding %q, want none: the golden files are plain", m, encoding)
		}
		if *update {
			if err := os.WriteFile(fileOf(m), body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(fileOf(m))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, golden) {
			t.Errorf("%T: got %x, want %x", m, body, golden)
		}
		back := kinds()[i]()
		if err := wire.Decode(golden, "", back); err != nil {
			t.Errorf("%T: %v", m, err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Errorf("got %+v, want %+v", back, m)
		}
	}
}

// These files are what was sent before the last field was appended. They are never written anew.
func TestAMessageOfAPeerWithFewerFieldsIsRead(t *testing.T) {
	var unarchived, unissued, ungreeted, unpeopled, unhoused, unmanned *wire.PullReply
	var listed, nine, peopled, housed, manned *wire.Pull
	before := map[string]wire.Message{} // today's samples without what they have got since
	for _, m := range samples() {
		switch m := m.(type) {
		case *wire.Welcome:
			m.Issued, m.Attest, before["welcome"] = ledger.Cursor{}, false, m
		case *wire.Hello:
			m.HeardMS, before["hello"] = 0, m
		case *wire.Pull:
			m.Remembers = ledger.People{}
			twelve := *m
			manned = &twelve
			m.People = 0
			eleven := *m
			housed = &eleven
			m.Company = 0
			ten := *m
			peopled = &ten
			m.Customers = 0
			all := *m
			nine = &all
			m.Boot, m.HeardMS = [16]byte{}, 0
			seven := *m
			listed = &seven
			m.Sites, before["pull"] = 0, m
		case *wire.PullReply:
			m.People = ledger.People{}
			twenty := *m
			unmanned = &twenty
			m.Company = ledger.Company{}
			nineteen := *m
			unhoused = &nineteen
			m.Customers, m.CustomersUpTo, m.CustomersMore = nil, 0, false
			sixteen := *m
			unpeopled = &sixteen
			m.Greet = false
			fifteen := *m
			ungreeted = &fifteen
			m.Issued, m.Attest = ledger.Cursor{}, false
			thirteen := *m
			unissued = &thirteen
			m.Archived = 0
			twelve := *m
			unarchived = &twelve
			m.Sites, before["pull reply"] = ledger.SiteList{}, m
		case *wire.Ask:
			m.For, before["ask"] = wire.AskFor{}, m
		case *wire.Forward:
			m.Actor, m.Device, m.Approver, before["forward"] = "till-3", "", "", m
		case *wire.Look:
			m.Other, before["look"] = "", m
		case *wire.LookReply:
			m.Other, before["look reply"] = wire.FoundUnsaid, m
		}
	}
	for name, c := range map[string]struct{ into, want wire.Message }{
		"hello_9.msgpack":        {&wire.Hello{}, before["hello"]},
		"welcome_8.msgpack":      {&wire.Welcome{}, before["welcome"]},
		"pull_6.msgpack":         {&wire.Pull{}, before["pull"]},
		"pull_7.msgpack":         {&wire.Pull{}, listed},
		"pull_9.msgpack":         {&wire.Pull{}, nine},
		"pull_10.msgpack":        {&wire.Pull{}, peopled},
		"pull_11.msgpack":        {&wire.Pull{}, housed},
		"pull_12.msgpack":        {&wire.Pull{}, manned},
		"pullreply_20.msgpack":   {&wire.PullReply{}, unmanned},
		"pullreply_19.msgpack":   {&wire.PullReply{}, unhoused},
		"pullreply_16.msgpack":   {&wire.PullReply{}, unpeopled},
		"pullreply_13.msgpack":   {&wire.PullReply{}, unissued},
		"pullreply_15.msgpack":   {&wire.PullReply{}, ungreeted},
		"pullreply_10.msgpack":   {&wire.PullReply{}, before["pull reply"]},
		"pullreply_12.msgpack":   {&wire.PullReply{}, unarchived},
		"ask_8.msgpack":          {&wire.Ask{}, before["ask"]},
		"forward_7.msgpack":      {&wire.Forward{}, before["forward"]},
		"look_3.msgpack":         {&wire.Look{}, before["look"]},
		"lookreply_4.msgpack":    {&wire.LookReply{}, before["look reply"]},
		"callreply_4.msgpack":    {&wire.CallReply{}, &wire.CallReply{Site: "leeds", ID: [16]byte{0: 3, 15: 3}, Status: 200, Body: []byte(`{"ok":true}`)}},
		"forwardreply_3.msgpack": {&wire.ForwardReply{}, &wire.ForwardReply{Verdict: wire.VerdictOK, Status: 503, Body: []byte(`{"code":"owner_unreachable"}`)}},
	} {
		golden, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := wire.Decode(golden, "", c.into); err != nil || !reflect.DeepEqual(c.into, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, c.into, err, c.want)
		}
	}
}

func TestAPackedBodyOfLongAgoIsRead(t *testing.T) {
	name := filepath.Join("testdata", "push.zst")
	want := &wire.Push{Site: "leeds", Epoch: 1, Frames: [][]byte{bytes.Repeat([]byte("frame "), 1000)}}
	if *update {
		body, encoding := encode(t, want)
		if encoding != wire.Zstd {
			t.Fatalf("got encoding %q, want %q", encoding, wire.Zstd)
		}
		if err := os.WriteFile(name, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var got wire.Push
	if err := wire.Decode(golden, wire.Zstd, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, want) {
		t.Errorf("got %d frames of %s, want the one of leeds", len(got.Frames), got.Site)
	}
}

func TestWhatWasSentIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := draw(t)
		body, encoding, err := wire.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		back := reflect.New(reflect.TypeOf(m).Elem()).Interface().(wire.Message)
		if err := wire.Decode(body, encoding, back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("got %+v, want %+v", back, m)
		}
	})
}

// resize gives the message's array with extra elements behind its own, or only its first keep.
func resize(t *testing.T, body []byte, keep int, extra ...any) []byte {
	t.Helper()
	var fields []msgpack.RawMessage
	if err := msgpack.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	if keep >= 0 {
		fields = fields[:keep]
	}
	for _, v := range extra {
		b, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, b)
	}
	out, err := msgpack.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFieldsOfANewerPeerArePassedOver(t *testing.T) {
	for i, m := range samples() {
		body, _ := encode(t, m)
		longer := resize(t, body, -1, "new", []any{1, map[string]int{"a": 1}}, nil)
		back := kinds()[i]()
		if err := wire.Decode(longer, "", back); err != nil {
			t.Errorf("%T: %v", m, err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Errorf("got %+v, want %+v", back, m)
		}
	}
}

func TestFieldsThatAnOlderPeerDoesNotSendAreZero(t *testing.T) {
	body, _ := encode(t, &wire.PullReply{Verdict: wire.VerdictOK, RefVersion: 7, RefMore: true, WallMS: 5})
	var got wire.PullReply
	if err := wire.Decode(resize(t, body, 8), "", &got); err != nil { // without RefMore, Calls, WallMS
		t.Fatal(err)
	}
	if want := (wire.PullReply{Verdict: wire.VerdictOK, RefVersion: 7}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestALargeBodyIsPackedAndASmallOneIsNot(t *testing.T) {
	small, encoding := encode(t, &wire.Push{Site: "leeds", Frames: [][]byte{make([]byte, 500)}})
	if encoding != "" || len(small) < 500 {
		t.Errorf("got %d bytes, encoding %q, want a plain body", len(small), encoding)
	}
	large, encoding := encode(t, &wire.Push{Site: "leeds", Frames: [][]byte{make([]byte, 5000)}})
	if encoding != wire.Zstd || len(large) > 1000 {
		t.Errorf("got %d bytes, encoding %q, want a packed body", len(large), encoding)
	}
}

func TestASenderKeepsTheBounds(t *testing.T) {
	long := strings.Repeat("x", wire.ActorMax+1)
	for what, m := range map[string]wire.Message{
		"a body over the largest":   &wire.Push{Site: "leeds", Frames: [][]byte{make([]byte, wire.BodyMax)}},
		"too many frames":           &wire.Push{Site: "leeds", Frames: make([][]byte, wire.FramesMax+1)},
		"too many commands":         &wire.PullReply{Commands: make([]ledger.HQCommand, wire.CommandsMax+1)},
		"too many items":            &wire.PullReply{Items: make([]ledger.Item, wire.ItemsMax+1)},
		"too many calls":            &wire.PullReply{Calls: make([]wire.Call, wire.CallsMax+1)},
		"an actor that is too long": &wire.Forward{Site: "leeds", Cancel: anOrder, Actor: long},
		"an answer over the most":   &wire.CallReply{Site: "leeds", Body: make([]byte, wire.DataMax+1)},
		"a customer without end":    &wire.Ask{Site: "leeds", For: wire.AskFor{Customer: strings.Repeat("c", ledger.TextMax+1)}},
		"too many lines":            &wire.Ask{Site: "leeds", Lines: make([]wire.AskLine, ledger.LinesMax+1)},
		"too many legs":             &wire.AskReply{Legs: make([]ledger.AskLeg, wire.LegsMax+1)},
	} {
		if _, _, err := wire.Encode(m); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
}

func TestAReasonThatIsTooLongIsCut(t *testing.T) {
	body, encoding := encode(t, &wire.PushReply{Verdict: wire.VerdictFork, Why: strings.Repeat("é", wire.WhyMax)})
	var got wire.PushReply
	if err := wire.Decode(body, encoding, &got); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("é", wire.WhyMax/2); got.Why != want {
		t.Errorf("got %d bytes, want %d", len(got.Why), len(want))
	}
}

func TestAReceiverRefusesWhatIsBeyondABound(t *testing.T) {
	raw := func(fields ...any) []byte {
		b, err := msgpack.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	at := []any{1, 1, make([]byte, 32)}
	id := []any{"leeds", 1, 1}
	tooLong := strings.Repeat("x", wire.WhyMax+1)
	for what, c := range map[string]struct {
		body     []byte
		encoding string
		into     wire.Message
		want     error
	}{
		"a body over the largest":     {make([]byte, wire.BodyMax+1), "", &wire.Push{}, wire.ErrTooLarge},
		"an unknown encoding":         {raw(1), "br", &wire.Push{}, wire.ErrEncoding},
		"packed rubbish":              {[]byte("rubbish"), wire.Zstd, &wire.Push{}, wire.ErrMalformed},
		"nothing":                     {nil, "", &wire.Push{}, wire.ErrMalformed},
		"no array":                    {[]byte{0xa3, 'a', 'b', 'c'}, "", &wire.Push{}, wire.ErrMalformed},
		"bytes behind the message":    {append(raw(1, "leeds", at, "TAP"), 0), "", &wire.Look{}, wire.ErrMalformed},
		"form version 0":              {raw(0, "leeds", at, "TAP"), "", &wire.Look{}, wire.ErrMalformed},
		"no site":                     {raw(1), "", &wire.Push{}, wire.ErrMalformed},
		"a site that is none":         {raw(1, "Leeds!", at, "TAP"), "", &wire.Look{}, wire.ErrMalformed},
		"head office as a site":       {raw(1, "hq", at, "TAP"), "", &wire.Look{}, wire.ErrMalformed},
		"a SKU that is none":          {raw(1, "leeds", at, "a b"), "", &wire.Look{}, wire.ErrMalformed},
		"a string for a number":       {raw(1, "leeds", []any{"x"}, "TAP"), "", &wire.Look{}, wire.ErrMalformed},
		"a hash of 31 bytes":          {raw(1, "leeds", []any{1, 1, make([]byte, 31)}, "TAP"), "", &wire.Look{}, wire.ErrMalformed},
		"an order that is none":       {raw(1, "leeds", at, "order"), "", &wire.Forward{}, wire.ErrMalformed},
		"verdict 256":                 {raw(1, 256), "", &wire.PushReply{}, wire.ErrMalformed},
		"a verdict below zero":        {raw(1, -1), "", &wire.PushReply{}, wire.ErrMalformed},
		"a reason that is too long":   {raw(1, 1, tooLong), "", &wire.PushReply{}, wire.ErrMalformed},
		"a figure below zero":         {raw(1, 1, -1), "", &wire.LookReply{}, wire.ErrMalformed},
		"a leg of nothing":            {raw(1, 1, true, []any{[]any{1, "hull", 0}}), "", &wire.AskReply{}, wire.ErrMalformed},
		"a leg without fields":        {raw(1, 1, true, []any{[]any{}}), "", &wire.AskReply{}, wire.ErrMalformed},
		"a leg that is nil":           {raw(1, 1, true, []any{nil}), "", &wire.AskReply{}, wire.ErrMalformed},
		"a line without fields":       {raw(1, "leeds", at, id, anOrder, []any{[]any{}}), "", &wire.Ask{}, wire.ErrMalformed},
		"an ask without its number":   {raw(1, "leeds", at, nil, anOrder, []any{}), "", &wire.Ask{}, wire.ErrMalformed},
		"a line beyond all":           {raw(1, 1, true, []any{[]any{1 << 31, "hull", 1}}), "", &wire.AskReply{}, wire.ErrMalformed},
		"too many frames":             {raw(1, "leeds", 1, at, at, make([]bool, wire.FramesMax+1)), "", &wire.Push{}, wire.ErrMalformed},
		"a command that is none":      {raw(1, 1, "", []any{}, at, []any{[]byte{1}}), "", &wire.PullReply{}, wire.ErrMalformed},
		"an item that is none":        {raw(1, 1, "", []any{}, at, []any{}, []any{[]byte{0x90}}), "", &wire.PullReply{}, wire.ErrMalformed},
		"true for a form version":     {raw(true), "", &wire.PushReply{}, wire.ErrMalformed},
		"a number for a truth":        {raw(1, 1, 7), "", &wire.AskReply{}, wire.ErrMalformed},
		"a truth for a string":        {raw(1, 1, true), "", &wire.PushReply{}, wire.ErrMalformed},
		"a string for a list":         {raw(1, "leeds", 1, at, at, "frames"), "", &wire.Push{}, wire.ErrMalformed},
		"an answer over the most":     {raw(1, 1, 200, make([]byte, wire.DataMax+1)), "", &wire.ForwardReply{}, wire.ErrMalformed},
		"a time that is an extension": {raw(1, 1, 1, []byte{}, 0)[:4], "", &wire.ForwardReply{}, wire.ErrMalformed},
	} {
		if err := wire.Decode(c.body, c.encoding, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
}

// A version there must be, and the names that a message cannot do without.
func TestAnArrayWithoutItsFieldsIsNoMessage(t *testing.T) {
	for _, empty := range kinds() {
		for what, body := range map[string][]byte{"nil": {0xc0}, "an empty array": {0x90}} {
			if m := empty(); !errors.Is(wire.Decode(body, "", m), wire.ErrMalformed) {
				t.Errorf("%s as %T: got no error, want %v", what, m, wire.ErrMalformed)
			}
		}
	}
}

// Each body is within 1 MiB and built to make a decoder ask for memory or stack.
func TestAHostileBodyCostsLittle(t *testing.T) {
	const size = 1 << 20
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	fill := func(head []byte, with byte) []byte {
		return append(head, bytes.Repeat([]byte{with}, size-len(head))...)
	}
	bodies := map[string]struct {
		body     []byte
		encoding string
	}{
		"a claim of 4 billion elements": {fill([]byte{0xdd, 0xff, 0xff, 0xff, 0xff}, 0), ""},
		"a claim of 4 billion bytes":    {fill([]byte{0x92, 1, 0xc6, 0xff, 0xff, 0xff, 0xff}, 0), ""},
		"nested arrays":                 {bytes.Repeat([]byte{0x91}, size), ""},
		"empty elements":                {fill([]byte{0xdd, 0, 0x0f, 0xff, 0xfb}, 0x90), ""},
		"the most elements allowed":     {append([]byte{0xdc, 0xff, 0xff}, bytes.Repeat([]byte{1}, 65535)...), ""},
		"a bomb of zeroes":              {enc.EncodeAll(make([]byte, 256<<20), nil), wire.Zstd},
		"a bomb within the bound":       {enc.EncodeAll(fill([]byte{0xdc, 0xff, 0xff}, 0x90), nil), wire.Zstd},
		"many small bombs":              {bytes.Repeat(enc.EncodeAll(make([]byte, 1<<20), nil), 64), wire.Zstd},
	}
	for what, b := range bodies {
		for _, empty := range kinds() {
			m := empty()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := wire.Decode(b.body, b.encoding, m)
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown >= 64<<20 {
				t.Errorf("%s as %T: got %d MiB allocated, want under 64", what, m, grown>>20)
			}
			if err == nil && what != "the most elements allowed" { // some message may begin so
				t.Errorf("%s as %T: got no error", what, m)
			}
		}
	}
}

// FuzzDecode takes the kind from the first byte. What decodes must survive a second turn.
func FuzzDecode(f *testing.F) {
	for i, m := range samples() {
		body, _, err := wire.Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte{byte(i)}, body...))
	}
	f.Add([]byte{2, 0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{4, 0xc0}) // nil, which was once read as a pull of no site
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 {
			return
		}
		empty := kinds()[int(in[0])%len(kinds())]
		encodings := []string{"", wire.Zstd}
		m := empty()
		if wire.Decode(in[1:], encodings[int(in[0])/len(kinds())%2], m) != nil {
			return
		}
		body, encoding, err := wire.Encode(m)
		if errors.Is(err, wire.ErrTooLarge) {
			return // what came packed may be larger in our form
		}
		if err != nil {
			t.Fatalf("read %+v, cannot send it: %v", m, err)
		}
		back := empty()
		if err := wire.Decode(body, encoding, back); err != nil {
			t.Fatalf("read %+v, sent it, cannot read it: %v", m, err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("got %+v, want %+v", back, m)
		}
	})
}
