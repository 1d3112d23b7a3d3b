package sim

import (
	"errors"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// Verdict is what a client knows of its request. A time-out is not a no: it is asked again,
// with the same key, at the same book.
type verdict uint8

const (
	unknown verdict = 0
	yes     verdict = 1
	no      verdict = 2
)

// A client wants one order, and perhaps to cancel it. What it was told is kept here and is
// compared with the books at every answer and at the end.
type client struct {
	c      *company
	chance *chance // of its own, so that an order more or less shifts nobody else's
	wish   *Wish
	book   ledger.SiteID
	at     *site // whom it speaks to, where a site has two processes; nil at head office

	told               verdict
	apart              bool          // an entry tells of its goods apart from its order, which they do not fit
	asked              bool          // it asked again, for what it was told was lost
	twice              bool          // it was told yes, forgot it, and asked again when its site had lost the order
	order              *ledger.Order // as it was told
	canceled           verdict
	cancels            bool // a cancel has been sent
	tries              int
	reused             bool
	hasty              string        // why the process that it was put to should have promised nothing
	counts             bool          // its promise is part of the sum
	entry              *ledger.Entry // its journal: what it was told, and of its cancel
	canceledBy         *ledger.Entry
	toldAt, canceledAt time.Duration
	most               map[int]ledger.Qty // of each line, in the answers of books that went back since
	brings             bool               // it has brought goods back
	exchanged          bool               // its goods were exchanged for others: what they cost is paid with them
	renewed            bool               // it cancels an order that head office may not know any more
}

const clientPatience = 1500 * time.Millisecond

func (c *company) client(w *Wish, book ledger.SiteID) *client {
	if c.plan.Disasters != 0 {
		w = w.withoutSuppliers()
	}
	k := &client{c: c, chance: newChance(c.plan.Seed, "client "+w.Order.External), wish: w, book: book}
	c.wishes = append(c.wishes, k)
	c.byOrder[w.Order.ID] = k
	return k
}

func (k *client) who() string { return k.wish.Order.External }

// send puts the order to its book, over a line that may lose it or its answer.
func (k *client) send() {
	if k.told != unknown {
		return
	}
	if k.tries++; k.tries == 1 {
		k.c.count("orders")
		k.c.say("client", "wants %s (%s): %s", k.who(), k.wish.Order.ID, describe(&k.wish.Order))
	} else {
		k.c.met("same key", "tried again")
		if k.c.guardOff(guardKeyKept) {
			k.anew()
		}
	}
	n := 1
	if k.wish.Twice {
		k.c.met("same key", "sent twice")
		n = 2
	}
	for range n {
		k.put("place", func(say respond) { k.c.place(k, k.wish, k.wish.Request, say) }, k.heard)
	}
	k.c.after(clientPatience+k.chance.between(0, 2*time.Second), k.send)
}

// put carries one request to the book and its answer back; each may be lost.
func (k *client) put(what string, act func(respond), heard respond) {
	r := k.chance
	if r.in100(k.c.lanLoss()) {
		k.c.met("lost", what)
		return
	}
	k.c.after(r.between(200*time.Microsecond, 5*time.Millisecond), func() {
		act(func(out ledger.Outcome) {
			if r.in100(k.c.lanLoss()) {
				k.c.met("lost", what+" reply")
				return
			}
			k.c.after(r.between(200*time.Microsecond, 5*time.Millisecond), func() { heard(out) })
		})
	})
}

// heard takes the book's answer to the order.
func (k *client) heard(out ledger.Outcome) {
	v := verdictOf(out)
	var form *ledger.FormError
	switch {
	case errors.As(out.Err, &form), errors.Is(out.Err, ledger.ErrKeyReused):
		k.c.fail("answer", "%s is answered: %v", k.who(), out.Err)
		return
	case v == unknown:
		return
	case k.told != unknown:
		k.again(v, out)
		return
	}
	if out.Replayed {
		k.c.met("same key", "answered from memory")
	}
	body, ok := out.Entry.Answer()
	if !ok {
		k.c.fail("answer", "%s is answered by a %s entry", k.who(), out.Entry.Kind)
		return
	}
	k.told, k.toldAt, k.order, k.entry = v, k.c.now, &body.Order, out.Entry
	k.c.say("client", "%s is told %s", k.who(), said(out))
	k.c.toldOrder(k)
	k.takeAway()
	if k.wish.Reuse && !k.reused {
		k.reused = true
		k.reuse()
	}
	if v == yes && k.wish.CancelAfter > 0 {
		k.c.after(k.wish.CancelAfter, k.cancel)
	}
}

// again compares a repeated answer with the first one.
func (k *client) again(v verdict, out ledger.Outcome) {
	body, ok := out.Entry.Answer()
	if !ok {
		k.c.fail("answer", "%s is answered by a %s entry", k.who(), out.Entry.Kind)
		return
	}
	o := &body.Order
	if k.at != nil && k.at.suspect && v == k.told && o.ID == k.order.ID {
		return // a late fact may say less: the judge of entries looks at that
	}
	if v != k.told || !samePromise(o, k.order) {
		k.c.fail("duplicated", "%s was told %s and now %s", k.who(), describe(k.order), describe(o))
	}
}

// mayBeForgotten says whether the book that k was told by has gone back in time, and has not been
// told of k again yet.
func (k *client) mayBeForgotten() bool {
	if k.at == nil {
		return k.c.hq.lives > 1
	}
	return k.at.suspect
}

// forget begins anew: the book that said yes or no has lost it, and k asks again under its key.
func (k *client) forget(why string) {
	if k.told == unknown {
		return
	}
	k.c.say("client", "%s asks again: %s", k.who(), why)
	k.c.met("asked again", why)
	k.count(false)
	k.asked = true
	if k.told == yes {
		k.c.report.Forgotten++
		k.twice = true
		k.keepMost(k.order)
	}
	k.told, k.order, k.entry, k.canceled, k.canceledBy, k.cancels = unknown, nil, nil, unknown, nil, false
	k.c.after(k.chance.between(0, 2*time.Second), k.send)
}

// looksMost is how often a customer looks for goods that only the book believes in.
const looksMost = 200

// leave lets a customer go who has looked often enough. Nothing was written of the order.
func (k *client) leave() {
	if k.tries > looksMost && k.told == unknown {
		k.told, k.order = no, k.wish.Order.Clone()
		k.c.met("take", "left without the goods")
	}
}

// keepMost keeps what was said: the book, or a site of head office's, may tell of it again.
func (k *client) keepMost(o *ledger.Order) {
	if k.most == nil {
		k.most = map[int]ledger.Qty{}
	}
	for i := range o.Lines {
		k.most[i] = max(k.most[i], o.Lines[i].Promised()+o.Lines[i].Backordered)
	}
}

// reuse sends another order under the key: it must be refused as what it is.
func (k *client) reuse() {
	other := *k.wish
	other.Order = *k.wish.Order.Clone()
	other.Order.Lines[0].Qty++
	k.put("reuse", func(say respond) {
		k.c.place(k, &other, ledger.DigestOf([]byte("another request"), []byte(k.who())), say)
	}, func(out ledger.Outcome) {
		if verdictOf(out) != unknown || errors.Is(out.Err, ledger.ErrOrderExists) {
			k.c.fail("answer", "%s: another request under its key is answered %s", k.who(), said(out))
		}
		if errors.Is(out.Err, ledger.ErrKeyReused) {
			k.c.met("same key", "other request")
		}
	})
}

// cancel gives the order up. From the moment of asking nothing more is claimed for it.
func (k *client) cancel() {
	if k.canceled != unknown || k.told != yes && !k.cancels {
		return
	}
	if !k.cancels {
		counted := k.counts
		k.count(false)
		k.cancels = true
		k.c.say("client", "cancels %s", k.who())
		k.count(counted)
	}
	key := keyOf("cancel " + k.who())
	k.put("cancel", func(say respond) {
		k.c.cancel(k, k.wish.Order.ID, key, ledger.DigestOf([]byte("cancel"), []byte(k.who())), say)
	}, k.heardCancel)
	k.c.after(clientPatience+k.chance.between(0, 2*time.Second), k.cancel)
}

func (k *client) heardCancel(out ledger.Outcome) {
	v := verdictOf(out)
	if v == no && k.canceled != no && k.mayBeForgotten() && k.c.isCanceled(k) {
		v = yes // it is cancelled under another word than this one: the first answer is lost, and this one may come twice
	}
	switch {
	case v == unknown:
		if errors.Is(out.Err, ledger.ErrOrderUnknown) && k.mayBeForgotten() {
			if k.renewed && k.c.hq.thawed() { // no site has told of it: there is nothing to cancel
				k.told, k.canceled = no, yes
			}
			return
		}
		if errors.Is(out.Err, ledger.ErrOrderUnknown) || errors.Is(out.Err, ledger.ErrKeyReused) {
			k.c.fail("lost", "%s was accepted, and its cancel is answered: %v", k.who(), out.Err)
		}
	case k.canceled != unknown && v != k.canceled:
		k.c.fail("duplicated", "the cancel of %s was answered in two ways", k.who())
	case k.canceled == unknown:
		k.canceled, k.canceledBy, k.canceledAt = v, out.Entry, k.c.now
		k.c.say("client", "the cancel of %s is told %s", k.who(), said(out))
		k.c.met("told", map[verdict]string{yes: "cancelled", no: "not cancelled"}[v])
	}
}

// isCanceled says whether the book that owns k's order has it cancelled.
func (c *company) isCanceled(k *client) bool {
	o := c.orderOf(k)
	return o != nil && o.Status == ledger.StatusCanceled
}

// anew is the classic mistake: a retry that is a new order.
func (k *client) anew() {
	id, err := ledger.NewOrderID(start.Add(k.c.now), k.chance)
	if err != nil {
		panic("sim: a chance gave no bytes: " + err.Error())
	}
	w := *k.wish
	w.Order = *k.wish.Order.Clone()
	w.Order.ID, w.Key = id, keyOf(string(id))
	k.wish = &w
}

// verdictOf says what an answer means to a client: anything but a yes and a remembered refusal
// leaves it where it was.
func verdictOf(out ledger.Outcome) verdict {
	var short *ledger.ShortError
	var state *ledger.StateError
	switch {
	case out.Entry == nil:
		return unknown
	case out.Err == nil:
		return yes
	case errors.As(out.Err, &short), errors.As(out.Err, &state), errors.Is(out.Err, ledger.ErrOrderExists):
		return no
	default:
		return unknown
	}
}

func samePromise(a, b *ledger.Order) bool {
	if a.ID != b.ID || len(a.Lines) != len(b.Lines) {
		return false
	}
	for i := range a.Lines {
		if a.Lines[i].Promised() != b.Lines[i].Promised() || a.Lines[i].Backordered != b.Lines[i].Backordered || a.Lines[i].Unconfirmed != b.Lines[i].Unconfirmed {
			return false
		}
	}
	return true
}
