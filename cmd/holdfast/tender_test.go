package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A claim at another shop says nothing of what the order cost, which that shop does not know.
func TestWhatWasPaidElsewhereIsNotCalledPaidHere(t *testing.T) {
	for want, p := range map[string]contract.Payments{
		"order o-1 was paid elsewhere: 3.00 GBP of it may be given back here": {Order: "o-1", Currency: "GBP", Status: "overpaid", Paid: 300, Due: -300, Claims: []contract.RefundClaim{{Status: "granted", Amount: 300, Granted: 300}}},
		"order o-1 was paid elsewhere: 0.00 GBP of it may be given back here": {Order: "o-1", Currency: "GBP", Status: "paid", Claims: []contract.RefundClaim{{Status: "asked", Amount: 300}}},
		"order o-1 is paid: 5.00 of 5.00 GBP, 0.00 due":                       {Order: "o-1", Currency: "GBP", Status: "paid", Total: 500, Paid: 500},
	} {
		var out bytes.Buffer
		if err := tellPayments(&house{stdout: &out}, &p, false); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q (%v)", out.String(), want, err)
		}
	}
}
