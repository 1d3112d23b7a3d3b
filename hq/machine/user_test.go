package machine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// A site is told of those that are known there, without what opens head office, and of nobody who was taken off.
func TestASiteIsToldOfItsPeopleWithoutTheirPasswords(t *testing.T) {
	b := newBench(t)
	b.site("hull", false)
	b.site("leeds", true)
	put := func(u ledger.User) error {
		return b.apply(&machine.PutUser{User: u, By: "beth", Reason: "new here", At: at}).Err
	}
	ann := ledger.User{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier), Sites: []ledger.SiteID{"leeds"}, PIN: "$pin", Password: "$password"}
	if b.m.UsersVersion() != 0 {
		t.Error("got a version of no users")
	}
	for _, u := range []ledger.User{ann, {ID: "olga", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.OfficeClerk), Password: "$password"}} {
		if err := put(u); err != nil {
			t.Fatal(err)
		}
	}
	leeds, hull := b.m.UsersFor("leeds"), b.m.UsersFor("hull")
	if len(leeds.Users) != 2 || len(hull.Users) != 1 || hull.Users[0].ID != "olga" || leeds.Users[0].PIN != "$pin" || leeds.Users[0].Password != "" || hull.Users[0].Password != "" {
		t.Errorf("got %+v at leeds and %+v at hull", leeds.Users, hull.Users)
	}
	was := b.m.UsersVersion()
	if ann.Sites = []ledger.SiteID{"hull"}; put(ann) != nil || len(b.m.UsersFor("leeds").Users) != 1 || b.m.UsersVersion() == was {
		t.Errorf("got %+v at leeds once ann works at hull, version %d after %d", b.m.UsersFor("leeds").Users, b.m.UsersVersion(), was)
	}
	if ann.Sites = []ledger.SiteID{"leeds"}; put(ann) != nil || b.m.UsersVersion() != was {
		t.Errorf("got version %d of the same users, want %d", b.m.UsersVersion(), was)
	}
	for want, u := range map[string]ledger.User{"kind is missing": {ID: "x"}, "user is empty": {Kind: ledger.UserPerson}} {
		if err := put(u); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Who gives a site up takes its people's PINs away by the same command, also of one that was given up before; what was made
// of a user as it stood before brings none back, and a role that is set alone makes no new PIN of the old one.
func TestAPINThatIsForgottenStaysForgotten(t *testing.T) {
	b := newBench(t)
	b.site("leeds", true)
	b.site("york", true)
	ann := ledger.User{ID: "ann", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Cashier), Sites: []ledger.SiteID{"leeds"}, PIN: "$pin"}
	bob := ann
	bob.ID, bob.Sites = "bob", []ledger.SiteID{"york"}
	for _, u := range []ledger.User{ann, bob} {
		if err := b.apply(&machine.PutUser{User: u, By: "beth", At: at}).Err; err != nil {
			t.Fatal(err)
		}
	}
	seen := ann.Seal()
	ann.Roles |= ledger.RolesOf(ledger.Picker)
	if err := b.apply(&machine.PutUser{User: ann, By: "beth", At: at.Add(time.Hour), Seen: seen}).Err; err != nil {
		t.Fatal(err)
	}
	if u, _ := b.m.User("ann"); !u.PINSet.Equal(at) {
		t.Errorf("got a PIN of %s, want the one that was there before the role", u.PINSet)
	}
	before := ann.Seal()
	for range 2 {
		if err := b.apply(&machine.DeclareLost{Site: "leeds", By: "olga", Reason: "stolen", At: at.Add(2 * time.Hour), ForgetPINs: true}).Err; err != nil {
			t.Fatal(err)
		}
	}
	late := ann
	late.Roles = ledger.RolesOf(ledger.Supervisor)
	if err := b.apply(&machine.PutUser{User: late, By: "beth", At: at.Add(3 * time.Hour), Seen: before}).Err; !errors.Is(err, machine.ErrUserChanged) {
		t.Errorf("made of ann as she was before: got %v, want it refused", err)
	}
	a, _ := b.m.User("ann")
	if v, _ := b.m.User("bob"); a.PIN != "" || v.PIN != "$pin" || !strings.Contains(a.Set.Reason, "leeds is lost: stolen") || a.Roles != ann.Roles {
		t.Errorf("got %+v and %+v, want ann's PIN gone and nothing else", a, v)
	}
	if err := b.m.Check(); err != nil {
		t.Error(err)
	}
}
