package hq

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

var updateBodies = flag.Bool("update-bodies", false, "write the golden file of what webhooks are sent anew")

// TestWhatAWebhookIsSentKeepsItsBytes: receivers were written against it. It is white-box because only the leader makes bodies.
func TestWhatAWebhookIsSentKeepsItsBytes(t *testing.T) {
	at := time.Date(2026, 1, 5, 8, 0, 0, 250_000_000, time.UTC)
	lines := []machine.EventLine{{Line: 1, SKU: "TAP-22", Qty: 3}, {Line: 2, SKU: "PIPE", Qty: 5, Waiting: 2}}
	order := machine.Event{At: at, Site: "hull", Order: "01900000-0000-7000-8000-00000000000a", Number: "HQ-000012", External: "W-77", Channel: "web", Customer: "c-9", Lines: lines, More: 4}
	var got bytes.Buffer
	for _, k := range append(machine.EventKinds(), machine.EventTest) {
		e := order
		switch e.Kind = k; k {
		case machine.EventDispatched:
			e.Ship = ledger.Shipment{Carrier: "acme", Service: "24h", Tracking: "T1"}
		case machine.EventDelayed:
			e.Due = machine.DayOf(at) + 3
		case machine.EventLow:
			e = machine.Event{Kind: k, At: at, Site: "leeds", SKU: "TAP-22", Qty: 0, Level: 4}
		case machine.EventException:
			e = machine.Event{Kind: k, At: at, Site: "leeds", SKU: "TAP-22", Exception: 7, What: "count", Why: "2 were not found <here>"}
		case machine.EventTest:
			e = machine.Event{Kind: k, At: at}
		}
		body, err := eventBody(&e)
		if err != nil {
			t.Fatal(err)
		}
		got.Write(append(body, '\n'))
	}
	const path = "testdata/webhook_bodies.txt"
	if *updateBodies {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%swant\n%s(%v)", got.Bytes(), want, err)
	}
}
