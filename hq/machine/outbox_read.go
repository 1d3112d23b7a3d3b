package machine

// Hooks lists who is told of events, by id.
func (m *Machine) Hooks() []*Hook {
	if o, ok := m.outbox.Get(outboxKey); ok {
		return o.Hooks
	}
	return nil
}

// Hook gives one of those who are told.
func (m *Machine) Hook(id HookID) (*Hook, bool) {
	if o, ok := m.outbox.Get(outboxKey); ok {
		if i, known := o.find(id); known {
			return o.Hooks[i], true
		}
	}
	return nil, false
}

// EventAt gives the event at a place of the outbox, where it is kept still.
func (m *Machine) EventAt(place uint64) (*Event, bool) { return m.events.Get(keyOfRank(place)) }

// EventsEnd is the place of the last event; 0 where there was none.
func (m *Machine) EventsEnd() uint64 {
	if o, ok := m.outbox.Get(outboxKey); ok {
		return o.Last
	}
	return 0
}

// A DeadLetter is an event that a hook could not be told.
type DeadLetter struct {
	*Event
	For DeadFor
}

// DeadLetters lists dead letters behind the place after, by place, of one hook or ("") of all, at most limit. next is where to go on; 0
// at the end.
func (m *Machine) DeadLetters(hook HookID, after uint64, limit int) (out []DeadLetter, next uint64) {
	for _, place := range m.derived.dead {
		if place <= after {
			continue
		}
		e, ok := m.events.Get(keyOfRank(place))
		if !ok {
			continue
		}
		if len(out) >= limit {
			return out, out[len(out)-1].Place
		}
		for _, d := range e.Dead {
			if hook == "" || d.Hook == hook {
				out = append(out, DeadLetter{e, d})
			}
		}
	}
	return out, 0
}

// DeadOf counts the dead letters of each hook.
func (m *Machine) DeadOf() map[HookID]int {
	out := map[HookID]int{}
	for _, place := range m.derived.dead {
		if e, ok := m.events.Get(keyOfRank(place)); ok {
			for _, d := range e.Dead {
				out[d.Hook]++
			}
		}
	}
	return out
}

// BehindOf is how many events a hook has still to be told, at most: those that it does not want are among them.
func (m *Machine) BehindOf(h *Hook) uint64 {
	return uint64(len(h.Owed)) + m.EventsEnd() + 1 - h.Next
}

// landEvent keeps which events are dead letters, and which are known.
func (d *derived) landEvent(_ rankKey, old *Event, had bool, e *Event, has bool) {
	if had {
		delete(d.told, old.ID)
		d.dead = remove(d.dead, old.Place)
	}
	if has {
		d.told[e.ID] = struct{}{}
		if len(e.Dead) > 0 {
			d.dead = insert(d.dead, e.Place)
		}
	}
}

// landOutbox keeps which kinds of event somebody wants.
func (d *derived) landOutbox(_ outboxName, _ *outbox, _ bool, o *outbox, has bool) {
	d.hooked, d.wanted = 0, [eventKindLast + 1]int{}
	if !has {
		return
	}
	d.hooked = len(o.Hooks)
	for _, h := range o.Hooks {
		for _, k := range EventKinds() {
			if h.Wants(k) {
				d.wanted[k]++
			}
		}
	}
}
