package machine_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/hq/machine"
	"github.com/holdfast-stock/holdfast/ledger"
)

// remembers has a site tell this life what a list says that an earlier one gave it.
func (b *bench) remembers(site ledger.SiteID, list ledger.People) {
	b.t.Helper()
	b.ok(&machine.LearnUsers{Site: site, People: list.Heard(b.m.H().Counter), At: at})
}

func (b *bench) setsUser(u ledger.User, why string) {
	b.t.Helper()
	b.ok(&machine.PutUser{User: u, By: "beth", Reason: why, At: at})
}

func (b *bench) user(id ledger.UserID) ledger.User {
	b.t.Helper()
	u, ok := b.m.User(id)
	if !ok {
		b.t.Fatalf("there is no user %s", id)
	}
	return u.User
}

func learningBench(t *testing.T) (*bench, []byte) {
	t.Helper()
	b := agreedBench(t)
	b.site("leeds", true)
	b.site("york", true)
	cashier, office := ledger.RolesOf(ledger.Cashier), ledger.RolesOf(ledger.OfficeClerk, ledger.Supervisor)
	for _, u := range []ledger.User{
		{ID: "ann", Kind: ledger.UserPerson, Roles: cashier, PIN: "$ann", Password: "$ann"},
		{ID: "beth", Kind: ledger.UserPerson, Roles: office, PIN: "$beth", Password: "$beth"},
		{ID: "cleo", Kind: ledger.UserPerson, Roles: cashier, PIN: "$cleo", Sites: []ledger.SiteID{"york"}},
		{ID: "dora", Kind: ledger.UserPerson, Roles: cashier, PIN: "$dora"},
		{ID: "shop", Kind: ledger.UserProgram, Roles: office, Token: [32]byte{1}},
		{ID: "till", Kind: ledger.UserDevice, Token: [32]byte{2}, Sites: []ledger.SiteID{"leeds"}},
	} {
		b.setsUser(u, "new here")
	}
	return b, encode(t, b.m)
}

// Whom a life that is lost had turned away, the next one turns away when a site tells of it: a person, a till, a token, a PIN, a password, a
// role. It says what it learnt, and from where; it learns once from each site, and nothing of who is known elsewhere alone.
func TestARestoredHeadOfficeLearnsFromASiteWhomItHadTurnedAway(t *testing.T) {
	b, backup := learningBench(t)
	change := func(id ledger.UserID, do func(*ledger.User)) {
		u := b.user(id)
		do(&u)
		b.setsUser(u, "since")
	}
	change("ann", func(u *ledger.User) { u.Disabled = "left" })
	change("beth", func(u *ledger.User) {
		u.Roles, u.PIN, u.Password = ledger.RolesOf(ledger.OfficeClerk), "$beth2", "$beth2"
	})
	change("shop", func(u *ledger.User) { u.Token = [32]byte{3} })
	change("till", func(u *ledger.User) { u.Disabled, u.Token = "left in a taxi", [32]byte{4} })
	change("dora", func(u *ledger.User) { u.Sites = []ledger.SiteID{"york"} })
	b.setsUser(ledger.User{ID: "emma", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Picker), PIN: "$emma", Password: "$emma"}, "new")
	heard := b.m.UsersFor("leeds")
	heard.Gone = []ledger.GoneUser{{ID: "dora", Said: heard.Said}}

	b.goesBack(backup)
	if u := b.user("ann"); u.Disabled != "" {
		t.Fatal("the backup is no older one")
	}
	lie := ledger.User{ID: "cleo", Kind: ledger.UserPerson, Disabled: "leeds says so", Said: heard.Said}
	heard.Users = append(heard.Users, lie, ledger.User{ID: "zoe", Kind: ledger.UserPerson, Roles: ledger.AllRoles, Said: ledger.Said{Life: b.m.H().Counter, Number: 99}})
	b.remembers("leeds", heard)
	ann, beth, shop, till, dora, emma := b.user("ann"), b.user("beth"), b.user("shop"), b.user("till"), b.user("dora"), b.user("emma")
	none := [32]byte{}
	for what, ok := range map[string]bool{
		"ann is turned away": ann.Disabled == "left" && ann.PIN == "$ann" && ann.Password == "$ann",
		"beth has the role that she had left, and no secrets": beth.Roles == ledger.RolesOf(ledger.OfficeClerk) && beth.PIN == "" && beth.Password == "",
		"the shop's token has ended, and none is taken over":  shop.Token == none && shop.Disabled == "",
		"the till is lost":                                 till.Disabled == "left in a taxi" && till.Token == none,
		"dora is known at york and not at leeds":           !dora.At("leeds") && dora.At("york") && dora.At(ledger.HQ),
		"emma is known, at leeds alone and by no password": emma.PIN == "$emma" && emma.Password == "" && len(emma.Sites) == 1 && emma.At("leeds"),
		"of cleo leeds does not speak":                     b.user("cleo").Disabled == "",
	} {
		if !ok {
			t.Errorf("want it so that %s", what)
		}
	}
	for id, from := range map[ledger.UserID]string{"ann": "leeds", "till": "leeds", "dora": "leeds", "emma": "leeds", "cleo": ""} {
		if u, _ := b.m.User(id); u.LearntFrom() != from {
			t.Errorf("%s: got it learnt from %q, want %q", id, u.LearntFrom(), from)
		}
	}
	if _, ok := b.m.User("zoe"); ok {
		t.Error("a site speaks for the life that is")
	}
	said := ""
	for _, e := range b.m.Exceptions(100) {
		said += e.What + ": " + e.Why + "\n"
	}
	for _, want := range []string{"users_learnt", "ann: turned away again", "till: turned away again, its token has ended", "shop: its token has ended", "emma: not known here"} {
		if !strings.Contains(said, want) {
			t.Errorf("got %s, want it to tell %q", said, want)
		}
	}
	if b.m.OwesPeople("leeds") || !b.m.OwesPeople("york") {
		t.Error("leeds has told, and york has not")
	}
	bad := ledger.User{ID: "beth", Kind: ledger.UserPerson, Disabled: "told once more", Said: ledger.Said{Life: 1, Number: 1 << 40}}
	b.remembers("leeds", ledger.People{Version: 1, Said: bad.Said, Users: []ledger.User{bad}})
	if b.user("beth").Disabled != "" {
		t.Error("a site tells once in each life")
	}

	// What leeds has heard of those it told of stands there, with the tokens and PINs of then; york is told what is left of them.
	at := ledger.People{Version: heard.Version, Said: heard.Said, Gone: heard.Gone, Users: heard.Users[:len(heard.Users)-2]}
	leeds := at.Found().Hear(b.m.UsersFor("leeds"))
	if got, _ := leeds.Found().User("shop"); got.Token != [32]byte{3} {
		t.Error("the token that leeds had heard of ended there")
	}
	if _, ok := leeds.Found().User("dora"); ok {
		t.Error("dora is on the list of leeds again")
	}
}

// Two sites that have heard the same of somebody who is not known any more have them known at both.
func TestWhoIsNotKnownAnyMoreIsKnownWhereSitesTellTheSame(t *testing.T) {
	b, backup := learningBench(t)
	b.setsUser(ledger.User{ID: "emma", Kind: ledger.UserPerson, Roles: ledger.RolesOf(ledger.Picker), PIN: "$emma"}, "new")
	leeds, york := b.m.UsersFor("leeds"), b.m.UsersFor("york")
	b.goesBack(backup)
	b.remembers("leeds", leeds)
	for i := range york.Users {
		if york.Users[i].ID == "emma" {
			york.Users[i].Roles = ledger.AllRoles // what it says differs
		}
	}
	b.remembers("york", york)
	if emma := b.user("emma"); emma.At("york") {
		t.Error("york told something else, and is taken at its word")
	}
	b.goesBack(backup)
	b.remembers("leeds", leeds)
	b.remembers("york", b.list("york", york, "emma", ledger.RolesOf(ledger.Picker)))
	if emma := b.user("emma"); !emma.At("york") || !emma.At("leeds") || emma.At(ledger.HQ) {
		t.Errorf("got emma known at %v, want leeds and york", emma.Sites)
	}
}

func (b *bench) list(_ ledger.SiteID, p ledger.People, id ledger.UserID, roles ledger.Roles) ledger.People {
	for i := range p.Users {
		if p.Users[i].ID == id {
			p.Users[i].Roles = roles
		}
	}
	return p
}

// What a person says in the new life stands, whatever a site remembers; what they did not speak of is learnt, also of a user whom they have
// set meanwhile, and that is news to all sites.
func TestWhatAPersonSaysAnewIsNotUnsaidByASite(t *testing.T) {
	b, backup := learningBench(t)
	ann := b.user("ann")
	ann.Disabled, ann.PIN = "left", "$ann2"
	b.setsUser(ann, "since")
	till := b.user("till")
	till.Disabled = "lost"
	b.setsUser(till, "since")
	heard := b.m.UsersFor("leeds")

	b.goesBack(backup)
	now := b.user("ann")
	now.PIN = "$ann3"
	b.ok(&machine.PutUser{User: now, By: "beth", Reason: "another PIN", At: at.Add(time.Hour)})
	early := b.m.UsersFor("york")
	b.remembers("leeds", heard)
	now = b.user("ann")
	if now.PIN != "$ann3" || now.Disabled != "left" {
		t.Errorf("got %+v, want the new PIN, and ann turned away", now)
	}
	york := early.Found().Hear(b.m.UsersFor("york"))
	if got, _ := york.Found().User("ann"); got.Disabled != "left" {
		t.Error("york has heard of ann in this life, and does not hear that she left")
	}
	again := b.user("till")
	again.Disabled = ""
	b.setsUser(again, "found")
	leeds := heard.Found().Hear(b.m.UsersFor("leeds"))
	if got, _ := leeds.Found().User("till"); got.Disabled != "" {
		t.Error("a person lets the till in again, and leeds does not")
	}

	// A third life, from the same backup, learns the word of the second.
	second := b.m.UsersFor("leeds")
	m, err := machine.Restore(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	b.m = m
	b.ok(&machine.Reincarnate{Random: [16]byte{9}, Why: "restored once more", At: at.Add(24 * time.Hour), Apart: true})
	b.remembers("leeds", second)
	if u := b.user("till"); u.Disabled != "" {
		t.Error("the later word of the second life was that the till is let in")
	}
	if u := b.user("ann"); u.Disabled != "left" {
		t.Error("ann is let in by the third life")
	}
}

// What a person sets in a life stands, also of a user whom this life did not know until they made it known: no word of a lost life is later.
func TestWhoIsMadeKnownAnewIsNotUnsaidByASite(t *testing.T) {
	b, backup := learningBench(t)
	b.setsUser(ledger.User{ID: "emma", Kind: ledger.UserPerson, Roles: 1, PIN: "$emma", Password: "$emma"}, "new")
	heard := b.m.UsersFor("leeds")
	b.goesBack(backup)
	b.setsUser(ledger.User{ID: "emma", Kind: ledger.UserPerson, Roles: 1, PIN: "$emma2", Password: "$emma2"}, "made known again, in this life")
	b.remembers("leeds", heard)
	if u := b.user("emma"); u.PIN != "$emma2" || u.Password != "$emma2" {
		t.Errorf("got PIN %q and password %q, want what was set in this life", u.PIN, u.Password)
	}
	b.audit()
}

// A site may say what it likes of when it was told something: another one that was told to turn somebody away is heard all the same, and goes on
// turning them away. Words that take nothing count for nothing, and of those that do each is held against what was restored.
func TestNoSiteUnsaysWhatAnotherOneHasYetToTell(t *testing.T) {
	for name, lie := range map[string]func(*ledger.User){
		"as the backup has it": func(*ledger.User) {},
		"with another PIN":     func(u *ledger.User) { u.PIN = "$lie" },
	} {
		b, backup := learningBench(t)
		leeds := b.m.UsersFor("leeds") // ann is let in
		ann := b.user("ann")
		ann.Disabled = "left"
		b.setsUser(ann, "since")
		york := b.m.UsersFor("york")
		b.goesBack(backup)
		for i := range leeds.Users {
			if u := &leeds.Users[i]; u.ID == "ann" {
				u.Said.Number = 1 << 60
				lie(u)
			}
		}
		b.remembers("leeds", leeds)
		b.remembers("york", york)
		if b.user("ann").Disabled != "left" {
			t.Errorf("%s: york's true word is not heard", name)
		}
		for site, has := range map[ledger.SiteID]ledger.People{"leeds": leeds, "york": york} {
			after := has.Found().Hear(b.m.UsersFor(site))
			if got, ok := after.Found().User("ann"); ok && got.Disabled == "" && (site == "york" || name != "as the backup has it") {
				t.Errorf("%s: %s lets ann in", name, site)
			}
		}
		if m, err := machine.Restore(bytes.NewReader(encode(t, b.m))); err != nil {
			t.Error(err)
		} else if u, _ := m.User("ann"); u == nil || u.Heard != b.m.H().Counter || u.Base.Life != 1 {
			t.Errorf("%s: stored and read: got %+v", name, u)
		}
		b.audit()
	}
}

// One site cannot fill the list of users, nor the history. Whom it invents, a person who sets that id stands for with secrets of their own.
func TestWhatOneSiteTellsOfPeopleIsBounded(t *testing.T) {
	b, backup := learningBench(t)
	b.setsUser(ledger.User{ID: "zoe", Kind: ledger.UserPerson, Roles: 1}, "the backup does not know")
	said := b.user("zoe").Said
	b.goesBack(backup)
	list := ledger.People{Version: 1, Said: said}
	for i := range 1_900 {
		list.Users = append(list.Users, ledger.User{ID: ledger.UserID(fmt.Sprintf("x%04d", i)), Kind: ledger.UserPerson, Roles: ledger.AllRoles, PIN: "$leeds", Said: said})
	}
	for _, u := range b.m.UsersFor("leeds").Users[:1] {
		u.Said, u.Disabled = said, "left" // of ann, before all of them
		list.Users = append([]ledger.User{u}, list.Users...)
	}
	users, changes := len(b.m.Users("", 20_000)), len(b.history(machine.ChangesMax))
	b.remembers("leeds", list)
	if got := len(b.m.Users("", 20_000)) - users; got != machine.LearntNewMax {
		t.Errorf("got %d new users, want %d", got, machine.LearntNewMax)
	}
	if got := len(b.history(machine.ChangesMax)) - changes; got != machine.LearntChangesMax+1 {
		t.Errorf("got %d more changes, want %d", got, machine.LearntChangesMax+1)
	}
	if b.user("ann").Disabled != "left" {
		t.Error("ann is let in")
	}
	u := b.user("x0000")
	u.Sites, u.Roles = nil, 1
	b.setsUser(u, "who is that?")
	if got := b.user("x0000"); got.PIN != "" {
		t.Error("a person who sets a user that leeds invented lets in whoever has the PIN that leeds gave")
	}
	u.PIN = "$own"
	b.setsUser(u, "with a PIN of our own")
	u.Roles = 3
	if b.setsUser(u, "a role"); b.user("x0000").PIN != "$own" {
		t.Error("a person's own PIN is taken away")
	}
	b.audit()
}
