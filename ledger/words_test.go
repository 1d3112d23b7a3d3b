package ledger_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func TestALevelThatBreaksAnInvariantIsNamed(t *testing.T) {
	if l := sampleLevel(); l.Check() != nil || l.OnHand() != 12 || l.AllottedSum() != 5 || l.AllottedTo("nobody") != 0 {
		t.Fatalf("got %v, want the sample to hold", l.Check())
	}
	for name, change := range map[string]func(*ledger.Level){
		"below zero":      func(l *ledger.Level) { l.Available = -1 },
		"a holder below":  func(l *ledger.Level) { l.Allotted[0].Qty = -1 },
		"a bin below":     func(l *ledger.Level) { l.Bins[0].Sellable = -1 },
		"bins beside":     func(l *ledger.Level) { l.Bins[0].Sellable++ },
		"a unit too many": func(l *ledger.Level) { l.Reserved++ },
	} {
		l := sampleLevel()
		change(l)
		if l.Check() == nil {
			t.Errorf("%s: got it through, want it named", name)
		}
	}
}

func TestEveryAccountHasItsNameAndItsBook(t *testing.T) {
	for want, a := range map[string]ledger.Account{
		"where/supplier/DN-1": {Kind: ledger.Supplier, Ref: "DN-1"}, "where/bin/A-1/sellable": {Kind: ledger.Sellable, Ref: "A-1"},
		"where/bin/A-1/blocked": {Kind: ledger.Blocked, Ref: "A-1"}, "where/picked": {Kind: ledger.Picked},
		"where/transit/hull": {Kind: ledger.Transit, Ref: "hull"}, "where/customer": {Kind: ledger.Customer}, "where/loss/broken": {Kind: ledger.Loss, Ref: "broken"},
		"whose/stock": {Kind: ledger.Stock}, "whose/available": {Kind: ledger.Available}, "whose/reserved/o1/2": {Kind: ledger.Reserved, Ref: "o1", Line: 2},
		"whose/allotted/hq": {Kind: ledger.Allotted, Ref: "hq"}, "whose/shortfall": {Kind: ledger.Shortfall}, "unknown/99/x/1": {Kind: 99, Ref: "x", Line: 1},
	} {
		if got := a.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if where := strings.HasPrefix(want, "where"); where != (a.Kind.Where()) {
			t.Errorf("%s: got where book %v, want %v", want, a.Kind.Where(), where)
		}
	}
	var l ledger.Level
	for _, p := range []ledger.Posting{
		{Account: ledger.Account{Kind: ledger.Blocked, Ref: "Q"}, Qty: 3}, {Account: ledger.Account{Kind: ledger.Picked}, Qty: 2},
		{Account: ledger.Account{Kind: ledger.Shortfall}, Qty: -2}, {Account: ledger.Account{Kind: ledger.Reserved}, Qty: 4}, {Account: ledger.Account{Kind: ledger.Transit}, Qty: 7},
	} {
		if err := l.Post(p); err != nil {
			t.Error(err)
		}
	}
	if err := l.Check(); err != nil || l.OnHand() != 5 || l.Shortfall != 2 {
		t.Errorf("got %+v, %v; want 5 on hand and a shortfall of 2", l, err)
	}
}

func TestWordsFromOutsideAreParsedOnce(t *testing.T) {
	for s, ok := range map[string]bool{"leeds": true, "site-9": true, "hq": false, "": false, "Leeds": false, "a b": false, strings.Repeat("x", 33): false} {
		if _, err := ledger.ParseSite(s); (err == nil) != ok {
			t.Errorf("site %q: got %v, want it taken: %v", s, err, ok)
		}
	}
	if bin, err := ledger.ParseBin(""); bin != ledger.BinDefault || err != nil {
		t.Errorf("got %s, %v; want the default bin", bin, err)
	}
	id, err := ledger.NewOrderID(sampleMoment, bytes.NewReader(make([]byte, 10)))
	if want := ledger.OrderID("019b8d47-3ed2-7000-8000-000000000000"); err != nil || id != want {
		t.Errorf("got %s, %v; want %s", id, err, want)
	}
	if _, err := ledger.ParseOrderID(string(id)); err != nil {
		t.Errorf("got %v, want our own id taken", err)
	}
	if _, err := ledger.NewOrderID(sampleMoment, bytes.NewReader(nil)); err == nil {
		t.Error("got an id without random bytes, want an error")
	}
	later, _ := ledger.NewOrderID(sampleMoment.Add(time.Millisecond), bytes.NewReader(make([]byte, 10)))
	if later <= id {
		t.Errorf("got %s before %s, want ids that sort by time", later, id)
	}
	for _, s := range []string{"leeds/1/2", "hq/1/2/" + strings.Repeat("0", 64), "leeds/x/2/" + strings.Repeat("0", 64), "leeds/1/2/00"} {
		if _, err := ledger.ParseHead(s); err == nil {
			t.Errorf("head %q: got it taken, want an error", s)
		}
	}
	if ledger.DigestOf([]byte("ab"), []byte("c")) == ledger.DigestOf([]byte("a"), []byte("bc")) {
		t.Error("got one digest for two splits, want two")
	}
	if got := ledger.KindAskAccepted.String() + " " + ledger.Kind(900).String() + " " + ledger.CommandKind(77).String(); got != "ask_accepted kind_900 unknown" {
		t.Errorf("got %s", got)
	}
}

func TestALineTellsItsState(t *testing.T) {
	o := sampleOrder()
	if got := o.Number(); got != "LEEDS-000042" {
		t.Errorf("got number %s, want LEEDS-000042", got)
	}
	for want, l := range map[ledger.Status]ledger.Line{
		ledger.StatusCanceled: {Qty: 1, Canceled: true}, ledger.StatusBackordered: {Qty: 2, Here: 1, Backordered: 1},
		ledger.StatusShort: {Qty: 2, Here: 1}, ledger.StatusCompleted: {Qty: 1, Taken: 1}, ledger.StatusAllocated: {Qty: 2, Here: 1, Away: []ledger.Leg{{Site: "hull", Qty: 1}}},
	} {
		if got := l.Status(); got != want {
			t.Errorf("%+v: got %s, want %s", l, got, want)
		}
	}
}

func TestRefusalsSpeak(t *testing.T) {
	for want, err := range map[string]error{
		"stock is short": &ledger.ShortError{},
		"stock is short: line 1 wants 5 of A, 2 can be promised": &ledger.ShortError{Lines: []ledger.Short{{Line: 1, SKU: "A", Want: 5, Have: 2}}},
		"order o1 is late":             &ledger.StateError{Order: "o1", Why: "is late"},
		"line 3: qty is 0":             &ledger.FormError{Field: "qty", Line: 3, Why: "is 0"},
		"damaged order o1: it is gone": &ledger.DamageError{Where: "order o1", Why: "it is gone"},
	} {
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	body := ledger.OrderBody{Refusal: ledger.RefusedState, Order: ledger.Order{ID: "o1", Status: ledger.StatusAllocated}}
	if _, ok := errors.AsType[*ledger.StateError](body.Err()); !ok {
		t.Errorf("got %v, want a StateError", body.Err())
	}
}
