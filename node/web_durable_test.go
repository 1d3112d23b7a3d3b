package node_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestAnOrderIsAnsweredAtTheLevelThatItWaitedFor(t *testing.T) {
	const none = time.Duration(0)
	for name, c := range map[string]struct {
		durable   string
		archive   bool
		cut       bool
		want      contract.Durable
		least, at time.Duration // how long it may take
	}{
		"nothing said":                   {"", true, false, contract.Accepted, none, time.Second},
		"accepted":                       {"accepted", true, false, contract.Accepted, none, time.Second},
		"shared":                         {"shared", false, false, contract.Shared, none, 9 * time.Second},
		"the owner's":                    {"owner", false, false, contract.Shared, none, 9 * time.Second},
		"archived":                       {"archived", true, false, contract.Archived, none, 9 * time.Second},
		"archived, and nobody archives":  {"archived", false, false, contract.Shared, 10 * time.Second, 11 * time.Second},
		"shared, and the line is down":   {"shared", false, true, contract.Accepted, none, 3 * time.Second},
		"archived, and the line is down": {"archived", true, true, contract.Accepted, none, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, h := openJoined(t, nil)
				h.mu.Lock()
				h.archive = c.archive
				h.mu.Unlock()
				s.receive("TAP-22", 10)
				s.shared()
				if c.cut {
					s.w.net.setCut(hqAddr, true)
					time.Sleep(time.Minute) // of the bubble
				}
				began := time.Now() // of the bubble
				body := `{` + line("TAP-22", 1) + `}`
				if c.durable != "" {
					body = `{"durable":"` + c.durable + `",` + line("TAP-22", 1) + `}`
				}
				o := as[contract.Order](t, s.do("POST", "/v1/orders", body, key("k")), 201)
				if took := time.Since(began); o.Ack != c.want || o.Offline != c.cut || took < c.least || took > c.at {
					t.Errorf("got %s, offline %v, after %v; want %s after %v to %v", o.Ack, o.Offline, took, c.want, c.least, c.at)
				}
				bulk := as[contract.BulkAnswer](t, s.do("POST", "/v1/orders/bulk", `{"orders":[{"key":"k","order":`+body+`},{"key":"l","order":`+body+`}]}`), 200)
				for i, r := range bulk.Results {
					if r.Order == nil || r.Order.Ack != c.want {
						t.Errorf("in bulk, %d: got %+v, want %s", i, r, c.want)
					}
				}
			})
		})
	}
}
