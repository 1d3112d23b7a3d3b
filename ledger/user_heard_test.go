package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
)

// heardPeople is a list that says when each word of it was said.
func heardPeople() *ledger.People {
	p := samplePeople()
	for i := range p.Users {
		p.Users[i].Said = ledger.Said{Life: 3, Number: uint64(40 + i)}
	}
	p.Users[0].PasswordAt = ledger.Said{Life: 2, Number: 90}
	p.Said = ledger.Said{Life: 3, Number: 50}
	p.Gone = []ledger.GoneUser{{ID: "beth", Said: ledger.Said{Life: 3, Number: 45}}, {ID: "zoe", Said: ledger.Said{Life: 2, Number: 7}}}
	return p
}

// Of two words about a user the later one stands, whichever comes first and whatever head office tells it: one that was put back to an
// earlier day lets nobody in again whom the site has heard to be turned away, and a word of its new life does.
func TestWhatASiteHasHeardOfPeopleItDoesNotUnhear(t *testing.T) {
	said := func(life, number uint64) ledger.Said { return ledger.Said{Life: life, Number: number} }
	user := func(id ledger.UserID, at ledger.Said, disabled string) ledger.User {
		return ledger.User{ID: id, Kind: ledger.UserPerson, Roles: 1, Disabled: disabled, Said: at}
	}
	list := func(at ledger.Said, users ...ledger.User) ledger.People {
		return ledger.People{Version: at.Life*100 + at.Number, Said: at, Users: users}
	}
	for rule, c := range map[string]struct {
		told []ledger.People
		want map[ledger.UserID]string // who is on the list, and why not let in
	}{
		"a later word takes the place of an earlier one": {
			[]ledger.People{list(said(1, 5), user("ann", said(1, 2), "")), list(said(1, 9), user("ann", said(1, 9), "left"))}, map[ledger.UserID]string{"ann": "left"}},
		"an earlier word that comes late changes nothing": {
			[]ledger.People{list(said(1, 9), user("ann", said(1, 9), "left")), list(said(1, 5), user("ann", said(1, 2), ""))}, map[ledger.UserID]string{"ann": "left"}},
		"a restored head office lets in nobody who left": {
			[]ledger.People{list(said(1, 9), user("ann", said(1, 9), "left")), list(said(2, 6), user("ann", said(1, 2), ""))}, map[ledger.UserID]string{"ann": "left"}},
		"what a person says in its new life holds": {
			[]ledger.People{list(said(1, 9), user("ann", said(1, 9), "left")), list(said(2, 6), user("ann", said(2, 6), ""))}, map[ledger.UserID]string{"ann": ""}},
		"who was taken off the list stays off": {
			[]ledger.People{list(said(1, 5), user("ann", said(1, 2), "")), list(said(1, 9)), list(said(2, 6), user("ann", said(1, 2), ""))}, map[ledger.UserID]string{}},
		"and is on it again by a later word": {
			[]ledger.People{list(said(1, 5), user("ann", said(1, 2), "")), list(said(1, 9)), list(said(1, 10), user("ann", said(1, 10), ""))}, map[ledger.UserID]string{"ann": ""}},
		"an older list takes nobody off": {
			[]ledger.People{list(said(1, 9), user("ann", said(1, 8), "")), list(said(1, 7))}, map[ledger.UserID]string{"ann": ""}},
		"a build that says no moment replaces what was said at none": {
			[]ledger.People{{Version: 4, Users: []ledger.User{user("ann", said(0, 0), "left"), user("bob", said(0, 0), "")}}, {Version: 5, Users: []ledger.User{user("ann", said(0, 0), "")}}},
			map[ledger.UserID]string{"ann": ""}},
		"and nothing that was said at one": {
			[]ledger.People{list(said(1, 9), user("ann", said(1, 9), "left")), {Version: 5, Users: []ledger.User{user("ann", said(0, 0), "")}}}, map[ledger.UserID]string{"ann": "left"}},
	} {
		d := newDesk(t)
		for _, p := range c.told {
			for range 2 { // told again it changes nothing
				if err := d.book.HearPeople(p); err != nil {
					t.Fatalf("%s: %v", rule, err)
				}
			}
		}
		d.reopen()
		got := map[ledger.UserID]string{}
		for _, u := range d.book.People().Users {
			got[u.ID] = u.Disabled
		}
		same := len(got) == len(c.want)
		for id, why := range c.want {
			if has, ok := got[id]; !ok || has != why {
				same = false
			}
		}
		if !same {
			t.Errorf("%s: got %v, want %v", rule, got, c.want)
		}
	}
}

// A site tells a later life of head office what it has heard, those who were taken off the list, too; the life that told it is told nothing,
// and of words of no moment nobody is told.
func TestALaterLifeIsToldWhatASiteHasHeard(t *testing.T) {
	p := heardPeople()
	p.Users[1].Said = ledger.Said{}
	if got := p.Heard(3); got.Version != 0 {
		t.Errorf("got %+v for the life that told it", got)
	}
	got := p.Heard(4)
	ids := []ledger.UserID{}
	for _, u := range got.Users {
		ids = append(ids, u.ID)
	}
	if !slices.Equal(ids, []ledger.UserID{"ann", "till-1"}) || !slices.Equal(got.Gone, p.Gone) || got.Said != p.Said {
		t.Errorf("got %+v", got)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	if got := samplePeople().Heard(4); got.Version != 0 {
		t.Errorf("got %+v of words that nobody says when", got)
	}
}

// A list of those who are gone that no book would have made is refused, and the book keeps what it had.
func TestAListOfGoneUsersThatCannotBeIsRefused(t *testing.T) {
	d := newDesk(t)
	if err := d.book.PutPeople(*heardPeople()); err != nil {
		t.Fatal(err)
	}
	at := ledger.Said{Life: 1, Number: 1}
	for _, c := range []struct {
		want string
		gone []ledger.GoneUser
	}{
		{`user has 'A' in it`, []ledger.GoneUser{{ID: "Ann", Said: at}}},
		{"gone are not in order, each once, with when it was said", []ledger.GoneUser{{ID: "ann"}}},
		{"gone are not in order, each once, with when it was said", []ledger.GoneUser{{ID: "bob", Said: at}, {ID: "ann", Said: at}}},
		{"gone are more than a site remembers", make([]ledger.GoneUser, ledger.UsersAtMax+1)},
	} {
		p := *heardPeople()
		p.Gone = c.gone
		if err := d.book.HearPeople(p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	d.reopen()
	if got := d.book.People(); string(ledger.MarshalPeople(got)) != string(ledger.MarshalPeople(heardPeople())) {
		t.Errorf("got %+v", got)
	}
}
