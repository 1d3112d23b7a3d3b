package node

// White-box: a handler that panics, a full desk and errors from below cannot be had through
// the API of a healthy node.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
	"github.com/holdfast-stock/holdfast/sync/contract"
	"github.com/holdfast-stock/holdfast/sync/door"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func openNode(t *testing.T, w *testworld.World, change func(*Config)) *Node {
	t.Helper()
	cfg := Config{Site: "leeds", Dir: t.TempDir(), Listen: "127.0.0.1:0", Standalone: true}
	if change != nil {
		change(&cfg)
	}
	n, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Disk.Fail(nil)
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

func TestEveryErrorHasItsAnswer(t *testing.T) {
	w := testworld.New(1)
	n := openNode(t, w, nil)
	cases := []struct {
		err    error
		status int
		code   contract.Code
	}{
		{door.ErrNoIdentity, 401, contract.CodeNoIdentity}, {errReadOnly, 403, contract.CodeForbidden}, {errNoRoute, 404, contract.CodeNotFound},
		{errBadMethod, 405, contract.CodeBadMethod}, {errCrowded, 503, contract.CodeBusy}, {errOwnedByHQ, 409, contract.CodeOwnedByHQ},
		{errKeyMissing, 400, contract.CodeKeyMissing}, {errUnreachable, 503, contract.CodeOwnerUnreachable},
		{ledger.ErrBusy, 503, contract.CodeBusy}, {ledger.ErrClosed, 503, contract.CodeSiteClosing}, {ledger.ErrUnsure, 503, contract.CodeUnsure},
		{ledger.ErrNotOpened, 503, contract.CodeNotOpened}, {ledger.ErrFull, 503, contract.CodeDiskFull}, {ledger.ErrQuarantined, 503, contract.CodeQuarantined},
		{&ledger.ShortError{}, 409, contract.CodeStockShort}, {&ledger.FormError{}, 400, contract.CodeBadValue},
		{context.Canceled, 503, contract.CodeSiteClosing}, {context.DeadlineExceeded, 503, contract.CodeSiteClosing},
		{errors.Join(ledger.ErrUnsure, context.Canceled), 503, contract.CodeUnsure},
		{&ledger.DamageError{}, 500, contract.CodeFault}, {io.ErrUnexpectedEOF, 500, contract.CodeFault},
	}
	for _, c := range cases {
		if p := n.problem(fmt.Errorf("act: %w", c.err)); p.Status != c.status || p.Code != c.code {
			t.Errorf("%v: got %d %s, want %d %s", c.err, p.Status, p.Code, c.status, c.code)
		}
	}
}

func TestAPanicEndsTheNode(t *testing.T) {
	n := openNode(t, testworld.New(2), nil)
	broken := n.web.wrap("x", open, door.Anybody, func(http.ResponseWriter, *http.Request) error { panic("a false book") })
	func() {
		defer func() {
			if p := recover(); p != http.ErrAbortHandler {
				t.Errorf("got %v, want the connection aborted", p)
			}
		}()
		broken.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://leeds/", nil))
	}()
	if err := n.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "a false book") {
		t.Errorf("got %v, want Run to end with the panic", err)
	}
	// An abort that a handler chose is none of ours.
	aborting := n.web.wrap("x", open, door.Anybody, func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) })
	func() {
		defer func() { _ = recover() }()
		aborting.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://leeds/", nil))
	}()
	select {
	case err := <-n.broken:
		t.Errorf("got %v, want nothing broken", err)
	default:
	}
}

func TestAnErrorOfOursIsAFaultAndTellsNothing(t *testing.T) {
	n := openNode(t, testworld.New(3), nil)
	rec := httptest.NewRecorder()
	n.web.wrap("x", open, door.Anybody, func(http.ResponseWriter, *http.Request) error { return errors.New("secret path /x/y") }).
		ServeHTTP(rec, httptest.NewRequest("GET", "http://leeds/", nil))
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("got %d %s, want 500 without Go text", rec.Code, rec.Body)
	}
}

// never is a head office that is up but never asked.
type never struct{}

func (never) Online() bool { return true }
func (never) Ask(context.Context, wire.Ask) (wire.AskReply, error) {
	return wire.AskReply{}, errors.New("not asked for")
}

func TestAFullDeskSaysSo(t *testing.T) {
	w := testworld.New(4)
	n := openNode(t, w, nil)
	d := newDesk(n.book, never{}, w.Env(), Config{OrdersMax: 1}, n.log, n.metrics)
	d.slots <- struct{}{} // one order is being decided
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx, ctx) }()
	if _, err := d.place(t.Context(), &ledger.Place{}); !errors.Is(err, ledger.ErrBusy) {
		t.Errorf("got %v, want %v", err, ledger.ErrBusy)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: got %v, want nil", err)
	}
	if _, err := d.place(t.Context(), &ledger.Place{}); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, want %v: the desk has closed", err, ledger.ErrClosed)
	}
}

func TestASiteOfAHeadOfficeDoesNotStandAlone(t *testing.T) {
	w := testworld.New(6)
	dir := t.TempDir()
	book, err := ledger.OpenBook(w.Env(), ledger.BookConfig{Site: "leeds", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- book.Run(ctx) }()
	for _, req := range []ledger.Request{&ledger.OpenSite{Epoch: 1}, &ledger.AdoptHQ{H: ledger.Incarnation{Counter: 1}}} {
		if out, err := book.Do(t.Context(), req); err != nil || out.Err != nil {
			t.Fatalf("%T: %v, %v", req, err, out.Err)
		}
	}
	cancel()
	if err := errors.Join(<-ran, book.Close()); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Site: "leeds", Dir: dir, Listen: "127.0.0.1:0", Standalone: true}
	for range 2 { // the first refusal has let go of the book
		if _, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); !errors.Is(err, ErrJoined) {
			t.Fatalf("got %v, want %v", err, ErrJoined)
		}
	}
	if _, err := ledger.AuditBook(w.Env(), dir, nil); err != nil {
		t.Errorf("audit: %v", err)
	}
}

func TestAnOpenThatFailsLeavesNothingBehind(t *testing.T) {
	w := testworld.New(5)
	reg := prometheus.NewRegistry()
	cfg := Config{Site: "leeds", Dir: t.TempDir(), Listen: "127.0.0.1:0", HQ: []string{"http://127.0.0.1:1"}}
	if n, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), reg); err == nil || n != nil {
		t.Fatal("got a node without a join token")
	}
	cfg.Join = "abc"
	for range 2 { // the second time from the file
		n, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), reg)
		if err != nil {
			t.Fatalf("got %v, want a node: the first failure must have let go of book and figures", err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		cfg.Join = ""
	}
	if _, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), prometheus.WrapRegistererWithPrefix("x_", reg)); err == nil {
		t.Error("got a node whose figures nobody can read")
	}
	w.Disk.FailOn(ledger.ActOpen)
	if _, err := Open(w.Env(), cfg, slog.New(slog.DiscardHandler), reg); !errors.Is(err, testworld.ErrDisk) {
		t.Errorf("got %v, want %v", err, testworld.ErrDisk)
	}
}
