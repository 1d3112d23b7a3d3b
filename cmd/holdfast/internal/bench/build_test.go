package bench_test

import (
	"testing"

	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/bench"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/goods"
	"github.com/holdfast-stock/holdfast/cmd/holdfast/internal/world"
	"github.com/holdfast-stock/holdfast/ledger"
)

func TestABuiltBookHasWhatWasAskedFor(t *testing.T) {
	for name, clean := range map[string]bool{"closed at the end": true, "left open": false} {
		t.Run(name, func(t *testing.T) {
			dir, told := t.TempDir(), uint64(0)
			b := bench.Build{Site: "leeds", Dir: dir, Goods: goods.New(1, 20), Orders: 70, Open: 30, Lines: 2, Run: "r", Alone: true, Clean: clean}
			if err := b.Make(t.Context(), world.New(), func(n uint64) { told = n }); err != nil {
				t.Fatal(err)
			}
			if told != 70 {
				t.Errorf("told of %d orders, want 70", told)
			}
			if !clean {
				// The book is still open, as it is in a process that is about to be killed.
				if _, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: "leeds", Dir: dir, LockWait: 1}); err == nil {
					t.Error("the book was closed")
				}
				return
			}
			report, err := ledger.AuditBook(world.New(), dir, nil)
			if err != nil || report.Accepted != 70 || report.Refused != 0 {
				t.Errorf("the book has %+v (%v), want 70 orders", report, err)
			}
			ids, err := bench.BookedIDs(world.New(), dir)
			if err != nil || len(ids) != 70 {
				t.Errorf("the book has %d ids (%v), want 70", len(ids), err)
			}
			book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: "leeds", Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if v := book.View(); v.OpenOrders != 30 || v.SKUs != 20 {
				t.Errorf("the book has %d open orders of %d SKUs, want 30 of 20", v.OpenOrders, v.SKUs)
			}
			if err := book.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestABookThatAnotherHasIsNotBuilt(t *testing.T) {
	dir := t.TempDir()
	book, err := ledger.OpenBook(world.New(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	b := bench.Build{Site: "york", Dir: dir, Goods: goods.New(1, 5), Orders: 1, Lines: 1, Alone: true}
	if err := b.Make(t.Context(), world.New(), func(uint64) {}); err == nil {
		t.Error("built into a book that is in use")
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Make(t.Context(), world.New(), func(uint64) {}); err == nil {
		t.Error("built into another site's book")
	}
	if _, err := ledger.AuditBook(world.New(), dir, nil); err != nil {
		t.Error(err)
	}
}
