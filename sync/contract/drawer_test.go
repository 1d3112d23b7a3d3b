package contract_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// A trading day ends on the date that the clock of its site shows, in the two nights of the year too of which one has 23 hours and the other 25: no moment of
// them belongs to two dates, or to none, and the date that follows begins where the site's midnight is.
func TestADayEndsOnTheDateOfItsSite(t *testing.T) {
	london, err := ledger.LoadZone("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-03-28T23:59:59Z": "2026-03-28", // before the short night: as the world's clock shows
		"2026-03-29T00:00:00Z": "2026-03-29",
		"2026-03-29T00:59:59Z": "2026-03-29", // the last second of winter
		"2026-03-29T01:00:00Z": "2026-03-29", // two o'clock in summer
		"2026-03-29T22:59:59Z": "2026-03-29", // 23 hours after it began
		"2026-03-29T23:00:00Z": "2026-03-30", // midnight in summer
		"2026-10-24T22:59:59Z": "2026-10-24",
		"2026-10-24T23:00:00Z": "2026-10-25", // the long day begins in summer
		"2026-10-24T23:30:00Z": "2026-10-25", // half past midnight, when the world still has the day before
		"2026-10-25T00:30:00Z": "2026-10-25", // half past one, the first time
		"2026-10-25T01:30:00Z": "2026-10-25", // half past one, the second time
		"2026-10-25T23:59:59Z": "2026-10-25", // 25 hours after it began
		"2026-10-26T00:00:00Z": "2026-10-26",
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		got := contract.RenderDay("leeds", &ledger.Day{Number: 7}, "GBP", moment, london, true)
		if got.Date != want || got.At != contract.Moment(moment) || got.Status != "ended" {
			t.Errorf("ended at %s: got %s at %s, want %s", at, got.Date, got.At, want)
		}
		if utc := contract.RenderDay("leeds", &ledger.Day{Number: 7}, "GBP", moment, time.UTC, true); utc.Date != at[:10] {
			t.Errorf("ended at %s in a company without a zone: got %s", at, utc.Date)
		}
	}
	hours := func(from, to string) float64 { // what lies between two midnights of the site's
		a, _ := time.ParseInLocation(time.DateOnly, from, london)
		b, _ := time.ParseInLocation(time.DateOnly, to, london)
		return b.Sub(a).Hours()
	}
	if short, long := hours("2026-03-29", "2026-03-30"), hours("2026-10-25", "2026-10-26"); short != 23 || long != 25 {
		t.Errorf("got nights of %v and %v hours, want zones that know them", short, long)
	}
}
