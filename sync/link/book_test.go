package link_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/link"
)

var (
	_ link.Journal   = (*ledger.Book)(nil)
	_ link.Ledger    = (*ledger.Book)(nil)
	_ link.Catalogue = (*ledger.Book)(nil)
	_ link.Directory = (*ledger.Book)(nil)
)

func TestABookOnDiskIsOpenedFilledAndSharedByItsLink(t *testing.T) {
	dir, world, hq := t.TempDir(), testworld.New(1), newOffice(t)
	book, err := ledger.OpenBook(world.Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hq)
	defer server.Close()
	cfg := config()
	cfg.Servers = []string{server.URL}
	l, err := link.Open(cfg, link.Parts{Env: world.Env(), NodeKey: book.NodeKey(), Journal: book, Ledger: book, Catalogue: book, Directory: book,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	hq.sites = ledger.SiteList{Version: 12, Sites: []ledger.ListedSite{{ID: "hull"}, {ID: "leeds", Counter: true}}}
	for range 10 {
		hq.command()
		hq.item()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return book.Run(gctx) })
	g.Go(func() error { return l.Run(gctx) })
	reach := func(done func() bool) {
		t.Helper()
		for {
			linked, written := l.Changed(), book.Changed()
			if done() {
				return
			}
			select {
			case <-linked:
			case <-written:
			case <-gctx.Done():
				t.Fatalf("not reached: %+v", l.Status())
			}
		}
	}
	reach(l.Online)
	for i := range 10 {
		out, err := book.Do(ctx, &ledger.Receive{ID: fmt.Sprint("d-", i), Lines: []ledger.ReceiptLine{{SKU: "TAP-22", Qty: 1, Bin: "MAIN"}}})
		if err != nil || out.Err != nil {
			t.Fatalf("receive: %v, %v", err, out.Err)
		}
	}
	reach(func() bool { return book.Cursor().Number == 10 && l.Status().Unsent == 0 })
	cancel()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if got, want := hq.stored, book.Head().Position; got != want {
		t.Errorf("head office ends at %+v, want %+v", got, want)
	}
	if l := book.Sites(); l.Version != 12 || !l.Has("hull") {
		t.Errorf("got list %+v, want the one of head office", l)
	}
	if _, ok := book.Item("SKU-1"); !ok {
		t.Error("got no item SKU-1, want what head office knows")
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.AuditBook(world.Env(), dir, nil); err != nil {
		t.Errorf("audit: %v", err)
	}
}
