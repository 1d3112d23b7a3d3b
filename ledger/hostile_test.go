package ledger_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// allocated measures what f allocates, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func decodeAll(b []byte) {
	for _, f := range formats() {
		_, _ = f.decode(b)
	}
}

func TestFiveBytesKillNoDecoder(t *testing.T) {
	for _, b := range hostile {
		if err := ledger.Scan(b); err == nil {
			t.Errorf("scan of % x: got nil, want an error", b[:min(len(b), 8)])
		}
		for name, f := range formats() {
			if got, err := f.decode(b); err == nil {
				t.Errorf("%s of % x: got %v, want an error", name, b[:min(len(b), 8)], got)
			}
		}
	}
}

func TestFiveMegabytesOfNestingOverflowNoStack(t *testing.T) {
	nested := bytes.Repeat([]byte{0x91}, 5<<20)
	if err := ledger.ScanMax(nested, 10<<20); err == nil || !strings.Contains(err.Error(), "nested deeper than 16") {
		t.Errorf("got %v, want a refusal of the nesting", err)
	}
	if got := allocated(func() { decodeAll(nested) }); got > 8<<20 {
		t.Errorf("got %d bytes allocated over the nesting, want next to none", got)
	}
	// The same behind well-formed fields, where an unknown field would be skipped.
	o := sampleOrder()
	for _, whole := range [][]byte{ledger.MarshalOrder(&o), ledger.MarshalItem(sampleItem())} {
		if _, err := ledger.UnmarshalOrder(append(whole, nested...)); err == nil {
			t.Error("got a value with nesting behind it, want an error")
		}
	}
}

func TestAHostileMegabyteStaysUnder64MiB(t *testing.T) {
	const size = 1 << 20
	bodies := map[string][]byte{
		"empty arrays":   arrayOf(size, []byte{0x90}),
		"nils":           arrayOf(size, []byte{0xc0}),
		"empty strings":  arrayOf(size, []byte{0xa0}),
		"order of lines": wrapped(size, []byte{0x98, 0xa1, 'x', 1, 0xc0, 0, 0, 0x90, 0, 0xc2}),
		"legs":           wrapped(size, []byte{0x92, 0xa0, 0x00}),
		"noise":          noise(size),
	}
	for name, b := range bodies {
		for form, f := range formats() {
			if got := allocated(func() { _, _ = f.decode(b) }); got > 64<<20 {
				t.Errorf("%s as %s: got %d MiB allocated, want under 64", name, form, got>>20)
			}
		}
	}
}

// arrayOf is one array filled with an element up to size bytes.
func arrayOf(size int, element []byte) []byte {
	n := (size - 5) / len(element)
	b := binary.BigEndian.AppendUint32([]byte{0xdd}, uint32(n))
	return append(b, bytes.Repeat(element, n)...)
}

// wrapped is an order's shape whose list of lines is filled with elements.
func wrapped(size int, element []byte) []byte {
	b := []byte{0xdc, 0, 21, 1, 0xa0, 0, 0xa0, 0xa0, 0xa0, 0xa0, 0xc2, 0xa0, 0x94, 0xa0, 0xa0, 0, 0}
	return append(b, arrayOf(size-len(b), element)...)
}

func noise(size int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, size)
	_, _ = r.Read(b)
	return b
}

// largestLines is as much as one order may hold: 5,000 SKUs of 40 bytes, priced, each with a reason for what is off.
func largestLines() ([]ledger.Line, []ledger.ReceiptLine) {
	lines := make([]ledger.Line, ledger.LinesMax)
	goods := make([]ledger.ReceiptLine, ledger.LinesMax)
	for i := range lines {
		sku := ledger.SKU(fmt.Sprintf("%s%06d", strings.Repeat("X", 34), i))
		lines[i] = ledger.Line{SKU: sku, Qty: 1 << 40, Price: ledger.Price{Money: ledger.Money{Amount: 1 << 49, Currency: "GBP"}, Per: 1 << 50, Tax: "included"}}
		lines[i].Charge = priced(lines[i].Price, lines[i].Qty, ledger.Charge{From: ledger.PriceSaid, Tax: vat, OffPPM: 123_456, OffWhy: "0123456789ab"})
		goods[i] = ledger.ReceiptLine{SKU: sku, Qty: 1 << 40, Bin: ledger.Bin(fmt.Sprintf("AISLE-%020d", i))}
	}
	return lines, goods
}

func resize(l *ledger.Line, q ledger.Qty) {
	if err := l.SetQty(q); err != nil {
		panic(err)
	}
}

// largestTakings take what is promised to others, or is held elsewhere.
func largestTakings(lines []ledger.Line) map[string]func(s *stage) ledger.Outcome {
	return map[string]func(s *stage) ledger.Outcome{
		"in the hand, from another order": func(s *stage) ledger.Outcome {
			s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: lines}})
			return s.do(&ledger.Place{InHand: true, Order: ledger.Order{ID: oid("b"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: lines}})
		},
		"late, from another order": func(s *stage) ledger.Outcome {
			s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: lines}})
			o := ledger.Order{ID: oid("b"), Owner: "leeds", Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: slices.Clone(lines)}
			for i := range o.Lines {
				o.Lines[i].Taken = o.Lines[i].Qty
			}
			return s.late(&ledger.Entry{Kind: ledger.KindPlaced, Seq: 9, Ref: string(o.ID), Body: &ledger.OrderBody{Order: o}})
		},
		"drawn from two sites a line": func(s *stage) ledger.Outcome {
			for _, site := range []ledger.SiteID{"a-site-with-the-longest-name-32b", "b-site-with-the-longest-name-32b"} {
				s.creditAll(site, lines)
			}
			elsewhere := ledger.Order{ID: oid("a"), Fulfil: ledger.Collect, CollectAt: "york", Anywhere: true, Shortage: ledger.Refuse, Lines: slices.Clone(lines)}
			for i := range elsewhere.Lines {
				resize(&elsewhere.Lines[i], 2*elsewhere.Lines[i].Qty)
			}
			return s.do(&ledger.Place{Order: elsewhere})
		},
		"counted away": func(s *stage) ledger.Outcome {
			s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: lines}})
			a := &ledger.Adjust{Reason: strings.Repeat("r", ledger.TextMax)}
			for i := range lines {
				a.Lines = append(a.Lines, ledger.AdjustLine{SKU: lines[i].SKU, Qty: -1})
			}
			return s.do(a)
		},
	}
}

func TestTheLargestOrderGoesThroughEveryBound(t *testing.T) {
	lines, goods := largestLines()
	acts := largestTakings(lines)
	maps.Copy(acts, map[string]func(s *stage) ledger.Outcome{
		"taken": func(s *stage) ledger.Outcome {
			return s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Refuse, Lines: lines}})
		},
		"reserved and cancelled": func(s *stage) ledger.Outcome {
			s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: lines}})
			return s.do(&ledger.CancelOrder{Order: oid("a")})
		},
		"picked short on every line, for as many reasons": func(s *stage) ledger.Outcome {
			s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Refuse, Lines: lines}})
			pick := &ledger.PickLeg{Order: oid("a")}
			for i := range lines {
				n := ledger.LegLine{Line: i + 1, Short: 1, Why: fmt.Sprintf("%0*d", ledger.ShortWhyMax, i)}
				if n.Qty = lines[i].Qty - 1; n.Qty < 0 {
					continue
				}
				pick.Lines = append(pick.Lines, n)
			}
			return s.do(pick)
		},
		"short on every line": func(s *stage) ledger.Outcome {
			for i := range lines {
				resize(&lines[i], lines[i].Qty+1)
			}
			defer func() {
				for i := range lines {
					resize(&lines[i], lines[i].Qty-1)
				}
			}()
			return s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Lines: lines}})
		},
		"accepted from two sites a line": func(s *stage) ledger.Outcome {
			for i := range lines {
				resize(&lines[i], lines[i].Qty+2)
			}
			defer func() {
				for i := range lines {
					resize(&lines[i], lines[i].Qty-2)
				}
			}()
			out := s.do(&ledger.Place{AskHQ: true, Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Refuse, Lines: lines}})
			var legs []ledger.AskLeg
			for i := range lines {
				legs = append(legs, ledger.AskLeg{Line: i + 1, Site: "a-site-with-the-longest-name-32b", Qty: 1},
					ledger.AskLeg{Line: i + 1, Site: "b-site-with-the-longest-name-32b", Qty: 1})
			}
			return s.do(&ledger.AcceptAsk{Order: oid("a"), Ask: out.Entry.Body.(*ledger.OrderBody).Ask, Legs: legs})
		},
	})
	for name, act := range acts {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "leeds", true)
			if out := s.do(&ledger.Receive{ID: strings.Repeat("r", ledger.TextMax), Reference: strings.Repeat("d", ledger.TextMax), Lines: goods}); out.Err != nil {
				t.Fatal(out.Err)
			}
			from := time.Now()
			out := act(s)
			if out.Err != nil || out.Entry == nil {
				t.Fatalf("got %v, want an entry", out.Err)
			}
			b := ledger.MarshalEntry(out.Entry)
			t.Logf("%d bytes, %d postings, %v with codec and audit", len(b), len(out.Entry.Postings), time.Since(from))
			again, err := ledger.UnmarshalEntry(b)
			if err != nil || !reflect.DeepEqual(again, out.Entry) {
				t.Fatalf("got another entry back (%v), want the same", err)
			}
			h := ledger.Chain(ledger.Hash{}, "leeds", again.Epoch, again.Seq, b)
			f := &ledger.Frame{Site: "leeds", Epoch: again.Epoch, First: again.Seq, Hashes: []ledger.Hash{h}, Entries: [][]byte{b}}
			raw := ledger.EncodeFrame(f)
			if len(raw) > ledger.FrameBytesLone {
				t.Errorf("got a frame of %d bytes, want at most %d", len(raw), ledger.FrameBytesLone)
			}
			if back, err := ledger.DecodeFrame(raw); err != nil || back.Verify() != nil {
				t.Errorf("got %v, want the frame back", err)
			}
		})
	}
}

// creditAll makes the stage hold as much of another site's as the lines want.
func (s *stage) creditAll(site ledger.SiteID, lines []ledger.Line) {
	s.cmd++
	c := ledger.HQCommand{H: s.h, Number: s.cmd, ID: fmt.Sprint("c", s.cmd), Kind: ledger.CommandCredit, Owner: site}
	for i := range lines {
		c.Lines = append(c.Lines, ledger.CommandLine{Line: i + 1, SKU: lines[i].SKU, Qty: lines[i].Qty})
	}
	c.Hash = ledger.ChainCommand(s.hash, &c)
	s.hash = c.Hash
	if out := s.do(&ledger.Obey{Command: c}); verdict(out) != "done" {
		s.t.Fatalf("credit: got %s, want it done", verdict(out))
	}
}

func TestTheLargestCommandIsObeyed(t *testing.T) {
	s := newStage(t, "hull", false)
	lines, goods := largestLines()
	if out := s.do(&ledger.Receive{ID: "r", Lines: goods}); out.Err != nil {
		t.Fatal(out.Err)
	}
	for i := range lines {
		resize(&lines[i], 1<<39)
	}
	if out := s.do(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Deliver, Anywhere: true, Shortage: ledger.Backorder, Lines: lines}}); out.Err != nil {
		t.Fatal(out.Err)
	}
	c := ledger.HQCommand{H: s.h, Number: 1, ID: "c1", Kind: ledger.CommandReserve, Order: oid("a"), Owner: "hull"}
	for i := range lines {
		c.Lines = append(c.Lines, ledger.CommandLine{Line: i + 1, SKU: lines[i].SKU, Qty: lines[i].Qty})
	}
	c.Hash = ledger.ChainCommand(ledger.Hash{}, &c)
	out := s.do(&ledger.Obey{Command: c})
	if got := verdict(out); got != "done" {
		t.Fatalf("got %s (%v), want done", got, out.Err)
	}
	if raw, err := ledger.UnmarshalCommand(ledger.MarshalCommand(&c)); err != nil || !reflect.DeepEqual(raw, &c) {
		t.Errorf("got %v, want the command back", err)
	}
}

func TestFramesKeepTheirBounds(t *testing.T) {
	s := ledger.NewState("leeds")
	core := ledger.NewCore(s, everything{})
	now := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	core.Decide(&ledger.OpenSite{Epoch: 1}, now)
	lines, goods := largestLines()
	for i := range 40 {
		core.Decide(&ledger.Receive{ID: fmt.Sprint(i), Lines: goods[:i*120+1]}, now)
	}
	for i := range 600 {
		core.Decide(&ledger.Receive{ID: fmt.Sprint(i), Lines: goods[:1]}, now)
	}
	core.Decide(&ledger.Place{Order: ledger.Order{ID: oid("a"), Fulfil: ledger.Take, Shortage: ledger.Partial, Lines: lines}}, now)
	core.Decide(&ledger.OpenSite{Epoch: 2}, now)
	aud := ledger.NewAuditor("leeds")
	lone := 0
	for _, f := range core.Cut() {
		raw := ledger.EncodeFrame(f)
		if len(f.Entries) > ledger.FrameEntriesMax || len(raw) > ledger.FrameBytesMax && len(f.Entries) > 1 || len(raw) > ledger.FrameBytesLone {
			t.Errorf("frame %d: got %d entries in %d bytes, want it within bounds", f.First, len(f.Entries), len(raw))
		}
		if len(raw) > ledger.FrameBytesMax {
			lone++
		}
		if err := aud.Frame(raw); err != nil {
			t.Fatal(err)
		}
	}
	if lone == 0 {
		t.Error("got no lone frame, want the test to make one")
	}
	if got, want := aud.State.Head(), core.State.Head(); got != want {
		t.Errorf("got head %v from the frames, want %v", got, want)
	}
}
