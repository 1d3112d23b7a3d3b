package office_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/hq/office"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestAnOrderServedFromItsOwnShelfIsCancelledThere(t *testing.T) {
	s := play(t, "leeds", `
		receive leeds 5 TAP
		order o leeds refuse 3 TAP
		talk leeds`)
	id := s.orders["o"].placing.Order.ID
	_, err := s.off.Cancel(context.Background(), s.now, &office.Canceling{Order: id, Key: s.key()})
	var away *office.ElsewhereError
	if !errors.As(err, &away) || away.Owner != "leeds" {
		t.Errorf("got %v, want the owner leeds", err)
	}
	p := s.orders["o"].placing
	p.Key = s.key()
	out, _, err := s.off.TryPlace(context.Background(), s.now, &p, true)
	if err != nil || !errors.Is(out.Err, ledger.ErrOrderExists) {
		t.Errorf("placed at head office: got %v, %v, want %v", out.Err, err, ledger.ErrOrderExists)
	}
}

// asks is an ask of york for 2 TAP, as its link sends it.
func asks(s *story, o *told) *wire.Ask {
	york := s.sites["york"]
	out := york.do(&ledger.Place{AskHQ: true, Order: o.placing.Order})
	return &wire.Ask{Site: "york", Head: york.head(), ID: out.Entry.Body.(*ledger.OrderBody).Ask, Order: o.placing.Order.ID,
		Whole: true, Lines: []wire.AskLine{{Line: 1, SKU: "TAP", Qty: 3}}}
}

func TestAnAskUnderAnIDThatIsTakenIsANo(t *testing.T) {
	s := play(t, "hull* leeds york", `
		receive hull 5 TAP
		receive leeds 5 TAP
		talk hull leeds york
		order o leeds refuse 3 TAP
		talk leeds`)
	r, done, err := s.off.TryAsk(context.Background(), s.now, asks(s, s.orders["o"]), s.now.Add(time.Second), true)
	if err != nil || !done || r.Verdict != wire.VerdictOK || r.Yes {
		t.Errorf("got %+v, %t, %v, want a no", r, done, err)
	}
}

func TestASiteThatWasTurnedAwayIsNotPlannedWith(t *testing.T) {
	s := play(t, "hull* leeds york", `
		receive hull 5 TAP
		receive leeds 5 TAP
		talk hull leeds york`)
	for _, id := range []ledger.SiteID{"hull", "leeds"} { // the book of each has an epoch that nobody gave it
		s.m.Apply(machine.Marshal(&machine.Hello{Site: id, NodeKey: s.sites[id].key, Boot: [16]byte{99},
			Head: ledger.Position{Epoch: 9, Seq: 99}, VersionMin: 1, VersionMax: 1, At: s.now}))
	}
	o := ledger.Order{ID: s.orderID(), Fulfil: ledger.Deliver, Shortage: ledger.Backorder, Anywhere: true, TakenAt: s.now,
		Lines: []ledger.Line{{SKU: "TAP", Qty: 3}}}
	cluster := &tolerant{s}
	off := office.New(office.Config{}, cluster)
	for _, id := range s.names {
		off.Seen(id, s.now)
	}
	out, done, err := off.TryPlace(context.Background(), s.now, &office.Placing{Order: o}, false)
	if err != nil || !done || out.Err != nil || out.Answer.Order.Lines[0].Backordered != 3 {
		t.Fatalf("got %+v, %t, %v, want all of it waiting", out, done, err)
	}
	e, _ := s.m.Explained(o.ID)
	why, err := e.Explain.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range why.Lines[0].Candidates {
		if c.Promisable != 0 || c.Site != "york" && !strings.Contains(c.Why, "turned away") {
			t.Errorf("got %+v, want nothing there and why", c)
		}
	}
	if more, err := off.Release(context.Background(), s.now); more || err != nil || len(s.m.Commands("hull", 0, 9))+len(s.m.Commands("leeds", 0, 9)) != 0 {
		t.Errorf("got more %t, %v, want nothing asked of them", more, err)
	}
}

// tolerant is a company in which exceptions may be raised.
type tolerant struct{ *story }

func (c *tolerant) Propose(_ context.Context, cmd []byte) (machine.Result, error) {
	res := c.m.Apply(cmd)
	return res, c.m.Check()
}

func TestARequestGoesStaleByTheClockOfThisLeader(t *testing.T) {
	s := play(t, "leeds york", `
		receive leeds 5 TAP
		talk leeds york`)
	of := machine.SubjectOfOrder(s.orderID(), s.key())
	s.propose(&machine.Borrow{For: of, Sites: []machine.BorrowSite{{Site: "leeds", Lines: []ledger.CommandLine{{Line: 1, SKU: "TAP", Qty: 2}}}},
		At: s.now.Add(-time.Hour)}) // its proposer's clock is an hour behind
	open := func(after time.Duration, want bool) {
		t.Helper()
		if _, err := s.off.Release(context.Background(), s.now.Add(after)); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.m.Request(of); ok != want {
			t.Errorf("after %v: got the request open %t, want %t", after, ok, want)
		}
	}
	open(0, true)
	open(29*time.Second, true)
	open(30*time.Second, false)
}
