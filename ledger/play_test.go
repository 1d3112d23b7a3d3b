package ledger_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// stage plays a story on one site's state: each line an act, with the answer it must have
// behind "=>". Every entry goes through its codec, and an auditor that sees only the frames
// must come to the same state.
type stage struct {
	t    testing.TB
	core *ledger.Core
	aud  *ledger.Auditor
	now  time.Time
	asks map[ledger.OrderID]ledger.AskID
	h    ledger.Incarnation
	cmd  uint64
	hash ledger.Hash

	entries []*ledger.Entry // written so far
	marks   map[string]ledger.Seq
	orders  *ledger.OrderWatch
	keys    int // given to requests that had none
	backs   int // parcels that came back without a name of the story's
}

// stages counts them: what two lives of a site are asked has two keys.
var stages atomic.Int64

type everything struct{ s *stage }

func (everything) Key(ledger.Digest) (ledger.KeyRef, bool, error) {
	return ledger.KeyRef{}, false, nil
}
func (everything) Order(ledger.OrderID) (*ledger.Order, bool, error) { return nil, false, nil }
func (p everything) Entry(seq ledger.Seq) (*ledger.Entry, error) {
	if p.s == nil || int(seq) > len(p.s.entries) {
		return nil, errors.New("not asked for")
	}
	return p.s.entries[seq-1], nil
}

func newStage(t testing.TB, site ledger.SiteID, counter bool) *stage {
	s := &stage{t: t, now: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC), asks: map[ledger.OrderID]ledger.AskID{},
		h: ledger.Incarnation{Counter: 1}, aud: ledger.NewAuditor(site), orders: ledger.NewOrderWatch(), keys: int(stages.Add(1)) << 20}
	s.core = ledger.NewCore(ledger.NewState(site), everything{s})
	s.do(&ledger.OpenSite{Epoch: 1, Body: ledger.OpenedBody{Counter: counter}})
	s.do(&ledger.AdoptHQ{H: s.h})
	return s
}

// do puts a request to the book, under a key of its own where it has none, and has what is written audited. Then it is put
// once more, as by a client that has not heard the answer: it gets the first one, and nothing is written.
func (s *stage) do(req ledger.Request) ledger.Outcome {
	s.t.Helper()
	s.now = s.now.Add(time.Second)
	keyed := s.keyed(req)
	out := s.core.Decide(req, s.now)
	s.cut()
	if !keyed || out.Replayed || out.Entry == nil || out.Entry.Seq == 0 { // the last: nothing was to be written
		return out
	}
	switch again := s.core.Decide(req, s.now.Add(time.Minute)); {
	case s.core.Pending() > 0:
		s.t.Fatalf("%T: a repeat has written %d entries", req, s.core.Pending())
	case out.Entry.Kind == ledger.KindAsked && errors.Is(again.Err, ledger.ErrInProgress):
	case !again.Replayed || again.Entry.Seq != out.Entry.Seq || fmt.Sprint(again.Err) != fmt.Sprint(out.Err):
		s.t.Fatalf("%T: a repeat got %+v, the first time it was %+v", req, again, out)
	}
	return out
}

// keyed says whether req is answered under a key, and gives it one where it has none.
func (s *stage) keyed(req ledger.Request) bool {
	field := reflect.ValueOf(req).Elem().FieldByName("Meta")
	if !field.IsValid() {
		return false
	}
	if meta := field.Addr().Interface().(*ledger.Meta); meta.Key == (ledger.Digest{}) {
		if _, told := req.(*ledger.OrderGoods); told {
			return false // without a key it leaves nothing behind that could be answered again
		}
		s.keys++
		meta.Key = ledger.DigestOf([]byte("stage"), fmt.Append(nil, s.keys))
	}
	return true
}

func (s *stage) cut() {
	s.t.Helper()
	for _, f := range s.core.Cut() {
		if err := s.aud.Frame(ledger.EncodeFrame(f)); err != nil {
			s.t.Fatalf("audit: got %v, want no fault", err)
		}
		entries, err := f.Open()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, e := range entries {
			if err := s.orders.See(e); err != nil {
				s.t.Fatal(err)
			}
		}
		s.entries = append(s.entries, entries...)
	}
}

func oid(name string) ledger.OrderID {
	n := uint64(0)
	for _, c := range name {
		n = n*31 + uint64(c)
	}
	return ledger.OrderID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n&(1<<48-1)))
}

// play runs a story. The acts: receive SKU N, take|collect|deliver NAME SKU N [any] [partial|
// backorder|confirm] [up], hand NAME SKU N, adjust SKU N [BIN], yes NAME LINE SITE N, no NAME, lost NAME,
// mark NAME (the position now), count SKU N [MARK] [bin=B] [again=WHO] [within=UNITS],
// lots and what becomes of them (lot_test.go), cancel NAME, pick NAME FOUND SHORT, reject NAME [N], hands NAME DEED [N] (with the code 4711), obey KIND NAME SKU N [SITE], attest, late NAME (an entry of another stage).
func (s *stage) play(story string) {
	s.t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(story), "\n") {
		act, want, _ := strings.Cut(strings.TrimSpace(line), "=>")
		if strings.TrimSpace(act) == "" {
			continue
		}
		got := s.act(strings.Fields(act))
		if want = strings.TrimSpace(want); want != "" && got != want {
			s.t.Fatalf("line %d: %s: got %q, want %q", i+1, strings.TrimSpace(act), got, want)
		}
	}
}

func (s *stage) act(w []string) string {
	s.t.Helper()
	num := func(i int) ledger.Qty {
		n, err := strconv.ParseInt(w[i], 10, 64)
		if err != nil {
			s.t.Fatalf("%v: %v", w, err)
		}
		return ledger.Qty(n)
	}
	switch w[0] {
	case "receive":
		return verdict(s.do(&ledger.Receive{ID: fmt.Sprint("r", s.now.Unix()), Reference: "DN-1",
			Lines: []ledger.ReceiptLine{{SKU: ledger.SKU(w[1]), Qty: num(2), Lots: lotsOf(s.t, w[3:]), Bin: binOf(w)}}}))
	case "today", "hold", "release", "touch", "lots":
		return s.lotting(w)
	case "take", "collect", "deliver":
		out := s.do(&ledger.Place{AskHQ: has(w, "up"), Order: order(w, num(3)), Lots: lineLots(s.t, w)})
		if out.Entry != nil && out.Entry.Kind == ledger.KindAsked {
			s.asks[oid(w[1])] = out.Entry.Body.(*ledger.OrderBody).Ask
			return "asked"
		}
		return verdict(out)
	case "hand":
		o := order([]string{"take", w[1], w[2]}, num(3))
		return verdict(s.do(&ledger.Place{Order: o, InHand: true, Approver: "beth"}))
	case "adjust":
		l := ledger.AdjustLine{SKU: ledger.SKU(w[1]), Qty: num(2)}
		if l.Bin = binOf(w); l.Bin == "" && len(w) > 3 && len(lotsOf(s.t, w[3:4])) == 0 {
			l.Bin = ledger.Bin(w[3])
		}
		return verdict(s.do(&ledger.Adjust{Reason: "count", Approver: "beth", Lines: []ledger.AdjustLine{l}, Lots: lineLots(s.t, w[3:])}))
	case "mark", "count":
		return s.counting(w)
	case "back", "bring", "away", "inspect", "answer", "claim", "return":
		return s.returning(w)
	case "drawer", "pay", "refund", "day", "money", "paid":
		return s.tendering(w)
	case "attest":
		return verdict(s.do(&ledger.Attest{}))
	case "yes":
		return verdict(s.do(&ledger.AcceptAsk{Order: oid(w[1]), Ask: s.asks[oid(w[1])],
			Legs: []ledger.AskLeg{{Line: int(num(2)), Site: ledger.SiteID(w[3]), Qty: num(4)}}}))
	case "no", "lost":
		return verdict(s.do(&ledger.AbandonAsk{Order: oid(w[1]), Ask: s.asks[oid(w[1])], Offline: w[0] == "lost"}))
	case "pick":
		return verdict(s.do(&ledger.PickLeg{Order: oid(w[1]), Lines: []ledger.LegLine{{Line: 1, Qty: num(2), Short: num(3)}}, Lots: lineLots(s.t, w)}))
	case "reject":
		r := &ledger.RejectLeg{Order: oid(w[1]), Reason: "the lift is broken"}
		if len(w) > 2 {
			r.Lines = []ledger.LegLine{{Line: 1, Qty: num(2)}}
		}
		return verdict(s.do(r))
	case "hands":
		return s.hands(w)
	case "cancel":
		return verdict(s.do(&ledger.CancelOrder{Order: oid(w[1])}))
	case "obey":
		site := ledger.SiteID("hull")
		if len(w) > 5 {
			site = ledger.SiteID(w[5])
		}
		return verdict(s.obey(w[1], w[2], ledger.SKU(w[3]), num(4), site))
	default:
		return s.look(w)
	}
}

// look says how things stand: accepted (orders, by the audit), level SKU, claims SKU, order NAME, served NAME, holdings.
func (s *stage) look(w []string) string {
	s.t.Helper()
	switch w[0] {
	case "order":
		o, ok := s.core.State.Order(oid(w[1]))
		if !ok {
			return "unknown"
		}
		l := o.Lines[0]
		out := fmt.Sprintf("%s here=%d taken=%d away=%d waits=%d", o.Status, l.Here, l.Taken, l.Promised()-l.Here-l.Taken, l.Backordered)
		if o.Shortage == ledger.Confirm {
			out += fmt.Sprintf(" unconfirmed=%d declined=%d", l.Unconfirmed, l.Declined)
		}
		return out
	case "accepted":
		return fmt.Sprintf("%d confirmed=%d declined=%d", s.aud.Report().Accepted, s.core.State.Confirmed, s.core.State.Declined)
	case "served":
		v, ok := s.core.State.Served(oid(w[1]))
		if !ok {
			return "nothing"
		}
		if len(v.Lines) == 0 {
			return "in hand for " + string(v.Owner)
		}
		return fmt.Sprintf("%d for %s", v.Lines[0].Qty, v.Owner)
	case "part":
		return s.part(w[1])
	case "holdings":
		var out []string
		for _, h := range s.core.State.Holdings() {
			out = append(out, fmt.Sprintf("%s/%s=%d", h.Site, h.SKU, h.Qty))
		}
		return strings.Join(out, " ")
	case "claims":
		l, _ := s.core.State.Level(ledger.SKU(w[1]))
		if promised := ledger.Promised(s.core.State)[ledger.SKU(w[1])]; promised != l.Reserved {
			return fmt.Sprintf("%d reserved, and orders count on %d", l.Reserved, promised)
		}
		out := fmt.Sprintf("shelf=%d available=%d reserved=%d", l.Sellable, l.Available, l.Reserved)
		for _, h := range l.Allotted {
			out += fmt.Sprintf(" %s=%d", h.Holder, h.Qty)
		}
		return out + fmt.Sprintf(" shortfall=%d", l.Shortfall)
	case "level":
		l, _ := s.core.State.Level(ledger.SKU(w[1]))
		return fmt.Sprintf("hand=%d available=%d reserved=%d hq=%d", l.OnHand(), l.Available, l.Reserved, l.AllottedTo(ledger.HolderHQ))
	default:
		s.t.Fatalf("unknown act %q", w[0])
		return ""
	}
}

var commandKinds = map[string]ledger.CommandKind{"reserve": ledger.CommandReserve, "borrow": ledger.CommandBorrow,
	"giveback": ledger.CommandGiveBack, "cancel": ledger.CommandCancel, "note": ledger.CommandNote,
	"pass-on": ledger.CommandPassOn, "credit": ledger.CommandCredit, "recall": ledger.CommandRecall, "draw": ledger.CommandDraw,
	"return": ledger.CommandReturn, "write-off": ledger.CommandWriteOff, "burn": ledger.CommandBurn, "lose": ledger.CommandLose, "decline": ledger.CommandDecline, "release": ledger.CommandRelease, "handed-over": ledger.CommandHandedOver}

// obey sends a command about another site: the holder of what is here, or the owner of what is
// held here.
func (s *stage) obey(kind, name string, sku ledger.SKU, q ledger.Qty, site ledger.SiteID) ledger.Outcome {
	s.cmd++
	id := oid(name)
	c := ledger.HQCommand{H: s.h, Number: s.cmd, ID: fmt.Sprint("c", s.cmd), Kind: commandKinds[kind], Order: id, Owner: ledger.HQ, Site: site,
		Lines: []ledger.CommandLine{{Line: 1, SKU: sku, Qty: q}}}
	if o, own := s.core.State.Order(id); own {
		c.Owner = s.core.State.Site
		c.Lines[0].Line = 1 + max(slices.IndexFunc(o.Lines, func(l ledger.Line) bool { return l.SKU == sku }), 0)
	}
	if c.Kind == ledger.CommandCredit || c.Kind == ledger.CommandRecall || c.Kind == ledger.CommandDraw {
		c.Owner = site
	}
	c.Hash = ledger.ChainCommand(s.hash, &c)
	s.hash = c.Hash
	return s.do(&ledger.Obey{Command: c})
}

func order(w []string, q ledger.Qty) ledger.Order {
	o := ledger.Order{ID: oid(w[1]), Fulfil: ledger.Fulfil(w[0]), Shortage: ledger.Refuse, Anywhere: has(w, "any"),
		Lines: []ledger.Line{{SKU: ledger.SKU(w[2]), Qty: q}}}
	if has(w, "partial") {
		o.Shortage = ledger.Partial
	}
	if has(w, "backorder") {
		o.Shortage = ledger.Backorder
	}
	if has(w, "confirm") {
		o.Shortage = ledger.Confirm
	}
	if has(w, "urgent") {
		o.Priority = 9
	}
	for _, word := range w {
		if by, ok := strings.CutPrefix(word, "by="); ok {
			o.NeedBy = by
		}
	}
	return o
}

func has(w []string, word string) bool {
	for _, x := range w {
		if x == word {
			return true
		}
	}
	return false
}

func verdict(out ledger.Outcome) string {
	if short, ok := errors.AsType[*ledger.ShortError](out.Err); ok {
		if due := short.Lines[0].Due; due > 0 {
			return fmt.Sprintf("short have=%d due=%d", short.Lines[0].Have, due)
		}
		return fmt.Sprintf("short have=%d", short.Lines[0].Have)
	}
	if out.Err != nil {
		return out.Err.Error()
	}
	if out.Entry == nil {
		return "nothing"
	}
	switch b := out.Entry.Body.(type) {
	case *ledger.ReturnBody:
		return b.Return.Status()
	case *ledger.OrderBody:
		return string(b.Order.Status)
	case *ledger.ObeyedBody:
		if b.Refused != "" {
			return "refused " + b.Refused
		}
		return "done"
	default:
		return out.Entry.Kind.String()
	}
}

func TestALastItemIsSoldOnce(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 1
		deliver o1 TAP-22 1   => allocated
		deliver o2 TAP-22 1   => short have=0
		take    o3 TAP-22 1   => short have=0
		cancel  o1            => cancelled
		take    o4 TAP-22 1   => completed
		cancel  o4            => order 01900000-0000-7000-8000-000000000da5 has been handed over; take the goods back as a return
		level   TAP-22        => hand=0 available=0 reserved=0 hq=0
	`)
}

func TestAWarehouseAllotsToHeadOfficeWithTheReceipt(t *testing.T) {
	newStage(t, "hull", false).play(`
		receive TAP-22 5
		level   TAP-22             => hand=5 available=0 reserved=0 hq=5
		deliver o1 TAP-22 1        => short have=0
		obey    reserve o2 TAP-22 2 => done
		level   TAP-22             => hand=5 available=0 reserved=2 hq=3
		obey    reserve o3 TAP-22 4 => refused not_allotted
		obey    cancel o2 TAP-22 2 => done
		level   TAP-22             => hand=5 available=0 reserved=0 hq=5
	`)
}

func TestAnAskHoldsTheShelfUntilItIsAnswered(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		deliver o1 TAP-22 3 any up  => asked
		level   TAP-22              => hand=2 available=0 reserved=2 hq=0
		yes     o1 1 hull 1         => allocated
		level   TAP-22              => hand=2 available=0 reserved=2 hq=0
		cancel  o1                  => cancelled
		level   TAP-22              => hand=2 available=2 reserved=0 hq=0
		take    o2 TAP-22 3 any up  => asked
		lost    o2                  => short have=2
		level   TAP-22              => hand=2 available=2 reserved=0 hq=0
		take    o3 TAP-22 3 any partial up  => asked
		no      o3                  => completed
		level   TAP-22              => hand=0 available=0 reserved=0 hq=0
	`)
}

func TestBackordersAreFilledFirstPlacedFirst(t *testing.T) {
	newStage(t, "leeds", true).play(`
		deliver o1 TAP-22 2 backorder => backordered
		deliver o2 TAP-22 2 backorder => backordered
		receive TAP-22 3
		level   TAP-22                => hand=3 available=0 reserved=3 hq=0
		cancel  o1                    => cancelled
		level   TAP-22                => hand=3 available=1 reserved=2 hq=0
	`)
}

func TestABorrowGivesWhatThereIsAndUnusedComesBack(t *testing.T) {
	newStage(t, "leeds", true).play(`
		receive TAP-22 2
		obey borrow o9 TAP-22 5   => done
		level TAP-22              => hand=2 available=0 reserved=0 hq=2
		obey giveback o9 TAP-22 1 => done
		obey reserve o9 TAP-22 1  => done
		level TAP-22              => hand=2 available=1 reserved=1 hq=0
		obey giveback o9 TAP-22 1 => refused not_allotted
	`)
}
