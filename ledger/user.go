package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A UserID names who may call: 1 to 32 bytes of a-z, 0-9, _ and -. ParseUser is the only way in from outside; the zero
// UserID means none. Entries name it as their actor, device or approver.
type UserID string

const userNameMax = 32

// ParseUser takes a user's id from outside. Words that mean somebody else already are nobody's.
func ParseUser(s string) (UserID, error) {
	if err := checkName("user", s, userNameMax, "_-", false); err != nil {
		return "", err
	}
	if s == "owner" || s == "somebody" || s == string(HQ) {
		return "", &FormError{Field: "user", Why: fmt.Sprintf("is %q, which has a meaning of its own: take another", s)}
	}
	return UserID(s), nil
}

// UserKind says what a user is. Kinds are on disk: only ever appended to.
type UserKind uint8

// The kinds of user.
const (
	UserPerson  UserKind = 1 // signs in by password or PIN
	UserProgram UserKind = 2 // shows a token with each call
	UserDevice  UserKind = 3 // a till or handheld that people sign in at; shows a token, and may do nothing by itself
)

var userKinds = []string{"", "person", "program", "device"}

func (k UserKind) String() string {
	if int(k) < len(userKinds) {
		return userKinds[k]
	}
	return fmt.Sprintf("kind_%d", uint8(k))
}

// ParseUserKind takes a kind of user from outside; "" is a person.
func ParseUserKind(s string) (UserKind, error) {
	if i := slices.Index(userKinds, s); i > 0 {
		return UserKind(i), nil
	}
	if s == "" {
		return UserPerson, nil
	}
	return 0, &FormError{Field: "kind", Why: "is not person, program or device"}
}

// Role is a part that somebody plays in the company. Roles are on disk: only ever appended to. What each may do is the
// door's to say (sync/door).
type Role uint8

// The roles.
const (
	Cashier       Role = 0
	Supervisor    Role = 1
	Picker        Role = 2
	StockControl  Role = 3
	OfficeClerk   Role = 4
	AuditorRole   Role = 5
	Administrator Role = 6
)

var roleNames = []string{"cashier", "supervisor", "picker", "stock_controller", "office", "auditor", "administrator"}

func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role_%d", uint8(r))
}

// Roles are a set of roles: bit 1<<r for each role r.
type Roles uint32

// RolesOf is the set of some roles.
func RolesOf(list ...Role) (s Roles) {
	for _, r := range list {
		s |= 1 << r
	}
	return s
}

// AllRoles are all that this build knows.
const AllRoles Roles = 1<<(Administrator+1) - 1

// Names lists the roles of the set by name, in the order of their numbers.
func (s Roles) Names() []string {
	out := []string{}
	for r := range Role(32) {
		if s&(1<<r) != 0 {
			out = append(out, r.String())
		}
	}
	return out
}

// ParseRoles takes roles from outside, by name.
func ParseRoles(names []string) (s Roles, err error) {
	for _, name := range names {
		i := slices.Index(roleNames, name)
		if i < 0 {
			return 0, &FormError{Field: "roles", Why: fmt.Sprintf("has %q; there are %s", name, strings.Join(roleNames, ", "))}
		}
		s |= 1 << i
	}
	return s, nil
}

// A User is who may call: a person, a program or a device. It is reference data, no part of the journal. Secrets are
// here as what they are compared with, and never in the clear.
type User struct {
	ID       UserID
	Kind     UserKind
	Name     string   // for people: "Ann Lee", "Till 3 by the door"
	Roles    Roles    // none of a device
	Scope    []string // of a program: the only permissions that it has of its roles', by name; none: all of them
	Sites    []SiteID // where it is known, ascending; none: everywhere. HQ is one of them
	Disabled string   // why it is turned away; "" where it is not

	Password string    // Argon2id as text with its parameters, sync/door; "" where there is none
	PIN      string    // likewise. A PIN opens sites only, a password head office only (or a site that stands alone)
	Token    [32]byte  // SHA-256 of the token; zero where there is none
	Expires  time.Time // when the token ends, whole milliseconds; zero: never

	Said       Said // when head office set the user last; zero: nobody says, as of a site that stands alone
	PasswordAt Said // when it set or ended the password last: a site is told that it changed, and never what it is
}

// Bounds of users. A book refuses one beyond them.
const (
	UserTextMax   = 128
	UserScopeMax  = 64
	UserSitesMax  = 1_000
	UsersMax      = 20_000 // of a company
	UsersAtMax    = 2_000  // of those that one site knows
	secretTextMax = 256
)

// At says whether the user is known at a site, or at head office.
func (u *User) At(site SiteID) bool { return len(u.Sites) == 0 || slices.Contains(u.Sites, site) }

// Stripped is the user as a site is told of it: a thief of a node must not get what opens head office.
func (u *User) Stripped() User {
	v := *u
	v.Password, v.Sites = "", nil
	return v
}

// Seal tells one state of a user from another: whoever signed in under another one is signed out. When a state was said is no part of it, nor when
// a password was set that a site does not know: who is known at one site more need not sign in again at every till.
func (u *User) Seal() uint64 {
	v := *u
	v.Said, v.PasswordAt = Said{}, Said{}
	sum := sha256.Sum256(MarshalUser(&v))
	return binary.BigEndian.Uint64(sum[:])
}

// Same says whether two users say the same.
func (u *User) Same(o *User) bool { return string(MarshalUser(u)) == string(MarshalUser(o)) }

// Check refuses a user that no book would store.
func (u *User) Check() error {
	form := func(field, why string, args ...any) error {
		return &FormError{Field: field, Why: fmt.Sprintf(why, args...)}
	}
	if _, err := ParseUser(string(u.ID)); err != nil {
		return err
	}
	switch {
	case u.Kind == 0:
		return form("kind", "is missing")
	case len(u.Name) > UserTextMax:
		return form("name", "is longer than %d bytes", UserTextMax)
	case len(u.Disabled) > UserTextMax:
		return form("disabled", "is longer than %d bytes", UserTextMax)
	case len(u.Scope) > UserScopeMax:
		return form("scope", "has more than %d permissions", UserScopeMax)
	case len(u.Sites) > UserSitesMax:
		return form("sites", "are more than %d: leave them out for everywhere", UserSitesMax)
	case u.Kind == UserDevice && (u.Roles != 0 || len(u.Scope) > 0):
		return form("roles", "are not a device's: people who sign in at it have them")
	case u.Kind != UserPerson && (u.Password != "" || u.PIN != ""):
		return form("pin", "and password are a person's: a %s has a token", u.Kind)
	case u.Kind == UserPerson && (u.Token != [32]byte{} || len(u.Scope) > 0):
		return form("scope", "goes with a program: a person has roles, and signs in")
	case len(u.Password) > secretTextMax || len(u.PIN) > secretTextMax:
		return form("password", "is kept as more than %d bytes", secretTextMax)
	}
	for _, s := range u.Scope {
		if err := checkName("scope", s, userNameMax, "_", false); err != nil {
			return err
		}
	}
	for i, s := range u.Sites {
		if _, err := ParseSite(string(s)); err != nil && s != HQ {
			return err
		}
		if i > 0 && u.Sites[i-1] >= s {
			return form("sites", "are not in order, each once")
		}
	}
	return nil
}

// People are the users that one book knows, as head office has said them last: a list as a whole, so that who is taken
// off it is gone. It must not be changed.
type People struct {
	Version uint64     // tells one list from another, and has no order; 0: nothing was ever heard
	Users   []User     // by id
	Said    Said       // when head office said so; zero: nobody says
	Gone    []GoneUser // who was taken off it, by id (user_heard.go)

	byID map[UserID]*User
}

// Check refuses a list that no book would store.
func (p *People) Check() error {
	if len(p.Users) > UsersAtMax {
		return &FormError{Field: "users", Why: fmt.Sprintf("are more than %d", UsersAtMax)}
	}
	for i := range p.Users {
		if err := p.Users[i].Check(); err != nil {
			return fmt.Errorf("user %q: %w", p.Users[i].ID, err)
		}
		if i > 0 && p.Users[i-1].ID >= p.Users[i].ID {
			return &FormError{Field: "users", Why: "are not in order, each once"}
		}
	}
	return checkGone(p.Gone)
}

// Found gives the list with its users to be found by id.
func (p People) Found() *People {
	p.byID = make(map[UserID]*User, len(p.Users))
	for i := range p.Users {
		p.byID[p.Users[i].ID] = &p.Users[i]
	}
	return &p
}

// User finds a user. It must not be changed.
func (p *People) User(id UserID) (*User, bool) {
	u, ok := p.byID[id]
	return u, ok
}

// With gives the list with a user put in, or in the place of the one of its id.
func (p *People) With(u User) People {
	at, ok := slices.BinarySearchFunc(p.Users, u.ID, func(v User, id UserID) int { return strings.Compare(string(v.ID), string(id)) })
	users := slices.Clone(p.Users)
	if ok {
		users[at] = u
	} else {
		users = slices.Insert(users, at, u)
	}
	return People{Version: p.Version + 1, Users: users, Said: p.Said, Gone: p.Gone}
}
