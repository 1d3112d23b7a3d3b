package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// A head office that was put back to an earlier day has forgotten whom it turned away since; sites have not (ledger/user_heard.go). Each tells a
// later life once what it has heard, and head office learns what takes something away: a site speaks for itself, so nothing that it says lets
// anybody in anywhere else. Nobody is let in again by what was forgotten, but by a person, in this life.

// LearnUsers tells what a site has heard of people from earlier lives of head office.
type LearnUsers struct {
	Site   ledger.SiteID
	People ledger.People // as ledger.People.Heard gives it
	At     time.Time
}

func (*LearnUsers) kind() kind { return kindLearnUsers }

// whatLearnt is the exception that says what was learnt of people, of the site that told.
const whatLearnt = "users_learnt"

// heardBefore is the reason that stands beside what was learnt, signed by the site.
const heardBefore = "heard there before head office was put back"

// anew are the parts of a user that a person has set in this life: what earlier lives said of them is over. They are on disk: only ever appended to.
type anew uint64

const (
	anewDisabled anew = 1 << iota
	anewPIN
	anewToken
	anewRoles
	anewExpires
	anewPassword
	anewSites
	anewAlien // nobody has set it here: it is known by the word of a site alone, its secrets among it
)

// anewAll is all of a user that a person sets.
const anewAll = anewDisabled | anewPIN | anewToken | anewRoles | anewExpires | anewPassword | anewSites

// SaysWhen says whether users bear when they were set: once every server keeps it. What sites remember is nothing to a life that does not.
func (m *Machine) SaysWhen() bool { return m.agreed(kindLearnUsers) }

// say gives a user that is set now its moment: the change that was counted last. old is nil of a new one.
func (m *Machine) say(v, old *User) {
	if !m.SaysWhen() {
		return
	}
	now := ledger.Said{Life: m.counters.H.Counter, Number: m.counters.Settings.Version}
	v.Said, v.PasswordAt = now, ledger.Said{}
	if old == nil {
		if v.Password != "" {
			v.PasswordAt = now
		}
		if now.Life > 1 { // whatever earlier lives said of that id
			v.Anew = anewAll
		}
		return
	}
	v.Base, v.Anew = m.before(old), old.Anew
	if old.Said.Life < now.Life {
		v.Anew = 0
	}
	v.Anew |= differing(&old.User, &v.User)
	v.PasswordAt = old.PasswordAt
	if old.Password != v.Password {
		v.PasswordAt = now
	}
}

// differing says what of a user is another.
func differing(a, b *ledger.User) (out anew) {
	note := func(bit anew, is bool) {
		if is {
			out |= bit
		}
	}
	note(anewDisabled, a.Disabled != b.Disabled)
	note(anewPIN, a.PIN != b.PIN)
	note(anewToken, a.Token != b.Token)
	note(anewPassword, a.Password != b.Password)
	note(anewRoles, a.Roles != b.Roles || !slices.Equal(a.Scope, b.Scope))
	note(anewExpires, !a.Expires.Equal(b.Expires))
	note(anewSites, !slices.Equal(a.Sites, b.Sites))
	return out
}

// before is the word of an earlier life that this life was restored with, of a user. What a site tells is held against that, and never against what
// another site has told: so no site unsays what another one has yet to tell.
func (m *Machine) before(u *User) ledger.Said {
	if u.Said.Life == m.counters.H.Counter || u.Heard == m.counters.H.Counter {
		return u.Base
	}
	return u.Said
}

// OwesPeople says whether a site has still to tell this life what it has heard of people.
func (m *Machine) OwesPeople(site ledger.SiteID) bool {
	s, ok := m.sites.Get(site)
	return ok && m.SaysWhen() && s.PeopleTold != m.counters.H.Counter
}

// Bounds of what one site tells in one life: the history keeps some changes only, and must not be filled by one site.
const (
	LearntNewMax     = 200 // users whom head office did not know
	LearntChangesMax = 200 // changes that are kept one by one, and one more for all of the others
)

// listening is what has come so far of what a site tells.
type listening struct {
	*LearnUsers
	known   int // users at the site
	unknown int // of those that were not known here, how many are now
	changed int
}

// knownAt is how many users are known at a site.
func (m *Machine) knownAt(site ledger.SiteID) (n int) {
	for _, u := range m.users.Sorted() {
		if u.At(site) {
			n++
		}
	}
	return n
}

// learnUsers takes what a site tells, once in each life.
func (m *Machine) learnUsers(c *LearnUsers) Result {
	if !m.SaysWhen() {
		return Result{}
	}
	err := m.atomically(func() error {
		site, ok := m.sites.get(c.Site)
		if !ok {
			return &SiteUnknownError{Site: c.Site}
		}
		if site.PeopleTold == m.counters.H.Counter {
			return nil
		}
		m.editSite(c.Site).PeopleTold = m.counters.H.Counter
		var words []string
		l := &listening{LearnUsers: c, known: m.knownAt(c.Site)}
		for i := range c.People.Users {
			if said := m.learnUser(l, &c.People.Users[i]); said != "" {
				words = append(words, string(c.People.Users[i].ID)+": "+said)
			}
		}
		for _, g := range c.People.Gone {
			if said := m.learnGone(l, g); said != "" {
				words = append(words, string(g.ID)+": "+said)
			}
		}
		if len(words) > 0 {
			m.raise(Exception{What: whatLearnt, Site: c.Site, Why: cut("said before head office was put back, and forgotten: say anew whom you let in. "+strings.Join(words, "; "), len(words))}, c.At)
		}
		return nil
	})
	if err == nil {
		m.wake = append(m.wake, m.derived.sites...)
	}
	return Result{Err: err}
}

// learnUser takes a later word of a life that is lost about one user, and says what came of it; "" where nothing did.
func (m *Machine) learnUser(c *listening, u *ledger.User) string {
	old, had := m.users.get(u.ID)
	switch {
	case !u.Said.Known() || u.Said.Life >= m.counters.H.Counter || u.Check() != nil: // what no book would store is nobody's word
		return ""
	case !had:
		return m.learnNew(c, u)
	case !old.At(c.Site) && old.Said == u.Said:
		return m.learnPlace(c, old, u)
	case !old.At(c.Site) || old.Kind != u.Kind || !u.Said.After(m.before(old)):
		return "" // of whom is known elsewhere alone it does not speak
	}
	v := *old
	words := takeAway(&v, u)
	if len(words) == 0 { // what takes nothing changes nothing, whenever it says that it was said
		return ""
	}
	m.learnt(c, old, &v)
	v.Base, v.Heard = m.before(old), m.counters.H.Counter
	if v.Said = u.Said; !u.Said.After(old.Said) { // it must be news to whoever has heard the later word
		v.Said = ledger.Said{Life: m.counters.H.Counter, Number: m.counters.Settings.Version}
	}
	m.users.put(u.ID, &v)
	return strings.Join(words, ", ")
}

// learnt signs what was learnt, and keeps it in the history.
func (m *Machine) learnt(c *listening, old, v *User) {
	v.Set = Signed{By: string(c.Site), Reason: heardBefore, At: c.At}
	was := ""
	if old != nil {
		was = textOfUser(&old.User)
	}
	if old == nil || old.PIN != v.PIN {
		v.PINSet = c.At
	}
	if c.changed++; c.changed > LearntChangesMax {
		if c.changed == LearntChangesMax+1 {
			m.changed(Change{What: whatLearnt, To: fmt.Sprintf("more than %d: the exception names them", LearntChangesMax), Set: v.Set})
		}
		return
	}
	m.changed(Change{What: changeUser + string(v.ID), From: was, To: textOfUser(&v.User), Set: v.Set})
}

// takeAway takes from v what u, a later word, has not, but what was set anew; it says what it took.
func takeAway(v *User, u *ledger.User) (words []string) {
	took := func(bit anew, is bool, what string, do func()) {
		if is && v.Anew&bit == 0 {
			do()
			words = append(words, what)
		}
	}
	took(anewDisabled, u.Disabled != "" && v.Disabled == "", "turned away again", func() { v.Disabled = u.Disabled })
	took(anewToken, u.Token != v.Token && v.Token != [32]byte{}, "its token has ended", func() { v.Token = [32]byte{} })
	took(anewPIN, u.PIN != v.PIN && v.PIN != "", "the PIN is no longer good", func() { v.PIN = "" })
	took(anewPassword, u.PasswordAt != v.PasswordAt && v.Password != "", "the password is no longer good", func() { v.Password = "" })
	took(anewRoles, v.Roles&^u.Roles != 0, "fewer roles", func() { v.Roles &= u.Roles })
	took(anewRoles, wider(v.Scope, u.Scope), "a smaller scope", func() {
		scope := slices.Clone(u.Scope)
		if len(v.Scope) > 0 {
			scope = slices.DeleteFunc(scope, func(p string) bool { return !slices.Contains(v.Scope, p) })
		}
		if v.Scope = scope; len(scope) == 0 {
			v.Roles = 0 // no scope at all would be all of them
		}
	})
	took(anewExpires, !u.Expires.IsZero() && (v.Expires.IsZero() || u.Expires.Before(v.Expires)), "an earlier end", func() { v.Expires = u.Expires })
	return words
}

// wider says whether one scope has what another has not; none has all.
func wider(a, b []string) bool {
	return len(b) > 0 && (len(a) == 0 || slices.ContainsFunc(a, func(p string) bool { return !slices.Contains(b, p) }))
}

// learnNew makes a user known whom head office set after the state that it was put back to: where the site is that tells of it, and nowhere else.
func (m *Machine) learnNew(c *listening, u *ledger.User) string {
	v := &User{User: u.Stripped(), Heard: m.counters.H.Counter, Anew: anewAlien}
	v.Sites = []ledger.SiteID{c.Site}
	if c.known >= ledger.UsersAtMax || m.users.Len() >= ledger.UsersMax || c.unknown >= LearntNewMax {
		return "not known here, and there is no room"
	}
	c.known++
	c.unknown++
	m.learnt(c, nil, v)
	m.users.put(v.ID, v)
	return fmt.Sprintf("not known here, now as %s has it, and at %s alone", c.Site, c.Site)
}

// learnPlace makes a user known at one more site that has heard the very same of it.
func (m *Machine) learnPlace(c *listening, old *User, u *ledger.User) string {
	here, there := old.Stripped(), u.Stripped()
	if !here.Same(&there) {
		return ""
	}
	v := *old
	v.Sites = append(slices.Clone(old.Sites), c.Site)
	slices.Sort(v.Sites)
	if c.known >= ledger.UsersAtMax || len(v.Sites) > ledger.UserSitesMax {
		return ""
	}
	c.known++
	m.learnt(c, old, &v)
	v.PINSet = old.PINSet
	m.users.put(v.ID, &v)
	return fmt.Sprintf("known at %s, too", c.Site)
}

// learnGone takes a user off a site that was told in a life that is lost that it is not known there any more. Its word is the site's alone, so it
// counts as no later word about the user.
func (m *Machine) learnGone(c *listening, g ledger.GoneUser) string {
	old, had := m.users.get(g.ID)
	if !had || !old.At(c.Site) || g.Said.Life >= m.counters.H.Counter || !g.Said.After(m.before(old)) || old.Anew&anewSites != 0 {
		return ""
	}
	v := *old
	at := old.Sites
	if len(at) == 0 {
		at = append(slices.Clone(m.derived.sites), ledger.HQ)
	}
	v.Sites = slices.DeleteFunc(slices.Clone(at), func(s ledger.SiteID) bool { return s == c.Site })
	slices.Sort(v.Sites)
	if len(v.Sites) == 0 || len(v.Sites) > ledger.UserSitesMax {
		v.Sites, v.Disabled = old.Sites, cutText(fmt.Sprintf("was taken off %s before head office was put back", c.Site))
	}
	m.learnt(c, old, &v)
	v.PINSet = old.PINSet
	m.users.put(g.ID, &v)
	return fmt.Sprintf("not known at %s any more", c.Site)
}

func (c *coder) said(v *ledger.Said) {
	count(c, &v.Life)
	count(c, &v.Number)
}

func (c *coder) learnUsersCommand(v *LearnUsers) {
	c.fields(3, func() {
		text(c, &v.Site)
		foreign(c, &v.People, ledger.MarshalPeople, ledger.UnmarshalPeople)
		c.moment(&v.At)
	})
}
