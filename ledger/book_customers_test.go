package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/holdfast-stock/holdfast/ledger"
	"github.com/holdfast-stock/holdfast/ledger/testworld"
)

func TestCustomersStandBesideTheChainAndAreForgotten(t *testing.T) {
	d := newDesk(t)
	seq := d.book.Head().Seq
	acme := *sampleCustomer()
	other := ledger.CustomerAccount{ID: "C-7", Version: 13, Person: ledger.Person{Name: "Mr Hill"}}
	if err := d.book.PutCustomers([]ledger.CustomerAccount{acme, other}, 13); err != nil {
		t.Fatal(err)
	}
	for _, again := range []func(){func() {}, d.reopen, d.kill} {
		again()
		got, ok := d.book.Customer("ACME-1")
		if !ok || !got.Same(&acme) || d.book.CustomersVersion() != 13 {
			t.Fatalf("got %+v in version %d, want %+v", got, d.book.CustomersVersion(), acme)
		}
	}
	if found := d.book.SearchCustomers("yo1", "", 9); len(found) != 1 || found[0].ID != "ACME-1" {
		t.Errorf("got %v, want ACME-1 by its postcode", found)
	}
	gone := acme.Forgotten()
	gone.Version = 14
	if err := d.book.PutCustomers([]ledger.CustomerAccount{gone}, 14); err != nil {
		t.Fatal(err)
	}
	if err := d.book.PutCustomers([]ledger.CustomerAccount{acme}, 12); err != nil { // a page of long ago
		t.Fatal(err)
	}
	d.kill()
	if got, ok := d.book.Customer("ACME-1"); !ok || !got.Erased || got.Person.Name != "" || got.Group != "trade" {
		t.Errorf("got %+v, want nothing of a person", got)
	}
	back := *sampleCustomer() // as a head office has it that went back to before
	back.Version = 99
	if err := d.book.PutCustomers([]ledger.CustomerAccount{back}, 99); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.book.Customer("ACME-1"); !got.Erased || got.Person.Name != "" || d.book.CustomersVersion() != 99 {
		t.Errorf("told of it again: got %+v at version %d, want nothing of a person, at 99", got, d.book.CustomersVersion())
	}
	if found := d.book.SearchCustomers("acme ltd", "", 9); len(found) != 0 {
		t.Errorf("got %v found by a name that is forgotten", found)
	}
	if got := d.book.Head().Seq; got != seq+3 { // opened three times again
		t.Errorf("got entry %d, want %d: a customer is no entry", got, seq+3)
	}
	d.must(&ledger.MoveAsset{Asset: acme.Credit(), Act: ledger.AssetPay, Amount: 5, Ref: "pay-1"})
	_, frames, err := d.book.Frames(0, 1<<20)
	if err != nil || !bytes.Contains(bytes.Join(frames, nil), []byte("credit:ACME-1")) || bytes.Contains(bytes.Join(frames, nil), []byte("Acme Ltd")) {
		t.Errorf("got %v and %d frames, want a journal with the id and no name", err, len(frames))
	}
}

func TestACustomerThatIsNoneIsRefusedWhole(t *testing.T) {
	d := newDesk(t)
	for name, spoil := range map[string]func(*ledger.CustomerAccount){
		"no id":            func(c *ledger.CustomerAccount) { c.ID = "" },
		"a long name":      func(c *ledger.CustomerAccount) { c.Person.Name = string(make([]byte, 201)) },
		"a label twice":    func(c *ledger.CustomerAccount) { c.Person.Addresses[1].Label = "billing" },
		"no label":         func(c *ledger.CustomerAccount) { c.Person.Addresses[1].Label = "" },
		"a country":        func(c *ledger.CustomerAccount) { c.Person.Addresses[0].Country = "Britain" },
		"terms":            func(c *ledger.CustomerAccount) { c.TermsDays = -1 },
		"erased and known": func(c *ledger.CustomerAccount) { c.Erased = true },
	} {
		bad := *sampleCustomer()
		bad.Person.Addresses = append([]ledger.CustomerAddress{}, bad.Person.Addresses...)
		spoil(&bad)
		if err := d.book.PutCustomers([]ledger.CustomerAccount{{ID: "GOOD", Version: 1}, bad}, 20); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if _, ok := d.book.Customer("GOOD"); ok || d.book.CustomersVersion() != 0 {
		t.Error("a list with a bad customer was stored in part")
	}
}

func TestACustomerThatTheDiskDoesNotTakeIsUnsure(t *testing.T) {
	d := newDesk(t)
	d.world.Disk.FailOn(ledger.ActItems)
	if err := d.book.PutCustomers([]ledger.CustomerAccount{*sampleCustomer()}, 12); !errors.Is(err, testworld.ErrDisk) || !errors.Is(err, ledger.ErrUnsure) {
		t.Errorf("got %v, want unsure", err)
	}
	if err := d.book.PutCustomers(nil, 13); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("got %v, want closed: the book has stopped", err)
	}
}

func TestManyCustomersAreStoredByPages(t *testing.T) {
	d := newDesk(t)
	var list []ledger.CustomerAccount
	for i := range 1203 {
		list = append(list, ledger.CustomerAccount{ID: ledger.CustomerID(fmt.Sprintf("C-%04d", i)), Version: uint64(i + 1), Group: "retail"})
	}
	if err := d.book.PutCustomers(list, 1203); err != nil {
		t.Fatal(err)
	}
	d.reopen()
	page := d.book.SearchCustomers("", "C-1199", 9)
	if len(page) != 3 || page[0].ID != "C-1200" {
		t.Errorf("got %d behind C-1199, want 3", len(page))
	}
}
