package machine

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/sync/wire"
)

// PutUser sets a user, as a whole. Secrets come as what is kept of them: working them out is the proposer's.
type PutUser struct {
	User   ledger.User
	By     string
	Reason string
	At     time.Time
	Seen   uint64 // the seal of the user that it was made from: of another state it is refused; 0 of a new one
}

// ErrUserChanged says that a user was changed since the one was read that a PutUser was made from.
var ErrUserChanged = errors.New("user was changed since")

// UserCommands is what Build.Commands has to be of every server before a PutUser is given.
const UserCommands = int(kindUser)

func (*PutUser) kind() kind { return kindUser }

// A User is a user with who set it last.
type User struct {
	ledger.User
	Set    Signed
	PINSet time.Time // when the PIN became what it is, be it none

	Base  ledger.Said // the word that this life was restored with, where Said is another one by now
	Heard uint64      // the life in which a site has told a word of an earlier one that was learnt; 0: none has
	Anew  anew        // what a person has set of it in this life, whatever an earlier one had said (learn_users.go)
}

// LearntFrom is the site by whose word the user is as it is: it had heard so before head office was put back, which had forgotten it; "" of a
// user whom a person has set since.
func (u *User) LearntFrom() string {
	if u.Set.Reason != heardBefore {
		return ""
	}
	return u.Set.By
}

// changeUser is what a change of the history is of: and the user's id.
const changeUser = "user."

func (m *Machine) putUser(c *PutUser) Result {
	err := m.atomically(func() error {
		if c.By == "" {
			return &ledger.FormError{Field: "by", Why: "is empty: somebody has to sign"}
		}
		if err := c.User.Check(); err != nil {
			return err
		}
		old, had := m.users.get(c.User.ID)
		if !had && m.users.Len() >= ledger.UsersMax {
			return &ledger.FormError{Field: "user", Why: fmt.Sprintf("would be one more than the %d that a company has: let somebody have a name that is there and that nobody uses any more", ledger.UsersMax)}
		}
		if c.Seen != 0 && (!had || old.Seal() != c.Seen) {
			return ErrUserChanged
		}
		if site, full := m.crowds(&c.User); full {
			return &ledger.FormError{Field: "sites", Why: fmt.Sprintf("has %s, which knows %d users already: say where each of them is known", site, ledger.UsersAtMax)}
		}
		signed, was := m.signed(c.By, c.Reason, c.At), ""
		if had {
			was = textOfUser(&old.User)
		}
		m.changed(Change{What: changeUser + string(c.User.ID), From: was, To: textOfUser(&c.User), Set: signed})
		v := &User{User: c.User, Set: signed, PINSet: c.At}
		if had && old.Anew&anewAlien != 0 { // a person stands for the user from here on, and not for what a site has it open with
			if v.PIN == old.PIN {
				v.PIN = ""
			}
			if v.Token == old.Token {
				v.Token = [32]byte{}
			}
		}
		if had && old.PIN == v.PIN {
			v.PINSet = old.PINSet
		}
		m.say(v, old)
		m.users.put(c.User.ID, v)
		return nil
	})
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...) // who is turned away is to be so everywhere soon
	}
	return Result{Err: err, Version: m.counters.Settings.Version}
}

// forgetPINs takes away the PINs of those whom the node of a site knew, in the command that gives it up: so what is set of
// them in the same moment brings none back.
func (m *Machine) forgetPINs(c *DeclareLost) {
	for id, u := range m.users.Sorted() {
		if u.PIN == "" || !u.At(c.Site) {
			continue
		}
		v := &User{User: u.User, Set: m.signed(c.By, cutText("the node of "+string(c.Site)+" is lost: "+c.Reason), c.At), PINSet: c.At}
		v.PIN = ""
		m.changed(Change{What: changeUser + string(id), From: textOfUser(&u.User), To: textOfUser(&v.User), Set: v.Set})
		m.say(v, u)
		m.users.put(id, v)
	}
	m.wake = append(m.wake, m.derived.sites...)
}

// crowds names a site that would know more users than a site can.
func (m *Machine) crowds(u *ledger.User) (ledger.SiteID, bool) {
	if m.users.Len() < ledger.UsersAtMax || !slices.ContainsFunc(m.derived.sites, u.At) { // the latter: it is known at head office alone
		return "", false
	}
	at := map[ledger.SiteID]int{}
	everywhere := 0
	for _, v := range m.users.Sorted() {
		if v.ID == u.ID {
			continue
		}
		if len(v.Sites) == 0 {
			everywhere++
		}
		for _, s := range v.Sites {
			at[s]++
		}
	}
	for _, s := range m.derived.sites {
		if u.At(s) && everywhere+at[s] >= ledger.UsersAtMax {
			return s, true
		}
	}
	return "", false
}

// textOfUser says a user in a line, for the history: without secrets.
func textOfUser(u *ledger.User) string {
	words := append([]string{u.Kind.String()}, u.Roles.Names()...)
	for _, s := range u.Scope {
		words = append(words, "only "+s)
	}
	if n := len(u.Sites); n > 0 {
		words = append(words, fmt.Sprintf("at %d sites", n))
	}
	if u.Disabled != "" {
		words = append(words, "turned away")
	}
	return cutText(strings.Join(words, " "))
}

// User gives one user. It must not be changed.
func (m *Machine) User(id ledger.UserID) (*User, bool) { return m.users.Get(id) }

// Users lists users behind after, by id, at most limit. They must not be changed.
func (m *Machine) Users(after ledger.UserID, limit int) (out []*User) {
	list := m.derived.users
	i, found := slices.BinarySearchFunc(list, after, cmp.Compare[ledger.UserID])
	if found {
		i++
	}
	for ; i < len(list) && len(out) < limit; i++ {
		if u, ok := m.users.Get(list[i]); ok {
			out = append(out, u)
		}
	}
	return out
}

// UsersVersion tells one state of the users from another; 0 where there are none.
func (m *Machine) UsersVersion() uint64 {
	if len(m.derived.users) == 0 {
		return 0
	}
	return max(m.derived.usersVersion, wire.PeopleNone+1)
}

// UsersFor are those that a site is told of: as it is to keep them.
func (m *Machine) UsersFor(site ledger.SiteID) ledger.People {
	out := ledger.People{Version: m.UsersVersion()}
	if m.SaysWhen() {
		out.Said = ledger.Said{Life: m.counters.H.Counter, Number: m.counters.Settings.Version}
	}
	for _, id := range m.derived.users {
		if u, ok := m.users.Get(id); ok && u.At(site) && len(out.Users) < ledger.UsersAtMax {
			out.Users = append(out.Users, u.Stripped())
		}
	}
	return out
}

// landUser keeps the list, and the version: a sum over what is said of each user, in which order does not matter.
func (d *derived) landUser(id ledger.UserID, old *User, had bool, u *User, has bool) {
	if had {
		d.usersVersion -= sumOfUser(old)
	}
	if has {
		d.usersVersion += sumOfUser(u)
	}
	if has && !had {
		d.users = insert(d.users, id)
	}
}

func sumOfUser(u *User) uint64 {
	sum := sha256.Sum256(ledger.MarshalUser(&u.User))
	return binary.BigEndian.Uint64(sum[:])
}

func (c *coder) user(v *User) {
	var more []growth
	if c.reading() || v.Base.Known() || v.Anew != 0 || v.Heard != 0 { // of a user of one life, the bytes of before
		more = []growth{{3, func() { c.said(&v.Base); count(c, &v.Anew) }}}
	}
	if c.reading() || v.Heard != 0 {
		more = append(more, growth{1, func() { count(c, &v.Heard) }})
	}
	c.grownRecord(3, func() {
		foreign(c, &v.User, ledger.MarshalUser, ledger.UnmarshalUser)
		c.signed(&v.Set)
		c.moment(&v.PINSet)
	}, more...)
}

func (c *coder) putUser(v *PutUser) {
	c.fields(5, func() {
		foreign(c, &v.User, ledger.MarshalUser, ledger.UnmarshalUser)
		text(c, &v.By)
		text(c, &v.Reason)
		c.moment(&v.At)
		count(c, &v.Seen)
	})
}
