package machine_test

import (
	"strings"
	"testing"

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
