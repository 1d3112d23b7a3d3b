package machine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A HookAct is what is done with somebody who is told.
type HookAct uint8

// The acts: only ever appended to, they are in the raft log.
const (
	HookPut    HookAct = 1 // from here on somebody is told
	HookRemove HookAct = 2 // and no more; what it was not told yet is forgotten
	HookResend HookAct = 3 // its dead letters are tried again
	HookDrop   HookAct = 4 // its dead letters are forgotten
)

// SetHook has somebody told of events, or no more, or sees to its dead letters.
type SetHook struct {
	Act     HookAct
	Hook    HookID
	To      string
	Secret  []byte
	Kinds   []EventKind
	Note    string
	Events  []EventID // resend, drop: these; none: all
	Key     ledger.Digest
	Request ledger.Digest
	By      string
	Reason  string
	At      time.Time
}

// Told says how far telling has come, of many events and hooks at once. Said twice it changes nothing more but what is counted.
type Told struct {
	Hooks []HookTold
	At    time.Time
}

// A HookTold is how far telling one hook has come.
type HookTold struct {
	Hook   HookID
	Next   uint64   // every event before was tried
	Done   []uint64 // places of events that are not owed any more, ascending
	Owed   []Owed   // tries that failed, by place: how each stands now
	Dead   []Gone   // given up
	Count  uint64   // how many got through
	Failed uint64   // how many tries did not
	Why    string   // of the last that did not
	OK     bool     // the last try got through
}

// A Gone is an event that telling a hook is given up of.
type Gone struct {
	Place uint64
	Tries int
	Why   string
}

// HookCommands is what Build.Commands has to be of every server before a SetHook or a Told is given, or a rule of RuleLow.
const HookCommands = int(kindTold)

func (*SetHook) kind() kind { return kindSetHook }
func (*Told) kind() kind    { return kindTold }

// ErrHookUnknown says that nobody of that id is told.
var ErrHookUnknown = errors.New("no such webhook")

// answerOfHook marks an answer that is about a hook: its order's id is none that an order can have.
const answerOfHook = "webhook/"

// Hook is the hook that the answer is about, and how many dead letters it moved; ok is false where it is about none.
func (a *Answer) Hook() (id HookID, letters int, ok bool) {
	name, ok := strings.CutPrefix(string(a.Order.ID), answerOfHook)
	return HookID(name), a.Order.Priority, ok
}

// HookIDOf is the id of the hook that a request under a key makes.
func HookIDOf(key ledger.Digest) HookID { return HookID(fmt.Sprintf("wh_%x", key[:8])) }

func (m *Machine) setHook(c *SetHook) Result {
	if res, done := m.remembered(c.Key, c.Request); done {
		return res
	}
	var res Result
	res.Err = m.atomically(func() error {
		if err := signed(c.By, "it is set"); err != nil {
			return err
		}
		o, letters := m.editBox(), 0
		i, known := o.find(c.Hook)
		switch {
		case c.Act == HookPut:
			if err := m.putHook(o, c); err != nil {
				return err
			}
		case !known:
			return ErrHookUnknown
		case c.Act == HookRemove:
			m.deadOf(c.Hook, nil, func(e *Event) bool { m.undead(o, e, c.Hook); return true })
			m.settleAlarm(o.edit(i), c)
			owed := o.Hooks[i].Owed
			o.Hooks = slices.Delete(o.Hooks, i, i+1)
			for _, w := range owed {
				m.dropEvent(o, w.Place)
			}
		case c.Act == HookResend || c.Act == HookDrop:
			letters = m.seeToDead(o, i, c)
		default:
			return &ledger.FormError{Field: "act", Why: fmt.Sprintf("%d is none", c.Act)}
		}
		a := &Answer{Request: c.Request, Order: &ledger.Order{ID: ledger.OrderID(answerOfHook + string(c.Hook)), Priority: letters}}
		m.remember(c.Key, a)
		res.Answer = a
		return nil
	})
	return res
}

func (m *Machine) putHook(o *outbox, c *SetHook) error {
	form := func(field, why string, args ...any) error {
		return &ledger.FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	i, known := o.find(c.Hook)
	mail := strings.HasPrefix(c.To, "mailto:") || c.To == HookCustomers
	switch {
	case c.Hook == "" || len(c.Hook) > signedMax || strings.ContainsRune(string(c.Hook), 0):
		return form("id", "is empty, or longer than %d bytes", signedMax)
	case c.To == "" || len(c.To) > hookToMax:
		return form("to", "is empty, or longer than %d bytes", hookToMax)
	case !mail && (len(c.Secret) < hookSecretMin || len(c.Secret) > hookSecretMax):
		return form("secret", "is not %d to %d bytes", hookSecretMin, hookSecretMax)
	case len(c.Note) > signedMax:
		return form("note", "is longer than %d bytes", signedMax)
	case !known && len(o.Hooks) >= HooksMax:
		return form("to", "would be one more than %d webhooks: remove one that nobody needs (holdfast webhook list, holdfast webhook remove)", HooksMax)
	}
	for n, k := range c.Kinds {
		if k.String() == "unknown" || n > 0 && c.Kinds[n-1] >= k {
			return form("events", "%d is none, or comes twice", k)
		}
	}
	h := &Hook{ID: c.Hook, To: c.To, Secret: c.Secret, Kinds: c.Kinds, Note: c.Note, Set: m.signed(c.By, c.Reason, c.At), Next: o.Last + 1}
	if known {
		return form("id", "is taken")
	}
	o.Hooks = slices.Insert(o.Hooks, i, h)
	return nil
}

// deadOf goes through the dead letters of a hook by place, those of some events (none: all), until f has enough.
func (m *Machine) deadOf(hook HookID, ids []EventID, f func(*Event) bool) {
	for _, place := range slices.Clone(m.derived.dead) {
		e, ok := m.events.get(keyOfRank(place))
		if !ok || len(ids) > 0 && !slices.Contains(ids, e.ID) || !slices.ContainsFunc(e.Dead, func(d DeadFor) bool { return d.Hook == hook }) {
			continue
		}
		if !f(e) {
			return
		}
	}
}

// undead takes an event from the dead letters of a hook.
func (m *Machine) undead(o *outbox, e *Event, hook HookID) {
	c := *e
	c.Dead = slices.DeleteFunc(slices.Clone(e.Dead), func(d DeadFor) bool { return d.Hook == hook })
	m.events.put(keyOfRank(e.Place), &c)
	m.dropEvent(o, e.Place)
}

// seeToDead sends dead letters again, as many as there is room for, or forgets them, and says how many.
func (m *Machine) seeToDead(o *outbox, i int, c *SetHook) (n int) {
	h, all := o.edit(i), true
	m.deadOf(c.Hook, c.Events, func(e *Event) bool {
		if c.Act == HookResend {
			k, owed := h.owes(e.Place)
			if !owed && len(h.Owed) >= OwedMax {
				all = false
				return false
			}
			if !owed && e.Place < h.Next {
				h.Owed = slices.Insert(h.Owed, k, Owed{Place: e.Place, Due: c.At})
			}
		}
		m.undead(o, e, c.Hook)
		n++
		return true
	})
	if all && len(c.Events) == 0 {
		m.settleAlarm(h, c)
	}
	return n
}

// settleAlarm closes the exception that tells of a hook's dead letters: there are none any more.
func (m *Machine) settleAlarm(h *Hook, c *SetHook) {
	if x, kept := m.exceptions.get(keyOfRank(h.Alarm)); h.Alarm != 0 && kept && !x.Resolved.Done() {
		m.resolved(x, Signed{By: c.By, Reason: "its dead letters were seen to", At: c.At})
	}
	h.Alarm = 0
}

func (m *Machine) toldHooks(c *Told) Result {
	return Result{Err: m.atomically(func() error {
		o := m.editBox()
		for n := range c.Hooks {
			t := &c.Hooks[n]
			if i, known := o.find(t.Hook); known { // it may have been removed meanwhile
				m.toldHook(o, i, t, c.At)
			}
		}
		return nil
	})}
}

func (m *Machine) toldHook(o *outbox, i int, t *HookTold, at time.Time) {
	h := o.edit(i)
	h.Next = max(h.Next, min(t.Next, o.Last+1))
	h.Told += t.Count
	h.Failed += t.Failed
	if t.Why != "" {
		h.Why = cutText(t.Why)
	}
	if t.OK {
		h.Failing = time.Time{}
	} else if t.Failed > 0 && h.Failing.IsZero() {
		h.Failing = at
	}
	for _, place := range t.Done {
		if k, owed := h.owes(place); owed {
			h.Owed = slices.Delete(h.Owed, k, k+1)
		}
		m.dropEvent(o, place)
	}
	for _, w := range t.Owed {
		k, owed := h.owes(w.Place)
		switch {
		case owed:
			h.Owed[k] = w
		case w.Place < o.First || w.Place >= h.Next: // telling it was given up meanwhile, or it is not tried yet
		case len(h.Owed) < OwedMax:
			h.Owed = slices.Insert(h.Owed, k, w)
		default:
			m.bury(o, i, w.Place, t.Why, at)
			h = o.Hooks[i]
		}
	}
	for _, g := range t.Dead {
		if k, owed := h.owes(g.Place); owed {
			h.Owed[k].Tries = g.Tries
		} else if g.Place < o.First || g.Place >= h.Next {
			continue
		}
		m.bury(o, i, g.Place, g.Why, at)
		h = o.Hooks[i]
	}
}
