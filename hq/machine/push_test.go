package machine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

func TestHelloIsJudgedByWhatTheSiteHasShown(t *testing.T) {
	h2 := ledger.Incarnation{Counter: 2}
	for name, c := range map[string]struct {
		say   func(*machine.Hello)
		want  wire.Verdict
		raise string
	}{
		"the head that was shown":    {func(*machine.Hello) {}, wire.VerdictOK, ""},
		"a later boot of the node":   {func(h *machine.Hello) { h.Boot[0]++ }, wire.VerdictOK, ""},
		"a higher head":              {func(h *machine.Hello) { h.Head.Seq += 5; h.Head.Hash[0]++ }, wire.VerdictOK, ""},
		"another node's key":         {func(h *machine.Hello) { h.NodeKey[0]++ }, wire.VerdictStranger, "stranger"},
		"no key":                     {func(h *machine.Hello) { h.NodeKey = [16]byte{} }, wire.VerdictStranger, "stranger"},
		"an unknown site":            {func(h *machine.Hello) { h.Site = "nowhere" }, wire.VerdictStranger, ""},
		"another head office":        {func(h *machine.Hello) { h.HQ.Random[0]++ }, wire.VerdictStranger, "stranger"},
		"a later life of this one":   {func(h *machine.Hello) { h.HQ = h2 }, wire.VerdictLater, "hq_behind"},
		"a lower head, new boot":     {func(h *machine.Hello) { h.Head.Seq--; h.Boot[0]++ }, wire.VerdictLater, ""},
		"a lower head, same boot":    {func(h *machine.Hello) { h.Head.Seq-- }, wire.VerdictLater, ""},
		"another hash there":         {func(h *machine.Hello) { h.Head.Hash[0]++ }, wire.VerdictFork, "site_fork"},
		"an epoch never issued":      {func(h *machine.Hello) { h.Head.Epoch = 2 }, wire.VerdictFork, "site_fork"},
		"an empty book":              {func(h *machine.Hello) { h.Head = ledger.Position{}; h.Boot[0]++ }, wire.VerdictLater, ""},
		"a command never given":      {func(h *machine.Hello) { h.Applied = ledger.Cursor{H: h.HQ, Number: 9} }, wire.VerdictFork, "site_fork"},
		"another command than given": {func(h *machine.Hello) { h.Applied.Hash[0]++ }, wire.VerdictFork, "site_fork"},
		"no version in common":       {func(h *machine.Hello) { h.VersionMin, h.VersionMax = 7, 9 }, wire.VerdictUpgrade, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.receive("hull", 5, "TAP-22")
			b.talk("hull")
			place := samples()["place"].(*machine.Place)
			place.Using = ""
			b.ok(place)
			b.talk("hull")
			hello := b.hello("hull")
			c.say(hello)
			res := b.apply(hello)
			if res.Verdict != c.want || (res.Why == "") != (c.want == wire.VerdictOK) {
				t.Errorf("got %s (%s), want %s", res.Verdict, res.Why, c.want)
			}
			b.apply(hello)
			if got := b.exceptions(); (c.want != wire.VerdictLater || c.raise != "") && !(len(got) == 0 && c.raise == "" || slices.Equal(got, []string{c.raise})) {
				t.Errorf("said twice: got exceptions %q, want one %q", got, c.raise)
			}
		})
	}
}

func TestAnEpochIsIssuedOnceToOneNode(t *testing.T) {
	b := newBench(t)
	b.ok(&machine.AddSite{Site: "hull", Key: digest("hull"), At: at})
	hello := &machine.Hello{Site: "hull", NodeKey: [16]byte{1}, Boot: [16]byte{1}, VersionMin: 1, VersionMax: 1, At: at}
	for _, boot := range []byte{1, 2} { // the answer may be lost, the node may start anew
		hello.Boot[0] = boot
		if res := b.ok(hello); res.Verdict != wire.VerdictOK || res.Epoch != 1 || !res.H.Known() {
			t.Errorf("boot %d: got %+v, want ok and epoch 1", boot, res)
		}
	}
	hello.NodeKey[0]++
	if res := b.ok(hello); res.Verdict != wire.VerdictStranger {
		t.Errorf("another node: got %s, want stranger", res.Verdict)
	}
	b.ok(&machine.AddSite{Site: "york", Key: digest("york"), At: at})
	hello.Site, hello.Head.Seq = "york", 9
	if res := b.ok(hello); res.Verdict != wire.VerdictStranger {
		t.Errorf("a book with a past: got %s, want stranger", res.Verdict)
	}
}

func TestASiteIsAddedOnceAndItsTokenReplacedUntilItCame(t *testing.T) {
	b := newBench(t)
	add := &machine.AddSite{Site: "hull", Token: [32]byte{1}, Key: digest("k"), At: at}
	b.ok(add)
	add.Token[0] = 2
	b.ok(add)
	if s, _ := b.m.Site("hull"); s.Token != [32]byte{2} {
		t.Errorf("got token %v, want the second", s.Token[0])
	}
	other := *add
	other.Key = digest("other")
	if res := b.apply(&other); !errors.Is(res.Err, machine.ErrSiteExists) {
		t.Errorf("another key: got %v, want %v", res.Err, machine.ErrSiteExists)
	}
	b.ok(&machine.Hello{Site: "hull", NodeKey: [16]byte{1}, VersionMin: 1, VersionMax: 1, At: at})
	if res := b.apply(add); !errors.Is(res.Err, machine.ErrSiteExists) {
		t.Errorf("once it came: got %v, want %v", res.Err, machine.ErrSiteExists)
	}
	if res := b.apply(&machine.AddSite{Site: "hq", At: at}); res.Err == nil {
		t.Error("a site called hq: got no error")
	}
}

func TestNothingIsDoneBeforeBootstrap(t *testing.T) {
	m := machine.New()
	if res := m.Apply(machine.Marshal(samples()["add_site"])); !errors.Is(res.Err, machine.ErrNoHQ) {
		t.Errorf("got %v, want %v", res.Err, machine.ErrNoHQ)
	}
	first := m.Apply(machine.Marshal(&machine.Bootstrap{Random: [16]byte{1}, At: at}))
	if again := m.Apply(machine.Marshal(&machine.Bootstrap{Random: [16]byte{2}, At: at})); again.H != first.H {
		t.Errorf("bootstrapped again: got %v, want %v", again.H, first.H)
	}
}

func TestAPushIsTakenWhereItFits(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	start := b.sent["hull"]
	var pushes []*machine.Push
	for range 4 {
		b.receive("hull", 1, "TAP-22")
		pushes = append(pushes, b.cut("hull"))
	}
	both := push(start, decode(t, pushes[0]), decode(t, pushes[1]))
	held := func() ledger.Qty {
		if s, ok := b.m.Stock("hull", "TAP-22"); ok {
			return s.Held
		}
		return 0
	}
	for _, c := range []struct {
		what   string
		push   *machine.Push
		stored ledger.Seq
		kept   int
		held   ledger.Qty
	}{
		{"a gap gets the position", pushes[1], start.Seq, 0, 0},
		{"the next is taken", pushes[0], start.Seq + 1, 1, 1},
		{"a repeat changes nothing", pushes[0], start.Seq + 1, 0, 1},
		{"an overlap is skipped", both, start.Seq + 2, 1, 2},
		{"an empty one gets the position", push(ledger.Position{}), start.Seq + 2, 0, 2},
	} {
		c.push.Site, c.push.Epoch = "hull", 1
		res := b.ok(c.push)
		if res.Verdict != wire.VerdictOK || res.Stored.Seq != c.stored || len(res.Frames) != c.kept || held() != c.held {
			t.Errorf("%s: got %s, stored %d, %d frames kept, held %d, want ok, %d, %d, %d", c.what, res.Verdict, res.Stored.Seq, len(res.Frames), held(), c.stored, c.kept, c.held)
		}
		for i, f := range res.Frames {
			if raw := c.push.Frames[len(c.push.Frames)-c.kept+i]; !bytes.Equal(f.Bytes, raw) || f.Last != c.stored {
				t.Errorf("%s: the frame to be kept is not the one that came", c.what)
			}
		}
	}
}

func decode(t *testing.T, p *machine.Push) *ledger.Frame {
	t.Helper()
	f, err := ledger.DecodeFrame(p.Frames[0])
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestABrokenChainStopsTheStream(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*ledger.Frame, *machine.Push)
		want  wire.Verdict
		raise string
	}{
		"a flipped bit":     {func(f *ledger.Frame, _ *machine.Push) { f.Entries[0][5] ^= 1 }, wire.VerdictLater, "damaged_push"},
		"another past":      {func(f *ledger.Frame, p *machine.Push) { f.Before[0]++; p.Before.Hash = f.Before; rechain(f) }, wire.VerdictFork, "site_fork"},
		"another present":   {func(f *ledger.Frame, p *machine.Push) { p.Head = f.End(); f.Entries[0][9]++; rechain(f) }, wire.VerdictFork, "site_fork"},
		"another site":      {func(f *ledger.Frame, _ *machine.Push) { f.Site = "york"; rechain(f) }, wire.VerdictLater, "damaged_push"},
		"another epoch":     {func(f *ledger.Frame, p *machine.Push) { p.Epoch = 2 }, wire.VerdictFork, "site_fork"},
		"a closed epoch":    {func(f *ledger.Frame, p *machine.Push) { p.Epoch = 0 }, wire.VerdictClosedEpoch, "closed_epoch"},
		"no frame at all":   {func(_ *ledger.Frame, p *machine.Push) { p.Frames = [][]byte{{1, 2}} }, wire.VerdictLater, "damaged_push"},
		"a head off course": {func(_ *ledger.Frame, p *machine.Push) { p.Head.Hash[0]++ }, wire.VerdictFork, "site_fork"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.site("hull", false)
			b.ok(b.cut("hull"))
			before, _ := b.m.Site("hull")
			b.receive("hull", 1, "TAP-22")
			p := b.cut("hull")
			f := decode(t, p)
			p2 := *p
			c.spoil(f, &p2)
			if len(p2.Frames[0]) > 2 {
				p2.Frames = [][]byte{ledger.EncodeFrame(f)}
			}
			for range 2 { // what it is told once is raised once
				if res := b.ok(&p2); res.Verdict != c.want || res.Stored != before.Stored || len(res.Frames) != 0 {
					t.Errorf("got %s (%s), stored %d, want %s and nothing stored", res.Verdict, res.Why, res.Stored.Seq, c.want)
				}
			}
			if got := b.exceptions(); !slices.Equal(got, []string{c.raise}) {
				t.Errorf("got exceptions %q, want one %q", got, c.raise)
			}
			if res := b.ok(p); name == "a flipped bit" && (res.Verdict != wire.VerdictOK || len(res.Frames) != 1) {
				t.Errorf("sent again undamaged: got %s, want ok", res.Verdict)
			}
		})
	}
}

func rechain(f *ledger.Frame) {
	hash := f.Before
	for i, e := range f.Entries {
		hash = ledger.Chain(hash, f.Site, f.Epoch, f.First+ledger.Seq(i), e)
		f.Hashes[i] = hash
	}
}

func TestAPushOfAnUnknownSiteIsRefused(t *testing.T) {
	b := newBench(t)
	p := push(ledger.Position{})
	p.Site = "nowhere"
	if res := b.apply(p); !errors.Is(res.Err, machine.ErrSiteUnknown) {
		t.Errorf("got %v, want %v", res.Err, machine.ErrSiteUnknown)
	}
	b.ok(&machine.AddSite{Site: "hull", At: at})
	p.Site = "hull"
	if res := b.ok(p); res.Verdict != wire.VerdictStranger {
		t.Errorf("before its hello: got %s, want stranger", res.Verdict)
	}
}

// stored gives the bytes of an entry that follows what HQ has of a site.
func stored(s *machine.Site, e *ledger.Entry) []byte {
	if e.Seq, e.Epoch = s.Stored.Seq+1, s.Epoch; e.At.IsZero() {
		e.At = at
	}
	return ledger.MarshalEntry(e)
}

func claim(sku ledger.SKU, from, to ledger.Account, q ledger.Qty) []ledger.Posting {
	return []ledger.Posting{{SKU: sku, Account: from, Qty: -q}, {SKU: sku, Account: to, Qty: q}}
}

func TestALossOfWhatWasPromisedIsTold(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	b.ok(place) // 2 are drawn, 3 held
	s, _ := b.m.Site("hull")
	gone := claim("TAP-22", ledger.Account{Kind: ledger.Allotted, Ref: "hq"}, ledger.Account{Kind: ledger.Reserved, Ref: "x", Line: 1}, 4)
	b.ok(next(s, stored(s, &ledger.Entry{Kind: ledger.KindReceipt, Body: &ledger.ReceiptBody{}, Postings: gone})))
	st, _ := b.m.Stock("hull", "TAP-22")
	if got := b.exceptions(); st.Held != -1 || st.Promisable() != 0 || !slices.Equal(got, []string{"overdrawn"}) {
		t.Errorf("got held %d, promisable %d, exceptions %q, want -1, 0 and overdrawn", st.Held, st.Promisable(), got)
	}
}

func TestARefusedLegIsSourcedAnew(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	place := samples()["place"].(*machine.Place)
	place.Using, place.Order.Shortage, place.Order.Lines[0].Qty = "", ledger.Refuse, 2
	b.ok(place)
	s, _ := b.m.Site("hull")
	cmd := b.m.Commands("hull", 0, 1)[0]
	b.ok(next(s, stored(s, &ledger.Entry{Kind: ledger.KindObeyed, Body: &ledger.ObeyedBody{Command: cmd, Refused: ledger.RefusedNotAllotted}})))
	o, _ := b.m.Order(orderA)
	if o.Waiting(1) != 2 || o.Legs[0].State != machine.LegRefused || o.Status != ledger.StatusBackordered || len(b.m.Commands("hull", 0, 9)) != 0 {
		t.Errorf("got waiting %d, leg %s, %s, want 2, refused, backordered", o.Waiting(1), o.Legs[0].State, o.Status)
	}
	if got := b.exceptions(); !slices.Equal(got, []string{"leg_refused"}) {
		t.Errorf("got exceptions %q, want leg_refused", got)
	}
	if st, _ := b.m.Stock("hull", "TAP-22"); st.Held != 5 || st.Drawn != 0 {
		t.Errorf("got held %d, drawn %d, want 5, 0", st.Held, st.Drawn)
	}
	b.ok(&machine.Fill{Order: orderA, Legs: place.Legs, At: at})
	if o, _ := b.m.Order(orderA); o.Status != ledger.StatusAllocated || o.Plans != 2 {
		t.Errorf("filled: got %s after %d plans, want allocated after 2", o.Status, o.Plans)
	}
}

func TestAnIDAcceptedInTwoBooksIsRaised(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	leeds := b.site("leeds", true)
	b.receive("hull", 5, "TAP-22")
	b.talk("hull")
	b.talk("leeds")
	place := samples()["place"].(*machine.Place)
	place.Using = ""
	b.ok(place)
	o := place.Order
	out := leeds.Decide(&ledger.Place{AskHQ: true, Order: o}, at)
	leeds.Decide(&ledger.AbandonAsk{Order: o.ID, Ask: out.Entry.Body.(*ledger.OrderBody).Ask}, at)
	b.ok(b.cut("leeds"))
	if got := b.exceptions(); !slices.Equal(got, []string{"order_id_twice"}) {
		t.Errorf("got exceptions %q, want order_id_twice", got)
	}
	if rec, _ := b.m.Order(o.ID); rec.Owner != ledger.HQ {
		t.Errorf("got owner %s, want hq: the first stays", rec.Owner)
	}
}

func TestExceptionsAreBoundedAndCounted(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.ok(b.cut("hull"))
	for range machine.ExceptionsMax/200 + 2 {
		s, _ := b.m.Site("hull")
		raw := make([][]byte, 200)
		for i := range raw {
			raw[i] = []byte{1}
		}
		if res := b.m.Apply(machine.Marshal(next(s, raw...))); res.Err != nil || res.Verdict != wire.VerdictOK {
			t.Fatalf("got %v %s %s, want ok", res.Err, res.Verdict, res.Why)
		}
	}
	if n := len(b.m.Exceptions(1 << 20)); n != machine.ExceptionsMax || b.m.Counts().Exceptions != machine.ExceptionsMax+400 {
		t.Errorf("got %d kept of %d, want %d of %d", n, b.m.Counts().Exceptions, machine.ExceptionsMax, machine.ExceptionsMax+400)
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
}

// TestALatePushOfAnEpochThatHasEndedIsSkipped sends a restored head office a site's past, of two epochs, and
// once more what it has by then.
func TestALatePushOfAnEpochThatHasEndedIsSkipped(t *testing.T) {
	b := newBench(t)
	hull := b.site("hull", false)
	b.ok(b.cut("hull"))
	before := encode(t, b.m)
	b.receive("hull", 5, "TAP-22")
	first := b.cut("hull")
	b.ok(first)
	anew := b.ok(b.asksAnew("hull"))
	b.decides("hull", &ledger.OpenSite{Epoch: anew.Epoch, Body: ledger.OpenedBody{Boot: [16]byte{1}, Rebuilt: true}})
	b.decides("hull", &ledger.Attest{})
	second := b.cut("hull")
	b.ok(second)

	b.goesBack(before)
	first.Epoch, first.Head = anew.Epoch, hull.Head().Position // sent by the process that has the epoch now
	b.meets("hull", first, second)
	s, _ := b.m.Site("hull")
	raised := len(b.exceptions())
	if res := b.ok(first); res.Verdict != wire.VerdictOK || res.Stored != s.Stored || len(res.Frames) != 0 {
		t.Errorf("got %s (%s), stored %d, %d frames kept, want ok and the position %d", res.Verdict, res.Why, res.Stored.Seq, len(res.Frames), s.Stored.Seq)
	}
	if s, _ := b.m.Site("hull"); s.Broken != "" || len(b.exceptions()) != raised {
		t.Errorf("got %q, exceptions %q, want nothing raised", s.Broken, b.exceptions())
	}

	// What is new must be of the epoch that goes on.
	old := decode(t, first)
	old.First, old.Before = s.Stored.Seq+1, s.Stored.Hash
	rechain(old)
	p := push(s.Stored, old)
	p.Epoch = anew.Epoch
	p.Head = ledger.Position{Epoch: anew.Epoch, Seq: p.Head.Seq, Hash: p.Head.Hash}
	if res := b.ok(p); res.Verdict != wire.VerdictLater || len(res.Frames) != 0 {
		t.Errorf("a new frame of the epoch that ended: got %s, %d frames kept, want later", res.Verdict, len(res.Frames))
	}
	b.attests("hull")
	b.audit()
}
