package node_test

import (
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// When a device was here last, and when head office said last who may come in, is known over a restart: a list of users is as old afterwards
// as it was, and the time in between is added to it. By a clock that was put back before that moment nobody knows how old it is.
func TestWhatWasSeenAtTheDoorOutlivesARestart(t *testing.T) {
	joined(t, func(t *testing.T, s *shop, _ *hub) {
		people := func() contract.PeopleStatus {
			t.Helper()
			return as[contract.NodeStatus](t, s.get("/v1/status"), 200).People
		}
		if got := people(); got.AgeMS < 0 || got.AgeMS > time.Minute.Milliseconds() {
			t.Fatalf("got %+v, want that head office was heard just now", got)
		}
		s.shut()
		s.w.net.setCut(hqAddr, true)
		time.Sleep(10 * time.Minute) // of the bubble
		s.start()
		if got := people(); got.AgeMS < (10*time.Minute).Milliseconds() || got.AgeMS > (12*time.Minute).Milliseconds() {
			t.Errorf("without a line, 10 minutes later: got %d ms, want as much", got.AgeMS)
		}
		s.shut()
		s.w.net.setCut(hqAddr, false)
		s.start()
	})
	inShop(t, 0, func(t *testing.T, s *shop) {
		till := s.user("till-1", `{"kind":"device"}`)
		s.user("till-2", `{"kind":"device"}`)
		s.user("ann", `{"roles":["cashier"],"pin":"4711"}`)
		s.get("/v1/me", s.signIn(till, "ann", "4711"))
		devices := func() map[ledger.UserID]contract.Device {
			out := map[ledger.UserID]contract.Device{}
			for _, d := range as[contract.DeviceList](t, s.get("/v1/devices"), 200).Devices {
				out[d.Device] = d
			}
			return out
		}
		before := devices()
		if before["till-1"].LastSeenAt == "" || before["till-1"].LastUser != "ann" {
			t.Fatalf("got %+v, want ann at till-1", before)
		}
		s.shut()
		time.Sleep(time.Hour)
		s.start()
		seen := func(d contract.Device) time.Time {
			at, err := time.Parse(time.RFC3339, d.LastSeenAt)
			if err != nil {
				t.Fatalf("%+v: %v", d, err)
			}
			return at
		}
		after := devices()
		if lag := seen(before["till-1"]).Sub(seen(after["till-1"])); lag < 0 || lag >= time.Second || after["till-1"].LastUser != "ann" || after["till-2"].LastSeenAt != "" {
			t.Errorf("after a restart: got %+v, want what was there before: %+v", after, before)
		}
	})
}
