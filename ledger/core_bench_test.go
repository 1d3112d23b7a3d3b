package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What the core costs without a disk: a shop of 10,000 SKUs, and till orders of three lines
// under a key each.
const (
	benchSKUs   = 10_000
	benchGroup  = 256
	benchFrames = 32
)

var benchNow = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func benchSKU(i int) ledger.SKU { return ledger.SKU(fmt.Sprintf("SKU-%06d", i%benchSKUs)) }

// benchCore is a core with goods of every SKU, all of it cut. tell is given its frames.
func benchCore(b *testing.B, tell func(*ledger.Frame)) *ledger.Core {
	b.Helper()
	core := ledger.NewCore(ledger.NewState("leeds"), everything{})
	core.Decide(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: true}}, benchNow)
	for from := 0; from < benchSKUs; from += ledger.LinesMax {
		r := &ledger.Receive{ID: fmt.Sprint("r", from), Reference: "DN-1"}
		for i := range ledger.LinesMax {
			r.Lines = append(r.Lines, ledger.ReceiptLine{SKU: benchSKU(from + i), Qty: 1 << 40})
		}
		if out := core.Decide(r, benchNow); out.Err != nil {
			b.Fatal(out.Err)
		}
	}
	for _, f := range core.Cut() {
		tell(f)
	}
	core.Settle()
	return core
}

// tillOrders makes n orders of goods in hand, each with its own id, key and articles.
func tillOrders(n int) []*ledger.Place {
	out := make([]*ledger.Place, n)
	for i := range out {
		id := ledger.OrderID(fmt.Sprintf("019b8d47-3ed2-7%03x-8000-%012x", i%4096, i))
		p := &ledger.Place{Order: ledger.Order{ID: id, Channel: "counter", Fulfil: ledger.Take, Shortage: ledger.Refuse, TakenAt: benchNow}, AskHQ: true,
			Meta: ledger.Meta{Actor: "owner", Key: ledger.DigestOf([]byte("key"), []byte(id)), Request: ledger.DigestOf([]byte("request"), []byte(id))}}
		for l := range 3 {
			p.Order.Lines = append(p.Order.Lines, ledger.Line{SKU: benchSKU(i*7919 + l*3001), Qty: 1})
		}
		out[i] = p
	}
	return out
}

// BenchmarkDecide is what the writer does to decide one order: key, rules, balances.
func BenchmarkDecide(b *testing.B) {
	core, orders := benchCore(b, func(*ledger.Frame) {}), tillOrders(4096)
	at := 0
	b.ReportAllocs()
	for b.Loop() {
		if at == len(orders) {
			b.StopTimer()
			at = 0
			core.Cut()
			core.Settle()
			b.StartTimer()
		}
		if out := core.Decide(orders[at], benchNow); out.Err != nil {
			b.Fatal(out.Err)
		}
		at++
	}
}

// BenchmarkCutFrame is what stands between 256 decisions and their commit.
func BenchmarkCutFrame(b *testing.B) {
	core, orders := benchCore(b, func(*ledger.Frame) {}), tillOrders(benchGroup)
	size := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for _, o := range orders {
			core.Decide(o, benchNow)
		}
		b.StartTimer()
		size = 0
		for _, f := range core.Cut() {
			size += len(ledger.EncodeFrame(f))
		}
		b.StopTimer()
		core.Settle()
		b.StartTimer()
	}
	perEntry(b, benchGroup)
	b.ReportMetric(float64(size)/benchGroup, "bytes/entry")
}

// BenchmarkWrite is the whole way of an order from the request to the bytes of its frame.
func BenchmarkWrite(b *testing.B) {
	for _, group := range []int{16, benchGroup} {
		b.Run(fmt.Sprint(group), func(b *testing.B) {
			core, orders := benchCore(b, func(*ledger.Frame) {}), tillOrders(4096)
			at := 0
			b.ReportAllocs()
			for b.Loop() {
				for _, o := range orders[at : at+group] {
					if out := core.Decide(o, benchNow); out.Err != nil {
						b.Fatal(out.Err)
					}
				}
				for _, f := range core.Cut() {
					ledger.EncodeFrame(f)
				}
				if at += group; at == len(orders) {
					b.StopTimer()
					at = 0
					core.Settle()
					b.StartTimer()
				}
			}
			perEntry(b, group)
		})
	}
}

func perEntry(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/entry")
}

func tillEntry(b *testing.B) *ledger.Entry {
	out := benchCore(b, func(*ledger.Frame) {}).Decide(tillOrders(1)[0], benchNow)
	if out.Err != nil {
		b.Fatal(out.Err)
	}
	return out.Entry
}

func BenchmarkEncodeEntry(b *testing.B) {
	e := tillEntry(b)
	b.ReportAllocs()
	for b.Loop() {
		ledger.MarshalEntry(e)
	}
	b.ReportMetric(float64(len(ledger.MarshalEntry(e))), "bytes/entry")
}

func BenchmarkDecodeEntry(b *testing.B) {
	raw := ledger.MarshalEntry(tillEntry(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ledger.UnmarshalEntry(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChain(b *testing.B) {
	raw := ledger.MarshalEntry(tillEntry(b))
	b.ReportAllocs()
	var h ledger.Hash
	for b.Loop() {
		h = ledger.Chain(h, "leeds", 1, 7, raw)
	}
}

// tillJournal is the frames of a shop: its goods, then full frames of till orders.
func tillJournal(b *testing.B) (goods, orders [][]byte) {
	core := benchCore(b, func(f *ledger.Frame) { goods = append(goods, ledger.EncodeFrame(f)) })
	for i, o := range tillOrders(benchFrames * benchGroup) {
		if out := core.Decide(o, benchNow); out.Err != nil {
			b.Fatal(out.Err)
		}
		if i%benchGroup == benchGroup-1 {
			for _, f := range core.Cut() {
				orders = append(orders, ledger.EncodeFrame(f))
			}
		}
	}
	return goods, orders
}

// foldFrames times how whatever begin makes folds the frames of a journal, its goods apart.
func foldFrames(b *testing.B, begin func() func(raw []byte) error) {
	goods, orders := tillJournal(b)
	b.ReportAllocs()
	entries := 0
	for b.Loop() {
		b.StopTimer()
		fold := begin()
		for _, raw := range goods {
			if err := fold(raw); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for _, raw := range orders {
			if err := fold(raw); err != nil {
				b.Fatal(err)
			}
		}
		entries = benchFrames * benchGroup
	}
	perEntry(b, entries)
}

// BenchmarkReplay decodes, verifies and applies frames of 256 as the opening of a book does.
func BenchmarkReplay(b *testing.B) {
	foldFrames(b, func() func([]byte) error {
		core := ledger.NewCore(ledger.NewState("leeds"), everything{})
		return func(raw []byte) error {
			f, err := ledger.DecodeFrame(raw)
			if err != nil {
				return err
			}
			if err := f.Verify(); err != nil {
				return err
			}
			return core.Replay(f)
		}
	})
}

// BenchmarkAudit is BenchmarkReplay with all that an audit checks.
func BenchmarkAudit(b *testing.B) {
	foldFrames(b, func() func([]byte) error { return ledger.NewAuditor("leeds").Frame })
}
