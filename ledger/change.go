package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ChangesMax is how many changes of reference data a book keeps, the latest; all are counted.
const ChangesMax = 10_000

// changeTextMax bounds each text of a change, in bytes: what is longer is cut.
const changeTextMax = 256

// A Change is one act of somebody's that changed reference data where there is no head office to change it: items, users,
// customers, what holds for the company. It lands in the commit of what it changed, so neither is there without the other.
// It holds no secret and nothing of a person but user ids and what their call named.
type Change struct {
	Number   uint64    // from 1, without gaps; the book gives it
	At       time.Time // whole milliseconds
	By       string    // the user, or owner
	Device   string    // the till or handheld that they signed in at; "" where none was shown
	Approver string    // who approved this one act; "" where nobody had to
	Call     string    // the request: its method and path
	What     string    // what was changed, as far as a line says it
}

// cut gives the change with texts no longer than a book keeps.
func (c Change) cut() Change {
	for _, s := range []*string{&c.By, &c.Device, &c.Approver, &c.Call, &c.What} {
		if len(*s) > changeTextMax {
			*s = strings.ToValidUTF8((*s)[:changeTextMax], "")
		}
	}
	return c
}

// ChangeFrom says in a line what becomes of an item: what it costs, from and to, and whether anything else changes. old is
// nil of a new one.
func (v *Item) ChangeFrom(old *Item) string {
	if old == nil {
		return fmt.Sprintf("new, %q, costs %s", v.Name, v.costs())
	}
	var out []string
	if a, b := old.costs(), v.costs(); a != b {
		out = append(out, "costs "+b+", was "+a)
	}
	if old.Name != v.Name {
		out = append(out, fmt.Sprintf("is %q, was %q", v.Name, old.Name))
	}
	same := *v
	same.Name, same.Price, same.Version = old.Name, old.Price, old.Version
	if !old.Same(&same) {
		out = append(out, "other details")
	}
	return strings.Join(out, "; ")
}

// costs is an item's own price in a few characters.
func (v *Item) costs() string {
	p := v.Price
	if p == (Price{}) {
		return "nothing said"
	}
	out := fmt.Sprintf("%d %s", p.Amount, p.Currency)
	if p.Per > 1 {
		out += fmt.Sprintf(" for %d", p.Per)
	}
	return strings.TrimSpace(out + " " + string(p.Tax))
}

// ChangeFrom says in a line what becomes of a user: roles, from and to, whether they are turned away, and which secret is
// another; never a secret. old is nil of a new one.
func (u *User) ChangeFrom(old *User) string {
	var out []string
	if old == nil {
		old = &User{Kind: u.Kind}
		out = append(out, "new "+u.Kind.String())
	}
	say := func(changed bool, format string, args ...any) {
		if changed {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(u.Roles != old.Roles, "roles %s, were %s", names(u.Roles), names(old.Roles))
	say(!slices.Equal(u.Scope, old.Scope), "scope %s", strings.Join(u.Scope, " "))
	say(!slices.Equal(u.Sites, old.Sites), "known elsewhere")
	say(u.Name != old.Name, "is %q", u.Name)
	say(u.Disabled != old.Disabled && u.Disabled != "", "turned away: %s", u.Disabled)
	say(u.Disabled != old.Disabled && u.Disabled == "", "let in again")
	say(u.PIN != old.PIN, "another PIN")
	say(u.Password != old.Password, "another password")
	say(u.Token != old.Token, "another token")
	say(!u.Expires.Equal(old.Expires), "ends at another time")
	return strings.Join(out, "; ")
}

func names(r Roles) string {
	if r == 0 {
		return "none"
	}
	return strings.Join(r.Names(), " ")
}
