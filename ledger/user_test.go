package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func samplePeople() *ledger.People {
	return &ledger.People{Version: 7, Users: []ledger.User{
		{ID: "ann", Kind: ledger.UserPerson, Name: "Ann Lee", Roles: ledger.RolesOf(ledger.Cashier, ledger.Picker), PIN: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"},
		{ID: "shop", Kind: ledger.UserProgram, Name: "web shop", Roles: ledger.RolesOf(ledger.OfficeClerk), Scope: []string{"sell"},
			Token: [32]byte{1, 2, 31: 3}, Expires: time.UnixMilli(1_890_000_000_000).UTC()},
		{ID: "till-1", Kind: ledger.UserDevice, Name: "Till by the door", Sites: []ledger.SiteID{"leeds"}, Token: [32]byte{9}, Disabled: "left in a taxi"},
	}}
}

// Every refusal of a user says which part of it is wrong.
func TestAUserThatCannotBeIsRefused(t *testing.T) {
	good := ledger.User{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*ledger.User){
		"user is empty":      func(u *ledger.User) { u.ID = "" },
		`user has '.' in it`: func(u *ledger.User) { u.ID = "ann.lee" },
		`user is "owner", which has a meaning of its own: take another`: func(u *ledger.User) { u.ID = "owner" },
		"kind is missing":               func(u *ledger.User) { u.Kind = 0 },
		"name is longer than 128 bytes": func(u *ledger.User) { u.Name = strings.Repeat("x", 129) },
		"roles are not a device's: people who sign in at it have them": func(u *ledger.User) { u.Kind = ledger.UserDevice },
		"pin and password are a person's: a program has a token":       func(u *ledger.User) { u.Kind, u.PIN = ledger.UserProgram, "x" },
		"scope goes with a program: a person has roles, and signs in":  func(u *ledger.User) { u.Scope = []string{"sell"} },
		"sites are not in order, each once":                            func(u *ledger.User) { u.Sites = []ledger.SiteID{"york", "leeds"} },
		`site has 'L' in it`:                                           func(u *ledger.User) { u.Sites = []ledger.SiteID{"Leeds"} },
	} {
		u := good
		if change(&u); u.Check() == nil || u.Check().Error() != want {
			t.Errorf("got %v, want %s", u.Check(), want)
		}
	}
	if err := (&ledger.People{Users: []ledger.User{good, good}}).Check(); err == nil {
		t.Error("got two users of one id")
	}
	if _, err := ledger.ParseRoles([]string{"king"}); err == nil || !strings.Contains(err.Error(), "supervisor") {
		t.Errorf("got %v, want the roles that there are", err)
	}
}

// Who is taken off the list is gone with it, and the list outlives a restart.
func TestTheListOfUsersIsHeldAsAWhole(t *testing.T) {
	d := newDesk(t)
	if got := d.book.People(); got.Version != 0 {
		t.Errorf("got %+v of a book that has heard nothing", got)
	}
	if err := d.book.PutPeople(*samplePeople()); err != nil {
		t.Fatal(err)
	}
	if err := d.book.PutPeople(ledger.People{Version: 8, Users: []ledger.User{{ID: "Ann"}}}); err == nil {
		t.Error("got a user with a capital letter taken")
	}
	d.reopen()
	if got, ok := d.book.People().User("till-1"); !ok || got.Disabled == "" || string(ledger.MarshalPeople(d.book.People())) != string(ledger.MarshalPeople(samplePeople())) {
		t.Errorf("got %+v", got)
	}
	if err := d.book.PutPeople(ledger.People{Version: 8, Users: samplePeople().Users[:1]}); err != nil {
		t.Fatal(err)
	}
	if _, ok := d.book.People().User("till-1"); ok {
		t.Error("got a till that was taken off the list")
	}
}

// Any change of a user, a new PIN as much as a role, makes another seal, so that sign-ins of before end.
func TestAUsersSealIsOfAllThatIsSaidOfIt(t *testing.T) {
	u := samplePeople().Users[0]
	was := u.Seal()
	for name, change := range map[string]func(*ledger.User){
		"disabled": func(u *ledger.User) { u.Disabled = "left" }, "another PIN": func(u *ledger.User) { u.PIN += "x" },
		"fewer roles": func(u *ledger.User) { u.Roles = 0 },
	} {
		v := u
		if change(&v); v.Seal() == was {
			t.Errorf("%s: got the same seal", name)
		}
	}
	v := u.Stripped() // as a till knows it: of who is known elsewhere, and of a password, it knows only when that was said
	was = v.Seal()
	v.Said, v.PasswordAt = ledger.Said{Life: 7, Number: 8}, ledger.Said{Life: 7, Number: 8}
	if v.Seal() != was {
		t.Error("when it was said ends a sign-in")
	}
}
