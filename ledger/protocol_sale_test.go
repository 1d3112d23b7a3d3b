package ledger_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// TestProtocol09WhatIsReservedCountsInEveryCheck: units that are promised stay on the shelf for hours,
// and a check that counts the shelf and not the promise sells them again. Here every claim of two
// units leaves one of three to every way of asking for more, and the books agree afterwards.
func TestProtocol09WhatIsReservedCountsInEveryCheck(t *testing.T) {
	claims := map[string]string{
		"an order to be delivered":      "deliver c TAP 2 => allocated",
		"an order to be collected":      "collect c TAP 2 => allocated",
		"an order that waited for it":   "take x TAP 3 => completed\n deliver c TAP 2 backorder => backordered\n receive TAP 3",
		"an ask that is open":           "take x TAP 1 => completed\n deliver c TAP 3 any up => asked\n receive TAP 1",
		"what head office has borrowed": "obey borrow c TAP 2 => done",
		"what head office has reserved": "obey borrow c TAP 2 => done\n obey reserve c TAP 2 => done",
		"what is passed on to a site":   "obey borrow c TAP 2 => done\n obey pass-on c TAP 2 york => done",
		"what such a site has drawn":    "obey borrow c TAP 2 => done\n obey pass-on c TAP 2 york => done\n obey draw c TAP 2 york => done",
	}
	checks := map[string]string{
		"a sale":                     "take n TAP 2 => short have=1",
		"a delivery":                 "deliver n TAP 2 => short have=1",
		"a collection":               "collect n TAP 2 => short have=1",
		"a part of a sale":           "take n TAP 2 partial => completed\n order n => completed here=0 taken=1 away=0 waits=0",
		"a backorder":                "deliver n TAP 2 backorder => backordered\n order n => backordered here=1 taken=0 away=0 waits=1",
		"an ask":                     "deliver n TAP 2 any up => asked\n order n => sourcing here=1 taken=0 away=0 waits=0\n no n => short have=1",
		"a loan":                     "obey borrow n TAP 9 => done\n obey reserve n TAP 4 => refused not_allotted",
		"a command to reserve":       "obey reserve n TAP 3 => refused not_allotted",
		"what head office passes on": "obey pass-on n TAP 3 york => refused not_allotted",
		"what another site draws":    "obey draw n TAP 3 york => refused not_allotted",
		"what is given back":         "obey giveback n TAP 3 => refused not_allotted",
	}
	for claim, claims := range claims {
		for check, asks := range checks {
			t.Run(fmt.Sprint(check, " beside ", claim), func(t *testing.T) {
				s := newStage(t, "leeds", true)
				s.play("receive TAP 3\n" + claims + "\n" + asks)
				s.keeps("TAP")
			})
		}
	}
}

// keeps sells what is still available of a SKU, and holds the claims against the shelf and the book
// against an audit.
func (s *stage) keeps(sku ledger.SKU) {
	s.t.Helper()
	l, _ := s.core.State.Level(sku)
	if l.Available > 0 {
		s.play(fmt.Sprintf("take last %s %d => completed", sku, l.Available))
	}
	s.play(fmt.Sprintf("take none %s 1 => short have=0", sku))
	l, _ = s.core.State.Level(sku)
	if promised := ledger.Promised(s.core.State)[sku]; l.Sellable != l.Reserved+l.AllottedSum() || l.Reserved != promised || l.Shortfall != 0 {
		s.t.Errorf("got %+v, with %d promised; want a unit on the shelf for each claim", l, promised)
	}
	if got, want := s.aud.State.Digest(), s.core.State.Digest(); got != want {
		s.t.Errorf("audit: got balances %x, want %x as the book has them", got, want)
	}
}
