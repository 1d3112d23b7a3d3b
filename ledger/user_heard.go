package ledger

import (
	"cmp"
	"slices"
)

// What a site has heard of people it does not unhear. A head office that was put back to an earlier day knows less than it had said: it would
// let in again who had left, and tills that were lost. So each user bears when head office set it last, and a site keeps of two words the
// later one; who is taken off the list stays off it until a later word puts them there.

// A Said is when head office said something: in which of its lives (Incarnation.Counter), and as which change of that life. A later life comes
// after all of an earlier one. Zero: nobody said when.
type Said struct {
	Life   uint64
	Number uint64
}

// Known says whether somebody said when.
func (s Said) Known() bool { return s != Said{} }

// After says whether s was said after o.
func (s Said) After(o Said) bool {
	return s.Life > o.Life || s.Life == o.Life && s.Number > o.Number
}

// A GoneUser was taken off a site's list.
type GoneUser struct {
	ID   UserID
	Said Said // when the list was told that it was not on any more
}

func checkGone(list []GoneUser) error {
	if len(list) > UsersAtMax {
		return &FormError{Field: "gone", Why: "are more than a site remembers"}
	}
	for i, g := range list {
		if _, err := ParseUser(string(g.ID)); err != nil {
			return err
		}
		if !g.Said.Known() || i > 0 && list[i-1].ID >= g.ID {
			return &FormError{Field: "gone", Why: "are not in order, each once, with when it was said"}
		}
	}
	return nil
}

// Hear gives the list as it is after head office has told one: of each user the later word stands. Words of no moment, as builds before this one
// told them, give way to any that has one.
func (p *People) Hear(told People) People {
	out := People{Version: told.Version, Said: told.Said}
	if p.Said.After(out.Said) {
		out.Said = p.Said
	}
	gone := make(map[UserID]Said, len(p.Gone))
	for _, g := range p.Gone {
		gone[g.ID] = g.Said
	}
	on := make(map[UserID]bool, len(told.Users))
	for _, u := range told.Users {
		at, off := gone[u.ID]
		had, has := p.User(u.ID)
		switch {
		case off && !u.Said.After(at):
			continue
		case has && had.Said.Known() && !u.Said.After(had.Said):
			u = *had
		}
		on[u.ID] = true
		delete(gone, u.ID)
		out.Users = append(out.Users, u)
	}
	for i := range p.Users {
		switch u := &p.Users[i]; {
		case on[u.ID]:
		case u.Said.After(told.Said) && len(out.Users) < UsersAtMax: // the list is an older one
			out.Users = append(out.Users, *u)
		case told.Said.After(gone[u.ID]):
			gone[u.ID] = told.Said
		}
	}
	slices.SortFunc(out.Users, func(a, b User) int { return cmp.Compare(a.ID, b.ID) })
	out.Gone = latestGone(gone)
	return out
}

// latestGone lists those who are gone by id: of more than a site remembers, those who went last.
func latestGone(gone map[UserID]Said) (out []GoneUser) {
	for id, at := range gone {
		out = append(out, GoneUser{id, at})
	}
	slices.SortFunc(out, func(a, b GoneUser) int {
		return cmp.Or(cmp.Compare(b.Said.Life, a.Said.Life), cmp.Compare(b.Said.Number, a.Said.Number), cmp.Compare(a.ID, b.ID))
	})
	out = out[:min(len(out), UsersAtMax)]
	slices.SortFunc(out, func(a, b GoneUser) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Heard is what the site tells a head office of a later life than the one that told the list last, which may not know it any more: all that was
// said at some moment. Of version 0 where there is nothing to tell.
func (p *People) Heard(life uint64) People {
	if p.Version == 0 || !p.Said.Known() || p.Said.Life >= life {
		return People{}
	}
	out := People{Version: p.Version, Said: p.Said, Gone: p.Gone}
	for i := range p.Users {
		if u := &p.Users[i]; u.Said.Known() {
			out.Users = append(out.Users, *u)
		}
	}
	return out
}
