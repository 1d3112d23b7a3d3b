package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-stock/holdfast/ledger"
)

func sampleChange() *ledger.Change {
	return &ledger.Change{Number: 7, At: time.UnixMilli(1_890_000_000_123).UTC(), By: "olga", Device: "desk-1", Approver: "otto",
		Call: "PUT /v1/items/TAP-22", What: "costs 1299 GBP, was 1199 GBP"}
}

func every(*ledger.Change) bool { return true }

// What somebody changes of the reference data stands with whose act it was, both or neither, and is kept over restarts;
// the latest 10,000 are kept, and what head office says is nobody's act here.
func TestAChangeOfReferenceDataNamesWhoseItIs(t *testing.T) {
	d := newDesk(t)
	by := func(call string) ledger.Change {
		return ledger.Change{At: time.UnixMilli(5).UTC(), By: "olga", Device: "desk-1", Approver: "otto", Call: call, What: strings.Repeat("é", 200)}
	}
	if err := d.book.PutItems([]ledger.Item{item("TAP-22", "Tap", 1)}, 1); err != nil {
		t.Fatal(err)
	}
	many := make([]ledger.Item, 1_203) // more than one commit of them
	for i := range many {
		many[i] = item(ledger.SKU(fmt.Sprintf("S-%04d", i)), "Bolt", 2)
	}
	for _, err := range []error{
		d.book.ChangeItems(by("items"), many, 2),
		d.book.ChangePeople(by("people"), *samplePeople()),
		d.book.ChangeCompany(by("company"), ledger.Company{Currency: "GBP", Version: 1}),
		d.book.ChangeCustomers(by("customers"), []ledger.CustomerAccount{*sampleCustomer()}, 9),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.book.ChangePeople(by("refused"), ledger.People{Users: []ledger.User{{ID: "Ann"}}}); err == nil {
		t.Error("got a user with a capital letter taken")
	}
	told := func(below uint64, limit int) (out string) {
		t.Helper()
		list, err := d.book.Changes(below, limit, every)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if c.By != "olga" || c.Device != "desk-1" || c.Approver != "otto" || len(c.What) > 256 || !c.At.Equal(time.UnixMilli(5)) {
				t.Errorf("got %+v", c)
			}
			out += fmt.Sprintf("%d %s; ", c.Number, c.Call)
		}
		return out
	}
	const all = "4 customers; 3 company; 2 people; 1 items; "
	for _, again := range []func(){func() {}, d.reopen, d.kill} {
		again()
		if got := told(0, 10); got != all {
			t.Errorf("got %s, want %s", got, all)
		}
	}
	if got := told(4, 2); got != "3 company; 2 people; " {
		t.Errorf("below 4: got %s", got)
	}
	if got, err := d.book.Changes(0, 10, func(c *ledger.Change) bool { return c.Call == "people" }); err != nil || len(got) != 1 || got[0].Number != 2 {
		t.Errorf("got %+v, %v, want the one of people", got, err)
	}
	d.world.Disk.Fail(func(act ledger.Act, _ string) error {
		if act == ledger.ActItems {
			return errors.New("disk pulled out")
		}
		return nil
	})
	if err := d.book.ChangePeople(by("lost"), ledger.People{Version: 8}); err == nil {
		t.Error("got a change taken by a disk that fails")
	}
	d.world.Disk.Fail(nil)
	d.reopen()
	if got := told(0, 10); got != all || len(d.book.People().Users) != len(samplePeople().Users) {
		t.Errorf("after a commit that failed: got %s and %d users, want neither", got, len(d.book.People().Users))
	}
}

// An item's change says what it costs now, and what it cost; a user's says what they may, and never a secret.
func TestAChangeSaysWhatItChanges(t *testing.T) {
	tap := item("TAP-22", "Tap", 1)
	dear := tap
	dear.Price = ledger.Price{Money: ledger.Money{Amount: 1299, Currency: "GBP"}, Per: 10}
	renamed := dear
	renamed.Name, renamed.Barcodes = "Mixer tap", []string{"111"}
	for want, got := range map[string]string{
		`new, "Tap", costs nothing said`:           tap.ChangeFrom(nil),
		"costs 1299 GBP for 10, was nothing said":  dear.ChangeFrom(&tap),
		`is "Mixer tap", was "Tap"; other details`: renamed.ChangeFrom(&dear),
		"": dear.ChangeFrom(&dear),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	ann := samplePeople().Users[0]
	next := ann
	next.Roles, next.PIN, next.Disabled = ledger.RolesOf(ledger.Supervisor), "$argon2id$other", "left"
	if got := next.ChangeFrom(&ann); got != "roles supervisor, were cashier picker; turned away: left; another PIN" {
		t.Errorf("got %q", got)
	}
	if got := ann.ChangeFrom(nil); !strings.HasPrefix(got, `new person; roles cashier picker, were none; is "Ann Lee"; another PIN`) || strings.Contains(got, "argon2") {
		t.Errorf("got %q", got)
	}
}
