package machine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// What is told to others (DESIGN.md, "Every event told once"): events are made by applying commands, kept here until everybody who
// asked for them has them, and sent by the leader.

// Bounds of the outbox.
const (
	HooksMax      = 32      // who is told
	EventsMax     = 100_000 // events that somebody has still to be told, from the first of them on: some 40 MB where orders have few lines
	DeadMax       = 20_000  // events kept beside those because telling them was given up
	OwedMax       = 500     // events of one hook that are tried again
	eventLinesMax = 20      // lines that an event names
	NamedMax      = 5_000   // dead letters that one command names
	hookToMax     = 512     // bytes of an address
	hookSecretMin = 24      // bytes, as Standard Webhooks has it
	hookSecretMax = 64
	passedMax     = 4_096 // events that one command forgets
)

// eventsKept bounds what an outbox keeps.
type eventsKept struct {
	events uint64
	dead   int
}

// An EventID names an event for ever: whoever is told twice knows it again.
type EventID [16]byte

// String is the id as it is sent, in webhook-id.
func (id EventID) String() string { return "evt_" + hex.EncodeToString(id[:]) }

// ParseEventID reads what String wrote.
func ParseEventID(text string) (id EventID, ok bool) {
	name, ok := strings.CutPrefix(text, "evt_")
	if !ok || len(name) != 2*len(id) || strings.ToLower(name) != name {
		return EventID{}, false
	}
	_, err := hex.Decode(id[:], []byte(name))
	return id, err == nil
}

// eventID follows from what happened and where it was first written down, so that a head office that went back in time and hears of it
// again tells it under the same id, and nothing else under that one.
func eventID(k EventKind, parts ...string) (id EventID) {
	sum := sha256.New()
	sum.Write([]byte{byte(k)})
	for _, p := range parts {
		sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		sum.Write([]byte(p))
	}
	copy(id[:], sum.Sum(nil))
	return id
}

// EventKind says what happened.
type EventKind uint8

// The kinds of event: only ever appended to.
const (
	EventConfirmed  EventKind = 1  // an order is accepted, and all of it is promised or has its place in the queue
	EventDelayed    EventKind = 2  // some of what was promised waits again, or comes later than was said
	EventReady      EventKind = 3  // some of an order waits for its customer
	EventDispatched EventKind = 4  // a carrier has some of it
	EventHandedOver EventKind = 5  // its customer has some of it
	EventRefunded   EventKind = 6  // money was given back for an order
	EventCanceled   EventKind = 7  // an order was cancelled
	EventDeclined   EventKind = 8  // nothing of an order that was taken without a promise is to be had
	EventDelivered  EventKind = 9  // the carrier has brought it
	EventLow        EventKind = 10 // a SKU has come down to its rule, or to its reorder point, at a site
	EventException  EventKind = 11 // somebody must look at something

	EventTest EventKind = 12 // nothing happened: a person tries whether a webhook is heard. It is never kept

	eventKindLast = EventTest
)

// eventWords are the kinds as they are sent and written.
func eventWords() [eventKindLast + 1]string {
	return [...]string{EventConfirmed: "order.confirmed", EventDelayed: "order.delayed", EventReady: "order.ready", EventDispatched: "order.dispatched",
		EventHandedOver: "order.handed_over", EventRefunded: "order.refunded", EventCanceled: "order.cancelled", EventDeclined: "order.declined", EventDelivered: "order.delivered",
		EventLow: "stock.low", EventException: "exception.raised", EventTest: "webhook.test"}
}

func (k EventKind) String() string {
	if words := eventWords(); int(k) < len(words) && words[k] != "" {
		return words[k]
	}
	return "unknown"
}

// EventKinds lists the kinds that there are.
func EventKinds() (out []EventKind) {
	for k, word := range eventWords() {
		if word != "" && EventKind(k) != EventTest {
			out = append(out, EventKind(k))
		}
	}
	return out
}

// An Event is something that happened, as it is told. It never changes but for who could not be told. What it does not speak of is zero.
type Event struct {
	Place uint64 // in the outbox, from 1; of this state's, and not told
	ID    EventID
	Kind  EventKind
	At    time.Time // by the clock of the book that wrote it down

	Site     ledger.SiteID
	Order    ledger.OrderID
	Number   string
	External string
	Channel  ledger.Channel
	Customer string
	Lines    []EventLine // at most eventLinesMax
	More     int         // lines beyond those
	Ship     ledger.Shipment
	Due      Day // of what is delayed, the latest day by which it is promised; 0: no date is known

	SKU   ledger.SKU
	Qty   ledger.Qty // of stock.low: what can be promised there
	Level ledger.Qty // of stock.low: the rule's

	Exception uint64
	What      string
	Why       string

	Amount ledger.Money // of order.refunded: what was given back

	Dead []DeadFor // whom it could not be told, by hook
}

// An EventLine is what an event says of one line of an order.
type EventLine struct {
	Line    int // from 1
	SKU     ledger.SKU
	Qty     ledger.Qty // that it is about: ordered, ready, gone, or waiting longer
	Waiting ledger.Qty // of confirmed: of these, what waits for goods
}

// A DeadFor says to whom an event could not be told: a dead letter.
type DeadFor struct {
	Hook  HookID
	Tries int
	Why   string
	At    time.Time
}

// A HookID names somebody who is told.
type HookID string

// A Hook is somebody who is told of events from the moment on when it was set.
type Hook struct {
	ID     HookID
	To     string      // where: an https URL, an http URL of this machine, or mailto: and one address
	Secret []byte      // that what is sent is signed with; none where it is mail
	Kinds  []EventKind // that are told, ascending; none: all
	Note   string
	Set    Signed

	Next    uint64    // the place of the first event that was not tried yet
	Owed    []Owed    // before Next: what is to be tried again, by place
	Failing time.Time // since when nothing got through; zero where the last try did
	Why     string    // of the last try that failed
	Told    uint64    // events that got through
	Failed  uint64    // tries that did not
	Lost    uint64    // dead letters that were forgotten because there were too many
	Alarm   uint64    // the exception that tells of its dead letters; 0 for none
}

// An Owed is an event that a hook has not taken yet.
type Owed struct {
	Place uint64
	Tries int
	Since time.Time // of the first try; zero where it was sent again by hand and not tried since
	Due   time.Time // of the next
}

// Wants says whether a hook is told of events of a kind.
func (h *Hook) Wants(k EventKind) bool { return len(h.Kinds) == 0 || slices.Contains(h.Kinds, k) }

// HookCustomers is where a hook tells that tells each order's customer: an event goes to the mailbox that the customer's account has when it is sent.
const HookCustomers = "customer:"

// Customers says whether a hook tells the customer of each order, by mail.
func (h *Hook) Customers() bool { return h.To == HookCustomers }

// Tells says whether a hook is told of an event: a customer of none but of an order's own.
func (h *Hook) Tells(e *Event) bool {
	return h.Wants(e.Kind) && (!h.Customers() || e.Customer != "" && e.Order != "")
}

// owes gives the place of an event among those that are tried again.
func (h *Hook) owes(place uint64) (int, bool) {
	return slices.BinarySearchFunc(h.Owed, place, func(o Owed, p uint64) int { return compareUint(o.Place, p) })
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// needs says whether a hook has still to be told of an event.
func (h *Hook) needs(e *Event) bool {
	if e.Place >= h.Next {
		return h.Tells(e)
	}
	_, owed := h.owes(e.Place)
	return owed
}

// An outbox is who is told, and which events are kept for them: those from First to Last, and of those before First the ones that are
// dead letters or are sent again. There is one.
type outbox struct {
	First, Last uint64
	Hooks       []*Hook // by id; each is replaced, never changed
}

// outboxKey is the key of the one outbox.
const outboxKey = "outbox"

type outboxName string

func (m *Machine) editBox() *outbox {
	o, ok := edit(m.outbox.table, outboxKey, func(o *outbox) *outbox {
		c := *o
		c.Hooks = slices.Clone(o.Hooks)
		return &c
	})
	if !ok {
		o = &outbox{First: 1}
		m.outbox.put(outboxKey, o)
	}
	return o
}

func (o *outbox) find(id HookID) (int, bool) {
	return slices.BinarySearchFunc(o.Hooks, id, func(h *Hook, id HookID) int { return strings.Compare(string(h.ID), string(id)) })
}

// edit gives a copy of a hook that belongs to the command being applied.
func (o *outbox) edit(i int) *Hook {
	h := *o.Hooks[i]
	h.Owed = slices.Clone(h.Owed)
	o.Hooks[i] = &h
	return &h
}

// keepEvent puts an event at the end of the outbox, where somebody wants it and it is not there already.
func (m *Machine) keepEvent(o *outbox, e *Event) {
	if !slices.ContainsFunc(o.Hooks, func(h *Hook) bool { return h.Tells(e) }) {
		return
	}
	o.Last++
	e.Place = o.Last
	m.events.put(keyOfRank(e.Place), e)
}

// trimEvents moves the beginning of the outbox on: past what nobody has to be told any more, and past what is too many. Of these
// telling is given up.
func (m *Machine) trimEvents(at time.Time) {
	o := m.editBox()
	for n := 0; o.First <= o.Last && n < passedMax; n++ {
		e, ok := m.events.get(keyOfRank(o.First))
		if !ok {
			o.First++
			continue
		}
		needed := slices.ContainsFunc(o.Hooks, func(h *Hook) bool { return h.needs(e) })
		if needed && o.Last-o.First < m.keeping.events {
			return
		}
		for i := range o.Hooks {
			if needed && o.Hooks[i].needs(e) {
				m.bury(o, i, e.Place, "too many events came after it", at)
			}
		}
		o.First++
		for i := range o.Hooks {
			if o.Hooks[i].Next < o.First {
				o.edit(i).Next = o.First
			}
		}
		m.dropEvent(o, o.First-1)
	}
}

// bury makes an event a dead letter of a hook.
func (m *Machine) bury(o *outbox, i int, place uint64, why string, at time.Time) {
	e, ok := m.events.get(keyOfRank(place))
	if !ok {
		return
	}
	h := o.edit(i)
	d := DeadFor{Hook: h.ID, Why: cutText(why), At: at}
	if k, owed := h.owes(place); owed {
		d.Tries = h.Owed[k].Tries
		h.Owed = slices.Delete(h.Owed, k, k+1)
	}
	c := *e
	if !slices.ContainsFunc(c.Dead, func(d DeadFor) bool { return d.Hook == h.ID }) {
		c.Dead = append(slices.Clone(c.Dead), d)
		m.events.put(keyOfRank(place), &c)
	}
	if x, kept := m.exceptions.get(keyOfRank(h.Alarm)); h.Alarm == 0 || !kept || x.Resolved.Done() {
		m.raise(Exception{What: whatUntold, Why: fmt.Sprintf("%s was not told of events (%s). Put right what stands there, then send them again: holdfast webhook dead, holdfast webhook resend", h.Where(), d.Why)}, at)
		h.Alarm = m.counters.Exceptions
	}
}

// whatUntold is the word for somebody who was not told of events.
const whatUntold = "events_untold"

// Where says for people whom a hook tells: never more of an address than its host, for the rest may be a secret of the receiver's.
func (h *Hook) Where() string {
	if h.Customers() {
		return fmt.Sprintf("webhook %s (mail to customers)", h.ID)
	}
	scheme, rest, _ := strings.Cut(h.To, ":")
	if scheme == "mailto" {
		_, host, _ := strings.Cut(rest, "@")
		return fmt.Sprintf("webhook %s (mail at %s)", h.ID, host)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
	host, _, _ = strings.Cut(host, "?")
	return fmt.Sprintf("webhook %s (%s)", h.ID, host)
}

// dropEvent forgets an event before the outbox's beginning that is nobody's any more.
func (m *Machine) dropEvent(o *outbox, place uint64) {
	e, ok := m.events.get(keyOfRank(place))
	if !ok || place >= o.First || len(e.Dead) > 0 {
		return
	}
	for _, h := range o.Hooks {
		if _, owed := h.owes(place); owed {
			return
		}
	}
	m.events.del(keyOfRank(place))
}

// trimDead forgets the oldest dead letters where there are too many.
func (m *Machine) trimDead() {
	over := len(m.derived.dead) - m.keeping.dead
	if over <= 0 {
		return
	}
	o := m.editBox()
	for _, place := range slices.Clone(m.derived.dead[:over]) {
		e, ok := m.events.get(keyOfRank(place))
		if !ok {
			continue
		}
		for _, d := range e.Dead {
			if i, ok := o.find(d.Hook); ok {
				o.edit(i).Lost++
			}
		}
		c := *e
		c.Dead = nil
		m.events.put(keyOfRank(place), &c)
		m.dropEvent(o, place)
	}
}

// checkOutbox looks at what the outbox and its events say of each other.
func (m *Machine) checkOutbox() error {
	o, ok := m.outbox.Get(outboxKey)
	if !ok {
		if n := m.events.Len(); n > 0 {
			return fmt.Errorf("%d events are in no outbox", n)
		}
		return nil
	}
	if o.First < 1 || o.First > o.Last+1 || o.Last-o.First+1 > EventsMax+passedMax || len(o.Hooks) > HooksMax {
		return fmt.Errorf("outbox from %d to %d, %d hooks", o.First, o.Last, len(o.Hooks))
	}
	for i, h := range o.Hooks {
		if i > 0 && o.Hooks[i-1].ID >= h.ID || h.Next < o.First || h.Next > o.Last+1 || len(h.Owed) > OwedMax {
			return fmt.Errorf("hook %s: next %d of %d to %d, %d owed", h.ID, h.Next, o.First, o.Last, len(h.Owed))
		}
		for k, w := range h.Owed {
			if _, ok := m.events.Get(keyOfRank(w.Place)); !ok || w.Place >= h.Next || k > 0 && h.Owed[k-1].Place >= w.Place {
				return fmt.Errorf("hook %s: owes event %d before %d", h.ID, w.Place, h.Next)
			}
		}
	}
	inside := uint64(0)
	for k, e := range m.events.Sorted() {
		if k != keyOfRank(e.Place) || e.Place > o.Last || len(e.Lines) > eventLinesMax {
			return fmt.Errorf("event %d of %d", e.Place, o.Last)
		}
		if e.Place >= o.First {
			inside++
		} else if len(e.Dead) == 0 && !slices.ContainsFunc(o.Hooks, func(h *Hook) bool { return h.needs(e) }) {
			return fmt.Errorf("event %d is kept for nobody", e.Place)
		}
		for _, d := range e.Dead {
			if _, ok := o.find(d.Hook); !ok {
				return fmt.Errorf("event %d is a dead letter of %s, which is none", e.Place, d.Hook)
			}
		}
	}
	if inside != o.Last-o.First+1 {
		return fmt.Errorf("outbox from %d to %d has %d events", o.First, o.Last, inside)
	}
	return nil
}
