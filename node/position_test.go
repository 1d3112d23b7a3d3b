package node_test

import (
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

func TestThePositionGoesOnWithEveryCommit(t *testing.T) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		var before ledger.Head
		for range 5 {
			got := s.post("/v1/orders", `{`+line("TAP-22", 1)+`}`)
			head, err := ledger.ParseHead(got.header.Get(contract.HeaderPosition))
			if o := as[contract.Order](t, got, 201); err != nil || uint64(head.Seq) != o.Seq || head.Hash == before.Hash {
				t.Errorf("got %v at entry %d, want its position, with another hash than before", head, o.Seq)
			}
			again := s.get("/v1/status").header.Get(contract.HeaderPosition)
			if again != head.String() {
				t.Errorf("got %s with nothing written since, want %s", again, head)
			}
			before = head
		}
	})
}

func TestALongAnswerSaysItsLength(t *testing.T) {
	inShop(t, 100, func(t *testing.T, s *shop) {
		long := `{"lines":[` + strings.Repeat(`{"sku":"TAP-22","qty":1},`, 40) + `{"sku":"TAP-22","qty":1}]}`
		for _, which := range []string{"the first", "a repeat"} {
			got := s.do("POST", "/v1/orders", long, key("k"))
			if n := got.header.Get("Content-Length"); n == "" || len(got.body) < 2048 {
				t.Errorf("%s: got length %q for %d bytes, want it said", which, n, len(got.body))
			}
			for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store",
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
				if got := got.header.Get(name); got != want {
					t.Errorf("%s: got %s %q, want %q", which, name, got, want)
				}
			}
		}
	})
}
