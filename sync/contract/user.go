package contract

import (
	"slices"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

// UserRequest sets a user: a person, a program or a device. What is left out stays as it is, and is nothing at first.
type UserRequest struct {
	Kind      string    `json:"kind,omitempty" jsonschema:"person (the default), program or device; it cannot be changed"`
	Name      *string   `json:"name,omitempty" jsonschema:"for people"`
	Roles     *[]string `json:"roles,omitempty" jsonschema:"cashier, supervisor, picker, stock_controller, office, auditor, administrator; none of a device"`
	Scope     *[]string `json:"scope,omitempty" jsonschema:"of a program: the only permissions of its roles that it has; none: all of them"`
	Sites     *[]string `json:"sites,omitempty" jsonschema:"where it is known, hq for head office; none: everywhere"`
	Disabled  *string   `json:"disabled,omitempty" jsonschema:"why it is turned away, for example that a till was lost; empty: it is not"`
	PIN       string    `json:"pin,omitempty" jsonschema:"4 to 12 digits: signs a person in at a site"`
	Password  string    `json:"password,omitempty" jsonschema:"10 to 128 bytes: signs a person in at head office"`
	ExpiresAt *string   `json:"expires_at,omitempty" jsonschema:"of a program or device: when its token ends; empty: never"`
	NewToken  bool      `json:"new_token,omitempty" jsonschema:"draw a new token; the old one ends"`
	Reason    string    `json:"reason,omitempty"`
	By        string    `json:"by,omitempty" jsonschema:"who signs, where it is the bearer of the owner's token; else whoever is signed in"`
}

// User is a user without its secrets.
type User struct {
	User      ledger.UserID `json:"user"`
	Kind      string        `json:"kind"`
	Name      string        `json:"name"`
	Roles     []string      `json:"roles"`
	Scope     []string      `json:"scope,omitempty"`
	Sites     []string      `json:"sites,omitempty"`
	Disabled  string        `json:"disabled,omitempty"`
	PIN       bool          `json:"pin" jsonschema:"it has a PIN"`
	Password  bool          `json:"password" jsonschema:"it has a password"`
	ExpiresAt string        `json:"expires_at,omitempty"`
	Token     string        `json:"token,omitempty" jsonschema:"a token that was drawn now; it is shown this once"`
	NoToken   bool          `json:"no_token,omitempty" jsonschema:"a program or device that has none: its token has ended for good, and nobody can show another before new_token draws one"`

	// LearntFrom is at head office alone.
	LearntFrom string `json:"learnt_from,omitempty" jsonschema:"the site by whose word the user is as it is: head office was put back to an earlier day, and had forgotten this. Gone once a person sets the user"`
}

// UserList is a page of users.
type UserList struct {
	Users      []User `json:"users"`
	NextCursor string `json:"next_cursor,omitempty"`
}

// SignInRequest signs a person in: at a site by PIN, at head office by password.
type SignInRequest struct {
	User     string `json:"user"`
	PIN      string `json:"pin,omitempty"`
	Password string `json:"password,omitempty"`
}

// SignedIn says who is signed in. Token is sent as Authorization: Bearer with each call.
type SignedIn struct {
	User      ledger.UserID `json:"user"`
	Name      string        `json:"name"`
	Roles     []string      `json:"roles"`
	Device    ledger.UserID `json:"device,omitempty"`
	Token     string        `json:"token"`
	ExpiresAt string        `json:"expires_at"`

	UsersAgeMS int64 `json:"users_age_ms,omitempty" jsonschema:"at a site: how long ago head office last said who may call here; -1: nobody knows; left out: it is as of now"`
}

// PeopleStatus says which users a site knows, and since when it has heard of no change. A user who was disabled at head
// office may still come in here for as long as the line has been down.
type PeopleStatus struct {
	Users    int    `json:"users"`
	Disabled int    `json:"disabled"`
	Version  uint64 `json:"version" jsonschema:"tells one list from another; 0: head office has never told one"`
	AgeMS    int64  `json:"age_ms" jsonschema:"how long ago head office last said that this is the list; -1: nobody knows"`
}

// RenderUser gives a user without its secrets.
func RenderUser(u *ledger.User) User {
	out := User{User: u.ID, Kind: u.Kind.String(), Name: u.Name, Roles: u.Roles.Names(), Scope: u.Scope, Disabled: u.Disabled,
		PIN: u.PIN != "", Password: u.Password != "", NoToken: u.Kind != ledger.UserPerson && u.Token == [32]byte{}}
	for _, s := range u.Sites {
		out.Sites = append(out.Sites, string(s))
	}
	if !u.Expires.IsZero() {
		out.ExpiresAt = Moment(u.Expires)
	}
	return out
}

// Ledger gives old, or a new user, as the request has it; secrets, tokens and the scope are the door's to set.
func (r *UserRequest) Ledger(id ledger.UserID, old *ledger.User) (u ledger.User, err error) {
	kind, err := ledger.ParseUserKind(r.Kind)
	if err != nil {
		return u, err
	}
	if u = (ledger.User{ID: id, Kind: kind}); old != nil {
		u = *old
		if r.Kind != "" && kind != old.Kind {
			return u, &ledger.FormError{Field: "kind", Why: "is " + old.Kind.String() + ", and cannot be changed: add another user"}
		}
	}
	for _, t := range []struct {
		from *string
		to   *string
		name string
	}{{r.Name, &u.Name, "name"}, {r.Disabled, &u.Disabled, "disabled"}} {
		if t.from != nil {
			if err := CheckText(t.name, *t.from, ledger.UserTextMax); err != nil {
				return u, err
			}
			*t.to = *t.from
		}
	}
	if r.Roles != nil {
		if u.Roles, err = ledger.ParseRoles(*r.Roles); err != nil {
			return u, err
		}
	}
	if r.Sites != nil {
		u.Sites = nil
		for _, s := range *r.Sites {
			u.Sites = append(u.Sites, ledger.SiteID(s))
		}
		slices.Sort(u.Sites)
		u.Sites = slices.Compact(u.Sites)
	}
	if r.ExpiresAt != nil {
		u.Expires = time.Time{}
		if *r.ExpiresAt != "" {
			at, err := time.Parse(time.RFC3339, *r.ExpiresAt)
			if err != nil {
				return u, &ledger.FormError{Field: "expires_at", Why: "is no moment such as 2027-01-31T18:00:00Z"}
			}
			u.Expires = at.UTC().Truncate(time.Millisecond)
		}
	}
	return u, nil
}

// Me says as whom a call was let in, and what it may do.
type Me struct {
	User        string   `json:"user" jsonschema:"owner: the bearer of the owner's token"`
	Device      string   `json:"device,omitempty"`
	Permissions []string `json:"permissions"`
}
