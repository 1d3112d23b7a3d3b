package node_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/contract"
)

// The tests of this file are numbered as in protocol.md, section 8. Each tells of one shop, a real node
// with its book, what its clients were promised, and at the end sells out what is left.

// sellOut asks for one more than is left, and for what is left.
func (s *shop) sellOut(left int) {
	s.t.Helper()
	s.sell("one too many", left+1, 409)
	if left > 0 {
		s.sell("what is left", left, 201)
	}
	s.shared()
}

// cutOff cuts the line, and waits until leeds knows it.
func (s *shop) cutOff() {
	s.t.Helper()
	s.w.net.setCut(hqAddr, true)
	waitFor(s.t, "leeds to know that it is cut off", func() bool { return !s.node.Status().Link.Online })
}

// rebuilt waits until the book was made anew, and opens the node again.
func (s *shop) rebuilt() {
	s.t.Helper()
	waitFor(s.t, "the book to be made anew", func() bool { return len(s.ended) > 0 })
	s.rejoins()
	s.opens()
}

// auditAside audits the book that was set aside before an epoch.
func (s *shop) auditAside(epoch string) {
	s.t.Helper()
	if _, err := ledger.AuditBook(s.w.Env(), filepath.Join(s.dir, "before-epoch-"+epoch), nil); err != nil {
		s.t.Errorf("audit of the book set aside: %v", err)
	}
}

// Fault 3: head office's state is copied over a book that has diverged. leeds is restored from a backup,
// cut off, and sells; by the copy these sales never were, and their units are sold again. Here the
// new book begins with what head office has and is then told what only the old one knows: each client
// that asks again gets its first answer, and the old book is kept.
func TestProtocol03ADivergedBookTellsWhatOnlyItKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		old := s.backup()
		s.opens()
		first := s.sell("shared", 3, 201)
		s.shared()
		s.restore(old)
		s.w.net.setCut(hqAddr, true)
		s.start()
		own := s.sell("own", 2, 201) // cut off, with no witness: nobody can know
		s.w.net.setCut(hqAddr, false)
		s.rebuilt()
		if got := s.available(); got != 5 {
			t.Errorf("got %d available, want 10-3-2", got)
		}
		for k, want := range map[string]said{"shared": first, "own": own} {
			qty := 3
			if k == "own" {
				qty = 2
			}
			got := s.do("POST", "/v1/orders", `{`+line("TAP-22", qty)+`}`, key(k))
			if got.status != 201 || got.header.Get(contract.HeaderReplayed) != "true" || idOf(t, got) != idOf(t, want) {
				t.Errorf("%s again: got %d %s, want its first answer", k, got.status, got.body)
			}
		}
		s.sellOut(5)
		s.auditAside("2")
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.epoch != 2 || h.waits || len(h.rejoins) != 1 || h.rejoins[0].Replace {
			t.Errorf("got epoch %d, %d rejoins; want one epoch more, and it attested", h.epoch, len(h.rejoins))
		}
	})
}

// Fault 4: what is only shared is trimmed. Head office has all that leeds wrote, and comes back from a
// backup that has nearly none of it; then leeds' disk is lost. Had leeds let go of what was shared, the sale
// would be in neither. Here only what a copy outside head office has leaves the journal, however old
// it is: head office is sent all of it again, and the client that asks again gets its first answer.
func TestProtocol04OnlyWhatIsArchivedIsTrimmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openJoined(t, trimming)
		h.mu.Lock()
		h.strict = true
		h.mu.Unlock()
		s.receive("TAP-22", 10)
		first := s.sell("the first", 3, 201)
		s.receipts(20)
		s.shut() // and its checkpoint: nothing but the archive stands in the way
		s.start()
		s.opens()
		time.Sleep(3 * time.Hour) // of the bubble
		if st := s.node.Status(); st.TrimmedSeq != 0 {
			t.Errorf("got %d trimmed, want nothing: it is not archived", st.TrimmedSeq)
		}
		s.cutOff()
		h.mu.Lock()
		h.goesBack(1)
		h.mu.Unlock()
		s.w.net.setCut(hqAddr, false)
		waitFor(t, "head office to be sent all again", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return uint64(h.stored.Seq) == s.node.Status().Seq && !h.waits
		})
		s.restore("")
		s.cfg.Replace = true
		s.start()
		s.rebuilt()
		again := s.sell("the first", 3, 201)
		if again.header.Get(contract.HeaderReplayed) != "true" || idOf(t, again) != idOf(t, first) {
			t.Errorf("got %s, want its first answer", again.body)
		}
		if got := s.available(); got != 10-3+20*400 {
			t.Errorf("got %d available, want what came less what was sold", got)
		}
	})
}

// Fault 7: the clients' journals come before the commands. Head office has promised 3 of the 10 that it had
// borrowed, and given 7 back; leeds has carried out both and sold 2 of what came back, and head
// office has not heard of it when leeds is declared lost. Were the sale told first to the new book, its
// units would be taken from those that head office holds, and what it has promised of them would be
// refused, though nobody took it. Here the commands come first, whatever was sold since.
func TestProtocol07CommandsAreCarriedOutBeforeWhatWasSoldSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		const order = "01900000-0000-7000-8000-000000000077"
		lines := func(n int, q ledger.Qty) []ledger.CommandLine {
			return []ledger.CommandLine{{Line: n, SKU: "TAP-22", Qty: q}}
		}
		h.commands(ledger.HQCommand{Kind: ledger.CommandBorrow, Order: order, Lines: lines(1, 10)})
		waitFor(t, "leeds to lend", func() bool { return s.available() == 0 })
		s.shared()
		h.mu.Lock()
		h.deaf = true
		h.mu.Unlock()
		h.commands(ledger.HQCommand{Kind: ledger.CommandGiveBack, Lines: lines(0, 7)},
			ledger.HQCommand{Kind: ledger.CommandReserve, Order: order, Owner: ledger.HQ, Lines: lines(1, 3)})
		waitFor(t, "leeds to carry it out", func() bool { return s.available() == 7 })
		sold := s.sell("since", 2, 201)
		s.cutOff()
		h.mu.Lock()
		h.deaf, h.slow, h.epoch = false, true, 2 // a person has declared it lost
		h.mu.Unlock()
		s.w.net.setCut(hqAddr, false)
		waitFor(t, "the book to be made anew", func() bool { return len(s.ended) > 0 })
		s.rejoins()
		time.Sleep(time.Minute) // of the bubble: what was sold since is at hand, the commands are not
		h.mu.Lock()
		h.slow = false
		h.mu.Unlock()
		h.commands()
		s.opens()
		again := s.sell("since", 2, 201)
		if idOf(t, again) != idOf(t, sold) {
			t.Errorf("got %s, want the first answer", again.body)
		}
		h.mu.Lock()
		var obeyed []string
		for _, raw := range h.frames {
			f, err := ledger.DecodeFrame(raw)
			if err != nil {
				t.Fatal(err)
			}
			es, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range es {
				if b, ok := e.Body.(*ledger.ObeyedBody); ok {
					obeyed = append(obeyed, b.Command.Kind.String()+b.Refused)
				}
			}
		}
		h.mu.Unlock()
		if len(obeyed) != 3 || obeyed[1] != "give_back" || obeyed[2] != "reserve" {
			t.Errorf("got %v carried out, want all three, none refused", obeyed)
		}
		s.sellOut(10 - 3 - 2)
		s.auditAside("3")
	})
}

// Fault 35: a node that was rolled back and is ahead of head office. leeds was cut off when it sold, was
// backed up, sold again and was put back; head office has heard of none of it and welcomes the book,
// which sells once more what it has forgotten. Here a client shows the place of the journal that it
// has seen: leeds promises nothing from then on, is made anew though head office finds no fault, of what
// head office has and of what the book that was put back knows, and the client tells the rest again.
func TestProtocol35ANodeThatIsAheadOfHeadOfficeBelievesItsClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := openStrict(t)
		s.w.net.setCut(hqAddr, true)
		kept := s.sell("before the backup", 2, 201)
		old := s.backup()
		seen := s.sell("after the backup", 3, 201).header.Get(contract.HeaderPosition)
		s.restore(old)
		s.start()
		h.mu.Lock()
		ahead := uint64(h.stored.Seq) < s.node.Status().Seq
		h.mu.Unlock()
		if !ahead {
			t.Fatal("the book is not ahead of head office: the test does not reach its case")
		}
		s.do("GET", "/v1/stock/TAP-22", "", header(contract.HeaderPosition, seen))
		if got := s.do("POST", "/v1/orders", `{`+line("TAP-22", 8)+`}`, key("once more")); got.status != 503 {
			t.Errorf("got %d %s, want no promise: a client has seen more than the book knows", got.status, got.body)
		}
		s.w.net.setCut(hqAddr, false)
		s.rebuilt()
		if got := s.sell("before the backup", 2, 201); idOf(t, got) != idOf(t, kept) {
			t.Errorf("got %s, want the first answer", got.body)
		}
		if got := s.do("POST", "/v1/orders", `{"in_hand":true,"approver":"mo",`+line("TAP-22", 3)+`}`, key("after the backup")); got.status != 201 {
			t.Errorf("what the client tells again: got %d %s, want it taken", got.status, got.body)
		}
		s.sellOut(10 - 2 - 3)
		s.auditAside("2")
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.epoch != 2 || len(h.rejoins) != 1 {
			t.Errorf("got epoch %d, %d rejoins, want one of each", h.epoch, len(h.rejoins))
		}
	})
}
