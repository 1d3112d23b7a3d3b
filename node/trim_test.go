package node_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/node"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// receipts takes goods in until the journal has several files.
func (s *shop) receipts(n int) {
	s.t.Helper()
	var lines []string
	for bin := range 400 {
		lines = append(lines, fmt.Sprintf(`{"sku":"TAP-22","qty":1,"bin":"B-%03d"}`, bin))
	}
	for range n {
		as[contract.Receipt](s.t, s.post("/v1/receipts", `{"lines":[`+strings.Join(lines, ",")+`]}`), 201)
	}
}

func trimming(c *node.Config) { c.Retention, c.JournalSize = 10*time.Minute, 64<<10 }

func TestWhatIsArchivedAndOldLeavesTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, trimming)
		sale := `{"lines":[{"sku":"TAP-22","qty":1}]}`
		s.receipts(1)
		first := s.do("POST", "/v1/orders", sale, key("the first"))
		order := as[contract.Order](t, first, 201)
		s.receipts(60)
		s.shut() // and its checkpoint
		s.start()
		time.Sleep(20 * time.Minute)
		if st := s.node.Status(); st.TrimmedSeq != 0 || st.Link.ArchivedSeq != 0 {
			t.Errorf("got %d trimmed and %d archived, want nothing: there is no archive", st.TrimmedSeq, st.Link.ArchivedSeq)
		}
		h.mu.Lock()
		h.archive = true
		h.mu.Unlock()
		time.Sleep(time.Hour)
		st := s.node.Status()
		if st.TrimmedSeq < 20 || st.Link.ArchivedSeq != st.Seq {
			t.Fatalf("got %d trimmed, %d archived of %d; want some files trimmed and all archived", st.TrimmedSeq, st.Link.ArchivedSeq, st.Seq)
		}
		first.same(t, s.do("POST", "/v1/orders", sale, key("the first")))
		if got := as[contract.Order](t, s.get("/v1/orders/"+string(order.ID)), 200); got.ID != order.ID || got.Status != order.Status {
			t.Errorf("got %+v, want the order as it was", got)
		}
		s.post("/v1/orders/"+string(order.ID)+"/cancel", "").want(t, 409, contract.CodeOrderCompleted)
		s.get("/v1/entries?after=1.2").want(t, http.StatusGone, contract.CodeTrimmed)
		s.get("/v1/events", header("Last-Event-ID", "1.2")).want(t, http.StatusGone, contract.CodeTrimmed)
		list := as[contract.EntryList](t, s.get("/v1/entries"), 200)
		if list.TrimmedSeq != st.TrimmedSeq || len(list.Entries) == 0 || list.Entries[0].Seq != st.TrimmedSeq+1 {
			t.Errorf("got a list trimmed up to %d that begins with %+v, want it to begin behind %d", list.TrimmedSeq, list.Entries[:1], st.TrimmedSeq)
		}
		on := as[contract.EntryList](t, s.get(fmt.Sprintf("/v1/entries?after=1.%d", st.TrimmedSeq)), 200)
		if len(on.Entries) == 0 || on.Entries[0].Seq != st.TrimmedSeq+1 {
			t.Errorf("got %d entries behind the trim point, want them from %d on", len(on.Entries), st.TrimmedSeq+1)
		}
		s.shut()
		s.start()
		first.same(t, s.do("POST", "/v1/orders", sale, key("the first")))
	})
}

func TestNothingLeavesTheJournalWithoutARetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, func(c *node.Config) { c.JournalSize = 64 << 10 })
		h.mu.Lock()
		h.archive = true
		h.mu.Unlock()
		s.receipts(40)
		s.shut()
		s.start()
		time.Sleep(time.Hour)
		if st := s.node.Status(); st.TrimmedSeq != 0 || st.Link.ArchivedSeq == 0 {
			t.Errorf("got %d trimmed of %d archived, want nothing", st.TrimmedSeq, st.Link.ArchivedSeq)
		}
	})
}

// A disk without room for stubs is no reason to stop: the next look tries again.
func TestATrimmingThatFindsNoRoomIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, trimming)
		h.mu.Lock()
		h.archive = true
		h.mu.Unlock()
		s.receipts(40)
		s.shut()
		s.start()
		s.w.Disk.Fail(noRoomForStubs)
		time.Sleep(20 * time.Minute)
		if st := s.node.Status(); st.TrimmedSeq != 0 || st.State != "open" {
			t.Errorf("got %d trimmed, state %s; want nothing trimmed and the node open", st.TrimmedSeq, st.State)
		}
		s.w.Disk.Fail(nil)
		time.Sleep(time.Hour)
		if st := s.node.Status(); st.TrimmedSeq == 0 {
			t.Error("got nothing trimmed, want it tried again")
		}
	})
}

func noRoomForStubs(act ledger.Act, _ string) error {
	if act == ledger.ActTrim {
		return syscall.ENOSPC
	}
	return nil
}
